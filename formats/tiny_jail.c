/* SPDX-License-Identifier: MIT */
/*
 * tiny-jail's policies: TOML, of which libseccomp makes a filter as it does of container profiles;
 * so what is read becomes one. Its abstract groups are data of its own: here rulesets and grants
 * stand in their place.
 */
#include <seccomp.h>
#include <string.h>

#include "document_memory.h"
#include "oci_words.h"
#include "tiny_jail.h"

#define ARGUMENTS 6

static const char *first_line(const struct source *source)
{
	return source->bytes + strspn(source->bytes, " \t\r\n");
}

static bool has(const struct source *source, const char *text)
{
	return memmem(source->bytes, source->length, text, strlen(text)) != NULL;
}

static bool is_likely(const struct source *source)
{
	return *first_line(source) != '{' && has(source, "default_action") &&
	       (has(source, "[[syscalls]]") || has(source, "[[abstract_syscalls]]") ||
		has(source, "SCMP_ACT_"));
}

/* ---- Actions ---- */

static const struct {
	const char *word;
	enum stile_action_kind kind;
} actions[] = {
	{ "SCMP_ACT_ALLOW", STILE_ACTION_ALLOW },
	{ "SCMP_ACT_ERRNO", STILE_ACTION_ERRNO },
	{ "SCMP_ACT_KILL", STILE_ACTION_KILL_PROCESS }, /* the thread, for others */
	{ "SCMP_ACT_KILL_PROCESS", STILE_ACTION_KILL_PROCESS },
	{ "SCMP_ACT_KILL_THREAD", STILE_ACTION_KILL_THREAD },
	{ "SCMP_ACT_LOG", STILE_ACTION_LOG },
	{ "SCMP_ACT_TRACE", STILE_ACTION_TRACE },
	{ "SCMP_ACT_TRAP", STILE_ACTION_TRAP },
};

static bool read_action(const struct oci_reader *reader, const struct node *object, const char *key,
			const char *errno_key, struct stile_action *action)
{
	bool is_good = true;
	const struct node *word = oci_needed_string(reader, object, key,
						    "one like \"SCMP_ACT_ERRNO\"");
	uint64_t value = 0;
	const bool has_errno = oci_integer(reader, object, errno_key, UINT16_MAX, &value, &is_good);

	if (!word)
		return false;
	*action = (struct stile_action){ 0 };
	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++) {
		if (strcmp(word->text, actions[i].word) != 0)
			continue;
		action->kind = actions[i].kind;
		if (action->kind == STILE_ACTION_ERRNO)
			action->errno_value = has_errno ? (unsigned int)value : EPERM;
		else if (action->kind == STILE_ACTION_TRACE)
			action->errno_value = (unsigned int)value;
		return is_good;
	}
	if (strcmp(word->text, "SCMP_ACT_NOTIFY") == 0)
		return oci_error(reader, word, "tiny-jail refuses SCMP_ACT_NOTIFY");
	return oci_unknown_word(reader, word, "action", oci_nearest_action(word->text),
				"one like \"SCMP_ACT_ERRNO\"");
}

/* ---- Conditions ---- */

static bool read_condition(const struct oci_reader *reader, const struct node *node,
			   struct stile_table_condition *condition)
{
	static const char *const keys[] = { "index", "value", "value_two", "op", NULL };
	uint64_t index = 0, value = 0, second = 0;
	const struct node *word;
	bool is_good = true;
	int comparison;

	if (node->kind != NODE_OBJECT)
		return oci_error(reader, node, "found %s in \"conditions\", expected a table",
				 node_kind_name(node->kind));
	is_good = oci_known_keys(reader, node, keys);
	is_good = oci_needed_integer(reader, node, "index", ARGUMENTS - 1, "an argument's, 0 to 5",
				     &index) &&
		  is_good;
	is_good = oci_needed_integer(reader, node, "value", UINT64_MAX, "one to compare with",
				     &value) &&
		  is_good;
	(void)oci_integer(reader, node, "value_two", UINT64_MAX, &second, &is_good);
	word = oci_needed_string(reader, node, "op", "a comparison like \"SCMP_CMP_EQ\"");
	comparison = word ? oci_find_comparison(word->text) : -1;
	if (word && comparison < 0)
		return oci_unknown_word(reader, word, "comparison",
					oci_nearest_comparison(word->text),
					"one like \"SCMP_CMP_EQ\"");
	if (!word || !is_good)
		return false;
	*condition = (struct stile_table_condition){ .argument = (uint8_t)index,
						     .bits = 64,
						     .comparison = (uint8_t)comparison,
						     .parameter = -1,
						     .value = value };
	if (comparison == STILE_MASKED_EQUAL) {
		condition->mask = value;
		condition->value = second & value;
	}
	return true;
}

