/* SPDX-License-Identifier: MIT */
/* The calling program, and the calling thread, under supervision. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "spawn_support.h"
#include "supervise_support.h"
#include "test_support.h"

static struct said refusing;

static void set_up(void)
{
	refusing = (struct said){ stile_answer_fail(EACCES), 0 };
}

/* ---- The program itself ---- */

static void supervise(void)
{
	struct stile *s = handling(answer_as_said, &refusing);
	const int error = stile_supervise_self(s);

	expect_that(error == 0, __FILE__, __LINE__, stile_message(s));
	stile_free(s);
}

static void call_and_exit(void)
{
	const pid_t before = getpid();
	sigset_t mask;

	supervise();
	expect(syscall(SYS_getppid) == -1 && errno == EACCES);
	expect(getpid() != before);
	expect(sigprocmask(SIG_SETMASK, NULL, &mask) == 0 && sigisemptyset(&mask));
	expect(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	/* the handler ran there, not here */
	expect(refusing.calls == 0);
	_exit(42);
}

static void ignore_children(void)
{
	(void)signal(SIGCHLD, SIG_IGN);
	call_and_exit();
}

static void end_by_signal(void)
{
	supervise();
	(void)raise(SIGUSR1);
}

START_TEST(the_program_ends_and_so_do_we)
{
	ck_assert_int_eq(child_status(call_and_exit), 42);
	ck_assert_int_eq(child_status(ignore_children), 42);
	ck_assert_int_eq(child_status(end_by_signal), SIGUSR1 | 1 << 16);
}
END_TEST

/* A process that is supervised and tells here what happens to it. */
struct supervised {
	pid_t pid; /* of the supervisor */
	int told;
};

static int tell;

static void tell_signal(int number)
{
	const char name = (char)number;

	(void)!write(tell, &name, 1);
}

static struct supervised begin(void (*program)(void))
{
	struct supervised supervised;
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	supervised.pid = fork();
	ck_assert_int_ge(supervised.pid, 0);
	if (supervised.pid == 0) {
		(void)close(ends[0]);
		(void)signal(SIGTERM, SIG_DFL); /* libcheck has handlers of its own */
		(void)signal(SIGINT, SIG_DFL);
		tell = ends[1];
		program();
		_exit(0);
	}
	(void)close(ends[1]);
	supervised.told = ends[0];
	return supervised;
}

static int next_word(const struct supervised *supervised)
{
	char byte;

	return read(supervised->told, &byte, 1) == 1 ? byte : -1;
}

static int end(const struct supervised *supervised)
{
	int status;

	ck_assert_int_eq(waitpid(supervised->pid, &status, 0), supervised->pid);
	(void)close(supervised->told);
	return status;
}

static void wait_for_signals(void)
{
	struct sigaction action = { .sa_handler = tell_signal };
	const int caught[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR2, SIGWINCH, SIGALRM };

	for (size_t i = 0; i < sizeof(caught) / sizeof(*caught); i++)
		expect(sigaction(caught[i], &action, NULL) == 0);
	supervise();
	(void)!write(tell, "r", 1);
	for (;;)
		(void)pause();
}

/* The second signal comes from somebody else; the first would come back before it. */
static void signal_its_group(void)
{
	const int first = SIGRTMIN + 1, second = SIGRTMIN + 2;
	const struct timespec now = { 0, 0 };
	sigset_t set;
	pid_t supervisor;

	expect(setpgid(0, 0) == 0);
	supervisor = getpid();
	(void)sigemptyset(&set);
	(void)sigaddset(&set, first);
	(void)sigaddset(&set, second);
	expect(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	supervise();
	expect(kill(0, first) == 0);
	if (fork() == 0)
		_exit(kill(supervisor, second));
	(void)sigdelset(&set, first);
	expect(sigwaitinfo(&set, NULL) == second);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, first);
	expect(sigtimedwait(&set, NULL, &now) == first);
	expect(sigtimedwait(&set, NULL, &now) < 0);
}

START_TEST(signals_are_passed_on)
{
	const int passed[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR2, SIGWINCH, SIGALRM };
	const struct supervised supervised = begin(wait_for_signals);

	ck_assert_int_eq(next_word(&supervised), 'r');
	for (size_t i = 0; i < sizeof(passed) / sizeof(*passed); i++) {
		ck_assert_int_eq(kill(supervised.pid, passed[i]), 0);
		ck_assert_int_eq(next_word(&supervised), passed[i]);
	}
	ck_assert_int_eq(kill(supervised.pid, SIGUSR1), 0); /* that it does not catch */
	ck_assert_int_eq(end(&supervised), SIGUSR1);
	check_child(signal_its_group);
}
END_TEST

static void set_timer_before(void)
{
	const struct itimerval soon = { .it_value = { 0, 1000 } };
	struct sigaction action = { .sa_handler = tell_signal };

	expect(sigaction(SIGALRM, &action, NULL) == 0);
	/* it comes while the program is made into two, or later */
	expect(setitimer(ITIMER_REAL, &soon, NULL) == 0);
	supervise();
	for (;;)
		(void)pause();
}

START_TEST(timers_from_before_are_passed_on)
{
	const struct supervised supervised = begin(set_timer_before);

	ck_assert_int_eq(next_word(&supervised), SIGALRM);
	ck_assert_int_eq(kill(supervised.pid, SIGTERM), 0);
	ck_assert_int_eq(end(&supervised), SIGTERM);
}
END_TEST

/* Nobody frees the program by killing its supervisor: its end of the pipe is closed. */
START_TEST(the_program_dies_with_its_supervisor)
{
	const struct supervised supervised = begin(wait_for_signals);

	ck_assert_int_eq(next_word(&supervised), 'r');
	ck_assert_int_eq(kill(supervised.pid, SIGKILL), 0);
	ck_assert_int_eq(next_word(&supervised), -1);
	ck_assert_int_eq(end(&supervised), SIGKILL);
}
END_TEST

static void stop_twice(void)
{
	supervise();
	for (int i = 0; i < 2; i++) {
		(void)raise(i ? SIGTSTP : SIGSTOP);
		(void)!write(tell, "c", 1);
	}
	_exit(5);
}

/* What the shell sees, that is. SIGTSTP does not stop an orphaned process group. */
START_TEST(it_stops_and_goes_on_with_the_program)
{
	struct supervised supervised;
	int status;

	ck_assert_int_eq(setpgid(0, 0) == 0 || errno == EPERM, 1);
	supervised = begin(stop_twice);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(waitpid(supervised.pid, &status, WUNTRACED), supervised.pid);
		ck_assert(WIFSTOPPED(status));
		ck_assert_int_eq(kill(supervised.pid, SIGCONT), 0);
		ck_assert_int_eq(next_word(&supervised), 'c');
	}
	ck_assert_int_eq(end(&supervised), 5 << 8);
}
END_TEST

