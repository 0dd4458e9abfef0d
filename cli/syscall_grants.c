/* SPDX-License-Identifier: MIT */
/* Which grants hold a syscall, and which of its calls. */
#include "syscall_grants.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stile.h>

#include "commands.h"
#include "say.h"

#define GRANT_WIDTH 44
#define RULE_COLUMN 19 /* of stile_print(): behind the action */
#define NAME_SHOWN 64
#define PRINTED_MAX 32

void format_grant(const struct stile_table *table, const struct stile_table_ruleset *ruleset,
		  const struct stile_table_grant *grant, char text[GRANT_NAME_MAX])
{
	int length = snprintf(text, GRANT_NAME_MAX, "%s.%s", ruleset->name, grant->name);

	for (unsigned int i = 0; i < grant->parameter_count && length < GRANT_NAME_MAX; i++)
		length += snprintf(text + length, (size_t)(GRANT_NAME_MAX - length), "%s%s%s",
				   i ? ", " : "(", table->parameters[grant->parameters + i].name,
				   i + 1u == grant->parameter_count ? ")" : "");
}

static bool is_known(const struct stile_table *table, const char *syscall)
{
	for (uint32_t i = 0; i < table->syscall_count; i++)
		if (strcmp(table->syscalls[i], syscall) == 0)
			return true;
	return false;
}

/* The name for a name or a number; NULL, and it was said: there is none such. */
static const char *find_syscall(const struct stile_table *table, const char *text)
{
	const char *message, *name;
	struct stile *s;
	char *end;
	long number;

	if (is_known(table, text))
		return text;
	if (*text >= '0' && *text <= '9') {
		number = strtol(text, &end, 0);
		name = *end == '\0' ? stile_syscall_name(STILE_ABI_NATIVE, number) : NULL;
		if (!name)
			say("rulesets", NULL, "there is no syscall number %.*s on %s", NAME_SHOWN,
			    text, stile_abi_name(STILE_ABI_NATIVE));
		return name;
	}
	/* the library has the sentence, with what was meant */
	s = stile_new();
	(void)stile_allow(s, text);
	message = strstr(stile_message(s), "there is no syscall '");
	if (message)
		say_message("rulesets", message);
	else
		say("rulesets", NULL, "there is no syscall '%.*s': see syscalls(2)", NAME_SHOWN,
		    text);
	stile_free(s);
	return NULL;
}

/* Whether a grant holds a syscall of these ABIs, and with conditions only. */
static bool holds(const struct stile_table *table, const struct stile_table_grant *grant,
		  const char *syscall, uint8_t abis, bool *is_conditional)
{
	bool is_held = false;

	*is_conditional = true;
	for (uint32_t i = grant->rules; i < grant->rules + grant->rule_count; i++) {
		const struct stile_table_rule *rule = &table->rules[i];

		if (!(rule->abis & abis) || strcmp(table->syscalls[rule->syscall], syscall) != 0)
			continue;
		is_held = true;
		if (rule->condition_count == 0)
			*is_conditional = false;
	}
	return is_held;
}

/* The value that stands for a parameter while its rules are printed: no constant has it. */
static int32_t stand_in(const struct stile_table_parameter *parameter)
{
	return parameter->highest > 64999 ? 64999 : parameter->highest;
}

/* The grant's rule list as `stile run --print` has it. NULL: no memory. */
static char *print_grant(const struct stile_table *table, uint32_t ruleset, uint32_t grant)
{
	const struct stile_table_grant *g = &table->grants[grant];
	struct stile *s = stile_new();
	int32_t values[8] = { 0 };
	char *text;

	for (unsigned int i = 0; i < g->parameter_count && i < 8; i++)
		values[i] = stand_in(&table->parameters[g->parameters + i]);
	/* basic is in every context */
	if (strcmp(table->rulesets[ruleset].name, "basic") != 0)
		(void)stile_allow_table_grant(s, table, ruleset, grant, values, g->parameter_count);
	text = stile_print(s);
	stile_free(s);
	return text;
}

/* Writes a condition, with the names of the grant's parameters for what stands in for them. */
static void write_condition(FILE *out, const struct stile_table *table,
			    const struct stile_table_grant *grant, const char *text, size_t length)
{
	(void)fputs("      ", out);
	while (length) {
		size_t word = strcspn(text, " ");

		if (word > length)
			word = length;
		for (unsigned int i = 0; i < grant->parameter_count; i++) {
			const struct stile_table_parameter *parameter =
				&table->parameters[grant->parameters + i];
			char value[16];

			(void)snprintf(value, sizeof(value), "%d", stand_in(parameter));
			if (strlen(value) != word || memcmp(text, value, word) != 0)
				continue;
			(void)fprintf(out, "$%s", parameter->name);
			text += word;
			length -= word;
			word = 0;
			break;
		}
		word += length > word;
		(void)fprintf(out, "%.*s", (int)word, text);
		text += word;
		length -= word;
	}
	(void)fputc('\n', out);
}

