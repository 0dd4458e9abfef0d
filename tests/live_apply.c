/* SPDX-License-Identifier: MIT */
/* Contexts come into force under the kernel: each check in a child of its own. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "refusal.h"

/* ---- One thread */

static void one_thread(void)
{
	struct stile *s = stile_new();

	expect(stile_set_default(s, refuse_999) == 0);
	expect(stile_grant(s, "system_io.read") == 0);
	expect(stile_apply_to_current_thread(s) == 0);
	expect(refused(syscall(SYS_getppid)));
	expect(syscall(SYS_read, -1, NULL, 0) == -1 && errno == EBADF);
	expect(refused(syscall(SYS_openat, AT_FDCWD, "/", O_RDONLY)));
	expect(refused(syscall(SYS_socket, AF_INET, SOCK_STREAM, 0)));
	expect(syscall(470) == -1 && errno == ENOSYS);
	stile_free(s);
}

START_TEST(filter_is_in_force)
{
	check_child(one_thread);
}
END_TEST

static void no_new_privs_is_set(void)
{
	struct stile *s = stile_new();

	expect(stile_grant(s, "sandbox.narrow") == 0);
	expect(stile_allow(s, "getppid") == 0);
	expect(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0);
	expect(stile_set_default(s, refuse_999) == 0);
	expect(stile_apply_to_current_thread(s) == 0);
	expect(stile_receipt(s) && stile_receipt(s)->no_new_privs);
	stile_free(s);
}

START_TEST(no_new_privs)
{
	check_child(no_new_privs_is_set);
}
END_TEST

static void receipt(void)
{
	struct stile *s = stile_new();
	const struct stile_receipt *r;
	struct sock_filter *filter;
	size_t count;

	expect(stile_receipt(s) == NULL);
	expect(stile_grant(s, "system_io.open_readonly") == 0);
	expect(stile_grant(s, "system_io.read") == 0);
	expect(stile_grant(s, "system_io.close") == 0);
	expect(stile_compile(s, &filter, &count) == 0);
	expect(stile_apply_to_all_threads(s) == 0);
	r = stile_receipt(s);
	expect(r != NULL);
	expect(r->instructions == count);
	expect(r->threads == 1);
	expect(r->filters == 1);
	expect(r->all_threads);
	expect(r->flags == 0);
	expect(r->syscalls_conditional > 0 && r->syscalls_simple > 300);
#ifdef __x86_64__
	expect(r->unfiltered_count == 2 && r->unfiltered_numbers[0] == 335);
#endif
	/* what the receipt says is what the kernel says */
	expect(status_number("/proc/self/status", "Seccomp_filters") == 1);
	expect(status_number("/proc/self/status", "Seccomp") == 2);
	expect(status_number("/proc/self/status", "NoNewPrivs") == 1);
	stile_free(s);
}

START_TEST(receipt_agrees_with_the_kernel)
{
	check_child(receipt);
}
END_TEST

/* ---- Threads */

struct other {
	pthread_t thread;
	int to_thread[2], from_thread[2];
	bool has_own_filter;
};

/* Answers each byte with whether getppid() was refused. */
static void *other_thread(void *argument)
{
	struct other *other = argument;
	char byte;

	(void)prctl(PR_SET_NAME, "the-other", 0, 0, 0);
	if (other->has_own_filter) {
		struct stile *own = stile_new_allowing();

		expect(stile_fail_with(own, "ptrace", EIO) == 0);
		expect(stile_apply_to_current_thread(own) == 0);
		stile_free(own);
	}
	byte = 'r';
	expect(write(other->from_thread[1], &byte, 1) == 1);
	while (read(other->to_thread[0], &byte, 1) == 1 && byte != 'q') {
		byte = refused(syscall(SYS_getppid)) ? 'y' : 'n';
		expect(write(other->from_thread[1], &byte, 1) == 1);
	}
	return NULL;
}

static void start_other(struct other *other, bool has_own_filter)
{
	char byte;

	other->has_own_filter = has_own_filter;
	expect(pipe(other->to_thread) == 0 && pipe(other->from_thread) == 0);
	expect(pthread_create(&other->thread, NULL, other_thread, other) == 0);
	expect(read(other->from_thread[0], &byte, 1) == 1);
}

static bool other_is_refused(struct other *other)
{
	char byte = '?';

	expect(write(other->to_thread[1], &byte, 1) == 1);
	expect(read(other->from_thread[0], &byte, 1) == 1);
	return byte == 'y';
}

