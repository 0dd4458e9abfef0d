/* SPDX-License-Identifier: MIT */
/* Rulesets made at run time. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stile/ruleset.h>

#include "add_rule.h"
#include "arena.h"
#include "condition.h"
#include "context.h"
#include "overlap.h"
#include "public.h"
#include "specification.h"
#include "syscalls.h"

struct custom_rule {
	uint16_t syscall;
	uint8_t condition_count;
	enum stile_abi abi; /* that it was checked for: the native one, if that has the call */
	struct stile_condition *written; /* with the table's names */
	struct stile_table_condition *conditions;
};

struct stile_ruleset {
	struct message message;
	int error;
	char name[64];
	char who[96]; /* what messages begin with */
	struct custom_rule *rules;
	size_t count, capacity;
	struct arena conditions; /* of all rules */
};

static int ruleset_out_of_memory(struct stile_ruleset *ruleset)
{
	return ruleset->error = message_set(&ruleset->message, -ENOMEM,
					    "out of memory: free some and make a new ruleset");
}

STILE_PUBLIC struct stile_ruleset *stile_ruleset_new(const char *name)
{
	struct stile_ruleset *ruleset = calloc(1, sizeof(*ruleset));

	if (!ruleset)
		return NULL;
	if (!name || name[0] == '\0' || strlen(name) >= sizeof(ruleset->name) ||
	    name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] != '\0') {
		ruleset->error = message_set(&ruleset->message, -EINVAL,
					     "ruleset name '%s': use 1 to 63 of a-z, 0-9 and _",
					     name ? name : "(null)");
		(void)snprintf(ruleset->name, sizeof(ruleset->name), "?");
		return ruleset;
	}
	memcpy(ruleset->name, name, strlen(name));
	(void)snprintf(ruleset->who, sizeof(ruleset->who), "custom ruleset '%s'", ruleset->name);
	return ruleset;
}

STILE_PUBLIC void stile_ruleset_free(struct stile_ruleset *ruleset)
{
	if (!ruleset)
		return;
	arena_free(&ruleset->conditions);
	free(ruleset->rules);
	free(ruleset);
}

STILE_PUBLIC const char *stile_ruleset_message(const struct stile_ruleset *ruleset)
{
	return ruleset ? ruleset->message.text : "out of memory: no ruleset could be made";
}

/* Room for one more rule; NULL: out of memory, and the ruleset knows. */
static struct custom_rule *new_rule(struct stile_ruleset *ruleset)
{
	if (ruleset->count == ruleset->capacity) {
		size_t capacity = ruleset->capacity ? 2 * ruleset->capacity : 16;
		struct custom_rule *rules = realloc(ruleset->rules, capacity * sizeof(*rules));

		if (!rules) {
			(void)ruleset_out_of_memory(ruleset);
			return NULL;
		}
		ruleset->rules = rules;
		ruleset->capacity = capacity;
	}
	memset(&ruleset->rules[ruleset->count], 0, sizeof(*ruleset->rules));
	return &ruleset->rules[ruleset->count];
}

/* The index of a syscall; a negative error with its sentence else. */
static int named_syscall(struct message *message, const char *who, const char *name)
{
	const char *nearest;
	int syscall;

	if (!name)
		return message_set(message, -EINVAL, "%s: a syscall's name is missing (NULL)", who);
	syscall = syscall_find(name);
	if (syscall >= 0)
		return syscall;
	nearest = syscall_suggest(name);
	return message_set(message, -ENOENT, "%s: there is no syscall '%s'%s%s%s", who, name,
			   nearest ? ": did you mean '" : ": see syscalls(2)",
			   nearest ? nearest : "", nearest ? "'?" : "");
}

/* The rule's conditions as they are on an ABI. 0; or why they cannot be put there. */
static int resolve(struct message *message, const char *who, const struct custom_rule *added,
		   enum stile_abi abi, const struct stile_condition *written,
		   struct stile_table_condition *conditions)
{
	struct rule rule = { .syscall = added->syscall,
			     .abis = (uint8_t)(1u << abi),
			     .condition_count = added->condition_count,
			     .conditions = conditions };
	unsigned int argument, count;

	for (size_t i = 0; i < added->condition_count; i++) {
		int error = condition_resolve(message, who, added->syscall, abi, &written[i],
					      &conditions[i]);

		if (!error)
			error = condition_check_constants(message, who, added->syscall, abi,
							  &conditions[i]);
		if (error)
			return error;
	}
	/* one condition was looked at when it was resolved */
	if (rule.condition_count < 2 || !rule_never_matches(&rule, &argument))
		return 0;
	return message_set(message, -EINVAL,
			   "%s: %s: the conditions on %s contradict each other: the rule would do "
			   "nothing",
			   who, syscall_table[rule.syscall].name,
			   syscall_argument_list(rule.syscall, abi, &count)[argument].name);
}

