/* SPDX-License-Identifier: MIT */
/* Programs of an ordinary user that are not dumpable put themselves under supervision. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <stile/intercept.h>

#include "child.h"
#include "notify_support.h"
#include "spawn_support.h"
#include "supervise_support.h"
#include "test_support.h"

static struct said refusing, allowing;
static bool is_intercepted;

static void set_up(void)
{
	refusing = (struct said){ stile_answer_fail(EACCES), 0 };
	allowing = (struct said){ stile_answer_allow(), 0 };
}

static struct stile *context(void)
{
	struct stile *s;

	if (!is_intercepted)
		return handling(answer_as_said, &refusing);
	s = stile_new_allowing();
	expect(stile_intercept(s, "getppid", answer_as_said, NULL, &refusing) == 0);
	return s;
}

static void become_undumpable(void)
{
	become_nobody();
	expect(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
}

/* The files in /proc of who is not dumpable are root's. */
static bool is_undumpable(void)
{
	return open("/proc/self/mem", O_RDWR | O_CLOEXEC) < 0 && errno == EACCES;
}

static void supervise(struct stile *s)
{
	const int error = stile_supervise_self(s);

	expect_that(error == 0, __FILE__, __LINE__, stile_message(s));
	stile_free(s);
	expect(syscall(SYS_getppid) == -1 && errno == EACCES);
	expect(is_undumpable());
}

static void in_itself(void)
{
	become_undumpable();
	supervise(context());
	expect(prctl(PR_GET_DUMPABLE) == 0);
}

/* getppid(ADDRESS) as the target asks it. */
static struct stile_answer look(struct stile_call *call, void *data)
{
	char byte;
	const int error = stile_call_read(call, stile_call_argument(call, 0), &byte, 1);

	(void)data;
	return stile_answer_fail(error ? -error : ENOANO);
}

static void be_looked_at(void)
{
	struct stile *s = stile_new_allowing();
	const char byte = 0;

	become_undumpable();
	expect(stile_on(s, "getppid", look, NULL) == 0);
	expect(stile_supervise_self(s) == 0);
	expect(syscall(SYS_getppid, &byte) == -1 && errno == EPERM);
	expect(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
	expect(syscall(SYS_getppid, &byte) == -1 && errno == ENOANO);
}

static void without_prctl(void)
{
	struct stile *s = context();

	become_undumpable();
	expect(stile_fail_with(s, "prctl", EPERM) == 0);
	supervise(s);
}

static void with_prctl_handled(void)
{
	struct stile *s = context();

	become_undumpable();
	expect(stile_on(s, "prctl", answer_as_said, &allowing) == 0);
	supervise(s);
	expect(prctl(PR_GET_DUMPABLE) == 0);
}

START_TEST(they_are_supervised_and_not_dumpable_after)
{
	is_intercepted = _i == 1;
	check_child(in_itself);
	check_child(without_prctl);
	check_child(with_prctl_handled);
}
END_TEST

START_TEST(handlers_cannot_look_into_them)
{
	if (geteuid() != 0)
		printf("skip: only as nobody: this user may have CAP_SYS_PTRACE\n");
	else
		check_child(be_looked_at);
}
END_TEST

static void be_dumpable(void)
{
	become_nobody();
	expect(stile_supervise_self(context()) == 0);
	expect(prctl(PR_GET_DUMPABLE) == 1);
}

START_TEST(others_stay_dumpable)
{
	is_intercepted = _i == 1;
	check_child(be_dumpable);
}
END_TEST

static void without_pidfd_getfd(void)
{
	struct stile *s = context();

	refuse_here(SYS_pidfd_getfd, SECCOMP_RET_ERRNO | EPERM);
	expect(stile_supervise_self(s) == -EPERM);
	expect(strstr(stile_message(s), "listener could not be taken: pidfd_getfd") != NULL);
	stile_free(s);
}

START_TEST(the_sentence_says_what_is_not_permitted)
{
	check_child(without_pidfd_getfd);
}
END_TEST

#ifdef HAS_THREAD_SANITIZER
START_TEST(programs_have_threads)
{
	printf("skip: the thread sanitizer has a thread of its own in each program\n");
}
END_TEST
#endif

static Suite *suite(void)
{
	Suite *all = suite_create("supervise_self_undumpable");
	TCase *cases = tcase_create("supervise_self_undumpable");

	tcase_set_timeout(cases, 120);
	tcase_add_checked_fixture(cases, set_up, NULL);
#ifndef HAS_THREAD_SANITIZER
	tcase_add_loop_test(cases, they_are_supervised_and_not_dumpable_after, 0, 2);
	tcase_add_test(cases, handlers_cannot_look_into_them);
	tcase_add_loop_test(cases, others_stay_dumpable, 0, 2);
	tcase_add_test(cases, the_sentence_says_what_is_not_permitted);
#else
	tcase_add_test(cases, programs_have_threads);
#endif
	suite_add_tcase(all, cases);
	return all;
}

TEST_MAIN(suite)
