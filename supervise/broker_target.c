/* SPDX-License-Identifier: MIT */
#include "broker_target.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <stile/notify.h>

#include "call.h"

/* Room for some thousand groups. Who has more of them is refused. */
#define STATUS_SIZE 65536

static int open_path(int folder, const char *path, int flags)
{
	int fd = openat(folder, path, flags | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* The whole of a small file. Its length, without the NUL that is put behind it; -EFBIG. */
static ssize_t read_whole(int fd, char *text, size_t size)
{
	size_t length = 0;

	for (;;) {
		ssize_t got = read(fd, text + length, size - 1 - length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		length += (size_t)got;
		text[length] = '\0';
		if (got == 0)
			return (ssize_t)length;
		if (length == size - 1)
			return -EFBIG;
	}
}

/* What follows "NAME:" in a status file; NULL: there is no such line. */
static const char *status_field(const char *status, const char *name)
{
	const size_t length = strlen(name);

	/* The first line holds a name that the program chose; its newlines are escaped. */
	for (const char *line = strchr(status, '\n'); line; line = strchr(line, '\n')) {
		line++;
		if (strncmp(line, name, length) == 0 && line[length] == ':')
			return line + length + 1;
	}
	return NULL;
}

/* A number, which must be there; *text goes behind it. */
static bool take_number(const char **text, int base, uint64_t *value)
{
	char *end;

	*text += strspn(*text, "\t ");
	if (**text == '\n' || **text == '\0')
		return false;
	errno = 0;
	*value = strtoull(*text, &end, base);
	if (end == *text || errno != 0)
		return false;
	*text = end;
	return true;
}

/* The line's four numbers: real, effective, saved, and that for files. */
static bool has_ids(const char *status, const char *name, const uint32_t ids[4])
{
	const char *line = status_field(status, name);
	uint64_t value;

	for (int i = 0; line && i < 4; i++)
		if (!take_number(&line, 10, &value) || value != ids[i])
			return false;
	return line;
}

static bool has_own_groups(const char *status)
{
	const char *line = status_field(status, "Groups");
	int count = getgroups(0, NULL), listed = 0;
	gid_t *groups = calloc((size_t)(count > 0 ? count : 1), sizeof(*groups));
	bool is_equal = groups && line && count >= 0 && getgroups(count, groups) == count;
	uint64_t value;

	/* The kernel sorts them, so both lists have one order. */
	while (is_equal && take_number(&line, 10, &value)) {
		is_equal = listed < count && groups[listed] == value;
		listed++;
	}
	free(groups);
	return is_equal && listed == count;
}

static bool has_own_capabilities(const char *status)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];
	const char *line = status_field(status, "CapEff");
	uint64_t value;

	if (!line || !take_number(&line, 16, &value) || syscall(SYS_capget, &header, data) < 0)
		return false;
	return value == ((uint64_t)data[1].effective << 32 | data[0].effective);
}

/* The ids of the calling thread alone, as the kernel has them. */
static bool has_own_ids(const char *status, uid_t *uid)
{
	uid_t users[4];
	gid_t groups[4];

	if (getresuid(&users[0], &users[1], &users[2]) < 0 ||
	    getresgid(&groups[0], &groups[1], &groups[2]) < 0)
		return false;
	/* An id that cannot be changes nothing, and the answer is what there is. */
	users[3] = (uid_t)setfsuid((uid_t)-1);
	groups[3] = (gid_t)setfsgid((gid_t)-1);
	*uid = users[3];
	return has_ids(status, "Uid", users) && has_ids(status, "Gid", groups);
}

/* Their names are read, "user:[4026531837]", which is cheaper than to open them. */
static bool is_in_own_user_namespace(int proc)
{
	char theirs[64], ours[64];
	ssize_t length = readlinkat(proc, "ns/user", theirs, sizeof(theirs));

	return length > 0 && (size_t)length < sizeof(theirs) &&
	       readlink("/proc/thread-self/ns/user", ours, sizeof(ours)) == length &&
	       memcmp(theirs, ours, (size_t)length) == 0;
}

static bool read_umask(const char *status, mode_t *mask)
{
	const char *line = status_field(status, "Umask");
	uint64_t value;

	if (!line || !take_number(&line, 8, &value) || value > 0777)
		return false;
	*mask = (mode_t)value;
	return true;
}

/* A status file in memory, to be freed; NULL: it cannot be read. */
static char *read_status(int folder, const char *path)
{
	int fd = open_path(folder, path, O_RDONLY);
	char *text = malloc(STATUS_SIZE);

	if (fd < 0 || !text || read_whole(fd, text, STATUS_SIZE) < 0) {
		free(text);
		text = NULL;
	}
	if (fd >= 0)
		(void)close(fd);
	return text;
}

/* NULL: the broker may act for it. */
static const char *other_rights(struct target *target)
{
	char *status = read_status(target->proc, "status");
	const char *fault = NULL;

	if (!status || !read_umask(status, &target->umask))
		fault = "the broker cannot read who the target is (/proc/PID/status): EPERM";
	else if (!has_own_ids(status, &target->uid) || !has_own_groups(status))
		fault = "the target runs as another user or in other groups than the supervisor, "
			"and a broker lends nobody its rights: EPERM: start both as the same user";
	else if (!has_own_capabilities(status))
		fault = "the target has other capabilities than the supervisor, and a broker lends "
			"nobody its rights: EPERM: start both with the same ones";
	else if (!is_in_own_user_namespace(target->proc))
		fault = "the target is in another user namespace than the supervisor, and a broker "
			"lends nobody its rights: EPERM: start the supervisor in there";
	free(status);
	return fault;
}

int target_open(struct stile_call *call, struct target *target)
{
	char path[32];

	*target = (struct target){ .proc = -1, .thread = call->notification.thread };
	if (target->thread <= 0) {
		call->fault = "the target is in no PID namespace that the broker sees: EPERM: "
			      "start the supervisor in the target's, or in one above";
		return -EPERM;
	}
	(void)snprintf(path, sizeof(path), "/proc/%d", target->thread);
	target->proc = open_path(AT_FDCWD, path, O_PATH | O_DIRECTORY);
	/* While it waits, the number is its own, and so is what was opened. From here on nothing
	 * is looked up by number. */
	if (stile_check_notification(call->listener, call->notification.id) < 0) {
		target_close(target);
		return -ENOENT;
	}
	call->fault = target->proc < 0 ? "the broker cannot look at the target in /proc: EPERM" :
					 other_rights(target);
	if (call->fault)
		target_close(target);
	return call->fault ? -EPERM : 0;
}

void target_close(struct target *target)
{
	if (target->proc >= 0)
		(void)close(target->proc);
	target->proc = -1;
}

int target_root(const struct target *target)
{
	int fd = open_path(target->proc, "root", O_PATH | O_DIRECTORY);

	return fd < 0 ? -EPERM : fd;
}

int target_folder(const struct target *target, int number)
{
	char path[32];
	int fd;

	if (number == AT_FDCWD) {
		fd = open_path(target->proc, "cwd", O_PATH | O_DIRECTORY);
		return fd < 0 ? -EPERM : fd;
	}
	if (number < 0)
		return -EBADF;
	(void)snprintf(path, sizeof(path), "fd/%d", number);
	fd = open_path(target->proc, path, O_PATH | O_DIRECTORY);
	if (fd == -ENOENT)
		return -EBADF;
	return fd == -EACCES ? -EPERM : fd;
}

int own_umask(void)
{
	char *status = read_status(AT_FDCWD, "/proc/thread-self/status");
	mode_t mask = 0;
	bool is_known = status && read_umask(status, &mask);

	free(status);
	return is_known ? (int)mask : -EPERM;
}
