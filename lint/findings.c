/* SPDX-License-Identifier: MIT */
/* Findings as a list: those that are alike on several ABIs become one. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checker.h"

static bool is_disabled(const struct lint *lint, const char *id)
{
	for (const char *const *next = lint->options->disabled; next && *next; next++)
		if (strcmp(*next, id) == 0)
			return true;
	return false;
}

/* The same said before, of another ABI. */
static struct lint_finding *find_same(const struct lint_findings *findings,
				      const struct lint_finding *wanted)
{
	for (size_t i = findings->count; i-- > 0;) {
		struct lint_finding *finding = &findings->items[i];

		if (finding->check == wanted->check && finding->severity == wanted->severity &&
		    finding->line == wanted->line && strcmp(finding->file, wanted->file) == 0 &&
		    strcmp(finding->text, wanted->text) == 0)
			return finding;
	}
	return NULL;
}

static bool grow(struct lint_findings *findings)
{
	const size_t capacity = findings->capacity ? 2 * findings->capacity : 32;
	struct lint_finding *items;

	if (findings->count < findings->capacity)
		return true;
	items = reallocarray(findings->items, capacity, sizeof(*items));
	if (!items)
		return false;
	findings->items = items;
	findings->capacity = capacity;
	return true;
}

/* Takes the finding's strings. */
static void keep(struct lint *lint, struct lint_finding *finding)
{
	struct lint_finding *same = NULL;

	if (finding->file && finding->text)
		same = find_same(lint->findings, finding);
	else
		lint->error = -ENOMEM;
	if (same) {
		same->abis |= finding->abis;
	} else if (lint->findings->count == LINT_FINDINGS_MAX) {
		lint->findings->is_cut = true;
	} else if (!lint->error) {
		if (grow(lint->findings)) {
			lint->findings->items[lint->findings->count++] = *finding;
			return;
		}
		lint->error = -ENOMEM;
	}
	free(finding->file);
	free(finding->text);
}

static void add(struct lint *lint, const struct lint_check *check, enum lint_severity severity,
		struct lint_place place, const char *format, va_list arguments)
	__attribute__((format(printf, 5, 0)));

static void add(struct lint *lint, const struct lint_check *check, enum lint_severity severity,
		struct lint_place place, const char *format, va_list arguments)
{
	struct lint_finding finding = { .check = check, .severity = severity };

	if (lint->error || is_disabled(lint, check->id))
		return;
	finding.file = strdup(stile_policy_origin(lint->policy, place.origin, &finding.line));
	if (vasprintf(&finding.text, format, arguments) < 0)
		finding.text = NULL;
	if (place.abi != STILE_ABI_COUNT)
		finding.abis = 1u << place.abi;
	finding.has_witness = place.witness != NULL;
	if (place.witness)
		finding.witness = *place.witness;
	keep(lint, &finding);
}

void lint_found(struct lint *lint, const char *id, struct lint_place place, const char *format, ...)
{
	const struct lint_check *check = lint_find_check(id);
	va_list arguments;

	va_start(arguments, format);
	add(lint, check, check->severity, place, format, arguments);
	va_end(arguments);
}

void lint_found_as(struct lint *lint, const char *id, enum lint_severity severity,
		   struct lint_place place, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(lint, lint_find_check(id), severity, place, format, arguments);
	va_end(arguments);
}

void lint_findings_free(struct lint_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		free(findings->items[i].file);
		free(findings->items[i].text);
	}
	free(findings->items);
	*findings = (struct lint_findings){ 0 };
}
