/* SPDX-License-Identifier: MIT */
/* Workers: what they are when they run, how they end, and how they are started again. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "worker_support.h"

/* ---- Talking */

static int echo(struct stile_worker *worker, void *data)
{
	struct stile_channel *channel = stile_worker_channel(worker);
	char text[64];
	ssize_t length;

	expect(data == &errno + 1);
	while ((length = stile_channel_receive(channel, text, sizeof(text), NULL, NULL)) >= 0) {
		expect(refused(syscall(SYS_getppid)));
		expect(stile_channel_send(channel, text, (size_t)length, NULL, 0) == 0);
	}
	expect(length == -ENODATA);
	return 0;
}

static void talk(struct stile_worker *worker, const char *text)
{
	struct stile_channel *channel = stile_worker_channel(worker);
	char answer[64] = "";

	expect(stile_channel_send(channel, text, strlen(text), NULL, 0) == 0);
	expect(stile_channel_receive(channel, answer, sizeof(answer), NULL, NULL) ==
	       (ssize_t)strlen(text));
	expect(memcmp(answer, text, strlen(text)) == 0);
}

static void talks(void)
{
	const unsigned int before = open_descriptors();
	struct stile_worker *worker = start_worker(echo, &errno + 1);
	int status = -1;

	expect(*stile_worker_message(worker) == '\0');
	expect(stile_worker_pid(worker) > 0);
	expect(stile_worker_ended(worker, &status) == -EAGAIN && status == -1);
	talk(worker, "one");
	talk(worker, "");
	expect(stile_worker_start(worker) == -EALREADY);
	expect(stile_worker_next_phase(worker) == -EINVAL);
	talk(worker, "two");
	stile_channel_close(stile_worker_channel(worker));
	expect(end_status(worker) == 0);
	expect(stile_worker_pid(worker) == 0 && stile_worker_pidfd(worker) == -1);
	expect(stile_worker_ended(worker, &status) == -ECHILD);
	expect(stile_worker_start(worker) == 0); /* the filter is there still */
	talk(worker, "three");
	stile_worker_free(worker);
	expect_no_child();
	expect(open_descriptors() == before);
}

START_TEST(worker_talks)
{
	check_child(talks);
}
END_TEST

/* ---- What it is */

static int named;

static int look_at_descriptors(struct stile_worker *worker, void *data)
{
	const int channel = stile_worker_channel(worker)->fd;

	(void)data;
	expect(channel != named);
	for (int fd = 0; fd < 256; fd++)
		expect((fcntl(fd, F_GETFD) >= 0) ==
		       (fd <= 2 || fd == channel || fd == named || fd == named + 1));
	expect(open_descriptors() == 6);
	return 7;
}

static void closes_descriptors(void)
{
	struct stile *s = worker_context();
	struct stile_worker_settings settings = {
		.run = look_at_descriptors, .phases = &s, .phase_count = 1, .descriptor_count = 5
	};
	struct stile_worker *worker;
	const unsigned int before = open_descriptors();
	int opened[16], kept[5];

	for (unsigned int i = 0; i < 16; i++)
		expect((opened[i] = dup(0)) > 2); /* not close-on-exec */
	named = opened[7];
	expect(dup2(0, 200) == 200 && opened[8] == named + 1);
	kept[0] = opened[8]; /* in no order, twice, and what stays anyway */
	kept[1] = named;
	kept[2] = 1;
	kept[3] = opened[8];
	kept[4] = 0;
	settings.descriptors = kept;
	worker = stile_worker_new(&settings);
	kept[0] = kept[1] = -1; /* they were copied */
	expect(stile_worker_start(worker) == 0);
	expect(end_status(worker) == 7 << 8);
	expect(open_descriptors() == before + 16 + 1 + 1);
	stile_worker_free(worker);
	stile_free(s);
}

START_TEST(descriptors_are_closed)
{
	check_child(closes_descriptors);
}
END_TEST

static void ignore_or_not(int number)
{
	(void)number;
}

