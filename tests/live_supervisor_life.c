/* SPDX-License-Identifier: MIT */
/* Supervisors and targets that die, many of them, and what is left. */
#include <stdio.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sanitizer.h"
#include "spawn_support.h"
#include "supervise_support.h"
#include "test_support.h"

static struct said refusing;

static void set_up(void)
{
	refusing = (struct said){ stile_answer_fail(EACCES), 0 };
}

/* ---- The supervisor dies ---- */

static void put_at(int fd, int number)
{
	ck_assert_int_eq(dup2(fd, number), number);
}

/* Its calls are refused with ENOSYS from then on, and it does all 100,000. */
START_TEST(a_killed_supervisor_frees_nobody)
{
	int free_ends[2], status;
	char text[8];
	pid_t process;

	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	ck_assert_int_eq(pipe2(free_ends, 0), 0);
	process = fork();
	if (process == 0) {
		struct stile_supervisor *supervisor = new_supervisor();

		put_at(free_ends[1], 1);
		(void)start_supervised(supervisor, answer_as_said, &refusing, "captive", 100000, 0);
		while (refusing.calls < 1000)
			;
		(void)kill(getpid(), SIGKILL);
	}
	(void)close(free_ends[1]);
	ck_assert_int_eq(waitpid(process, &status, 0), process);
	ck_assert_int_eq(status, SIGKILL);
	/* what is left is ours now */
	ck_assert_int_gt(waitpid(-1, &status, __WALL), 0);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(read(free_ends[0], text, sizeof(text)), 0);
	expect_no_children();
}
END_TEST

START_TEST(programs_die_with_a_freed_supervisor)
{
	struct stile_supervisor *supervisor = new_supervisor();
	int ends[2];
	char byte;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	put_at(ends[1], 1);
	(void)close(ends[1]);
	for (int i = 0; i < 3; i++) {
		(void)start_supervised(supervisor, answer_as_said, &refusing, "wait", 0, 0);
		ck_assert_int_eq(read(ends[0], &byte, 1), 1);
	}
	stile_supervisor_free(supervisor);
	expect_no_children();
	stile_supervisor_free(NULL);
}
END_TEST