/* Conditions are put on other ABIs when the ruleset is enabled, by the names of the arguments. */
static int write_conditions(struct stile_ruleset *ruleset, struct custom_rule *rule,
			    const struct stile_condition *conditions)
{
	const struct syscall_argument *arguments;
	unsigned int count;

	rule->written = arena_allocate(&ruleset->conditions, rule->condition_count,
				       sizeof(*rule->written));
	rule->conditions = arena_allocate(&ruleset->conditions, rule->condition_count,
					  sizeof(*rule->conditions));
	if (!rule->written || !rule->conditions)
		return ruleset_out_of_memory(ruleset);
	ruleset->error = resolve(&ruleset->message, ruleset->who, rule, rule->abi, conditions,
				 rule->conditions);
	arguments = syscall_argument_list(rule->syscall, rule->abi, &count);
	for (size_t i = 0; !ruleset->error && i < rule->condition_count; i++) {
		rule->written[i] = conditions[i];
		rule->written[i].argument = arguments[rule->conditions[i].argument].name;
	}
	return ruleset->error;
}

static enum stile_abi first_abi(int syscall)
{
	unsigned int abi = STILE_ABI_NATIVE;

	for (unsigned int i = 0; syscall_table[syscall].numbers[abi] < 0 && i < STILE_ABI_COUNT;
	     i++)
		abi = i;
	return (enum stile_abi)abi;
}

static int allow_if(struct stile_ruleset *ruleset, const char *syscall_name,
		    const struct stile_condition *conditions, size_t count)
{
	struct custom_rule *rule;
	int syscall;

	if (ruleset->error)
		return ruleset->error;
	syscall = named_syscall(&ruleset->message, ruleset->who, syscall_name);
	if (syscall < 0)
		return ruleset->error = syscall;
	if (count > RULE_CONDITIONS_MAX)
		return ruleset->error =
			       message_set(&ruleset->message, -E2BIG,
					   "%s: %s: %zu conditions in one rule: at most %d",
					   ruleset->who, syscall_name, count, RULE_CONDITIONS_MAX);
	rule = new_rule(ruleset);
	if (!rule)
		return ruleset->error;
	rule->syscall = (uint16_t)syscall;
	rule->condition_count = (uint8_t)count;
	rule->abi = first_abi(syscall);
	ruleset->count++;
	return count ? write_conditions(ruleset, rule, conditions) : 0;
}

STILE_PUBLIC int stile_ruleset_allow(struct stile_ruleset *ruleset, const char *syscall)
{
	return ruleset ? allow_if(ruleset, syscall, NULL, 0) : -ENOMEM;
}

STILE_PUBLIC int stile_ruleset_allow_if(struct stile_ruleset *ruleset, const char *syscall,
					const struct stile_condition *conditions, size_t count)
{
	if (!ruleset)
		return -ENOMEM;
	if (!ruleset->error && (count == 0 || !conditions))
		return ruleset->error = message_set(&ruleset->message, -EINVAL,
						    "custom ruleset '%s': %s: a rule without "
						    "conditions: use "
						    "stile_ruleset_allow() to allow the call whole",
						    ruleset->name, syscall ? syscall : "(null)");
	return allow_if(ruleset, syscall, conditions, count);
}

/* Whether a rule is one of the alternatives that custom rulesets give for a call. */
static bool is_alternative(const struct stile *s, const struct context_rule *rule,
			   enum stile_abi abi)
{
	return !rule->is_dropped && rule->rule.condition_count > 0 && rule->rule.abis & 1u << abi &&
	       rule->rule.action.kind == STILE_ACTION_ALLOW &&
	       s->origins[rule->rule.origin].kind == ORIGIN_CUSTOM;
}

/*
 * Two ORed "!=" allow everything: not what anybody means by a condition. Looked at over all
 * custom rulesets of the context; built-in ones know what they do.
 */
static int check_union(struct stile *s, const char *name, uint16_t syscall, enum stile_abi abi)
{
	const struct rule **alternatives;
	size_t count = 0;
	int is_all;

	for (uint32_t i = s->first_rule[syscall]; i != NO_RULE; i = s->rules[i].next)
		count += is_alternative(s, &s->rules[i], abi);
	if (count < 2)
		return 0; /* a condition that always holds was refused by itself */
	alternatives = calloc(count, sizeof(const struct rule *));
	if (!alternatives)
		return context_out_of_memory(s);
	count = 0;
	for (uint32_t i = s->first_rule[syscall]; i != NO_RULE; i = s->rules[i].next)
		if (is_alternative(s, &s->rules[i], abi))
			alternatives[count++] = &s->rules[i].rule;
	is_all = rules_match_all(alternatives, count);
	free((void *)alternatives);
	if (is_all <= 0)
		return is_all ? context_out_of_memory(s) : 0;
	return context_fail(s, -EINVAL,
			    "custom ruleset '%s': %s: %zu rules together always hold, since one of "
			    "them is enough: put the conditions into one rule, or allow the call "
			    "whole",
			    name, syscall_table[syscall].name, count);
}

