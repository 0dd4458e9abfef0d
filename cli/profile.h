/* SPDX-License-Identifier: MIT */
#ifndef CLI_PROFILE_H
#define CLI_PROFILE_H

#include <stile.h>

/*
 * Tells the context how often calls are made, from a file with a call and its count on each line,
 * in either order, or what "strace -c" prints; "-" is standard input. The exit status; it says
 * what is wrong, with the line.
 */
int read_profile(const char *verb, const char *path, struct stile *s);

#endif
