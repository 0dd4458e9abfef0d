/* SPDX-License-Identifier: MIT */
/* Grants by name: specifications as people write them, and OpenBSD's words. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "context.h"
#include "grant.h"
#include "public.h"
#include "specification.h"
#include "suggest.h"

#define PARAMETERS_MAX 6

/* A specification taken apart. */
struct specification {
	char ruleset[64], grant[64];
	int32_t values[PARAMETERS_MAX];
	size_t value_count;
};

static const char *nearest_ruleset(const struct stile_table *table, const char *name)
{
	struct suggestion suggestion;

	suggestion_start(&suggestion, name);
	for (uint32_t i = 0; i < table->ruleset_count; i++)
		suggestion_offer(&suggestion, table->rulesets[i].name);
	return suggestion.nearest;
}

static const char *nearest_grant(const struct stile_table *table, uint32_t ruleset,
				 const char *name)
{
	const struct stile_table_ruleset *r = &table->rulesets[ruleset];
	struct suggestion suggestion;

	suggestion_start(&suggestion, name);
	for (uint32_t i = r->grants; i < r->grants + r->grant_count; i++) {
		const char *grant = table->grants[i].name;

		/* "exec" for "danger_exec": the word is right, the mark is missing */
		if (strncmp(grant, "danger_", 7) == 0 && strcmp(grant + 7, name) == 0)
			return grant;
		suggestion_offer(&suggestion, grant);
	}
	return suggestion.nearest;
}

/* Copies a name up to one of the ends; false: empty, too long, or not of [a-z0-9_]. */
static bool take_name(const char **text, char name[64])
{
	size_t length = strspn(*text, "abcdefghijklmnopqrstuvwxyz0123456789_");

	if (length == 0 || length >= 64)
		return false;
	memcpy(name, *text, length);
	name[length] = '\0';
	*text += length;
	return true;
}

/* "(3, -1)" to numbers; false: not of that form. */
static bool take_values(const char *text, struct specification *specification)
{
	specification->value_count = 0;
	if (*text == '\0')
		return true;
	if (*text++ != '(')
		return false;
	for (;;) {
		char *end;
		long value;

		text += strspn(text, " ");
		/* strtol skips white space of every kind, and takes "" for 0 */
		if (*text != '-' && (*text < '0' || *text > '9'))
			return false;
		errno = 0;
		value = strtol(text, &end, 10);
		if (end == text || errno || value < INT32_MIN || value > INT32_MAX ||
		    specification->value_count == PARAMETERS_MAX)
			return false;
		specification->values[specification->value_count++] = (int32_t)value;
		text = end + strspn(end, " ");
		if (*text == ')')
			return text[1] == '\0';
		if (*text++ != ',')
			return false;
	}
}

static int unknown_ruleset(struct stile *s, const struct stile_table *table, const char *text,
			   const char *name)
{
	const char *nearest = nearest_ruleset(table, name);

	return context_fail(s, -ENOENT, "%s: there is no ruleset '%s'%s%s%s", text, name,
			    nearest ? ": did you mean '" : ": see stile-rulesets(7)",
			    nearest ? nearest : "", nearest ? "'?" : "");
}

static int unknown_grant(struct stile *s, const struct stile_table *table, uint32_t ruleset,
			 const char *text, const char *name)
{
	const char *nearest = nearest_grant(table, ruleset, name);

	return context_fail(s, -ENOENT, "%s: ruleset %s has no grant '%s'%s%s%s%s%s", text,
			    table->rulesets[ruleset].name, name,
			    nearest ? ": did you mean '" : ": see 'stile rulesets ",
			    nearest ? table->rulesets[ruleset].name : "", nearest ? "." : "",
			    nearest ? nearest : table->rulesets[ruleset].name,
			    nearest ? "'?" : "'");
}

int context_add_specification(struct stile *s, const char *text, struct stile_action action,
			      enum origin_kind kind, const char *verb)
{
	const struct stile_table *table = stile_builtin_table();
	struct specification specification;
	const char *rest = text;
	int ruleset, grant;

