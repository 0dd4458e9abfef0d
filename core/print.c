/* SPDX-License-Identifier: MIT */
/* The whole rule list of a context in text. */
#include <errno.h>
#include <stdbool.h>

#include "call_text.h"
#include "context.h"
#include "policy_build.h"
#include "public.h"
#include "syscalls.h"
#include "text.h"

static const char *origin_of(const struct stile *s, const struct rule *rule)
{
	return s->origins[rule->origin].text;
}

/* The origins that say something of a call without conditions, for the line's end. */
static void print_origins(struct text *out, const struct stile *s, enum stile_abi abi,
			  uint16_t syscall, struct stile_action action)
{
	const char *separator = "  # ";

	for (uint32_t i = s->first_rule[syscall]; i != NO_RULE; i = s->rules[i].next) {
		const struct rule *rule = &s->rules[i].rule;

		if (s->rules[i].is_dropped || rule->condition_count || !(rule->abis & 1u << abi) ||
		    !actions_equal(rule->action, action))
			continue;
		text_add(out, "%s%s", separator, origin_of(s, rule));
		separator = ", ";
	}
}

/*
 * The condition in whose value alone two rules of one origin differ: they are one rule with a
 * list of values ("in {...}"), as it stands in a .rules file. -1: they are two.
 */
static int differing_condition(const struct rule *a, const struct rule *b)
{
	int differing = -1;

	if (a->origin != b->origin || a->condition_count != b->condition_count ||
	    !actions_equal(a->action, b->action))
		return -1;
	for (int i = 0; i < a->condition_count; i++) {
		const struct stile_table_condition *x = &a->conditions[i], *y = &b->conditions[i];

		if (x->argument != y->argument || x->comparison != y->comparison ||
		    x->mask != y->mask)
			return -1;
		if (x->value == y->value)
			continue;
		if (differing >= 0 ||
		    (x->comparison != STILE_EQUAL && x->comparison != STILE_MASKED_EQUAL))
			return -1;
		differing = i;
	}
	return differing;
}

/* count rules, the last first, that differ in the value of this condition alone. */
static void print_values(struct text *out, const struct rule *last, uint32_t count,
			 enum stile_abi abi, unsigned int condition)
{
	char text[512];

	condition_text(text, sizeof(text), last, condition, abi);
	text_add(out, "%s in {", text);
	for (uint32_t i = 0; i < count; i++) {
		condition_value_text(text, sizeof(text), last - i, condition, abi);
		text_add(out, "%s%s", i ? ", " : "", text);
	}
	text_add(out, "}");
}

/* The rules of one call stand in the reverse of their order; prints what makes one line. */
static uint32_t print_rule(struct text *out, const struct stile *s, const struct rule *last,
			   uint32_t available, enum stile_abi abi)
{
	int listed = available > 1 ? differing_condition(last, last - 1) : -1;
	uint32_t count = 1;
	char text[512];

	while (listed >= 0 && count < available &&
	       differing_condition(last - count + 1, last - count) == listed)
		count++;
	action_text(text, last->action);
	text_add(out, "%-18s %s if ", text, syscall_table[last->syscall].name);
	for (unsigned int i = 0; i < last->condition_count; i++) {
		text_add(out, "%s", i ? " and " : "");
		if ((int)i == listed) {
			print_values(out, last, count, abi, i);
			continue;
		}
		condition_text(text, sizeof(text), last, i, abi);
		text_add(out, "%s %s ", text, comparison_text(&last->conditions[i]));
		condition_value_text(text, sizeof(text), last, i, abi);
		text_add(out, "%s", text);
	}
	text_add(out, "  # %s\n", origin_of(s, last));
	return count;
}

/* From what the rest of a call's answers comes, if that is not the default. */
enum part { PART_GRANTED, PART_HIDDEN, PART_BASIC };

static enum part part_of_rest(const struct stile *s, enum stile_abi abi, uint16_t syscall)
{
	enum part part = PART_HIDDEN; /* the policy's own: behind a pointer, or newer */

