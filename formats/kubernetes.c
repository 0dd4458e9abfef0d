/* SPDX-License-Identifier: MIT */
/*
 * The object SeccompProfile of Kubernetes' security-profiles-operator: in its spec is what the
 * runtime-spec has, with smaller numbers and without errno for the default action.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "document.h"
#include "oci_export.h"
#include "oci_profile.h"
#include "oci_words.h"

#define API_GROUP "security-profiles-operator.x-k8s.io/"
#define NAME_MAX_LENGTH 253

static bool has_text(const struct source *source, const char *text)
{
	return memmem(source->bytes, source->length, text, strlen(text));
}

static bool is_likely(const struct source *source)
{
	return has_text(source, "SeccompProfile") && has_text(source, "apiVersion");
}

/* Says all that is wrong; read_kubernetes() looks for errors. False: it is another object. */
static bool check_head(const struct oci_reader *reader, const struct node *root)
{
	static const char *const keys[] = {
		"apiVersion", "kind", "metadata", "spec", "status", NULL
	};
	bool is_good = true;
	const struct node *kind = oci_needed_string(reader, root, "kind", "\"SeccompProfile\"");
	const struct node *version = oci_needed_string(reader, root, "apiVersion",
						       "\"" API_GROUP "v1beta1\"");

	(void)oci_known_keys(reader, root, keys);
	(void)oci_member(reader, root, "metadata", NODE_OBJECT, &is_good);
	if (kind && strcmp(kind->text, "SeccompProfile") != 0)
		return oci_unknown_word(reader, kind, "kind", NULL, "\"SeccompProfile\"");
	if (version && strncmp(version->text, API_GROUP, strlen(API_GROUP)) != 0)
		oci_unknown_word(reader, version, "apiVersion", NULL, "\"" API_GROUP "v1beta1\"");
	return true;
}

static void check_signed(const struct oci_reader *reader, const struct node *argument,
			 const char *key)
{
	const struct node *number = node_find(argument, key);
	uint64_t value;

	if (number && node_unsigned(number, false, &value) && value > INT64_MAX)
		oci_error(reader, number,
			  "found %s for \"%s\", expected a whole number from 0 to %" PRId64,
			  number->text, key, INT64_MAX);
}

/* The numbers are signed there; an errno of 0 counts as none. What is of another kind is said by
 * those who read it. */
static void check_numbers(const struct oci_reader *reader, const struct node *spec)
{
	const struct node *entries = node_find(spec, "syscalls");

	for (size_t i = 0; entries && i < entries->count; i++) {
		const struct node *entry = &entries->children[i], *arguments, *errno_value;

		if (entry->kind != NODE_OBJECT)
			continue;
		arguments = node_find(entry, "args");
		errno_value = node_find(entry, "errnoRet");
		if (errno_value && errno_value->kind == NODE_NUMBER &&
		    strcmp(errno_value->text, "0") == 0)
			oci_error(reader, errno_value,
				  "found 0 for \"errnoRet\", which the operator leaves out, so "
				  "that EPERM is taken: expected another errno, or none");
		for (size_t k = 0; arguments && k < arguments->count; k++) {
			const struct node *argument = &arguments->children[k];

			if (argument->kind != NODE_OBJECT)
				continue;
			check_signed(reader, argument, "value");
			check_signed(reader, argument, "valueTwo");
		}
	}
}

static struct stile_policy *read_spec(const struct oci_reader *reader, const struct node *root)
{
	static const char *const keys[] = { "defaultAction", "architectures",	 "flags",
					    "listenerPath",  "listenerMetadata", "syscalls",
					    "disabled",	     "baseProfileName",	 NULL };
	struct oci_profile profile = { 0 };
	const struct node *spec, *base, *disabled;
	bool is_good = true;

	if (root->kind != NODE_OBJECT) {
		oci_error(reader, root, "found %s, expected an object with \"apiVersion\"",
			  node_kind_name(root->kind));
		return NULL;
	}
	if (!check_head(reader, root))
		return NULL;
	spec = oci_member(reader, root, "spec", NODE_OBJECT, &is_good);
	if (!spec) {
		if (is_good)
			oci_missing(reader, root, "spec", "one with \"defaultAction\"");
		return NULL;
	}
	(void)oci_known_keys(reader, spec, keys);
	base = oci_member(reader, spec, "baseProfileName", NODE_STRING, &is_good);
	if (base && *base->text != '\0')
		oci_error(reader, base,
			  "the profile \"%s\" is added to this one by the operator, and cannot be "
			  "found from here: write its entries into this file",
			  base->text);
	disabled = oci_member(reader, spec, "disabled", NODE_BOOLEAN, &is_good);
	if (disabled && disabled->boolean)
		oci_warning(reader, disabled, "the profile is disabled: no container gets it");
	check_numbers(reader, spec);
	if (!oci_read_profile(reader, spec, &profile) && !profile.has_default)
		return NULL;
	return oci_policy(reader, &profile);
}

