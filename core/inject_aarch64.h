/* SPDX-License-Identifier: MIT */
/*
 * The registers of a stopped aarch64 task. For inject.h.
 * Not tried on a machine yet; written after the kernel's arch/arm64/kernel/ptrace.c.
 */
#ifndef CORE_INJECT_AARCH64_H
#define CORE_INJECT_AARCH64_H

#include <elf.h>
#include <errno.h>
#include <linux/audit.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#ifndef NT_ARM_SYSTEM_CALL
#define NT_ARM_SYSTEM_CALL 0x404
#endif

#define INJECT_AUDIT_ARCH AUDIT_ARCH_AARCH64
#define INJECT_ELF_MACHINE EM_AARCH64
#define INJECT_RED_ZONE 0

static const unsigned char inject_call_code[] = { 0x01, 0x00, 0x00, 0xd4 }; /* svc #0 */
static const unsigned char inject_trap_code[] = { 0x00, 0x00, 0x20, 0xd4 }; /* brk #0 */
#define INJECT_AFTER_TRAP 0 /* brk leaves the program counter on itself */

struct inject_registers {
	struct user_regs_struct user;
};

static inline uint64_t inject_pc(const struct inject_registers *r)
{
	return r->user.pc;
}

static inline void inject_set_pc(struct inject_registers *r, uint64_t pc)
{
	r->user.pc = pc;
}

static inline uint64_t inject_sp(const struct inject_registers *r)
{
	return r->user.sp;
}

static inline void inject_set_call(struct inject_registers *r, long number,
				   const uint64_t arguments[6])
{
	/* An interrupted call is wound back before the stop is reported: nothing to undo. */
	for (int i = 0; i < 6; i++)
		r->user.regs[i] = arguments[i];
	r->user.regs[8] = (uint64_t)number;
}

static inline int64_t inject_answer(const struct inject_registers *r)
{
	return (int64_t)r->user.regs[0];
}

/* In a stop at a call: skip the call, answer it with an error. 0 or a negative errno. */
static inline int inject_refuse_call(pid_t tid, int error)
{
	struct user_regs_struct user;
	struct iovec io = { &user, sizeof(user) };
	int number = -1;
	struct iovec call = { &number, sizeof(number) };

	if (ptrace(PTRACE_GETREGSET, tid, (void *)NT_PRSTATUS, &io) < 0)
		return -errno;
	if (io.iov_len != sizeof(user))
		return -EIO; /* 32-bit code */
	user.regs[0] = (uint64_t) - (int64_t)error;
	if (ptrace(PTRACE_SETREGSET, tid, (void *)NT_PRSTATUS, &io) < 0 ||
	    ptrace(PTRACE_SETREGSET, tid, (void *)NT_ARM_SYSTEM_CALL, &call) < 0)
		return -errno;
	return 0;
}

#endif
