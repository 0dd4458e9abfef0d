/* SPDX-License-Identifier: MIT */
#include "watch.h"

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <linux/audit.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#define OPTIONS (PTRACE_O_TRACEEXIT | PTRACE_O_TRACECLONE)

#if defined(__x86_64__)

/* The call that a thread was killed for: the kernel has put its registers back. */
static bool read_call(pid_t tid, struct seccomp_data *call)
{
	struct user_regs_struct registers;
	struct iovec all = { &registers, sizeof(registers) };
	struct __ptrace_syscall_info info;

	memset(&info, 0, sizeof(info));
	if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, (void *)sizeof(info), &info) < 0 ||
	    ptrace(PTRACE_GETREGSET, tid, (void *)NT_PRSTATUS, &all) < 0 ||
	    all.iov_len != sizeof(registers))
		return false;
	*call = (struct seccomp_data){ .nr = (int)registers.orig_rax, .arch = info.arch };
	if (info.arch == AUDIT_ARCH_I386) {
		const unsigned long words[6] = { registers.rbx, registers.rcx, registers.rdx,
						 registers.rsi, registers.rdi, registers.rbp };

		for (unsigned int i = 0; i < 6; i++)
			call->args[i] = (uint32_t)words[i];
	} else {
		const unsigned long words[6] = { registers.rdi, registers.rsi, registers.rdx,
						 registers.r10, registers.r8,  registers.r9 };

		for (unsigned int i = 0; i < 6; i++)
			call->args[i] = words[i];
	}
	return true;
}

#else

static bool read_call(pid_t tid, struct seccomp_data *call)
{
	(void)tid;
	(void)call;
	return false;
}

#endif

/* Threads that its constructors made. Those that come later are traced from their start. */
static void seize_threads(pid_t pid)
{
	char path[32];
	DIR *folder;
	const struct dirent *entry;

	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	folder = opendir(path);
	if (!folder)
		return;
	while ((entry = readdir(folder))) {
		const long tid = strtol(entry->d_name, NULL, 10);

		/* One that cannot be traced is not seen when it is killed: no more is lost. */
		if (tid > 0 && tid != pid)
			(void)ptrace(PTRACE_SEIZE, (pid_t)tid, NULL, OPTIONS);
	}
	(void)closedir(folder);
}

static void go_on(pid_t tid, int signal)
{
	/* A thread that has been killed meanwhile needs nothing more. */
	(void)!ptrace(PTRACE_CONT, tid, NULL, (long)signal);
}

void watch_start(struct watch *watch, pid_t pid)
{
	*watch = (struct watch){ .pid = pid };
	watch->is_on = ptrace(PTRACE_SEIZE, pid, NULL, OPTIONS) == 0;
	watch->is_starting = watch->is_on;
	if (watch->is_on)
		seize_threads(pid);
	else /* It has gone if this fails, and waitpid() will tell. */
		(void)!kill(pid, SIGCONT);
}

static void note_end(struct watch *watch, pid_t tid)
{
	unsigned long status = 0;

	if (watch->call_count < WATCH_CALLS_MAX &&
	    ptrace(PTRACE_GETEVENTMSG, tid, NULL, &status) == 0 && WIFSIGNALED((int)status) &&
	    WTERMSIG((int)status) == SIGSYS)
		watch->call_count += read_call(tid, &watch->calls[watch->call_count]);
}

static bool is_stop_signal(int number)
{
	return number == SIGSTOP || number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
}

/* The SIGSTOP with which it was let go, or the SIGCONT that undoes it: it is to see neither. */
static bool is_own_signal(struct watch *watch, int number)
{
	if (watch->is_starting && number == SIGSTOP) {
		watch->is_starting = false;
		return true;
	}
	if (watch->is_continuing && number == SIGCONT) {
		watch->is_continuing = false;
		return true;
	}
	return false;
}

int watch_stop(struct watch *watch, pid_t tid, int status)
{
	const int event = status >> 16, number = WSTOPSIG(status);

	switch (event) {
	case 0: /* a signal for it, unless it is our own */
		go_on(tid, is_own_signal(watch, number) ? 0 : number);
		return 0;
	case PTRACE_EVENT_EXIT:
		note_end(watch, tid);
		break;
	case PTRACE_EVENT_STOP:
		if (!is_stop_signal(number))
			break;
		if (watch->is_starting) { /* as it was let go */
			watch->is_starting = false;
			watch->is_continuing = kill(watch->pid, SIGCONT) == 0;
			break;
		}
		if (tid == watch->pid)
			return number;
		watch_listen(tid);
		return 0;
	}
	go_on(tid, 0);
	return 0;
}

void watch_listen(pid_t tid)
{
	(void)!ptrace(PTRACE_LISTEN, tid, NULL, NULL);
}
