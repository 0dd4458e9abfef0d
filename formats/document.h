/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_DOCUMENT_H
#define FORMATS_DOCUMENT_H

/* JSON, YAML and TOML as one tree, in which every value has its place in the file. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "diagnostics.h"
#include "source.h"

#define DOCUMENT_DEPTH_MAX 32

enum node_kind { NODE_NULL, NODE_BOOLEAN, NODE_NUMBER, NODE_STRING, NODE_ARRAY, NODE_OBJECT };

struct node {
	enum node_kind kind;
	unsigned int line, column; /* from 1; of its first character */
	const char *key;	   /* in an object, without NULs; else NULL */
	unsigned int key_line, key_column;
	const char *text; /* of a string, unescaped, without NULs; of a number, as written */
	bool boolean;
	const struct node *children; /* next to one another, in the file's order */
	size_t count;
};

struct document {
	struct node *root;
	void *memory; /* all that the tree is made of */
};

/*
 * Read a whole file. Errors, all in diagnostics: what is not of the format, duplicate keys, depth,
 * NUL, invalid UTF-8, more than one value. False: there was one, and nothing is to be freed.
 */
bool json_document_read(const struct source *source, struct document *document,
			struct diagnostics *diagnostics);
bool yaml_document_read(const struct source *source, struct document *document,
			struct diagnostics *diagnostics);
bool toml_document_read(const struct source *source, struct document *document,
			struct diagnostics *diagnostics);
void document_free(struct document *document);

/* The value of a key of an object, NULL: there is none. */
const struct node *node_find(const struct node *object, const char *key);

/* "a string", "an object", ... for messages. */
const char *node_kind_name(enum node_kind kind);

/* A number's value, written in digits alone (or 0x and hexadecimal ones if is_hex_allowed); false:
 * it is no number, negative, a fraction, has an exponent, or more than 64 bits. */
bool node_unsigned(const struct node *node, bool is_hex_allowed, uint64_t *value);

#endif
