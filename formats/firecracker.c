/* SPDX-License-Identifier: MIT */
/*
 * Firecracker's policies: JSON with a filter for each kind of thread, which rust-vmm's seccompiler
 * (and Firecracker's own, until 1.10) compiles. Two actions are all that a filter has: one for
 * calls that a rule matches, one for the others. The architecture is tested, x32's bit is not.
 */
#include "firecracker.h"

#include <stdlib.h>
#include <string.h>

#define SECTIONS_SHOWN 12
#define RULES_MAX 4096 /* of a file, as for other formats */
#define NUMBERS_MAX 1024
#define CONDITIONS_MAX 32

static bool has(const struct source *source, const char *text)
{
	return memmem(source->bytes, source->length, text, strlen(text)) != NULL;
}

static bool is_likely(const struct source *source)
{
	const char *first = source->bytes;

	while (*first == ' ' || *first == '\t' || *first == '\n' || *first == '\r')
		first++;
	return *first == '{' && has(source, "\"filter\"") &&
	       (has(source, "\"filter_action\"") || has(source, "\"match_action\""));
}

/* One thread's filter. */
struct filter {
	struct stile_action match, mismatch;
	const struct node *rules;
};

/* A member that has a second name; both at once are the same member twice. */
static const struct node *either(const struct firecracker_reader *reader, const struct node *object,
				 const char *name, const char *older)
{
	const struct node *node = node_find(object, name), *other = node_find(object, older);

	if (node && other)
		diagnose_error(AT(reader, other), "found \"%s\" beside \"%s\", which is the same",
			       older, name);
	else if (!node && !other)
		diagnose_error(AT(reader, object),
			       "this filter has no \"%s\" (or \"%s\"): expected one like \"trap\"",
			       name, older);
	else
		return node ? node : other;
	return NULL;
}

static bool are_equal(struct stile_action a, struct stile_action b)
{
	return a.kind == b.kind && a.errno_value == b.errno_value;
}

/* False: it was said what is wrong. Its rules may be read all the same, if it has any. */
static bool read_filter(const struct firecracker_reader *reader, const struct node *node,
			struct filter *filter)
{
	static const char *const keys[] = { "default_action", "mismatch_action", "filter_action",
					    "match_action",   "filter",		 NULL };
	const struct node *mismatch, *match;
	bool has_mismatch, has_match;
	bool is_good = firecracker_known_keys(reader, node, "a filter", keys);

	if (node->kind != NODE_OBJECT)
		return false;
	mismatch = either(reader, node, "mismatch_action", "default_action");
	match = either(reader, node, "match_action", "filter_action");
	filter->rules = node_find(node, "filter");
	if (!filter->rules)
		diagnose_error(AT(reader, node),
			       "this filter has no \"filter\": expected an array of rules");
	else if (filter->rules->kind != NODE_ARRAY)
		diagnose_error(AT(reader, filter->rules),
			       "found %s as \"filter\", expected an array",
			       node_kind_name(filter->rules->kind));
	if (filter->rules && filter->rules->kind != NODE_ARRAY)
		filter->rules = NULL;
	has_mismatch = mismatch && firecracker_action(reader, mismatch, &filter->mismatch);
	has_match = match && firecracker_action(reader, match, &filter->match);
	if (!has_mismatch || !has_match)
		return false;
	if (are_equal(filter->match, filter->mismatch)) {
		diagnose_error(AT(reader, match), "the action for calls that match is the same as "
						  "for the others: seccompiler refuses that");
		return false;
	}
	return filter->rules && is_good;
}

/* The number of a rule's syscall, -1: it was said what is wrong. */
static long read_call(const struct firecracker_reader *reader, const struct node *rule)
{
	const struct node *name = node_find(rule, "syscall");
	const char *nearest;
	long number;

	if (!name) {
		diagnose_error(AT(reader, rule),
			       "this rule has no \"syscall\": expected the name of one");
		return -1;
	}
	if (name->kind != NODE_STRING) {
		diagnose_error(AT(reader, name), "found %s for \"syscall\", expected a name",
			       node_kind_name(name->kind));
		return -1;
	}
	number = stile_syscall_number(reader->abi, name->text);
	if (number >= 0 && number < NUMBERS_MAX)
		return number;
	nearest = stile_nearest_syscall(name->text);
	if (stile_syscall_since(name->text))
		diagnose_error(AT(reader, name), "%s has no syscall \"%s\": seccompiler refuses it",
			       stile_abi_name(reader->abi), name->text);
	else
		diagnose_error(AT(reader, name), "there is no syscall \"%s\"%s%s%s", name->text,
			       nearest ? ": did you mean \"" : "", nearest ? nearest : "",
			       nearest ? "\"?" : "");
	return -1;
}

