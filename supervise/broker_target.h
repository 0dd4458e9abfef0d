/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_BROKER_TARGET_H
#define SUPERVISE_BROKER_TARGET_H

/* Who makes a call, and what its paths start from. */

#include <sys/types.h>

struct stile_call;

struct target {
	int proc; /* /proc/TID (O_PATH): this thread's alone, also when its number is reused */
	mode_t umask;
	uid_t uid; /* for files; the supervisor's is the same */
	pid_t thread;
};

/*
 * -EPERM: it has other rights than the calling thread, or that cannot be found out: call->fault
 * says which; -ENOENT: it is gone. To be closed with target_close() if 0 is returned.
 */
int target_open(struct stile_call *call, struct target *target);
void target_close(struct target *target);

/* Descriptors (O_PATH) to be closed, or a negative errno. A folder is that of a descriptor of the
 * target, or of AT_FDCWD. */
int target_root(const struct target *target);
int target_folder(const struct target *target, int number);

/* The calling thread's own umask; a negative errno. */
int own_umask(void);

#endif
