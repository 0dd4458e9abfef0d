/* SPDX-License-Identifier: MIT */
/* The whole rule list of a context in text. */
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
static void print_origins(struct text *out, const struct stile *s, uint16_t syscall,
			  struct stile_action action)
{
	const char *separator = "  # ";

	for (uint32_t i = s->first_rule[syscall]; i != NO_RULE; i = s->rules[i].next) {
		const struct rule *rule = &s->rules[i].rule;

		if (s->rules[i].is_dropped || rule->condition_count ||
		    !actions_equal(rule->action, action))
			continue;
		text_add(out, "%s%s", separator, origin_of(s, rule));
		separator = ", ";
	}
}

static void print_rule(struct text *out, const struct stile *s, const struct rule *rule,
		       enum stile_abi abi)
{
	char text[512];

	action_text(text, rule->action);
	text_add(out, "%-18s %s if ", text, syscall_table[rule->syscall].name);
	for (unsigned int i = 0; i < rule->condition_count; i++) {
		condition_text(text, sizeof(text), rule->syscall, abi, &rule->conditions[i]);
		text_add(out, "%s%s", i ? " and " : "", text);
	}
	text_add(out, "  # %s\n", origin_of(s, rule));
}

/* Whether all that is said of a call without conditions is basic's. */
static bool is_only_basic(const struct stile *s, uint16_t syscall)
{
	for (uint32_t i = s->first_rule[syscall]; i != NO_RULE; i = s->rules[i].next)
		if (!s->rules[i].is_dropped &&
		    s->origins[s->rules[i].rule.origin].kind != ORIGIN_BASIC)
			return false;
	return s->first_rule[syscall] != NO_RULE;
}

/* What one call gets, as far as it comes from basic or does not. */
static void print_decision(struct text *out, const struct stile *s, const struct policy *policy,
			   const struct decision *decision, bool of_basic)
{
	char text[ACTION_TEXT_MAX];

	for (uint32_t k = 0; k < decision->rule_count; k++) {
		const struct rule *rule = &policy->rules[decision->first_rule + k];

		if ((s->origins[rule->origin].kind == ORIGIN_BASIC) == of_basic)
			print_rule(out, s, rule, policy->abi);
	}
	if (actions_equal(decision->rest, policy->default_action) ||
	    is_only_basic(s, decision->syscall) != of_basic)
		return;
	action_text(text, decision->rest);
	text_add(out, "%-18s %s%s", text, syscall_table[decision->syscall].name,
		 decision->rule_count ? " otherwise" : "");
	print_origins(out, s, decision->syscall, decision->rest);
	text_add(out, "\n");
}

static void print_policy(struct text *out, const struct stile *s, const struct policy *policy)
{
	char text[ACTION_TEXT_MAX];

	text_add(out, "# abi %s, kernel baseline %u.%u\n", stile_abi_name(policy->abi),
		 s->baseline >> 16, s->baseline >> 8 & 255);
	for (uint32_t i = 0; i < policy->decision_count; i++)
		print_decision(out, s, policy, &policy->decisions[i], false);
	action_text(text, policy->default_action);
	text_add(out, "%-18s everything else\n", text);
	action_text(text, policy->foreign_action);
	text_add(out, "%-18s calls by another ABI\n", text);
	action_text(text, policy->unknown_action);
	text_add(out, "%-18s numbers that the table does not have\n", text);
	text_add(out, "# always in, without which no program can run or end:\n");
	for (uint32_t i = 0; i < policy->decision_count; i++)
		print_decision(out, s, policy, &policy->decisions[i], true);
}

STILE_PUBLIC char *stile_print(struct stile *s)
{
	struct policy policy;
	struct text out = { 0 };
	char *text;

	if (!s || s->error || policy_build(s, STILE_ABI_NATIVE, POLICY_FINAL, &policy))
		return NULL;
	print_policy(&out, s, &policy);
	policy_free(&policy);
	text = text_take(&out);
	if (!text)
		(void)context_out_of_memory(s);
	return text;
}