static int open_descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* It has none of the programs and threads: so it gives back what it has, and ends. */
START_TEST(a_forked_child_frees_nobody_elses_supervisor)
{
	const int before = open_descriptors();
	struct stile_supervisor *supervisor = new_supervisor();
	int ends[2], status;
	pid_t pid, child;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	put_at(ends[0], 0);
	pid = start_supervised(supervisor, answer_as_said, &refusing, "gate", 25, -EACCES);
	child = fork();
	if (child == 0) {
		stile_supervisor_free(supervisor);
		_exit(open_descriptors() == before + 2 ? 0 : 1); /* the pipe's */
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(close(ends[1]), 0);
	ck_assert_int_eq(status_of(supervisor, pid), 0);
	stile_supervisor_free(supervisor);
}
END_TEST

/* ---- Targets die ---- */

static struct stile_answer kill_and_answer(struct stile_call *call, void *data)
{
	const struct said *said = data;

	pid_t process = stile_call_process(call);

	/* not by the answer: it goes while it is judged, and the answer comes when it is gone */
	if (process > 0)
		(void)kill(process, SIGKILL);
	while (process > 0)
		process = stile_call_process(call);
	return said->answer;
}

static const struct stile_answer answers[] = { { STILE_ANSWER_ALLOW, 0 },
					       { STILE_ANSWER_FAIL, EACCES },
					       { STILE_ANSWER_RETURN, 5 },
					       { STILE_ANSWER_KILL, 0 } };

START_TEST(a_target_dies_while_its_call_is_judged)
{
	struct stile_supervisor *supervisor = new_supervisor();
	struct said said = { answers[_i], 0 };

	for (int i = 0; i < 20; i++) {
		const pid_t pid = start_supervised(supervisor, kill_and_answer, &said,
						   i % 2 ? "call" : "threads", 3, 0);

		ck_assert_int_eq(status_of(supervisor, pid), SIGKILL);
	}
	ck_assert_int_eq(stile_supervisor_wait_all(supervisor), 0);
	expect_faults(supervisor, 0, "");
	stile_supervisor_free(supervisor);
}
END_TEST

/* Killed after any number of its calls, from outside. */
START_TEST(a_target_dies_at_any_moment)
{
	struct stile_supervisor *supervisor = new_supervisor();

	for (unsigned int i = 0; i < 100; i++) {
		const pid_t pid = start_supervised(supervisor, answer_as_said, &refusing,
						   i % 2 ? "captive" : "threads",
						   i % 2 ? 0 : 1000000, -13);
		const unsigned int before = refusing.calls;

		while (refusing.calls < before + i)
			;
		ck_assert_int_eq(kill(pid, SIGKILL), 0);
		ck_assert_int_eq(status_of(supervisor, pid), SIGKILL);
	}
	ck_assert_int_eq(stile_supervisor_wait_all(supervisor), 0);
	expect_faults(supervisor, 0, "");
	stile_supervisor_free(supervisor);
}
END_TEST

/* ---- Many ---- */

#define PROGRAMS 200

START_TEST(hundreds_of_programs_at_once)
{
	struct stile_supervisor *supervisor = new_supervisor();
	pid_t pids[PROGRAMS];
	int gate[2];

	ck_assert_int_eq(pipe2(gate, O_CLOEXEC), 0);
	put_at(gate[0], 0);
	for (int i = 0; i < PROGRAMS; i++)
		pids[i] = start_supervised(supervisor, answer_as_said, &refusing, "gate", 25,
					   -EACCES);
	ck_assert_uint_eq(refusing.calls, 0);
	(void)close(gate[1]);
	for (int i = 0; i < PROGRAMS; i++)
		ck_assert_int_eq(status_of(supervisor, pids[i]), 0);
	ck_assert_uint_eq(refusing.calls, PROGRAMS * 25);
	ck_assert_int_eq(stile_supervisor_wait_all(supervisor), 0);
	expect_faults(supervisor, 0, "");
	stile_supervisor_free(supervisor);
}
END_TEST

/* What malloc() keeps for each thread counts as in use, and comes and goes. */
#define CACHED 16384

#ifdef HAS_ADDRESS_SANITIZER /* a fork copies the tables of its shadow memory */
#define STARTS 40
#else
#define STARTS 400
#endif

START_TEST(nothing_is_left_of_many_starts)
{
	struct belongings before = { 0 }, after;

	for (int i = 0; i < STARTS; i++) {
		struct stile_supervisor *supervisor = new_supervisor();

		run_supervised(supervisor, answer_as_said, &refusing, i % 8 ? "call" : "threads", 3,
			       -EACCES);
		if (i % 3 == 0)
			(void)start_supervised(supervisor, answer_as_said, &refusing, "captive", 0,
					       0);
		stile_supervisor_free(supervisor);
		if (i == STARTS / 4)
			before = belongings();
	}
	after = belongings();
	ck_assert_uint_eq(after.descriptors, before.descriptors);
	ck_assert_uint_eq(after.threads, before.threads);
	ck_assert_uint_le(after.memory, before.memory + CACHED);
	expect_no_children();
}
END_TEST

/* The same under one supervisor that lives on. */
START_TEST(nothing_is_left_within_a_supervisor)
{
	struct stile_supervisor *supervisor = new_supervisor();
	struct belongings before = { 0 }, after;

	for (int i = 0; i < 2 * STARTS; i++) {
		run_supervised(supervisor, answer_as_said, &refusing, "call", 3, -EACCES);
		ck_assert_int_eq(stile_supervisor_wait_all(supervisor), 0);
		if (i == STARTS)
			before = belongings();
	}
	after = belongings();
	ck_assert_uint_eq(after.descriptors, before.descriptors);
	ck_assert_uint_le(after.memory, before.memory + CACHED);
	stile_supervisor_free(supervisor);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("supervisor_life");
	TCase *cases = tcase_create("supervisor_life");

	tcase_set_timeout(cases, 1200); /* with sanitizers */
	tcase_add_checked_fixture(cases, set_up, NULL);
	suite_add_tcase(all, cases);
	tcase_add_test(cases, a_killed_supervisor_frees_nobody);
	tcase_add_test(cases, programs_die_with_a_freed_supervisor);
	tcase_add_test(cases, a_forked_child_frees_nobody_elses_supervisor);
	tcase_add_loop_test(cases, a_target_dies_while_its_call_is_judged, 0, 4);
	tcase_add_test(cases, a_target_dies_at_any_moment);
	tcase_add_test(cases, hundreds_of_programs_at_once);
	tcase_add_test(cases, nothing_is_left_of_many_starts);
	tcase_add_test(cases, nothing_is_left_within_a_supervisor);
	return all;
}

TEST_MAIN(suite)
