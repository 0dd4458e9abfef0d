/* SPDX-License-Identifier: MIT */
/* Actions and conditions of Firecracker's policies, as seccompiler understands them. */
#include <string.h>

#include "firecracker.h"
#include "oci_words.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define ARGUMENT_MAX 5

static const struct {
	const char *word;
	enum stile_action_kind kind;
	bool has_value;
} actions[] = {
	{ "allow", STILE_ACTION_ALLOW, false },
	{ "errno", STILE_ACTION_ERRNO, true },
	{ "kill_process", STILE_ACTION_KILL_PROCESS, false },
	{ "kill_thread", STILE_ACTION_KILL_THREAD, false },
	{ "log", STILE_ACTION_LOG, false },
	{ "trace", STILE_ACTION_TRACE, true },
	{ "trap", STILE_ACTION_TRAP, false },
	{ "user_notif", STILE_ACTION_NOTIFY, false },
};

static const struct {
	const char *word;
	enum stile_comparison comparison;
} comparisons[] = {
	{ "eq", STILE_EQUAL },
	{ "ne", STILE_NOT_EQUAL },
	{ "lt", STILE_LESS },
	{ "le", STILE_LESS_OR_EQUAL },
	{ "gt", STILE_GREATER },
	{ "ge", STILE_GREATER_OR_EQUAL },
	{ "masked_eq", STILE_MASKED_EQUAL },
};

bool firecracker_known_keys(const struct firecracker_reader *reader, const struct node *node,
			    const char *what, const char *const *keys)
{
	bool is_good = true;

	if (node->kind != NODE_OBJECT) {
		diagnose_error(AT(reader, node), "found %s as %s, expected an object",
			       node_kind_name(node->kind), what);
		return false;
	}
	for (size_t i = 0; i < node->count; i++) {
		const struct node *child = &node->children[i];
		const char *const *key = keys, *nearest;

		while (*key && strcmp(*key, child->key) != 0)
			key++;
		if (*key)
			continue;
		nearest = oci_nearest(child->key, keys);
		diagnose_error(reader->diagnostics, reader->source->name, child->key_line,
			       child->key_column,
			       "found \"%s\" in %s, which has no such member%s%s%s", child->key,
			       what, nearest ? ": did you mean \"" : "", nearest ? nearest : "",
			       nearest ? "\"?" : "");
		is_good = false;
	}
	return is_good;
}

void firecracker_unknown_word(const struct firecracker_reader *reader, const struct node *node,
			      const char *kind, const char *word, const char *const *words,
			      const char *expected)
{
	const char *nearest = oci_nearest(word, words);

	if (nearest)
		diagnose_error(AT(reader, node), "found the %s \"%s\": did you mean \"%s\"?", kind,
			       word, nearest);
	else
		diagnose_error(AT(reader, node), "found the %s \"%s\", expected %s", kind, word,
			       expected);
}

bool firecracker_comment(const struct firecracker_reader *reader, const struct node *object)
{
	const struct node *comment = node_find(object, "comment");

	if (!comment || comment->kind == NODE_STRING || comment->kind == NODE_NULL)
		return true;
	diagnose_error(AT(reader, comment), "found %s as \"comment\", expected a string",
		       node_kind_name(comment->kind));
	return false;
}

/*
 * One of several words, alone or as the only key of an object with a value: its text, and the
 * value or NULL.
 */
static const char *variant(const struct firecracker_reader *reader, const struct node *node,
			   const char *what, const struct node **value)
{
	*value = NULL;
	if (node->kind == NODE_STRING)
		return node->text;
	if (node->kind == NODE_OBJECT && node->count == 1) {
		if (node->children->kind != NODE_NULL)
			*value = node->children;
		return node->children->key;
	}
	diagnose_error(AT(reader, node), "found %s as %s, expected a word or an object of one key",
		       node->kind == NODE_OBJECT ? "an object of several keys or none" :
						   node_kind_name(node->kind),
		       what);
	return NULL;
}

/* The value that a word has, or that it has none. */
static bool variant_value(const struct firecracker_reader *reader, const struct node *node,
			  const char *word, const struct node *found, bool has_value, uint64_t most,
			  uint64_t *value)
{
	*value = 0;
	if (!has_value && found)
		diagnose_error(AT(reader, found), "found a value for \"%s\", which has none", word);
	else if (has_value && !found)
		diagnose_error(AT(reader, node), "found \"%s\" alone, expected {\"%s\": number}",
			       word, word);
	else if (has_value && (!node_unsigned(found, false, value) || *value > most))
		diagnose_error(AT(reader, found),
			       "found %s for \"%s\", expected a whole number from 0 to %llu",
			       found->kind == NODE_NUMBER ? found->text :
							    node_kind_name(found->kind),
			       word, (unsigned long long)most);
	else
		return true;
	return false;
}

bool firecracker_action(const struct firecracker_reader *reader, const struct node *node,
			struct stile_action *action)
{
	const struct node *found;
	const char *word = variant(reader, node, "an action", &found);
	const char *words[COUNT(actions) + 1] = { NULL };
	uint64_t value;

