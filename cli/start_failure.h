/* SPDX-License-Identifier: MIT */
#ifndef CLI_START_FAILURE_H
#define CLI_START_FAILURE_H

/*
 * A program that does not start: what is said, and the exit status that shells have for it. 127 for
 * one that does not exist, 126 for one that cannot be executed.
 */

#include <stdbool.h>

/* After find_program() with the errno that it left, and *has_skipped. */
int say_not_found(const char *verb, const char *name, int error, bool has_skipped);

/* After execve(2) with its errno. */
int say_not_executed(const char *verb, const char *name, const char *path, int error);

bool is_elf(const char *path);

#endif