static bool read_conditions(const struct oci_reader *reader, const struct node *node,
			    struct oci_entry *entry)
{
	bool is_good = true;
	const struct node *array = oci_member(reader, node, "conditions", NODE_ARRAY, &is_good);
	const size_t count = array ? array->count : 0;
	struct stile_table_condition *wide, *narrow;
	unsigned int seen = 0;

	if (count == 0)
		return is_good;
	if (count > ARGUMENTS)
		return oci_error(reader, array, "found %zu conditions, expected at most %d", count,
				 ARGUMENTS);
	wide = document_allocate(reader->document, 2 * count * sizeof(*wide));
	if (!wide)
		return document_no_memory(reader->source, reader->diagnostics);
	narrow = wide + count; /* where registers have 32 bits */
	for (size_t i = 0; i < count; i++) {
		if (!read_condition(reader, &array->children[i], &wide[i])) {
			is_good = false;
			continue;
		}
		if (seen & 1u << wide[i].argument)
			is_good = oci_error(reader, &array->children[i],
					    "argument %u is compared a second time: libseccomp "
					    "refuses that",
					    wide[i].argument);
		seen |= 1u << wide[i].argument;
		narrow[i] = wide[i];
		narrow[i].bits = 32;
		narrow[i].value &= UINT32_MAX;
		narrow[i].mask &= UINT32_MAX;
	}
	entry->wide = wide;
	entry->narrow = narrow;
	entry->condition_count = count;
	return is_good;
}

/* ---- Entries ---- */

static bool check_call(const struct oci_reader *reader, const struct node *name)
{
	const char *nearest;

	if (stile_syscall_since(name->text) ||
	    seccomp_syscall_resolve_name(name->text) != __NR_SCMP_ERROR)
		return true;
	nearest = stile_nearest_syscall(name->text);
	return oci_error(reader, name, "there is no syscall \"%s\"%s%s%s", name->text,
			 nearest ? ": did you mean \"" : "", nearest ? nearest : "",
			 nearest ? "\"?" : "");
}

/* An entry of either kind: names and an action that is not the default one. */
static bool read_entry(const struct oci_reader *reader, const struct node *node, bool is_abstract,
		       const struct oci_profile *profile, struct oci_entry *entry, size_t *left)
{
	static const char *const keys[] = { "names", "action", "errno_ret", "conditions", NULL };
	static const char *const abstract_keys[] = { "names", "action", "errno_ret", NULL };
	const struct node *names;
	bool is_good = true, has_action;

	*entry = (struct oci_entry){ .node = node };
	if (node->kind != NODE_OBJECT)
		return oci_error(reader, node,
				 "found %s, expected a table with names and an action",
				 node_kind_name(node->kind));
	is_good = oci_known_keys(reader, node, is_abstract ? abstract_keys : keys);
	names = oci_strings(reader, node, "names", &is_good);
	if (!node_find(node, "names"))
		(void)oci_missing(reader, node, "names", "an array of names");
	has_action = read_action(reader, node, "action", "errno_ret", &entry->action);
	if (has_action && profile->has_default &&
	    entry->action.kind == profile->default_action.kind &&
	    entry->action.errno_value == profile->default_action.errno_value)
		is_good = oci_error(reader, node_find(node, "action"),
				    "this action is the default one: libseccomp refuses that");
	if (!is_abstract)
		is_good = read_conditions(reader, node, entry) && is_good;
	if (!names)
		return false;
	entry->names = names->children;
	entry->name_count = names->count;
	if (is_abstract)
		return tiny_jail_expand(reader, names, entry, left) && has_action && is_good;
	for (size_t i = 0; i < names->count; i++)
		is_good = check_call(reader, &names->children[i]) && is_good;
	return has_action && is_good;
}

