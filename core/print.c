/* SPDX-License-Identifier: MIT */
/* The whole rule list of a context in text. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "call_text.h"
#include "context.h"
#include "policy_build.h"
#include "public.h"
#include "syscalls.h"

static const char *origin_of(const struct stile *s, const struct rule *rule)
{
	return s->origins[rule->origin].text;
}

/* The origins that say something of a call without conditions, for the line's end. */
static void print_origins(FILE *out, const struct stile *s, uint16_t syscall,
			  struct stile_action action)
{
	const char *separator = "  # ";

	for (uint32_t i = s->first_rule[syscall]; i != NO_RULE; i = s->rules[i].next) {
		const struct rule *rule = &s->rules[i].rule;

		if (s->rules[i].is_dropped || rule->condition_count ||
		    !actions_equal(rule->action, action))
			continue;
		(void)fprintf(out, "%s%s", separator, origin_of(s, rule));
		separator = ", ";
	}
}

static void print_rule(FILE *out, const struct stile *s, const struct rule *rule,
		       enum stile_abi abi)
{
	char text[512];

	action_text(text, rule->action);
	(void)fprintf(out, "%-18s %s if ", text, syscall_table[rule->syscall].name);
	for (unsigned int i = 0; i < rule->condition_count; i++) {
		condition_text(text, sizeof(text), rule->syscall, abi, &rule->conditions[i]);
		(void)fprintf(out, "%s%s", i ? " and " : "", text);
	}
	(void)fprintf(out, "  # %s\n", origin_of(s, rule));
}

static void print_policy(FILE *out, const struct stile *s, const struct policy *policy)
{
	char text[ACTION_TEXT_MAX];

	action_text(text, policy->default_action);
	(void)fprintf(out, "# abi %s, kernel baseline %u.%u\n", stile_abi_name(policy->abi),
		      s->baseline >> 16, s->baseline >> 8 & 255);
	(void)fprintf(out, "%-18s everything else\n", text);
	action_text(text, policy->foreign_action);
	(void)fprintf(out, "%-18s calls by another ABI\n", text);
	action_text(text, policy->unknown_action);
	(void)fprintf(out, "%-18s numbers that the table does not have\n", text);
	for (uint32_t i = 0; i < policy->decision_count; i++) {
		const struct decision *decision = &policy->decisions[i];

		for (uint32_t k = 0; k < decision->rule_count; k++)
			print_rule(out, s, &policy->rules[decision->first_rule + k], policy->abi);
		if (actions_equal(decision->rest, policy->default_action))
			continue;
		action_text(text, decision->rest);
		(void)fprintf(out, "%-18s %s%s", text, syscall_table[decision->syscall].name,
			      decision->rule_count ? " otherwise" : "");
		print_origins(out, s, decision->syscall, decision->rest);
		(void)fprintf(out, "\n");
	}
}

STILE_PUBLIC char *stile_print(struct stile *s)
{
	struct policy policy;
	char *text = NULL;
	size_t size;
	bool has_failed;
	FILE *out;

	if (!s || s->error || policy_build(s, STILE_ABI_NATIVE, POLICY_FINAL, &policy))
		return NULL;
	out = open_memstream(&text, &size);
	if (out)
		print_policy(out, s, &policy);
	policy_free(&policy);
	has_failed = !out || ferror(out);
	if (out && fclose(out) != 0)
		has_failed = true;
	if (has_failed) {
		free(text);
		(void)context_out_of_memory(s);
		return NULL;
	}
	return text;
}
