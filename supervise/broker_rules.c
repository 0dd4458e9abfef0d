/* SPDX-License-Identifier: MIT */
/* What a broker permits, as its owner says it. Paths are opened here and are what they are now. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "broker.h"
#include "broker_open_at.h"
#include "public.h"

#define ALL_ACCESS (STILE_BROKER_READ | STILE_BROKER_WRITE | STILE_BROKER_CREATE)

static void close_if(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

static int fail_path(struct stile_broker *broker, const char *path, int error)
{
	return broker_fail(broker, error, "path '%s': %s", path, strerror(-error));
}

/*
 * The folder that holds the last component of a path, and that component's name; -EINVAL: it has
 * none ("/", "x/..").
 */
static int open_holder(const char *path, char name[NAME_MAX + 1])
{
	const char *slash = strrchr(path, '/');
	const char *last = slash ? slash + 1 : path;
	const size_t length = slash ? (size_t)(last - path) : 0;
	char folder[PATH_MAX];

	if (strlen(last) > NAME_MAX || length >= sizeof(folder))
		return -ENAMETOOLONG;
	if (*last == '\0' || strcmp(last, ".") == 0 || strcmp(last, "..") == 0)
		return -EINVAL;
	strcpy(name, last);
	memcpy(folder, path, length);
	folder[length] = '\0';
	return open_at(AT_FDCWD, length ? folder : ".", O_PATH | O_DIRECTORY, 0, 0);
}

/* The same of a file whose links were followed: where it really is. -ENOENT: nowhere now. */
static int open_real_holder(int file, char name[NAME_MAX + 1])
{
	char link[64], path[PATH_MAX];
	struct stat named, held;
	ssize_t length;
	int holder;

	(void)snprintf(link, sizeof(link), "/proc/thread-self/fd/%d", file);
	length = readlink(link, path, sizeof(path) - 1);
	if (length < 0)
		return -errno;
	path[length] = '\0';
	holder = path[0] == '/' ? open_holder(path, name) : -ENOENT;
	if (holder < 0)
		return holder;
	if (fstatat(holder, name, &named, AT_SYMLINK_NOFOLLOW) == 0 && fstat(file, &held) == 0 &&
	    named.st_dev == held.st_dev && named.st_ino == held.st_ino)
		return holder;
	(void)close(holder);
	return -ENOENT;
}

/* Opens what a rule is about, and for a file its folder. The descriptors are the rule's. */
static int open_rule(const char *path, struct path_rule *rule)
{
	char name[NAME_MAX + 1];
	struct stat status;
	int error;

	rule->held[1] = -1;
	rule->held[0] = open(path, O_PATH | O_CLOEXEC);
	if (rule->held[0] < 0)
		return -errno;
	if (fstat(rule->held[0], &status) < 0)
		return -errno;
	rule->is_folder = S_ISDIR(status.st_mode);
	error = place_of(rule->held[0], &rule->place);
	if (error || rule->is_folder)
		return error;
	rule->held[1] = open_real_holder(rule->held[0], name);
	return rule->held[1] < 0 ? rule->held[1] : place_of(rule->held[1], &rule->holder);
}

static int grow_paths(struct stile_broker *broker)
{
	void *paths = broker_grow(broker, broker->paths, &broker->path_capacity, broker->path_count,
				  sizeof(*broker->paths));

	if (!paths)
		return broker->error;
	broker->paths = paths;
	return 0;
}

STILE_PUBLIC int stile_broker_allow_path(struct stile_broker *broker, const char *path,
					 unsigned int access)
{
	struct path_rule rule = { .access = access, .held = { -1, -1 } };
	int error = broker_change(broker);

	if (error)
		return error;
	if (!path || access == 0 || access & ~(unsigned int)ALL_ACCESS)
		return broker_fail(broker, -EINVAL,
				   "path '%s': access must be some of STILE_BROKER_READ, WRITE "
				   "and CREATE",
				   path ? path : "NULL");
	error = open_rule(path, &rule);
	if (error)
		error = fail_path(broker, path, error);
	else if (!rule.is_folder && access & STILE_BROKER_CREATE)
		error = broker_fail(broker, -EINVAL,
				    "path '%s': STILE_BROKER_CREATE is for folders, and this is a "
				    "file",
				    path);
	else
		error = grow_paths(broker);
	if (error) {
		close_if(rule.held[0]);
		close_if(rule.held[1]);
		return error;
	}
	broker->paths[broker->path_count++] = rule;
	return 0;
}