static struct stile_policy *read_kubernetes(const struct source *source,
					    const struct read_options *options,
					    struct diagnostics *diagnostics)
{
	const char *first = source->bytes + strspn(source->bytes, " \t\r\n");
	struct document document;
	struct oci_origin origin = { 0 };
	const struct oci_reader reader = { source, options, diagnostics, &document, &origin };
	struct stile_policy *policy;

	if (!(*first == '{' ? json_document_read : yaml_document_read)(source, &document,
								       diagnostics))
		return NULL;
	policy = read_spec(&reader, document.root);
	document_free(&document);
	if (policy && has_errors(diagnostics)) {
		stile_policy_free(policy);
		policy = NULL;
	}
	return policy;
}

static void put_line(FILE *stream, const struct oci_group *group, const struct oci_line *line)
{
	fprintf(stream, "  - action: %s\n", oci_action_word(line->action.kind));
	if (oci_has_errno(line->action))
		fprintf(stream, "    errnoRet: %u\n", line->action.errno_value);
	fputs("    names:\n", stream);
	for (size_t i = 0; i < group->count; i++)
		fprintf(stream, "    - %s\n", group->names[i]);
	if (line->compared)
		fputs("    args:\n", stream);
	for (unsigned int i = 0; i < OCI_ARGUMENTS; i++) {
		const struct oci_comparison *argument = &line->arguments[i];
		const bool is_masked = argument->comparison == STILE_MASKED_EQUAL;

		if (!(line->compared & 1u << i))
			continue;
		fprintf(stream, "    - index: %u\n      op: %s\n      value: %" PRIu64 "\n", i,
			oci_comparison_word(argument->comparison),
			is_masked ? argument->mask : argument->value);
		if (is_masked)
			fprintf(stream, "      valueTwo: %" PRIu64 "\n", argument->value);
	}
}

static void put_profile(FILE *stream, const struct oci_export *profile, const char *name)
{
	fprintf(stream,
		"apiVersion: " API_GROUP "v1beta1\nkind: SeccompProfile\nmetadata:\n"
		"  name: \"%s\"\nspec:\n  defaultAction: %s\n  architectures:\n",
		name ? name : "stile", oci_action_word(profile->default_action.kind));
	for (size_t i = 0; i < profile->abi_count; i++)
		fprintf(stream, "  - %s\n", oci_architecture_of(profile->abis[i])->word);
	if (profile->count)
		fputs("  syscalls:\n", stream);
	for (size_t i = 0; i < profile->count; i++)
		for (size_t k = 0; k < profile->groups[i].lines.count; k++)
			put_line(stream, &profile->groups[i], &profile->groups[i].lines.items[k]);
}

/* Names of objects are those of hosts: lower case letters, digits, '-' and '.'. */
static int check_name(const struct oci_writer *writer, const char *name)
{
	const size_t length = strlen(name);

	if (length && length <= NAME_MAX_LENGTH &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") == length &&
	    !strchr("-.", name[0]) && !strchr("-.", name[length - 1]))
		return 0;
	return oci_write_error(writer,
			       "the name \"%s\" is none that Kubernetes takes: use lower case "
			       "letters, digits, '-' and '.'",
			       name);
}

static bool is_too_large(const struct oci_line *line)
{
	for (unsigned int i = 0; i < OCI_ARGUMENTS; i++)
		if ((line->arguments[i].mask | line->arguments[i].value) > INT64_MAX)
			return true;
	return false;
}

static int check_lines(const struct oci_writer *writer, const struct oci_export *profile)
{
	int result = 0;

	for (size_t i = 0; i < profile->count; i++) {
		const struct oci_group *group = &profile->groups[i];

		for (size_t k = 0; k < group->lines.count; k++) {
			const struct oci_line *line = &group->lines.items[k];

			if (oci_has_errno(line->action) && line->action.errno_value == 0)
				result = oci_write_error(writer,
							 "%s: an errno of 0 cannot be said there",
							 group->names[0]);
			if (is_too_large(line))
				result = oci_write_error(writer,
							 "%s: values over 2^63-1 cannot be said "
							 "there",
							 group->names[0]);
		}
	}
	return result;
}

static int write_kubernetes(FILE *stream, const struct stile_policy *policy,
			    const struct write_options *options, struct diagnostics *diagnostics)
{
	const struct oci_writer writer = { .format = &format_kubernetes,
					   .options = options,
					   .diagnostics = diagnostics,
					   .has_plain_default = true,
					   .put = put_profile,
					   .check = check_lines };

	if (options->name && check_name(&writer, options->name))
		return -1;
	return oci_write_profile(stream, &writer, policy);
}

const struct format format_kubernetes = {
	.name = "kubernetes",
	.summary = "SeccompProfile objects of Kubernetes' security-profiles-operator",
	.is_likely = is_likely,
	.read = read_kubernetes,
	.write = write_kubernetes,
};
