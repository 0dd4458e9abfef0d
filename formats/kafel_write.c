/* SPDX-License-Identifier: MIT */
/*
 * Writes Kafel's policies. What is first in the file decides, as in our rules; so a call whose
 * rules have several actions stands in several blocks, one behind the other.
 */
#include "kafel_write.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "kafel_meaning.h"

#define ALTERNATIVES_MAX 100 /* of one entry; Kafel takes 200 operators within one another */
#define ACTION_TEXT 64

/* An entry of a block. */
struct item {
	unsigned int level; /* how many blocks with its call stand before it */
	struct stile_action action;
	char *text;
};

struct writer {
	FILE *stream;
	const struct stile_policy *policy;
	const struct write_options *options;
	struct diagnostics *diagnostics;
	enum stile_abi abi;
	struct stile_action rest; /* of calls that are not written */
	struct item *items;
	size_t count, capacity;
	bool is_good;
};

/* Says what cannot be said: an error, or a warning if --lossy may make it narrower. */
static void lose(struct writer *writer, bool is_narrowing, const char *what, const char *instead)
{
	const bool is_lost = writer->options->is_lossy && is_narrowing;

	if (is_lost)
		diagnose_warning(writer->diagnostics, "output", 0, 0, "%s: %s instead", what,
				 instead);
	else
		diagnose_error(writer->diagnostics, "output", 0, 0, "%s: in Kafel's filters %s",
			       what, instead);
	writer->is_good &= is_lost;
}

static const struct stile_action kill_thread = { STILE_ACTION_KILL_THREAD, 0 };

/* One ABI; calls by others kill the thread, and x32's are calls that are not listed. */
static void check_abis(struct writer *writer)
{
	enum stile_abi abis[STILE_ABI_COUNT];
	const size_t count = stile_policy_abis(writer->policy, abis);
	char what[100];
	size_t first = 0;

	while (first < count && !kafel_has_abi(abis[first]))
		first++;
	if (first == count) {
		writer->is_good = false;
		diagnose_error(writer->diagnostics, "output", 0, 0,
			       "Kafel makes filters for x86_64, i386, aarch64 and riscv64; the "
			       "policy is for none of them");
		return;
	}
	writer->abi = abis[first];
	writer->rest = stile_policy_unknown(writer->policy, writer->abi);
	for (size_t i = 0; i < count; i++) {
		if (i == first)
			continue;
		(void)snprintf(what, sizeof(what), "calls by %s beside those by %s",
			       stile_abi_name(abis[i]), stile_abi_name(writer->abi));
		if (abis[i] == STILE_ABI_X32 && writer->abi == STILE_ABI_X86_64)
			lose(writer, answer_refuses(writer->rest), what,
			     "they get what calls get that are not listed");
		else
			lose(writer, true, what, "they kill the thread");
	}
}

static void check_foreign(struct writer *writer)
{
	const struct stile_action foreign = stile_policy_foreign_abi(writer->policy);
	char text[ACTION_TEXT], what[150];

	stile_format_action(foreign, text, sizeof(text));
	(void)snprintf(what, sizeof(what), "calls by other ABIs, which get '%s'", text);
	if (!answers_are_equal(foreign, kill_thread))
		lose(writer, true, what, "they kill the thread");
	(void)snprintf(what, sizeof(what), "calls by x32, which get '%s'", text);
	if (writer->abi == STILE_ABI_X86_64 && !stile_policy_ignores_x32(writer->policy) &&
	    !answers_are_equal(foreign, writer->rest))
		lose(writer, answer_refuses(writer->rest), what,
		     "they get what calls get that are not listed");
}

static bool add_item(struct writer *writer, unsigned int level, struct stile_action action,
		     char *text)
{
	if (text && writer->count == writer->capacity) {
		const size_t capacity = writer->capacity ? 2 * writer->capacity : 64;
		struct item *items = reallocarray(writer->items, capacity, sizeof(*items));

		if (items) {
			writer->items = items;
			writer->capacity = capacity;
		}
	}
	if (text && writer->count < writer->capacity) {
		writer->items[writer->count++] = (struct item){ level, action, text };
		return true;
	}
	free(text);
	writer->is_good = false;
	(void)diagnose_error(writer->diagnostics, "output", 0, 0, "out of memory");
	return false;
}

/* How many arguments are to be declared. */
static unsigned int count_arguments(const struct stile_policy_rule *rules, size_t count)
{
	unsigned int most = 0;

	for (size_t i = 0; i < count; i++)
		for (size_t c = 0; c < rules[i].condition_count; c++)
			if (rules[i].conditions[c].argument + 1u > most)
				most = rules[i].conditions[c].argument + 1u;
	return most;
}

/* "write(fd) { fd == 1, fd == 2 }"; without rules "write". Allocated. */
static char *entry_text(const struct stile_policy_call *call, enum stile_abi abi,
			const struct stile_policy_rule *rules, size_t count)
{
	struct kafel_syscall syscall = { 0 };
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return NULL;
	if (kafel_find_number(abi, call->number, &syscall))
		(void)fprintf(stream, "%.*s", syscall.name_length, syscall.name);
	else if (call->name)
		(void)fprintf(stream, "/* %s */ SYSCALL[%u]", call->name, call->number);
	else
		(void)fprintf(stream, "SYSCALL[%u]", call->number);
	if (count) {
		(void)fputs("(", stream);
		kafel_write_arguments(stream, &syscall, count_arguments(rules, count));
		(void)fputs(") { ", stream);
	}
	for (size_t i = 0; i < count; i++) {
		(void)fputs(i ? ", " : "", stream);
		kafel_write_conditions(stream, &syscall, &rules[i]);
	}
	(void)fputs(count ? " }" : "", stream);
	if (fclose(stream) == 0)
		return text;
	free(text);
	return NULL;
}

