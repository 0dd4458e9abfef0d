/* SPDX-License-Identifier: MIT */
/*
 * Make a stopped task run a system call as if its program had made it, and read and write
 * its memory.
 */
#ifndef CORE_INJECT_H
#define CORE_INJECT_H

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tracees.h"

#if defined(__x86_64__) && !defined(__ILP32__)
#include "inject_x86_64.h"
#elif defined(__aarch64__)
#include "inject_aarch64.h"
#else
#error "stile cannot start programs on this machine: write its inject_*.h"
#endif

/*
 * Memory of a stopped task, whatever its protection (a private page is copied first).
 * By ptrace requests, because /proc/PID/mem can be closed by Yama and by kernel options.
 * 0 or a negative errno.
 */
int inject_read(pid_t tid, uint64_t address, void *to, size_t size);
int inject_write(pid_t tid, uint64_t address, const void *from, size_t size);

int inject_get_registers(pid_t tid, struct inject_registers *registers);
int inject_set_registers(pid_t tid, const struct inject_registers *registers);

/* Where size bytes can be put on the task's stack, below all that is in use. The program can
 * have it overwritten, by the kernel if all its threads are stopped. */
uint64_t inject_scratch(const struct inject_registers *registers, size_t size);

/*
 * The task must be stopped in an event stop, or by a signal (which is dropped). It runs the
 * call at its program counter and is stopped again, by PTRACE_EVENT_STOP or by job control,
 * with the registers, code and signal mask that it had. Signals wait meanwhile.
 * *answer is what the call returned. 0 or a negative errno; -ESRCH: the task is gone.
 */
int inject_call(struct tracees *tracees, pid_t tid, long number, const uint64_t arguments[6],
		int64_t *answer);

/*
 * The same with somebody who is called when the call is on its way: for what must happen before it
 * can come back. He returns when the task has an event, with 0 or a negative errno.
 */
struct inject_helper {
	int (*help)(struct tracees *tracees, pid_t tid, void *data);
	void *data;
};
int inject_call_with(struct tracees *tracees, pid_t tid, long number, const uint64_t arguments[6],
		     int64_t *answer, const struct inject_helper *helper);

/*
 * The same for seccomp(SECCOMP_SET_MODE_FILTER). The filter is written into a new, read-only
 * mapping, which stays behind, since the filter need not permit munmap(). All threads of the
 * process must be stopped.
 */
int inject_filter(struct tracees *tracees, pid_t tid, const struct sock_fprog *filter,
		  unsigned int flags, int64_t *answer);

#endif
