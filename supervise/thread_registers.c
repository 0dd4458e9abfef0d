/* SPDX-License-Identifier: MIT */
#include "thread_registers.h"

#include <elf.h>
#include <errno.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#ifndef NT_ARM_SYSTEM_CALL
#define NT_ARM_SYSTEM_CALL 0x404
#endif

_Static_assert(sizeof(struct user_regs_struct) <= REGISTERS_BYTES_MAX, "registers do not fit");

#if defined(__x86_64__)

/* PTRACE_GETREGSET would give those of i386, in another layout, for a program of 32 bits. */
static long get(pid_t thread, struct registers *registers)
{
	return ptrace(PTRACE_GETREGS, thread, NULL, registers->bytes);
}

static long set(pid_t thread, struct registers *registers)
{
	return ptrace(PTRACE_SETREGS, thread, NULL, registers->bytes);
}

#else

static long get(pid_t thread, struct registers *registers)
{
	struct iovec all = { registers->bytes, sizeof(struct user_regs_struct) };

	return ptrace(PTRACE_GETREGSET, thread, (void *)NT_PRSTATUS, &all);
}

static long set(pid_t thread, struct registers *registers)
{
	struct iovec all = { registers->bytes, sizeof(struct user_regs_struct) };

	return ptrace(PTRACE_SETREGSET, thread, (void *)NT_PRSTATUS, &all);
}

#endif

int registers_read(struct registers *registers)
{
	if (!registers->unread)
		return 0;
	if (get(registers->unread, registers) < 0)
		return -errno;
	registers->unread = 0;
	return 0;
}

int registers_write(pid_t thread, const struct registers *registers)
{
	struct registers copy = *registers;
	struct iovec number = { &copy.number, sizeof(copy.number) };

	if (registers->is_changed && set(thread, &copy) < 0)
		return -errno;
	if (registers->is_number_changed &&
	    ptrace(PTRACE_SETREGSET, thread, (void *)NT_ARM_SYSTEM_CALL, &number) < 0)
		return -errno;
	return 0;
}