/* Rules of one action behind one another are one entry. */
static void add_call(struct writer *writer, const struct stile_policy_call *call)
{
	struct stile_policy_rule rules[ALTERNATIVES_MAX], rule;
	unsigned int level = 0;
	size_t count = 0, end = call->rule_count;

	/* rules at the end that say what the rest gets anyway are left out */
	while (end > 0 && stile_policy_get_rule(writer->policy, call, end - 1, &rule) &&
	       answers_are_equal(rule.action, call->rest))
		end--;
	for (size_t i = 0; i <= end; i++) {
		const bool is_there = i < end &&
				      stile_policy_get_rule(writer->policy, call, i, &rule);

		if (count && (!is_there || count == ALTERNATIVES_MAX ||
			      !answers_are_equal(rule.action, rules[0].action))) {
			if (!add_item(writer, level++, rules[0].action,
				      entry_text(call, writer->abi, rules, count)))
				return;
			count = 0;
		}
		if (is_there)
			rules[count++] = rule;
	}
	if (!answers_are_equal(call->rest, writer->rest))
		(void)add_item(writer, level, call->rest, entry_text(call, writer->abi, NULL, 0));
}

static int compare_items(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->level != y->level)
		return x->level < y->level ? -1 : 1;
	if (x->action.kind != y->action.kind)
		return x->action.kind < y->action.kind ? -1 : 1;
	if (x->action.errno_value != y->action.errno_value)
		return x->action.errno_value < y->action.errno_value ? -1 : 1;
	return strcmp(x->text, y->text);
}

static void write_action(FILE *stream, struct stile_action action)
{
	static const char *const words[] = {
		[STILE_ACTION_ALLOW] = "ALLOW",	     [STILE_ACTION_LOG] = "LOG",
		[STILE_ACTION_TRACE] = "TRACE",	     [STILE_ACTION_NOTIFY] = "USER_NOTIF",
		[STILE_ACTION_ERRNO] = "ERRNO",	     [STILE_ACTION_TRAP] = "TRAP",
		[STILE_ACTION_KILL_THREAD] = "KILL", [STILE_ACTION_KILL_PROCESS] = "KILL_PROCESS"
	};

	(void)fputs(words[action.kind], stream);
	if (action.kind == STILE_ACTION_TRACE || action.kind == STILE_ACTION_ERRNO ||
	    action.kind == STILE_ACTION_TRAP)
		(void)fprintf(stream, "(%u)", action.errno_value);
}

static void write_items(const struct writer *writer)
{
	const struct item *last = NULL;

	for (size_t i = 0; i < writer->count; i++) {
		const struct item *item = &writer->items[i];

		if (last && last->level == item->level &&
		    answers_are_equal(last->action, item->action)) {
			(void)fprintf(writer->stream, ",\n\t\t%s", item->text);
		} else {
			(void)fputs(last ? "\n\t},\n\t" : "\t", writer->stream);
			write_action(writer->stream, item->action);
			(void)fprintf(writer->stream, " {\n\t\t%s", item->text);
		}
		last = item;
	}
	(void)fputs(last ? "\n\t}\n" : "", writer->stream);
}

/* A name that Kafel takes, made of any. */
static void write_name(const struct writer *writer)
{
	const char *name = writer->options->name ? writer->options->name : "";

	(void)fputs("policy_", writer->stream);
	for (size_t i = 0; i < 60 && name[i]; i++) {
		const unsigned char c = (unsigned char)name[i];

		(void)fputc(c < 128 && isalnum(c) ? c : '_', writer->stream);
	}
	if (!*name)
		(void)fputs("of_stile", writer->stream);
}

static void write_all(const struct writer *writer)
{
	(void)fprintf(writer->stream, "// for %s\nPOLICY ", stile_abi_name(writer->abi));
	write_name(writer);
	(void)fputs(" {\n", writer->stream);
	write_items(writer);
	(void)fputs("}\n\nUSE ", writer->stream);
	write_name(writer);
	(void)fputs("\nDEFAULT ", writer->stream);
	write_action(writer->stream, writer->rest);
	(void)fputc('\n', writer->stream);
}

int kafel_write(FILE *stream, const struct stile_policy *policy,
		const struct write_options *options, struct diagnostics *diagnostics)
{
	struct writer writer = { .stream = stream,
				 .policy = policy,
				 .options = options,
				 .diagnostics = diagnostics,
				 .is_good = true };
	struct stile_policy_call call;

	if (stile_policy_error(policy))
		return diagnose_error(diagnostics, "output", 0, 0, "%s",
				      stile_policy_message(policy));
	check_abis(&writer);
	if (writer.is_good)
		check_foreign(&writer);
	for (size_t i = 0; writer.is_good && stile_policy_get_call(policy, writer.abi, i, &call);
	     i++)
		add_call(&writer, &call);
	if (writer.is_good && writer.count > KAFEL_ENTRIES_MAX) {
		writer.is_good = false;
		diagnose_error(diagnostics, "output", 0, 0,
			       "the policy would have more than 4096 entries, which is too much");
	}
	if (writer.count)
		qsort(writer.items, writer.count, sizeof(*writer.items), compare_items);
	if (writer.is_good)
		write_all(&writer);
	for (size_t i = 0; i < writer.count; i++)
		free(writer.items[i].text);
	free(writer.items);
	return writer.is_good ? 0 : -1;
}