static bool read_entries(const struct oci_reader *reader, const struct node *root,
			 struct oci_profile *profile)
{
	bool is_good = true;
	const struct node *arrays[2] = { oci_member(reader, root, "syscalls", NODE_ARRAY, &is_good),
					 oci_member(reader, root, "abstract_syscalls", NODE_ARRAY,
						    &is_good) };
	size_t count = 0, left = TINY_JAIL_GRANTS_MAX;

	for (size_t i = 0; i < 2; i++)
		count += arrays[i] ? arrays[i]->count : 0;
	if (count > OCI_ENTRIES_MAX)
		return oci_error(reader, root, "found %zu entries, expected at most %d", count,
				 OCI_ENTRIES_MAX);
	profile->entries = document_allocate(reader->document,
					     (count + 1) * sizeof(*profile->entries));
	if (!profile->entries)
		return document_no_memory(reader->source, reader->diagnostics);
	for (size_t i = 0; i < 2; i++)
		for (size_t k = 0; arrays[i] && k < arrays[i]->count; k++) {
			const bool is_entry = read_entry(reader, &arrays[i]->children[k], i == 1,
							 profile, &profile->entries[profile->count],
							 &left);

			profile->count += is_entry;
			is_good = is_good && is_entry;
		}
	return is_good;
}

/* libseccomp always filters the native ABI. */
static bool read_architectures(const struct oci_reader *reader, const struct node *root,
			       struct oci_profile *profile)
{
	bool is_good = true;
	const struct node *words = oci_strings(reader, root, "architectures", &is_good);
	static const struct node usual = { .text = "SCMP_ARCH_X86_64", .kind = NODE_STRING };
	const size_t count = words ? words->count : 1;

	profile->abis[0] = reader->options->abi;
	profile->abi_count = 1;
	for (size_t i = 0; i < count; i++) {
		const struct node *word = words ? &words->children[i] : &usual;
		const struct oci_architecture *found = oci_find_architecture(word->text);
		bool is_there = false;

		if (!found) {
			is_good = oci_unknown_word(reader, word, "architecture",
						   oci_nearest_architecture(word->text),
						   "one like \"SCMP_ARCH_X86_64\"");
			continue;
		}
		if (found->abi < 0)
			oci_warning(reader, word,
				    "%s is not in the table of syscalls: calls by it "
				    "get what calls by another ABI get",
				    word->text);
		for (size_t k = 0; k < profile->abi_count; k++)
			is_there = is_there || (int)profile->abis[k] == found->abi;
		if (found->abi >= 0 && !is_there)
			profile->abis[profile->abi_count++] = (enum stile_abi)found->abi;
	}
	return is_good;
}

static struct stile_policy *read_root(const struct oci_reader *reader, const struct node *root)
{
	static const char *const keys[] = { "default_action", "default_errno_ret", "architectures",
					    "syscalls",	      "abstract_syscalls", NULL };
	struct oci_profile profile = { 0 };

	(void)oci_known_keys(reader, root, keys); /* tiny_jail_read() looks for errors */
	profile.has_default = read_action(reader, root, "default_action", "default_errno_ret",
					  &profile.default_action);
	(void)read_architectures(reader, root, &profile);
	(void)read_entries(reader, root, &profile);
	return profile.has_default ? oci_policy(reader, &profile) : NULL;
}

static struct stile_policy *tiny_jail_read(const struct source *source,
					   const struct read_options *options,
					   struct diagnostics *diagnostics)
{
	struct document document;
	struct oci_origin origin = { 0 };
	const struct oci_reader reader = { source, options, diagnostics, &document, &origin };
	struct stile_policy *policy;

	if (!toml_document_read(source, &document, diagnostics))
		return NULL;
	policy = read_root(&reader, document.root);
	document_free(&document);
	if (policy && has_errors(diagnostics)) {
		stile_policy_free(policy);
		policy = NULL;
	}
	return policy;
}

const struct format format_tiny_jail = {
	.name = "tiny-jail",
	.summary = "tiny-jail's TOML",
	.is_likely = is_likely,
	.read = tiny_jail_read,
};
