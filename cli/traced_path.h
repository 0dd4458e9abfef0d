/* SPDX-License-Identifier: MIT */
#ifndef CLI_TRACED_PATH_H
#define CLI_TRACED_PATH_H

#include <sys/types.h>

/*
 * What a descriptor of a thread stands for, by /proc: a path, "pipe:[123]"; of AT_FDCWD the current
 * folder. Bytes that are not printable, and those that could be taken for the end of the path or
 * for an escape, are \xNN. Allocated; NULL: there is none such.
 */
char *traced_path(pid_t thread, int number);

#endif
