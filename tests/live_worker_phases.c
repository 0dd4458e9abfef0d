/* SPDX-License-Identifier: MIT */
/* Phases: each holds, none permits more than the one before, and the way on closes at the end. */
#include <check.h>
#include <errno.h>
#include <linux/filter.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "worker_support.h"

#define STEP(flags) \
	syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC | (flags), NULL)

static int run_phases(int (*run)(struct stile_worker *, void *), struct stile *const *phases,
		      size_t count)
{
	const struct stile_worker_settings settings = {
		.name = "helper", .run = run, .phases = phases, .phase_count = count
	};
	struct stile_worker *worker = stile_worker_new(&settings);
	int status;

	expect(stile_worker_start(worker) == 0);
	status = end_status(worker);
	stile_worker_free(worker);
	return status;
}

/* ---- They hold */

static void expect_no_other_way(void)
{
	static struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	static struct sock_fprog program = { 1, &allow };

	expect(refused(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program)));
	expect(refused(STEP(SECCOMP_FILTER_FLAG_LOG)));
	expect(refused(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			       SECCOMP_FILTER_FLAG_NEW_LISTENER, &program)));
	expect(refused(syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, NULL)));
	expect(refused(syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, NULL)));
	expect(refused(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)));
	expect(refused(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)));
}

static bool may_read(void)
{
	return read(-1, NULL, 0) == -1 && errno == EBADF;
}

static int go_through_three(struct stile_worker *worker, void *data)
{
	(void)data;
	expect(syscall(SYS_getppid) > 0 && may_read());
	expect(STEP(0) == -1 && errno == EFAULT);
	expect_no_other_way();
	expect(stile_worker_next_phase(worker) == 0);
	expect(refused(syscall(SYS_getppid)) && may_read());
	expect(STEP(0) == -1 && errno == EFAULT);
	expect_no_other_way();
	expect(stile_worker_next_phase(worker) == 0);
	expect(refused(syscall(SYS_getppid)) && refused(read(-1, NULL, 0)));
	expect(refused(STEP(0)));
	expect_no_other_way();
	for (unsigned int i = 0; i < 2; i++) {
		expect(stile_worker_next_phase(worker) == -ERANGE);
		expect(strcmp(stile_worker_message(worker),
			      "worker 'helper': phase 3 is its last one") == 0);
	}
	return 0;
}

static void three(void)
{
	struct stile *phases[3];

	for (unsigned int i = 0; i < 3; i++)
		phases[i] = worker_context();
	expect(stile_grant(phases[0], "processes.ids") == 0);
	for (unsigned int i = 0; i < 2; i++)
		expect(stile_grant(phases[i], "system_io.read") == 0);
	expect(run_phases(go_through_three, phases, 3) == 0);
	for (unsigned int i = 0; i < 3; i++) {
		/* the caller's contexts are as they were */
		char *text = stile_print(phases[i]);

		expect(text && !strstr(text, "seccomp"));
		free(text);
		stile_free(phases[i]);
	}
}

START_TEST(three_phases)
{
	check_child(three);
}
END_TEST

static int step_with_flags(struct stile_worker *worker, void *data)
{
	(void)data;
	expect(STEP(SECCOMP_FILTER_FLAG_LOG) == -1 && errno == EFAULT);
	expect(stile_worker_next_phase(worker) == 0);
	expect(refused(STEP(SECCOMP_FILTER_FLAG_LOG)));
	expect(stile_worker_next_phase(worker) == 0);
	expect(refused(STEP(0)));
	return 0;
}

/* Each filter permits the flags of all that follow; and what a context says itself of seccomp(2)
 * neither stands in the way nor is lost. */
static void flags(void)
{
	struct stile *phases[3];

	for (unsigned int i = 0; i < 3; i++) {
		phases[i] = worker_context();
		expect(stile_fail_with(phases[i], "seccomp", 999) == 0);
	}
	expect(stile_set_flags(phases[1], STILE_APPLY_LOG) == 0);
	expect(run_phases(step_with_flags, phases, 3) == 0);
	for (unsigned int i = 0; i < 3; i++)
		stile_free(phases[i]);
}

START_TEST(flags_of_each_phase)
{
	check_child(flags);
}
END_TEST

static int keep_narrow(struct stile_worker *worker, void *data)
{
	struct stile *s = data;

	expect(stile_worker_next_phase(worker) == 0);
	expect(stile_worker_next_phase(worker) == -ERANGE);
	expect(stile_apply_to_current_thread(s) == 0);
	expect(refused(read(-1, NULL, 0)));
	return 0;
}

