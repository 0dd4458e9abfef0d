/* SPDX-License-Identifier: MIT */
#include "process_filters.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>

#include "say.h"

#define INSTRUCTIONS_MAX 4096 /* of a filter: the kernel's BPF_MAXINSNS */
#define FILTERS_MAX 1024      /* the kernel takes no more: 32768 instructions, and 4 for each */
#define PATIENCE 5	      /* seconds for the process to stop */
#define VALUE_SHOWN 64
#define NAME_MAX_OF_FILTER 64

struct reading {
	const char *verb;
	char name[32]; /* "process 123" */
	pid_t pid;
};

static bool parse_pid(struct reading *r, const char *text)
{
	char *end;
	long number;

	errno = 0;
	number = strtol(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno || number < 1 || number > INT_MAX) {
		say(r->verb, NULL, "'%.*s' is no process: give its number", VALUE_SHOWN, text);
		return false;
	}
	r->pid = (pid_t)number;
	(void)snprintf(r->name, sizeof(r->name), "process %ld", number);
	return true;
}

static const char *why_not_stopped(int error)
{
	switch (error) {
	case ESRCH:
		return "there is no such process";
	case EPERM:
		return "it cannot be traced: it is another user's, the kernel's own, traced "
		       "already (by a debugger, or by 'stile run' if its policy can kill it: "
		       "TracerPid in /proc/PID/status says by whom), or Yama forbids it "
		       "(kernel.yama.ptrace_scope): try it "
		       "as root";
	default:
		return strerror(error);
	}
}

static const char *why_not_read(int error)
{
	switch (error) {
	case EACCES:
		return "reading filters takes CAP_SYS_ADMIN, in the first user namespace and "
		       "under no filter oneself: try it as root";
	case EINVAL:
		return "it has no filter: the kernel refuses it nothing (or it is in the strict "
		       "mode of old)";
	case EIO:
		return "this kernel cannot show filters (CONFIG_CHECKPOINT_RESTORE is not set)";
	case EMEDIUMTYPE:
		return "it has a filter that is not made of classic instructions";
	case ESRCH:
		return "the process ended meanwhile";
	default:
		return strerror(error);
	}
}

/* Waits until the process has stopped: 1 with its state; 0: it does not stop; -1: it is gone. */
static int wait_for_stop(const struct reading *r, const sigset_t *child, int *state)
{
	const struct timespec tick = { 0, 100000000 };
	struct timespec now, end;

	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += PATIENCE;
	do {
		const pid_t got = waitpid(r->pid, state, __WALL | WNOHANG);

		if (got == r->pid)
			return WIFSTOPPED(*state) ? 1 : -1;
		if (got < 0 && errno != EINTR)
			return -1;
		(void)sigtimedwait(child, NULL, &tick); /* or the tick: other signals may come */
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec < end.tv_sec ||
		 (now.tv_sec == end.tv_sec && now.tv_nsec < end.tv_nsec));
	return 0;
}

/* A filter as a policy; index 0 is the oldest. NULL: *error is why, or 0 and it was said. */
static struct stile_policy *read_filter(const struct reading *r, unsigned int index, int *error)
{
	struct sock_filter *instructions = calloc(INSTRUCTIONS_MAX, sizeof(*instructions));
	struct stile_policy *policy;
	char name[NAME_MAX_OF_FILTER];
	long count;

	*error = ENOMEM;
	if (!instructions)
		return NULL;
	count = ptrace(PTRACE_SECCOMP_GET_FILTER, r->pid, (void *)(uintptr_t)index, instructions);
	*error = errno;
	if (count < 0) {
		free(instructions);
		return NULL;
	}
	*error = 0;
	(void)snprintf(name, sizeof(name), "filter %u of %s", index + 1, r->name);
	policy = stile_policy_from_filter(instructions, (size_t)count, name);
	free(instructions);
	if (policy && stile_policy_error(policy) == 0)
		return policy;
	say(r->verb, r->name, "filter %u: %s", index + 1, stile_policy_message(policy));
	stile_policy_free(policy);
	return NULL;
}

/* The stronger answer counts, of equally strong ones the newer filter's. Takes both. */
static struct stile_policy *add_filter(const struct reading *r, struct stile_policy *older,
				       struct stile_policy *newer)
{
	struct stile_policy *both;

	if (!older)
		return newer;
	both = stile_policy_combine(STILE_INTERSECT, newer, older);
	stile_policy_free(older);
	stile_policy_free(newer);
	if (both && stile_policy_error(both) == 0)
		return both;
	say(r->verb, r->name, "its filters together: %s", stile_policy_message(both));
	stile_policy_free(both);
	return NULL;
}

static struct stile_policy *read_filters(const struct reading *r)
{
	struct stile_policy *all = NULL;

	for (unsigned int i = 0; i < FILTERS_MAX; i++) {
		int error;
		struct stile_policy *policy = read_filter(r, i, &error);

		if (!policy && error == ENOENT && all)
			return all;
		if (!policy) {
			if (error)
				say(r->verb, r->name, "%s", why_not_read(error));
			stile_policy_free(all);
			return NULL;
		}
		all = add_filter(r, all, policy);
		if (!all)
			return NULL;
	}
	return all;
}

/* A signal that stopped it is not lost; a stop of ours, or of its group, is none. */
static void let_go(const struct reading *r, int state)
{
	const bool is_signal = state >> 16 == 0;

	(void)ptrace(PTRACE_DETACH, r->pid, NULL,
		     (void *)(uintptr_t)(is_signal ? WSTOPSIG(state) : 0));
}

static struct stile_policy *stop_and_read(const struct reading *r, const sigset_t *child)
{
	struct stile_policy *policy = NULL;
	int state;

	if (ptrace(PTRACE_SEIZE, r->pid, NULL, NULL) < 0) {
		say(r->verb, r->name, "%s", why_not_stopped(errno));
		return NULL;
	}
	if (ptrace(PTRACE_INTERRUPT, r->pid, NULL, NULL) < 0) {
		say(r->verb, r->name, "%s", why_not_stopped(errno));
		return NULL; /* it is let go when we end */
	}
	switch (wait_for_stop(r, child, &state)) {
	case 1:
		policy = read_filters(r);
		let_go(r, state);
		break;
	case 0:
		say(r->verb, r->name, "it does not stop: it waits for a device, or for its child");
		break;
	default:
		say(r->verb, r->name, "the process ended meanwhile");
	}
	return policy;
}

struct stile_policy *policy_of_process(const char *verb, const char *pid)
{
	struct reading r = { .verb = verb };
	struct stile_policy *policy;
	sigset_t child, before;

	if (!parse_pid(&r, pid))
		return NULL;
	(void)sigemptyset(&child);
	(void)sigaddset(&child, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &child, &before);
	policy = stop_and_read(&r, &child);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return policy;
}
