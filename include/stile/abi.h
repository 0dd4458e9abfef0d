/* SPDX-License-Identifier: MIT */
#ifndef STILE_ABI_H
#define STILE_ABI_H

#include <stdint.h>

/* The ABIs that the syscall table knows. x32 shares x86_64's audit architecture and sets
 * bit 30 of the number (linux/Documentation: x86/x86_64/..., asm/unistd.h). */
enum stile_abi {
	STILE_ABI_X86_64,
	STILE_ABI_I386,
	STILE_ABI_X32,
	STILE_ABI_AARCH64,
	STILE_ABI_RISCV64,
	STILE_ABI_COUNT
};

/* The ABI that this library was compiled for. */
#if defined(__x86_64__) && defined(__ILP32__)
#define STILE_ABI_NATIVE STILE_ABI_X32
#elif defined(__x86_64__)
#define STILE_ABI_NATIVE STILE_ABI_X86_64
#elif defined(__i386__)
#define STILE_ABI_NATIVE STILE_ABI_I386
#elif defined(__aarch64__)
#define STILE_ABI_NATIVE STILE_ABI_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define STILE_ABI_NATIVE STILE_ABI_RISCV64
#else
#error "stile's syscall table has no column for this ABI"
#endif

/* The name of an ABI ("x86_64", "i386", "x32", "aarch64", "riscv64"); NULL if there is
 * none such. Static memory. */
const char *stile_abi_name(enum stile_abi abi);

/* What struct seccomp_data has in arch for a call by this ABI: AUDIT_ARCH_* (linux/audit.h), x32
 * the same as x86_64. 0 if there is none such. */
uint32_t stile_audit_arch(enum stile_abi abi);

/* The number of a syscall on an ABI, x32's with bit 30; -1 if the ABI has no such call or
 * the name is unknown. */
long stile_syscall_number(enum stile_abi abi, const char *name);

/* The name of the call with this number on an ABI; NULL if the table has none.
 * Static memory. */
const char *stile_syscall_name(enum stile_abi abi, long number);

#endif
