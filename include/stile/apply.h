/* SPDX-License-Identifier: MIT */
#ifndef STILE_APPLY_H
#define STILE_APPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <stile/context.h>

/* Options of apply; or'ed. */
enum stile_apply_flags {
	STILE_APPLY_LOG = 1 << 0,	 /* the kernel logs refusals (SECCOMP_FILTER_FLAG_LOG) */
	STILE_APPLY_SPEC_ALLOW = 1 << 1, /* no speculation mitigation (…_SPEC_ALLOW) */
	STILE_APPLY_UNPROVED = 1 << 2,	 /* do not prove the filter: for benchmarks */
	/* Of stile_spawn() alone: the program is stopped by SIGSTOP at its entry point, under its
	 * filter, and goes on with SIGCONT. For callers who want to trace it. */
	STILE_SPAWN_STOPPED = 1 << 3,
	/* Of contexts with handlers: up to the entry point, where nobody is asked yet, what they
	 * would be asked is permitted (else it fails with ENOSYS, if the loader does not need it).
	 * For those who watch a program and do not judge it: with a broker (stile/broker.h)
	 * nothing is started, -EINVAL. */
	STILE_SPAWN_UNASKED = 1 << 4
};

/* Sets the flags that the apply functions and stile_spawn() use. */
int stile_set_flags(struct stile *s, unsigned int flags);

/*
 * Enforces the context on the calling thread, or on all threads of the process. Threads
 * and processes that are created later inherit it, exec keeps it, nothing removes it.
 * no_new_privs is set first; it stays set if the filter is then refused. All threads:
 * if one has a filter of its own that the caller does not have, -ESRCH, no thread is filtered.
 * Whoever gets an error must not go on: the program exits.
 */
int stile_apply_to_current_thread(struct stile *s);
int stile_apply_to_all_threads(struct stile *s);

/* What the kernel enforces since a successful apply or spawn. */
struct stile_receipt {
	unsigned int instructions; /* length of the filter */
	/* Instructions that the kernel makes of it; all filters of a thread together may have
	 * 32768, each earlier one counting four more. */
	unsigned int kernel_cost;
	unsigned int threads; /* that got it, counted before; 0 if not known */
	unsigned int flags;   /* enum stile_apply_flags that were in force */
	unsigned int filters; /* of the thread, as the kernel counts; 0 if unknown */
	bool all_threads;
	bool no_new_privs;
	unsigned int syscalls_simple; /* decided by their number alone */
	unsigned int syscalls_conditional;
	/* The proof of the filter: whether there was one (STILE_APPLY_UNPROVED), how many ways
	 * through the filter it followed and how long it took. */
	bool is_proved;
	uint64_t proof_paths, proof_nanoseconds;
	uint64_t policy_hash; /* of what it was proved against, as of struct stile_compiled */
	/* Numbers that no filter of this kernel sees; on x86_64 335 and 336 (uretprobe,
	 * uprobe: kernel/seccomp.c). */
	const int *unfiltered_numbers;
	size_t unfiltered_count;
};

/* The receipt of the last success; NULL before. Belongs to the context. */
const struct stile_receipt *stile_receipt(const struct stile *s);

/*
 * seccomp's mode 1 for the calling thread: read, write, exit and sigreturn, SIGKILL on
 * all else (seccomp(2), SECCOMP_SET_MODE_STRICT). exit means the syscall exit: returning from main
 * or exit(3) calls exit_group and is killed.
 */
int stile_apply_strict(struct stile *s);

/* What the running kernel can do. */
struct stile_kernel {
	bool filters; /* seccomp filters at all */
	bool actions[STILE_ACTION_KILL_PROCESS + 1];
	bool flag_log, flag_spec_allow, flag_thread_sync, flag_wait_killable;
	int landlock_abi; /* 0: none */
};

/* Asks the running kernel; changes nothing. 0 or -ENOSYS. */
int stile_probe_kernel(struct stile_kernel *kernel);

#endif
