/* SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_PRIVSEP_H
#define EXAMPLES_PRIVSEP_H

/*
 * What the three processes of privsep_ipc share. Neither of two processes trusts the other:
 * either may have been taken over. So all that comes in is checked.
 */
#include <stddef.h>
#include <stdint.h>

#include <stile.h>

#define TEXT_MAX 2048

enum message_kind {
	MESSAGE_READY,	   /* worker to supervisor: the database is open, the sandbox is on */
	MESSAGE_ADD,	   /* front end to worker: add a row with this text */
	MESSAGE_GET,	   /* ...: the text of the row with this number */
	MESSAGE_SELF_TEST, /* ...: try the powers of the others */
	MESSAGE_OK,	   /* worker to front end: done; the text is the answer */
	MESSAGE_MISSING,   /* ...: no such row */
	MESSAGE_REJECTED,  /* ...: this was no message that it takes */
	MESSAGE_FAILED,	   /* ...: the database failed */
	MESSAGE_KINDS
};

struct message {
	uint32_t kind;
	uint32_t length; /* of text, which has no NUL at its end */
	char text[TEXT_MAX];
};

#define MESSAGE_HEADER offsetof(struct message, text)

/* Over a channel of the library, which keeps the borders of messages. 0, or a negative errno of
 * stile_channel_send() and stile_channel_receive(); -EBADMSG: something came that is no message. */
int message_send(const struct stile_channel *channel, enum message_kind kind, const char *text,
		 size_t length);
int message_receive(const struct stile_channel *channel, struct message *message);

/* The front end: serves HTTP on the listening socket at data and asks the worker, whose channels
 * come through its own. Its one phase. */
int front_end_run(struct stile_worker *self, void *data);
struct stile *front_end_phase(void);

/* The worker: opens the database whose path is data, and answers on its channel. Its phases: while
 * it starts, and for good. */
int worker_run(struct stile_worker *self, void *data);
struct stile *worker_starting(void);
struct stile *worker_serving(void);

/* What a worker needs while it starts; the supervisor needs it as well, see there. */
void worker_allow_start(struct stile *s);

#endif
