/* SPDX-License-Identifier: MIT */
/*
 * Memory runs out at every allocation in turn: an error with its sentence, nothing applied,
 * nothing lost. malloc and its like are replaced in this program, for libseccomp too.
 */
#include <check.h>
#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "test_support.h"

#ifndef HAS_ADDRESS_SANITIZER

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void __libc_free(void *memory);

static bool is_counting;
static long allocations, failing, live, failures;

/*
 * Blocks that are not libseccomp's: it loses some itself when memory runs out while it
 * exports (2.5.4), which is not ours to mend.
 */
#define SLOTS 65536
static void *blocks[SLOTS];
static uintptr_t foreign_low, foreign_high;

static int find_libseccomp(struct dl_phdr_info *info, size_t size, void *unused)
{
	(void)size;
	(void)unused;
	if (!strstr(info->dlpi_name, "libseccomp"))
		return 0;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		uintptr_t low = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
		uintptr_t high = low + info->dlpi_phdr[i].p_memsz;

		if (info->dlpi_phdr[i].p_type != PT_LOAD)
			continue;
		if (foreign_low == 0 || low < foreign_low)
			foreign_low = low;
		if (high > foreign_high)
			foreign_high = high;
	}
	return 1;
}

static void **slot_of(void *memory)
{
	size_t i = (uintptr_t)memory / 16 % SLOTS;

	while (blocks[i] && blocks[i] != memory)
		i = (i + 1) % SLOTS;
	return &blocks[i];
}

static bool is_foreign(void *caller)
{
	return (uintptr_t)caller >= foreign_low && (uintptr_t)caller < foreign_high;
}

/* While it exports, libseccomp takes a failed allocation for a success, or follows the null
 * pointer; no caller can do anything about that. */
static bool is_exporting;

int memfd_create(const char *name, unsigned int flags)
{
	is_exporting = true;
	return (int)syscall(SYS_memfd_create, name, flags);
}

static bool must_fail(void *caller)
{
	if (!is_counting || (is_exporting && is_foreign(caller)))
		return false;
	return ++allocations == failing;
}

static void note(void *memory, void *caller)
{
	if (!is_counting || !memory || is_foreign(caller))
		return;
	*slot_of(memory) = memory;
	live++;
}

#define GONE ((void *)1) /* keeps the way to later slots open */

static void forget(void *memory)
{
	void **slot = memory ? slot_of(memory) : NULL;

	if (slot && *slot == memory) {
		*slot = GONE;
		live--;
	}
}

void *malloc(size_t size)
{
	void *memory = must_fail(__builtin_return_address(0)) ? NULL : __libc_malloc(size);

	note(memory, __builtin_return_address(0));
	if (!memory)
		errno = ENOMEM;
	return memory;
}

void *calloc(size_t count, size_t size)
{
	void *memory = must_fail(__builtin_return_address(0)) ? NULL : __libc_calloc(count, size);

	note(memory, __builtin_return_address(0));
	if (!memory)
		errno = ENOMEM;
	return memory;
}

void *realloc(void *old, size_t size)
{
	bool is_noted = old && *slot_of(old) == old;
	void *memory = must_fail(__builtin_return_address(0)) ? NULL : __libc_realloc(old, size);

	if (memory && is_noted)
		forget(old);
	if (memory && (is_noted || !old))
		note(memory, __builtin_return_address(0));
	if (!memory)
		errno = ENOMEM;
	return memory;
}

void free(void *memory)
{
	forget(memory);
	__libc_free(memory);
}

static void build(struct stile *s)
{
	struct stile_ruleset *custom = stile_ruleset_new("mine");

	(void)stile_grant(s, "system_io.open_readonly");
	(void)stile_grant(s, "system_io.read_fd(3)");
	(void)stile_grant(s, "networking.start_tcp_server");
	(void)stile_pledge(s, "rpath");
	(void)STILE_ALLOW_IF(custom, "write", STILE_ARGUMENT_IS("fd", 1));
	(void)STILE_ALLOW_IF(custom, "write", STILE_ARGUMENT_IS("fd", 2));
	for (uint64_t i = 0; i < 20; i++) /* ways meet, which the proof remembers */
		(void)STILE_ALLOW_IF(custom, "pwrite64", STILE_ARGUMENT_IS("fd", 2 * i),
				     { "count", STILE_LESS, 0, 4096 });
	(void)stile_enable(s, custom);
	stile_ruleset_free(custom);
	(void)stile_fail_with(s, "ptrace", EIO);
	(void)stile_override(s, "ptrace", (struct stile_action){ STILE_ACTION_TRAP, 0 });
}

/* What comes out when nothing fails. */
static struct {
	struct sock_filter *filter;
	char *text;
	size_t count;
} whole;

/* Memory can fail where it is only wished for (vasprintf() shrinks its result); then all
 * must be as if it had not. Printing can be what failed, after the compilation was well. */
static void check_result(struct stile *s, long n, int error, const struct sock_filter *filter,
			 size_t count, const char *text)
{
	if (error == 0 && text) {
		ck_assert_uint_eq(count, whole.count);
		ck_assert_int_eq(memcmp(filter, whole.filter, count * sizeof(*filter)), 0);
		ck_assert_str_eq(text, whole.text);
		return;
	}
	failures++;
	ck_assert_msg(error == -ENOMEM || error == 0, "allocation %ld: error %d: %s", n, error,
		      stile_message(s));
	ck_assert_int_eq(stile_error(s), -ENOMEM);
	ck_assert_msg(strstr(stile_message(s), "memory") != NULL, "allocation %ld: %s", n,
		      stile_message(s));
	ck_assert_int_eq(stile_apply_to_all_threads(s), -ENOMEM);
}

/* Everything once, with allocation number n failing. False: there is no such allocation. */
static bool once(long n)
{
	struct sock_filter *filter = NULL;
	struct stile *s;
	size_t count = 0;
	bool is_past;
	char *text;
	int error;

	allocations = 0;
	is_exporting = false;
	live = 0;
	memset(blocks, 0, sizeof(blocks));
	failing = n;
	is_counting = true;
	s = stile_new();
	build(s);
	error = stile_compile(s, &filter, &count);
	text = stile_print(s);
	is_counting = false;
	is_past = allocations < n;
	if (!whole.text) {
		ck_assert_msg(error == 0, "%s", stile_message(s));
		ck_assert_ptr_nonnull(text);
		whole.filter = filter;
		whole.count = count;
		whole.text = text;
		stile_free(s);
		return true;
	}
	check_result(s, n, error, filter, count, text);
	is_counting = true;
	free(filter);
	free(text);
	stile_free(s);
	is_counting = false;
	ck_assert_msg(live == 0, "allocation %ld: %ld blocks are lost", n, live);
	return !is_past;
}

START_TEST(every_allocation_fails_once)
{
	long n = 0;

	ck_assert_int_eq(dl_iterate_phdr(find_libseccomp, NULL), 1);
	while (once(n))
		n++;
	/* a test that never failed anything would prove nothing */
	ck_assert_int_gt(failures, 40);
	free(whole.filter);
	free(whole.text);
}
END_TEST

#else

START_TEST(every_allocation_fails_once)
{
	printf("skip: the address sanitizer has a malloc of its own\n");
}
END_TEST

#endif

static Suite *suite(void)
{
	Suite *all = suite_create("memory");
	TCase *cases = tcase_create("memory");

	tcase_set_timeout(cases, 120);
	tcase_add_test(cases, every_allocation_fails_once);
	suite_add_tcase(all, cases);
	return all;
}

TEST_MAIN(suite)
