/* SPDX-License-Identifier: MIT */
/* Which grants hold a call: a walk through the tables of the library's own rulesets. */
#include "grants_for.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <stile.h>
#include <stile/table.h>

static bool condition_holds(const struct stile_table_condition *condition,
			    const struct try_call *call)
{
	const uint64_t sign = UINT64_C(1) << (condition->bits - 1);
	const uint64_t used = sign | (sign - 1); /* the bits that the kernel looks at */
	uint64_t argument = call->arguments[condition->argument] & used;
	uint64_t value = condition->value;

	if (condition->parameter >= 0)
		return true; /* the grant is given the value that fits */
	if (condition->comparison == STILE_EQUAL)
		return argument == value;
	if (condition->comparison == STILE_MASKED_EQUAL)
		return (argument & condition->mask) == value;
	if (condition->is_signed) {
		argument ^= sign; /* now unsigned order is signed order */
		value ^= sign;
	}
	switch (condition->comparison) {
	case STILE_LESS:
		return argument < value;
	case STILE_LESS_OR_EQUAL:
		return argument <= value;
	case STILE_GREATER:
		return argument > value;
	case STILE_GREATER_OR_EQUAL:
		return argument >= value;
	default:
		return false;
	}
}

static bool rule_holds(const struct stile_table *table, const struct stile_table_rule *rule,
		       const struct try_call *call)
{
	if (!(rule->abis & 1u << STILE_ABI_NATIVE) ||
	    strcmp(table->syscalls[rule->syscall], call->syscall) != 0)
		return false;
	for (unsigned int i = 0; i < rule->condition_count; i++)
		if (!condition_holds(&table->conditions[rule->conditions + i], call))
			return false;
	return true;
}

static bool grant_holds(const struct stile_table *table, const struct stile_table_grant *grant,
			const struct try_call *call)
{
	for (uint32_t i = 0; i < grant->rule_count; i++)
		if (rule_holds(table, &table->rules[grant->rules + i], call))
			return true;
	return false;
}

void print_grants_for(FILE *out, const struct try_call *call)
{
	const struct stile_table *table = stile_builtin_table();
	const char *separator = "";

	for (uint32_t r = 0; r < table->ruleset_count; r++) {
		const struct stile_table_ruleset *ruleset = &table->rulesets[r];

		if (strcmp(ruleset->name, "start") == 0)
			continue; /* what the dynamic loader gets; not for contexts */
		for (uint32_t g = ruleset->grants; g < ruleset->grants + ruleset->grant_count;
		     g++) {
			if (!grant_holds(table, &table->grants[g], call))
				continue;
			(void)fprintf(out, "%s%s.%s", separator, ruleset->name,
				      table->grants[g].name);
			separator = ", ";
		}
	}
}
