/* SPDX-License-Identifier: MIT */
/* A whole policy in words: by ABI, by answer; calls whose arguments are looked at last. */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "policy_words.h"
#include "say.h"

#define NAME_SIZE 16
#define COLUMNS 96

/* A call that has something of its own. */
struct entry {
	const char *name;
	char number[NAME_SIZE]; /* where it has no name */
	struct stile_action action;
	int origin;
	const char *file; /* or grant, of the origin */
	unsigned int line;
	char *rules; /* in words, a line each; NULL: all its calls get the action */
	bool is_printed;
};

struct section {
	const struct stile_policy *policy;
	enum stile_abi abi;
	struct entry *entries;
	size_t count;
	FILE *stream;
	unsigned int column;
};

static void write_comment(FILE *stream, const struct stile_policy *policy, int origin)
{
	if (!*stile_policy_origin(policy, origin, NULL))
		return;
	(void)fputs("  # ", stream);
	(void)write_origin(stream, policy, origin);
}

/* The rules of a call up to one that always holds. Allocated; NULL: out of memory. */
static char *format_rules(const struct stile_policy *policy, const struct stile_policy_call *call)
{
	char *text = NULL, action[ACTION_WORDS_MAX];
	struct stile_policy_rule rule;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return NULL;
	for (size_t i = 0; stile_policy_get_rule(policy, call, i, &rule); i++) {
		(void)fputs("      ", stream);
		if (rule.condition_count == 0)
			(void)fputs("else ", stream);
		write_rule(stream, &rule);
		write_comment(stream, policy, rule.origin);
		(void)fputc('\n', stream);
		if (rule.condition_count == 0)
			break;
	}
	if (rule.condition_count > 0) {
		stile_format_action(call->rest, action, sizeof(action));
		(void)fprintf(stream, "      else %s", action);
		write_comment(stream, policy, call->rest_origin);
		(void)fputc('\n', stream);
	}
	if (fclose(stream) == 0)
		return text;
	free(text);
	return NULL;
}

/* False: out of memory. */
static bool fill_entry(const struct stile_policy *policy, const struct stile_policy_call *call,
		       struct entry *entry)
{
	struct stile_policy_rule rule;

	entry->name = call->name;
	if (!entry->name)
		(void)call_name(STILE_ABI_COUNT, call->number, entry->number,
				sizeof(entry->number));
	entry->action = call->rest;
	entry->origin = call->rest_origin;
	if (stile_policy_get_rule(policy, call, 0, &rule)) {
		entry->action = rule.action;
		entry->origin = rule.origin;
	} else {
		rule.condition_count = 0;
	}
	entry->file = stile_policy_origin(policy, entry->origin, &entry->line);
	if (rule.condition_count == 0)
		return true;
	entry->rules = format_rules(policy, call);
	return entry->rules != NULL;
}

static const char *name_of(const struct entry *entry)
{
	return entry->name ? entry->name : entry->number;
}

/* By answer, then by what says it, then by name; numbers behind names. */
static int compare_entries(const void *first, const void *second)
{
	const struct entry *a = first, *b = second;

	if (!a->rules != !b->rules)
		return a->rules ? 1 : -1;
	if (!a->rules && a->action.kind != b->action.kind)
		return a->action.kind < b->action.kind ? -1 : 1;
	if (!a->rules && a->action.errno_value != b->action.errno_value)
		return a->action.errno_value < b->action.errno_value ? -1 : 1;
	if (!a->rules && strcmp(a->file, b->file) != 0)
		return strcmp(a->file, b->file);
	if (!a->name != !b->name)
		return a->name ? -1 : 1;
	return a->name ? strcmp(a->name, b->name) : strcmp(a->number, b->number);
}

static bool fill(struct section *section)
{
	struct stile_policy_call call;
	size_t count = 0;

	while (stile_policy_get_call(section->policy, section->abi, count, &call))
		count++;
	section->entries = calloc(count + 1, sizeof(*section->entries));
	if (!section->entries)
		return false;
	for (section->count = 0; section->count < count; section->count++) {
		(void)stile_policy_get_call(section->policy, section->abi, section->count, &call);
		if (!fill_entry(section->policy, &call, &section->entries[section->count])) {
			section->count++;
			return false;
		}
	}
	qsort(section->entries, section->count, sizeof(*section->entries), compare_entries);
	return true;
}

static void write_name(struct section *section, const char *name, bool is_first)
{
	const unsigned int length = (unsigned int)strlen(name);

	if (is_first || section->column + length + 3 > COLUMNS) {
		(void)fprintf(section->stream, "%s    %s", is_first ? "" : ",\n", name);
		section->column = 4 + length;
	} else {
		(void)fprintf(section->stream, ", %s", name);
		section->column += 2 + length;
	}
}

