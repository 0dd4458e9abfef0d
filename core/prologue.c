/* SPDX-License-Identifier: MIT */
#include "prologue.h"

#include <linux/seccomp.h>

#include "audit_arch.h"

#define LOAD(member)                                            \
	((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, \
				      offsetof(struct seccomp_data, member)))
#define JUMP(operation, k, jt, jf) \
	((struct sock_filter)BPF_JUMP(BPF_JMP | (operation) | BPF_K, (k), (jt), (jf)))
#define RETURN(k) ((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, (k)))

uint32_t action_answer(struct stile_action action)
{
	switch (action.kind) {
	case STILE_ACTION_ALLOW:
		return SECCOMP_RET_ALLOW;
	case STILE_ACTION_LOG:
		return SECCOMP_RET_LOG;
	case STILE_ACTION_TRACE:
		return SECCOMP_RET_TRACE | (action.errno_value & SECCOMP_RET_DATA);
	case STILE_ACTION_NOTIFY:
		return SECCOMP_RET_USER_NOTIF;
	case STILE_ACTION_ERRNO:
		return SECCOMP_RET_ERRNO | (action.errno_value & SECCOMP_RET_DATA);
	case STILE_ACTION_TRAP:
		return SECCOMP_RET_TRAP | (action.errno_value & SECCOMP_RET_DATA);
	case STILE_ACTION_KILL_THREAD:
		return SECCOMP_RET_KILL_THREAD;
	case STILE_ACTION_KILL_PROCESS:
		break;
	}
	return SECCOMP_RET_KILL_PROCESS;
}

/* A jump is known by its place and its aim, both counted from the dispatch's beginning, once the
 * dispatch's length is known; until then the aim is counted from its end. */
struct dispatch {
	const struct policy *policy;
	const size_t *starts;
	struct sock_filter *to;
	size_t length;
};

static void append(struct dispatch *d, struct sock_filter instruction)
{
	d->to[d->length++] = instruction;
}

/* To the instructions of this ABI; the foreign answer if the policy does not have it. */
static void append_jump(struct dispatch *d, enum stile_abi abi)
{
	for (uint32_t i = 0; i < d->policy->abi_count; i++) {
		if (d->policy->abis[i].abi != abi)
			continue;
		append(d, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, (uint32_t)d->starts[i]));
		return;
	}
	append(d, RETURN(action_answer(d->policy->foreign_action)));
}

/* The decision for a tracer's -1 depends on no argument here. */
static uint32_t minus_one_answer(const struct policy *policy)
{
	const struct policy_abi *abi = policy_find_abi(policy, AUDIT_ARCH_X86_64, UINT32_MAX);
	const struct decision *decision = policy_find_decision(abi, UINT32_MAX);

	return action_answer(decision ? decision->rest : unknown_answer(policy, abi));
}

/* x32 has the same architecture and sets bit 30; so does a tracer's -1. */
static void append_x86(struct dispatch *d)
{
	append(d, JUMP(BPF_JEQ, AUDIT_ARCH_X86_64, 0, 6));
	append(d, LOAD(nr));
	append(d, JUMP(BPF_JGE, X32_SYSCALL_BIT, 1, 0));
	append_jump(d, STILE_ABI_X86_64);
	append(d, JUMP(BPF_JEQ, UINT32_MAX, 0, 1));
	append(d, RETURN(minus_one_answer(d->policy)));
	append_jump(d, STILE_ABI_X32);
}

size_t dispatch_write(const struct policy *policy, const size_t starts[STILE_ABI_COUNT],
		      struct sock_filter to[DISPATCH_MAX])
{
	struct dispatch d = { policy, starts, to, 0 };
	bool has_x86 = false;

	append(&d, LOAD(arch));
	for (uint32_t i = 0; i < policy->abi_count; i++) {
		const enum stile_abi abi = policy->abis[i].abi;

		if (audit_arch(abi) == AUDIT_ARCH_X86_64) {
			if (!has_x86)
				append_x86(&d);
			has_x86 = true;
			continue;
		}
		append(&d, JUMP(BPF_JEQ, audit_arch(abi), 0, 1));
		append_jump(&d, abi);
	}
	append(&d, RETURN(action_answer(policy->foreign_action)));
	for (size_t i = 0; i < d.length; i++)
		if (to[i].code == (BPF_JMP | BPF_JA))
			to[i].k += (uint32_t)(d.length - i - 1);
	return d.length;
}

void bounds_write(const struct policy *policy, const struct policy_abi *abi,
		  struct sock_filter to[BOUNDS_LENGTH])
{
	uint32_t end = 0; /* behind the last number but -1, which the dispatch has answered */

	for (uint32_t i = abi->decision_count; end == 0 && i-- > 0;)
		end = (uint32_t)abi->decisions[i].number + 1;
	to[0] = LOAD(nr);
	to[1] = JUMP(BPF_JGE, end, 0, 1);
	to[2] = RETURN(action_answer(unknown_answer(policy, abi)));
}

size_t epilogue_max(size_t segment_count)
{
	return 3 * segment_count; /* a load, and for each but one a jump, a long jump, a return */
}

/* A balanced search: the upper half follows the lower one. */
static size_t write_search(const struct segment *segments, size_t count, struct sock_filter *to)
{
	const size_t middle = count / 2;
	size_t lower, head = 1;

	if (count == 1) {
		to[0] = RETURN(segments[0].answer);
		return 1;
	}
	lower = write_search(segments, middle, to + head);
	if (lower > UINT8_MAX) { /* a conditional jump does not reach that far */
		head = 2;
		write_search(segments, middle, to + head);
		to[0] = JUMP(BPF_JGE, segments[middle].from, 0, 1);
		to[1] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, (uint32_t)lower);
	} else {
		to[0] = JUMP(BPF_JGE, segments[middle].from, (uint8_t)lower, 0);
	}
	return head + lower + write_search(segments + middle, count - middle, to + head + lower);
}

size_t epilogue_write(const struct segment *segments, size_t count, struct sock_filter *to)
{
	if (count == 1) /* the number does not matter */
		return write_search(segments, count, to);
	to[0] = LOAD(nr);
	return 1 + write_search(segments, count, to + 1);
}
