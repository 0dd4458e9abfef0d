/* SPDX-License-Identifier: MIT */
#ifndef CLI_INPUT_FILE_H
#define CLI_INPUT_FILE_H

/*
 * Input that ends and for which nothing waits: ordinary files, standard input, and pipes that are
 * open already.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct input {
	char *bytes; /* a NUL stands behind them; freed by the caller */
	size_t length;
	struct stat status;
	bool is_found; /* by a path of its own: not standard input, nor a descriptor of ours */
};

/*
 * Reads a whole file; "-" is standard input. what: "profile", for messages. If there are more bytes
 * than limit, limit + 1 are read, and no more. 0, or a status to exit with, and it was said why.
 */
int read_input(const char *verb, const char *path, const char *what, size_t limit,
	       struct input *input);

/* What an input is called in messages: "-" is "standard input". */
const char *input_name(const char *path);

#endif
