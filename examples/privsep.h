/* SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_PRIVSEP_H
#define EXAMPLES_PRIVSEP_H

/*
 * What the three processes of privsep_ipc share. Neither of two processes trusts the other:
 * either may have been taken over. So all that comes in is checked.
 */
#include <stddef.h>
#include <stdint.h>

struct stile;

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

/* Channels are socket pairs of type SOCK_SEQPACKET: they keep the borders of messages.
 * The two below return 0, or -1 with errno. */
int message_send(int channel, enum message_kind kind, const char *text, size_t length);

/* -1 with EBADMSG: something came that is no message; with EPIPE: the other side is gone.
 * (So it seems, too, after an empty packet; whoever sends that ends the conversation.) */
int message_receive(int channel, struct message *message);

/* A channel's descriptor goes through another one. 0 or the descriptor; -1 with errno. */
int channel_send(int through, int channel);
int channel_receive(int through);

/* The front end: serves HTTP on a listening socket and asks the worker, whose channels come
 * through control. Ends with the process. */
_Noreturn void front_end(int listener, int control);

/* The worker: opens the database and answers on its channel. Ends with the process. */
_Noreturn void worker(int channel, const char *database);

/* What a worker needs while it starts; the supervisor needs it as well, see there. */
void worker_allow_start(struct stile *s);

#endif