	for (uint32_t i = s->first_rule[syscall]; i != NO_RULE; i = s->rules[i].next) {
		const struct rule *rule = &s->rules[i].rule;

		if (s->rules[i].is_dropped || rule->condition_count || !(rule->abis & 1u << abi))
			continue;
		if (s->origins[rule->origin].kind != ORIGIN_BASIC)
			return PART_GRANTED;
		part = PART_BASIC;
	}
	return part;
}

struct heading {
	const char *abi;  /* NULL: there is one only */
	const char *text; /* to be printed before the first line, and NULL from then on */
};

static void print_heading(struct text *out, struct heading *heading)
{
	if (heading->text)
		text_add(out, "\n# %s%s%s\n", heading->abi ? heading->abi : "",
			 heading->abi ? ": " : "", heading->text);
	heading->text = NULL;
}

static void print_decision(struct text *out, const struct stile *s, const struct policy *policy,
			   enum stile_abi abi, const struct decision *decision, enum part part,
			   struct heading *heading)
{
	char text[ACTION_TEXT_MAX];

	for (uint32_t left = decision->rule_count; left;) {
		const struct rule *rule = &policy->rules[decision->first_rule + left - 1];
		bool is_basic = s->origins[rule->origin].kind == ORIGIN_BASIC;

		if (part != (is_basic ? PART_BASIC : PART_GRANTED)) {
			left--;
			continue;
		}
		print_heading(out, heading);
		left -= print_rule(out, s, rule, left, abi);
	}
	if (actions_equal(decision->rest, policy->default_action) ||
	    part_of_rest(s, abi, decision->syscall) != part)
		return;
	print_heading(out, heading);
	action_text(text, decision->rest);
	text_add(out, "%-18s %s%s", text, syscall_table[decision->syscall].name,
		 decision->rule_count ? " otherwise" : "");
	print_origins(out, s, abi, decision->syscall, decision->rest);
	text_add(out, "\n");
}

static void print_part(struct text *out, const struct stile *s, const struct policy *policy,
		       enum part part, const char *text)
{
	for (uint32_t a = 0; a < policy->abi_count; a++) {
		const struct policy_abi *abi = &policy->abis[a];
		struct heading heading = { policy->abi_count > 1 ? stile_abi_name(abi->abi) : NULL,
					   text };

		for (uint32_t i = 0; i < abi->decision_count; i++)
			print_decision(out, s, policy, abi->abi, &abi->decisions[i], part,
				       &heading);
	}
}

static void print_policy(struct text *out, const struct stile *s, const struct policy *policy)
{
	char text[ACTION_TEXT_MAX];

	text_add(out, "# abi ");
	for (uint32_t a = 0; a < policy->abi_count; a++)
		text_add(out, "%s%s", a ? ", " : "", stile_abi_name(policy->abis[a].abi));
	text_add(out, ", kernel baseline %u.%u\n", s->baseline >> 16, s->baseline >> 8 & 255);
	print_part(out, s, policy, PART_GRANTED, "granted or refused");
	print_part(out, s, policy, PART_HIDDEN,
		   "so that the C library takes other calls: flags are behind a pointer, or the "
		   "baseline is older");
	text_add(out, "\n# the rest\n");
	action_text(text, policy->default_action);
	text_add(out, "%-18s everything else\n", text);
	action_text(text, policy->foreign_action);
	text_add(out, "%-18s calls by another ABI\n", text);
	action_text(text, policy->unknown_action);
	text_add(out, "%-18s numbers that the table does not have\n", text);
	print_part(out, s, policy, PART_BASIC,
		   "basic: always granted, because no program can run or end without it");
}

STILE_PUBLIC char *stile_print(struct stile *s)
{
	struct policy policy;
	struct text out = { 0 };
	char *text;

	if (!s || s->error)
		return NULL;
	if (s->used) {
		(void)context_fail(s, -EINVAL,
				   "this context enforces a policy, which has no list of grants: "
				   "read the policy (stile/policy.h)");
		return NULL;
	}
	if (policy_build(s, POLICY_FINAL, &policy))
		return NULL;
	print_policy(&out, s, &policy);
	policy_free(&policy);
	text = text_take(&out);
	if (!text)
		(void)context_out_of_memory(s);
	return text;
}
