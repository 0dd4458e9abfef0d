/* SPDX-License-Identifier: MIT */
/* Listeners that a supervisor is given, and supervisors one within the other. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stile/notify.h>

#include "child.h"
#include "notify_support.h"
#include "spawn_support.h"
#include "supervise_support.h"
#include "test_support.h"

static struct said refusing;

static void set_up(void)
{
	refusing = (struct said){ stile_answer_fail(EACCES), 0 };
}

/* ---- Listeners that were got otherwise ---- */

static int calls_twice(void)
{
	target_expects(syscall(SYS_getppid) < 0 && errno == EACCES);
	target_expects(syscall(SYS_getppid) < 0 && errno == EACCES);
	return 0;
}

static int waits_for_end(void)
{
	while (syscall(SYS_getppid) < 0 && errno == EACCES)
		;
	target_expects(errno == ENOSYS);
	return 0;
}

static void add(struct stile_supervisor *supervisor, const struct target *target)
{
	struct stile *s = handling(answer_as_said, &refusing);

	ck_assert_msg(stile_supervisor_add_listener(supervisor, s, target->listener) == 0, "%s",
		      stile_message(s));
	stile_free(s);
}

START_TEST(a_listener_from_elsewhere)
{
	struct stile_supervisor *supervisor = new_supervisor();
	struct target target;
	int status;

	start_getppid_target(&target, calls_twice);
	add(supervisor, &target);
	ck_assert_int_eq(stile_supervisor_wait_all(supervisor), 0);
	ck_assert_int_eq(waitpid(target.pid, &status, 0), target.pid);
	ck_assert_int_eq(status, 0);
	ck_assert_uint_eq(refusing.calls, 2);
	stile_supervisor_free(supervisor);
}
END_TEST

/* Also where a leader is about to receive: it must not wait for a call that never comes. */
START_TEST(freed_while_a_target_lives)
{
	for (unsigned int i = 0; i < 50; i++) {
		struct stile_supervisor *supervisor = new_supervisor();
		const unsigned int before = refusing.calls;
		struct target target;
		int status;

		start_getppid_target(&target, waits_for_end);
		add(supervisor, &target);
		while (refusing.calls < before + i)
			;
		stile_supervisor_free(supervisor);
		ck_assert_int_eq(waitpid(target.pid, &status, 0), target.pid);
		ck_assert_int_eq(status, 0);
	}
}
END_TEST

START_TEST(what_is_no_listener_is_refused)
{
	struct stile_supervisor *supervisor = new_supervisor();
	struct stile *s = handling(answer_as_said, &refusing);
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_fails(stile_supervisor_add_listener(supervisor, s, -1), -EBADF,
			"descriptor -1 is no listener");
	stile_free(s);
	s = handling(answer_as_said, &refusing);
	ck_assert_int_eq(stile_supervisor_add_listener(supervisor, s, ends[0]), -EBADF);
	/* it belonged to the supervisor all the same */
	ck_assert_int_eq(fcntl(ends[0], F_GETFD), -1);
	(void)close(ends[1]);
	ck_assert_int_eq(stile_supervisor_add_listener(supervisor, NULL, -1), -ENOMEM);
	ck_assert_int_eq(stile_supervisor_add_listener(NULL, s, -1), -ENOMEM);
	stile_free(s);
	stile_supervisor_free(supervisor);
}
END_TEST

/* With a copy, which keeps it in the epoll set, and without one. */
START_TEST(a_listener_closed_under_us)
{
	struct stile_supervisor *supervisor = new_supervisor();
	struct target target;
	int status, copy = -1;

	start_getppid_target(&target, waits_for_end);
	add(supervisor, &target);
	while (refusing.calls < 10)
		;
	if (_i)
		copy = fcntl(target.listener, F_DUPFD_CLOEXEC, 0);
	ck_assert_int_eq(close(target.listener), 0);
	if (_i) {
		char message[512];

		while (stile_supervisor_message(supervisor, message, sizeof(message)) == 0)
			;
		ck_assert_ptr_nonnull(strstr(message, "received from no more"));
		ck_assert_int_eq(close(copy), 0);
	}
	ck_assert_int_eq(waitpid(target.pid, &status, 0), target.pid);
	ck_assert_int_eq(status, 0);
	stile_supervisor_free(supervisor);
}
END_TEST

/* ---- One within the other ---- */

static int keep(int listener, void *data)
{
	(void)listener;
	(void)data;
	return 1;
}