/* Adds a rule whose conditions belong to the ruleset. */
static int add_copy(struct stile *s, const struct rule *rule)
{
	struct stile_table_condition *conditions = context_conditions(s, rule->condition_count);
	struct rule copy = *rule;

	if (!conditions)
		return s->error;
	memcpy(conditions, rule->conditions, rule->condition_count * sizeof(*conditions));
	copy.conditions = conditions;
	return context_add_rule(s, &copy);
}

/* Conditions of a rule as they are on each ABI. */
struct forms {
	struct stile_table_condition of[STILE_ABI_COUNT][RULE_CONDITIONS_MAX];
};

static int make_forms(struct stile *s, const struct custom_rule *source, uint8_t abis,
		      const char *name, struct forms *forms)
{
	for (unsigned int abi = 0; abi < STILE_ABI_COUNT; abi++) {
		struct message message;
		char who[128];
		int error;

		if (!(abis & 1u << abi))
			continue;
		if (abi == (unsigned int)source->abi) {
			memcpy(forms->of[abi], source->conditions,
			       source->condition_count * sizeof(*source->conditions));
			continue;
		}
		(void)snprintf(who, sizeof(who), "custom ruleset '%s': on %s", name,
			       stile_abi_name((enum stile_abi)abi));
		error = resolve(&message, who, source, (enum stile_abi)abi, source->written,
				forms->of[abi]);
		if (error)
			return context_fail(s, error, "%s", message.text);
	}
	return 0;
}

/* Adds a rule with conditions for these ABIs, once for all on which it is the same. */
static int add_forms(struct stile *s, const struct custom_rule *source, struct rule *rule,
		     uint8_t abis, const char *name)
{
	struct forms forms;
	int error = make_forms(s, source, abis, name, &forms);

	while (!error && abis) {
		const int first = __builtin_ctz(abis);

		rule->abis = 0;
		rule->conditions = forms.of[first];
		for (int abi = first; abi < STILE_ABI_COUNT; abi++)
			if (abis & 1u << abi &&
			    conditions_equal(forms.of[first], forms.of[abi], rule->condition_count))
				rule->abis |= (uint8_t)(1u << abi);
		abis &= (uint8_t)~rule->abis;
		error = add_copy(s, rule);
	}
	return error;
}

static int enable_rule(struct stile *s, const struct custom_rule *source,
		       struct stile_action action, uint16_t origin, const char *name)
{
	const struct syscall_entry *call = &syscall_table[source->syscall];
	struct rule rule = { .syscall = source->syscall,
			     .condition_count = source->condition_count,
			     .origin = origin,
			     .action = action };
	uint8_t abis = context_abis(s);

	for (unsigned int abi = 0; abi < STILE_ABI_COUNT; abi++)
		if (call->numbers[abi] >= 0)
			rule.abis |= (uint8_t)(1u << abi);
	if (!(rule.abis & abis))
		return context_fail(s, -ENOENT,
				    "custom ruleset '%s': %s: %s has %s syscall: leave it out",
				    name, call->name,
				    s->abi_count > 1 ? "no ABI of the context" :
						       stile_abi_name(s->abis[0]),
				    s->abi_count > 1 ? "this" : "no such");
	if (source->condition_count == 0)
		return context_add_rule(s, &rule);
	rule.abis &= abis;
	if (rule.abis != 1u << source->abi)
		return add_forms(s, source, &rule, rule.abis, name);
	rule.conditions = source->conditions;
	return add_copy(s, &rule);
}

static int check_unions(struct stile *s, const struct stile_ruleset *ruleset)
{
	bool *is_checked = calloc(syscall_table_count, sizeof(*is_checked));
	int error = 0;

	if (!is_checked)
		return context_out_of_memory(s);
	for (size_t i = 0; i < ruleset->count && !error; i++) {
		const struct custom_rule *rule = &ruleset->rules[i];

		if (rule->condition_count == 0 || is_checked[rule->syscall])
			continue; /* it stands alone, or was looked at with one before */
		is_checked[rule->syscall] = true;
		for (unsigned int a = 0; a < s->abi_count && !error; a++)
			error = check_union(s, ruleset->name, rule->syscall, s->abis[a]);
	}
	free(is_checked);
	return error;
}

int context_enable(struct stile *s, const struct stile_ruleset *ruleset, struct stile_action action)
{
	int error = context_change_rules(s), origin;

	if (error)
		return error;
	if (!ruleset)
		return context_fail(s, -ENOMEM, "%s", stile_ruleset_message(NULL));
	if (ruleset->error)
		return context_fail(s, ruleset->error, "%s", ruleset->message.text);
	if (ruleset->count == 0)
		return context_fail(s, -ENODATA,
				    "custom ruleset '%s' has no rules: add some before enabling it",
				    ruleset->name);
	origin = context_add_origin(s, ORIGIN_CUSTOM, "custom ruleset '%s'", ruleset->name);
	if (origin < 0)
		return origin;
	s->is_touched = true;
	for (size_t i = 0; i < ruleset->count; i++) {
		error = enable_rule(s, &ruleset->rules[i], action, (uint16_t)origin, ruleset->name);
		if (error)
			return error;
	}
	return check_unions(s, ruleset);
}
