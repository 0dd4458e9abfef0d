/* SPDX-License-Identifier: MIT */
/* Descriptors that a target is given, and copies of those that it has, under the kernel. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "notify_support.h"
#include "test_support.h"

static struct target target;
static struct stile_notification notification;

static void next(void)
{
	notification = next_call(&target);
}

static int give(int fd, const struct stile_descriptor_options *options)
{
	return stile_give_descriptor(target.listener, notification.id, fd, options);
}

/* In a target: the call, which returns a descriptor. */
static int get(void)
{
	return (int)syscall(SYS_getppid);
}

static bool has_counter(int fd, uint64_t wanted)
{
	uint64_t value;

	return read(fd, &value, sizeof(value)) == (ssize_t)sizeof(value) && value == wanted;
}

static int counter(unsigned int value)
{
	int fd = eventfd(value, EFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	return fd;
}

/* ---- Giving */

#define NUMBER 77

static int use_what_is_given(void)
{
	int fd = get(), other;

	target_expects(fd > 2 && has_counter(fd, 5));
	target_expects(fcntl(fd, F_GETFD) == 0);
	/* as the answer, close-on-exec */
	other = get();
	target_expects(other > 2 && other != fd && has_counter(other, 6));
	target_expects(fcntl(other, F_GETFD) == FD_CLOEXEC);
	/* at a number, in place of what was there */
	target_expects(dup2(1, NUMBER) == NUMBER);
	target_expects(get() == NUMBER && has_counter(NUMBER, 7));
	/* beside the answer */
	target_expects(get() == 1000 && has_counter(NUMBER, 8));
	target_expects(fcntl(NUMBER, F_GETFD) == FD_CLOEXEC);
	/* onto standard input */
	target_expects(get() == 0 && has_counter(0, 9));
	return 0;
}

START_TEST(targets_get_descriptors_as_told)
{
	struct stile_descriptor_options options = { .number = -1, .is_answer = true };
	int fd, number;

	start_getppid_target(&target, use_what_is_given);
	next();
	fd = counter(5);
	number = give(fd, NULL);
	ck_assert_int_gt(number, 2);
	ck_assert_int_eq(stile_check_notification(target.listener, notification.id), -ENOENT);
	ck_assert_int_eq(give(fd, NULL), -ENOENT); /* it has been answered */
	(void)close(fd);

	next();
	options.close_on_exec = true;
	fd = counter(6);
	ck_assert_int_gt(give(fd, &options), number);
	(void)close(fd);

	next();
	fd = counter(7);
	ck_assert_int_eq(give(fd, &(const struct stile_descriptor_options){ NUMBER, false, true }),
			 NUMBER);
	(void)close(fd);

	next();
	fd = counter(8);
	ck_assert_int_eq(give(fd, &(const struct stile_descriptor_options){ NUMBER, true, false }),
			 NUMBER);
	ck_assert_int_eq(stile_respond_value(target.listener, notification.id, 1000), 0);
	(void)close(fd);

	next();
	fd = counter(9);
	ck_assert_int_eq(give(fd, &(const struct stile_descriptor_options){ 0, false, true }), 0);
	(void)close(fd);
	end_target(&target);
}
END_TEST

static int fill_up(void)
{
	const struct rlimit few = { 20, 20 };

	target_expects(setrlimit(RLIMIT_NOFILE, &few) == 0);
	while (dup(1) >= 0)
		continue;
	target_expects(errno == EMFILE);
	target_expects(get() == -1 && errno == EMFILE);
	return 0;
}

START_TEST(a_target_without_room_gets_none_and_still_waits)
{
	struct stile_descriptor_options options = { .number = -1 };
	int fd = counter(1);

	start_getppid_target(&target, fill_up);
	next();
	ck_assert_int_eq(give(fd, NULL), -EMFILE);
	ck_assert_int_eq(give(fd, &options), -EMFILE);
	options.number = 20; /* beyond its limit */
	ck_assert_int_eq(give(fd, &options), -EBADF);
	options.number = -2;
	ck_assert_int_eq(give(fd, &options), -EINVAL);
	ck_assert_int_eq(give(-1, NULL), -EBADF);
	ck_assert_int_eq(give(12345, NULL), -EBADF);
	options.number = 3;
	ck_assert_int_eq(give(fd, &options), 3);
	ck_assert_int_eq(stile_check_notification(target.listener, notification.id), 0);
	ck_assert_int_eq(stile_respond_errno(target.listener, notification.id, EMFILE), 0);
	end_target(&target);
	(void)close(fd);
}
END_TEST

/* A signal between the two halves of giving would let the call return 0: standard input. */
#define GIVEN 3000

static int check_each(void)
{
	for (int i = 0; i < GIVEN; i++) {
		int fd = get();

		target_expects(fd > 2);
		target_expects(close(fd) == 0);
	}
	return 0;
}

static void on_signal(int signal_number)
{
	(void)signal_number;
}

static pid_t start_storm(void)
{
	const pid_t victim = getpid();
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			(void)kill(victim, SIGUSR1);
	}
	return pid;
}

START_TEST(signals_do_not_part_a_descriptor_from_its_answer)
{
	const struct sigaction action = { .sa_handler = on_signal };
	pid_t storm;

	ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
	start_getppid_target(&target, check_each);
	storm = start_storm();
	for (int i = 0; i < GIVEN; i++) {
		while (stile_receive_notification(target.listener, &notification) == -EINTR)
			continue;
		ck_assert_int_gt(give(1, NULL), 2);
	}
	ck_assert(signal(SIGUSR1, SIG_IGN) != SIG_ERR); /* they interrupt waitpid(), too */
	ck_assert_int_eq(kill(storm, SIGKILL), 0);
	ck_assert_int_eq(waitpid(storm, NULL, 0), storm);
	end_target(&target);
}
END_TEST

