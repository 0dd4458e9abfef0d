/* SPDX-License-Identifier: MIT */
/*
 * What SystemCallFilter=, SystemCallLog=, SystemCallErrorNumber= and SystemCallArchitectures= do,
 * line by line. Of all that is said of a call the last counts. systemd.exec(5) says what they mean;
 * where it does not, tests with systemd 252 did.
 */
#include <stdlib.h>
#include <string.h>

#include "document_memory.h"
#include "oci_rules.h"
#include "systemd.h"

/* What a word of a list does to the calls that it names. */
struct change {
	enum systemd_verdict verdict;
	unsigned int errno_value, line;
	bool is_log, is_listed; /* instead, for SystemCallLog= */
};

static bool change_name(struct systemd_reader *reader, const char *name, const void *data)
{
	struct systemd_settings *settings = &reader->settings;
	const struct change *change = data;
	struct systemd_name *item = systemd_name(&settings->names, &reader->memory, name);

	if (!item) {
		diagnose_error(reader->diagnostics, reader->source->name, change->line, 0,
			       "there are more than %d names of calls", SYSTEMD_NAMES_MAX);
		return false;
	}
	item->line = change->line;
	if (!change->is_log) {
		item->verdict = change->verdict;
		item->errno_value = change->errno_value;
	} else if (item->is_listed != change->is_listed) {
		item->is_listed = change->is_listed;
		if (change->is_listed)
			settings->log_count++;
		else
			settings->log_count--;
	}
	return true;
}

/* ---- Groups ---- */

static bool load_groups(struct systemd_reader *reader)
{
	if (reader->groups)
		return reader->groups->count > 0;
	reader->groups = document_allocate(&reader->memory, sizeof(*reader->groups));
	if (!reader->groups)
		return document_no_memory(reader->source, reader->diagnostics);
	reader->groups->count = reader->groups->entry_count = 0;
	reader->groups->mark = 0;
	if (systemd_groups_load(reader->groups, reader->options->systemd_groups, &reader->memory,
				reader->diagnostics))
		return true;
	reader->groups->count = 0; /* not asked again */
	return false;
}

/* Each group once: what is done to a call can be done to it several times as well as once. */
static bool walk(struct systemd_reader *reader, const char *name, const struct systemd_word *place,
		 unsigned int depth,
		 bool (*visit)(struct systemd_reader *reader, const char *name, const void *data),
		 const void *data)
{
	struct systemd_group *group = systemd_find_group(reader->groups, name);
	const char *nearest;

	if (!group) {
		nearest = systemd_nearest_group(reader->groups, name);
		diagnose_error(SYSTEMD_AT(reader, place), "there is no group %s%s%s%s", name,
			       nearest ? ": did you mean " : "", nearest ? nearest : "",
			       nearest ? "?" : "");
		return false;
	}
	if (group->mark == reader->groups->mark)
		return true;
	if (depth == DOCUMENT_DEPTH_MAX) {
		diagnose_error(SYSTEMD_AT(reader, place), "the groups in %s are too deep", name);
		return false;
	}
	group->mark = reader->groups->mark;
	for (size_t i = 0; i < group->count; i++) {
		const char *entry = group->entries[i];

		if (*entry == '@' ? !walk(reader, entry, place, depth + 1, visit, data) :
				    !visit(reader, entry, data))
			return false;
	}
	return true;
}

bool systemd_visit_group(struct systemd_reader *reader, const char *group,
			 const struct systemd_word *place,
			 bool (*visit)(struct systemd_reader *reader, const char *name,
				       const void *data),
			 const void *data)
{
	if (!load_groups(reader))
		return false;
	reader->groups->mark++;
	return walk(reader, group, place, 0, visit, data);
}

/* ---- Lists of calls ---- */

/* send and recv are calls of i386, though they have no numbers. */
static bool is_known(const char *name)
{
	uint32_t number, value;

	return stile_syscall_since(name) || oci_multiplexer(name, &number, &value);
}

static void warn_of_name(const struct systemd_reader *reader, const struct systemd_word *word,
			 const char *name)
{
	const char *nearest;

	if (is_known(name))
		return;
	nearest = stile_nearest_syscall(name);
	diagnose_warning(SYSTEMD_AT(reader, word),
			 "\"%s\" is no syscall that stile knows, so it "
			 "is left out%s%s%s",
			 name, nearest ? "; did you mean \"" : "", nearest ? nearest : "",
			 nearest ? "\"?" : "");
}