/* Ends a list of calls: where they stand, "profile.json:64-470". The lines of entries up to end. */
static void write_places(struct section *section, size_t first, size_t end)
{
	const char *file = section->entries[first].file;
	unsigned int low = UINT_MAX, high = 0;

	for (size_t i = first; i < end; i++) {
		const unsigned int line = section->entries[i].line;

		low = line < low ? line : low;
		high = line > high ? line : high;
	}
	if (*file)
		(void)fputs("  # ", section->stream);
	write_safely(section->stream, file);
	if (*file && low == high && low)
		(void)fprintf(section->stream, ":%u", low);
	else if (*file && high)
		(void)fprintf(section->stream, ":%u-%u", low, high);
	(void)fputc('\n', section->stream);
}

/* Calls that always get one answer. Returns how many there are. */
static size_t write_constant(struct section *section)
{
	char action[ACTION_WORDS_MAX];
	size_t i, first = 0;

	for (i = 0; i < section->count && !section->entries[i].rules; i++) {
		const struct entry *entry = &section->entries[i], *last = entry - 1;
		const bool is_new = i == 0 || !is_same_action(entry->action, last->action);
		const bool is_first = is_new || strcmp(entry->file, last->file) != 0;

		if (i && is_first) {
			write_places(section, first, i);
			first = i;
		}
		if (is_new) {
			stile_format_action(entry->action, action, sizeof(action));
			(void)fprintf(section->stream, "  %s\n", action);
		}
		write_name(section, name_of(entry), is_first);
	}
	if (i)
		write_places(section, first, i);
	return i;
}

/* Calls of which some get one answer and some another; those with the same rules together. */
static void write_conditional(struct section *section, size_t first)
{
	if (first < section->count)
		(void)fputs("  by their arguments\n", section->stream);
	for (size_t i = first; i < section->count; i++) {
		if (section->entries[i].is_printed)
			continue;
		for (size_t k = i; k < section->count; k++) {
			if (strcmp(section->entries[k].rules, section->entries[i].rules) != 0)
				continue;
			section->entries[k].is_printed = true;
			write_name(section, name_of(&section->entries[k]), k == i);
		}
		(void)fprintf(section->stream, "\n%s", section->entries[i].rules);
	}
}

/* What the policy says of an ABI, without its name. Allocated; NULL: out of memory. */
static char *format_abi(const struct stile_policy *policy, enum stile_abi abi)
{
	struct section section = { .policy = policy, .abi = abi };
	char *text = NULL, action[ACTION_WORDS_MAX];
	bool is_whole = false;
	size_t size;

	section.stream = open_memstream(&text, &size);
	if (!section.stream)
		return NULL;
	if (fill(&section)) {
		write_conditional(&section, write_constant(&section));
		stile_format_action(stile_policy_unknown(policy, abi), action, sizeof(action));
		(void)fprintf(section.stream, "  all others: %s\n", action);
		is_whole = true;
	}
	for (size_t i = 0; i < section.count; i++)
		free(section.entries[i].rules);
	free(section.entries);
	if (fclose(section.stream) == 0 && is_whole)
		return text;
	free(text);
	return NULL;
}

static void print_head(const struct stile_policy *policy, const char *name)
{
	char action[ACTION_WORDS_MAX];

	write_safely(stdout, name);
	stile_format_action(stile_policy_default(policy), action, sizeof(action));
	(void)printf("\n  what no rule decides: %s\n", action);
	stile_format_action(stile_policy_foreign_abi(policy), action, sizeof(action));
	(void)printf("  calls by other ABIs: %s\n", action);
	if (stile_policy_ignores_x32(policy))
		(void)puts("  calls by x32: judged as calls of x86_64 that nobody knows");
}

int explain_policy(const struct stile_policy *policy, const char *name)
{
	enum stile_abi abis[STILE_ABI_COUNT];
	const size_t count = stile_policy_abis(policy, abis);
	char *texts[STILE_ABI_COUNT] = { NULL };
	int error = 0;

	for (size_t i = 0; i < count && !error; i++) {
		texts[i] = format_abi(policy, abis[i]);
		error = texts[i] ? 0 : -ENOMEM;
	}
	if (!error)
		print_head(policy, name);
	for (size_t i = 0; i < count && !error; i++) {
		if (!texts[i])
			continue;
		(void)printf("\n%s", stile_abi_name(abis[i]));
		for (size_t k = i + 1; k < count; k++) {
			if (!texts[k] || strcmp(texts[k], texts[i]) != 0)
				continue;
			(void)printf(", %s", stile_abi_name(abis[k]));
			free(texts[k]);
			texts[k] = NULL;
		}
		(void)printf("\n%s", texts[i]);
	}
	for (size_t i = 0; i < count; i++)
		free(texts[i]);
	return error;
}
