/* SPDX-License-Identifier: MIT */
/* Connects and binds sockets for targets. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "broker.h"
#include "broker_apart.h"
#include "broker_connect.h"
#include "broker_judge.h"
#include "broker_target.h"
#include "broker_walk.h"

#define FAMILY_SIZE offsetof(struct sockaddr_un, sun_path)
#define IPV6_SIZE_FIRST 24 /* of the first struct sockaddr_in6, which the kernel still takes */
#define TRIES_MAX 1000

struct socket_request {
	struct stile_call *call;
	const struct stile_broker *broker;
	const struct socket_rules *rules;
	bool is_bind;
	int socket; /* a copy of the target's */
	socklen_t length;
	struct sockaddr_storage address; /* what is behind its length is 0 */
};

/* ---- Judged by what is in the address ---- */

static bool permits_internet(const struct socket_request *r)
{
	for (size_t i = 0; i < r->rules->count; i++)
		if (r->rules->all[i].kind == SOCKET_INTERNET &&
		    address_range_has(&r->rules->all[i].range, &r->address))
			return true;
	return false;
}

/* name: as it follows the family, with its NUL in front; none at all asks the kernel for one. */
static bool permits_abstract(const struct socket_request *r, const char *name, size_t length)
{
	for (size_t i = 0; i < r->rules->count; i++) {
		const struct socket_rule *rule = &r->rules->all[i];

		if (rule->kind != SOCKET_ABSTRACT)
			continue;
		if (length == 0 ? rule->name[0] == '\0' :
				  strlen(rule->name) == length - 1 &&
					  memcmp(rule->name, name + 1, length - 1) == 0)
			return true;
	}
	return false;
}

static int act_on(const struct socket_request *r, const void *address, socklen_t length)
{
	if (!r->is_bind)
		return connect_for(r->call, r->socket, address, length);
	return bind(r->socket, address, length) < 0 ? -errno : 0;
}

static int on_internet(const struct socket_request *r)
{
	const socklen_t least = r->address.ss_family == AF_INET ? sizeof(struct sockaddr_in) :
								  IPV6_SIZE_FIRST;

	if (r->length < least)
		return -EINVAL;
	return permits_internet(r) ? act_on(r, &r->address, r->length) : -EACCES;
}

/* ---- UNIX sockets by path ---- */

struct path_walk {
	struct target target;
	struct walk walk;
	int root, start;
};

/* To the folder of a path; path_walk_end() in any case. */
static int path_walk_begin(struct path_walk *p, struct stile_call *call, const char *path)
{
	int error = target_open(call, &p->target);

	p->walk.folder = p->root = p->start = -1;
	if (error)
		return error;
	p->root = target_root(&p->target);
	if (p->root < 0)
		return p->root;
	p->start = target_folder(&p->target, AT_FDCWD);
	if (p->start < 0)
		return p->start;
	return walk_begin(&p->walk, p->root, p->start, path, 0, p->target.uid);
}

static void path_walk_end(struct path_walk *p)
{
	walk_end(&p->walk);
	if (p->root >= 0)
		(void)close(p->root);
	if (p->start >= 0)
		(void)close(p->start);
	target_close(&p->target);
}

/* By a descriptor of the socket's file: whatever has the name by now, that is what was judged. */
static int connect_object(const struct socket_request *r, const struct path_walk *p, int object)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int length;

	if (!judge_socket(r->rules, p->walk.folder, p->walk.name))
		return -EACCES;
	length = snprintf(address.sun_path, sizeof(address.sun_path), "/proc/thread-self/fd/%d",
			  object);
	return act_on(r, &address, (socklen_t)(FAMILY_SIZE + (size_t)length + 1));
}

static int connect_path(const struct socket_request *r, struct path_walk *p)
{
	for (int i = 0; i < TRIES_MAX; i++) {
		struct stat status;
		int object = walk_object(&p->walk), error;

		if (object < 0)
			return judge_socket(r->rules, p->walk.folder, p->walk.name) ? object :
										      -EACCES;
		if (fstat(object, &status) < 0)
			error = -errno;
		else if (S_ISLNK(status.st_mode))
			error = walk_follow(&p->walk, object);
		else
			error = connect_object(r, p, object);
		(void)close(object);
		if (error || !S_ISLNK(status.st_mode))
			return error;
	}
	return -ELOOP;
}

struct binding {
	int socket, folder;
	const char *name;
};