static void *stay(void *unused)
{
	(void)pause();
	return unused;
}

static void with_threads(void)
{
	struct stile *s = handling(answer_as_said, &refusing);
	pthread_t thread;

	expect(pthread_create(&thread, NULL, stay, NULL) == 0);
	expect(stile_supervise_self(s) == -EBUSY);
	expect(strstr(stile_message(s), "one thread") != NULL);
}

/* The error comes back to one process alone. */
static void under_a_refusing_filter(void)
{
	struct stile *s = handling(answer_as_said, &refusing);

	refuse_here(SYS_seccomp, SECCOMP_RET_ERRNO | EPERM);
	expect(stile_supervise_self(s) == -EALREADY);
	expect(strstr(stile_message(s), "does not permit another") != NULL);
	expect(waitpid(-1, NULL, __WALL) < 0 && errno == ECHILD);
	expect(belongings().threads == 2 + 1); /* . and .. */
	stile_free(s);
}

START_TEST(programs_that_cannot_be_supervised)
{
	check_child(with_threads);
	check_child(under_a_refusing_filter);
}
END_TEST

static void handle_close(void)
{
	struct said allowing = { stile_answer_allow(), 0 };
	struct stile *s = handling(answer_as_said, &refusing);

	expect(stile_on(s, "close", answer_as_said, &allowing) == 0);
	expect(stile_supervise_self(s) == 0);
	for (int fd = 3; fd < 64; fd++)
		expect(fcntl(fd, F_GETFD) < 0 || close(fd) == 0);
	expect(syscall(SYS_getppid) == -1 && errno == EACCES);
}

