/* SPDX-License-Identifier: MIT */
/* Memory of a target whose call waits, under the kernel. */
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "notify_support.h"
#include "test_support.h"

#define PAGE ((size_t)sysconf(_SC_PAGESIZE))
#define GUARD 0x5a

/* Two pages, of which the target unmaps the second; a child has them at the same address. */
static char *pages;

static void make_pages(void)
{
	pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(pages, MAP_FAILED);
	memset(pages, 'o', 2 * PAGE);
}

static struct target target;
static struct stile_notification notification;

/* The target waits in a call from here on. */
static void start(int (*run)(void))
{
	start_getppid_target(&target, run);
	notification = next_call(&target);
}

static void finish(void)
{
	ck_assert_int_eq(stile_respond_value(target.listener, notification.id, 0), 0);
	end_target(&target);
}

static int read_at(const char *address, void *buffer, size_t size)
{
	return stile_read_target(target.listener, &notification, (uintptr_t)address, buffer, size);
}

static int write_at(char *address, const void *buffer, size_t size)
{
	return stile_write_target(target.listener, &notification, (uintptr_t)address, buffer, size);
}

static ssize_t string_at(const char *address, char *buffer, size_t size)
{
	return stile_read_target_string(target.listener, &notification, (uintptr_t)address, buffer,
					size);
}

/* ---- Reading */

static int unmap_second_page(void)
{
	strcpy(pages + PAGE - 8, "borders"); /* its NUL is the page's last byte */
	target_expects(munmap(pages + PAGE, PAGE) == 0);
	(void)syscall(SYS_getppid);
	return 0;
}

START_TEST(bytes_are_read_whole_or_not_at_all)
{
	char buffer[65];

	make_pages();
	start(unmap_second_page);
	memset(buffer, GUARD, sizeof(buffer));
	ck_assert_int_eq(read_at(pages + PAGE - 8, buffer, 8), 0);
	ck_assert_str_eq(buffer, "borders");
	ck_assert_int_eq(buffer[8], GUARD);
	ck_assert_int_eq(read_at(pages + PAGE - 8, buffer, 0), 0);
	ck_assert_str_eq(buffer, "borders");
	/* what could be read of it is not left there */
	ck_assert_int_eq(read_at(pages + PAGE - 8, buffer, 9), -EFAULT);
	for (unsigned int i = 0; i < 9; i++)
		ck_assert_int_eq(buffer[i], 0);
	ck_assert_int_eq(buffer[9], GUARD);
	ck_assert_int_eq(read_at(pages + PAGE, buffer, 1), -EFAULT);
	ck_assert_int_eq(read_at(NULL, buffer, 1), -EFAULT);
	ck_assert_int_eq(read_at((char *)UINTPTR_MAX, buffer, 1), -EFAULT);
	ck_assert_int_eq(read_at((char *)UINTPTR_MAX - 7, buffer, 64), -EFAULT);
	/* a kernel's address */
	ck_assert_int_eq(read_at((char *)(UINTPTR_MAX << 40), buffer, 8), -EFAULT);
	finish();
}
END_TEST

START_TEST(strings_end_at_their_page)
{
	char buffer[64];

	make_pages();
	start(unmap_second_page);
	ck_assert_int_eq(string_at(pages + PAGE - 8, buffer, sizeof(buffer)), 7);
	ck_assert_str_eq(buffer, "borders");
	ck_assert_int_eq(string_at(pages + PAGE - 8, buffer, 8), 7);
	/* one byte less is no room for its NUL */
	ck_assert_int_eq(string_at(pages + PAGE - 8, buffer, 7), -ENAMETOOLONG);
	ck_assert_int_eq(buffer[0], 0);
	ck_assert_int_eq(string_at(pages + PAGE - 8, buffer, 0), -ENAMETOOLONG);
	ck_assert_int_eq(string_at(pages + PAGE - 1, buffer, 1), 0);
	ck_assert_int_eq(string_at(pages + PAGE, buffer, sizeof(buffer)), -EFAULT);
	ck_assert_int_eq(string_at(NULL, buffer, sizeof(buffer)), -EFAULT);
	ck_assert_int_eq(string_at((char *)UINTPTR_MAX, buffer, sizeof(buffer)), -EFAULT);
	finish();
}
END_TEST

static int leave_no_nul(void)
{
	target_expects(munmap(pages + PAGE, PAGE) == 0);
	(void)syscall(SYS_getppid);
	return 0;
}

START_TEST(strings_without_end_are_too_long_or_a_fault)
{
	char buffer[64];

	make_pages();
	start(leave_no_nul);
	ck_assert_int_eq(string_at(pages + PAGE - 8, buffer, 8), -ENAMETOOLONG);
	ck_assert_int_eq(string_at(pages + PAGE - 8, buffer, 9), -EFAULT);
	ck_assert_int_eq(buffer[0], 0);
	ck_assert_int_eq(string_at(pages, buffer, sizeof(buffer)), -ENAMETOOLONG);
	finish();
}
END_TEST

