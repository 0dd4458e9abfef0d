/* SPDX-License-Identifier: MIT */
#include "document_support.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool read_bytes(document_reader *reader, const char *bytes, size_t length,
		struct document *document)
{
	const struct source source = { "test", bytes, length, -1 };

	diagnostics_free(&said);
	return reader(&source, document, &said);
}

bool read_text(document_reader *reader, const char *text, struct document *document)
{
	return read_bytes(reader, text, strlen(text), document);
}

void ck_bytes_refused(document_reader *reader, const char *bytes, size_t length,
		      const char *sentence)
{
	struct document document;
	char text[500];

	ck_assert_msg(!read_bytes(reader, bytes, length, &document), "taken: %s", bytes);
	ck_assert(has_errors(&said));
	(void)snprintf(text, sizeof(text), "%u:%u: %s", said.items[0].line, said.items[0].column,
		       said.items[0].text);
	ck_assert_str_eq(text, sentence);
	diagnostics_free(&said);
}

void ck_text_refused(document_reader *reader, const char *text, const char *sentence)
{
	ck_bytes_refused(reader, text, strlen(text), sentence);
}

static char *nested(const char *before, unsigned int depth)
{
	const size_t length = strlen(before);
	char *text = calloc(1, length + 2 * depth + 1);

	ck_assert_ptr_nonnull(text);
	memcpy(text, before, length);
	memset(text + length, '[', depth);
	memset(text + length + depth, ']', depth);
	return text;
}

void ck_depth(document_reader *reader, const char *before, unsigned int depth, const char *sentence)
{
	char *deep = nested(before, depth), *deeper = nested(before, depth + 1);
	struct document document;

	ck_assert(read_text(reader, deep, &document));
	document_free(&document);
	ck_text_refused(reader, deeper, sentence);
	free(deep);
	free(deeper);
}