/* "args" of a rule: NULL if it has none. */
static const struct node *find_conditions(const struct node *rule)
{
	const struct node *node = node_find(rule, "args");

	return node && node->kind != NODE_NULL ? node : NULL;
}

static bool read_conditions(const struct firecracker_reader *reader, const struct node *rule,
			    struct stile_table_condition conditions[CONDITIONS_MAX], size_t *count)
{
	const struct node *node = find_conditions(rule);
	bool is_good = true;

	*count = 0;
	if (!node)
		return true;
	if (node->kind != NODE_ARRAY || node->count == 0 || node->count > CONDITIONS_MAX) {
		diagnose_error(AT(reader, node),
			       "found %s as \"args\", expected an array of 1 to "
			       "%d conditions",
			       node->kind != NODE_ARRAY ? node_kind_name(node->kind) :
			       node->count		? "more conditions" :
							  "an empty array",
			       CONDITIONS_MAX);
		return false;
	}
	for (size_t i = 0; i < node->count; i++)
		is_good = firecracker_condition(reader, &node->children[i], &conditions[i]) &&
			  is_good;
	*count = node->count;
	return is_good;
}

static bool add_rule(const struct firecracker_reader *reader, struct stile_policy *policy,
		     const struct stile_policy_rule *rule, unsigned int line)
{
	struct stile_policy_rule added = *rule;

	added.origin = stile_policy_add_origin(policy, reader->source->name, line);
	if (added.origin >= 0 && stile_policy_add_rule(policy, &added) == 0)
		return true;
	diagnose_error(reader->diagnostics, reader->source->name, line, 0, "%s",
		       stile_policy_message(policy));
	return false;
}

/* Reads all rules; adds them to the policy unless it is NULL. */
static bool read_rules(const struct firecracker_reader *reader, const struct filter *filter,
		       struct stile_policy *policy)
{
	static const char *const keys[] = { "syscall", "args", "comment", NULL };
	bool is_conditional[NUMBERS_MAX] = { false }, is_there[NUMBERS_MAX] = { false };
	bool is_good = true;
	size_t length = FIRECRACKER_FILTER_LENGTH;
	struct stile_table_condition conditions[CONDITIONS_MAX];

	for (size_t i = 0; i < filter->rules->count; i++) {
		const struct node *rule = &filter->rules->children[i];
		const struct node *name = node_find(rule, "syscall");
		const long number = name && name->kind == NODE_STRING ?
					    stile_syscall_number(reader->abi, name->text) :
					    -1;

		if (number >= 0 && number < NUMBERS_MAX && find_conditions(rule))
			is_conditional[number] = true;
	}
	for (size_t i = 0; i < filter->rules->count; i++) {
		const struct node *node = &filter->rules->children[i];
		struct stile_policy_rule rule = { .abi = reader->abi,
						  .action = filter->match,
						  .conditions = conditions };
		bool is_rule = firecracker_known_keys(reader, node, "a rule", keys);
		long number;

		if (node->kind != NODE_OBJECT) {
			is_good = false;
			continue;
		}
		number = read_call(reader, node);
		is_rule = firecracker_comment(reader, node) && is_rule && number >= 0;
		if (!read_conditions(reader, node, conditions, &rule.condition_count) || !is_rule) {
			is_good = false;
			continue;
		}
		if (rule.condition_count == 0 && is_conditional[number]) {
			diagnose_warning(AT(reader, node), "this rule is lost, because others of "
							   "the same call have conditions");
			continue;
		}
		if (rule.condition_count)
			length += firecracker_rule_length(conditions, rule.condition_count);
		if (!is_there[number])
			length += rule.condition_count ? FIRECRACKER_RULES_LENGTH :
							 FIRECRACKER_CALL_LENGTH;
		is_there[number] = true;
		rule.number = (uint32_t)number;
		if (policy && !add_rule(reader, policy, &rule, node->line))
			return false;
	}
	if (length <= FIRECRACKER_LENGTH_MAX)
		return is_good;
	diagnose_error(AT(reader, filter->rules),
		       "seccompiler would make %zu instructions of this "
		       "filter, and refuses more than %d",
		       length, FIRECRACKER_LENGTH_MAX);
	return false;
}

