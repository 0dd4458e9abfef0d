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
		return SECCOMP_RET_TRACE;
	case STILE_ACTION_NOTIFY:
		return SECCOMP_RET_USER_NOTIF;
	case STILE_ACTION_ERRNO:
		return SECCOMP_RET_ERRNO | (action.errno_value & SECCOMP_RET_DATA);
	case STILE_ACTION_TRAP:
		return SECCOMP_RET_TRAP;
	case STILE_ACTION_KILL_THREAD:
		return SECCOMP_RET_KILL_THREAD;
	case STILE_ACTION_KILL_PROCESS:
		break;
	}
	return SECCOMP_RET_KILL_PROCESS;
}

size_t prologue_write(const struct policy *policy, struct sock_filter to[PROLOGUE_MAX])
{
	const uint32_t foreign = action_answer(policy->foreign_action);
	const uint32_t unknown = action_answer(policy->unknown_action);
	uint32_t end = 0; /* behind the table's last number */
	size_t n = 0;

	const struct policy_abi *abi = &policy->abis[0];

	if (abi->decision_count)
		end = (uint32_t)abi->decisions[abi->decision_count - 1].number + 1;
	to[n++] = LOAD(arch);
	to[n++] = JUMP(BPF_JEQ, audit_arch(abi->abi), 1, 0);
	to[n++] = RETURN(foreign);
	to[n++] = LOAD(nr);
	if (abi->abi != STILE_ABI_X86_64) {
		to[n++] = JUMP(BPF_JGE, end, 0, 1);
		to[n++] = RETURN(unknown);
		return n;
	}
	/* x32 has the same architecture and sets bit 30; so does a tracer's -1. */
	to[n++] = JUMP(BPF_JGE, end, 0, 4);
	to[n++] = JUMP(BPF_JEQ, UINT32_MAX, 1, 0);
	to[n++] = JUMP(BPF_JGE, X32_SYSCALL_BIT, 1, 0);
	to[n++] = RETURN(unknown);
	to[n++] = RETURN(foreign);
	return n;
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