	if (!word)
		return false;
	for (size_t i = 0; i < COUNT(actions); i++) {
		if (strcmp(word, actions[i].word) != 0)
			continue;
		if (!variant_value(reader, node, word, found, actions[i].has_value, UINT32_MAX,
				   &value))
			return false;
		if (value > UINT16_MAX)
			diagnose_warning(AT(reader, found),
					 "of %llu seccompiler takes the lower 16 bits, %llu",
					 (unsigned long long)value,
					 (unsigned long long)(value & UINT16_MAX));
		action->kind = actions[i].kind;
		action->errno_value = (unsigned int)(value & UINT16_MAX);
		return true;
	}
	for (size_t i = 0; i < COUNT(actions); i++)
		words[i] = actions[i].word;
	firecracker_unknown_word(reader, node, "action", word, words,
				 "\"allow\", \"log\", \"trap\", \"kill_thread\", "
				 "\"kill_process\", \"user_notif\", {\"errno\": number} or "
				 "{\"trace\": number}");
	return false;
}

static const struct node *member(const struct firecracker_reader *reader, const struct node *object,
				 const char *key, const char *expected)
{
	const struct node *node = node_find(object, key);

	if (!node)
		diagnose_error(AT(reader, object), "this condition has no \"%s\": expected %s", key,
			       expected);
	return node;
}

static bool read_number(const struct firecracker_reader *reader, const struct node *object,
			const char *key, uint64_t most, uint64_t *value)
{
	const struct node *node = member(reader, object, key, "a whole number");

	if (!node)
		return false;
	if (node_unsigned(node, false, value) && *value <= most)
		return true;
	diagnose_error(AT(reader, node),
		       "found %s as \"%s\", expected a whole number from 0 to %llu",
		       node->kind == NODE_NUMBER ? node->text : node_kind_name(node->kind), key,
		       (unsigned long long)most);
	return false;
}

static bool read_bits(const struct firecracker_reader *reader, const struct node *object,
		      struct stile_table_condition *condition)
{
	const struct node *node = member(reader, object, "type", "\"dword\" or \"qword\"");

	if (!node)
		return false;
	condition->bits = 64;
	if (node->kind == NODE_STRING && strcmp(node->text, "dword") == 0)
		condition->bits = 32;
	else if (node->kind != NODE_STRING || strcmp(node->text, "qword") != 0) {
		diagnose_error(AT(reader, node),
			       "found %s as \"type\", expected \"dword\" or "
			       "\"qword\"",
			       node->kind == NODE_STRING ? node->text : node_kind_name(node->kind));
		return false;
	}
	return true;
}

static bool read_comparison(const struct firecracker_reader *reader, const struct node *object,
			    struct stile_table_condition *condition)
{
	const struct node *node = member(reader, object, "op", "a comparison like \"eq\""), *mask;
	const char *word = node ? variant(reader, node, "a comparison", &mask) : NULL;

	if (!word)
		return false;
	for (size_t i = 0; i < COUNT(comparisons); i++) {
		if (strcmp(word, comparisons[i].word) != 0)
			continue;
		condition->comparison = (uint8_t)comparisons[i].comparison;
		return variant_value(reader, node, word, mask,
				     condition->comparison == STILE_MASKED_EQUAL, UINT64_MAX,
				     &condition->mask);
	}
	diagnose_error(AT(reader, node),
		       "found the comparison \"%s\", expected \"eq\", \"ne\", \"lt\", \"le\", "
		       "\"gt\", \"ge\" or {\"masked_eq\": mask}",
		       word);
	return false;
}

/* What the two projects that use this format do not agree about. */
static void warn_of_width(const struct firecracker_reader *reader, const struct node *node,
			  const struct stile_table_condition *condition)
{
	if (condition->bits == 64)
		return;
	if ((condition->value | condition->mask) > UINT32_MAX)
		diagnose_warning(AT(reader, node), "only the lower 32 bits of this value or mask "
						   "count, because the argument is a \"dword\"");
	if (*reader->was_width_said || condition->comparison == STILE_EQUAL ||
	    condition->comparison == STILE_MASKED_EQUAL)
		return;
	*reader->was_width_said = true;
	diagnose_warning(AT(reader, node), "this compares 32 bits, as seccompiler does; "
					   "Firecracker from 1.11 on compares 64 here");
}

bool firecracker_condition(const struct firecracker_reader *reader, const struct node *node,
			   struct stile_table_condition *condition)
{
	static const char *const keys[] = { "index", "type", "op", "val", "comment", NULL };
	uint64_t index = 0;
	bool is_good = firecracker_known_keys(reader, node, "a condition", keys);

	*condition = (struct stile_table_condition){ .parameter = -1 };
	if (node->kind != NODE_OBJECT)
		return false;
	is_good = firecracker_comment(reader, node) && is_good;
	is_good = read_number(reader, node, "index", ARGUMENT_MAX, &index) && is_good;
	is_good = read_bits(reader, node, condition) && is_good;
	is_good = read_comparison(reader, node, condition) && is_good;
	is_good = read_number(reader, node, "val", UINT64_MAX, &condition->value) && is_good;
	if (!is_good)
		return false;
	condition->argument = (uint8_t)index;
	warn_of_width(reader, node, condition);
	if (condition->bits == 32) {
		condition->value &= UINT32_MAX;
		condition->mask &= UINT32_MAX;
	}
	if (condition->comparison == STILE_MASKED_EQUAL)
		condition->value &= condition->mask;
	return true;
}
