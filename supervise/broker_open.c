/* SPDX-License-Identifier: MIT */
/* Opens files for targets. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "broker.h"
#include "broker_apart.h"
#include "broker_fifo.h"
#include "broker_judge.h"
#include "broker_open_at.h"
#include "broker_request.h"
#include "broker_target.h"
#include "broker_walk.h"

#define TEMPORARY (O_TMPFILE & ~O_DIRECTORY)
#define ANY_ACCESS (STILE_BROKER_READ | STILE_BROKER_WRITE | STILE_BROKER_CREATE)

/* A file that is made and removed all the time is looked for so often. */
#define TRIES_MAX 1000

struct opening {
	struct stile_call *call;
	const struct stile_broker *broker;
	struct open_request request;
	struct target target;
	struct walk walk;
};

static bool asks_for(const struct opening *o, uint64_t flag)
{
	return o->request.flags & flag;
}

/* What it takes to open what exists. O_PATH is no less than reading: it shows what is there. */
static unsigned int access_of(const struct opening *o)
{
	unsigned int access;

	if (asks_for(o, TEMPORARY))
		return STILE_BROKER_CREATE;
	switch (o->request.flags & O_ACCMODE) {
	case O_RDONLY:
		access = STILE_BROKER_READ;
		break;
	case O_WRONLY:
		access = STILE_BROKER_WRITE;
		break;
	default:
		access = STILE_BROKER_READ | STILE_BROKER_WRITE;
	}
	return asks_for(o, O_TRUNC) ? access | STILE_BROKER_WRITE : access;
}

/* ---- What is made ---- */

struct creation {
	int folder;
	const char *name;
	uint64_t flags, mode;
};

static int create(void *data)
{
	const struct creation *c = data;

	return open_at(c->folder, c->name, c->flags, c->mode, 0);
}

/* With the target's umask, which is not just cut from the mode where folders have ACLs. */
static int create_as(const struct target *target, struct creation *c)
{
	int mask = own_umask();

	if (mask < 0)
		return mask;
	return (mode_t)mask == target->umask ? create(c) : act_apart(target->umask, create, c);
}

/* A new file or nothing, so that nothing is opened here that was there and was not judged. */
static int open_new(struct opening *o)
{
	struct creation c = { .folder = o->walk.folder,
			      .name = o->walk.name,
			      .flags = o->request.flags | O_EXCL | O_NOFOLLOW | O_NOCTTY,
			      .mode = o->request.mode };

	return create_as(&o->target, &c);
}

static int open_temporary(struct opening *o, int folder)
{
	struct creation c = { .folder = folder,
			      .name = ".",
			      .flags = o->request.flags & ~(uint64_t)O_NOFOLLOW,
			      .mode = o->request.mode };

	return create_as(&o->target, &c);
}

static int open_missing(struct opening *o)
{
	unsigned int access = judge_path(o->broker, o->walk.folder, -1, false, ANY_ACCESS);

	if (!asks_for(o, O_CREAT))
		return access ? -ENOENT : -EACCES;
	return access & STILE_BROKER_CREATE ? open_new(o) : -EACCES;
}

/* ---- What exists ---- */

/* O_CREAT in folders like /tmp: not others' files (proc(5), "protected_regular", here always). */
static int check_ownership(const struct opening *o, const struct stat *status)
{
	struct stat folder;

	if (!asks_for(o, O_CREAT) || !(S_ISREG(status->st_mode) || S_ISFIFO(status->st_mode)))
		return 0;
	if (fstat(o->walk.folder, &folder) < 0)
		return -errno;
	if ((folder.st_mode & (S_ISVTX | S_IWOTH)) != (S_ISVTX | S_IWOTH))
		return 0;
	return status->st_uid == folder.st_uid || status->st_uid == o->target.uid ? 0 : -EACCES;
}

/* /dev/tty is the terminal of whoever opens it. */
static int check_terminal(const struct opening *o, const struct stat *status)
{
	if (!S_ISCHR(status->st_mode) || status->st_rdev != makedev(5, 0))
		return 0;
	return getsid(o->target.thread) == getsid(0) ? 0 : -ENXIO;
}

static int check_kind(const struct opening *o, const struct stat *status)
{
	const bool is_folder = S_ISDIR(status->st_mode);

	if (asks_for(o, O_CREAT)) {
		if (asks_for(o, O_EXCL))
			return -EEXIST;
		if (is_folder)
			return -EISDIR;
	}
	if ((asks_for(o, O_DIRECTORY) || o->walk.must_be_folder) && !is_folder)
		return -ENOTDIR;
	if (S_ISLNK(status->st_mode) && !asks_for(o, O_PATH))
		return -ELOOP;
	return 0;
}

/*
 * The kernel gives a target no descriptor that is open with O_PATH (SECCOMP_IOCTL_NOTIF_ADDFD). One
 * for reading, which takes the same rule, can do all that such a one can, but opening anything
 * other than files and folders does something.
 */
static int open_for_path(int object, const struct stat *status)
{
	if (S_ISREG(status->st_mode) || S_ISDIR(status->st_mode))
		return open_again(object, O_RDONLY);
	return -EOPNOTSUPP;
}