/* In a thread that has a working folder and an umask of its own. */
static int bind_here(void *data)
{
	const struct binding *b = data;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const size_t length = strlen(b->name);

	if (length >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, b->name, length);
	if (fchdir(b->folder) < 0)
		return -errno;
	return bind(b->socket, (struct sockaddr *)&address, (socklen_t)(FAMILY_SIZE + length + 1)) <
			       0 ?
		       -errno :
		       0;
}

static int bind_path(const struct socket_request *r, const struct path_walk *p)
{
	struct binding b = { .socket = r->socket, .folder = p->walk.folder, .name = p->walk.name };

	if (!judge_socket(r->rules, p->walk.folder, p->walk.name))
		return -EACCES;
	if (p->walk.name[0] == '\0')
		return -EADDRINUSE;
	if (p->walk.must_be_folder)
		return -ENOENT;
	return act_apart(p->target.umask, bind_here, &b);
}

static int on_path(const struct socket_request *r, const char *path)
{
	struct path_walk *p = malloc(sizeof(*p));
	int error;

	if (!p)
		return -ENOMEM;
	error = path_walk_begin(p, r->call, path);
	if (error == 0)
		error = r->is_bind ? bind_path(r, p) : connect_path(r, p);
	path_walk_end(p);
	free(p);
	return error;
}

static int on_unix(const struct socket_request *r)
{
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 1] = "";
	const char *name = (const char *)&r->address + FAMILY_SIZE;
	const size_t length = r->length - FAMILY_SIZE;

	if (length >= sizeof(path) || (length == 0 && !r->is_bind))
		return -EINVAL;
	if (length == 0 || name[0] == '\0')
		return permits_abstract(r, name, length) ? act_on(r, &r->address, r->length) :
							   -EACCES;
	/* It need not have a NUL within its length. */
	memcpy(path, name, length);
	return on_path(r, path);
}

/* ---- From the call to the address ---- */

static int read_address(struct socket_request *r)
{
	const int length = (int)(uint32_t)stile_call_argument(r->call, 2);
	int error;

	if (length < 0 || (size_t)length > sizeof(r->address))
		return -EINVAL;
	memset(&r->address, 0, sizeof(r->address));
	r->length = (socklen_t)length;
	error = stile_call_read(r->call, stile_call_argument(r->call, 1), &r->address,
				(size_t)length);
	if (error)
		return error == -ENOENT ? -ESRCH : error;
	return r->length < FAMILY_SIZE ? -EINVAL : 0;
}

/*
 * The family must be the socket's, so that no other code of the kernel reads the address as
 * something else; IPv6 sockets take addresses of IPv4, as such.
 */
static int check_family(const struct socket_request *r, int *family)
{
	socklen_t length = sizeof(int);
	int domain;

	*family = r->address.ss_family;
	if (getsockopt(r->socket, SOL_SOCKET, SO_DOMAIN, &domain, &length) < 0)
		return -errno;
	if (*family == AF_UNSPEC && !r->is_bind)
		return domain == AF_INET || domain == AF_INET6 || domain == AF_UNIX ? 0 : -EACCES;
	if (*family != AF_INET && *family != AF_INET6 && *family != AF_UNIX)
		return -EACCES;
	if (*family != domain && !(*family == AF_INET && domain == AF_INET6))
		return -EAFNOSUPPORT;
	return 0;
}

static int act_by_family(const struct socket_request *r)
{
	int family, error = check_family(r, &family);

	if (error)
		return error;
	switch (family) {
	case AF_UNSPEC: /* ends what was connected */
		return act_on(r, &r->address, r->length);
	case AF_UNIX:
		return on_unix(r);
	default:
		return on_internet(r);
	}
}

static struct stile_answer answer_socket(struct socket_request *r)
{
	struct target target;
	int error = target_open(r->call, &target);

	if (error)
		return stile_answer_fail(-error);
	target_close(&target);
	r->socket = stile_call_take_descriptor(r->call,
					       (int)(uint32_t)stile_call_argument(r->call, 0));
	if (r->socket < 0)
		return stile_answer_fail(-r->socket);
	error = read_address(r);
	if (error == 0)
		error = act_by_family(r);
	(void)close(r->socket);
	return error < 0 ? stile_answer_fail(-error) : stile_answer_return(0);
}

struct stile_answer broker_on_connect(struct stile_call *call, void *data)
{
	const struct stile_broker *broker = data;
	struct socket_request r = { .call = call, .broker = broker, .rules = &broker->connect };

	return answer_socket(&r);
}

struct stile_answer broker_on_bind(struct stile_call *call, void *data)
{
	const struct stile_broker *broker = data;
	struct socket_request r = {
		.call = call, .broker = broker, .rules = &broker->bind, .is_bind = true
	};

	return answer_socket(&r);
}
