/* SPDX-License-Identifier: MIT */
#include "json_locator.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "document_memory.h"

struct locator {
	const struct source *source;
	struct document *document;
	struct diagnostics *diagnostics;
	const char *at, *end;	/* a NUL stands at the end */
	const char *line_start; /* of the line that at is in */
	unsigned int line;
	struct node_stack stack;
	struct json_tokener *unescaper; /* NULL: not needed yet */
	bool has_duplicates;
};

static bool expected(struct locator *locator, const char *what)
{
	char found[FOUND_MAX];
	const size_t offset = (size_t)(locator->at - locator->source->bytes);

	diagnose_error(locator->diagnostics, locator->source->name, locator->line,
		       (unsigned int)(locator->at - locator->line_start + 1),
		       "found %s, expected %s", document_found(locator->source, offset, found),
		       what);
	return false;
}

static bool no_memory(const struct locator *locator)
{
	return document_no_memory(locator->source, locator->diagnostics);
}

static void skip_space(struct locator *locator)
{
	const char *at = locator->at;

	for (;; at++) {
		if (*at == '\n') {
			locator->line++;
			locator->line_start = at + 1;
		} else if (*at != ' ' && *at != '\t' && *at != '\r') {
			break;
		}
	}
	locator->at = at;
}

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

static bool skip_digits(struct locator *locator)
{
	if (!is_digit(*locator->at))
		return expected(locator, "a digit");
	while (is_digit(*locator->at))
		locator->at++;
	return true;
}

static bool locate_number(struct locator *locator, struct node *node)
{
	const char *start = locator->at;

	if (*locator->at == '-')
		locator->at++;
	if (*locator->at == '0') {
		locator->at++;
		if (is_digit(*locator->at))
			return expected(locator, "no digit after a leading zero");
	} else if (!skip_digits(locator)) {
		return false;
	}
	if (*locator->at == '.') {
		locator->at++;
		if (!skip_digits(locator))
			return false;
	}
	if (*locator->at == 'e' || *locator->at == 'E') {
		locator->at++;
		if (*locator->at == '+' || *locator->at == '-')
			locator->at++;
		if (!skip_digits(locator))
			return false;
	}
	node->kind = NODE_NUMBER;
	node->text = document_copy(locator->document, start, (size_t)(locator->at - start));
	return node->text || no_memory(locator);
}

/* The value of four hexadecimal digits; -1: there are not four. */
static long code_unit(const char *digits)
{
	char text[5] = "";

	for (int i = 0; i < 4; i++) {
		if (!strchr("0123456789abcdefABCDEF", digits[i]) || digits[i] == '\0')
			return -1;
		text[i] = digits[i];
	}
	return strtol(text, NULL, 16);
}

/* Checks \uXXXX, and the second half if it is the first of a pair. */
static bool skip_code_point(struct locator *locator)
{
	const long unit = code_unit(locator->at + 2);

	if (unit < 0)
		return expected(locator, "four hexadecimal digits behind '\\u'");
	if (unit == 0)
		return expected(locator, "text without NULs");
	if (unit >= 0xdc00 && unit <= 0xdfff)
		return expected(locator, "the first half of a surrogate pair before its second");
	locator->at += 6;
	if (unit >= 0xd800 && unit <= 0xdbff) {
		const long second = strncmp(locator->at, "\\u", 2) == 0 ?
					    code_unit(locator->at + 2) :
					    -1;

		if (second < 0xdc00 || second > 0xdfff)
			return expected(locator, "the second half of a surrogate pair");
		locator->at += 6;
	}
	return true;
}

static bool skip_escape(struct locator *locator)
{
	const char letter = locator->at[1];

	if (letter == 'u')
		return skip_code_point(locator);
	if (letter == '\0' || !strchr("\"\\/bfnrt", letter)) {
		locator->at++;
		return expected(locator, "one of \" \\ / b f n r t u behind a backslash");
	}
	locator->at += 2;
	return true;
}

/* What json-c makes of a string with escapes. */
static char *unescape(struct locator *locator, const char *start, size_t length)
{
	struct json_object *string;
	char *copy = NULL;

	if (!locator->unescaper)
		locator->unescaper = json_tokener_new();
	if (!locator->unescaper)
		return NULL;
	json_tokener_reset(locator->unescaper);
	string = json_tokener_parse_ex(locator->unescaper, start, (int)length);
	if (json_object_is_type(string, json_type_string))
		copy = document_copy(locator->document, json_object_get_string(string),
				     (size_t)json_object_get_string_len(string));
	json_object_put(string);
	return copy;
}

