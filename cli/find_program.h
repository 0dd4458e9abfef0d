/* SPDX-License-Identifier: MIT */
#ifndef CLI_FIND_PROGRAM_H
#define CLI_FIND_PROGRAM_H

#include <stdbool.h>

/*
 * The file that a shell would execute for this name: the name itself if it has a slash, else
 * the first executable in PATH. Entries of PATH that are empty or relative are skipped, which
 * *has_skipped then says. Allocated. NULL: errno is ENOENT, EACCES or ENOMEM.
 */
char *find_program(const char *name, bool *has_skipped);

#endif
