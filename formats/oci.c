/* SPDX-License-Identifier: MIT */
/*
 * Seccomp profiles in JSON: the OCI runtime-spec's, alone or within a config.json, Docker's and
 * containers/common's; and our own short form, whose member "stile" lists grants.
 */
#include <string.h>

#include "document.h"
#include "document_memory.h"
#include "document_memory.h"
#include "oci_profile.h"
#include "oci_write.h"

static bool has_text(const struct source *source, const char *text)
{
	return memmem(source->bytes, source->length, text, strlen(text));
}

static bool is_likely(const struct source *source)
{
	const char *first = source->bytes + strspn(source->bytes, " \t\r\n");

	return *first == '{' &&
	       (has_text(source, "\"defaultAction\"") || has_text(source, "\"stile\"") ||
		(has_text(source, "\"linux\"") && has_text(source, "\"seccomp\"")));
}

/* The profile within a whole config.json. */
static const struct node *find_profile(const struct oci_reader *reader, const struct node *root)
{
	bool is_good = true;
	const struct node *within;

	if (root->kind != NODE_OBJECT) {
		oci_error(reader, root, "found %s, expected an object with \"defaultAction\"",
			  node_kind_name(root->kind));
		return NULL;
	}
	if (!node_find(root, "linux") && !node_find(root, "ociVersion"))
		return root;
	within = oci_member(reader, root, "linux", NODE_OBJECT, &is_good);
	if (within)
		within = oci_member(reader, within, "seccomp", NODE_OBJECT, &is_good);
	if (!within && is_good)
		oci_error(reader, root, "this configuration has no \"seccomp\" in \"linux\"");
	return within;
}

static struct stile_policy *read_profile(const struct oci_reader *reader, const struct node *object)
{
	static const char *const keys[] = { "defaultAction",
					    "defaultErrnoRet",
					    "defaultErrno",
					    "architectures",
					    "archMap",
					    "flags",
					    "listenerPath",
					    "listenerMetadata",
					    "syscalls",
					    "stile",
					    NULL };
	struct oci_profile profile = { 0 };
	struct stile_policy *policy = NULL, *grants;
	bool is_object = true;
	const struct node *own = oci_member(reader, object, "stile", NODE_OBJECT, &is_object);

	(void)oci_known_keys(reader, object, keys); /* read_oci() looks for errors */
	if ((own || !is_object) && !node_find(object, "defaultAction"))
		return own ? oci_read_grants(reader, own) : NULL;
	if (oci_read_profile(reader, object, &profile) || profile.has_default)
		policy = oci_policy(reader, &profile);
	if (policy &&
	    stile_policy_set_listener(policy, profile.listener_path, profile.listener_metadata) < 0)
		document_no_memory(reader->source, reader->diagnostics);
	if (!own)
		return policy;
	grants = oci_read_grants(reader, own);
	if (grants && policy && !has_errors(reader->diagnostics) &&
	    !oci_check_same(reader, own, grants, policy)) {
		stile_policy_free(grants);
		grants = NULL;
	}
	stile_policy_free(policy);
	return grants;
}

static struct stile_policy *read_oci(const struct source *source,
				     const struct read_options *options,
				     struct diagnostics *diagnostics)
{
	struct document document;
	struct oci_origin origin = { 0 };
	const struct oci_reader reader = { source, options, diagnostics, &document, &origin };
	struct stile_policy *policy = NULL;
	const struct node *object;

	if (!json_document_read(source, &document, diagnostics))
		return NULL;
	object = find_profile(&reader, document.root);
	if (object)
		policy = read_profile(&reader, object);
	document_free(&document);
	if (policy && has_errors(diagnostics)) {
		stile_policy_free(policy);
		policy = NULL;
	}
	return policy;
}

const struct format format_oci = {
	.name = "oci",
	.summary = "seccomp profiles of containers in JSON: OCI, Docker, Podman",
	.is_likely = is_likely,
	.read = read_oci,
	.write = oci_write,
};
