/* SPDX-License-Identifier: MIT */
/* Rules of policies in words. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "call_text.h"
#include "policy_object.h"
#include "public.h"
#include "syscalls.h"
#include "text.h"

#define PART_MAX 400
#define ERRNO_MAX 4095 /* the kernel takes it for what is above (seccomp(2)) */

STILE_PUBLIC void stile_format_action(struct stile_action action, char *text, size_t size)
{
	char words[ACTION_TEXT_MAX];

	if (!text || !size)
		return;
	if ((unsigned int)action.kind > STILE_ACTION_KILL_PROCESS) {
		(void)snprintf(text, size, "%d", (int)action.kind);
		return;
	}
	action_text(words, action);
	if (action.kind == STILE_ACTION_ERRNO && action.errno_value == 0)
		(void)snprintf(text, size, "seem to succeed");
	else if (action.kind == STILE_ACTION_ERRNO && action.errno_value > ERRNO_MAX)
		(void)snprintf(text, size, "fail with errno %u, cut to %d", action.errno_value,
			       ERRNO_MAX);
	else if (action.kind != STILE_ACTION_ERRNO && action.errno_value)
		(void)snprintf(text, size, "%s (%u)", words, action.errno_value);
	else
		(void)snprintf(text, size, "%s", words);
}

/* An argument and a comparison of it, with no more than numbers. */
static void bare_condition(struct text *out, const char *name,
			   const struct stile_table_condition *c)
{
	if (c->comparison == STILE_MASKED_EQUAL)
		text_add(out, "%s & 0x%" PRIx64 " == 0x%" PRIx64, name, c->mask, c->value);
	else
		text_add(out, c->value > 9 ? "%s %s 0x%" PRIx64 : "%s %s %" PRIu64, name,
			 comparison_text(c), c->value);
}

/* The kernel's argument, or NULL: the call is not in the table, or has none there. */
static const struct syscall_argument *find_argument(const struct rule *rule, enum stile_abi abi,
						    unsigned int index)
{
	unsigned int count;
	const struct syscall_argument *list;

	if (rule->syscall == NO_SYSCALL || syscall_table[rule->syscall].numbers[abi] < 0)
		return NULL;
	list = syscall_argument_list(rule->syscall, abi, &count);
	return index < count ? &list[index] : NULL;
}

static void add_condition(struct text *out, const struct rule *rule, unsigned int index,
			  enum stile_abi abi)
{
	const struct stile_table_condition *c = &rule->conditions[index];
	const struct syscall_argument *argument = find_argument(rule, abi, c->argument);
	char what[PART_MAX], value[PART_MAX];

	if (!argument) {
		(void)snprintf(what, sizeof(what), "argument %u", c->argument);
		bare_condition(out, what, c);
		return;
	}
	/* Wider or narrower than the kernel reads it: that must be seen. */
	if (c->bits != argument->bits) {
		(void)snprintf(what, sizeof(what), "%s@%u", argument->name, c->bits);
		bare_condition(out, what, c);
		return;
	}
	condition_text(what, sizeof(what), rule, index, abi);
	condition_value_text(value, sizeof(value), rule, index, abi);
	text_add(out, "%s %s %s", what, comparison_text(c), value);
}

STILE_PUBLIC char *stile_format_conditions(const struct stile_policy_rule *rule)
{
	struct text out = { 0 };
	struct rule inner;
	int syscall;

	if (!rule || (unsigned int)rule->abi >= STILE_ABI_COUNT)
		return NULL;
	syscall = rule->number <= INT32_MAX ? syscall_find_number(rule->abi, rule->number) : -1;
	inner = policy_rule(syscall < 0 ? NO_SYSCALL : (uint16_t)syscall, rule->abi, rule->action,
			    rule->conditions, rule->condition_count, 0);
	for (unsigned int i = 0; i < rule->condition_count; i++) {
		text_add(&out, "%s", i ? " and " : "");
		add_condition(&out, &inner, i, rule->abi);
	}
	return text_take(&out);
}
