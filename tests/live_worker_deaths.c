/* SPDX-License-Identifier: MIT */
/* Workers that die at their start, supervisors that die, and a thousand of both. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "worker_support.h"

static int wait_for_ever(struct stile_worker *worker, void *data)
{
	char byte;

	(void)data;
	(void)stile_channel_receive(stile_worker_channel(worker), &byte, 1, NULL, NULL);
	return 0;
}

/* ---- At the start */

static void (*in_the_child)(void); /* runs first */

static void run_in_the_child(void)
{
	if (in_the_child)
		in_the_child();
}

static void end_with_seven(void)
{
	_exit(7);
}

static void be_killed(void)
{
	(void)kill(getpid(), SIGKILL);
}

static void expect_failure(int error, const char *sentence)
{
	const unsigned int before = open_descriptors();
	struct stile *s = worker_context();
	struct stile_worker *worker = new_worker(wait_for_ever, NULL, s, 5);

	expect(stile_worker_start(worker) == error);
	expect(strcmp(stile_worker_message(worker), sentence) == 0);
	expect(stile_worker_pidfd(worker) == -1 && stile_worker_pid(worker) == 0);
	expect(stile_worker_ended(worker, NULL) == -ECHILD);
	expect(open_descriptors() == before);
	expect_no_child();
	stile_worker_free(worker);
	stile_free(s);
}

