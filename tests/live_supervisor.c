/* SPDX-License-Identifier: MIT */
/* Programs under a supervisor: what handlers answer, and who waits for whom. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "spawn_support.h"
#include "supervise_support.h"
#include "test_support.h"

static struct stile_supervisor *supervisor;

static void set_up(void)
{
	supervisor = stile_supervisor_new();
	ck_assert_ptr_nonnull(supervisor);
}

static void tear_down(void)
{
	stile_supervisor_free(supervisor);
	expect_no_children();
}

/* ---- Answers ---- */

static const struct {
	struct stile_answer answer;
	long value;
} answers[] = { { { STILE_ANSWER_FAIL, EACCES }, -EACCES },
		{ { STILE_ANSWER_FAIL, 1 }, -1 },
		{ { STILE_ANSWER_FAIL, 4095 }, -4095 },
		{ { STILE_ANSWER_RETURN, 4711 }, 4711 },
		{ { STILE_ANSWER_RETURN, 0 }, 0 },
		{ { STILE_ANSWER_RETURN, INT64_C(1) << 40 }, 1L << 40 } };

START_TEST(the_answer_is_what_the_call_comes_to)
{
	struct said said = { answers[_i].answer, 0 };

	run_supervised(supervisor, answer_as_said, &said, "call", 3, answers[_i].value);
	ck_assert_uint_eq(said.calls, 3);
	expect_faults(supervisor, 0, "");
}
END_TEST

START_TEST(an_allowed_call_is_made)
{
	struct said said = { stile_answer_allow(), 0 };

	run_supervised(supervisor, answer_as_said, &said, "call", 3, getpid());
	ck_assert_uint_eq(said.calls, 3);
}
END_TEST

START_TEST(a_process_is_killed)
{
	struct said said = { stile_answer_kill(), 0 };
	pid_t pid = start_supervised(supervisor, answer_as_said, &said, "threads", 3, 0);
	const int status = status_of(supervisor, pid);

	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "0x%x", status);
	expect_faults(supervisor, 0, "");
}
END_TEST

static const struct {
	struct stile_answer answer;
	const char *fault;
} nonsense[] = { { { STILE_ANSWER_FAIL, 0 }, "getppid: a handler let a call fail with an errno" },
		 { { STILE_ANSWER_FAIL, 4096 }, "errno that is not within 1 to 4095" },
		 { { STILE_ANSWER_FAIL, -1 }, "errno that is not within 1 to 4095" },
		 { { STILE_ANSWER_FAIL, (INT64_C(1) << 32) + 1 }, "not within 1 to 4095" },
		 { { (enum stile_answer_kind)99, 0 }, "a kind that there is not" },
		 { { (enum stile_answer_kind) - 1, 0 }, "a kind that there is not" },
		 { { STILE_ANSWER_DONE, 0 }, "but gave no descriptor" } };

START_TEST(nonsense_refuses_and_is_a_fault)
{
	struct said said = { nonsense[_i].answer, 0 };

	run_supervised(supervisor, answer_as_said, &said, "call", 2, -EPERM);
	expect_faults(supervisor, 2, nonsense[_i].fault);
}
END_TEST

static struct stile_answer look_and_allow(struct stile_call *call, void *data)
{
	char byte;

	(void)data;
	(void)stile_call_read(call, (uint64_t)(uintptr_t)data, &byte, 1);
	return stile_answer_allow();
}

START_TEST(no_call_goes_on_after_its_memory_was_looked_at)
{
	run_supervised(supervisor, look_and_allow, supervisor, "call", 1, -EPERM);
	expect_faults(supervisor, 1, "after it had looked at the target's memory");
}
END_TEST

/* ---- Who makes the calls ---- */

static const char *const makers[] = { "call", "threads", "fork", "vfork", "clone3", "exec" };

START_TEST(whoever_a_program_makes_is_a_target)
{
	struct said said = { stile_answer_fail(EACCES), 0 };

	run_supervised(supervisor, answer_as_said, &said, makers[_i], 20, -EACCES);
	ck_assert_uint_gt(said.calls, 0);
	expect_faults(supervisor, 0, "");
}
END_TEST

static const char *const claims[] = { "filters", "listener" };

START_TEST(no_program_gets_a_filter_or_a_listener)
{
	struct said said = { stile_answer_fail(EACCES), 0 };

	run_supervised(supervisor, answer_as_said, &said, claims[_i], 0, 0);
}
END_TEST

/* The listener is closed in the program by a call of its own. */
START_TEST(close_is_handled_itself)
{
	struct said said = { stile_answer_allow(), 0 };
	struct stile *s = handling(answer_as_said, &said);
	char *argv[] = { (char *)test_program("supervised"), (char *)"listener", NULL };
	pid_t pid = 0;

	ck_assert_int_eq(stile_on(s, "close", answer_as_said, &said), 0);
	ck_assert_msg(stile_supervisor_spawn(supervisor, s, argv[0], argv, NULL, NULL, &pid) == 0,
		      "%s", stile_message(s));
	stile_free(s);
	ck_assert_int_eq(status_of(supervisor, pid), 0);
	ck_assert_uint_gt(said.calls, 0);
}
END_TEST

