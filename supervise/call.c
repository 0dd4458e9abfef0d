/* SPDX-License-Identifier: MIT */
/* What a call of a target is, and what an answer to it comes to. */
#include "call.h"

#include <errno.h>

#include "audit_arch.h"
#include "public.h"
#include "spawn_proc.h"
#include "syscalls.h"

#define ARGUMENT_COUNT 6
#define MAX_ERRNO 4095 /* the kernel's */

const struct stile_call call_of_nobody = { .listener = -1,
					   .notification.data.nr = -1,
					   .abi = STILE_ABI_COUNT,
					   .syscall = -1,
					   .name = "" };

void call_describe(struct stile_call *call)
{
	const struct seccomp_data *data = &call->notification.data;

	call->abi = call_abi(data);
	call->syscall = call->abi == STILE_ABI_COUNT ? -1 :
						       syscall_find_number(call->abi, data->nr);
	call->name = call->syscall < 0 ? "" : syscall_table[call->syscall].name;
}

/* NULL: the answer makes sense. */
static const char *answer_fault(const struct stile_call *call, struct stile_answer answer)
{
	const bool is_stop = call->listener < 0;

	if (answer.kind == STILE_ANSWER_KILL)
		return NULL;
	if (call->fault)
		return call->fault;
	if (call->is_answered && answer.kind != STILE_ANSWER_DONE)
		return "a handler gave a descriptor as the answer, and then another answer";
	switch (answer.kind) {
	case STILE_ANSWER_ALLOW:
		if (call->has_looked && !is_stop)
			return "a handler allowed a call after it had looked at the target's "
			       "memory "
			       "or descriptors, which the target can change before the kernel "
			       "looks";
		return NULL;
	case STILE_ANSWER_FAIL:
		if (answer.value < 1 || answer.value > MAX_ERRNO)
			return "a handler let a call fail with an errno that is not within 1 to "
			       "4095";
		return NULL;
	case STILE_ANSWER_RETURN:
		return NULL;
	case STILE_ANSWER_DONE:
		if (!call->is_answered)
			return "a handler answered that it is done, but gave no descriptor";
		return NULL;
	case STILE_ANSWER_KILL:
		break;
	}
	return "a handler gave an answer of a kind that there is not";
}

struct stile_answer call_check_answer(const struct stile_call *call, struct stile_answer answer,
				      const char **fault)
{
	*fault = answer_fault(call, answer);
	return *fault ? stile_answer_fail(EPERM) : answer;
}

STILE_PUBLIC const char *stile_call_name(const struct stile_call *call)
{
	return call_or_nobody(call)->name;
}

STILE_PUBLIC long stile_call_number(const struct stile_call *call)
{
	return call_or_nobody(call)->notification.data.nr;
}

STILE_PUBLIC enum stile_abi stile_call_abi(const struct stile_call *call)
{
	return call_or_nobody(call)->abi;
}

STILE_PUBLIC pid_t stile_call_thread(const struct stile_call *call)
{
	return call_or_nobody(call)->notification.thread;
}

STILE_PUBLIC pid_t stile_call_process(const struct stile_call *call)
{
	const pid_t thread = stile_call_thread(call);
	uint64_t process;

	if (thread <= 0 || proc_status_number(thread, thread, "Tgid", 10, &process))
		return 0;
	if (call->listener >= 0 && stile_check_notification(call->listener, call->notification.id))
		return 0;
	return process > INT32_MAX ? 0 : (pid_t)process;
}

STILE_PUBLIC uint64_t stile_call_argument(const struct stile_call *call, unsigned int index)
{
	return index < ARGUMENT_COUNT ? call_or_nobody(call)->notification.data.args[index] : 0;
}

STILE_PUBLIC int stile_call_argument_by_name(const struct stile_call *call, const char *name,
					     uint64_t *value)
{
	const struct syscall_argument *argument;
	unsigned int count;
	int index = -1;

	if (!call || !value)
		return -EINVAL;
	if (call->syscall >= 0 && name)
		index = syscall_find_argument((uint16_t)call->syscall, call->abi, name);
	if (index < 0)
		return -ENOENT;
	argument = &syscall_argument_list((uint16_t)call->syscall, call->abi, &count)[index];
	*value = call->notification.data.args[index];
	if (argument->bits < 64) {
		const uint64_t above = ~UINT64_C(0) << argument->bits;
		const bool is_negative = argument->is_signed && *value >> (argument->bits - 1) & 1;

		*value = is_negative ? *value | above : *value & ~above;
	}
	return 0;
}
