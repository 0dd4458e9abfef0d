/* SPDX-License-Identifier: MIT */
#ifndef CORE_AUDIT_ARCH_H
#define CORE_AUDIT_ARCH_H

/* What the kernel puts into seccomp_data.arch for a call of an ABI. */

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdint.h>

#include <stile/abi.h>

#define X32_SYSCALL_BIT 0x40000000u /* x86's asm/unistd.h: __X32_SYSCALL_BIT */

static inline uint32_t audit_arch(enum stile_abi abi)
{
	switch (abi) {
	case STILE_ABI_X86_64:
	case STILE_ABI_X32: /* told apart by X32_SYSCALL_BIT alone */
		return AUDIT_ARCH_X86_64;
	case STILE_ABI_I386:
		return AUDIT_ARCH_I386;
	case STILE_ABI_AARCH64:
		return AUDIT_ARCH_AARCH64;
	case STILE_ABI_RISCV64:
		return AUDIT_ARCH_RISCV64;
	case STILE_ABI_COUNT:
		break;
	}
	return 0; /* no architecture has this value */
}

/* The ABI of a call, STILE_ABI_COUNT: none that the table has. */
enum stile_abi call_abi(const struct seccomp_data *data);

#endif
