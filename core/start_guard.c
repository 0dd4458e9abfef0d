/* SPDX-License-Identifier: MIT */
#include "start_guard.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "audit_arch.h"

/* The low word of an argument: all ABIs of the table are little-endian. */
#define LOW_WORD(argument) (offsetof(struct seccomp_data, args) + (argument) * sizeof(uint64_t))

#define LOAD(offset) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(offset))
#define RETURN(answer) BPF_STMT(BPF_RET | BPF_K, (answer))
#define IF(test, value, then, otherwise) \
	BPF_JUMP(BPF_JMP | (test) | BPF_K, (uint32_t)(value), (then), (otherwise))

int start_guard(struct filter *filter, bool may_narrow, struct message *message)
{
	const struct sock_filter guard[] = {
		LOAD(offsetof(struct seccomp_data, arch)),
		IF(BPF_JEQ, audit_arch(STILE_ABI_NATIVE), 0, 12), /* else to the filter */
		LOAD(offsetof(struct seccomp_data, nr)),
		IF(BPF_JEQ, SYS_seccomp, 0, 1),
		RETURN(SECCOMP_RET_TRACE),
		IF(BPF_JEQ, 435, 0, 1), /* clone3: its flags are behind a pointer */
		RETURN(SECCOMP_RET_ERRNO | ENOSYS),
		IF(BPF_JEQ, SYS_clone, 0, 2),
		LOAD(LOW_WORD(0)),
		IF(BPF_JSET, CLONE_UNTRACED, 3, 4),
		IF(BPF_JEQ, SYS_prctl, 0, 3),
		LOAD(LOW_WORD(0)),
		IF(BPF_JEQ, PR_SET_SECCOMP, 0, 1),
		RETURN(SECCOMP_RET_ERRNO | EPERM),
	};
	const size_t length = sizeof(guard) / sizeof(*guard);
	struct sock_filter *longer;

	if (filter->count + length > FILTER_INSTRUCTIONS_MAX)
		return message_set(message, -E2BIG,
				   "the filter for the loader would have %zu instructions, the "
				   "kernel takes %d: grant less",
				   filter->count + length, FILTER_INSTRUCTIONS_MAX);
	longer = malloc((filter->count + length) * sizeof(*longer));
	if (!longer)
		return message_set(message, -ENOMEM, "out of memory for the loader's filter");
	memcpy(longer, guard, sizeof(guard));
	memcpy(longer + length, filter->instructions, filter->count * sizeof(*longer));
	if (may_narrow) /* past the trap: the filter itself says what of seccomp(2) is permitted */
		longer[3].jt = longer[3].jf;
	free(filter->instructions);
	filter->instructions = longer;
	filter->count += length;
	return 0;
}
