/* SPDX-License-Identifier: MIT */
#ifndef CLI_SAY_H
#define CLI_SAY_H

#include <stdio.h>

struct option;

/*
 * Everything that the command says on standard error: "stile VERB: SUBJECT: SENTENCE" in one
 * write. The subject is what the user gave: a program, a name; NULL: none. Bytes of it that
 * are not printable ASCII are shown as \xNN, and so are those of the sentence, so that no
 * terminal is harmed or deceived. verb NULL: "stile: ...".
 */
void say(const char *verb, const char *subject, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The same for a sentence of the library, which is safe already and may have other letters. */
void say_message(const char *verb, const char *message);

/* Writes text of others to a stream, neutralised in the same way and not shortened. */
void write_safely(FILE *stream, const char *text);

/*
 * Say what is wrong with an option, after getopt_long() with a ':' first in its list of
 * letters and opterr 0 has returned ':' or '?'.
 */
void say_bad_option(const char *verb, int returned, char *const *argv,
		    const struct option *options);

#endif
