/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_FIRECRACKER_TEXT_H
#define FORMATS_FIRECRACKER_TEXT_H

/* Puts parts of Firecracker's JSON into a stream, whose error says whether that went well. */

#include <stdio.h>

#include "alternatives.h"

void firecracker_put_action(FILE *stream, struct stile_action action);

/* A rule for each alternative of a call; *is_first: none stands before them. */
void firecracker_put_rules(FILE *stream, const char *name, const struct alternatives *alternatives,
			   bool *is_first);

/* A JSON string; bytes that JSON does not take as they are become spaces. */
void firecracker_put_name(FILE *stream, const char *name);

#endif