/* "vmm", "api" and "vcpu" */
static void list_sections(const struct node *root, char *text, size_t size)
{
	size_t length = 0;

	*text = '\0';
	for (size_t i = 0; i < root->count && i < SECTIONS_SHOWN && length < size; i++) {
		const int added = snprintf(text + length, size - length, "%s\"%s\"", i ? ", " : "",
					   root->children[i].key);

		if (added < 0)
			break;
		length += (size_t)added;
	}
	if (root->count > SECTIONS_SHOWN && length < size)
		(void)snprintf(text + length, size - length, ", ...");
}

/* The filter that is asked for; NULL: it was said that there is none. */
static const struct node *choose(const struct firecracker_reader *reader, const struct node *root,
				 const char *section)
{
	char sections[500];
	const struct node *chosen = NULL;

	if (root->kind != NODE_OBJECT || root->count == 0) {
		diagnose_error(AT(reader, root),
			       "found %s, expected an object with a filter for "
			       "each thread",
			       root->kind == NODE_OBJECT ? "an empty object" :
							   node_kind_name(root->kind));
		return NULL;
	}
	list_sections(root, sections, sizeof(sections));
	if (section)
		chosen = node_find(root, section);
	else if (root->count == 1)
		chosen = root->children;
	if (!chosen && section)
		diagnose_error(AT(reader, root), "there is no filter \"%s\" here: choose one of %s",
			       section, sections);
	else if (!chosen)
		diagnose_error(AT(reader, root), "there are several filters here: choose one of %s",
			       sections);
	return chosen;
}

static struct stile_policy *new_policy(const struct firecracker_reader *reader,
				       const struct filter *filter)
{
	const struct stile_action foreign = { .kind = STILE_ACTION_KILL_PROCESS };
	struct stile_policy *policy = stile_policy_new();

	(void)stile_policy_add_abi(policy, reader->abi);
	(void)stile_policy_set_default(policy, filter->mismatch);
	(void)stile_policy_set_foreign_abi(policy, foreign);
	if (reader->abi == STILE_ABI_X86_64)
		(void)stile_policy_ignore_x32(policy);
	return policy;
}

/* All filters of a file must be right, as for seccompiler; one is wanted. */
static struct stile_policy *read_filters(const struct firecracker_reader *reader,
					 const struct node *root, const char *section)
{
	const struct node *chosen = choose(reader, root, section);
	struct stile_policy *policy = NULL;
	size_t rules = 0;

	for (size_t i = 0; root->kind == NODE_OBJECT && i < root->count; i++) {
		const struct node *node = &root->children[i];
		struct filter filter = { 0 };

		const bool is_filter = read_filter(reader, node, &filter);

		if (!filter.rules)
			continue;
		rules += filter.rules->count;
		if (rules > RULES_MAX) {
			diagnose_error(AT(reader, node), "there are more than %d rules", RULES_MAX);
			break;
		}
		if (node == chosen && is_filter)
			policy = new_policy(reader, &filter);
		if (node == chosen && is_filter && !policy)
			diagnose_error(AT(reader, node), "out of memory");
		(void)read_rules(reader, &filter, node == chosen ? policy : NULL);
	}
	if (policy && stile_policy_error(policy))
		diagnose_error(AT(reader, root), "%s", stile_policy_message(policy));
	return policy;
}

static struct stile_policy *firecracker_read(const struct source *source,
					     const struct read_options *options,
					     struct diagnostics *diagnostics)
{
	bool was_width_said = false;
	const struct firecracker_reader reader = { source, diagnostics, options->abi,
						   &was_width_said };
	const size_t errors = diagnostics->error_count;
	struct stile_policy *policy;
	struct document document;

	if (options->abi != STILE_ABI_X86_64 && options->abi != STILE_ABI_AARCH64 &&
	    options->abi != STILE_ABI_RISCV64) {
		diagnose_error(diagnostics, source->name, 0, 0,
			       "seccompiler makes no filters for %s: choose x86_64, aarch64 or "
			       "riscv64",
			       stile_abi_name(options->abi));
		return NULL;
	}
	if (!json_document_read(source, &document, diagnostics))
		return NULL;
	policy = read_filters(&reader, document.root, options->section);
	document_free(&document);
	if (diagnostics->error_count == errors && !diagnostics->has_failed)
		return policy;
	stile_policy_free(policy);
	return NULL;
}

const struct format format_firecracker = {
	.name = "firecracker",
	.summary = "Firecracker's and seccompiler's JSON",
	.is_likely = is_likely,
	.read = firecracker_read,
	.write = firecracker_write,
};