static int wait_once(void)
{
	(void)syscall(SYS_getppid);
	return 0;
}

START_TEST(strings_go_on_over_pages)
{
	char *buffer = malloc(2 * PAGE);

	ck_assert_ptr_nonnull(buffer);
	make_pages();
	pages[2 * PAGE - 1] = '\0';
	start(wait_once);
	ck_assert_int_eq(string_at(pages + 3, buffer, 2 * PAGE), (int)(2 * PAGE - 4));
	ck_assert_uint_eq(strlen(buffer), 2 * PAGE - 4);
	ck_assert_int_eq(string_at(pages + 3, buffer, 2 * PAGE - 4), -ENAMETOOLONG);
	ck_assert_int_eq(string_at(pages + 3, buffer, 2 * PAGE - 3), (int)(2 * PAGE - 4));
	finish();
	free(buffer);
}
END_TEST

#define LARGE ((size_t)3 << 20 | 5)

START_TEST(large_reads_and_writes_are_whole)
{
	char *large = malloc(LARGE), *buffer = malloc(LARGE);

	ck_assert(large && buffer);
	for (size_t i = 0; i < LARGE; i++)
		large[i] = (char)(i * 31 >> 3);
	start(wait_once);
	ck_assert_int_eq(read_at(large, buffer, LARGE), 0);
	ck_assert_mem_eq(large, buffer, LARGE);
	for (size_t i = 0; i < LARGE; i++)
		large[i] ^= 1;
	ck_assert_int_eq(write_at(large, large, LARGE), 0);
	ck_assert_int_eq(read_at(large, buffer, LARGE), 0);
	ck_assert_mem_eq(large, buffer, LARGE);
	finish();
	free(large);
	free(buffer);
}
END_TEST

START_TEST(addresses_have_at_most_the_size_of_the_struct)
{
	struct sockaddr_storage copy;
	struct sockaddr_in *in;

	make_pages();
	in = (struct sockaddr_in *)pages;
	*in = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(80) };
	start(wait_once);
	ck_assert_int_eq(stile_read_target_address(target.listener, &notification, (uintptr_t)in,
						   sizeof(*in), &copy),
			 0);
	ck_assert_mem_eq(&copy, in, sizeof(*in));
	for (size_t i = sizeof(*in); i < sizeof(copy); i++)
		ck_assert_int_eq(((char *)&copy)[i], 0);
	ck_assert_int_eq(stile_read_target_address(target.listener, &notification, (uintptr_t)in,
						   sizeof(copy), &copy),
			 0);
	ck_assert_int_eq(stile_read_target_address(target.listener, &notification, (uintptr_t)in,
						   sizeof(copy) + 1, &copy),
			 -EINVAL);
	ck_assert_int_eq(copy.ss_family, 0);
	ck_assert_int_eq(stile_read_target_address(target.listener, &notification, (uintptr_t)in,
						   (uint64_t)-1, &copy),
			 -EINVAL);
	ck_assert_int_eq(stile_read_target_address(target.listener, &notification, (uintptr_t)in, 0,
						   &copy),
			 0);
	ck_assert_int_eq(stile_read_target_address(target.listener, &notification, 0, 16, &copy),
			 -EFAULT);
	finish();
}
END_TEST

/* ---- Writing */

static int look_at_what_was_written(void)
{
	target_expects(mprotect(pages + PAGE, PAGE, PROT_READ) == 0);
	(void)syscall(SYS_getppid);
	target_expects(memcmp(pages, "written", 7) == 0 && pages[7] == 'o');
	target_expects(pages[PAGE] == 'o');
	return 0;
}

START_TEST(what_is_written_is_seen)
{
	make_pages();
	start(look_at_what_was_written);
	ck_assert_int_eq(write_at(pages, "written", 7), 0);
	ck_assert_int_eq(pages[0], 'o'); /* not here */
	ck_assert_int_eq(write_at(pages, "", 0), 0);
	ck_assert_int_eq(write_at(NULL, "z", 1), -EFAULT);
	/* what the target may not write is not written for it either */
	ck_assert_int_eq(write_at(pages + PAGE, "z", 1), -EFAULT);
	ck_assert_int_eq(write_at(pages + PAGE - 1, "zz", 2), -EFAULT);
	finish();
}
END_TEST

/* ---- Whose memory it is */

