/* SPDX-License-Identifier: MIT */
/* What handlers see and change at stops of a traced program. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "tracer_support.h"

static atomic_int entries, exits;

static struct stile_answer deny(struct stile_call *call, void *data)
{
	ck_assert_str_eq(stile_call_name(call), "mkdirat");
	ck_assert_ptr_eq(data, &entries);
	ck_assert(!stile_call_is_exit(call));
	ck_assert_int_eq(stile_call_result(call), 0);
	entries++;
	return stile_answer_fail(EDOM);
}

static struct stile_answer never(struct stile_call *call, void *data)
{
	(void)call;
	(void)data;
	faults++;
	last_fault = "an exit was asked that never was";
	return stile_answer_allow();
}

START_TEST(call_is_denied)
{
	const struct traced traced = { .intercepts =
					       INTERCEPTS({ "mkdirat", deny, never, &entries }) };

	check_traced(&traced, ARGUMENTS("deny"));
	ck_assert_int_eq(entries, 1);
}
END_TEST

/* As without a tracer. */
START_TEST(call_without_a_handler_fails)
{
	const struct traced traced = { .intercepts = INTERCEPTS({ "mkdirat", NULL, NULL, NULL }) };

	check_traced(&traced, ARGUMENTS("unhandled"));
}
END_TEST

START_TEST(value_is_returned)
{
	check_traced(&parent_answered, ARGUMENTS("parent"));
}
END_TEST

static struct stile_answer shorten(struct stile_call *call, void *data)
{
	char text[11] = "";

	(void)data;
	ck_assert_uint_eq(stile_call_argument(call, 2), 10);
	ck_assert_int_eq(stile_call_read(call, stile_call_argument(call, 1), text, 10), 0);
	ck_assert_str_eq(text, "0123456789");
	ck_assert_int_eq(stile_call_set_argument(call, 2, 4), 0);
	ck_assert_uint_eq(stile_call_argument(call, 2), 4);
	return stile_answer_allow();
}

static struct stile_answer see_short(struct stile_call *call, void *data)
{
	(void)data;
	ck_assert(stile_call_is_exit(call));
	ck_assert_uint_eq(stile_call_argument(call, 2), 4);
	ck_assert_int_eq(stile_call_result(call), 4);
	exits++;
	return stile_answer_allow();
}

START_TEST(argument_is_replaced)
{
	const struct traced traced = { .intercepts =
					       INTERCEPTS({ "write", shorten, see_short, NULL }) };
	int ends[2];
	char text[16] = "";

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(dup2(ends[1], 1), 1);
	check_traced(&traced, ARGUMENTS("shorten"));
	ck_assert_int_eq(read(ends[0], text, sizeof(text) - 1), 4);
	ck_assert_str_eq(text, "0123");
	ck_assert_int_eq(exits, 1);
}
END_TEST

static struct stile_answer call_getpid(struct stile_call *call, void *data)
{
	(void)data;
	ck_assert_int_eq(stile_call_set_number(call,
					       stile_syscall_number(STILE_ABI_NATIVE, "getpid")),
			 0);
	ck_assert_str_eq(stile_call_name(call), "getpid");
	return stile_answer_allow();
}

START_TEST(call_is_replaced)
{
	const struct traced traced = { .intercepts =
					       INTERCEPTS({ "getppid", call_getpid, NULL, NULL }) };

	check_traced(&traced, ARGUMENTS("self"));
}
END_TEST

/* The filter judges what the call has become. */
static struct stile_answer call_mkdirat(struct stile_call *call, void *data)
{
	(void)data;
	ck_assert_int_eq(stile_call_set_number(call,
					       stile_syscall_number(STILE_ABI_NATIVE, "chdir")),
			 0);
	return stile_answer_allow();
}

START_TEST(replaced_call_does_not_get_past_the_filter)
{
	const struct traced traced = {
		.intercepts = INTERCEPTS({ "mkdirat", call_mkdirat, NULL, NULL }),
		.refused = "chdir",
	};

	check_traced(&traced, ARGUMENTS("deny"));
}
END_TEST