static void end_other(struct other *other)
{
	expect(write(other->to_thread[1], "q", 1) == 1);
	expect(pthread_join(other->thread, NULL) == 0);
}

static void all_threads(void)
{
	struct stile *s = server_context();
	struct other other;

	start_other(&other, false);
	expect(stile_apply_to_all_threads(s) == 0);
	expect(stile_receipt(s)->threads == 2);
	expect(other_is_refused(&other));
	end_other(&other);
	stile_free(s);
}

START_TEST(all_threads_get_it)
{
	check_child(all_threads);
}
END_TEST

static void current_thread_only(void)
{
	struct stile *s = server_context();
	struct other other;

	start_other(&other, false);
	expect(stile_apply_to_current_thread(s) == 0);
	expect(refused(syscall(SYS_getppid)));
	expect(!other_is_refused(&other));
	end_other(&other);
	stile_free(s);
}

START_TEST(one_thread_only)
{
	check_child(current_thread_only);
}
END_TEST

static void diverged(void)
{
	struct stile *s = server_context();
	struct other other;

	start_other(&other, true);
	expect(stile_apply_to_all_threads(s) == -ESRCH);
	expect(strstr(stile_message(s), "(the-other)") != NULL);
	expect(strstr(stile_message(s), "no thread has the new filter") != NULL);
	expect(strstr(stile_message(s), "no_new_privs stays set") != NULL);
	expect(stile_receipt(s) == NULL);
	/* neither this thread nor the other one */
	expect(status_number("/proc/thread-self/status", "Seccomp") == 0);
	expect(!other_is_refused(&other));
	expect(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	end_other(&other);
	stile_free(s);
}

START_TEST(a_thread_with_a_filter_of_its_own)
{
	check_child(diverged);
}
END_TEST

/* ---- Ordinary life under basic */

static void *allocate(void *unused)
{
	char *memory = malloc(1 << 20);

	(void)unused;
	expect(memory != NULL);
	memset(memory, 1, 1 << 20);
	free(memory);
	return NULL;
}

static void ordinary_life(void)
{
	struct stile *s = stile_new();
	pthread_t thread;

	expect(stile_grant(s, "system_io.stdout") == 0);
	expect(stile_grant(s, "threads.create") == 0);
	expect(stile_set_default(s, (struct stile_action){ STILE_ACTION_KILL_PROCESS, 0 }) == 0);
	expect(stile_apply_to_all_threads(s) == 0);
	(void)allocate(NULL);
	for (int i = 0; i < 8; i++) {
		expect(pthread_create(&thread, NULL, allocate, NULL) == 0);
		expect(pthread_join(thread, NULL) == 0);
	}
	stile_free(s);
}

START_TEST(malloc_and_threads_need_no_more)
{
#ifdef HAS_ADDRESS_SANITIZER
	printf("skip: the address sanitizer asks for more when a thread starts\n");
	return;
#endif
	check_child(ordinary_life);
}
END_TEST

static void abort_under_basic(void)
{
	struct stile *s = stile_new();

	expect(stile_grant(s, "system_io.stderr") == 0);
	expect(stile_apply_to_all_threads(s) == 0);
	abort();
}

START_TEST(abort_ends_with_sigabrt)
{
	ck_assert_int_eq(child_status(abort_under_basic), SIGABRT | 1 << 16);
}
END_TEST

START_TEST(kernel_probe)
{
	struct stile_kernel kernel;

	ck_assert_int_eq(stile_probe_kernel(&kernel), 0);
	ck_assert(kernel.filters);
	ck_assert(kernel.flag_thread_sync);
	for (int kind = 0; kind <= STILE_ACTION_KILL_PROCESS; kind++)
		ck_assert(kernel.actions[kind]);
	/* it changed nothing */
	ck_assert_int_eq(status_number("/proc/self/status", "Seccomp"), 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("apply");
	TCase *cases = tcase_create("apply");

	tcase_set_timeout(cases, 60);
	tcase_add_test(cases, filter_is_in_force);
	tcase_add_test(cases, no_new_privs);
	tcase_add_test(cases, receipt_agrees_with_the_kernel);
	tcase_add_test(cases, all_threads_get_it);
	tcase_add_test(cases, one_thread_only);
	tcase_add_test(cases, a_thread_with_a_filter_of_its_own);
	tcase_add_test(cases, malloc_and_threads_need_no_more);
	tcase_add_test(cases, abort_ends_with_sigabrt);
	tcase_add_test(cases, kernel_probe);
	suite_add_tcase(all, cases);
	return all;
}

TEST_MAIN(suite)