static void dies_at_start(void)
{
	expect(pthread_atfork(NULL, NULL, run_in_the_child) == 0);
	in_the_child = end_with_seven;
	expect_failure(-ECHILD,
		       "worker 'helper' ended before it was sandboxed, with exit status 7");
	in_the_child = be_killed;
	expect_failure(-ECHILD,
		       "worker 'helper' was killed by signal 9 (KILL) before it was sandboxed");
	expect(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
	expect_failure(-ECHILD, "worker 'helper' died before it was sandboxed, and somebody else "
				"took its status: is SIGCHLD ignored?");
	in_the_child = NULL;
}

START_TEST(death_at_the_start)
{
	check_child(dies_at_start);
}
END_TEST

/* A restart that fails: the status is told, and there is no worker. */
static void dies_at_restart(void)
{
	struct stile *s = worker_context();
	struct stile_worker *worker = new_worker(wait_for_ever, NULL, s, 5);
	int status = -1;

	expect(pthread_atfork(NULL, NULL, run_in_the_child) == 0);
	expect(stile_worker_start(worker) == 0);
	in_the_child = be_killed;
	expect(kill(stile_worker_pid(worker), SIGTERM) == 0);
	wait_for_end(worker);
	expect(stile_worker_ended(worker, &status) == -ECHILD && status == SIGTERM);
	expect(stile_worker_ended(worker, &status) == -ECHILD);
	in_the_child = NULL;
	expect(stile_worker_start(worker) == 0);
	stile_worker_free(worker);
	stile_free(s);
	expect_no_child();
}

START_TEST(death_at_a_restart)
{
	check_child(dies_at_restart);
}
END_TEST

static void is_taken_by_others(void)
{
	struct stile_worker *worker = start_worker(wait_for_ever, NULL);
	int status = -1;

	expect(kill(stile_worker_pid(worker), SIGKILL) == 0);
	expect(waitpid(-1, NULL, 0) > 0);
	expect(stile_worker_ended(worker, &status) == -ECHILD && status == -1);
	expect(strstr(stile_worker_message(worker), "somebody else took its status") != NULL);
	expect(stile_worker_pidfd(worker) == -1);
	stile_worker_free(worker);
}

START_TEST(status_taken_by_others)
{
	check_child(is_taken_by_others);
}
END_TEST

static void has_no_descriptor(void)
{
	struct stile *s = worker_context();
	const int wanted[] = { 1, 123, -1 };

	for (unsigned int i = 1; i <= 2; i++) {
		const struct stile_worker_settings settings = { .name = "helper",
								.run = wait_for_ever,
								.phases = &s,
								.phase_count = 1,
								.descriptors = &wanted[i],
								.descriptor_count = 1 };
		struct stile_worker *worker = stile_worker_new(&settings);

		expect(stile_worker_start(worker) == -EINVAL);
		expect(strcmp(stile_worker_message(worker),
			      i == 1 ? "worker 'helper': descriptor 123, which it is to have, is "
				       "not open" :
				       "worker 'helper': descriptor -1, which it is to have, is "
				       "not open") == 0);
		stile_worker_free(worker);
	}
	stile_free(s);
}

START_TEST(descriptor_that_is_not_open)
{
	check_child(has_no_descriptor);
}
END_TEST

/* ---- Supervisors with a filter of their own */

static const char *const supervisor_grants[] = { "processes.danger_fork",
						 "processes.parent_death_signal",
						 "networking.socketpair",
						 "networking.transfer",
						 "system_io.poll",
						 "system_io.close",
						 "memory.map",
						 "limits.set",
						 "sandbox.narrow",
						 "processes.not_dumpable" };
#define GRANTS (sizeof(supervisor_grants) / sizeof(*supervisor_grants))

/* Without the grant of this index; with what workers and tests need besides. */
static void sandbox_supervisor(size_t without)
{
	struct stile *s = worker_context();

	for (size_t i = 0; i < GRANTS; i++)
		if (i != without)
			expect(stile_grant(s, supervisor_grants[i]) == 0);
	expect(stile_set_default(s, (struct stile_action){ STILE_ACTION_ERRNO, EPERM }) == 0);
	expect(stile_apply_to_all_threads(s) == 0);
	stile_free(s);
}

static void suffices(void)
{
	struct stile *s = worker_context();
	struct stile_worker *worker = new_worker(wait_for_ever, NULL, s, 1);
	int status = -1;

	sandbox_supervisor(GRANTS);
	expect(stile_worker_start(worker) == 0);
	stile_channel_close(stile_worker_channel(worker));
	expect(end_status(worker) == 0);
	expect(stile_worker_start(worker) == 0);
	stile_channel_close(stile_worker_channel(worker));
	wait_for_end(worker);
	expect(stile_worker_ended(worker, &status) == 0 && status == 0);
	expect(stile_worker_start(worker) == 0);
	/* It may not kill. The worker ends when its channel is closed: before it was looked for
	 * last, or later. */
	stile_worker_free(worker);
	status = -1;
	expect(waitpid(-1, &status, 0) > 0 ? status == 0 : errno == ECHILD);
}

START_TEST(grants_of_a_supervisor)
{
	check_child(suffices);
}
END_TEST

static size_t left_out;

static const struct {
	int error;
	const char *words;
} without[GRANTS] = {
	{ -EPERM, "cannot name the supervisor to it (pidfd_open): Operation not permitted" },
	{ -EPERM, "cannot have the worker die with its supervisor (prctl)" },
	{ -EPERM, "cannot make its channel (socketpair)" },
	{ 0, "" }, /* worker_context() has it */
	{ -EPERM, "cannot see whether the supervisor lives (poll)" },
	{ 0, "" },
	{ -EPERM, "cannot share memory with it (mmap)" },
	{ -EPERM, "cannot switch core files off (setrlimit): Operation not permitted: does the "
		  "supervisor's own filter refuse it?" },
	{ -EALREADY, "prctl(PR_SET_NO_NEW_PRIVS): Operation not permitted: a filter that is on "
		     "this thread already does not permit another: grant sandbox.narrow in the "
		     "first context" },
	{ -EPERM, "cannot keep its supervisor out of its reach (prctl): Operation not permitted" },
};

static void is_refused(void)
{
	const struct rlimit some = { 1, 4096 }; /* so that there is something to do */
	struct stile *s = worker_context();
	struct stile_worker *worker = new_worker(wait_for_ever, NULL, s, 1);

	expect(setrlimit(RLIMIT_CORE, &some) == 0);
	sandbox_supervisor(left_out);
	expect(stile_worker_start(worker) == without[left_out].error);
	expect(strstr(stile_worker_message(worker), without[left_out].words) != NULL);
	if (left_out > 0) /* else there is no wait */
		expect_no_child();
}

START_TEST(grants_that_a_supervisor_lacks)
{
	left_out = (size_t)_i;
	if (without[left_out].error)
		check_child(is_refused);
}
END_TEST

static void is_killed_by_a_filter(void)
{
	struct stile *s = worker_context(), *own = stile_new_allowing();
	struct stile_worker *worker = new_worker(wait_for_ever, NULL, s, 1);

	expect(stile_deny(own, "close_range") == 0);
	expect(stile_apply_to_all_threads(own) == 0);
	expect(stile_worker_start(worker) == -ECHILD);
	expect(strcmp(stile_worker_message(worker),
		      "worker 'helper' was killed by signal 31 (SYS) before it was sandboxed: the "
		      "supervisor's own filter kills for what the start of a worker needs") == 0);
	stile_worker_free(worker);
	stile_free(s);
	stile_free(own);
	expect_no_child();
}

START_TEST(killed_by_a_filter)
{
	check_child(is_killed_by_a_filter);
}
END_TEST

/* ---- The supervisor's death */

static int hold_pipe(struct stile_worker *worker, void *data)
{
	char byte;

	(void)worker;
	return (int)read(*(int *)data, &byte, 1); /* the test never writes */
}

/* Starts three workers that hold the pipe's writing end and wait for nothing of the supervisor. */
_Noreturn static void supervise_until_killed(const int wait[2], const int held[2])
{
	struct stile *s = server_context();
	const int kept[] = { wait[0], held[1] };
	int never = wait[0];
	const struct stile_worker_settings settings = { .run = hold_pipe,
							.data = &never,
							.phases = &s,
							.phase_count = 1,
							.descriptors = kept,
							.descriptor_count = 2 };

	(void)close(wait[1]);
	for (unsigned int i = 0; i < 3; i++)
		expect(stile_worker_start(stile_worker_new(&settings)) == 0);
	expect(write(held[1], "x", 1) == 1);
	for (;;)
		(void)pause();
}

static void kill_parent(void)
{
	(void)kill(getppid(), SIGKILL);
}

static void workers_die_too(bool at_the_start)
{
	int wait[2], held[2];
	char byte;
	pid_t pid;

	expect(pipe2(wait, O_CLOEXEC) == 0 && pipe2(held, O_CLOEXEC) == 0);
	pid = fork();
	if (pid == 0) {
		if (at_the_start) {
			expect(pthread_atfork(NULL, NULL, run_in_the_child) == 0);
			in_the_child = kill_parent;
		}
		supervise_until_killed(wait, held);
	}
	(void)close(held[1]);
	if (!at_the_start) {
		expect(read(held[0], &byte, 1) == 1);
		expect(kill(pid, SIGKILL) == 0);
	}
	/* The end of the pipe: nobody who held it lives. */
	expect(read(held[0], &byte, 1) == 0);
	expect(waitpid(pid, NULL, 0) == pid);
}

static void supervisor_dies(void)
{
	workers_die_too(false);
}

static void supervisor_dies_at_a_start(void)
{
	for (unsigned int try = 0; try < 50; try++)
		workers_die_too(true);
}

START_TEST(death_of_the_supervisor)
{
	check_child(supervisor_dies);
}
END_TEST

START_TEST(death_of_the_supervisor_at_a_start)
{
	check_child(supervisor_dies_at_a_start);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("worker_deaths");
	TCase *cases = tcase_create("worker_deaths");

	tcase_set_timeout(cases, 60);
	tcase_add_test(cases, death_at_the_start);
	tcase_add_test(cases, death_at_a_restart);
	tcase_add_test(cases, status_taken_by_others);
	tcase_add_test(cases, descriptor_that_is_not_open);
	tcase_add_test(cases, grants_of_a_supervisor);
	tcase_add_loop_test(cases, grants_that_a_supervisor_lacks, 0, GRANTS);
	tcase_add_test(cases, killed_by_a_filter);
	tcase_add_test(cases, death_of_the_supervisor);
	tcase_add_test(cases, death_of_the_supervisor_at_a_start);
	suite_add_tcase(all, cases);
	return all;
}

TEST_MAIN(suite)