static struct stile_answer say_three(struct stile_call *call, void *data)
{
	(void)data;
	ck_assert(stile_call_is_exit(call));
	ck_assert_int_gt(stile_call_result(call), 1000000000);
	exits++;
	ck_assert_int_eq(stile_call_set_result(call, 3), 0);
	ck_assert_int_eq(stile_call_result(call), 3);
	return stile_answer_allow();
}

/* In the program that was started, and in one that it executes. */
START_TEST(time_is_three)
{
	const struct traced traced = { .intercepts = INTERCEPTS({ "time", NULL, say_three, NULL }),
				       .hides_vdso = true };

	if (stile_syscall_number(STILE_ABI_NATIVE, "time") < 0) {
		printf("skip: this machine has no time(2)\n");
		return;
	}
	check_traced(&traced, _i ? ARGUMENTS("exec", "time") : ARGUMENTS("time"));
	ck_assert_int_eq(exits, 2);
}
END_TEST

static struct stile_answer change_failure(struct stile_call *call, void *data)
{
	(void)data;
	ck_assert_int_eq(stile_call_result(call), -EBADF);
	return exits++ == 0 ? stile_answer_fail(ERANGE) : stile_answer_return(77);
}

START_TEST(result_is_replaced)
{
	const struct traced traced = { .intercepts =
					       INTERCEPTS({ "dup", NULL, change_failure, NULL }) };

	check_traced(&traced, ARGUMENTS("failed"));
	ck_assert_int_eq(exits, 2);
}
END_TEST

#if defined(__x86_64__)
#define IN "r12"
#define OUT "r13"
#else
#define IN "x20"
#define OUT "x21"
#endif

static struct stile_answer swap_registers(struct stile_call *call, void *data)
{
	uint64_t value = 0;

	(void)data;
	ck_assert_int_eq(stile_call_register(call, "not-there", &value), -ENOENT);
	ck_assert_int_eq(stile_call_set_register(call, "not-there", 1), -ENOENT);
	ck_assert_int_eq(stile_call_register(call, IN, &value), 0);
	ck_assert_uint_eq(value, 0x1122334455667788);
	ck_assert_int_eq(stile_call_set_register(call, OUT, 0x8877665544332211), 0);
	for (const char *const *name = stile_register_names(STILE_ABI_NATIVE); *name; name++)
		ck_assert_int_eq(stile_call_register(call, *name, &value), 0);
	return stile_answer_return(5);
}

static struct stile_answer set_at_exit(struct stile_call *call, void *data)
{
	uint64_t value = 0;

	(void)data;
	ck_assert_int_eq(stile_call_register(call, IN, &value), 0);
	ck_assert_uint_eq(value, 0x1122334455667788);
	ck_assert_int_eq(stile_call_set_register(call, OUT, 0x8877665544332211), 0);
	ck_assert_int_eq(stile_call_set_argument(call, 0, 1), -EINVAL);
	return stile_answer_return(5);
}

START_TEST(registers_by_name)
{
	const struct traced entry = { .intercepts = INTERCEPTS(
					      { "getppid", swap_registers, NULL, NULL }) };
	const struct traced exit = { .intercepts =
					     INTERCEPTS({ "getppid", NULL, set_at_exit, NULL }) };

	check_traced(_i ? &exit : &entry, ARGUMENTS("registers"));
}
END_TEST

#if defined(__x86_64__)

static void call_i386(void)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(20L)
			 : "r8", "r9", "r10", "r11", "memory");
	expect(result > 0);
}

static struct stile_answer see_i386(struct stile_call *call, void *data)
{
	(void)data;
	ck_assert_int_eq(stile_call_abi(call), STILE_ABI_I386);
	entries++;
	if (strcmp(stile_call_name(call), "getppid") == 0)
		return stile_answer_return(4242);
	ck_assert_str_eq(stile_call_name(call), "getpgid");
	ck_assert_uint_eq(stile_call_argument(call, 0), 1);
	ck_assert_int_eq(stile_call_set_argument(call, 0, UINT64_C(1) << 32), 0);
	ck_assert_uint_eq(stile_call_argument(call, 0), 0);
	return stile_answer_allow();
}

