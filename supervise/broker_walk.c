/* SPDX-License-Identifier: MIT */
#include "broker_walk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "broker_open_at.h"
#include "broker_place.h"

#define LINKS_MAX 40 /* as the kernel has it */
#define RESOLVE_SCOPED (RESOLVE_BENEATH | RESOLVE_IN_ROOT)

/* statfs(2): what lies on a filesystem that was mounted with "nosymfollow" */
#define STATFS_NO_SYMFOLLOW 0x2000

static int open_step(const struct walk *walk, const char *path, uint64_t flags, uint64_t resolve)
{
	resolve |= walk->resolve & RESOLVE_NO_XDEV;
	return open_at(walk->folder, path, flags | O_PATH, 0, resolve);
}

static void move_to(struct walk *walk, int folder)
{
	(void)close(walk->folder);
	walk->folder = folder;
}

static int duplicate(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	return copy < 0 ? -errno : copy;
}

static int is_at_root(const struct walk *walk)
{
	struct place here, root;
	int error = place_of(walk->folder, &here);

	if (error == 0)
		error = place_of(walk->root, &root);
	return error ? error : place_equal(&here, &root);
}

static int step_up(struct walk *walk)
{
	int is_root = is_at_root(walk), above;

	if (is_root < 0)
		return is_root;
	if (is_root)
		return walk->resolve & RESOLVE_BENEATH ? -EXDEV : 0;
	above = open_step(walk, "..", O_DIRECTORY, 0);
	if (above < 0)
		return above;
	move_to(walk, above);
	return 0;
}

static int step_to_root(struct walk *walk)
{
	struct place here, root;
	int fd, error;

	if (walk->resolve & RESOLVE_BENEATH)
		return -EXDEV;
	if (walk->resolve & RESOLVE_NO_XDEV) {
		error = place_of(walk->folder, &here);
		if (error == 0)
			error = place_of(walk->root, &root);
		if (error)
			return error;
		if (here.mount != root.mount)
			return -EXDEV;
	}
	fd = duplicate(walk->root);
	if (fd < 0)
		return fd;
	move_to(walk, fd);
	return 0;
}

/*
 * What the kernel would ask of whoever follows a link: not where links are mounted off, and not
 * those of others in folders like /tmp (proc(5), "protected_symlinks", here always). Links of proc
 * are not for the supervisor to read, since many say something else to each process.
 */
static int may_follow(const struct walk *walk, int link)
{
	struct stat status, folder;
	struct statfs filesystem;

	if (walk->resolve & RESOLVE_NO_SYMLINKS)
		return -ELOOP;
	if (fstatfs(link, &filesystem) < 0 || fstat(link, &status) < 0 ||
	    fstat(walk->folder, &folder) < 0)
		return -errno;
	if (filesystem.f_type == PROC_SUPER_MAGIC || filesystem.f_flags & STATFS_NO_SYMFOLLOW)
		return -ELOOP;
	if ((folder.st_mode & (S_ISVTX | S_IWOTH)) == (S_ISVTX | S_IWOTH) &&
	    status.st_uid != walk->uid && status.st_uid != folder.st_uid)
		return -EACCES;
	return 0;
}

/* Puts a link's text in front of what is left of the path. */
static int read_link(struct walk *walk, int link)
{
	const size_t left = strlen(walk->rest + walk->next);
	ssize_t length = readlinkat(link, "", walk->link_text, sizeof(walk->link_text));

	if (length < 0)
		return -errno;
	if (length == 0)
		return -ENOENT;
	/* The kernel has no such limit for all links together; nobody's links reach it. */
	if ((size_t)length == sizeof(walk->link_text) ||
	    (size_t)length + left + 1 > sizeof(walk->rest))
		return -ENAMETOOLONG;
	memmove(walk->rest + length, walk->rest + walk->next, left + 1);
	memcpy(walk->rest, walk->link_text, (size_t)length);
	walk->next = 0;
	return 0;
}

static int take_link(struct walk *walk, int link)
{
	int error = may_follow(walk, link);

	if (error == 0 && ++walk->links > LINKS_MAX)
		error = -ELOOP;
	if (error == 0)
		error = read_link(walk, link);
	if (error == 0 && walk->rest[0] == '/')
		error = step_to_root(walk);
	return error;
}

/* A step that is neither "." nor "..": into a folder, or a link to be followed. */
static int step_down(struct walk *walk, const char *name, bool *is_link)
{
	struct stat status;
	int fd = open_step(walk, name, O_NOFOLLOW, 0), error = 0;

	if (fd < 0)
		return fd;
	if (fstat(fd, &status) < 0)
		error = -errno;
	else if (S_ISDIR(status.st_mode)) {
		move_to(walk, fd);
		return 0;
	} else if (S_ISLNK(status.st_mode)) {
		*is_link = true;
		error = take_link(walk, fd);
	} else {
		error = -ENOTDIR;
	}
	(void)close(fd);
	return error;
}

static void skip_slashes(struct walk *walk)
{
	while (walk->rest[walk->next] == '/')
		walk->next++;
}

