/* SPDX-License-Identifier: MIT */
/* The object that a profile is: default action, architectures, entries. */
#include "oci_profile.h"

#include <string.h>

#include "document_memory.h"
#include "oci_words.h"

static bool has_abi(const struct oci_profile *profile, int abi)
{
	for (size_t i = 0; i < profile->abi_count; i++)
		if ((int)profile->abis[i] == abi)
			return true;
	return false;
}

/* Adds the ABIs of a list of architectures. *unknown: the first that the table does not have. */
static bool add_architecture(const struct oci_reader *reader, const struct node *word,
			     struct oci_profile *profile, const struct node **unknown)
{
	const struct oci_architecture *found = oci_find_architecture(word->text);

	if (strcmp(word->text, "SCMP_ARCH_NATIVE") == 0)
		return true;
	if (!found)
		return oci_unknown_word(reader, word, "architecture",
					oci_nearest_architecture(word->text),
					"one like \"SCMP_ARCH_X86_64\"");
	if (found->abi < 0 && !*unknown)
		*unknown = word;
	if (found->abi >= 0 && !has_abi(profile, found->abi))
		profile->abis[profile->abi_count++] = (enum stile_abi)found->abi;
	return true;
}

static bool add_architectures(const struct oci_reader *reader, const struct node *words,
			      struct oci_profile *profile, const struct node **unknown)
{
	bool is_good = true;

	for (size_t i = 0; words && i < words->count; i++)
		is_good = add_architecture(reader, &words->children[i], profile, unknown) &&
			  is_good;
	return is_good;
}

/* Docker's: of the entries the one of the machine counts. */
static bool read_map(const struct oci_reader *reader, const struct node *map,
		     struct oci_profile *profile, const struct node **unknown)
{
	static const char *const keys[] = { "architecture", "subArchitectures", NULL };
	const struct oci_architecture *native = oci_architecture_of(reader->options->abi);
	bool is_good = true, is_found = false;

	for (size_t i = 0; map && i < map->count; i++) {
		const struct node *entry = &map->children[i], *word, *others;

		if (entry->kind != NODE_OBJECT) {
			is_good = oci_error(reader, entry,
					    "found %s in \"archMap\", expected an object",
					    node_kind_name(entry->kind));
			continue;
		}
		is_good = oci_known_keys(reader, entry, keys) && is_good;
		word = oci_member(reader, entry, "architecture", NODE_STRING, &is_good);
		others = oci_strings(reader, entry, "subArchitectures", &is_good);
		if (!word || is_found || !native || strcmp(word->text, native->word) != 0)
			continue;
		is_found = true;
		is_good = add_architectures(reader, others, profile, unknown) && is_good;
	}
	return is_good;
}

static bool read_architectures(const struct oci_reader *reader, const struct node *object,
			       struct oci_profile *profile)
{
	bool is_good = true;
	const struct node *words = oci_strings(reader, object, "architectures", &is_good);
	const struct node *map = oci_member(reader, object, "archMap", NODE_ARRAY, &is_good);
	const struct node *unknown = NULL;

	profile->abis[0] = reader->options->abi;
	profile->abi_count = 1;
	if (words && words->count && map && map->count)
		is_good = oci_error(reader, map,
				    "found \"archMap\" beside \"architectures\", "
				    "expected one of the two");
	is_good = add_architectures(reader, words, profile, &unknown) && is_good;
	is_good = read_map(reader, map, profile, &unknown) && is_good;
	if (unknown)
		oci_warning(reader, unknown,
			    "%s is not in the table of syscalls: calls by it get "
			    "what calls by another ABI get",
			    unknown->text);
	return is_good;
}

/* Flags change how a filter is loaded, not what it answers; the listener is who answers. */
static bool read_others(const struct oci_reader *reader, const struct node *object,
			struct oci_profile *profile)
{
	bool is_good = true;
	const struct node *flags = oci_strings(reader, object, "flags", &is_good);
	const struct node *path = oci_member(reader, object, "listenerPath", NODE_STRING, &is_good);
	const struct node *metadata = oci_member(reader, object, "listenerMetadata", NODE_STRING,
						 &is_good);