/* The conditions of a grant's rules on one syscall, a line for each. Allocated; NULL: no memory. */
static char *conditions(const struct stile_table *table, uint32_t ruleset, uint32_t grant,
			const char *syscall)
{
	char origin[GRANT_NAME_MAX], *lines = NULL, *text = print_grant(table, ruleset, grant);
	size_t length = strlen(syscall), size;
	FILE *out = open_memstream(&lines, &size);

	if (!out) {
		free(text);
		return NULL;
	}
	(void)snprintf(origin, sizeof(origin), "  # %s.%s", table->rulesets[ruleset].name,
		       table->grants[grant].name);
	for (const char *line = text; line && *line; line = strchr(line, '\n') + 1) {
		const char *rule = line + RULE_COLUMN, *end = strchr(line, '\n');
		const char *from = strstr(line, origin);

		/* basic's rules are in every list */
		if (end - line > RULE_COLUMN && from && from < end &&
		    strncmp(rule, syscall, length) == 0 && strncmp(rule + length, " if ", 4) == 0)
			write_condition(out, table, &table->grants[grant], rule + length + 1,
					(size_t)(from - rule) - length - 1);
	}
	free(text);
	(void)fclose(out);
	return lines;
}

/* What was printed already: many grants include the rules of another. */
struct printed {
	char names[PRINTED_MAX][GRANT_NAME_MAX];
	char *conditions[PRINTED_MAX];
	size_t count;
};

/* Prints conditions, or the name of a grant that has the same. Takes them. */
static void print_conditions(struct printed *printed, const char *name, char *lines)
{
	if (!lines)
		return;
	for (size_t i = 0; i < printed->count; i++) {
		if (strcmp(printed->conditions[i], lines) == 0) {
			(void)printf("      as %s\n", printed->names[i]);
			free(lines);
			return;
		}
	}
	(void)fputs(lines, stdout);
	if (printed->count == PRINTED_MAX) {
		free(lines);
		return;
	}
	(void)snprintf(printed->names[printed->count], GRANT_NAME_MAX, "%s", name);
	printed->conditions[printed->count++] = lines;
}

/* The order for readers: what is always there, grants, sums of grants. */
static int rank(const struct stile_table_ruleset *ruleset)
{
	static const char *const ranks[] = { "basic", "", "start", "pledge" };

	for (int i = 0; i < 4; i++)
		if (strcmp(ruleset->name, ranks[i]) == 0)
			return i;
	return 1;
}

static void show_ruleset(const struct stile_table *table, uint32_t ruleset, const char *syscall,
			 uint8_t abis, struct printed *printed)
{
	const struct stile_table_ruleset *r = &table->rulesets[ruleset];

	for (uint32_t i = r->grants; i < r->grants + r->grant_count; i++) {
		const struct stile_table_grant *grant = &table->grants[i];
		char name[GRANT_NAME_MAX];
		bool is_conditional;

		if (!holds(table, grant, syscall, abis, &is_conditional))
			continue;
		format_grant(table, r, grant, name);
		(void)printf("%-*s  %s: %s\n", GRANT_WIDTH, name,
			     is_conditional ? "some calls" : "every call", grant->summary);
		if (is_conditional)
			print_conditions(printed, name, conditions(table, ruleset, i, syscall));
	}
}

int show_syscall_grants(const struct stile_table *table, const char *syscall)
{
	const char *name = find_syscall(table, syscall);
	struct printed printed = { .count = 0 };
	uint8_t abis = (uint8_t)(1u << STILE_ABI_NATIVE);
	long number;

	if (!name)
		return STATUS_FAILED;
	number = stile_syscall_number(STILE_ABI_NATIVE, name);
	if (number >= 0) {
		(void)printf("%s: number %ld on %s\n", name, number,
			     stile_abi_name(STILE_ABI_NATIVE));
	} else {
		abis = UINT8_MAX;
		(void)printf("%s: not a call of %s\n", name, stile_abi_name(STILE_ABI_NATIVE));
	}
	for (int i = 0; i < 4; i++)
		for (uint32_t k = 0; k < table->ruleset_count; k++)
			if (rank(&table->rulesets[k]) == i)
				show_ruleset(table, k, name, abis, &printed);
	while (printed.count > 0)
		free(printed.conditions[--printed.count]);
	return STATUS_OK;
}
