/* SPDX-License-Identifier: MIT */
/* Rulesets and grants in the place of tiny-jail's abstract groups. */
#include <stdio.h>
#include <string.h>

#include "document_memory.h"
#include "oci_rules.h"
#include "oci_words.h"
#include "tiny_jail.h"

#define GRANT_NAME_MAX 160

static const struct stile_table_ruleset *find_ruleset(const char *name, size_t length)
{
	const struct stile_table *table = stile_builtin_table();

	for (uint32_t i = 0; i < table->ruleset_count; i++)
		if (strncmp(table->rulesets[i].name, name, length) == 0 &&
		    table->rulesets[i].name[length] == '\0')
			return &table->rulesets[i];
	return NULL;
}

static const char *nearest_ruleset(const char *name)
{
	const struct stile_table *table = stile_builtin_table();
	const char *words[128] = { NULL };

	for (uint32_t i = 0; i < table->ruleset_count && i < 127; i++)
		words[i] = table->rulesets[i].name;
	return oci_nearest(name, words);
}

static bool add(const struct oci_reader *reader, const struct node *place, const char *text,
		struct node *grants, size_t *count)
{
	struct node *grant = &grants[*count];

	*grant = *place;
	grant->text = document_copy(reader->document, text, strlen(text));
	if (!grant->text)
		return document_no_memory(reader->source, reader->diagnostics);
	(*count)++;
	return true;
}

/* All that a ruleset grants without danger and without values. */
static bool add_ruleset(const struct oci_reader *reader, const struct node *place,
			const struct stile_table_ruleset *ruleset, struct node *grants,
			size_t *count)
{
	const struct stile_table *table = stile_builtin_table();
	const size_t before = *count;
	char text[GRANT_NAME_MAX];

	for (uint32_t i = 0; i < ruleset->grant_count; i++) {
		const struct stile_table_grant *grant = &table->grants[ruleset->grants + i];

		if (grant->danger || grant->parameter_count)
			continue;
		(void)snprintf(text, sizeof(text), "%s.%s", ruleset->name, grant->name);
		if (!add(reader, place, text, grants, count))
			return false;
	}
	if (*count > before)
		return true;
	return oci_error(reader, place,
			 "the ruleset \"%s\" has nothing that could be granted as a "
			 "whole: name one of its grants",
			 ruleset->name);
}

/* Of a ruleset: "read_fd(3)" is one, if "read_fd" is. */
static bool check_grant(const struct oci_reader *reader, const struct node *name,
			const struct stile_table_ruleset *ruleset, const char *grant)
{
	const struct stile_table *table = stile_builtin_table();
	const size_t length = strcspn(grant, "(");
	const char *words[128] = { NULL }, *nearest;

	for (uint32_t i = 0; i < ruleset->grant_count && i < 127; i++) {
		words[i] = table->grants[ruleset->grants + i].name;
		if (strncmp(words[i], grant, length) == 0 && words[i][length] == '\0')
			return true;
	}
	nearest = oci_nearest(grant, words);
	return oci_error(reader, name, "the ruleset \"%s\" has no grant \"%s\"%s%s%s",
			 ruleset->name, grant, nearest ? ": did you mean \"" : "",
			 nearest ? nearest : "", nearest ? "\"?" : "");
}

static bool expand_name(const struct oci_reader *reader, const struct node *name,
			struct node *grants, size_t *count)
{
	const size_t length = strcspn(name->text, ".");
	const struct stile_table_ruleset *ruleset = find_ruleset(name->text, length);
	const char *nearest;

	if (ruleset && name->text[length] == '.')
		return check_grant(reader, name, ruleset, name->text + length + 1) &&
		       oci_check_grant(reader, name, false) &&
		       add(reader, name, name->text, grants, count);
	if (ruleset)
		return add_ruleset(reader, name, ruleset, grants, count);
	nearest = nearest_ruleset(name->text);
	return oci_error(reader, name,
			 "\"%s\" is neither a ruleset nor a grant of stile, which "
			 "stand in the place of tiny-jail's groups%s%s%s",
			 name->text, nearest ? ": did you mean \"" : "", nearest ? nearest : "",
			 nearest ? "\"?" : "");
}

static size_t most_grants(const char *name)
{
	const struct stile_table_ruleset *ruleset = find_ruleset(name, strlen(name));

	return ruleset ? ruleset->grant_count : 1;
}

bool tiny_jail_expand(const struct oci_reader *reader, const struct node *names,
		      struct oci_entry *entry, size_t *left)
{
	struct node *grants;
	size_t count = 0, most = 1;
	bool is_good = true;

	for (size_t i = 0; i < names->count; i++)
		most += most_grants(names->children[i].text);
	if (most > *left)
		return oci_error(reader, names, "there are more than %d grants in this file",
				 TINY_JAIL_GRANTS_MAX);
	*left -= most;
	grants = document_allocate(reader->document, most * sizeof(*grants));
	if (!grants)
		return document_no_memory(reader->source, reader->diagnostics);
	for (size_t i = 0; i < names->count; i++)
		is_good = expand_name(reader, &names->children[i], grants, &count) && is_good;
	entry->names = grants;
	entry->name_count = count;
	return is_good;
}
