/* SPDX-License-Identifier: MIT */
#ifndef STILE_SPAWN_H
#define STILE_SPAWN_H

#include <stdint.h>
#include <sys/types.h>

struct stile;

/*
 * With which signals the program starts: bit 1 << (n - 1) for signal n, as in
 * /proc/PID/status (SigBlk, SigIgn). For callers that block signals around the start.
 */
struct stile_spawn_signals {
	uint64_t blocked;
	uint64_t ignored;
};

/*
 * Starts a program under the context, which need not permit exec and does not get it: the
 * filter is put into the program after the exec, before its first instruction (a wider one
 * for the dynamic loader) and at its entry point (the context's own). The caller is the
 * parent and waits for *pid as usual; nothing traces the program any more when this
 * returns. path is the program's file: no search in PATH. argv and envp are as for
 * execve(2); envp NULL: the caller's environment. Constructors of its libraries run before
 * the entry point, under the loader's filter. The program writes no core file
 * (RLIMIT_CORE is 0). It must be of the native ABI, for which the context must be too; with
 * others in the context (stile_set_abis()) it may make calls by these. signals may be NULL: then
 * they are as in the calling thread.
 * -ENOEXEC: see stile_exec_errno().
 */
int stile_spawn(struct stile *s, const char *path, char *const argv[], char *const envp[],
		const struct stile_spawn_signals *signals, pid_t *pid);

/* The errno of execve(2) after stile_spawn() returned -ENOEXEC, else 0. */
int stile_exec_errno(const struct stile *s);

#endif
