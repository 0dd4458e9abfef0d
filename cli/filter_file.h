/* SPDX-License-Identifier: MIT */
#ifndef CLI_FILTER_FILE_H
#define CLI_FILTER_FILE_H

/* Filters in files, raw struct sock_filter as seccomp(2) takes them; and text files. */

#include <linux/filter.h>
#include <stddef.h>

/*
 * Reads a filter file; "-" is standard input. 0, and *instructions is allocated; or a status to
 * exit with, and the reason was said. verb: of the command, for messages. The program need not be
 * one that the kernel would load: refuse_bad_filter() says whether.
 */
int read_filter_file(const char *verb, const char *path, struct sock_filter **instructions,
		     size_t *count);

/*
 * The same for a text file; what it is called in messages: "profile". *text is allocated and ends
 * with a NUL, its only one.
 */
int read_text_file(const char *verb, const char *path, const char *what, char **text);

/*
 * 0 for a program that the kernel would load, else a status to exit with, and it was said which
 * instruction it refuses and why.
 */
int refuse_bad_filter(const char *verb, const char *path, const struct sock_filter *instructions,
		      size_t count);

#endif
