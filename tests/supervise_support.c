/* SPDX-License-Identifier: MIT */
#include "supervise_support.h"

#include <check.h>
#include <dirent.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "spawn_support.h"
#include "test_support.h"

struct stile_answer answer_as_said(struct stile_call *call, void *data)
{
	struct said *said = data;

	(void)call;
	(void)atomic_fetch_add(&said->calls, 1);
	return said->answer;
}

struct stile_supervisor *new_supervisor(void)
{
	struct stile_supervisor *supervisor = stile_supervisor_new();

	ck_assert_ptr_nonnull(supervisor);
	return supervisor;
}

struct stile *handling(stile_handler handler, void *data)
{
	struct stile *s = stile_new_allowing();

	ck_assert_msg(stile_on(s, "getppid", handler, data) == 0, "%s", stile_message(s));
	return s;
}

pid_t start_supervised(struct stile_supervisor *supervisor, stile_handler handler, void *data,
		       const char *verb, long number, long value)
{
	struct stile *s = handling(handler, data);
	char program[4096], texts[2][32];
	char *argv[] = { program, (char *)verb, texts[0], texts[1], NULL };
	pid_t pid = 0;

	(void)snprintf(program, sizeof(program), "%s", test_program("supervised"));
	(void)snprintf(texts[0], sizeof(texts[0]), "%ld", number);
	(void)snprintf(texts[1], sizeof(texts[1]), "%ld", value);
	ck_assert_msg(stile_supervisor_spawn(supervisor, s, program, argv, NULL, NULL, &pid) == 0,
		      "%s", stile_message(s));
	stile_free(s);
	return pid;
}

int status_of(struct stile_supervisor *supervisor, pid_t pid)
{
	int status = -1;

	ck_assert_int_eq(stile_supervisor_wait(supervisor, pid, &status), 0);
	return status;
}

void run_supervised(struct stile_supervisor *supervisor, stile_handler handler, void *data,
		    const char *verb, long number, long value)
{
	const pid_t pid = start_supervised(supervisor, handler, data, verb, number, value);
	const int status = status_of(supervisor, pid);

	ck_assert_msg(status == 0, "%s: status 0x%x", verb, status);
}

void expect_faults(struct stile_supervisor *supervisor, uint64_t count, const char *part)
{
	char message[512];
	const uint64_t faults = stile_supervisor_message(supervisor, message, sizeof(message));

	ck_assert_msg(faults == count && strstr(message, part), "%lu faults: %s",
		      (unsigned long)faults, message);
}

static unsigned int entries(const char *path)
{
	DIR *folder = opendir(path);
	unsigned int count = 0;

	ck_assert_ptr_nonnull(folder);
	while (readdir(folder))
		count++;
	(void)closedir(folder);
	return count;
}

struct belongings belongings(void)
{
	return (struct belongings){ entries("/proc/self/fd"), entries("/proc/self/task"),
				    mallinfo2().uordblks };
}
