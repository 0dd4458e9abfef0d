/* SPDX-License-Identifier: MIT */
#include "libseccomp_program.h"

#include <linux/seccomp.h>

#include "audit_arch.h"

#define X32_TEST 3 /* the index in its programs on x86_64 */

bool program_translate(struct sock_filter *program, size_t count, const uint32_t *answers,
		       uint32_t answer_count)
{
	for (size_t i = 0; i < count; i++) {
		struct sock_filter *at = &program[i];
		const uint32_t index = at->k & SECCOMP_RET_DATA;

		if (BPF_CLASS(at->code) != BPF_RET)
			continue;
		/* What it does on other ABIs; the dispatch has answered those. */
		if (at->code == (BPF_RET | BPF_K) && at->k == SECCOMP_RET_KILL_THREAD)
			continue;
		if (at->code != (BPF_RET | BPF_K) ||
		    (at->k & SECCOMP_RET_ACTION_FULL) != SECCOMP_RET_TRACE || index >= answer_count)
			return false;
		if (index == INDEX_EPILOGUE)
			*at = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA,
							   (uint32_t)(count - i - 1));
		else
			at->k = answers[index];
	}
	return true;
}

bool program_readdress(struct sock_filter *program, size_t count, enum stile_abi abi)
{
	const struct sock_filter arch = BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						 offsetof(struct seccomp_data, arch));
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		if (program[i].code == arch.code && program[i].k == arch.k) {
			if (i + 1 == count || program[i + 1].code != (BPF_JMP | BPF_JEQ | BPF_K) ||
			    program[i + 1].k != audit_arch(STILE_ABI_NATIVE))
				return false;
			program[i + 1].k = audit_arch(abi);
			found++;
		}
		if (i == X32_TEST && program[i].code == (BPF_JMP | BPF_JGE | BPF_K) &&
		    program[i].k == X32_SYSCALL_BIT) /* the dispatch has told them apart */
			program[i].k = UINT32_MAX;
	}
	return found == 1;
}
