/* SPDX-License-Identifier: MIT */
/* Grants in the place of syscalls: "system_io.open_readonly", "system_io.read_fd(3)". */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "document_memory.h"
#include "oci_rules.h"

#define VALUES_MAX 4

struct grant {
	const struct stile_table *table;
	const struct stile_table_grant *grant;
	int32_t values[VALUES_MAX];
};

/* "name" or "name(3, 4)"; the values go to the grant. */
static bool parse_values(const struct stile_table *table, struct grant *grant, const char *text)
{
	const struct stile_table_parameter *parameter =
		&table->parameters[grant->grant->parameters];
	char *end;

	if (grant->grant->parameter_count == 0)
		return *text == '\0';
	if (*text != '(' || grant->grant->parameter_count > VALUES_MAX)
		return false;
	for (unsigned int i = 0; i < grant->grant->parameter_count; i++, parameter++) {
		long value;

		text++;
		text += strspn(text, " ");
		value = strtol(text, &end, 10);
		if (end == text || value < parameter->lowest || value > parameter->highest)
			return false;
		grant->values[i] = (int32_t)value;
		text = end;
		if (*text != (i + 1u == grant->grant->parameter_count ? ')' : ','))
			return false;
	}
	return text[1] == '\0';
}

static const struct stile_table_grant *find(const struct stile_table *table, const char *text,
					    const char **rest)
{
	const char *dot = strchr(text, '.');

	for (uint32_t r = 0; dot && r < table->ruleset_count; r++) {
		const struct stile_table_ruleset *ruleset = &table->rulesets[r];

		if (strlen(ruleset->name) != (size_t)(dot - text) ||
		    strncmp(ruleset->name, text, (size_t)(dot - text)) != 0)
			continue;
		for (uint32_t g = 0; g < ruleset->grant_count; g++) {
			const struct stile_table_grant *grant = &table->grants[ruleset->grants + g];
			const size_t length = strlen(grant->name);

			*rest = dot + 1 + length;
			if (strncmp(grant->name, dot + 1, length) == 0 &&
			    (**rest == '\0' || **rest == '('))
				return grant;
		}
	}
	return NULL;
}

/* False: there is no such grant (grant->grant is NULL), or the values are not its own. */
static bool find_grant(const struct node *name, struct grant *grant)
{
	const char *rest = "";

	*grant = (struct grant){ .table = stile_builtin_table() };
	grant->grant = find(grant->table, name->text, &rest);
	return grant->grant && parse_values(grant->table, grant, rest);
}

/* Why a name is no grant, as a context says it. */
static bool say_no_grant(const struct oci_reader *reader, const struct node *name, bool is_grant)
{
	struct stile *s = stile_new();
	const bool is_said = stile_grant(s, name->text) != 0;

	oci_error(reader, name, "found \"%s\", expected %s: %s", name->text,
		  is_grant ? "the values of its parameters, like \"system_io.read_fd(3)\"" :
			     "a syscall, or a grant like \"system_io.open_readonly\"",
		  is_said ? stile_message(s) : "it is not written so here");
	stile_free(s);
	return false;
}

/* A copy of a rule's conditions, with the values of parameters. */
static struct stile_table_condition *fill_in(const struct oci_reader *reader,
					     const struct grant *grant,
					     const struct stile_table_rule *rule)
{
	const struct stile_table_condition *from = &grant->table->conditions[rule->conditions];
	struct stile_table_condition *copy =
		document_allocate(reader->document,
				  ((size_t)rule->condition_count + 1) * sizeof(*copy));

	for (unsigned int i = 0; copy && i < rule->condition_count; i++) {
		copy[i] = from[i];
		if (from[i].parameter < 0)
			continue;
		copy[i].value |= (uint64_t)(int64_t)grant->values[from[i].parameter] &
				 UINT64_MAX >> (64 - from[i].bits);
		copy[i].parameter = -1;
	}
	return copy;
}

/*
 * What i386's socketcall or ipc gets for a call: its arguments lie in memory. With conditions it
 * is refused if the call is, but not allowed.
 */
static bool add_multiplexed(const struct oci_reader *reader, struct oci_rules *rules,
			    const struct oci_rule *direct, const char *syscall)
{
	const bool lets_through = direct->action.kind == STILE_ACTION_ALLOW ||
				  direct->action.kind == STILE_ACTION_LOG;
	struct stile_table_condition *condition;
	struct oci_rule rule = *direct;
	uint32_t call;

	if (!oci_multiplexer(syscall, &rule.number, &call) ||
	    (lets_through && direct->condition_count))
		return true;
	condition = document_allocate(reader->document, sizeof(*condition));
	if (!condition)
		return document_no_memory(reader->source, reader->diagnostics);
	*condition = (struct stile_table_condition){
		.bits = 32, .comparison = STILE_EQUAL, .parameter = -1, .value = call
	};
	rule.conditions = condition;
	rule.condition_count = 1;
	return oci_add_rule(reader, rules, &rule);
}

bool oci_check_grant(const struct oci_reader *reader, const struct node *name, bool has_conditions)
{
	struct grant grant;

	if (!find_grant(name, &grant))
		return say_no_grant(reader, name, grant.grant);
	if (has_conditions)
		return oci_error(reader, name,
				 "the grant \"%s\" has conditions of its own: "
				 "expected no \"args\" beside it",
				 name->text);
	return true;
}

bool oci_add_grant(const struct oci_reader *reader, struct oci_rules *rules,
		   const struct oci_entry *entry, const struct node *name, enum stile_abi abi)
{
	struct grant grant;

	if (!find_grant(name, &grant) || entry->condition_count)
		return false; /* oci_check_grant() has said it */
	for (uint32_t i = 0; i < grant.grant->rule_count; i++) {
		const struct stile_table_rule *from = &grant.table->rules[grant.grant->rules + i];
		const char *syscall = grant.table->syscalls[from->syscall];
		const long number = stile_syscall_number(abi, syscall);
		struct oci_rule rule = { .abi = abi,
					 .number = (uint32_t)number,
					 .action = entry->action,
					 .condition_count = from->condition_count,
					 .place = name,
					 .is_grant = true };

		if (!(from->abis & 1u << abi))
			continue;
		rule.conditions = fill_in(reader, &grant, from);
		if (!rule.conditions)
			return document_no_memory(reader->source, reader->diagnostics);
		if (number >= 0 && !oci_add_rule(reader, rules, &rule))
			return false;
		if (abi == STILE_ABI_I386 && !add_multiplexed(reader, rules, &rule, syscall))
			return false;
	}
	return true;
}