/* Copies the next component and goes behind it, but not behind its slashes. */
static int take_component(struct walk *walk, char name[NAME_MAX + 1])
{
	const char *start = walk->rest + walk->next;
	const size_t length = strcspn(start, "/");

	if (length > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(name, start, length);
	name[length] = '\0';
	walk->next += length;
	return 0;
}

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Where the last component starts in the rest, which has no slashes in front. */
static size_t last_component(const struct walk *walk)
{
	const char *rest = walk->rest + walk->next;
	size_t end = strlen(rest);

	while (end > 0 && rest[end - 1] == '/')
		end--;
	while (end > 0 && rest[end - 1] != '/')
		end--;
	return walk->next + end;
}

static bool has_step_up(const char *path, size_t length)
{
	const char *end = path + length;

	while (path < end) {
		const size_t piece = strcspn(path, "/");

		if (piece == 2 && path[0] == '.' && path[1] == '.')
			return true;
		path += piece + 1;
	}
	return false;
}

/*
 * All folders up to the last component in one call. Where there is no link and no "..", a path
 * means the same whatever its root is. -ELOOP: there is a link.
 */
static int step_far(struct walk *walk, size_t last)
{
	char *rest = walk->rest + walk->next;
	const char first_of_last = walk->rest[last];
	int fd;

	walk->rest[last] = '\0';
	fd = open_step(walk, rest, O_DIRECTORY, RESOLVE_NO_SYMLINKS);
	walk->rest[last] = first_of_last;
	if (fd < 0)
		return fd;
	move_to(walk, fd);
	walk->next = last;
	return 0;
}

/* One component that is not the last one. */
static int step(struct walk *walk, bool *is_link)
{
	char name[NAME_MAX + 1];
	int error = take_component(walk, name);

	if (error)
		return error;
	if (strcmp(name, ".") == 0)
		return 0;
	return strcmp(name, "..") == 0 ? step_up(walk) : step_down(walk, name, is_link);
}

static int take_last(struct walk *walk)
{
	int error = take_component(walk, walk->name);

	if (error)
		return error;
	if (walk->rest[walk->next] == '/')
		walk->must_be_folder = true;
	if (!is_dots(walk->name))
		return 0;
	error = strcmp(walk->name, "..") == 0 ? step_up(walk) : 0;
	walk->name[0] = '\0';
	return error;
}

/* Steps through a link are made by hand; then there may be a long way without one again. */
static int go_to_last(struct walk *walk)
{
	bool may_go_far = true;

	for (;;) {
		bool is_link = false;
		size_t last;
		int error;

		skip_slashes(walk);
		last = last_component(walk);
		if (last == walk->next)
			return take_last(walk);
		if (may_go_far && !has_step_up(walk->rest + walk->next, last - walk->next)) {
			error = step_far(walk, last);
			if (error == -ELOOP && !(walk->resolve & RESOLVE_NO_SYMLINKS)) {
				may_go_far = false;
				continue;
			}
		} else {
			error = step(walk, &is_link);
		}
		if (error)
			return error;
		if (is_link)
			may_go_far = true;
	}
}

struct search {
	struct place wanted;
	bool is_found;
};

static bool is_wanted(const struct place *place, void *data)
{
	struct search *search = data;

	search->is_found = place_equal(place, &search->wanted);
	return search->is_found;
}

/* A folder that was moved meanwhile may have led ".." past the root that the target has set. */
static int check_scope(const struct walk *walk)
{
	struct search search = { .is_found = false };
	int error;

	if (!(walk->resolve & RESOLVE_SCOPED))
		return 0;
	error = place_of(walk->root, &search.wanted);
	if (error == 0)
		error = place_climb(walk->folder, is_wanted, &search);
	if (error)
		return error;
	return search.is_found ? 0 : -EAGAIN;
}

static int go(struct walk *walk)
{
	int error = go_to_last(walk);

	return error ? error : check_scope(walk);
}

int walk_begin(struct walk *walk, int root, int start, const char *path, uint64_t resolve,
	       uid_t uid)
{
	walk->root = resolve & RESOLVE_SCOPED ? start : root;
	walk->resolve = resolve;
	walk->uid = uid;
	walk->links = 0;
	walk->must_be_folder = false;
	walk->name[0] = '\0';
	walk->next = 0;
	walk->folder = -1;
	if (path[0] == '\0')
		return -ENOENT;
	if (strlen(path) >= PATH_MAX)
		return -ENAMETOOLONG;
	strcpy(walk->rest, path);
	if (path[0] == '/' && resolve & RESOLVE_BENEATH)
		return -EXDEV;
	walk->folder = duplicate(path[0] == '/' ? walk->root : start);
	if (walk->folder < 0)
		return walk->folder;
	return go(walk);
}

void walk_end(struct walk *walk)
{
	if (walk->folder >= 0)
		(void)close(walk->folder);
	walk->folder = -1;
}

int walk_object(const struct walk *walk)
{
	if (walk->name[0] == '\0')
		return duplicate(walk->folder);
	return open_step(walk, walk->name, O_NOFOLLOW, 0);
}

int walk_follow(struct walk *walk, int link)
{
	int error;

	/* Nothing of the path is left but its slashes, which must_be_folder keeps. */
	walk->next = strlen(walk->rest);
	error = take_link(walk, link);
	return error ? error : go(walk);
}
