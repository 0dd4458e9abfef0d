/* SPDX-License-Identifier: MIT */

/*
 * YAML, by libyaml: one document that says what JSON can say. Anchors, aliases, tags and merge
 * keys are refused, and so are scalars that versions of YAML do not agree about.
 */

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "document.h"
#include "document_memory.h"
#include "yaml_scalar.h"

struct loader {
	const struct source *source;
	struct document *document;
	struct diagnostics *diagnostics;
	yaml_parser_t parser;
	yaml_event_t event; /* the next one */
	struct node_stack stack;
	bool has_duplicates;
};

static bool refuse(const struct loader *loader, const char *sentence)
{
	const yaml_mark_t *mark = &loader->event.start_mark;

	diagnose_error(loader->diagnostics, loader->source->name, (unsigned int)mark->line + 1,
		       (unsigned int)mark->column + 1, "%s", sentence);
	return false;
}

static bool no_memory(const struct loader *loader)
{
	return document_no_memory(loader->source, loader->diagnostics);
}

/* Goes on to the next event. */
static bool next(struct loader *loader)
{
	const yaml_parser_t *parser = &loader->parser;

	yaml_event_delete(&loader->event);
	if (yaml_parser_parse(&loader->parser, &loader->event))
		return true;
	loader->event = (yaml_event_t){ 0 };
	if (parser->error == YAML_MEMORY_ERROR)
		return no_memory(loader);
	diagnose_error(loader->diagnostics, loader->source->name,
		       (unsigned int)parser->problem_mark.line + 1,
		       (unsigned int)parser->problem_mark.column + 1, "%s%s%s", parser->problem,
		       parser->context ? " " : "", parser->context ? parser->context : "");
	return false;
}

static bool is_plain(const yaml_event_t *event)
{
	return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

/* Copies the text of a scalar, which is the next event. */
static bool load_text(struct loader *loader, const char **text)
{
	const char *value = (const char *)loader->event.data.scalar.value;
	const size_t length = loader->event.data.scalar.length;

	if (loader->event.data.scalar.anchor)
		return refuse(loader, "found an anchor ('&'), expected a value without");
	if (loader->event.data.scalar.tag)
		return refuse(loader, "found a tag ('!'), expected a value without");
	if (memchr(value, '\0', length))
		return refuse(loader, "found a NUL in a string, expected text without NULs");
	*text = document_copy(loader->document, value, length);
	return *text || no_memory(loader);
}

static bool load_scalar(struct loader *loader, struct node *node)
{
	node->kind = NODE_STRING;
	if (!load_text(loader, &node->text))
		return false;
	if (is_plain(&loader->event) && !yaml_plain_kind(node->text, &node->kind, &node->boolean))
		return refuse(loader, "versions of YAML do not agree about this value: put a "
				      "string in quotes, write true, false or a number without "
				      "leading zeros");
	return true;
}

static bool load_key(struct loader *loader, struct node *child)
{
	if (loader->event.type != YAML_SCALAR_EVENT)
		return refuse(loader, "expected a string as key");
	child->key_line = (unsigned int)loader->event.start_mark.line + 1;
	child->key_column = (unsigned int)loader->event.start_mark.column + 1;
	if (!load_text(loader, &child->key))
		return false;
	if (is_plain(&loader->event) && strcmp(child->key, "<<") == 0)
		return refuse(loader, "found a merge key ('<<'), expected keys written out");
	return next(loader);
}

static bool load_value(struct loader *loader, struct node *node, unsigned int depth);

static bool load_children(struct loader *loader, struct node *node, unsigned int depth)
{
	const bool is_keyed = node->kind == NODE_OBJECT;
	const yaml_event_type_t last = is_keyed ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;
	const size_t base = loader->stack.count;

	if (!next(loader))
		return false;
	while (loader->event.type != last) {
		struct node child = { 0 };

		if (is_keyed && !load_key(loader, &child))
			return false;
		if (!load_value(loader, &child, depth + 1) || !next(loader))
			return false;
		if (!node_stack_push(&loader->stack, &child))
			return no_memory(loader);
	}
	if (!node_stack_pop(&loader->stack, base, loader->document, node))
		return no_memory(loader);
	if (is_keyed && document_duplicate_keys(loader->source, node, loader->diagnostics) > 0)
		loader->has_duplicates = true;
	return true;
}

/* The value that begins with the next event; its last event stays the next one. */
static bool load_value(struct loader *loader, struct node *node, unsigned int depth)
{
	const yaml_event_t *event = &loader->event;
	const bool is_sequence = event->type == YAML_SEQUENCE_START_EVENT;

	node->line = (unsigned int)event->start_mark.line + 1;
	node->column = (unsigned int)event->start_mark.column + 1;
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return load_scalar(loader, node);
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		if (is_sequence ? !!event->data.sequence_start.anchor :
				  !!event->data.mapping_start.anchor)
			return refuse(loader, "found an anchor ('&'), expected a value without");
		if (is_sequence ? !!event->data.sequence_start.tag :
				  !!event->data.mapping_start.tag)
			return refuse(loader, "found a tag ('!'), expected a value without");
		if (depth >= DOCUMENT_DEPTH_MAX)
			return refuse(loader, "expected no more than 32 levels of lists and maps");
		node->kind = is_sequence ? NODE_ARRAY : NODE_OBJECT;
		return load_children(loader, node, depth);
	case YAML_ALIAS_EVENT:
		return refuse(loader, "found an alias ('*'), expected the value itself");
	default:
		return refuse(loader, "expected a value");
	}
}

static bool load_document(struct loader *loader)
{
	if (!next(loader) || !next(loader)) /* the stream's start, then the document's */
		return false;
	if (loader->event.type != YAML_DOCUMENT_START_EVENT)
		return refuse(loader, "found the end of the file, expected a value");
	if (loader->event.data.document_start.tag_directives.start !=
	    loader->event.data.document_start.tag_directives.end)
		return refuse(loader, "found %TAG, expected a document without tags");
	if (!next(loader) || !load_value(loader, loader->document->root, 0))
		return false;
	if (!next(loader) || !next(loader)) /* the document's end, then the stream's */
		return false;
	if (loader->event.type != YAML_STREAM_END_EVENT)
		return refuse(loader, "found a second document, expected one");
	return !loader->has_duplicates;
}

bool yaml_document_read(const struct source *source, struct document *document,
			struct diagnostics *diagnostics)
{
	struct loader loader = { .source = source,
				 .document = document,
				 .diagnostics = diagnostics };
	bool is_good;

	*document = (struct document){ 0 };
	if (!document_check_text(source, diagnostics))
		return false;
	document->root = document_allocate(document, sizeof(*document->root));
	if (!document->root || !yaml_parser_initialize(&loader.parser)) {
		document_free(document);
		return document_no_memory(source, diagnostics);
	}
	*document->root = (struct node){ 0 };
	yaml_parser_set_encoding(&loader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&loader.parser, (const unsigned char *)source->bytes,
				     source->length);
	is_good = load_document(&loader);
	yaml_event_delete(&loader.event);
	yaml_parser_delete(&loader.parser);
	free(loader.stack.items);
	if (!is_good)
		document_free(document);
	return is_good;
}
