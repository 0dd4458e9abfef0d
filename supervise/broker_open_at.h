/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_BROKER_OPEN_AT_H
#define SUPERVISE_BROKER_OPEN_AT_H

/* How the broker opens: openat2(2), for which libc has no function, and what it has already. */

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Close-on-exec, and past no magic link. The descriptor or a negative errno. */
static inline int open_at(int folder, const char *path, uint64_t flags, uint64_t mode,
			  uint64_t resolve)
{
	struct open_how how = { .flags = flags | O_CLOEXEC,
				.mode = mode,
				.resolve = resolve | RESOLVE_NO_MAGICLINKS };
	long fd;

	do
		fd = syscall(SYS_openat2, folder, path, &how, sizeof(how));
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : (int)fd;
}

/* Opens with other flags what a descriptor (O_PATH) is of, and nothing else, whatever it is called
 * by now. As open_at(). */
static inline int open_again(int object, int flags)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/thread-self/fd/%d", object);
	do
		fd = open(path, flags | O_CLOEXEC);
	while (fd < 0 && errno == EINTR);
	return fd < 0 ? -errno : fd;
}

#endif
