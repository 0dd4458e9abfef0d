/* SPDX-License-Identifier: MIT */
#ifndef CORE_ASSEMBLE_LINE_H
#define CORE_ASSEMBLE_LINE_H

/* One line of assembly taken into words: "L1: jeq #5, L2  ; what it is for". */

#include <stddef.h>

#include "message.h"

#define ASSEMBLE_WORD_MAX 64
#define ASSEMBLE_LABELS_MAX 4
#define ASSEMBLE_OPERANDS_MAX 4

struct assemble_line {
	char labels[ASSEMBLE_LABELS_MAX][ASSEMBLE_WORD_MAX];
	unsigned int label_count;
	char name[ASSEMBLE_WORD_MAX]; /* "": the line has no instruction */
	char operands[ASSEMBLE_OPERANDS_MAX][ASSEMBLE_WORD_MAX];
	unsigned int operand_count;
};

/* Takes the line at *text and moves *text behind it. 0, or -EINVAL and the sentence. */
int assemble_line(struct message *message, size_t number, const char **text,
		  struct assemble_line *line);

#endif
