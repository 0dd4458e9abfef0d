/* SPDX-License-Identifier: MIT */
/* Rulesets made at run time. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stile/ruleset.h>

#include "add_rule.h"
#include "condition.h"
#include "context.h"
#include "overlap.h"
#include "public.h"
#include "syscalls.h"

struct custom_rule {
	uint16_t syscall;
	uint8_t condition_count;
	struct stile_table_condition *conditions;
};

struct stile_ruleset {
	struct message message;
	int error;
	char name[64];
	struct custom_rule *rules;
	size_t count, capacity;
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
	return ruleset;
}

STILE_PUBLIC void stile_ruleset_free(struct stile_ruleset *ruleset)
{
	if (!ruleset)
		return;
	for (size_t i = 0; i < ruleset->count; i++)
		free(ruleset->rules[i].conditions);
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

/* The index of a syscall that the native ABI has; a negative error with its sentence else. */
static int native_syscall(struct message *message, const char *who, const char *name)
{
	int syscall;

	if (!name)
		return message_set(message, -EINVAL, "%s: a syscall's name is missing (NULL)", who);
	syscall = syscall_find(name);
	if (syscall < 0) {
		const char *nearest = syscall_suggest(name);

		return message_set(message, -ENOENT, "%s: there is no syscall '%s'%s%s%s", who,
				   name, nearest ? ": did you mean '" : ": see syscalls(2)",
				   nearest ? nearest : "", nearest ? "'?" : "");
	}
	if (syscall_table[syscall].numbers[STILE_ABI_NATIVE] < 0)
		return message_set(message, -ENOENT, "%s: %s: %s has no such syscall: leave it out",
				   who, name, stile_abi_name(STILE_ABI_NATIVE));
	return syscall;
}

/* No conditions at all is what stile_ruleset_allow() means; here it is more likely a mistake. */
static int check_rule(struct stile_ruleset *ruleset, const char *who,
		      const struct custom_rule *added)
{
	struct rule rule = { .syscall = added->syscall,
			     .abis = 1u << STILE_ABI_NATIVE,
			     .condition_count = added->condition_count,
			     .conditions = added->conditions };
	unsigned int argument, count;

	if (!rule_never_matches(&rule, &argument))
		return 0;
	return message_set(&ruleset->message, -EINVAL,
			   "%s: %s: the conditions on %s contradict each other: the rule would do "
			   "nothing",
			   who, syscall_table[rule.syscall].name,
			   syscall_argument_list(rule.syscall, STILE_ABI_NATIVE, &count)[argument]
				   .name);
}

static int allow_if(struct stile_ruleset *ruleset, const char *syscall_name,
		    const struct stile_condition *conditions, size_t count)
{
	char who[96];
	struct custom_rule *rule;
	int syscall;

	if (ruleset->error)
		return ruleset->error;
	(void)snprintf(who, sizeof(who), "custom ruleset '%s'", ruleset->name);
	syscall = native_syscall(&ruleset->message, who, syscall_name);
	if (syscall < 0)
		return ruleset->error = syscall;
	if (count > RULE_CONDITIONS_MAX)
		return ruleset->error =
			       message_set(&ruleset->message, -E2BIG,
					   "%s: %s: %zu conditions in one rule: at most %d", who,
					   syscall_name, count, RULE_CONDITIONS_MAX);
	rule = new_rule(ruleset);
	if (!rule)
		return ruleset->error;
	rule->syscall = (uint16_t)syscall;
	rule->condition_count = (uint8_t)count;
	if (count) {
		rule->conditions = calloc(count, sizeof(*rule->conditions));
		if (!rule->conditions)
			return ruleset_out_of_memory(ruleset);
	}
	ruleset->count++; /* from here on stile_ruleset_free() knows its memory */
	for (size_t i = 0; i < count; i++) {
		int error = condition_resolve(&ruleset->message, who, rule->syscall,
					      STILE_ABI_NATIVE, &conditions[i],
					      &rule->conditions[i]);

		if (error)
			return ruleset->error = error;
	}
	return ruleset->error = check_rule(ruleset, who, rule);
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

#define UNION_RULES_MAX 64

/*
 * Two ORed "!=" allow everything: not what anybody means by a condition. Looked at over all
 * custom rulesets of the context; built-in ones know what they do.
 */
static int check_union(struct stile *s, const char *name, uint16_t syscall)
{
	const struct rule *alternatives[UNION_RULES_MAX];
	size_t count = 0;

	for (uint32_t i = s->first_rule[syscall]; i != NO_RULE; i = s->rules[i].next) {
		const struct rule *rule = &s->rules[i].rule;

		if (!s->rules[i].is_dropped && rule->condition_count > 0 &&
		    rule->action.kind == STILE_ACTION_ALLOW && count < UNION_RULES_MAX &&
		    s->origins[rule->origin].kind == ORIGIN_CUSTOM)
			alternatives[count++] = rule;
	}
	if (!rules_match_all(alternatives, count))
		return 0;
	return context_fail(s, -EINVAL,
			    "custom ruleset '%s': %s: %zu rules together always hold, since one of "
			    "them is enough: put the conditions into one rule, or allow the call "
			    "whole",
			    name, syscall_table[syscall].name, count);
}

STILE_PUBLIC int stile_enable(struct stile *s, const struct stile_ruleset *ruleset)
{
	int error = context_change(s), origin;

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
		const struct custom_rule *source = &ruleset->rules[i];
		struct rule rule = { .syscall = source->syscall,
				     .abis = 1u << STILE_ABI_NATIVE,
				     .condition_count = source->condition_count,
				     .origin = (uint16_t)origin,
				     .action = { STILE_ACTION_ALLOW, 0 } };

		if (source->condition_count) {
			struct stile_table_condition *conditions =
				context_conditions(s, source->condition_count);

			if (!conditions)
				return s->error;
			memcpy(conditions, source->conditions,
			       source->condition_count * sizeof(*conditions));
			rule.conditions = conditions;
		}
		error = context_add_rule(s, &rule);
		if (error)
			return error;
	}
	for (size_t i = 0; i < ruleset->count; i++) {
		if (i > 0 && ruleset->rules[i].syscall == ruleset->rules[i - 1].syscall)
			continue; /* looked at with the one before */
		error = check_union(s, ruleset->name, ruleset->rules[i].syscall);
		if (error)
			return error;
	}
	return 0;
}
