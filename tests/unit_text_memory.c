/* SPDX-License-Identifier: MIT */
/* Filters as text while memory runs out at every allocation in turn: an error, and nothing lost.
 * malloc and its like are replaced in this program. */
#include <errno.h>
#include <linux/filter.h>
#include <stdbool.h>
#include <stdio.h>

#include "test_support.h"

#ifndef HAS_ADDRESS_SANITIZER

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void __libc_free(void *memory);

static bool is_counting;
static long allocations, failing, live;

static bool must_fail(void)
{
	return is_counting && ++allocations == failing;
}

static void *counted(void *memory)
{
	live += is_counting && memory;
	return memory;
}

void *malloc(size_t size)
{
	return must_fail() ? NULL : counted(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
	return must_fail() ? NULL : counted(__libc_calloc(count, size));
}

void *realloc(void *memory, size_t size)
{
	if (must_fail())
		return NULL;
	if (!memory)
		return counted(__libc_malloc(size));
	return __libc_realloc(memory, size);
}

void *reallocarray(void *memory, size_t count, size_t size)
{
	return realloc(memory, count * size);
}

void free(void *memory)
{
	live -= is_counting && memory;
	__libc_free(memory);
}

/* Enough for text and labels to grow. */
static char text[8192];
static struct sock_filter *program;
static size_t program_count;

static void make_program(void)
{
	char message[256];
	size_t length = 0;

	for (int i = 0; i < 100; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length,
					   "l%d: ld [args[1]].lo\njeq #%d, l%d, end\n", i, i,
					   i + 1);
	(void)snprintf(text + length, sizeof(text) - length,
		       "l100: ret ALLOW\nend: ret ERRNO(EPERM)\n");
	ck_assert_msg(stile_assemble(text, &program, &program_count, message, sizeof(message)) == 0,
		      "%s", message);
}

static bool assemble(void)
{
	struct sock_filter *instructions = NULL;
	char message[64];
	size_t count;
	int error = stile_assemble(text, &instructions, &count, message, sizeof(message));

	if (error) {
		is_counting = false;
		ck_assert_int_eq(error, -ENOMEM);
		ck_assert_str_eq(message, "out of memory");
		ck_assert_ptr_null(instructions);
		is_counting = true;
	}
	free(instructions);
	return error == 0;
}

static bool disassemble(void)
{
	char *result = stile_disassemble(program, program_count, STILE_ABI_NATIVE);

	free(result);
	return result != NULL;
}

static bool pseudo_code(void)
{
	char *result = stile_pseudo_code(program, program_count, STILE_ABI_NATIVE);

	free(result);
	return result != NULL;
}

static bool (*const calls[])(void) = { assemble, disassemble, pseudo_code };

START_TEST(test_memory)
{
	bool is_done;
	long lost;

	make_program();
	for (failing = 1;; failing++) {
		allocations = live = 0;
		is_counting = true;
		is_done = calls[_i]();
		is_counting = false;
		lost = live;
		ck_assert_msg(lost == 0, "allocation %ld: %ld blocks lost", failing, lost);
		if (allocations < failing)
			break;
	}
	ck_assert_msg(is_done, "no allocation failed");
	ck_assert_int_gt(failing, 4);
	free(program);
}
END_TEST

#define CALLS (int)(sizeof(calls) / sizeof(*calls))

#else

START_TEST(test_memory)
{
	printf("skip: the address sanitizer allocates by itself\n");
}
END_TEST

#define CALLS 1

#endif

static Suite *make_suite(void)
{
	Suite *suite = suite_create("text_memory");
	TCase *tcase = tcase_create("text_memory");

	tcase_add_loop_test(tcase, test_memory, 0, CALLS);
	suite_add_tcase(suite, tcase);
	return suite;
}

TEST_MAIN(make_suite)
