/* SPDX-License-Identifier: MIT */
#include "broker_place.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define DEPTH_MAX 4096
#define PROC_ROOT_INODE 1

#ifndef STATX_MNT_ID
#define STATX_MNT_ID 0x1000U
#endif

int place_of(int fd, struct place *place)
{
	const unsigned int wanted = STATX_INO | STATX_MNT_ID;
	struct statx status;

	if (statx(fd, "", AT_EMPTY_PATH | AT_NO_AUTOMOUNT, wanted, &status) < 0)
		return -errno;
	if ((status.stx_mask & wanted) != wanted)
		return -ENOSYS;
	*place = (struct place){ .inode = status.stx_ino,
				 .mount = status.stx_mnt_id,
				 .device_major = status.stx_dev_major,
				 .device_minor = status.stx_dev_minor };
	return 0;
}

bool place_equal(const struct place *a, const struct place *b)
{
	return a->inode == b->inode && a->mount == b->mount && a->device_major == b->device_major &&
	       a->device_minor == b->device_minor;
}

static int open_above(int folder)
{
	int above = openat(folder, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return above < 0 ? -errno : above;
}

/* From current, which is closed, to what it lies in. -ENODATA: nothing. */
static int step_up(int current, const struct place *place, struct place *place_above)
{
	int above = open_above(current), error;

	(void)close(current);
	if (above < 0)
		return above;
	error = place_of(above, place_above);
	if (error == 0 && place_equal(place, place_above))
		error = -ENODATA;
	if (error == 0)
		return above;
	(void)close(above);
	return error;
}

int place_climb(int folder, bool (*visit)(const struct place *place, void *data), void *data)
{
	struct place place, place_above;
	int current = fcntl(folder, F_DUPFD_CLOEXEC, 0), error;

	if (current < 0)
		return -errno;
	error = place_of(current, &place);
	if (error < 0) {
		(void)close(current);
		return error;
	}
	for (int depth = 0; depth < DEPTH_MAX; depth++) {
		if (visit(&place, data)) {
			(void)close(current);
			return 0;
		}
		current = step_up(current, &place, &place_above);
		if (current < 0)
			return current == -ENODATA ? 0 : current;
		place = place_above;
	}
	(void)close(current);
	return -ELOOP;
}

static bool is_on_proc(int fd)
{
	struct statfs status;

	return fstatfs(fd, &status) < 0 || status.f_type == PROC_SUPER_MAGIC;
}

/* Folders of processes, and those of threads, have this one; no other folder of proc has. */
static bool has_tasks(int folder)
{
	struct stat status;

	return fstatat(folder, "task", &status, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

bool place_is_of_process(int object, int folder)
{
	int current = is_on_proc(object) ? fcntl(folder, F_DUPFD_CLOEXEC, 0) : -1;
	bool is_of_process = true;
	struct place place, place_above;

	if (current < 0)
		return is_on_proc(object);
	/* Up to the root of that filesystem. If there is none, since something in it is mounted
	 * by itself, it may be one of a process. */
	for (int depth = 0; depth < DEPTH_MAX && is_on_proc(current); depth++) {
		if (place_of(current, &place) < 0)
			break;
		if (place.inode == PROC_ROOT_INODE) {
			is_of_process = false;
			break;
		}
		if (has_tasks(current))
			break;
		current = step_up(current, &place, &place_above);
		if (current < 0)
			return true;
	}
	(void)close(current);
	return is_of_process;
}