static bool locate_string(struct locator *locator, const char **text)
{
	const char *start = locator->at;
	bool is_escaped = false;
	size_t length;

	for (locator->at++; *locator->at != '"';) {
		if ((unsigned char)*locator->at < ' ')
			return expected(locator, "the rest of a string, in one line and without "
						 "control characters");
		if (*locator->at != '\\') {
			locator->at++;
			continue;
		}
		is_escaped = true;
		if (!skip_escape(locator))
			return false;
	}
	locator->at++;
	length = (size_t)(locator->at - start);
	*text = is_escaped ? unescape(locator, start, length) :
			     document_copy(locator->document, start + 1, length - 2);
	return *text || no_memory(locator);
}

static bool locate_value(struct locator *locator, struct node *node, unsigned int depth);

static bool locate_key(struct locator *locator, struct node *child, const char *what)
{
	skip_space(locator);
	if (*locator->at != '"')
		return expected(locator, what);
	child->key_line = locator->line;
	child->key_column = (unsigned int)(locator->at - locator->line_start + 1);
	if (!locate_string(locator, &child->key))
		return false;
	skip_space(locator);
	if (*locator->at != ':')
		return expected(locator, "':' between key and value");
	locator->at++;
	return true;
}

/* What is between the brackets of an array, or of an object (is_keyed). */
static bool locate_children(struct locator *locator, struct node *node, unsigned int depth)
{
	const bool is_keyed = node->kind == NODE_OBJECT;
	const char last = is_keyed ? '}' : ']';
	const size_t base = locator->stack.count;
	bool is_first = true;

	locator->at++;
	for (skip_space(locator); *locator->at != last; is_first = false) {
		struct node child = { 0 };

		if (!is_first) {
			if (*locator->at != ',')
				return expected(locator, is_keyed ? "',' or '}'" : "',' or ']'");
			locator->at++;
		}
		if (is_keyed && !locate_key(locator, &child,
					    is_first ? "a key in double quotes, or '}'" :
						       "a key in double quotes"))
			return false;
		if (!locate_value(locator, &child, depth + 1))
			return false;
		if (!node_stack_push(&locator->stack, &child))
			return no_memory(locator);
		skip_space(locator);
	}
	locator->at++;
	if (!node_stack_pop(&locator->stack, base, locator->document, node))
		return no_memory(locator);
	if (is_keyed && document_duplicate_keys(locator->source, node, locator->diagnostics) > 0)
		locator->has_duplicates = true;
	return true;
}

static bool locate_word(struct locator *locator, struct node *node)
{
	static const struct {
		const char *word;
		enum node_kind kind;
		bool boolean;
	} words[] = { { "null", NODE_NULL, false },
		      { "true", NODE_BOOLEAN, true },
		      { "false", NODE_BOOLEAN, false } };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		const size_t length = strlen(words[i].word);

		if (strncmp(locator->at, words[i].word, length) != 0)
			continue;
		node->kind = words[i].kind;
		node->boolean = words[i].boolean;
		locator->at += length;
		return true;
	}
	return expected(locator, "a value");
}

static bool locate_value(struct locator *locator, struct node *node, unsigned int depth)
{
	skip_space(locator);
	node->line = locator->line;
	node->column = (unsigned int)(locator->at - locator->line_start + 1);
	switch (*locator->at) {
	case '{':
	case '[':
		if (depth >= DOCUMENT_DEPTH_MAX)
			return expected(locator, "no more than 32 levels of arrays and objects");
		node->kind = *locator->at == '{' ? NODE_OBJECT : NODE_ARRAY;
		return locate_children(locator, node, depth);
	case '"':
		node->kind = NODE_STRING;
		return locate_string(locator, &node->text);
	case '-':
	case '0' ... '9':
		return locate_number(locator, node);
	default:
		return locate_word(locator, node);
	}
}

bool json_locate(const struct source *source, struct document *document,
		 struct diagnostics *diagnostics)
{
	struct locator locator = { .source = source,
				   .document = document,
				   .diagnostics = diagnostics,
				   .at = source->bytes,
				   .end = source->bytes + source->length,
				   .line_start = source->bytes,
				   .line = 1 };
	bool is_good;

	document->root = document_allocate(document, sizeof(*document->root));
	if (!document->root)
		return document_no_memory(source, diagnostics);
	*document->root = (struct node){ 0 };
	is_good = locate_value(&locator, document->root, 0);
	skip_space(&locator);
	if (is_good && locator.at != locator.end)
		is_good = expected(&locator, "nothing more: the value is complete");
	free(locator.stack.items);
	if (locator.unescaper)
		json_tokener_free(locator.unescaper);
	return is_good && !locator.has_duplicates;
}
