/* SPDX-License-Identifier: MIT */
#ifndef TESTS_DOCUMENT_SUPPORT_H
#define TESTS_DOCUMENT_SUPPORT_H

/* What the tests of JSON, YAML and TOML share. What was said is in said, of policy_text.h. */

#include "document.h"
#include "policy_text.h"

typedef bool document_reader(const struct source *source, struct document *document,
			     struct diagnostics *diagnostics);

bool read_bytes(document_reader *reader, const char *bytes, size_t length,
		struct document *document);
bool read_text(document_reader *reader, const char *text, struct document *document);

/* Refused, and the first error is this one: "line:column: sentence". */
void ck_bytes_refused(document_reader *reader, const char *bytes, size_t length,
		      const char *sentence);
void ck_text_refused(document_reader *reader, const char *text, const char *sentence);

/* As many arrays in one another are taken as may be, behind this text, and one more is not. */
void ck_depth(document_reader *reader, const char *before, unsigned int depth,
	      const char *sentence);

#endif
