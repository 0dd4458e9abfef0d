/* SPDX-License-Identifier: MIT */
#ifndef STILE_INTERCEPT_H
#define STILE_INTERCEPT_H

#include <stdbool.h>
#include <stdint.h>

#include <stile/supervise.h>

/*
 * Intercepts stop a target at chosen calls by ptrace(2), and can read and change its
 * registers. They are dearer than handlers of stile_on() and needed only where arguments or
 * results are to be changed. Calls that are not named cost nothing (SECCOMP_RET_TRACE, never
 * PTRACE_SYSCALL for all). A target can have one tracer: it cannot be debugged meanwhile, and
 * it cannot debug (ptrace(2) fails). They work on x86_64 and aarch64.
 *
 * A supervisor with such targets is a process in which nobody waits for any child: wait(2),
 * waitpid(2) with -1 or 0, waitid(2) with P_ALL, in no thread and in no handler of SIGCHLD, not
 * with WNOHANG either. It would take stops that are its tracer's, and the stopped target stays
 * stopped. Waiting for a child by its number is safe. (In stile_supervise_self() no such handler
 * runs.)
 */

/*
 * Has entry asked before the call is made, and exit after it; either may be NULL. `what`, and the
 * second form, are as for stile_on(); calls of basic can be intercepted too, but for exit,
 * exit_group, restart_syscall, rt_sigreturn and sigreturn. At entry ALLOW makes the call with the
 * registers as the handler left them; it is permitted after memory was read, but then decides
 * nothing (stile/supervise.h): threads of the target can change that memory before the kernel reads
 * it. FAIL and RETURN skip the call; exit is not asked then. What exit returns: ALLOW leaves the
 * result as it is (or as stile_call_set_result() made it), FAIL and RETURN replace it, KILL kills.
 */
int stile_intercept(struct stile *s, const char *what, stile_handler entry, stile_handler exit,
		    void *data);
int stile_override_intercept(struct stile *s, const char *what, stile_handler entry,
			     stile_handler exit, void *data);

/*
 * Asked after a program of the tree has been executed (execve(2) succeeded, before its first
 * instruction), where its file can be judged for certain: see stile_call_program(). Everything but
 * ALLOW kills it. One for each context; the calls themselves must be granted.
 */
int stile_on_exec(struct stile *s, stile_handler handler, void *data);

/*
 * The path of the running program of the call's process (/proc/PID/exe): its length, or -ENOENT,
 * -ENAMETOOLONG. It is for people: a target with mounts of its own chooses what its file is called.
 * stat(2) of /proc/PID/exe, with stile_call_process(), leads to the file itself, whose device and
 * inode number can be judged (examples/exec_sandbox.c). A script is its interpreter.
 */
ssize_t stile_call_program(struct stile_call *call, char *buffer, size_t size);

/* At exit: what the call returned, a negative errno from -4095 on for a failure. 0 at entry. */
int64_t stile_call_result(const struct stile_call *call);
bool stile_call_is_exit(const struct stile_call *call);

/*
 * Changes, which take place when the handler returns; -EINVAL where they are not possible (a
 * notification, an argument at exit, a result at entry, an index above 5).
 */
int stile_call_set_argument(struct stile_call *call, unsigned int index, uint64_t value);
int stile_call_set_number(struct stile_call *call, long number); /* another call is made */
int stile_call_set_result(struct stile_call *call, int64_t value);

/*
 * Registers by name: on x86_64 rax rbx rcx rdx rsi rdi rbp rsp r8 to r15 rip eflags orig_rax
 * cs ss fs_base gs_base; on aarch64 x0 to x30 sp pc pstate. -ENOENT: there is no such
 * register; -EINVAL: not in a notification. Setting cs or ss is -EINVAL.
 */
int stile_call_register(const struct stile_call *call, const char *name, uint64_t *value);
int stile_call_set_register(struct stile_call *call, const char *name, uint64_t value);

/* The registers' names of an ABI, NULL-ended; NULL: not known. Static memory. */
const char *const *stile_register_names(enum stile_abi abi);

/*
 * Hides the vDSO from programs that stile_supervisor_spawn() and stile_spawn() start: time(),
 * gettimeofday() and clock_gettime() then are system calls, which handlers see (and which
 * are slower). Programs made by a later exec too, if there are intercepts.
 */
int stile_hide_vdso(struct stile *s);

#endif
