/* SPDX-License-Identifier: MIT */
/* Brokers as objects, and how a context gets their handlers. */
#include "broker.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <stile/abi.h>

#include "context.h"
#include "handler.h"
#include "public.h"

STILE_PUBLIC struct stile_broker *stile_broker_new(void)
{
	return calloc(1, sizeof(struct stile_broker));
}

static void close_held(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

static void free_sockets(struct socket_rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		close_held(rules->all[i].held);
	free(rules->all);
}

STILE_PUBLIC void stile_broker_free(struct stile_broker *broker)
{
	if (!broker)
		return;
	for (size_t i = 0; i < broker->path_count; i++) {
		close_held(broker->paths[i].held[0]);
		close_held(broker->paths[i].held[1]);
	}
	free(broker->paths);
	free_sockets(&broker->connect);
	free_sockets(&broker->bind);
	free(broker);
}

STILE_PUBLIC const char *stile_broker_message(const struct stile_broker *broker)
{
	return broker ? broker->message.text : "out of memory";
}

int broker_change(struct stile_broker *broker)
{
	if (!broker)
		return -ENOMEM;
	if (broker->error)
		return broker->error;
	/* no error of the broker: it has the rules that it had, and other contexts may use it */
	if (broker->is_used)
		return message_set(&broker->message, -EALREADY,
				   "the broker is used by a context: add its rules before, or make "
				   "another broker for another context");
	return 0;
}

void *broker_grow(struct stile_broker *broker, void *items, size_t *capacity, size_t count,
		  size_t size)
{
	const size_t wanted = count ? 2 * count : 8;
	void *grown;

	if (count < *capacity)
		return items;
	grown = reallocarray(items, wanted, size);
	if (grown)
		*capacity = wanted;
	else
		(void)broker_fail(broker, -ENOMEM, "out of memory");
	return grown;
}

static int handle(struct stile *s, const char *name, stile_handler handler,
		  struct stile_broker *broker)
{
	for (unsigned int i = 0; i < s->abi_count; i++)
		if (stile_syscall_number(s->abis[i], name) >= 0)
			return context_on_broker(s, name, handler, broker);
	return 0; /* no ABI of the context has it */
}

static int handle_opening(struct stile *s, struct stile_broker *broker)
{
	static const struct {
		const char *name;
		stile_handler handler;
	} calls[] = { { "open", broker_on_open },
		      { "creat", broker_on_creat },
		      { "openat", broker_on_openat },
		      { "openat2", broker_on_openat2 } };

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		int error = handle(s, calls[i].name, calls[i].handler, broker);

		if (error)
			return error;
	}
	return 0;
}

STILE_PUBLIC int stile_use_broker(struct stile *s, struct stile_broker *broker)
{
	int error = context_change_rules(s);

	if (error)
		return error;
	if (!broker)
		return context_out_of_memory(s);
	if (broker->error)
		return context_fail(s, broker->error, "broker: %s", broker->message.text);
	if (broker->path_count + broker->connect.count + broker->bind.count == 0)
		return context_fail(s, -ENODATA,
				    "the broker has no rules: stile_broker_allow_path() and its "
				    "like add them");
	s->has_broker = true;
	if (s->is_allowing) {
		text_add(&s->warnings,
			 "broker: this context allows what is not refused, so there are other ways "
			 "than those that the broker judges (sendto and sendmsg with an address, "
			 "for "
			 "example): use it in one that refuses (stile_new())\n");
		if (context_warned(s))
			return s->error;
	}
	if (broker->path_count > 0)
		error = handle_opening(s, broker);
	if (error == 0 && broker->connect.count > 0)
		error = handle(s, "connect", broker_on_connect, broker);
	if (error == 0 && broker->bind.count > 0)
		error = handle(s, "bind", broker_on_bind, broker);
	if (error == 0)
		broker->is_used = true;
	return error;
}
