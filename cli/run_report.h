/* SPDX-License-Identifier: MIT */
#ifndef CLI_RUN_REPORT_H
#define CLI_RUN_REPORT_H

/* What is told of a program that ran: why a filter killed it, and its life in JSON lines. */

#include <linux/seccomp.h>
#include <stdbool.h>
#include <sys/types.h>

#include <stile.h>

/* For --status-fd; -1: nothing is told there. A line that cannot be written is said once. */
struct run_report {
	int fd;
	const char *program;
	const struct stile_policy *policy;
	bool is_watched; /* the policy kills for calls of its ABIs, and that can be seen */
};

void report_start(struct run_report *report, pid_t pid, const struct stile *s);
/* It was killed by SIGSYS, for one of these calls, if they were seen. Whether by the policy. */
bool report_killed(struct run_report *report, const struct seccomp_data *calls, size_t count);
/* It ended otherwise, but single threads of it were killed for these calls before. */
void report_threads(struct run_report *report, const struct seccomp_data *calls, size_t count);
void report_end(struct run_report *report, int wait_status);

#endif