static void apply_twice(void)
{
	struct stile *s;
	int error;

	s = handling(answer_as_said, &refusing);
	error = stile_apply_with_listener(s, keep, NULL);
	expect(error == 0);
	stile_free(s);
	s = handling(answer_as_said, &refusing);
	error = stile_apply_with_listener(s, keep, NULL);
	expect(error == -EALREADY);
	expect(strstr(stile_message(s), "does not permit another"));
	stile_free(s);
}

START_TEST(a_supervised_program_applies_no_listener)
{
	check_child(apply_twice);
}
END_TEST

static int keep_it(int listener, void *kept)
{
	*(int *)kept = listener;
	return 1;
}

/* The context that was applied has the handlers. */
static void supervise_what_was_applied(void)
{
	struct stile *s = handling(answer_as_said, &refusing);
	struct stile_supervisor *supervisor = stile_supervisor_new();
	int listener = -1;

	expect(stile_apply_with_listener(s, keep_it, &listener) == 0);
	expect_that(stile_supervisor_add_listener(supervisor, s, listener) == 0, __FILE__, __LINE__,
		    stile_message(s));
	stile_free(s);
	expect(syscall(SYS_getppid) == -1 && errno == EACCES);
	_exit(0); /* nobody can free who supervises oneself */
}

START_TEST(what_was_applied_here_is_supervised_here)
{
	check_child(supervise_what_was_applied);
}
END_TEST

/* A filter made by hand that has a listener and permits others. */
static int load_by_hand(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpgid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { 4, filter };

	expect(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
			    &program);
}

static void supervise_within(void)
{
	char *argv[] = { (char *)test_program("supervised"), (char *)"call", NULL };
	struct stile_supervisor *supervisor;
	struct stile *s;

	expect(load_by_hand() >= 0);
	s = handling(answer_as_said, &refusing);
	expect(stile_apply_with_listener(s, keep, NULL) == -EBUSY);
	expect(strstr(stile_message(s), "has a listener already"));
	stile_free(s);
	s = handling(answer_as_said, &refusing);
	expect(stile_supervise_thread(s, &supervisor) == -EBUSY);
	expect(strstr(stile_message(s), "has a listener already"));
	stile_free(s);
	s = handling(answer_as_said, &refusing);
	expect(stile_supervise(s, argv[0], argv, NULL) == -EBUSY);
	expect(strstr(stile_message(s), "has inherited a filter with a listener"));
	stile_free(s);
#ifndef HAS_THREAD_SANITIZER
	s = handling(answer_as_said, &refusing);
	expect(stile_supervise_self(s) == -EBUSY);
	expect(strstr(stile_message(s), "has a listener already"));
	stile_free(s);
#endif
}

START_TEST(one_supervisor_for_a_chain_of_filters)
{
	check_child(supervise_within);
}
END_TEST

#ifndef HAS_THREAD_SANITIZER
static void start_under_another(void)
{
	char *argv[] = { (char *)test_program("supervised"), (char *)"call", NULL };
	struct stile *s = stile_new_allowing();

	/* not getppid(), which a start needs itself */
	expect(stile_on(s, "getpgid", answer_as_said, &refusing) == 0);
	expect(stile_supervise_self(s) == 0);
	stile_free(s);
	s = handling(answer_as_said, &refusing);
	/* Targets have neither ptrace(2) nor seccomp(2). */
	expect(stile_supervise(s, argv[0], argv, NULL) == -EPERM);
	expect(strstr(stile_message(s), "ptrace is not permitted") != NULL);
	stile_free(s);
	expect(waitpid(-1, NULL, __WALL) < 0 && errno == ECHILD);
}

START_TEST(a_supervised_program_supervises_none)
{
	check_child(start_under_another);
}
END_TEST
#endif

static Suite *suite(void)
{
	Suite *all = suite_create("supervisor_listeners");
	TCase *cases = tcase_create("supervisor_listeners");

	tcase_set_timeout(cases, 300);
	tcase_add_checked_fixture(cases, set_up, NULL);
	tcase_add_test(cases, a_listener_from_elsewhere);
	tcase_add_test(cases, freed_while_a_target_lives);
	tcase_add_test(cases, what_is_no_listener_is_refused);
	tcase_add_loop_test(cases, a_listener_closed_under_us, 0, 2);
	tcase_add_test(cases, a_supervised_program_applies_no_listener);
	tcase_add_test(cases, what_was_applied_here_is_supervised_here);
	tcase_add_test(cases, one_supervisor_for_a_chain_of_filters);
#ifndef HAS_THREAD_SANITIZER /* no program has one thread then */
	tcase_add_test(cases, a_supervised_program_supervises_none);
#endif
	suite_add_tcase(all, cases);
	return all;
}

TEST_MAIN(suite)
