/* SPDX-License-Identifier: MIT */
/* A call was refused, or will be: which grants hold it? */
#include <stdbool.h>
#include <string.h>

#include <stile/abi.h>
#include <stile/context.h>
#include <stile/table.h>

#include "public.h"
#include "syscalls.h"
#include "text.h"
#include "value_set.h"

static bool rule_holds(const struct stile_table *table, const struct stile_table_rule *rule,
		       int syscall, const uint64_t *arguments)
{
	if (rule->syscall != syscall || !(rule->abis & 1u << STILE_ABI_NATIVE))
		return false;
	for (unsigned int i = 0; arguments && i < rule->condition_count; i++) {
		const struct stile_table_condition *condition =
			&table->conditions[rule->conditions + i];

		/* a parameter is given the value that fits */
		if (condition->parameter < 0 &&
		    !condition_holds(condition, arguments[condition->argument]))
			return false;
	}
	return true;
}

static bool grant_holds(const struct stile_table *table, const struct stile_table_grant *grant,
			int syscall, const uint64_t *arguments)
{
	for (uint32_t i = grant->rules; i < grant->rules + grant->rule_count; i++)
		if (rule_holds(table, &table->rules[i], syscall, arguments))
			return true;
	return false;
}

/* "system_io.read_fd(fd)" */
static void print_grant(struct text *out, const struct stile_table *table, const char *ruleset,
			const struct stile_table_grant *grant)
{
	text_add(out, "%s.%s", ruleset, grant->name);
	for (unsigned int i = 0; i < grant->parameter_count; i++)
		text_add(out, "%s%s%s", i ? ", " : "(",
			 table->parameters[grant->parameters + i].name,
			 i + 1u == grant->parameter_count ? ")" : "");
	text_add(out, "\n");
}

STILE_PUBLIC char *stile_grants_for_call(const char *syscall_name, const uint64_t arguments[6])
{
	const struct stile_table *table = stile_builtin_table();
	int syscall = syscall_name ? syscall_find(syscall_name) : -1;
	struct text text = { 0 };

	for (uint32_t r = 0; r < table->ruleset_count; r++) {
		const struct stile_table_ruleset *ruleset = &table->rulesets[r];

		/* start is the loader's, and pledge is made of the others */
		if (strcmp(ruleset->name, "start") == 0 || strcmp(ruleset->name, "pledge") == 0)
			continue;
		for (uint32_t i = 0; i < ruleset->grant_count; i++) {
			const struct stile_table_grant *grant = &table->grants[ruleset->grants + i];

			if (grant_holds(table, grant, syscall, arguments))
				print_grant(&text, table, ruleset->name, grant);
		}
	}
	return text_take(&text);
}