/* As when the target is gone and its number has come to another process. */
START_TEST(memory_of_another_process_is_not_shown)
{
	struct stile_notification old;
	char buffer[8] = "before";

	make_pages();
	start(wait_once);
	old = notification;
	finish();
	start(wait_once);
	old.thread = target.pid;
	ck_assert_int_eq(stile_read_target(target.listener, &old, (uintptr_t)pages, buffer,
					   sizeof(buffer)),
			 -ENOENT);
	for (unsigned int i = 0; i < sizeof(buffer); i++)
		ck_assert_int_eq(buffer[i], 0);
	strcpy(buffer, "before");
	ck_assert_int_eq(stile_read_target_string(target.listener, &old, (uintptr_t)pages, buffer,
						  sizeof(buffer)),
			 -ENOENT);
	ck_assert_int_eq(buffer[0], 0);
	ck_assert_int_eq(stile_write_target(target.listener, &old, (uintptr_t)pages, "zzz", 3),
			 -ENOENT);
	/* not written either */
	ck_assert_int_eq(read_at(pages, buffer, 3), 0);
	ck_assert_mem_eq(buffer, "ooo", 3);
	finish();
}
END_TEST

START_TEST(a_target_of_another_namespace_cannot_be_looked_into)
{
	char buffer[8];

	make_pages();
	start(wait_once);
	notification.thread = 0;
	ck_assert_int_eq(read_at(pages, buffer, sizeof(buffer)), -EPERM);
	ck_assert_int_eq(string_at(pages, buffer, sizeof(buffer)), -EPERM);
	ck_assert_int_eq(write_at(pages, buffer, sizeof(buffer)), -EPERM);
	ck_assert_int_eq(stile_take_target_descriptor(target.listener, &notification, 0), -EPERM);
	finish();
}
END_TEST

static int hide(void)
{
	target_expects(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
	(void)syscall(SYS_getppid);
	return 0;
}

START_TEST(a_target_that_hides_cannot_be_looked_into)
{
	char buffer[8];

	make_pages();
	become_nobody();
	start(hide);
	ck_assert_int_eq(read_at(pages, buffer, sizeof(buffer)), -EPERM);
	ck_assert_int_eq(string_at(pages, buffer, sizeof(buffer)), -EPERM);
	ck_assert_int_eq(write_at(pages, buffer, sizeof(buffer)), -EPERM);
	ck_assert_int_eq(stile_take_target_descriptor(target.listener, &notification, 0), -EPERM);
	ck_assert_int_eq(stile_take_descriptor(target.pid, 0), -EPERM);
	finish();
}
END_TEST

/* ---- Threads that change what is read */

#define TRIES 20000

static void *rewrite(void *unused)
{
	(void)unused;
	for (size_t i = 0;; i++) {
		char *nul = pages + PAGE - 40 + i % 80;

		*nul = '\0';
		if (i % 7 == 0) {
			(void)munmap(pages + PAGE, PAGE);
			(void)mmap(pages + PAGE, PAGE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
			memset(pages + PAGE, 'o', 100);
		}
		*nul = 'o';
	}
	return NULL;
}

static int wait_while_rewriting(void)
{
	pthread_t thread;

	target_expects(pthread_create(&thread, NULL, rewrite, NULL) == 0);
	(void)syscall(SYS_getppid);
	_exit(0);
}

START_TEST(threads_that_rewrite_what_is_read_do_no_harm)
{
	unsigned int whole = 0, long_ones = 0, faults = 0;
	char buffer[64 + 1];

	make_pages();
	start(wait_while_rewriting);
	for (unsigned int i = 0; i < TRIES; i++) {
		ssize_t length;

		memset(buffer, GUARD, sizeof(buffer));
		length = string_at(pages + PAGE - 40, buffer, sizeof(buffer) - 1);
		ck_assert_int_eq(buffer[sizeof(buffer) - 1], GUARD);
		if (length >= 0) {
			whole++;
			ck_assert_int_lt(length, (int)sizeof(buffer) - 1);
			ck_assert_int_eq(strlen(buffer), length);
		} else {
			ck_assert(length == -ENAMETOOLONG || length == -EFAULT);
			ck_assert_int_eq(buffer[0], 0);
			faults += length == -EFAULT;
			long_ones += length == -ENAMETOOLONG;
		}
	}
	ck_assert_uint_eq(whole + long_ones + faults, TRIES);
	ck_assert_uint_gt(whole, 0);
	finish();
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("live_target_memory");
	TCase *tcase = tcase_create("memory");

	tcase_add_test(tcase, bytes_are_read_whole_or_not_at_all);
	tcase_add_test(tcase, strings_end_at_their_page);
	tcase_add_test(tcase, strings_without_end_are_too_long_or_a_fault);
	tcase_add_test(tcase, strings_go_on_over_pages);
	tcase_add_test(tcase, large_reads_and_writes_are_whole);
	tcase_add_test(tcase, addresses_have_at_most_the_size_of_the_struct);
	tcase_add_test(tcase, what_is_written_is_seen);
	tcase_add_test(tcase, memory_of_another_process_is_not_shown);
	tcase_add_test(tcase, a_target_of_another_namespace_cannot_be_looked_into);
	tcase_add_test(tcase, a_target_that_hides_cannot_be_looked_into);
	tcase_add_test(tcase, threads_that_rewrite_what_is_read_do_no_harm);
	suite_add_tcase(suite, tcase);
	return suite;
}

TEST_MAIN(make_suite)