/* A call or group, without what stands before and behind it. */
static bool change(struct systemd_reader *reader, const struct systemd_word *word, const char *name,
		   const struct change *change)
{
	if (*name == '@')
		return systemd_visit_group(reader, name, word, change_name, change);
	warn_of_name(reader, word, name);
	return !is_known(name) || change_name(reader, name, change);
}

/* ":EPERM" behind a name. False: systemd ignores the word, which was said. */
static bool read_suffix(const struct systemd_reader *reader, const struct systemd_word *word,
			const char *suffix, bool is_denied, struct change *change)
{
	const int value = systemd_errno(suffix);

	if (!is_denied) {
		diagnose_warning(SYSTEMD_AT(reader, word),
				 "systemd ignores \"%s\": calls that are let through have no "
				 "errno",
				 word->text);
		return false;
	}
	if (strcmp(suffix, "kill") == 0) {
		change->verdict = SYSTEMD_KILLED;
		return true;
	}
	if (value < 0) {
		diagnose_warning(SYSTEMD_AT(reader, word),
				 "systemd ignores \"%s\": \"%s\" is neither \"kill\" nor an errno",
				 word->text, suffix);
		return false;
	}
	change->verdict = SYSTEMD_FAILS;
	change->errno_value = (unsigned int)value;
	return true;
}

static bool filter_word(struct systemd_reader *reader, const struct systemd_word *word,
			const char *text, bool is_denied)
{
	const bool is_allow_list = reader->settings.filter == SYSTEMD_LISTED;
	const char *colon = strchr(text, ':');
	struct change made = { .line = word->line };
	const char *name = text;

	if (is_denied)
		made.verdict = is_allow_list ? SYSTEMD_UNSET : SYSTEMD_DENIED;
	else
		made.verdict = is_allow_list ? SYSTEMD_ALLOWED : SYSTEMD_UNSET;
	if (colon) {
		name = document_copy(&reader->memory, text, (size_t)(colon - text));
		if (!name)
			return document_no_memory(reader->source, reader->diagnostics);
		if (!read_suffix(reader, word, colon + 1, is_denied, &made))
			return true;
	}
	return change(reader, word, name, &made);
}

static bool log_word(struct systemd_reader *reader, const struct systemd_word *word,
		     const char *text, bool is_inverted)
{
	const struct change made = { .line = word->line,
				     .is_log = true,
				     .is_listed = is_inverted ==
						  (reader->settings.log == SYSTEMD_NOT_LISTED) };

	if (strchr(text, ':')) {
		diagnose_warning(SYSTEMD_AT(reader, word),
				 "systemd ignores \"%s\": calls that are logged have no errno",
				 word->text);
		return true;
	}
	return change(reader, word, text, &made);
}

static void reset(struct systemd_settings *settings, bool is_log)
{
	for (size_t i = 0; i < settings->names.count; i++) {
		if (is_log)
			settings->names.items[i].is_listed = false;
		else
			settings->names.items[i].verdict = SYSTEMD_UNSET;
	}
	if (is_log) {
		settings->log_count = 0;
		settings->log = SYSTEMD_NO_LIST;
	} else {
		settings->filter = SYSTEMD_NO_LIST;
	}
}

static bool apply_list(struct systemd_reader *reader, const struct systemd_assignment *line,
		       bool is_log)
{
	struct systemd_settings *settings = &reader->settings;
	enum systemd_mode *mode = is_log ? &settings->log : &settings->filter;
	const struct systemd_word place = { .line = line->line, .column = line->column };
	const struct change allowed = { .verdict = SYSTEMD_ALLOWED, .line = line->line };
	const bool is_inverted = line->count && *line->words->text == '~';
	bool is_good = true;

	if (line->count == 0) {
		reset(settings, is_log);
		return true;
	}
	if (*mode == SYSTEMD_NO_LIST) {
		*mode = is_inverted ? SYSTEMD_NOT_LISTED : SYSTEMD_LISTED;
		if (!is_log && !is_inverted) /* implied in every list of what is let through */
			is_good = systemd_visit_group(reader, "@default", &place, change_name,
						      &allowed);
	}
	for (size_t i = 0; i < line->count && !reader->diagnostics->has_failed; i++) {
		const struct systemd_word *word = &line->words[i];
		const char *text = word->text + (i == 0 && is_inverted);

		if (*text == '\0')
			continue;
		is_good = (is_log ? log_word(reader, word, text, is_inverted) :
				    filter_word(reader, word, text, is_inverted)) &&
			  is_good;
	}
	return is_good;
}

/* ---- The others ---- */

