/* SPDX-License-Identifier: MIT */
#include "inject.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "spawn_proc.h"

/* One aligned word, which cannot cross into a page that is not there. */
static int read_word(pid_t tid, uint64_t address, unsigned long *word)
{
	errno = 0;
	*word = (unsigned long)ptrace(PTRACE_PEEKDATA, tid, (void *)address, NULL);
	return -errno;
}

int inject_read(pid_t tid, uint64_t address, void *to, size_t size)
{
	unsigned char *at = to;

	while (size) {
		size_t skip = address % sizeof(unsigned long);
		size_t part = sizeof(unsigned long) - skip;
		unsigned long word;
		int error = read_word(tid, address - skip, &word);

		if (error < 0)
			return error;
		if (part > size)
			part = size;
		memcpy(at, (unsigned char *)&word + skip, part);
		at += part;
		address += part;
		size -= part;
	}
	return 0;
}

int inject_write(pid_t tid, uint64_t address, const void *from, size_t size)
{
	const unsigned char *at = from;

	while (size) {
		size_t skip = address % sizeof(unsigned long);
		size_t part = sizeof(unsigned long) - skip;
		unsigned long word = 0;

		if (part > size)
			part = size;
		if (part < sizeof(word)) {
			int error = read_word(tid, address - skip, &word);

			if (error < 0)
				return error;
		}
		memcpy((unsigned char *)&word + skip, at, part);
		if (ptrace(PTRACE_POKEDATA, tid, (void *)(address - skip), (void *)word) < 0)
			return -errno;
		at += part;
		address += part;
		size -= part;
	}
	return 0;
}

int inject_get_registers(pid_t tid, struct inject_registers *registers)
{
	struct iovec io = { &registers->user, sizeof(registers->user) };

	if (ptrace(PTRACE_GETREGSET, tid, (void *)NT_PRSTATUS, &io) < 0)
		return -errno;
	return io.iov_len == sizeof(registers->user) ? 0 : -EIO;
}

int inject_set_registers(pid_t tid, const struct inject_registers *registers)
{
	struct inject_registers copy = *registers;
	struct iovec io = { &copy.user, sizeof(copy.user) };

	if (ptrace(PTRACE_SETREGSET, tid, (void *)NT_PRSTATUS, &io) < 0)
		return -errno;
	return 0;
}

uint64_t inject_scratch(const struct inject_registers *registers, size_t size)
{
	return (inject_sp(registers) - INJECT_RED_ZONE - size) & ~(uint64_t)15;
}

enum stop { STOP_AT_CALL, STOP_BEFORE_USER };

/*
 * Resume the task until it is stopped at a call (entry or exit), or by PTRACE_INTERRUPT on
 * its way to user mode. What happens to other tasks is noted in the table only.
 */
static int run_to_stop(struct tracees *tracees, pid_t tid, enum stop wanted,
		       const struct inject_helper *helper)
{
	int request = wanted == STOP_AT_CALL ? PTRACE_SYSCALL : PTRACE_CONT;
	int signal = 0;
	int status;
	pid_t who;

	for (;;) {
		int error = tracees_resume(tracees, tid, request, signal);

		if (error < 0 && error != -ESRCH)
			return error;
		if (helper && (error = helper->help(tracees, tid, helper->data)) < 0)
			return error;
		do {
			error = tracees_next(tracees, &who, &status);
			if (error < 0)
				return error == -ECHILD ? -ESRCH : error;
		} while (who != tid);
		if (!WIFSTOPPED(status))
			return -ESRCH;

		signal = 0;
		if (stop_event(status) == PTRACE_EVENT_STOP) {
			/*
			 * Job control, or the wish for a stop. Held up only once the call is
			 * done: a group stop lasts, and is reported again by that stop.
			 */
			if (wanted == STOP_BEFORE_USER)
				return 0;
		} else if (stop_event(status) == PTRACE_EVENT_SECCOMP) {
			/* The filter that is on leaves the call to us: it is our own. */
			if (wanted != STOP_AT_CALL)
				return -EIO;
		} else if (stop_event(status) == 0 && WSTOPSIG(status) == (SIGTRAP | 0x80)) {
			return wanted == STOP_AT_CALL ? 0 : -EIO;
		} else if (stop_event(status) == 0 && WSTOPSIG(status) == SIGSTOP) {
			signal = SIGSTOP; /* cannot be blocked; dropping it would lose it */
		} else {
			return -EIO;
		}
	}
}

/* Is this stop the entry of exactly the call we set up? */
static bool at_entry_of(pid_t tid, long number, const uint64_t arguments[6])
{
	struct __ptrace_syscall_info info;

	memset(&info, 0, sizeof(info));
	if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, (void *)sizeof(info), &info) <= 0)
		return false;
	return info.op == PTRACE_SYSCALL_INFO_ENTRY && info.arch == INJECT_AUDIT_ARCH &&
	       info.entry.nr == (uint64_t)number &&
	       memcmp(info.entry.args, arguments, 6 * sizeof(arguments[0])) == 0;
}

