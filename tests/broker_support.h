/* SPDX-License-Identifier: MIT */
#ifndef TESTS_BROKER_SUPPORT_H
#define TESTS_BROKER_SUPPORT_H

/* For tests of brokers: files that it permits and files that it does not, and a target. */

#include <stdbool.h>
#include <sys/types.h>

#include <stile.h>

#include "child.h"

/*
 * What the broker's folder has in it; it is the working folder of all that follows.
 *
 *	allowed/file	"allowed\n"	allowed/sub/deep "allowed\n"	allowed/in -> file
 *	secret/file	"secret\n"	allowed/out -> ../secret/file	allowed/outside -> ../secret
 */
void make_files(void);
void remove_files(void);

/*
 * Runs target() in a process whose calls are answered by a broker with these rules; as
 * check_child(). The target uses expect().
 */
void check_under_broker(void (*rules)(struct stile_broker *broker), void (*target)(void));

/* The same with another handler for openat in place of a broker's. */
void check_under_handler(stile_handler handler, void (*target)(void));

/* Rules: allowed/ for reading; for all. */
void may_read(struct stile_broker *broker);
void may_all(struct stile_broker *broker);

/* Adds a rule that must be right. */
void allow(struct stile_broker *broker, const char *path, unsigned int access);

/* 0, or the errno that opening fails with; what is opened is closed. */
int open_error(const char *path, int flags);

/* Whether a descriptor, which is closed, is of this file. */
bool is_file(int fd, const char *path);

/* The inode of a file, by stat(2). */
ino_t inode_of(const char *path);

#endif