/*
 * A folder is one, whatever is in it. All else counts by its name in its folder: a server makes its
 * socket anew when it starts.
 */
static int parse_path(const char *path, struct socket_rule *rule)
{
	int file = open(path, O_PATH | O_CLOEXEC);
	struct stat status;

	rule->kind = SOCKET_NAME;
	if (file < 0 && errno != ENOENT)
		return -errno;
	if (file < 0) {
		rule->held = open_holder(path, rule->name);
	} else if (fstat(file, &status) < 0) {
		rule->held = -errno;
	} else if (S_ISDIR(status.st_mode)) {
		rule->kind = SOCKET_FOLDER;
		rule->held = fcntl(file, F_DUPFD_CLOEXEC, 0);
		if (rule->held < 0)
			rule->held = -errno;
	} else {
		rule->held = open_real_holder(file, rule->name);
	}
	close_if(file);
	return rule->held < 0 ? rule->held : place_of(rule->held, &rule->folder);
}

static int parse_socket(struct stile_broker *broker, const char *address, struct socket_rule *rule)
{
	const char *problem = NULL;
	int error;

	switch (address[0]) {
	case '/':
		error = parse_path(address, rule);
		return error ? fail_path(broker, address, error) : 0;
	case '@':
		rule->kind = SOCKET_ABSTRACT;
		if (strlen(address) > sizeof(((struct sockaddr_un *)NULL)->sun_path))
			return fail_path(broker, address, -ENAMETOOLONG);
		strcpy(rule->name, address + 1);
		return 0;
	default:
		rule->kind = SOCKET_INTERNET;
		error = address_range_parse(address, &rule->range, &problem);
		return error ? broker_fail(broker, error, "address '%s': %s", address, problem) : 0;
	}
}

static int check_ports(struct stile_broker *broker, const struct socket_rules *rules,
		       const char *address, const struct socket_rule *rule, unsigned int first,
		       unsigned int last)
{
	if (rule->kind != SOCKET_INTERNET && (first || last))
		return broker_fail(broker, -EINVAL,
				   "address '%s': UNIX sockets have no ports: say 0, 0", address);
	if (first > last || last > UINT16_MAX)
		return broker_fail(broker, -EINVAL,
				   "address '%s': ports %u to %u are no range within 0 to 65535",
				   address, first, last);
	/* bind(2) takes it for "any that is free"; a rule of connect can only be meant otherwise */
	if (rule->kind == SOCKET_INTERNET && first == 0 && rules == &broker->connect)
		return broker_fail(broker, -EINVAL,
				   "address '%s': nobody can be connected to at port 0: say 1 to "
				   "65535 for all ports",
				   address);
	return 0;
}

static int grow_sockets(struct stile_broker *broker, struct socket_rules *rules)
{
	void *all = broker_grow(broker, rules->all, &rules->capacity, rules->count,
				sizeof(*rules->all));

	if (!all)
		return broker->error;
	rules->all = all;
	return 0;
}

static int allow_socket(struct stile_broker *broker, struct socket_rules *rules,
			const char *address, unsigned int first, unsigned int last)
{
	struct socket_rule rule = { .held = -1 };
	int error;

	if (!address)
		return broker_fail(broker, -EINVAL, "an address is NULL");
	error = parse_socket(broker, address, &rule);
	if (error == 0)
		error = check_ports(broker, rules, address, &rule, first, last);
	if (error == 0)
		error = grow_sockets(broker, rules);
	if (error) {
		close_if(rule.held);
		return error;
	}
	rule.range.first_port = (uint16_t)first;
	rule.range.last_port = (uint16_t)last;
	rules->all[rules->count++] = rule;
	return 0;
}

STILE_PUBLIC int stile_broker_allow_connect(struct stile_broker *broker, const char *address,
					    unsigned int first_port, unsigned int last_port)
{
	int error = broker_change(broker);

	return error ? error :
		       allow_socket(broker, &broker->connect, address, first_port, last_port);
}

STILE_PUBLIC int stile_broker_allow_bind(struct stile_broker *broker, const char *address,
					 unsigned int first_port, unsigned int last_port)
{
	int error = broker_change(broker);

	return error ? error : allow_socket(broker, &broker->bind, address, first_port, last_port);
}
