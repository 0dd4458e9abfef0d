/* SPDX-License-Identifier: MIT */
/* A program starts under a context: the public side of spawn.h. */
#include <errno.h>
#include <linux/filter.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <stile/spawn.h>

#include "apply.h"
#include "compile.h"
#include "public.h"
#include "spawn.h"
#include "start_guard.h"
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

static int spawn_compiled(struct stile *s, struct spawn_request *request,
			  const struct policy *policy, struct filter *start, struct filter *final,
			  pid_t *pid)
{
	struct sock_fprog start_program, final_program;
	struct spawn_result result;
	int error;

	request->may_exec = may_call(policy, "execve") || may_call(policy, "execveat");
	request->may_narrow = policy_may_narrow(policy, seccomp_flags(s));
	start_program = (struct sock_fprog){ (unsigned short)start->count, start->instructions };
	final_program = (struct sock_fprog){ (unsigned short) final->count, final->instructions };
	request->is_stopped = s->flags & STILE_SPAWN_STOPPED;
	request->filters.start = &start_program;
	request->filters.final = &final_program;
	request->filters.flags = seccomp_flags(s);
	memset(&result, 0, sizeof(result));
	error = spawn_filtered(request, &result);
	if (error) {
		s->exec_errno = result.exec_errno;
		return context_fail(s, error, "%s: %s", request->path, result.message);
	}
	note_policy(s, policy);
	fill_receipt(s, final->count);
	s->receipt.threads = 0; /* its constructors may have made some: not counted */
	s->receipt.filters = (unsigned int)result.filters_after;
	*pid = result.pid;
	return 0;
}

static void signal_set(uint64_t bits, sigset_t *set)
{
	(void)sigemptyset(set);
	for (int number = 1; number <= 64; number++)
		if (bits >> (number - 1) & 1)
			(void)sigaddset(set, number); /* libc keeps 32 and 33 for itself */
}

STILE_PUBLIC int stile_spawn(struct stile *s, const char *path, char *const argv[],
			     char *const envp[], const struct stile_spawn_signals *signals,
			     pid_t *pid)
{
	struct spawn_request request = { .path = path,
					 .argv = argv,
					 .envp = envp ? envp : environ };
	sigset_t blocked, ignored;
	struct filter start, final;
	struct policy start_policy, policy;
	int error = context_ready(s);

	if (error)
		return error;
	if (!path || !argv || !argv[0] || !pid)
		return context_fail(s, -EINVAL,
				    "stile_spawn() needs a program, its arguments (argv[0] at "
				    "least) "
				    "and a place for the process id");
	if (signals) {
		signal_set(signals->blocked, &blocked);
		signal_set(signals->ignored, &ignored);
		request.blocked = &blocked;
		request.ignored = &ignored;
	}
	error = policy_check_native(s);
	if (!error)
		error = compile_phase(s, POLICY_FINAL, &final, &policy);
	if (error)
		return error;
	error = compile_phase(s, POLICY_START, &start, &start_policy);
	if (!error) {
		policy_free(&start_policy);
		error = spawn_compiled(s, &request, &policy, &start, &final, pid);
		free(start.instructions);
	}
	policy_free(&policy);
	free(final.instructions);
	return error;
}

STILE_PUBLIC int stile_exec_errno(const struct stile *s)
{
	return s ? s->exec_errno : 0;
}