/* Who grants sandbox.narrow in the last phase too has it there. */
static void narrow(void)
{
	struct stile *phases[] = { server_context(), server_context() }, *own = stile_new();
	const struct stile_worker_settings settings = {
		.run = keep_narrow, .data = own, .phases = phases, .phase_count = 2
	};
	struct stile_worker *worker = stile_worker_new(&settings);

	expect(stile_set_default(own, refuse_999) == 0 && stile_grant(own, "random.read") == 0);
	expect(stile_check(own) == 0);
	expect(stile_grant(phases[0], "sandbox.narrow") == 0);
	expect(stile_grant(phases[1], "sandbox.narrow") == 0);
	expect(stile_worker_start(worker) == 0);
	expect(end_status(worker) == 0);
	stile_worker_free(worker);
	stile_free(phases[0]);
	stile_free(phases[1]);
	stile_free(own);
}

START_TEST(narrow_to_the_end)
{
	check_child(narrow);
}
END_TEST

/* ---- Policies, and threads */

static int step_and_end(struct stile_worker *worker, void *data)
{
	(void)data;
	expect(stile_worker_next_phase(worker) == 0);
	expect(syscall(SYS_getppid) == -1 && errno == ENOENT);
	return 5;
}

/* Whatever else a used policy refuses: nothing is needed after the start but the end. */
static void policies(void)
{
	const struct stile_action allow = { STILE_ACTION_ALLOW, 0 };
	struct stile *phases[2];

	for (unsigned int i = 0; i < 2; i++) {
		struct stile_policy *p = stile_policy_new();

		expect(stile_policy_add_abi(p, STILE_ABI_NATIVE) == 0); /* kills by default */
		expect(stile_policy_override(p, "exit_group", allow, NULL) == 0);
		expect(stile_policy_override(p, "getppid",
					     i ? (struct stile_action){ STILE_ACTION_ERRNO,
									ENOENT } :
						 allow,
					     NULL) == 0);
		phases[i] = stile_new();
		expect(stile_use_policy(phases[i], p) == 0);
		stile_policy_free(p);
	}
	expect(run_phases(step_and_end, phases, 2) == 5 << 8);
	stile_free(phases[0]);
	stile_free(phases[1]);
}

START_TEST(policies_as_phases)
{
#ifdef HAS_ADDRESS_SANITIZER
	(void)policies;
	printf("skip: a sanitizer makes calls of its own at the end\n");
#else
	check_child(policies);
#endif
}
END_TEST

static pthread_barrier_t barrier;

static void *look_twice(void *data)
{
	(void)data;
	expect(syscall(SYS_getppid) > 0);
	(void)pthread_barrier_wait(&barrier);
	(void)pthread_barrier_wait(&barrier);
	expect(refused(syscall(SYS_getppid)));
	return NULL;
}

static int step_with_a_thread(struct stile_worker *worker, void *data)
{
	pthread_t thread;

	(void)data;
	expect(pthread_barrier_init(&barrier, NULL, 2) == 0);
	expect(pthread_create(&thread, NULL, look_twice, NULL) == 0);
	(void)pthread_barrier_wait(&barrier);
	expect(stile_worker_next_phase(worker) == 0);
	(void)pthread_barrier_wait(&barrier);
	expect(pthread_join(thread, NULL) == 0);
	return 0;
}

static void threads(void)
{
	struct stile *phases[] = { worker_context(), worker_context() };

	expect(stile_grant(phases[0], "threads.create") == 0);
	expect(stile_grant(phases[0], "threads.affinity") == 0);
	expect(stile_grant(phases[0], "processes.ids") == 0);
	expect(run_phases(step_with_a_thread, phases, 2) == 0);
	stile_free(phases[0]);
	stile_free(phases[1]);
}

START_TEST(all_threads_go_on)
{
	check_child(threads);
}
END_TEST

/* ---- What is no order of phases */

static int never_run(struct stile_worker *worker, void *data)
{
	(void)worker;
	(void)data;
	return 0;
}

static void expect_error(struct stile *const *phases, size_t count, int error, const char *sentence)
{
	const struct stile_worker_settings settings = {
		.name = "helper", .run = never_run, .phases = phases, .phase_count = count
	};
	struct stile_worker *worker = stile_worker_new(&settings);

	for (unsigned int i = 0; i < 2; i++) {
		ck_assert_int_eq(stile_worker_start(worker), error);
		ck_assert_str_eq(stile_worker_message(worker), sentence);
	}
	ck_assert_int_eq(stile_worker_pidfd(worker), -1);
	ck_assert_int_eq(stile_worker_channel(worker)->fd, -1);
	stile_worker_free(worker);
	for (size_t i = 0; i < count; i++)
		stile_free(phases[i]);
}

