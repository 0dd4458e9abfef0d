/* SPDX-License-Identifier: MIT */
#ifndef EXAMPLES_OPEN_BENEATH_H
#define EXAMPLES_OPEN_BENEATH_H

/*
 * Opens what is at a path below a folder, for reading. No part of the path leads out: ".."
 * and symbolic links are refused. The descriptor, or -1 with errno; to be closed by the caller.
 */
int open_beneath(int folder, const char *path);

#endif