/* ---- Taking */

static int own_counter(void)
{
	int fd = eventfd(41, 0);

	target_expects(fd >= 0 && dup2(fd, NUMBER) == NUMBER);
	(void)get();
	/* the same object */
	target_expects(has_counter(fd, 1));
	return 0;
}

static void take_and_use(int fd)
{
	const uint64_t one = 1;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert(has_counter(fd, 41));
	ck_assert_int_eq(write(fd, &one, sizeof(one)), sizeof(one));
	(void)close(fd);
}

START_TEST(copies_of_a_targets_descriptors_are_taken)
{
	unsigned int before;

	start_getppid_target(&target, own_counter);
	next();
	before = count_descriptors();
	take_and_use(stile_take_target_descriptor(target.listener, &notification, NUMBER));
	ck_assert_int_eq(stile_take_target_descriptor(target.listener, &notification, 1234),
			 -EBADF);
	ck_assert_int_eq(stile_take_target_descriptor(target.listener, &notification, -1), -EBADF);
	ck_assert_uint_eq(count_descriptors(), before);
	ck_assert_int_eq(stile_respond_value(target.listener, notification.id, 0), 0);
	end_target(&target);

	start_getppid_target(&target, own_counter);
	next();
	take_and_use(stile_take_descriptor(target.pid, NUMBER));
	ck_assert_int_eq(stile_take_descriptor(target.pid, 1234), -EBADF);
	ck_assert_int_eq(stile_take_descriptor(target.pid, -1), -EBADF);
	ck_assert_uint_eq(count_descriptors(), before);
	kill_target(&target);
	ck_assert_int_eq(stile_take_descriptor(target.pid, NUMBER), -ENOENT);
	ck_assert_int_eq(stile_take_descriptor(0, NUMBER), -ENOENT);
	ck_assert_int_eq(stile_take_descriptor(-1, NUMBER), -ENOENT);
	(void)close(target.listener);
}
END_TEST

/* The target's number is another process's by now: as in live_target_memory. */
START_TEST(descriptors_of_another_process_are_not_taken)
{
	struct stile_notification old;

	start_getppid_target(&target, own_counter);
	next();
	old = notification;
	old.id++;
	ck_assert_int_eq(stile_take_target_descriptor(target.listener, &old, NUMBER), -ENOENT);
	kill_target(&target);
	(void)close(target.listener);
}
END_TEST

static void *call_with_own_table(void *unused)
{
	int fd = eventfd(41, 0);

	(void)unused;
	target_expects(unshare(CLONE_FILES) == 0);
	target_expects(fd >= 0 && dup2(fd, NUMBER) == NUMBER);
	(void)get();
	target_expects(has_counter(NUMBER, 1));
	return NULL;
}

static void *call_with_shared_table(void *unused)
{
	int fd = eventfd(41, 0);

	(void)unused;
	target_expects(fd >= 0 && dup2(fd, NUMBER) == NUMBER);
	(void)get();
	target_expects(has_counter(NUMBER, 1));
	return NULL;
}

static int in_thread(void *(*run)(void *))
{
	pthread_t thread;

	target_expects(dup2(1, NUMBER) == NUMBER);
	target_expects(pthread_create(&thread, NULL, run, NULL) == 0);
	target_expects(pthread_join(thread, NULL) == 0);
	return 0;
}

static int thread_with_own_table(void)
{
	return in_thread(call_with_own_table);
}

static int thread_with_shared_table(void)
{
	return in_thread(call_with_shared_table);
}

/* As a kernel before 6.9: no pidfd of a thread. */
static void refuse_pidfd_of_threads(void)
{
	struct sock_filter instructions[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_pidfd_open, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { sizeof(instructions) / sizeof(instructions[0]),
					    instructions };

	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

static bool has_pidfd_of_threads(void)
{
	const int fd = (int)syscall(SYS_pidfd_open, getpid(), O_EXCL); /* PIDFD_THREAD */

	if (fd >= 0)
		(void)close(fd);
	return fd >= 0;
}

/* Bit 0: an older kernel; bit 1: the thread has a table of its own. */
START_TEST(descriptors_are_those_of_the_thread_that_calls)
{
	const bool is_old = _i & 1 || !has_pidfd_of_threads(), has_own_table = _i & 2;
	int fd;

	start_getppid_target(&target,
			     has_own_table ? thread_with_own_table : thread_with_shared_table);
	next();
	ck_assert_int_ne(notification.thread, target.pid);
	if (is_old)
		refuse_pidfd_of_threads();
	fd = stile_take_target_descriptor(target.listener, &notification, NUMBER);
	if (is_old && has_own_table) {
		/* never another thread's */
		ck_assert_int_eq(fd, -EPERM);
		kill_target(&target);
		(void)close(target.listener);
		return;
	}
	take_and_use(fd);
	ck_assert_int_eq(stile_respond_value(target.listener, notification.id, 0), 0);
	end_target(&target);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("live_target_descriptor");
	TCase *tcase = tcase_create("descriptors");

	tcase_add_test(tcase, targets_get_descriptors_as_told);
	tcase_add_test(tcase, a_target_without_room_gets_none_and_still_waits);
	tcase_add_test(tcase, signals_do_not_part_a_descriptor_from_its_answer);
	tcase_add_test(tcase, copies_of_a_targets_descriptors_are_taken);
	tcase_add_test(tcase, descriptors_of_another_process_are_not_taken);
	tcase_add_loop_test(tcase, descriptors_are_those_of_the_thread_that_calls, 0, 4);
	suite_add_tcase(suite, tcase);
	return suite;
}

TEST_MAIN(make_suite)
