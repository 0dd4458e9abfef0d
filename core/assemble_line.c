/* SPDX-License-Identifier: MIT */
#include "assemble_line.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define WORD_SHOWN 32

/* Blanks and commas stand between words; a comma says that one more word comes. */
struct reader {
	struct message *message;
	size_t number;
	const char *at, *end;
};

static int copy_word(const struct reader *r, char word[ASSEMBLE_WORD_MAX], const char *from,
		     size_t length)
{
	if (length >= ASSEMBLE_WORD_MAX)
		return message_set(r->message, -EINVAL, "line %zu: the word '%.*s...' is too long",
				   r->number, WORD_SHOWN, from);
	memcpy(word, from, length);
	word[length] = '\0';
	return 0;
}

static void skip_blanks(struct reader *r)
{
	while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\r'))
		r->at++;
}

static size_t word_length(const struct reader *r)
{
	size_t length = 0;

	while (r->at + length < r->end && !strchr(" \t\r,:", r->at[length]))
		length++;
	return length;
}

static bool is_label_name(const char *name)
{
	static const char *const taken[] = { "a", "x", "len", "next" };

	for (size_t i = 0; i < sizeof(taken) / sizeof(*taken); i++)
		if (strcmp(name, taken[i]) == 0)
			return false;
	if (!isalpha((unsigned char)*name) && *name != '_')
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && *name != '_')
			return false;
	return true;
}

static int add_label(struct reader *r, struct assemble_line *line, const char *name)
{
	if (!is_label_name(name))
		return message_set(r->message, -EINVAL,
				   "line %zu: '%s' is no name for a label: letters, digits and _, "
				   "no digit first, and not a, x, len or next",
				   r->number, name);
	if (line->label_count == ASSEMBLE_LABELS_MAX)
		return message_set(r->message, -EINVAL,
				   "line %zu: more than %d labels: write each in a line of its own",
				   r->number, ASSEMBLE_LABELS_MAX);
	memcpy(line->labels[line->label_count++], name, ASSEMBLE_WORD_MAX);
	return 0;
}

/* The labels and the instruction's name. */
static int read_name(struct reader *r, struct assemble_line *line)
{
	for (skip_blanks(r); r->at < r->end; skip_blanks(r)) {
		size_t length = word_length(r);
		int error = copy_word(r, line->name, r->at, length);

		if (error)
			return error;
		r->at += length;
		skip_blanks(r);
		if (r->at == r->end || *r->at != ':') {
			if (length == 0)
				return message_set(r->message, -EINVAL,
						   "line %zu: an instruction is missing before "
						   "'%c'",
						   r->number, *r->at);
			return 0;
		}
		r->at++;
		error = add_label(r, line, line->name);
		line->name[0] = '\0';
		if (error)
			return error;
	}
	return 0;
}

static int read_operands(struct reader *r, struct assemble_line *line)
{
	bool is_raw = line->name[0] == '.'; /* numbers with blanks between */

	for (skip_blanks(r); r->at < r->end; skip_blanks(r)) {
		size_t length = word_length(r);
		int error;

		if (length == 0)
			return message_set(r->message, -EINVAL,
					   "line %zu: an operand is missing before '%c'", r->number,
					   *r->at);
		if (line->operand_count == ASSEMBLE_OPERANDS_MAX)
			return message_set(r->message, -EINVAL,
					   "line %zu: '%s' has too many operands", r->number,
					   line->name);
		error = copy_word(r, line->operands[line->operand_count++], r->at, length);
		if (error)
			return error;
		r->at += length;
		skip_blanks(r);
		if (r->at == r->end)
			return 0;
		if (*r->at != ',') {
			if (is_raw)
				continue;
			return message_set(r->message, -EINVAL,
					   "line %zu: a comma is missing behind '%s'", r->number,
					   line->operands[line->operand_count - 1]);
		}
		r->at++;
		skip_blanks(r);
		if (r->at == r->end)
			return message_set(r->message, -EINVAL,
					   "line %zu: an operand is missing behind the last comma",
					   r->number);
	}
	return 0;
}

int assemble_line(struct message *message, size_t number, const char **text,
		  struct assemble_line *line)
{
	size_t length = strcspn(*text, "\n");
	const char *comment = memchr(*text, ';', length);
	struct reader r = { message, number, *text, comment ? comment : *text + length };
	int error;

	line->label_count = line->operand_count = 0;
	line->name[0] = '\0';
	*text += length + ((*text)[length] == '\n');
	error = read_name(&r, line);
	return error ? error : read_operands(&r, line);
}
