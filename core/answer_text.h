/* SPDX-License-Identifier: MIT */
#ifndef CORE_ANSWER_TEXT_H
#define CORE_ANSWER_TEXT_H

/* What filters answer, SECCOMP_RET_* with its data, as text: "ERRNO(EPERM)". */

#include <stdbool.h>
#include <stdint.h>

#define ANSWER_TEXT_MAX 40

/* Every value has a text, and no two the same: "ALLOW", "TRACE(3)", "#0x12345678". */
void answer_text(char text[ANSWER_TEXT_MAX], uint32_t answer);

/* The opposite; false: it is no answer. Numbers are answers too, with or without "#". */
bool answer_parse(const char *text, uint32_t *answer);

/* The name that is nearest to a misspelt one, NULL if none is near. */
const char *answer_suggest(const char *text);

#endif