/* Waits for nobody but the other end of a FIFO; a terminal never becomes the supervisor's own. */
static int reopen(const struct opening *o, int object, const struct stat *status)
{
	int flags = ((int)o->request.flags & ~(O_NOFOLLOW | O_CREAT)) | O_NOCTTY;

	if (asks_for(o, O_PATH))
		return open_for_path(object, status);
	if (S_ISFIFO(status->st_mode) && !asks_for(o, O_NONBLOCK) && (flags & O_ACCMODE) != O_RDWR)
		return fifo_open(o->call, object, flags);
	return open_again(object, flags);
}

static int open_existing(struct opening *o, int object, const struct stat *status)
{
	const unsigned int wanted = access_of(o);
	int error;

	if ((judge_path(o->broker, o->walk.folder, object, S_ISDIR(status->st_mode), wanted) &
	     wanted) != wanted)
		return -EACCES;
	error = check_kind(o, status);
	if (error == 0)
		error = check_ownership(o, status);
	if (error == 0)
		error = check_terminal(o, status);
	if (error)
		return error;
	return asks_for(o, TEMPORARY) ? open_temporary(o, object) : reopen(o, object, status);
}

static bool follows(const struct opening *o, const struct stat *status)
{
	if (!S_ISLNK(status->st_mode))
		return false;
	if (asks_for(o, O_CREAT) && asks_for(o, O_EXCL))
		return false;
	return o->walk.must_be_folder || !asks_for(o, O_NOFOLLOW);
}

/* ---- From the path to the file ---- */

/* -ERESTART: once more, it was a link. */
static int open_object(struct opening *o, int object)
{
	struct stat status;
	int error;

	if (fstat(object, &status) < 0)
		return -errno;
	if (!follows(o, &status))
		return open_existing(o, object, &status);
	error = walk_follow(&o->walk, object);
	return error ? error : -ERESTART;
}

static int open_last(struct opening *o)
{
	for (int i = 0; i < TRIES_MAX; i++) {
		int object, fd;

		if (asks_for(o, O_CREAT) && o->walk.must_be_folder)
			return -EISDIR;
		object = walk_object(&o->walk);
		if (object == -ENOENT) {
			fd = open_missing(o);
			if (fd == -EEXIST && !asks_for(o, O_EXCL))
				continue;
			return fd;
		}
		if (object < 0)
			return object;
		fd = open_object(o, object);
		(void)close(object);
		if (fd != -ERESTART)
			return fd;
	}
	return -EBUSY;
}

static int open_path(struct opening *o)
{
	int root = target_root(&o->target), start, fd;

	if (root < 0)
		return root;
	start = o->request.path[0] == '/' && !(o->request.resolve & RESOLVE_IN_ROOT) ?
			fcntl(root, F_DUPFD_CLOEXEC, 0) :
			target_folder(&o->target, o->request.folder);
	fd = start < 0 ? start :
			 walk_begin(&o->walk, root, start, o->request.path, o->request.resolve,
				    o->target.uid);
	if (start >= 0) {
		if (fd == 0)
			fd = open_last(o);
		walk_end(&o->walk);
		(void)close(start);
	}
	(void)close(root);
	return fd;
}

static struct stile_answer give(struct opening *o, int fd)
{
	int number;

	if (fd < 0)
		return stile_answer_fail(-fd);
	number = stile_call_give_descriptor(o->call, fd, o->request.is_closed_on_exec);
	(void)close(fd);
	return number < 0 ? stile_answer_fail(-number) : stile_answer_done();
}

static struct stile_answer open_for(struct opening *o, int error)
{
	struct stile_answer answer;

	if (error == 0)
		error = target_open(o->call, &o->target);
	if (error) {
		answer = stile_answer_fail(-error);
	} else {
		answer = give(o, open_path(o));
		target_close(&o->target);
	}
	free(o);
	return answer;
}

static struct opening *begin(struct stile_call *call, void *data)
{
	struct opening *o = malloc(sizeof(*o));

	if (o) {
		o->call = call;
		o->broker = data;
	}
	return o;
}

static struct stile_answer open_plain(struct stile_call *call, void *data, int folder,
				      unsigned int path, uint32_t flags, unsigned int mode)
{
	struct opening *o = begin(call, data);

	if (!o)
		return stile_answer_fail(ENOMEM);
	return open_for(o,
			open_request_plain(call, folder, stile_call_argument(call, path), flags,
					   (uint32_t)stile_call_argument(call, mode), &o->request));
}

struct stile_answer broker_on_open(struct stile_call *call, void *data)
{
	return open_plain(call, data, AT_FDCWD, 0, (uint32_t)stile_call_argument(call, 1), 2);
}

struct stile_answer broker_on_creat(struct stile_call *call, void *data)
{
	return open_plain(call, data, AT_FDCWD, 0, O_CREAT | O_WRONLY | O_TRUNC, 1);
}

struct stile_answer broker_on_openat(struct stile_call *call, void *data)
{
	return open_plain(call, data, (int)(uint32_t)stile_call_argument(call, 0), 1,
			  (uint32_t)stile_call_argument(call, 2), 3);
}

struct stile_answer broker_on_openat2(struct stile_call *call, void *data)
{
	struct opening *o = begin(call, data);

	if (!o)
		return stile_answer_fail(ENOMEM);
	return open_for(o,
			open_request_how(call, (int)(uint32_t)stile_call_argument(call, 0),
					 stile_call_argument(call, 1), stile_call_argument(call, 2),
					 stile_call_argument(call, 3), &o->request));
}