START_TEST(close_is_handled_itself)
{
	check_child(handle_close);
}
END_TEST

static void make_children(void)
{
	pid_t child;

	supervise();
	child = fork();
	if (child == 0)
		_exit(syscall(SYS_getppid) == -1 && errno == EACCES ? 0 : 1);
	expect(waitpid(child, &(int){ 0 }, 0) == child);
	for (int i = 0; i < 100; i++)
		expect(syscall(SYS_getppid) == -1 && errno == EACCES);
}

START_TEST(children_are_targets_too)
{
	check_child(make_children);
}
END_TEST

/* ---- A thread ---- */

static void *ask(void *unused)
{
	expect(syscall(SYS_getppid) == -1 && errno == EACCES);
	return unused;
}

static void *supervised_thread(void *data)
{
	struct stile *s = handling(answer_as_said, &refusing);
	struct stile_supervisor **supervisor = data;
	pthread_t thread;

	expect(stile_supervise_thread(s, supervisor) == 0);
	for (int i = 0; i < 100; i++)
		expect(syscall(SYS_getppid) == -1 && errno == EACCES);
	expect(pthread_create(&thread, NULL, ask, NULL) == 0 && pthread_join(thread, NULL) == 0);
	stile_free(s);
	return NULL;
}

static void supervise_threads(void)
{
	struct belongings before = { 0 };

	for (int i = 0; i < 20; i++) {
		struct stile_supervisor *supervisor = NULL;
		pthread_t thread;

		expect(pthread_create(&thread, NULL, supervised_thread, &supervisor) == 0);
		expect(pthread_join(thread, NULL) == 0);
		expect(syscall(SYS_getppid) > 0);
		expect(stile_supervisor_wait_all(supervisor) == 0);
		expect(stile_supervisor_message(supervisor, NULL, 0) == 0);
		stile_supervisor_free(supervisor);
		if (i == 0)
			before = belongings();
	}
	expect(belongings().descriptors == before.descriptors);
	expect(belongings().threads == before.threads);
	expect(refusing.calls == 20 * 101);
}

START_TEST(a_thread_is_supervised_by_another)
{
	check_child(supervise_threads);
}
END_TEST

#ifdef HAS_THREAD_SANITIZER
START_TEST(programs_have_threads)
{
	printf("skip: the thread sanitizer has a thread of its own in each program\n");
	check_child(with_threads);
}
END_TEST
#endif

static Suite *suite(void)
{
	Suite *all = suite_create("supervise_self");
	TCase *cases = tcase_create("supervise_self");

	tcase_set_timeout(cases, 120);
	tcase_add_checked_fixture(cases, set_up, NULL);
#ifndef HAS_THREAD_SANITIZER /* no program has one thread then */
	tcase_add_test(cases, the_program_ends_and_so_do_we);
	tcase_add_test(cases, signals_are_passed_on);
	tcase_add_test(cases, timers_from_before_are_passed_on);
	tcase_add_test(cases, the_program_dies_with_its_supervisor);
	tcase_add_test(cases, it_stops_and_goes_on_with_the_program);
	tcase_add_test(cases, programs_that_cannot_be_supervised);
	tcase_add_test(cases, close_is_handled_itself);
	tcase_add_test(cases, children_are_targets_too);
#else
	tcase_add_test(cases, programs_have_threads);
#endif
	tcase_add_test(cases, a_thread_is_supervised_by_another);
	suite_add_tcase(all, cases);
	return all;
}

TEST_MAIN(suite)
