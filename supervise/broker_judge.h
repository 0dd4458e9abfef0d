/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_BROKER_JUDGE_H
#define SUPERVISE_BROKER_JUDGE_H

/* What a broker's rules say about where a file is. */

#include <stdbool.h>

struct stile_broker;
struct socket_rules;

/*
 * What is permitted (enum stile_broker_access) for an object in a folder; or is the object a
 * folder, for itself; object -1: for what is to be made in the folder. No more rules are looked for
 * than it takes to find all that is wanted.
 */
unsigned int judge_path(const struct stile_broker *broker, int folder, int object, bool is_folder,
			unsigned int wanted);

/* Whether a UNIX socket of this name in a folder is permitted. */
bool judge_socket(const struct socket_rules *rules, int folder, const char *name);

#endif
