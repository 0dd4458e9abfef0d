/* SPDX-License-Identifier: MIT */
/* Members of a profile's objects: their kinds, and keys that are none. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "oci_profile.h"
#include "oci_words.h"

#define TEXT_MAX 1200

bool oci_error(const struct oci_reader *reader, const struct node *node, const char *format, ...)
{
	char text[TEXT_MAX] = "";
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	diagnose_error(reader->diagnostics, reader->source->name, node->line, node->column, "%s",
		       text);
	return false;
}

void oci_warning(const struct oci_reader *reader, const struct node *node, const char *format, ...)
{
	char text[TEXT_MAX] = "";
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	diagnose_warning(reader->diagnostics, reader->source->name, node->line, node->column, "%s",
			 text);
}

const struct node *oci_member(const struct oci_reader *reader, const struct node *object,
			      const char *key, enum node_kind kind, bool *is_good)
{
	const struct node *member = node_find(object, key);

	if (!member || member->kind == NODE_NULL)
		return NULL;
	if (member->kind == kind)
		return member;
	*is_good = oci_error(reader, member, "found %s for \"%s\", expected %s",
			     node_kind_name(member->kind), key, node_kind_name(kind));
	return NULL;
}

const struct node *oci_strings(const struct oci_reader *reader, const struct node *object,
			       const char *key, bool *is_good)
{
	const struct node *array = oci_member(reader, object, key, NODE_ARRAY, is_good);
	bool are_strings = true;

	for (size_t i = 0; array && i < array->count; i++)
		if (array->children[i].kind != NODE_STRING)
			are_strings = oci_error(reader, &array->children[i],
						"found %s in \"%s\", expected a string",
						node_kind_name(array->children[i].kind), key);
	*is_good = *is_good && are_strings;
	return are_strings ? array : NULL;
}

static bool is_known(const char *key, const char *const *keys)
{
	for (; *keys; keys++)
		if (strcmp(key, *keys) == 0)
			return true;
	return false;
}

/* Readers written in Go take a key for another that differs in upper and lower case alone. */
static const char *other_case(const char *key, const char *const *keys)
{
	for (; *keys; keys++)
		if (strcasecmp(key, *keys) == 0)
			return *keys;
	return NULL;
}

bool oci_known_keys(const struct oci_reader *reader, const struct node *object,
		    const char *const *keys)
{
	const char *file = reader->source->name;
	bool is_good = true;

	for (size_t i = 0; i < object->count; i++) {
		const struct node *child = &object->children[i];
		const char *other, *nearest;

		if (is_known(child->key, keys))
			continue;
		other = other_case(child->key, keys);
		nearest = oci_nearest(child->key, keys);
		if (other) {
			diagnose_error(reader->diagnostics, file, child->key_line,
				       child->key_column,
				       "found the key \"%s\", which some runtimes take for \"%s\" "
				       "and others leave out: write \"%s\"",
				       child->key, other, other);
			is_good = false;
		} else {
			diagnose_warning(reader->diagnostics, file, child->key_line,
					 child->key_column,
					 "the key \"%s\" means nothing here and is left "
					 "out%s%s%s",
					 child->key, nearest ? ": did you mean \"" : "",
					 nearest ? nearest : "", nearest ? "\"?" : "");
		}
	}
	return is_good;
}

bool oci_missing(const struct oci_reader *reader, const struct node *object, const char *key,
		 const char *expected)
{
	const struct node *null = node_find(object, key);

	return oci_error(reader, null ? null : object, "found %s \"%s\", expected %s",
			 null ? "null for" : "no", key, expected);
}

bool oci_needed_integer(const struct oci_reader *reader, const struct node *object, const char *key,
			uint64_t most, const char *expected, uint64_t *value)
{
	bool is_good = true;

	if (!oci_integer(reader, object, key, most, value, &is_good) && is_good)
		return oci_missing(reader, object, key, expected);
	return is_good;
}

const struct node *oci_needed_string(const struct oci_reader *reader, const struct node *object,
				     const char *key, const char *expected)
{
	bool is_good = true;
	const struct node *string = oci_member(reader, object, key, NODE_STRING, &is_good);

	if (!string && is_good)
		(void)oci_missing(reader, object, key, expected);
	return string;
}

bool oci_unknown_word(const struct oci_reader *reader, const struct node *word, const char *kind,
		      const char *nearest, const char *expected)
{
	if (nearest)
		return oci_error(reader, word, "found the %s \"%s\": did you mean \"%s\"?", kind,
				 word->text, nearest);
	return oci_error(reader, word, "found the %s \"%s\", expected %s", kind, word->text,
			 expected);
}

bool oci_integer(const struct oci_reader *reader, const struct node *object, const char *key,
		 uint64_t most, uint64_t *value, bool *is_good)
{
	const struct node *member = oci_member(reader, object, key, NODE_NUMBER, is_good);

	if (!member)
		return false;
	if (node_unsigned(member, false, value) && *value <= most)
		return true;
	*is_good = oci_error(reader, member,
			     "found %.40s for \"%s\", expected a whole number from 0 to %" PRIu64,
			     member->text, key, most);
	return false;
}