static int run_call(struct tracees *tracees, pid_t tid, long number, const uint64_t arguments[6],
		    int64_t *answer, const struct inject_helper *helper)
{
	struct inject_registers registers;
	int error;

	error = run_to_stop(tracees, tid, STOP_AT_CALL, NULL);
	if (error < 0)
		return error;
	if (!at_entry_of(tid, number, arguments))
		return -EIO;
	error = run_to_stop(tracees, tid, STOP_AT_CALL, helper);
	if (error < 0)
		return error;
	error = inject_get_registers(tid, &registers);
	if (error < 0)
		return error;
	*answer = inject_answer(&registers);
	/*
	 * A stop on the way to user mode, where the kernel also looks whether a call is to be
	 * restarted: what is restored there is treated as it would have been without us.
	 */
	if (ptrace(PTRACE_INTERRUPT, tid, NULL, NULL) < 0)
		return -errno;
	return run_to_stop(tracees, tid, STOP_BEFORE_USER, NULL);
}

int inject_call(struct tracees *tracees, pid_t tid, long number, const uint64_t arguments[6],
		int64_t *answer)
{
	return inject_call_with(tracees, tid, number, arguments, answer, NULL);
}

int inject_call_with(struct tracees *tracees, pid_t tid, long number, const uint64_t arguments[6],
		     int64_t *answer, const struct inject_helper *helper)
{
	struct inject_registers before, during;
	unsigned char code[sizeof(inject_call_code)];
	uint64_t mask, all = UINT64_MAX;
	uint64_t pc;
	int error;

	error = inject_get_registers(tid, &before);
	if (error < 0)
		return error;
	pc = inject_pc(&before);
	error = inject_read(tid, pc, code, sizeof(code));
	if (error < 0)
		return error;
	if (ptrace(PTRACE_GETSIGMASK, tid, (void *)sizeof(mask), &mask) < 0 ||
	    ptrace(PTRACE_SETSIGMASK, tid, (void *)sizeof(all), &all) < 0)
		return -errno;

	during = before;
	inject_set_call(&during, number, arguments);
	error = inject_write(tid, pc, inject_call_code, sizeof(inject_call_code));
	if (error == 0)
		error = inject_set_registers(tid, &during);
	if (error == 0)
		error = run_call(tracees, tid, number, arguments, answer, helper);
	if (error < 0)
		return error; /* the caller kills it: nothing to restore */

	error = inject_write(tid, pc, code, sizeof(code));
	if (error == 0)
		error = inject_set_registers(tid, &before);
	if (error == 0 && ptrace(PTRACE_SETSIGMASK, tid, (void *)sizeof(mask), &mask) < 0)
		error = -errno;
	return error;
}

/*
 * Memory for a filter that nobody but us can write to: new, so that no read of a file or device
 * that the program has started is under way into it, and read-only, so that none can be
 * started (the kernel itself writes for asynchronous calls while all threads are stopped).
 */
static int map_readable(struct tracees *tracees, pid_t tid, size_t size, uint64_t *address)
{
	const uint64_t arguments[6] = { 0,	    size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
					UINT64_MAX, 0 };
	bool is_private = false;
	int64_t answer = 0;
	int error;

	error = inject_call(tracees, tid, __NR_mmap, arguments, &answer);
	if (error < 0)
		return error;
	if (answer <= 0)
		return answer < -4095 || answer == 0 ? -EIO : (int)answer;
	*address = (uint64_t)answer;
	error = proc_is_private(tid, *address, *address + size, &is_private);
	if (error < 0)
		return error;
	return is_private ? 0 : -EIO;
}

int inject_filter(struct tracees *tracees, pid_t tid, const struct sock_fprog *filter,
		  unsigned int flags, int64_t *answer)
{
	size_t code_size = filter->len * sizeof(*filter->filter);
	struct sock_fprog header;
	uint64_t address;
	int error;

	error = map_readable(tracees, tid, sizeof(header) + code_size, &address);
	if (error < 0)
		return error;

	memset(&header, 0, sizeof(header));
	header.len = filter->len;
	header.filter = (struct sock_filter *)(uintptr_t)(address + sizeof(header));
	error = inject_write(tid, address, &header, sizeof(header));
	if (error == 0)
		error = inject_write(tid, address + sizeof(header), filter->filter, code_size);
	if (error < 0)
		return error;

	const uint64_t arguments[6] = { SECCOMP_SET_MODE_FILTER, flags, address };

	return inject_call(tracees, tid, __NR_seccomp, arguments, answer);
}
