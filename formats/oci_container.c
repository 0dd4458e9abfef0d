/* SPDX-License-Identifier: MIT */
/* What Docker and containers/common ask of a container before an entry applies to it. */
#include <stdio.h>
#include <string.h>

#include "oci_profile.h"
#include "oci_words.h"

static bool has_capability(const struct read_options *options, const char *name)
{
	for (const char *const *held = options->capabilities; held && *held; held++)
		if (strcmp(*held, name) == 0)
			return true;
	return false;
}

static bool has_word(const struct node *words, const char *word)
{
	for (size_t i = 0; i < words->count; i++)
		if (strcmp(words->children[i].text, word) == 0)
			return true;
	return false;
}

/* "major.minor" as in uint32_t kernel of the options. */
static bool read_kernel(const struct oci_reader *reader, const struct node *node, uint32_t *kernel)
{
	unsigned int major = 0, minor = 0;
	char rest;

	if (strlen(node->text) <= 7 && strspn(node->text, "0123456789.") == strlen(node->text) &&
	    sscanf(node->text, "%u.%u%c", &major, &minor, &rest) == 2 && major <= 255 &&
	    minor <= 255 && (major || minor)) {
		*kernel = major << 16 | minor << 8;
		return true;
	}
	return oci_error(reader, node,
			 "found \"%.40s\" for \"minKernel\", expected a version like \"4.8\"",
			 node->text);
}

/* What one of the two objects asks; what is not asked holds in "includes" and not in "excludes". */
struct answers {
	bool architecture, all_capabilities, any_capability, kernel;
};

static bool ask(const struct oci_reader *reader, const struct node *object, bool is_there,
		struct answers *answers)
{
	static const char *const keys[] = { "caps", "arches", "minKernel", NULL };
	const struct oci_architecture *native = oci_architecture_of(reader->options->abi);
	const struct node *caps, *arches, *version;
	bool is_good = true;
	uint32_t kernel = 0;

	*answers = (struct answers){ is_there, is_there, false, is_there };
	if (!object)
		return true;
	is_good = oci_known_keys(reader, object, keys);
	caps = oci_strings(reader, object, "caps", &is_good);
	arches = oci_strings(reader, object, "arches", &is_good);
	version = oci_member(reader, object, "minKernel", NODE_STRING, &is_good);
	for (size_t i = 0; caps && i < caps->count; i++) {
		const bool has = has_capability(reader->options, caps->children[i].text);

		answers->any_capability = answers->any_capability || has;
		answers->all_capabilities = answers->all_capabilities && has;
	}
	if (arches && arches->count)
		answers->architecture = native && has_word(arches, native->container);
	if (version && *version->text != '\0') {
		is_good = read_kernel(reader, version, &kernel) && is_good;
		answers->kernel = (reader->options->kernel & ~0xffu) >= kernel;
	}
	return is_good;
}

bool oci_entry_applies(const struct oci_reader *reader, const struct node *node, bool *is_good)
{
	const struct node *includes = oci_member(reader, node, "includes", NODE_OBJECT, is_good);
	const struct node *excludes = oci_member(reader, node, "excludes", NODE_OBJECT, is_good);
	struct answers in, out;

	if (!includes && !excludes)
		return true;
	*is_good = ask(reader, includes, true, &in) && *is_good;
	*is_good = ask(reader, excludes, false, &out) && *is_good;
	return in.architecture && in.all_capabilities && in.kernel && !out.architecture &&
	       !out.any_capability && !out.kernel;
}