START_TEST(a_phase_that_widens)
{
	struct stile *phases[] = { stile_new(), stile_new(), stile_new() };

	for (unsigned int i = 0; i < 3; i++)
		ck_assert_int_eq(stile_grant(phases[i], "system_io.read_fd(3)"), 0);
	ck_assert_int_eq(stile_grant(phases[2], "system_io.read_fd(4)"), 0);
	expect_error(phases, 3, -EPERM,
		     "worker 'helper': phase 3 permits what phase 2 does not, e.g. "
		     "read(4, NULL, 0) on x86_64: fail with EPERM (the default) became "
		     "allow (system_io.read_fd(4)): grant it in the earlier phase too, or not in "
		     "the later one");
}
END_TEST

START_TEST(a_phase_that_widens_by_its_default)
{
	struct stile *phases[] = { stile_new(), stile_new_allowing() };

	ck_assert_int_eq(stile_grant(phases[0], "system_io.read"), 0);
	ck_assert_int_eq(stile_deny(phases[1], "ptrace"), 0);
	const struct stile_worker_settings settings = { .run = never_run,
							.phases = phases,
							.phase_count = 2 };
	struct stile_worker *worker = stile_worker_new(&settings);

	ck_assert_int_eq(stile_worker_start(worker), -EPERM);
	ck_assert_ptr_nonnull(strstr(stile_worker_message(worker),
				     "phase 2 permits what phase 1 does not, e.g. "));
	stile_worker_free(worker);
	stile_free(phases[0]);
	stile_free(phases[1]);
}
END_TEST

static struct stile_answer allow(struct stile_call *call, void *data)
{
	(void)call;
	(void)data;
	return stile_answer_allow();
}

START_TEST(settings_that_make_no_sense)
{
	struct stile *bad[] = { stile_new() }, *empty[] = { stile_new() }, *none[] = { NULL };
	struct stile *handled[] = { stile_new() };

	expect_error(NULL, 0, -EINVAL,
		     "worker 'helper': it needs a function to run and at least one phase");
	ck_assert_int_lt(stile_grant(bad[0], "system_io.raed"), 0);
	expect_error(bad, 1, -ENOENT,
		     "worker 'helper': phase 1: system_io.raed: ruleset system_io has no grant "
		     "'raed': did you mean 'system_io.read'?");
	expect_error(empty, 1, -ENODATA,
		     "worker 'helper': phase 1: nothing was granted or refused in this context: "
		     "add a grant first (stile-rulesets(7))");
	expect_error(none, 1, -ENOMEM,
		     "worker 'helper': phase 1: out of memory: no context could be made: free some "
		     "and try again");
	ck_assert_int_eq(stile_on(handled[0], "unlink", allow, NULL), 0);
	expect_error(handled, 1, -EINVAL,
		     "worker 'helper': phase 1: this context has handlers, and nobody would answer "
		     "in a worker: refuse the calls, or do them in the supervisor");
	ck_assert_int_eq(stile_worker_start(NULL), -ENOMEM);
	ck_assert_int_eq(stile_worker_ended(NULL, NULL), -ENOMEM);
	ck_assert_int_eq(stile_worker_next_phase(NULL), -ENOMEM);
	ck_assert_ptr_null(stile_worker_channel(NULL));
	ck_assert_ptr_nonnull(strstr(stile_worker_message(NULL), "out of memory"));
	stile_worker_free(NULL);
	stile_worker_free(stile_worker_new(NULL));
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("worker_phases");
	TCase *cases = tcase_create("worker_phases");

	tcase_set_timeout(cases, 60);
	tcase_add_test(cases, three_phases);
	tcase_add_test(cases, flags_of_each_phase);
	tcase_add_test(cases, narrow_to_the_end);
	tcase_add_test(cases, policies_as_phases);
	tcase_add_test(cases, all_threads_go_on);
	tcase_add_test(cases, a_phase_that_widens);
	tcase_add_test(cases, a_phase_that_widens_by_its_default);
	tcase_add_test(cases, settings_that_make_no_sense);
	suite_add_tcase(all, cases);
	return all;
}

TEST_MAIN(suite)