static struct stile_answer one_more(struct stile_call *call, void *data)
{
	(void)atomic_fetch_add((atomic_uint *)data, 1);
	return stile_answer_return((int64_t)stile_call_argument(call, 0) + 1);
}

/* SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: no signal has a call handled twice. */
START_TEST(signals_come_all_the_time)
{
	atomic_uint calls = 0;

	run_supervised(supervisor, one_more, &calls, "storm", 10000, 0);
	ck_assert_uint_eq(calls, 10000);
	expect_faults(supervisor, 0, "");
}
END_TEST

/* ---- How programs end ---- */

static int status_after(const char *verb, long number)
{
	struct said said = { stile_answer_fail(EACCES), 0 };

	return status_of(supervisor,
			 start_supervised(supervisor, answer_as_said, &said, verb, number, 0));
}

START_TEST(a_program_ends_as_without_us)
{
	ck_assert_int_eq(status_after("exit", 7), 7 << 8);
	ck_assert_int_eq(status_after("kill", SIGTERM), SIGTERM);
	ck_assert_int_eq(status_after("kill", SIGKILL), SIGKILL);
	ck_assert_int_eq(stile_supervisor_wait_all(supervisor), 0);
}
END_TEST

START_TEST(a_program_stops_as_without_us)
{
	struct said said = { stile_answer_fail(EACCES), 0 };
	const pid_t pid = start_supervised(supervisor, answer_as_said, &said, "stop", 0, 0);
	siginfo_t info = { 0 };

	ck_assert_int_eq(waitid(P_PID, (id_t)pid, &info, WSTOPPED | WEXITED | WNOWAIT), 0);
	ck_assert_int_eq(info.si_code, CLD_STOPPED);
	ck_assert_int_eq(kill(pid, SIGCONT), 0);
	ck_assert_int_eq(status_of(supervisor, pid), 0);
}
END_TEST

START_TEST(a_setuid_program_gets_no_privileges)
{
	struct said said = { stile_answer_fail(EACCES), 0 };
	int ends[2], out = fcntl(1, F_DUPFD_CLOEXEC, 3);
	char path[64], byte;
	pid_t pid;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(dup2(ends[1], 1), 1);
	pid = start_supervised(supervisor, answer_as_said, &said, "wait", 0, 0);
	ck_assert_int_eq(dup2(out, 1), 1);
	ck_assert_int_eq(read(ends[0], &byte, 1), 1);
	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	ck_assert_int_eq(status_number(path, "NoNewPrivs"), 1);
	ck_assert_int_eq(status_number(path, "TracerPid"), 0);
	ck_assert_int_eq(kill(pid, SIGTERM), 0);
	ck_assert_int_eq(status_of(supervisor, pid), SIGTERM);
}
END_TEST

START_TEST(nobody_waits_twice_or_for_strangers)
{
	struct said said = { stile_answer_fail(EACCES), 0 };
	const pid_t pid = start_supervised(supervisor, answer_as_said, &said, "exit", 3, 0);

	ck_assert_int_eq(stile_supervisor_wait(supervisor, getppid(), NULL), -ECHILD);
	ck_assert_int_eq(stile_supervisor_wait(supervisor, -1, NULL), -ECHILD);
	ck_assert_int_eq(status_of(supervisor, pid), 3 << 8);
	ck_assert_int_eq(stile_supervisor_wait(supervisor, pid, NULL), -ECHILD);
	ck_assert_int_eq(stile_supervisor_wait(NULL, pid, NULL), -ENOMEM);
}
END_TEST

START_TEST(in_one_call)
{
	struct said said = { stile_answer_fail(EACCES), 0 };
	struct stile *s = handling(answer_as_said, &said);
	char *argv[] = { (char *)test_program("supervised"), (char *)"call", (char *)"5",
			 (char *)"-13", NULL };

	ck_assert_int_eq(stile_supervise(s, argv[0], argv, NULL), 0);
	ck_assert_uint_eq(said.calls, 5);
	stile_free(s);
	s = handling(answer_as_said, &said);
	argv[0] = (char *)"/nonexistent";
	ck_assert_int_eq(stile_supervise(s, argv[0], argv, NULL), -ENOEXEC);
	ck_assert_ptr_nonnull(strstr(stile_message(s), "/nonexistent"));
	stile_free(s);
	s = handling(answer_as_said, &said);
	argv[0] = NULL;
	ck_assert_int_eq(stile_supervise(s, "/bin/true", argv, NULL), -EINVAL);
	stile_free(s);
}
END_TEST

/* ---- Slow handlers ---- */

#define THREADS 8 /* of the program */

/* The first call waits until all others have been answered. */
struct patience {
	int ends[2];
	unsigned int others;
	atomic_uint calls, answered;
};

static struct stile_answer first_waits(struct stile_call *call, void *data)
{
	struct patience *patience = data;
	char byte;

