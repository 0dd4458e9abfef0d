/* SPDX-License-Identifier: MIT */

/*
 * JSON. json-c decides what is a JSON text, and unescapes strings; but it knows no lines, merges
 * equal keys, keeps numbers of more than 64 bits as the largest, and takes some texts that are no
 * JSON. So a walk through the text (json_locator.c) makes the tree, and both must agree.
 */

#include <json-c/json.h>

#include "document.h"
#include "document_memory.h"
#include "json_locator.h"

static bool is_json(const struct source *source, struct diagnostics *diagnostics)
{
	/* The value itself counts as a level there, and the NUL ends a number. */
	struct json_tokener *tokener = json_tokener_new_ex(DOCUMENT_DEPTH_MAX + 1);
	enum json_tokener_error error;
	unsigned int line = 0, column = 0;

	if (!tokener)
		return document_no_memory(source, diagnostics);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	json_object_put(json_tokener_parse_ex(tokener, source->bytes, (int)source->length + 1));
	error = json_tokener_get_error(tokener);
	if (error != json_tokener_success)
		document_place(source, json_tokener_get_parse_end(tokener), &line, &column);
	json_tokener_free(tokener);
	if (error == json_tokener_success)
		return true;
	diagnose_error(diagnostics, source->name, line, column, "%s",
		       json_tokener_error_desc(error));
	return false;
}

bool json_document_read(const struct source *source, struct document *document,
			struct diagnostics *diagnostics)
{
	*document = (struct document){ 0 };
	if (!document_check_text(source, diagnostics))
		return false;
	/* The walk first: it knows better what to say. */
	if (json_locate(source, document, diagnostics) && is_json(source, diagnostics))
		return true;
	document_free(document);
	return false;
}
