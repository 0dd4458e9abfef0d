/* SPDX-License-Identifier: MIT */
#include "policy_build_rules.h"

#include <string.h>

void summarise_rules(const struct stile *s, uint16_t syscall, uint8_t abis,
		     struct rule_summary *summary)
{
	memset(summary, 0, sizeof(*summary));
	for (uint32_t i = s->first_rule[syscall]; i != NO_RULE; i = s->rules[i].next) {
		const struct rule *rule = &s->rules[i].rule;

		if (s->rules[i].is_dropped || !(rule->abis & abis))
			continue;
		if (action_permits(rule->action) && !is_basic_rule(s, rule) &&
		    s->origins[rule->origin].kind != ORIGIN_OVERRIDE)
			summary->permit = rule;
		if (rule->condition_count) {
			summary->conditional++;
			summary->narrow = rule;
			summary->asks |= rule->action.kind == STILE_ACTION_TRACE;
			if (!is_basic_rule(s, rule))
				summary->condition_example = rule;
		} else if (!action_permits(rule->action)) {
			summary->simple_refusal = rule;
		} else if (!summary->simple_allow || is_basic_rule(s, summary->simple_allow)) {
			summary->simple_allow = rule;
		}
	}
}