static void apply_errno(struct systemd_reader *reader, const struct systemd_assignment *line)
{
	const int value = line->count == 1 ? systemd_errno(line->words->text) : -1;

	if (line->count == 0 || (line->count == 1 && strcmp(line->words->text, "kill") == 0))
		reader->settings.errno_value = 0;
	else if (value > 0)
		reader->settings.errno_value = (unsigned int)value;
	else
		diagnose_warning(SYSTEMD_AT(reader, line->words),
				 "systemd ignores \"%s\": expected \"kill\", an errno by name, or "
				 "1 to 4095",
				 line->words->text);
}

static void apply_architectures(struct systemd_reader *reader,
				const struct systemd_assignment *line)
{
	struct systemd_settings *settings = &reader->settings;

	if (line->count == 0) {
		settings->has_architectures = settings->has_unknown_abi = false;
		memset(settings->abis, 0, sizeof(settings->abis));
	}
	for (size_t i = 0; i < line->count; i++) {
		const struct systemd_word *word = &line->words[i];
		const int abi = systemd_architecture(word->text, reader->options->abi);

		if (abi == -2) {
			diagnose_warning(SYSTEMD_AT(reader, word),
					 "systemd ignores \"%s\": expected \"native\", \"x86-64\", "
					 "\"x86\", \"x32\", \"arm64\", \"riscv64\" or another "
					 "architecture",
					 word->text);
			continue;
		}
		settings->has_architectures = true;
		if (abi >= 0)
			settings->abis[abi] = true;
		else
			settings->has_unknown_abi = true;
	}
}

/* Settings that make filters of their own, which are not part of the policy. */
static bool is_other_filter(const char *key)
{
	static const char *const keys[] = {
		"LockPersonality",	   "MemoryDenyWriteExecute",
		"PrivateDevices",	   "ProtectClock",
		"ProtectHostname",	   "ProtectKernelLogs",
		"ProtectKernelModules",	   "ProtectKernelTunables",
		"RestrictAddressFamilies", "RestrictFileSystems",
		"RestrictNamespaces",	   "RestrictRealtime",
		"RestrictSUIDSGID",	   NULL,
	};

	for (size_t i = 0; keys[i]; i++)
		if (strcmp(key, keys[i]) == 0)
			return true;
	return false;
}

/* Sections whose commands are run with such settings: systemd.exec(5). */
static bool has_commands(const char *section)
{
	return strcmp(section, "Service") == 0 || strcmp(section, "Socket") == 0 ||
	       strcmp(section, "Mount") == 0 || strcmp(section, "Swap") == 0;
}

static bool apply_line(struct systemd_reader *reader, const struct systemd_assignment *line)
{
	if (strcmp(line->key, "SystemCallFilter") == 0)
		return apply_list(reader, line, false);
	if (strcmp(line->key, "SystemCallLog") == 0)
		return apply_list(reader, line, true);
	if (strcmp(line->key, "SystemCallErrorNumber") == 0)
		apply_errno(reader, line);
	else if (strcmp(line->key, "SystemCallArchitectures") == 0)
		apply_architectures(reader, line);
	else if (is_other_filter(line->key))
		diagnose_warning(SYSTEMD_AT(reader, line),
				 "%s= may refuse more calls: that is not "
				 "part of the policy",
				 line->key);
	else if (strncasecmp(line->key, "SystemCall", 10) == 0)
		diagnose_warning(SYSTEMD_AT(reader, line),
				 "systemd knows no setting %s=", line->key);
	return true;
}

bool systemd_apply(struct systemd_reader *reader)
{
	const char *section = NULL;
	bool is_good = true;

	for (size_t i = 0; i < reader->unit.count && !reader->diagnostics->has_failed; i++) {
		const struct systemd_assignment *line = &reader->unit.assignments[i];
		const bool is_ours = strncasecmp(line->key, "SystemCall", 10) == 0;

		if (!has_commands(line->section)) {
			if (is_ours)
				diagnose_warning(SYSTEMD_AT(reader, line),
						 "systemd ignores %s= here: it belongs into "
						 "[Service]",
						 line->key);
			continue;
		}
		if (is_ours && section && strcmp(section, line->section) != 0) {
			diagnose_error(SYSTEMD_AT(reader, line),
				       "found [%s] beside [%s], expected one of them",
				       line->section, section);
			return false;
		}
		if (is_ours)
			section = line->section;
		is_good = apply_line(reader, line) && is_good;
	}
	if (!section)
		diagnose_warning(reader->diagnostics, reader->source->name, 0, 0,
				 "this unit filters no calls");
	return is_good;
}
