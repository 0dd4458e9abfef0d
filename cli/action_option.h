/* SPDX-License-Identifier: MIT */
#ifndef CLI_ACTION_OPTION_H
#define CLI_ACTION_OPTION_H

#include <stdbool.h>

#include <stile/context.h>

/*
 * An action as options spell it: allow, log, errno=EACCES or errno=13, trap, kill-thread, kill.
 */
bool parse_action(const char *text, struct stile_action *action);

/* An errno by name ("EACCES") or number (1 to 4095); -1: neither. */
int parse_errno(const char *text);

#endif
