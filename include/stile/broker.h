/* SPDX-License-Identifier: MIT */
#ifndef STILE_BROKER_H
#define STILE_BROKER_H

#include <stddef.h>
#include <stdint.h>

struct stile;

/*
 * A broker does calls for its targets that cannot be judged by a filter, since they name a path
 * or an address in memory: it copies that, judges the copy, does the call on the copy and gives
 * the target the result. What another thread of the target writes meanwhile changes nothing.
 *
 * Paths are resolved as for the target: its root and working folder, its umask. What is judged is
 * the folder in which the file really is, whatever links led there; a hard link is a file of the
 * folder that its name is in. Links of /proc (/proc/self, /proc/PID/fd/N, and so /dev/stdin,
 * /dev/stdout, /dev/stderr and /dev/fd/N, which lead there) are refused with ELOOP, and all else
 * that is a process's own in /proc with EACCES: such a link says something else to each process,
 * and what it leads to may have no name, or one that no rule was asked about. A target uses the
 * descriptor that it has in their place (dup(2)). The broker acts with the rights of
 * the supervisor; a target with another user, group, user namespace, or other capabilities than
 * the supervisor's gets EPERM, which is a fault (stile_supervisor_message()).
 *
 * Only opening, connecting and binding is brokered. What else takes a path or an address (unlink,
 * rename, truncate, execve, sendto, mount, io_uring) is for the context to refuse.
 *
 * A broker belongs into a context that refuses: where all else is allowed there are other ways,
 * such as sendto(2) with an address; stile_warnings() says so. Under a broker a target cannot
 * restrict itself by Landlock (ENOSYS), which the broker would not know of, nor use io_uring or
 * open_by_handle_at(2). A UNIX server sees the supervisor's process as its peer (SO_PEERCRED).
 * Opens and connects that wait hold a thread of the supervisor, and stile_supervisor_free() waits
 * for them: a program that goes on trying can delay that. A file that is opened and closed by the
 * broker loses the fcntl(2) locks that the supervisor's own process has on it.
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

/* Of the first error, which stays (-EALREADY does not, and has a sentence nevertheless). */
const char *stile_broker_message(const struct stile_broker *broker);

/*
 * Permits opening (open, openat, openat2, creat): a file, or all that is beneath a folder. The
 * path must exist (-ENOENT, or why else it cannot be opened); it is opened at once, so that
 * renaming it later does not matter. A file is that file as long as it is in its folder, and
 * not one that takes its name later. What is mounted in a folder is in it; where a folder is
 * mounted a second time, or in another mount namespace, it is another folder. -EINVAL:
 * STILE_BROKER_CREATE for a file.
 */
int stile_broker_allow_path(struct stile_broker *broker, const char *path, unsigned int access);

/*
 * Permits connecting to, or binding to, addresses: "127.0.0.1", "10.0.0.0/8", "::1", "*" (all of
 * IPv4 and IPv6); ports from first to last, for bind from 0, which is one that the kernel chooses,
 * for connect from 1 (-EINVAL). An IPv4 address in IPv6 (::ffff:127.0.0.1) is one of IPv4. The
 * addresses "0.0.0.0" and "::" are no patterns: to bind to them is to be reached from everywhere,
 * and to connect to them leads to this machine, as 127.0.0.1 and ::1 do. Networks that hold them,
 * such as "0.0.0.0/0", permit that. For UNIX sockets no ports (0, 0), and a path: a folder,
 * for all beneath it, or a name in a folder, of a socket that may be made later
 * ("/run/x.sock"); or "@name" for an abstract one, "@" for one that the kernel chooses.
 */
int stile_broker_allow_connect(struct stile_broker *broker, const char *address,
			       unsigned int first_port, unsigned int last_port);
int stile_broker_allow_bind(struct stile_broker *broker, const char *address,
			    unsigned int first_port, unsigned int last_port);

/*
 * Has the calls for which the broker has rules answered by it: those for opening if there is a
 * path, connect or bind if there is an address. What no rule permits fails with EACCES. The
 * broker does not change afterwards (-EALREADY), but other contexts may use it too. It answers
 * every call of these names: a grant or a handler of the context that holds one of them
 * (system_io.open_readonly), or a second broker for them, is -EEXIST. -ENODATA: it has no rules;
 * or its own first error.
 */
int stile_use_broker(struct stile *s, struct stile_broker *broker);

#endif
