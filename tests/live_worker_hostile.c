/* SPDX-License-Identifier: MIT */
/* Workers that are hostile at once, and write what their supervisor reads while they start. */
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <stile/policy.h>

#include "../supervise/worker.h"
#include "worker_support.h"

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))
#define STARTS 10
#define SHARED_MAX 16

/* ---- Where the report is */

static unsigned long shared_before[SHARED_MAX];
static size_t shared_count;
static struct start_report *report; /* in the child */

/* Shared mappings of this process. */
static size_t shared_mappings(unsigned long starts[SHARED_MAX])
{
	FILE *maps = fopen("/proc/self/maps", "re");
	size_t count = 0;
	char line[512], rights[5];

	expect(maps != NULL);
	while (count < SHARED_MAX && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%*x %4s", &starts[count], rights) == 2 &&
		    strcmp(rights, "rw-s") == 0)
			count++;
	(void)fclose(maps);
	return count;
}

/* The one that has come since the test began. */
static void find_report(void)
{
	unsigned long now[SHARED_MAX];
	const size_t count = shared_mappings(now);

	for (size_t i = 0; i < count; i++) {
		size_t known = 0;

		while (known < shared_count && shared_before[known] != now[i])
			known++;
		if (known == shared_count)
			report = (struct start_report *)now[i];
	}
	expect(report != NULL);
}

/* ---- It is put away */

static int look_for_report(struct stile_worker *worker, void *data)
{
	const bool is_gone = msync(report, sizeof(*report), MS_ASYNC) < 0 && errno == ENOMEM;

	(void)worker;
	return is_gone == *(bool *)data ? 0 : 1;
}

static void start_and_look(struct stile *s, bool is_gone)
{
	struct stile_worker *worker = new_worker(look_for_report, &is_gone, s, 0);

	expect(stile_worker_start(worker) == 0);
	expect(end_status(worker) == 0);
	stile_worker_free(worker);
}

/* A context whose policy kills for this call. */
static struct stile *policy_without(const char *call)
{
	const struct stile_action kill_process = { .kind = STILE_ACTION_KILL_PROCESS };
	struct stile *allowing = stile_new_allowing(), *s = stile_new();
	struct stile_policy *policy;

	expect(stile_deny(allowing, "mount") == 0);
	policy = stile_policy_from_context(allowing);
	expect(stile_policy_override(policy, call, kill_process, NULL) == 0);
	expect(stile_use_policy(s, policy) == 0);
	stile_policy_free(policy);
	stile_free(allowing);
	return s;
}

static void puts_it_away(void)
{
	struct stile *s = policy_without("mount");

	start_and_look(s, true);
	stile_free(s);
	s = policy_without("munmap");
	start_and_look(s, false);
	stile_free(s);
}

static void begin(void (*in_the_child)(void))
{
	shared_count = shared_mappings(shared_before);
	expect(shared_count < SHARED_MAX);
	expect(pthread_atfork(NULL, NULL, in_the_child) == 0);
}

static void looks_for_it(void)
{
	begin(find_report);
	puts_it_away();
}

START_TEST(report_is_put_away)
{
	check_child(looks_for_it);
}
END_TEST

/* ---- It is written to by a worker that still has it */

static bool is_stopped(pid_t pid)
{
	char path[64], line[512], state = 0;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	expect(file && fgets(line, sizeof(line), file));
	(void)fclose(file);
	expect(strrchr(line, ')') && sscanf(strrchr(line, ')'), ") %c", &state) == 1);
	return state == 'T';
}

/* The supervisor does not see what is written before the worker is hostile. */
static void keep_report(void)
{
	find_report();
	report = mremap(report, 0, sizeof(*report), MREMAP_MAYMOVE);
	expect(report != MAP_FAILED);
	expect(kill(getppid(), SIGSTOP) == 0);
	while (!is_stopped(getppid()))
		(void)sched_yield();
}

static const struct lie {
	int state, error;
	int result; /* of the start */
} lies[] = {
	{ START_FAILED, -77, -77 },    { START_FAILED, -4095, -4095 },
	{ START_FAILED, -4096, -EIO }, { START_FAILED, 0, -EIO },
	{ START_FAILED, 5, -EIO },     { START_SANDBOXED + 1, 0, -EIO },
	{ START_PENDING, 0, 0 },
};

static int tell_lie(struct stile_worker *worker, void *data)
{
	const struct lie *lie = data;

	(void)worker;
	report->error = lie->error;
	(void)memset(report->message.text, 'A', sizeof(report->message.text)); /* without an end */
	report->message.text[0] = '\033';
	atomic_store(&report->state, lie->state);
	expect(kill(getppid(), SIGCONT) == 0);
	while (pause() < 0)
		;
	return 0;
}

static void expect_no_worker(struct stile_worker *worker)
{
	static const char begin[] = "worker 'helper': \\x1bAAAA";
	const char *message = stile_worker_message(worker);

	expect(strncmp(message, begin, strlen(begin)) == 0);
	expect(strlen(message) < sizeof(struct message));
	expect(stile_worker_pidfd(worker) == -1 && stile_worker_pid(worker) == 0);
	expect(stile_worker_ended(worker, NULL) == -ECHILD);
	expect_no_child();
}

static const struct lie *told;

static void hears_lies(void)
{
	struct stile *s = stile_new_allowing();
	unsigned int descriptors;

	expect(stile_deny(s, "mount") == 0);
	begin(keep_report);
	descriptors = open_descriptors();
	for (unsigned int i = 0; i < STARTS; i++) {
		struct stile_worker *worker = new_worker(tell_lie, (void *)told, s, 0);

		expect(stile_worker_start(worker) == told->result);
		if (told->result < 0)
			expect_no_worker(worker);
		stile_worker_free(worker);
		expect_no_child();
		expect(open_descriptors() == descriptors);
	}
	stile_free(s);
}

START_TEST(lies_in_the_report)
{
	told = &lies[_i];
	check_child(hears_lies);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("worker_hostile");
	TCase *cases = tcase_create("worker_hostile");

	tcase_set_timeout(cases, 120);
	tcase_add_test(cases, report_is_put_away);
	tcase_add_loop_test(cases, lies_in_the_report, 0, LENGTH(lies));
	suite_add_tcase(all, cases);
	return all;
}

TEST_MAIN(suite)
