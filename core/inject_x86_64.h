/* SPDX-License-Identifier: MIT */
/* The registers of a stopped x86-64 task. For inject.h. */
#ifndef CORE_INJECT_X86_64_H
#define CORE_INJECT_X86_64_H

#include <elf.h>
#include <errno.h>
#include <linux/audit.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#define INJECT_AUDIT_ARCH AUDIT_ARCH_X86_64
#define INJECT_ELF_MACHINE EM_X86_64
#define INJECT_RED_ZONE 128

static const unsigned char inject_call_code[] = { 0x0f, 0x05 }; /* syscall */
static const unsigned char inject_trap_code[] = { 0xcc };	/* int3 */
#define INJECT_AFTER_TRAP 1 /* int3 leaves the program counter behind itself */

struct inject_registers {
	struct user_regs_struct user;
};

static inline uint64_t inject_pc(const struct inject_registers *r)
{
	return r->user.rip;
}

static inline void inject_set_pc(struct inject_registers *r, uint64_t pc)
{
	r->user.rip = pc;
}

static inline uint64_t inject_sp(const struct inject_registers *r)
{
	return r->user.rsp;
}

static inline void inject_set_call(struct inject_registers *r, long number,
				   const uint64_t arguments[6])
{
	/* -1: the kernel must not take what we put here for an interrupted call and restart it */
	r->user.orig_rax = UINT64_MAX;
	r->user.rax = (uint64_t)number;
	r->user.rdi = arguments[0];
	r->user.rsi = arguments[1];
	r->user.rdx = arguments[2];
	r->user.r10 = arguments[3];
	r->user.r8 = arguments[4];
	r->user.r9 = arguments[5];
}

static inline int64_t inject_answer(const struct inject_registers *r)
{
	return (int64_t)r->user.rax;
}

/* In a stop at a call: skip the call, answer it with an error. 0 or a negative errno. */
static inline int inject_refuse_call(pid_t tid, int error)
{
	struct user_regs_struct user;
	struct iovec io = { &user, sizeof(user) };

	if (ptrace(PTRACE_GETREGSET, tid, (void *)NT_PRSTATUS, &io) < 0)
		return -errno;
	if (io.iov_len != sizeof(user))
		return -EIO; /* 32-bit code */
	user.orig_rax = UINT64_MAX;
	user.rax = (uint64_t) - (int64_t)error;
	if (ptrace(PTRACE_SETREGSET, tid, (void *)NT_PRSTATUS, &io) < 0)
		return -errno;
	return 0;
}

#endif
