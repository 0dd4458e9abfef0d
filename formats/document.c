/* SPDX-License-Identifier: MIT */
#include "document.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "document_memory.h"

#define FEW_KEYS 12 /* so many are compared with one another; more are sorted */

const struct node *node_find(const struct node *object, const char *key)
{
	if (object->kind != NODE_OBJECT)
		return NULL;
	for (size_t i = 0; i < object->count; i++)
		if (strcmp(object->children[i].key, key) == 0)
			return &object->children[i];
	return NULL;
}

const char *node_kind_name(enum node_kind kind)
{
	switch (kind) {
	case NODE_NULL:
		return "null";
	case NODE_BOOLEAN:
		return "true or false";
	case NODE_NUMBER:
		return "a number";
	case NODE_STRING:
		return "a string";
	case NODE_ARRAY:
		return "an array";
	case NODE_OBJECT:
		return "an object";
	}
	return "nothing";
}

static int digit_value(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	if (digit >= 'a' && digit <= 'f')
		return digit - 'a' + 10;
	if (digit >= 'A' && digit <= 'F')
		return digit - 'A' + 10;
	return 16;
}

bool node_unsigned(const struct node *node, bool is_hex_allowed, uint64_t *value)
{
	const char *digit = node->text;
	uint64_t sum = 0;
	int base = 10;

	if (node->kind != NODE_NUMBER)
		return false;
	if (is_hex_allowed && digit[0] == '0' && (digit[1] == 'x' || digit[1] == 'X')) {
		base = 16;
		digit += 2;
	}
	if (*digit == '\0')
		return false;
	for (; *digit; digit++) {
		const int next = digit_value(*digit);

		if (next >= base || __builtin_mul_overflow(sum, (uint64_t)base, &sum) ||
		    __builtin_add_overflow(sum, (uint64_t)next, &sum))
			return false;
	}
	*value = sum;
	return true;
}

/* By key, then by place. */
static int compare_keys(const void *a, const void *b)
{
	const struct node *left = *(const struct node *const *)a;
	const struct node *right = *(const struct node *const *)b;
	const int order = strcmp(left->key, right->key);

	return order ? order : (left > right) - (left < right);
}

static size_t duplicate(const struct source *source, const struct node *first,
			const struct node *second, struct diagnostics *diagnostics)
{
	diagnose_error(diagnostics, source->name, second->key_line, second->key_column,
		       "the key \"%s\" stands here a second time; the first is in line %u",
		       second->key, first->key_line);
	return 1;
}

size_t document_duplicate_keys(const struct source *source, const struct node *object,
			       struct diagnostics *diagnostics)
{
	const struct node **sorted, *child = object->children;
	size_t found = 0;

	if (object->count <= FEW_KEYS) {
		for (size_t i = 1; i < object->count; i++)
			for (size_t j = 0; j < i; j++)
				if (strcmp(child[i].key, child[j].key) == 0) {
					found += duplicate(source, &child[j], &child[i],
							   diagnostics);
					break;
				}
		return found;
	}
	sorted = calloc(object->count, sizeof(*sorted));
	if (!sorted)
		return document_no_memory(source, diagnostics) ? 0 : 1;
	for (size_t i = 0; i < object->count; i++)
		sorted[i] = &child[i];
	qsort(sorted, object->count, sizeof(*sorted), compare_keys);
	for (size_t i = 1; i < object->count; i++)
		if (strcmp(sorted[i]->key, sorted[i - 1]->key) == 0)
			found += duplicate(source, sorted[i - 1], sorted[i], diagnostics);
	free(sorted);
	return found;
}

void document_place(const struct source *source, size_t offset, unsigned int *line,
		    unsigned int *column)
{
	size_t start = 0;

	*line = 1;
	for (size_t i = 0; i < offset && i < source->length; i++)
		if (source->bytes[i] == '\n') {
			(*line)++;
			start = i + 1;
		}
	*column = (unsigned int)(offset - start + 1);
}

static bool is_word(char byte)
{
	return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
	       (byte >= '0' && byte <= '9') || byte == '_' || byte == '.';
}

const char *document_found(const struct source *source, size_t offset, char text[FOUND_MAX])
{
	size_t end = offset;

	if (offset >= source->length)
		return "the end of the file";
	if (source->bytes[offset] == '\n')
		return "the end of the line";
	while (end < source->length && end - offset < FOUND_MAX - 4 && is_word(source->bytes[end]))
		end++;
	if (end == offset)
		end++;
	(void)snprintf(text, FOUND_MAX, "'%.*s'", (int)(end - offset), source->bytes + offset);
	return text;
}

bool document_no_memory(const struct source *source, struct diagnostics *diagnostics)
{
	diagnose_error(diagnostics, source->name, 0, 0, "out of memory");
	return false;
}

/* The length of the UTF-8 sequence at text, 0: there is none. */
static size_t utf8_length(const unsigned char *text, size_t rest)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t lowest;
	} forms[] = { { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 }, { 0xf8, 0xf0, 0x10000 } };

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		uint32_t code = text[0] & (unsigned char)~forms[i].mask;

		if ((text[0] & forms[i].mask) != forms[i].lead)
			continue;
		if (rest < i + 2)
			return 0;
		for (size_t k = 1; k <= i + 1; k++) {
			if ((text[k] & 0xc0) != 0x80)
				return 0;
			code = code << 6 | (text[k] & 0x3f);
		}
		if (code < forms[i].lowest || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
			return 0;
		return i + 2;
	}
	return 0;
}

static bool bad_byte(const struct source *source, size_t offset, const char *what,
		     struct diagnostics *diagnostics)
{
	unsigned int line, column;

	document_place(source, offset, &line, &column);
	diagnose_error(diagnostics, source->name, line, column,
		       "found %s (byte 0x%02x), expected text in UTF-8", what,
		       (unsigned char)source->bytes[offset]);
	return false;
}

bool document_check_text(const struct source *source, struct diagnostics *diagnostics)
{
	const unsigned char *text = (const unsigned char *)source->bytes;
	const size_t length = source->length;
	const char *nul = memchr(text, '\0', length);

	if (nul)
		return bad_byte(source, (size_t)(nul - source->bytes), "a NUL", diagnostics);
	if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		return bad_byte(source, 0, "a byte order mark", diagnostics);
	for (size_t i = 0; i < length;) {
		size_t step = 1;
		uint64_t word;

		if (length - i >= sizeof(word)) { /* nearly all text is ASCII */
			memcpy(&word, text + i, sizeof(word));
			if (!(word & 0x8080808080808080u)) {
				i += sizeof(word);
				continue;
			}
		}
		if (text[i] >= 0x80)
			step = utf8_length(text + i, length - i);
		if (step == 0)
			return bad_byte(source, i, "what is not UTF-8", diagnostics);
		i += step;
	}
	return true;
}
