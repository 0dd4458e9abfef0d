/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_BROKER_H
#define SUPERVISE_BROKER_H

/* What is inside struct stile_broker, and its handlers. */

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include <stile/broker.h>
#include <stile/supervise.h>

#include "broker_address.h"
#include "broker_place.h"
#include "message.h"

/* A file or folder that opening is permitted for. */
struct path_rule {
	unsigned int access; /* enum stile_broker_access */
	bool is_folder;	     /* all beneath it too */
	struct place place;
	struct place holder; /* of a file: the folder that it is in */
	int held[2];	     /* keep both from being made anew with the same numbers; -1: none */
};

enum socket_rule_kind {
	SOCKET_INTERNET,
	SOCKET_ABSTRACT, /* a UNIX socket by name alone */
	SOCKET_FOLDER,	 /* UNIX sockets beneath a folder */
	SOCKET_NAME	 /* one that has, or will have, a name in a folder */
};

/* Where sockets may be connected, or bound, to. */
struct socket_rule {
	enum socket_rule_kind kind;
	struct address_range range;
	struct place folder;
	int held; /* the folder; -1: none */
	char name[NAME_MAX + 1];
};

struct socket_rules {
	struct socket_rule *all;
	size_t count, capacity;
};

struct stile_broker {
	struct message message;
	int error;
	bool is_used; /* by a context: nothing changes any more */
	struct path_rule *paths;
	size_t path_count, path_capacity;
	struct socket_rules connect, bind;
};

/* Sets the first error with its sentence; later ones are ignored. Returns the first. */
#define broker_fail(broker, error_number, ...) \
	((broker)->error ?                     \
		 (broker)->error :             \
		 ((broker)->error = message_set(&(broker)->message, (error_number), __VA_ARGS__)))

/* 0, or the error that a call must return at once: no broker, an earlier error, in use. */
int broker_change(struct stile_broker *broker);

/* A list with room for one more item of a size, in place of items; NULL: the broker has an error
 * now. */
void *broker_grow(struct stile_broker *broker, void *items, size_t *capacity, size_t count,
		  size_t size);

/* The handlers; data is the broker. */
struct stile_answer broker_on_open(struct stile_call *call, void *data);
struct stile_answer broker_on_creat(struct stile_call *call, void *data);
struct stile_answer broker_on_openat(struct stile_call *call, void *data);
struct stile_answer broker_on_openat2(struct stile_call *call, void *data);
struct stile_answer broker_on_connect(struct stile_call *call, void *data);
struct stile_answer broker_on_bind(struct stile_call *call, void *data);

#endif
