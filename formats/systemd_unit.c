/* SPDX-License-Identifier: MIT */
/*
 * Lines as systemd.syntax(7) has them: "#" and ";" begin comments, also between lines of which one
 * is continued in the next by a backslash at its end.
 */
#include "systemd_unit.h"

#include <string.h>

#include "document_memory.h"

struct lines {
	const struct source *source;
	struct document *memory;
	struct diagnostics *diagnostics;
	struct systemd_unit *unit;
	const char *section;
	unsigned int line;
	bool is_continued; /* the last assignment */
};

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r';
}

static bool refuse(const struct lines *lines, size_t column, const char *sentence)
{
	diagnose_error(lines->diagnostics, lines->source->name, lines->line,
		       (unsigned int)column + 1, "%s", sentence);
	return false;
}

static const char *copy(const struct lines *lines, const char *text, size_t length)
{
	const char *copied = document_copy(lines->memory, text, length);

	if (!copied)
		document_no_memory(lines->source, lines->diagnostics);
	return copied;
}

/* What systemd ignores with a warning of its own. */
static bool ignore(const struct lines *lines, size_t column, const char *sentence)
{
	diagnose_warning(lines->diagnostics, lines->source->name, lines->line,
			 (unsigned int)column + 1, "%s: systemd ignores this line", sentence);
	return true;
}

/* The words of a line from a column on, up to its end, to the last assignment. */
static bool add_words(struct lines *lines, const char *line, size_t column, size_t length)
{
	struct systemd_unit *unit = lines->unit;
	struct systemd_assignment *assignment = &unit->assignments[unit->count - 1];

	while (column < length) {
		const size_t start = column;
		struct systemd_word *word = &unit->words[unit->word_count];

		while (column < length && !is_blank(line[column]))
			column++;
		if (column == start) {
			column++;
			continue;
		}
		if (unit->word_count == SYSTEMD_WORDS_MAX)
			return refuse(lines, start, "there are too many words in this file");
		*word = (struct systemd_word){ copy(lines, line + start, column - start),
					       lines->line, (unsigned int)start + 1 };
		if (!word->text)
			return false;
		unit->word_count++;
		assignment->count++;
	}
	return true;
}

static bool read_section(struct lines *lines, const char *line, size_t column, size_t length)
{
	if (line[length - 1] != ']')
		return refuse(lines, length, "found the end of the line, expected ']'");
	lines->section = copy(lines, line + column + 1, length - column - 2);
	return lines->section != NULL;
}

static bool read_assignment(struct lines *lines, const char *line, size_t column, size_t length)
{
	struct systemd_unit *unit = lines->unit;
	const char *equals = memchr(line + column, '=', length - column);
	size_t end = equals ? (size_t)(equals - line) : 0;
	const size_t value = end + 1;
	struct systemd_assignment *assignment;

	if (!equals)
		return ignore(lines, column, "found neither \"Key=value\" nor \"[Section]\"");
	if (unit->count == SYSTEMD_ASSIGNMENTS_MAX)
		return refuse(lines, column, "there are too many assignments in this file");
	while (end > column && is_blank(line[end - 1]))
		end--;
	if (end == column)
		return ignore(lines, column, "found no key before the '='");
	assignment = &unit->assignments[unit->count++];
	*assignment = (struct systemd_assignment){ .section = lines->section,
						   .key = copy(lines, line + column, end - column),
						   .line = lines->line,
						   .column = (unsigned int)column + 1,
						   .words = unit->words + unit->word_count };
	return assignment->key && add_words(lines, line, value, length);
}

static bool read_line(struct lines *lines, const char *line, size_t length)
{
	const bool was_continued = lines->is_continued;
	const bool is_continued = length && line[length - 1] == '\\';
	size_t column = 0;

	if (is_continued)
		length--;
	while (length && is_blank(line[length - 1]))
		length--;
	while (column < length && is_blank(line[column]))
		column++;
	if (column < length && (line[column] == '#' || line[column] == ';'))
		return true;
	lines->is_continued = false;
	if (was_continued) {
		lines->is_continued = is_continued;
		return add_words(lines, line, column, length);
	}
	if (column == length)
		return true;
	if (line[column] == '[')
		return read_section(lines, line, column, length);
	lines->is_continued = is_continued && memchr(line + column, '=', length - column);
	return read_assignment(lines, line, column, length);
}

bool systemd_unit_read(struct systemd_unit *unit, const struct source *source,
		       struct document *memory, struct diagnostics *diagnostics)
{
	struct lines lines = { .source = source,
			       .memory = memory,
			       .diagnostics = diagnostics,
			       .unit = unit,
			       .section = "" };
	const char *text = source->bytes, *end = source->bytes + source->length;
	bool is_good = true;

	unit->count = unit->word_count = 0;
	if (!document_check_text(source, diagnostics))
		return false;
	while (text < end && !diagnostics->has_failed) {
		const char *line_end = memchr(text, '\n', (size_t)(end - text));
		const size_t length = (size_t)((line_end ? line_end : end) - text);

		lines.line++;
		is_good = read_line(&lines, text, length) && is_good;
		text += length + 1;
	}
	return is_good;
}