	if (!take_name(&rest, specification.ruleset) || *rest != '.')
		return context_fail(s, -EINVAL,
				    "'%s' is no grant: write RULESET.GRANT or "
				    "RULESET.GRANT(VALUE), "
				    "e.g. system_io.read_fd(3)",
				    text);
	ruleset = find_ruleset(table, specification.ruleset);
	if (ruleset < 0)
		return unknown_ruleset(s, table, text, specification.ruleset);
	rest++;
	if (!take_name(&rest, specification.grant))
		return context_fail(s, -EINVAL,
				    "'%s': no grant after '%s.': see 'stile rulesets %s'", text,
				    specification.ruleset, specification.ruleset);
	grant = find_grant(table, (uint32_t)ruleset, specification.grant);
	if (grant < 0)
		return unknown_grant(s, table, (uint32_t)ruleset, text, specification.grant);
	if (!take_values(rest, &specification))
		return context_fail(s, -EINVAL,
				    "'%s': after the grant's name may stand whole numbers in "
				    "parentheses, e.g. (3)",
				    text);
	return context_add_grant(s, table, (uint32_t)ruleset, (uint32_t)grant, specification.values,
				 specification.value_count, action, kind, verb);
}

STILE_PUBLIC int stile_grant(struct stile *s, const char *specification)
{
	int error = context_change_rules(s);

	if (error)
		return error;
	if (!specification)
		return context_fail(s, -EINVAL, "stile_grant() needs a grant, not NULL");
	s->is_touched = true;
	return context_add_specification(s, specification,
					 (struct stile_action){ STILE_ACTION_ALLOW, 0 },
					 ORIGIN_BUILTIN, "");
}

/* One of OpenBSD's words: "exec" is pledge.danger_exec. */
static int add_word(struct stile *s, const char *word)
{
	const struct stile_table *table = stile_builtin_table();
	int ruleset = find_ruleset(table, "pledge");
	char danger[64 + sizeof("danger_")];
	int grant;

	if (ruleset < 0)
		return context_fail(s, -EIO, "the library was built without the ruleset pledge");
	grant = find_grant(table, (uint32_t)ruleset, word);
	if (grant < 0) {
		(void)snprintf(danger, sizeof(danger), "danger_%s", word);
		grant = find_grant(table, (uint32_t)ruleset, danger);
	}
	if (grant < 0) {
		const char *nearest = nearest_grant(table, (uint32_t)ruleset, word);

		if (strchr(word, ','))
			return context_fail(s, -ENOENT,
					    "pledge: there is no word '%s': separate words by "
					    "spaces",
					    word);
		return context_fail(s, -ENOENT, "pledge: there is no word '%s'%s%s%s", word,
				    nearest ? ": did you mean '" : ": see 'stile rulesets pledge'",
				    nearest ? nearest + (strncmp(nearest, "danger_", 7) ? 0 : 7) :
					      "",
				    nearest ? "'?" : "");
	}
	return context_add_grant(s, table, (uint32_t)ruleset, (uint32_t)grant, NULL, 0,
				 (struct stile_action){ STILE_ACTION_ALLOW, 0 }, ORIGIN_BUILTIN,
				 "");
}

STILE_PUBLIC int stile_pledge(struct stile *s, const char *words)
{
	int error = context_change_rules(s);

	if (error)
		return error;
	if (!words)
		return context_fail(s, -EINVAL, "stile_pledge() needs words, not NULL");
	words += strspn(words, " ");
	if (*words == '\0')
		return context_fail(s, -EINVAL,
				    "pledge: no word given: see 'stile rulesets pledge'");
	s->is_touched = true;
	while (*words) {
		size_t length = strcspn(words, " ");
		char word[64];

		if (length >= sizeof(word))
			return context_fail(s, -ENOENT, "pledge: there is no word '%.*s'",
					    (int)length, words);
		memcpy(word, words, length);
		word[length] = '\0';
		error = add_word(s, word);
		if (error)
			return error;
		words += length;
		words += strspn(words, " ");
	}
	return 0;
}