static int look_at_self(struct stile_worker *worker, void *data)
{
	struct rlimit limit;
	char name[16] = "";
	sigset_t blocked;
	int signal = 0;

	expect(prctl(PR_GET_NAME, name) == 0 && strcmp(name, "helper") == 0);
	expect(prctl(PR_GET_PDEATHSIG, &signal) == 0 && signal == SIGKILL);
	expect(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
	expect(getrlimit(RLIMIT_CORE, &limit) == 0 && !limit.rlim_cur && !limit.rlim_max);
	for (int number = 1; number <= SIGRTMAX; number++) {
		struct sigaction action;

		if (sigaction(number, NULL, &action) == 0)
			expect(action.sa_handler == SIG_DFL);
	}
	expect(sigprocmask(SIG_SETMASK, NULL, &blocked) == 0);
	for (int number = 1; number <= SIGRTMAX; number++)
		expect(sigismember(&blocked, number) != 1);
	expect(stile_worker_pid(worker) == getpid() && getpid() != *(pid_t *)data);
	expect(stile_worker_pidfd(worker) == -1);
	/* what is for the supervisor alone */
	expect(stile_worker_start(worker) == -EINVAL);
	expect(stile_worker_ended(worker, NULL) == -EINVAL);
	return 0;
}

static void is_set_up(void)
{
	const struct sigaction action = { .sa_handler = ignore_or_not };
	const struct rlimit core = { 4096, 4096 };
	struct stile *s = worker_context();
	struct stile_worker *worker;
	pid_t supervisor = getpid();
	sigset_t blocked, now;
	char name[16];

	expect(stile_grant(s, "system_info.process_settings") == 0);
	expect(stile_grant(s, "processes.ids") == 0);
	worker = new_worker(look_at_self, &supervisor, s, 0);
	(void)setrlimit(RLIMIT_CORE, &core);
	expect(sigaction(SIGUSR1, &action, NULL) == 0 && sigaction(SIGRTMAX, &action, NULL) == 0);
	expect(signal(SIGPIPE, SIG_IGN) != SIG_ERR && signal(SIGHUP, SIG_IGN) != SIG_ERR);
	expect(sigemptyset(&blocked) == 0 && sigaddset(&blocked, SIGTERM) == 0);
	expect(sigprocmask(SIG_SETMASK, &blocked, NULL) == 0);
	expect(stile_worker_start(worker) == 0);
	expect(end_status(worker) == 0);
	/* and the supervisor is as it was */
	expect(sigprocmask(SIG_SETMASK, NULL, &now) == 0);
	expect(sigismember(&now, SIGTERM) == 1 && sigismember(&now, SIGINT) == 0);
	expect(prctl(PR_GET_NAME, name) == 0 && strcmp(name, "helper") != 0);
	expect(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0);
	stile_worker_free(worker);
	stile_free(s);
}

START_TEST(worker_is_set_up)
{
	check_child(is_set_up);
}
END_TEST

/* ---- Its end */

static int end_with(struct stile_worker *worker, void *data)
{
	(void)worker;
	return *(int *)data;
}

static int wait_for_ever(struct stile_worker *worker, void *data)
{
	char byte;

	(void)data;
	(void)stile_channel_receive(stile_worker_channel(worker), &byte, 1, NULL, NULL);
	return 0;
}

static int abort_it(struct stile_worker *worker, void *data)
{
	(void)worker;
	(void)data;
	abort();
}

static void ends(void)
{
	int statuses[] = { 0, 3, 255 };
	struct stile_worker *worker;
	pid_t pid;

	for (unsigned int i = 0; i < 3; i++) {
		worker = start_worker(end_with, &statuses[i]);
		expect(end_status(worker) == W_EXITCODE(statuses[i], 0));
		stile_worker_free(worker);
	}
	worker = start_worker(abort_it, NULL);
	expect(end_status(worker) == SIGABRT); /* no core file */
	stile_worker_free(worker);
	worker = start_worker(wait_for_ever, NULL);
	expect(kill(stile_worker_pid(worker), SIGTERM) == 0);
	expect(end_status(worker) == SIGTERM);
	stile_worker_free(worker);
	worker = start_worker(wait_for_ever, NULL);
	pid = stile_worker_pid(worker);
	stile_worker_free(worker);
	expect(kill(pid, 0) == -1 && errno == ESRCH);
	expect_no_child();
}

START_TEST(worker_ends)
{
	check_child(ends);
}
END_TEST

/* ---- Restarts */

static void starts_again(void)
{
	const unsigned int before = open_descriptors();
	struct stile *s = worker_context();
	struct stile_worker *worker = new_worker(echo, &errno + 1, s, 3);
	unsigned int restarts = 0;
	int status, result;
	pid_t pid;

	expect(stile_worker_start(worker) == 0);
	do {
		talk(worker, "again");
		pid = stile_worker_pid(worker);
		expect(kill(pid, SIGKILL) == 0);
		wait_for_end(worker);
		result = stile_worker_ended(worker, &status);
		expect(status == SIGKILL);
		expect(open_descriptors() == before + 1 + (result == 1));
		restarts += result == 1;
		expect(stile_worker_pid(worker) != pid);
	} while (result == 1);
	expect(result == 0 && restarts == 3);
	/* a start anew counts anew; a worker that ends well is not started again */
	expect(stile_worker_start(worker) == 0);
	expect(kill(stile_worker_pid(worker), SIGKILL) == 0);
	wait_for_end(worker);
	expect(stile_worker_ended(worker, NULL) == 1);
	stile_channel_close(stile_worker_channel(worker));
	expect(end_status(worker) == 0);
	stile_worker_free(worker);
	stile_free(s);
	expect_no_child();
	expect(open_descriptors() == before);
}

START_TEST(worker_is_started_again)
{
	check_child(starts_again);
}
END_TEST

static int speak(struct stile_worker *worker, void *data)
{
	expect(stile_channel_send(stile_worker_channel(worker), data, 5, NULL, 0) == 0);
	return 3;
}

/* What a dead worker has sent can be had until the next start. */
static void leaves_words(void)
{
	char last[] = "last", text[8];
	struct stile *s = worker_context();
	struct stile_worker *worker = new_worker(speak, last, s, 1);

	expect(stile_worker_start(worker) == 0);
	for (unsigned int i = 0; i < 2; i++) {
		wait_for_end(worker);
		if (i == 1)
			expect(stile_worker_ended(worker, NULL) == 0);
		expect(stile_channel_receive(stile_worker_channel(worker), text, 8, NULL, NULL) ==
		       5);
		expect(strcmp(text, last) == 0);
		expect(stile_channel_receive(stile_worker_channel(worker), text, 8, NULL, NULL) ==
		       -ENODATA);
		if (i == 0)
			expect(stile_worker_ended(worker, NULL) == 1);
	}
	stile_worker_free(worker);
	stile_free(s);
}

START_TEST(last_words)
{
	check_child(leaves_words);
}
END_TEST

START_TEST(more_than_there_is_memory_for)
{
	struct stile *phase = NULL;
	const int descriptor = 0;
	const struct stile_worker_settings phases = { .phases = &phase, .phase_count = SIZE_MAX };
	const struct stile_worker_settings descriptors = { .descriptors = &descriptor,
							   .descriptor_count = SIZE_MAX };

	ck_assert_ptr_null(stile_worker_new(&phases));
	ck_assert_ptr_null(stile_worker_new(&descriptors));
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("worker");
	TCase *cases = tcase_create("worker");

	tcase_set_timeout(cases, 60);
	tcase_add_test(cases, worker_talks);
	tcase_add_test(cases, descriptors_are_closed);
	tcase_add_test(cases, worker_is_set_up);
	tcase_add_test(cases, worker_ends);
	tcase_add_test(cases, worker_is_started_again);
	tcase_add_test(cases, last_words);
	tcase_add_test(cases, more_than_there_is_memory_for);
	suite_add_tcase(all, cases);
	return all;
}

TEST_MAIN(suite)
