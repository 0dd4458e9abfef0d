/* SPDX-License-Identifier: MIT */
#ifndef STILE_BROKER_H
#define STILE_BROKER_H

#include <stddef.h>
#include <stdint.h>

struct stile;

/*
 * A broker does calls for its targets that cannot be judged by a filter, since they name a
 * path or an address in memory: it copies that, judges the copy, does the call on the copy and
 * gives the target the result. What another thread of the target writes meanwhile changes
 * nothing.
 *
 * Paths are resolved as for the target: its root and working folder, its umask. What is judged
 * is the folder in which the file really is, whatever links led there. Magic links
 * (/proc/PID/fd, /proc/self/...) are refused with ELOOP. The broker acts with the rights of
 * the supervisor; a target with another user, group, or capabilities than the supervisor's
 * gets EPERM.
 */
struct stile_broker;

enum stile_broker_access {
	STILE_BROKER_READ = 1 << 0,
	STILE_BROKER_WRITE = 1 << 1, /* existing files, also to empty them */
	STILE_BROKER_CREATE = 1 << 2 /* new files */
};

/* NULL: out of memory. Freed after all supervisors that use it. */
struct stile_broker *stile_broker_new(void);
void stile_broker_free(struct stile_broker *broker);
const char *stile_broker_message(const struct stile_broker *broker); /* of the first error */

/*
 * Permits opening (open, openat, openat2, creat): a file, or all that is beneath a folder. The
 * path must exist (-ENOENT); it is opened at once, so that renaming it later does not matter.
 */
int stile_broker_allow_path(struct stile_broker *broker, const char *path, unsigned int access);

/*
 * Permits connecting to, or binding to, addresses: "127.0.0.1", "10.0.0.0/8", "::1", "*";
 * ports from first to last; for UNIX sockets a path ("/run/x.sock", all beneath a folder) and
 * no ports, "@name" for abstract ones.
 */
int stile_broker_allow_connect(struct stile_broker *broker, const char *address,
			       unsigned int first_port, unsigned int last_port);
int stile_broker_allow_bind(struct stile_broker *broker, const char *address,
			    unsigned int first_port, unsigned int last_port);

/*
 * Has the calls for which the broker has rules answered by it: those for opening if there is a
 * path, connect or bind if there is an address. What no rule permits fails with EACCES. The
 * broker must not change afterwards.
 */
int stile_use_broker(struct stile *s, struct stile_broker *broker);

#endif
