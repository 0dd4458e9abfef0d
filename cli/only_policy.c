/* SPDX-License-Identifier: MIT */
#include "only_policy.h"

#include <string.h>

#include "document.h"

/* Keys that the writer of container profiles writes again. */
static const char *const profile_keys[] = { "defaultAction", "defaultErrnoRet", "architectures",
					    "syscalls", NULL };
/* A comment is lost as all comments are. */
static const char *const entry_keys[] = { "names", "name", "action",  "errnoRet",
					  "errno", "args", "comment", NULL };

static bool has_only(const struct node *object, const char *const *keys)
{
	for (size_t i = 0; i < object->count; i++) {
		size_t k = 0;

		while (keys[k] && strcmp(keys[k], object->children[i].key) != 0)
			k++;
		if (!keys[k])
			return false;
	}
	return object->kind == NODE_OBJECT;
}

static const char *beside_profile(const struct node *root)
{
	const struct node *syscalls;

	if (!node_find(root, "defaultAction"))
		return "the rest of the container's configuration";
	if (!has_only(root, profile_keys))
		return "what else the profile says: flags, a listener, other architectures, grants";
	syscalls = node_find(root, "syscalls");
	for (size_t i = 0; syscalls && i < syscalls->count; i++)
		if (!has_only(&syscalls->children[i], entry_keys))
			return "what depends on the container: its capabilities, its kernel";
	return NULL;
}

static const char *beside_filter(const struct node *root)
{
	return root->kind == NODE_OBJECT && root->count == 1 ? NULL : "the other threads' filters";
}

static const char *in_json(const struct source *source,
			   const char *(*judge)(const struct node *root))
{
	struct diagnostics diagnostics = { 0 };
	struct document document;
	const char *what = "what cannot be read";

	if (json_document_read(source, &document, &diagnostics)) {
		what = judge(document.root);
		document_free(&document);
	}
	diagnostics_free(&diagnostics);
	return what;
}

/* Nothing but the section and its filter. */
static const char *beside_unit(const struct source *source)
{
	static const char *const known[] = { "[Service]", "SystemCall", "#", ";" };
	const char *line = source->bytes, *end;

	for (; *line; line = *end ? end + 1 : end) {
		bool is_known = false;

		line += strspn(line, " \t\r");
		end = strchrnul(line, '\n');
		for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
			is_known = is_known || strncmp(line, known[i], strlen(known[i])) == 0;
		/* a line that goes on the one before is in doubt, too */
		if (!is_known && line != end)
			return "other settings of the unit";
	}
	return NULL;
}

static const char *beside_lines(const struct source *source, const char *include)
{
	return strstr(source->bytes, include) ? "which files it includes" : NULL;
}

const char *held_beside_policy(const struct policy_file *file)
{
	const struct source *source = &file->source;

	for (size_t i = 0; i < file->diagnostics.count; i++)
		if (file->diagnostics.items[i].line)
			return "what there are warnings about";
	if (memchr(source->bytes, '\0', source->length))
		return file->format == &format_bpf ? NULL : "what cannot be read";
	if (file->format == &format_bpf)
		return NULL;
	if (file->format == &format_oci)
		return in_json(source, beside_profile);
	if (file->format == &format_firecracker)
		return in_json(source, beside_filter);
	if (file->format == &format_systemd)
		return beside_unit(source);
	if (file->format == &format_minijail)
		return beside_lines(source, "@include");
	if (file->format == &format_kafel)
		return beside_lines(source, "#include");
	return "what stands beside the policy";
}
