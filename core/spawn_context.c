/* SPDX-License-Identifier: MIT */
/* A program starts under a context: the public side of spawn.h. */
#include <errno.h>
#include <linux/filter.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <stile/spawn.h>

#include "apply.h"
#include "public.h"
#include "spawn.h"
#include "start_guard.h"
#include "supervised.h"
#include "syscalls.h"

static bool abi_may_call(const struct policy *policy, const struct policy_abi *abi, int syscall)
{
	for (uint32_t i = 0; i < abi->decision_count; i++) {
		const struct decision *decision = &abi->decisions[i];

		if (decision->syscall != syscall)
			continue;
		if (action_permits(decision->rest))
			return true;
		for (uint32_t k = 0; k < decision->rule_count; k++)
			if (action_permits(policy->rules[decision->first_rule + k].action))
				return true;
	}
	return false;
}

/* Whether some call by this name can get through, by any ABI. */
static bool may_call(const struct policy *policy, const char *name)
{
	for (uint32_t i = 0; i < policy->abi_count; i++)
		if (abi_may_call(policy, &policy->abis[i], syscall_find(name)))
			return true;
	return false;
}

static struct sock_fprog program_of(const struct filter *filter)
{
	return (struct sock_fprog){ (unsigned short)filter->count, filter->instructions };
}

/* Whether it may happen before the entry point, where nobody answers what is asked. */
static bool may_exec(const struct policy *policy)
{
	return may_call(policy, "execve") || may_call(policy, "execveat");
}

static int spawn_compiled(struct stile *s, struct spawn_request *request,
			  const struct supervised_filters *filters, const struct filter *start,
			  struct supervised_start *started)
{
	const struct sock_fprog start_program = program_of(start);
	const struct sock_fprog notifying = program_of(&filters->notifying);
	const struct sock_fprog final_program = program_of(&filters->rest);
	struct spawn_result result;
	int error;

	request->may_exec = may_exec(&filters->policy);
	request->may_narrow = policy_may_narrow(&filters->policy, seccomp_flags(s));
	request->is_stopped = s->is_intercepted || s->flags & STILE_SPAWN_STOPPED;
	request->is_supervised = s->is_notified || s->is_intercepted;
	request->is_held = s->is_intercepted;
	request->hides_vdso = s->hides_vdso;
	request->filters.start = &start_program;
	request->filters.notifying = notifying.len ? &notifying : NULL;
	request->filters.listener_flags = seccomp_listener_flags();
	request->filters.final = &final_program;
	request->filters.flags = seccomp_flags(s);
	memset(&result, 0, sizeof(result));
	error = spawn_filtered(request, &result);
	if (error) {
		s->exec_errno = result.exec_errno;
		return context_fail(s, error, "%s: %s", request->path, result.message);
	}
	fill_receipt(s, filters->rest.count);
	s->receipt.threads = 0; /* its constructors may have made some: not counted */
	s->receipt.filters = (unsigned int)result.filters_after;
	started->pid = result.pid;
	started->listener = result.listener;
	started->hold = result.hold;
	return 0;
}

/* A broker's rules would not hold for what runs before the entry point, where nobody is asked. */
static int check_unasked(struct stile *s)
{
	if (!s->has_broker || !(s->flags & STILE_SPAWN_UNASKED))
		return 0;
	return context_fail(s, -EINVAL,
			    "STILE_SPAWN_UNASKED permits unasked, up to the entry point, what this "
			    "context's broker is to judge: leave the flag out");
}

static void signal_set(uint64_t bits, sigset_t *set)
{
	(void)sigemptyset(set);
	for (int number = 1; number <= 64; number++)
		if (bits >> (number - 1) & 1)
			(void)sigaddset(set, number); /* libc keeps 32 and 33 for itself */
}

int spawn_supervised(struct stile *s, struct supervised_start *started)
{
	struct spawn_request request = { .path = started->path,
					 .argv = started->argv,
					 .envp = started->envp ? started->envp : environ };
	struct supervised_filters filters;
	sigset_t blocked, ignored;
	struct policy start_policy;
	struct filter start;
	int error;

	if (started->signals) {
		signal_set(started->signals->blocked, &blocked);
		signal_set(started->signals->ignored, &ignored);
		request.blocked = &blocked;
		request.ignored = &ignored;
	}
	error = check_unasked(s);
	if (!error)
		error = policy_check_native(s);
	if (!error)
		error = supervised_filters_make(s, &filters);
	if (error)
		return error;
	error = compile_phase(s, POLICY_START, &start, &start_policy);
	if (!error) {
		policy_free(&start_policy);
		error = spawn_compiled(s, &request, &filters, &start, started);
		free(start.instructions);
	}
	supervised_filters_free(&filters);
	return error;
}

STILE_PUBLIC int stile_spawn(struct stile *s, const char *path, char *const argv[],
			     char *const envp[], const struct stile_spawn_signals *signals,
			     pid_t *pid)
{
	struct supervised_start started = {
		.path = path, .argv = argv, .envp = envp, .signals = signals, .listener = -1
	};
	int error = context_ready(s);

	if (error)
		return error;
	if (!path || !argv || !argv[0] || !pid)
		return context_fail(s, -EINVAL,
				    "stile_spawn() needs a program, its arguments (argv[0] at "
				    "least) and a place for the process id");
	if (s->is_notified || s->is_intercepted)
		return context_fail(s, -EINVAL,
				    "this context has handlers, and nobody would answer: use "
				    "stile_supervisor_spawn(), stile_supervise() or "
				    "stile_spawn_with_listener()");
	error = spawn_supervised(s, &started);
	if (!error)
		*pid = started.pid;
	return error;
}

STILE_PUBLIC int stile_spawn_with_listener(struct stile *s, const char *path, char *const argv[],
					   char *const envp[],
					   const struct stile_spawn_signals *signals, pid_t *pid,
					   int *listener)
{
	struct supervised_start started = {
		.path = path, .argv = argv, .envp = envp, .signals = signals, .listener = -1
	};
	int error = context_ready(s);

	if (error)
		return error;
	if (!path || !argv || !argv[0] || !pid || !listener)
		return context_fail(s, -EINVAL,
				    "stile_spawn_with_listener() needs a program, its arguments "
				    "(argv[0] at least) and places for its results");
	if (!s->is_notified || s->is_intercepted)
		return context_fail(s, -EINVAL,
				    "stile_spawn_with_listener() needs a context that notifies "
				    "something (stile_notify(), stile_on()) and has no intercepts");
	error = spawn_supervised(s, &started);
	if (!error) {
		*pid = started.pid;
		*listener = started.listener;
	}
	return error;
}

STILE_PUBLIC int stile_exec_errno(const struct stile *s)
{
	return s ? s->exec_errno : 0;
}
