/* SPDX-License-Identifier: MIT */
/* Grants of a table become rules of a context. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "add_rule.h"
#include "context.h"
#include "grant.h"
#include "public.h"
#include "syscalls.h"

#define GRANT_NAME_MAX 256

int find_ruleset(const struct stile_table *table, const char *name)
{
	for (uint32_t i = 0; i < table->ruleset_count; i++)
		if (strcmp(table->rulesets[i].name, name) == 0)
			return (int)i;
	return -1;
}

int find_grant(const struct stile_table *table, uint32_t ruleset, const char *name)
{
	const struct stile_table_ruleset *r = &table->rulesets[ruleset];

	for (uint32_t i = r->grants; i < r->grants + r->grant_count; i++)
		if (strcmp(table->grants[i].name, name) == 0)
			return (int)i;
	return -1;
}

/* The number of a syscall of a user's table in ours, or -1. */
static int table_syscall(const struct stile_table *table, uint16_t syscall)
{
	if (table == stile_builtin_table())
		return syscall; /* the same list */
	return syscall_find(table->syscalls[syscall]);
}

/* "system_io.read_fd(3)"; 0 or a negative error with its sentence. */
static int name_grant(struct stile *s, const struct stile_table *table, uint32_t ruleset,
		      const struct stile_table_grant *grant, const int32_t *values, size_t count,
		      char name[GRANT_NAME_MAX])
{
	const struct stile_table_parameter *parameters = &table->parameters[grant->parameters];
	size_t length = (size_t)snprintf(name, GRANT_NAME_MAX, "%s.%s",
					 table->rulesets[ruleset].name, grant->name);

	if (count != grant->parameter_count)
		return context_fail(s, -EINVAL, "%s takes %u value%s, not %zu%s%s%s", name,
				    grant->parameter_count, grant->parameter_count == 1 ? "" : "s",
				    count,
				    grant->parameter_count ? ": write " : ": write the name alone",
				    grant->parameter_count ? name : "",
				    grant->parameter_count == 1 ? "(VALUE)" :
				    grant->parameter_count	? "(VALUE, VALUE...)" :
								  "");
	for (size_t i = 0; i < count; i++) {
		if (values[i] < parameters[i].lowest || values[i] > parameters[i].highest)
			return context_fail(s, -EINVAL,
					    "%s: %s is %d: it must be between %d and %d", name,
					    parameters[i].name, values[i], parameters[i].lowest,
					    parameters[i].highest);
	}
	for (size_t i = 0; i < count && length < GRANT_NAME_MAX; i++)
		length += (size_t)snprintf(name + length, GRANT_NAME_MAX - length, "%s%d%s",
					   i ? ", " : "(", values[i], i + 1 == count ? ")" : "");
	return 0;
}

/* The rule's conditions with the parameters' values in place. */
static const struct stile_table_condition *bind_parameters(struct stile *s,
							   const struct stile_table *table,
							   const struct stile_table_rule *rule,
							   const int32_t *values)
{
	const struct stile_table_condition *source = &table->conditions[rule->conditions];
	struct stile_table_condition *bound;
	bool has_parameter = false;

	for (unsigned int i = 0; i < rule->condition_count; i++)
		has_parameter |= source[i].parameter >= 0;
	if (!has_parameter)
		return source;
	bound = context_conditions(s, rule->condition_count);
	if (!bound)
		return NULL;
	memcpy(bound, source, rule->condition_count * sizeof(*bound));
	for (unsigned int i = 0; i < rule->condition_count; i++) {
		uint64_t value;

		if (bound[i].parameter < 0)
			continue;
		value = (uint64_t)(int64_t)values[bound[i].parameter];
		if (bound[i].bits < 64)
			value &= (UINT64_C(1) << bound[i].bits) - 1;
		bound[i].value |= value;
		bound[i].parameter = -1;
	}
	return bound;
}

static int add_table_rules(struct stile *s, const struct stile_table *table,
			   const struct stile_table_grant *grant, const int32_t *values,
			   struct stile_action action, uint16_t origin)
{
	for (uint32_t i = grant->rules; i < grant->rules + grant->rule_count; i++) {
		const struct stile_table_rule *source = &table->rules[i];
		int syscall = table_syscall(table, source->syscall);
		struct rule rule = { .abis = source->abis,
				     .condition_count = source->condition_count,
				     .origin = origin,
				     .action = action };
		int error;

		if (syscall < 0)
			return context_fail(s, -ENOENT,
					    "%s: %s: this library's table has no such syscall: "
					    "generate the ruleset again with its generator",
					    s->origins[origin].text,
					    table->syscalls[source->syscall]);
		rule.syscall = (uint16_t)syscall;
		if (source->condition_count) {
			rule.conditions = bind_parameters(s, table, source, values);
			if (!rule.conditions)
				return s->error;
		}
		error = context_add_rule(s, &rule);
		if (error)
			return error;
	}
	return 0;
}

int context_add_grant(struct stile *s, const struct stile_table *table, uint32_t ruleset,
		      uint32_t grant, const int32_t *values, size_t value_count,
		      struct stile_action action, enum origin_kind kind, const char *verb)
{
	char name[GRANT_NAME_MAX];
	int origin, error;

	error = name_grant(s, table, ruleset, &table->grants[grant], values, value_count, name);
	if (error)
		return error;
	origin = context_add_origin(s, kind, "%s%s", verb, name);
	if (origin < 0)
		return origin;
	return add_table_rules(s, table, &table->grants[grant], values, action, (uint16_t)origin);
}

int context_add_basic(struct stile *s)
{
	const struct stile_table *table = stile_builtin_table();
	int ruleset = find_ruleset(table, "basic");
	const struct stile_table_ruleset *basic;

	if (ruleset < 0)
		return context_fail(s, -EIO, "the library was built without the ruleset basic");
	basic = &table->rulesets[ruleset];
	for (uint32_t i = basic->grants; i < basic->grants + basic->grant_count; i++) {
		int error = context_add_grant(s, table, (uint32_t)ruleset, i, NULL, 0,
					      (struct stile_action){ STILE_ACTION_ALLOW, 0 },
					      ORIGIN_BASIC, "");
		if (error)
			return error;
	}
	return 0;
}

STILE_PUBLIC int stile_allow_table_grant(struct stile *s, const struct stile_table *table,
					 uint32_t ruleset, uint32_t grant, const int32_t *values,
					 size_t value_count)
{
	int error = context_change_rules(s);

	if (error)
		return error;
	if (!table || table->version != STILE_TABLE_VERSION)
		return context_fail(s, -EINVAL,
				    "a ruleset's table has version %u, this library reads %u: "
				    "generate the ruleset again with this library's generator",
				    table ? table->version : 0, STILE_TABLE_VERSION);
	if (ruleset >= table->ruleset_count || grant < table->rulesets[ruleset].grants ||
	    grant - table->rulesets[ruleset].grants >= table->rulesets[ruleset].grant_count)
		return context_fail(s, -EINVAL, "ruleset %u, grant %u: the table has no such grant",
				    ruleset, grant);
	s->is_touched = true;
	return context_add_grant(s, table, ruleset, grant, values, value_count,
				 (struct stile_action){ STILE_ACTION_ALLOW, 0 },
				 table == stile_builtin_table() ? ORIGIN_BUILTIN : ORIGIN_CUSTOM,
				 "");
}
