/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CORPUS_H
#define TESTS_CORPUS_H

/* Policy files of other projects, which are beside the checkout, or where STILE_CORPUS says. */

/*
 * Calls check() with each file below this folder of theirs whose name ends so. How many there are;
 * -1: there is no such folder, and the check that it is for was said to be skipped.
 */
int each_corpus_file(const char *folder, const char *end, void (*check)(const char *path));

/* A file of them as text, freed by the caller; NULL: there is no such file, which was said. */
char *corpus_text(const char *path);

/* A whole file as text, which must be there; freed by the caller. */
char *read_whole(const char *path);

#endif