	(void)call;
	if (atomic_fetch_add(&patience->calls, 1) == 0)
		(void)!read(patience->ends[0], &byte, 1);
	else if (atomic_fetch_add(&patience->answered, 1) + 1 == patience->others)
		(void)!write(patience->ends[1], "", 1);
	return stile_answer_fail(EACCES);
}

START_TEST(a_slow_handler_holds_up_no_other_target)
{
	struct patience patience = { .others = 50 };
	pid_t slow, quick;

	ck_assert_int_eq(pipe2(patience.ends, O_CLOEXEC), 0);
	slow = start_supervised(supervisor, first_waits, &patience, "call", 1, -EACCES);
	quick = start_supervised(supervisor, first_waits, &patience, "call", 50, -EACCES);
	ck_assert_int_eq(status_of(supervisor, slow), 0);
	ck_assert_int_eq(status_of(supervisor, quick), 0);
}
END_TEST

START_TEST(a_slow_handler_holds_up_no_other_thread)
{
	struct patience patience = { .others = (THREADS - 1) * 1 };
	pid_t pid;

	ck_assert_int_eq(pipe2(patience.ends, O_CLOEXEC), 0);
	pid = start_supervised(supervisor, first_waits, &patience, "threads", 1, -EACCES);
	ck_assert_int_eq(status_of(supervisor, pid), 0);
	expect_faults(supervisor, 0, "");
}
END_TEST

struct crowd {
	atomic_int inside, calls;
	atomic_bool was_two;
};

static struct stile_answer be_alone(struct stile_call *call, void *data)
{
	struct crowd *crowd = data;

	(void)call;
	if (atomic_fetch_add(&crowd->inside, 1) != 0)
		crowd->was_two = true;
	/* the first ones longer than any pause of the watcher */
	for (volatile int i = 0; crowd->calls < 10 && i < 20000000; i++)
		;
	crowd->calls++;
	(void)atomic_fetch_sub(&crowd->inside, 1);
	return stile_answer_fail(EACCES);
}

START_TEST(one_handler_at_a_time)
{
	struct crowd crowd = { 0 };
	pid_t pids[4];

	ck_assert_int_eq(stile_supervisor_set_threads(supervisor, 1), 0);
	for (int i = 0; i < 4; i++)
		pids[i] = start_supervised(supervisor, be_alone, &crowd, "threads", 100, -EACCES);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(status_of(supervisor, pids[i]), 0);
	ck_assert(!crowd.was_two);
}
END_TEST

START_TEST(numbers_of_handlers_at_once)
{
	struct patience patience = { .others = THREADS - 1 };
	pid_t pid;

	ck_assert_int_eq(stile_supervisor_set_threads(supervisor, 0), -EINVAL);
	ck_assert_int_eq(stile_supervisor_set_threads(supervisor, 1025), -EINVAL);
	ck_assert_int_eq(stile_supervisor_set_threads(NULL, 1), -ENOMEM);
	ck_assert_int_eq(stile_supervisor_set_threads(supervisor, 1), 0);
	ck_assert_int_eq(pipe2(patience.ends, O_CLOEXEC), 0);
	pid = start_supervised(supervisor, first_waits, &patience, "threads", 1, -EACCES);
	/* the first call blocks the only thread: more must help at once */
	ck_assert_int_eq(stile_supervisor_set_threads(supervisor, 64), 0);
	ck_assert_int_eq(status_of(supervisor, pid), 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("supervisor");
	TCase *cases = tcase_create("supervisor");

#define LOOP(test, array) \
	tcase_add_loop_test(cases, test, 0, (int)(sizeof(array) / sizeof(*(array))))
	tcase_set_timeout(cases, 120);
	tcase_add_checked_fixture(cases, set_up, tear_down);
	LOOP(the_answer_is_what_the_call_comes_to, answers);
	tcase_add_test(cases, an_allowed_call_is_made);
	tcase_add_test(cases, a_process_is_killed);
	LOOP(nonsense_refuses_and_is_a_fault, nonsense);
	tcase_add_test(cases, no_call_goes_on_after_its_memory_was_looked_at);
	LOOP(whoever_a_program_makes_is_a_target, makers);
	LOOP(no_program_gets_a_filter_or_a_listener, claims);
	tcase_add_test(cases, close_is_handled_itself);
	tcase_add_test(cases, signals_come_all_the_time);
	tcase_add_test(cases, a_program_ends_as_without_us);
	tcase_add_test(cases, a_program_stops_as_without_us);
	tcase_add_test(cases, a_setuid_program_gets_no_privileges);
	tcase_add_test(cases, nobody_waits_twice_or_for_strangers);
	tcase_add_test(cases, in_one_call);
	tcase_add_test(cases, a_slow_handler_holds_up_no_other_target);
	tcase_add_test(cases, a_slow_handler_holds_up_no_other_thread);
	tcase_add_test(cases, one_handler_at_a_time);
	tcase_add_test(cases, numbers_of_handlers_at_once);
	suite_add_tcase(all, cases);
	return all;
}

TEST_MAIN(suite)