static struct stile_answer see_group(struct stile_call *call, void *data)
{
	(void)data;
	ck_assert_int_eq(stile_call_result(call), getpgid(stile_call_thread(call)));
	return stile_answer_allow();
}

START_TEST(calls_by_another_abi)
{
	const struct traced traced = {
		.intercepts = INTERCEPTS({ "getppid", see_i386, never, NULL },
					 { "getpgid", see_i386, see_group, NULL }),
		.with_i386 = true,
	};

	if (child_status(call_i386) & 1 << 16) {
		printf("skip: this kernel has no calls by i386\n");
		return;
	}
	check_traced(&traced, ARGUMENTS("i386"));
	ck_assert_int_eq(entries, 2);
}
END_TEST

#endif

static struct stile_answer kill_it(struct stile_call *call, void *data)
{
	(void)call;
	(void)data;
	return stile_answer_kill();
}

START_TEST(process_is_killed)
{
	const struct traced traced = { .intercepts = INTERCEPTS({ "getppid",
								  _i == 0 ? kill_it : NULL,
								  _i == 1 ? kill_it : NULL, NULL }),
				       .on_exec = _i == 2 ? kill_it : NULL };
	const int status = status_traced(&traced, _i == 2 ? ARGUMENTS("exec", "parent") :
							    ARGUMENTS("threads", "3", "1"));

	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	ck_assert_int_eq(faults, 0);
}
END_TEST

static const struct stile_answer nonsense[] = {
	{ STILE_ANSWER_FAIL, 0 }, { STILE_ANSWER_FAIL, 4096 },	     { STILE_ANSWER_FAIL, -1 },
	{ STILE_ANSWER_DONE, 0 }, { (enum stile_answer_kind)99, 0 },
};

static struct stile_answer say_nonsense(struct stile_call *call, void *data)
{
	(void)call;
	return *(const struct stile_answer *)data;
}

/* EPERM, at entry and at exit. */
START_TEST(nonsense_is_refused)
{
	void *answer = (void *)(uintptr_t)&nonsense[_i];
	const struct traced entry = { .intercepts =
					      INTERCEPTS({ "dup", say_nonsense, never, answer }) };
	const struct traced exit = { .intercepts =
					     INTERCEPTS({ "dup", NULL, say_nonsense, answer }) };

	ck_assert_int_eq(status_traced(&entry, ARGUMENTS("refused")), 0);
	ck_assert_int_eq(faults, 1);
	ck_assert_int_eq(status_traced(&exit, ARGUMENTS("refused")), 0);
	ck_assert_int_eq(faults, 2);
}
END_TEST

static TCase *make_tcase(const char *name)
{
	TCase *tcase = tcase_create(name);

	tcase_add_test(tcase, call_is_denied);
	tcase_add_test(tcase, call_without_a_handler_fails);
	tcase_add_test(tcase, value_is_returned);
	tcase_add_test(tcase, argument_is_replaced);
	tcase_add_test(tcase, call_is_replaced);
	tcase_add_test(tcase, replaced_call_does_not_get_past_the_filter);
	tcase_add_loop_test(tcase, time_is_three, 0, 2);
	tcase_add_test(tcase, result_is_replaced);
	tcase_add_loop_test(tcase, registers_by_name, 0, 2);
#if defined(__x86_64__)
	tcase_add_test(tcase, calls_by_another_abi);
#endif
	tcase_add_loop_test(tcase, process_is_killed, 0, 3);
	tcase_add_loop_test(tcase, nonsense_is_refused, 0, 5);
	return tcase;
}

static Suite *make_suite(void)
{
	return traced_suite("tracer", make_tcase);
}

TEST_MAIN(make_suite)