	for (size_t i = 0; flags && i < flags->count; i++) {
		const struct node *flag = &flags->children[i];
		const int effect = oci_find_flag(flag->text);

		if (effect < 0)
			is_good = oci_unknown_word(reader, flag, "flag",
						   oci_nearest_flag(flag->text),
						   "one like \"SECCOMP_FILTER_FLAG_LOG\"");
		else if (effect > 0)
			oci_warning(reader, flag,
				    "%s is how the runtime loads the filter: it is "
				    "not part of the policy",
				    flag->text);
	}
	if (path && *path->text != '\0')
		profile->listener_path = path->text;
	if (metadata && *metadata->text != '\0')
		profile->listener_metadata = metadata->text;
	if (metadata && !profile->listener_path)
		oci_warning(reader, metadata,
			    "found \"listenerMetadata\" without "
			    "\"listenerPath\": it means nothing");
	return is_good;
}

static bool read_default(const struct oci_reader *reader, const struct node *object,
			 struct oci_profile *profile)
{
	bool is_good = true;
	const struct node *word = oci_needed_string(reader, object, "defaultAction",
						    "one like \"SCMP_ACT_ERRNO\"");
	const struct node *name = oci_member(reader, object, "defaultErrno", NODE_STRING, &is_good);
	uint64_t value = OCI_NO_ERRNO;

	if (!oci_integer(reader, object, "defaultErrnoRet", UINT16_MAX, &value, &is_good))
		value = OCI_NO_ERRNO;
	if (name && *name->text != '\0') {
		value = oci_find_errno(name->text);
		if (value == 0)
			is_good = oci_unknown_word(reader, name, "errno",
						   oci_nearest_errno(name->text),
						   "a name like \"EPERM\"");
	}
	if (!word || !oci_action(reader, word, (uint32_t)value, &profile->default_action))
		return false;
	if (profile->default_action.kind == STILE_ACTION_NOTIFY)
		return oci_error(reader, word,
				 "runtimes refuse SCMP_ACT_NOTIFY as default action: "
				 "they could not hand over the listener");
	profile->has_default = is_good;
	return is_good;
}

/* runc hands the listener over by write(). */
static bool check_notify(const struct oci_reader *reader, const struct oci_profile *profile,
			 const struct oci_entry *entry)
{
	if (entry->action.kind != STILE_ACTION_NOTIFY)
		return true;
	if (!profile->listener_path)
		oci_warning(reader, entry->node,
			    "SCMP_ACT_NOTIFY without \"listenerPath\": "
			    "runtimes refuse to start the container");
	for (size_t i = 0; i < entry->name_count; i++)
		if (strcmp(entry->names[i].text, "write") == 0)
			return oci_error(reader, &entry->names[i],
					 "runtimes refuse SCMP_ACT_NOTIFY for write: they could "
					 "not hand over the listener");
	return true;
}

static bool read_entries(const struct oci_reader *reader, const struct node *object,
			 struct oci_profile *profile)
{
	bool is_good = true;
	const struct node *array = oci_member(reader, object, "syscalls", NODE_ARRAY, &is_good);
	const size_t count = array ? array->count : 0;

	if (count > OCI_ENTRIES_MAX)
		return oci_error(reader, array, "found %zu entries, expected at most %d", count,
				 OCI_ENTRIES_MAX);
	profile->entries = document_allocate(reader->document,
					     (count + 1) * sizeof(*profile->entries));
	if (!profile->entries)
		return document_no_memory(reader->source, reader->diagnostics);
	for (size_t i = 0; i < count; i++) {
		const struct node *node = &array->children[i];
		struct oci_entry *entry = &profile->entries[profile->count];
		bool applies, is_entry = true;

		if (node->kind != NODE_OBJECT) {
			is_good = oci_error(reader, node,
					    "found %s in \"syscalls\", expected an object",
					    node_kind_name(node->kind));
			continue;
		}
		applies = oci_entry_applies(reader, node, &is_entry);
		is_entry = oci_read_entry(reader, node, entry) &&
			   check_notify(reader, profile, entry) && is_entry;
		is_good = is_entry && is_good;
		profile->count += applies && is_entry;
	}
	return (!array || oci_check_names(reader, array)) && is_good;
}

bool oci_read_profile(const struct oci_reader *reader, const struct node *object,
		      struct oci_profile *profile)
{
	bool is_good = read_default(reader, object, profile);

	is_good = read_architectures(reader, object, profile) && is_good;
	is_good = read_others(reader, object, profile) && is_good;
	return read_entries(reader, object, profile) && is_good;
}
