/* SPDX-License-Identifier: MIT */
/*
 * Writes Firecracker's JSON: one filter with two actions. What calls get that no rule matches is
 * what unknown numbers get; the other action is the one that most calls have beside it.
 */
#include <stdlib.h>
#include <string.h>

#include "alternatives.h"
#include "answers.h"
#include "firecracker.h"
#include "firecracker_text.h"

#define ACTIONS_MAX 64
#define ACTION_TEXT 80

struct writer {
	const struct stile_policy *policy;
	const struct write_options *options;
	struct diagnostics *diagnostics;
	enum stile_abi abi;
	struct stile_action match, mismatch;
	bool has_match;
	bool is_good;
};

/* A call with the rules that are written for it. */
struct written_call {
	struct stile_policy_call call;
	struct alternatives alternatives;
};

struct vote {
	struct stile_action action;
	size_t calls;
};

/* Says what the format cannot say: an error, or with --lossy a warning if nothing gets wider. */
static void lose(struct writer *writer, bool is_narrowing, const char *what, const char *instead)
{
	const char *name = "output";

	if (writer->options->is_lossy && is_narrowing) {
		diagnose_warning(writer->diagnostics, name, 0, 0, "%s: written as %s", what,
				 instead);
		return;
	}
	writer->is_good = false;
	if (writer->options->is_lossy)
		diagnose_error(writer->diagnostics, name, 0, 0,
			       "%s: it could only be written as %s, which allows more", what,
			       instead);
	else
		diagnose_error(writer->diagnostics, name, 0, 0, "%s: seccompiler cannot say that",
			       what);
}

static bool has_word(struct stile_action action)
{
	return action.errno_value == 0 || action.kind == STILE_ACTION_ERRNO ||
	       action.kind == STILE_ACTION_TRACE;
}

/* ---- The two actions ---- */

static size_t add_vote(struct vote votes[ACTIONS_MAX], size_t count, struct stile_action action)
{
	for (size_t i = 0; i < count; i++)
		if (answers_are_equal(votes[i].action, action)) {
			votes[i].calls++;
			return count;
		}
	if (count == ACTIONS_MAX)
		return count;
	votes[count] = (struct vote){ action, 1 };
	return count + 1;
}

static void choose_actions(struct writer *writer)
{
	const struct stile_policy *policy = writer->policy;
	struct stile_policy_rule rule;
	struct stile_policy_call call;
	struct vote votes[ACTIONS_MAX], *best = NULL;
	size_t count = 0;

	writer->mismatch = stile_policy_unknown(policy, writer->abi);
	if (writer->options->is_lossy &&
	    answer_narrows(writer->mismatch, stile_policy_default(policy)))
		writer->mismatch = stile_policy_default(policy);
	for (size_t i = 0; stile_policy_get_call(policy, writer->abi, i, &call); i++) {
		for (size_t k = 0; stile_policy_get_rule(policy, &call, k, &rule); k++)
			count = add_vote(votes, count, rule.action);
		count = add_vote(votes, count, call.rest);
	}
	for (size_t i = 0; i < count; i++)
		if (!answers_are_equal(votes[i].action, writer->mismatch) &&
		    has_word(votes[i].action) && (!best || votes[i].calls > best->calls))
			best = &votes[i];
	writer->match.kind = writer->mismatch.kind == STILE_ACTION_ALLOW ? STILE_ACTION_TRAP :
									   STILE_ACTION_ALLOW;
	if (best) {
		writer->match = best->action;
		writer->has_match = true;
	}
}

static void action_text(struct stile_action action, char text[ACTION_TEXT])
{
	stile_format_action(action, text, ACTION_TEXT);
}

/* ---- What holds for all calls ---- */

static void check_abis(struct writer *writer)
{
	enum stile_abi abis[STILE_ABI_COUNT];
	const size_t count = stile_policy_abis(writer->policy, abis);
	bool is_found = false;
	char text[200];

	for (size_t i = 0; i < count && !is_found; i++)
		if (abis[i] == STILE_ABI_X86_64 || abis[i] == STILE_ABI_AARCH64 ||
		    abis[i] == STILE_ABI_RISCV64) {
			writer->abi = abis[i];
			is_found = true;
		}
	if (!is_found) {
		writer->is_good = false;
		diagnose_error(writer->diagnostics, "output", 0, 0,
			       "the policy is for none of x86_64, aarch64 and riscv64, for which "
			       "seccompiler makes filters");
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (abis[i] != writer->abi) {
			(void)snprintf(text, sizeof(text), "calls by %s beside those by %s",
				       stile_abi_name(abis[i]), stile_abi_name(writer->abi));
			lose(writer, true, text, "kills");
		}
}

/* Other ABIs are killed, but x32's calls are judged as unknown ones. */
static void check_foreign(struct writer *writer)
{
	const struct stile_action kill = { .kind = STILE_ACTION_KILL_PROCESS };
	const struct stile_action foreign = stile_policy_foreign_abi(writer->policy);
	char text[ACTION_TEXT], instead[ACTION_TEXT], what[200];

	action_text(foreign, text);
	if (!answers_are_equal(foreign, kill)) {
		(void)snprintf(what, sizeof(what), "calls by other ABIs: %s", text);
		lose(writer, true, what, "killing the process");
	}
	if (writer->abi == STILE_ABI_X86_64 && !stile_policy_ignores_x32(writer->policy) &&
	    !answers_are_equal(foreign, writer->mismatch)) {
		action_text(writer->mismatch, instead);
		(void)snprintf(what, sizeof(what), "calls by x32: %s", text);
		lose(writer, answer_narrows(foreign, writer->mismatch), what, instead);
	}
}

static void check_defaults(struct writer *writer)
{
	const struct stile_action unknown = stile_policy_unknown(writer->policy, writer->abi);
	char text[ACTION_TEXT], instead[ACTION_TEXT], what[200];

	action_text(writer->mismatch, instead);
	if (!has_word(writer->mismatch)) {
		writer->is_good = false;
		diagnose_error(writer->diagnostics, "output", 0, 0,
			       "what other calls get has no word in this format: %s", instead);
	}
	if (answers_are_equal(unknown, writer->mismatch))
		return;
	action_text(unknown, text);
	(void)snprintf(what, sizeof(what), "calls that are not in the table: %s", text);
	lose(writer, answer_narrows(unknown, writer->mismatch), what, instead);
}

/* ---- Calls ---- */

/*
 * Whether calls with this answer get the match action. Of answers that are neither, the first of
 * the two that narrows.
 */
static bool is_match(struct stile_action action, const void *data)
{
	const struct writer *writer = data;

	if (answers_are_equal(action, writer->mismatch) || !writer->has_match)
		return false;
	return answers_are_equal(action, writer->match) ||
	       !answer_narrows(action, writer->mismatch);
}

static void check_answer(struct writer *writer, const char *name, struct stile_action action)
{
	const struct stile_action instead = is_match(action, writer) ? writer->match :
								       writer->mismatch;
	char text[ACTION_TEXT], other[ACTION_TEXT], what[200];

	if (answers_are_equal(action, instead))
		return;
	action_text(action, text);
	action_text(instead, other);
	(void)snprintf(what, sizeof(what), "%s: %s, a third answer", name, text);
	lose(writer, answer_narrows(action, instead), what, other);
}

static void check_call(struct writer *writer, const struct stile_policy_call *call)
{
	struct stile_policy_rule rule;

	for (size_t i = 0; stile_policy_get_rule(writer->policy, call, i, &rule); i++)
		check_answer(writer, call->name, rule.action);
	check_answer(writer, call->name, call->rest);
}

/* A number without a name gets what all others get. */
static void check_nameless(struct writer *writer, const struct stile_policy_call *call)
{
	struct stile_policy_rule rule;
	bool is_narrowing = answer_narrows(call->rest, writer->mismatch);
	bool is_same = answers_are_equal(call->rest, writer->mismatch);
	char text[ACTION_TEXT], what[200];

	for (size_t i = 0; stile_policy_get_rule(writer->policy, call, i, &rule); i++) {
		is_narrowing = is_narrowing && answer_narrows(rule.action, writer->mismatch);
		is_same = is_same && answers_are_equal(rule.action, writer->mismatch);
	}
	if (is_same)
		return;
	action_text(writer->mismatch, text);
	(void)snprintf(what, sizeof(what), "the call %u, which has no name", call->number);
	lose(writer, is_narrowing, what, text);
}

static int compare_names(const void *a, const void *b)
{
	const struct written_call *left = a, *right = b;

	return strcmp(left->call.name, right->call.name);
}

static void no_memory(struct writer *writer)
{
	writer->is_good = false;
	diagnose_error(writer->diagnostics, "output", 0, 0, "out of memory");
}

/* All calls of which some get the match action, by name. */
static struct written_call *collect(struct writer *writer, size_t *count)
{
	struct written_call *calls;
	struct stile_policy_call call;
	size_t total = 0;

	*count = 0;
	while (stile_policy_get_call(writer->policy, writer->abi, total, &call))
		total++;
	calls = calloc(total + 1, sizeof(*calls));
	if (!calls)
		no_memory(writer);
	for (size_t i = 0; calls && i < total; i++) {
		struct written_call *written = &calls[*count];

		if (!stile_policy_get_call(writer->policy, writer->abi, i, &call))
			break;
		if (!call.name) {
			check_nameless(writer, &call);
			continue;
		}
		check_call(writer, &call);
		written->call = call;
		(*count)++;
		if (!alternatives_add(&written->alternatives, writer->policy, &call, is_match,
				      writer)) {
			writer->is_good = false;
			diagnose_error(writer->diagnostics, "output", 0, 0,
				       "%s: its rules are too many alternatives", call.name);
		}
	}
	if (calls)
		qsort(calls, *count, sizeof(*calls), compare_names);
	return calls;
}

static size_t call_length(const struct alternatives *alternatives)
{
	size_t length = FIRECRACKER_RULES_LENGTH;

	for (size_t i = 0; i < alternatives->count; i++) {
		if (alternatives->items[i].count == 0)
			return FIRECRACKER_CALL_LENGTH;
		length += firecracker_rule_length(alternatives->items[i].conditions,
						  alternatives->items[i].count);
	}
	return alternatives->count ? length : 0;
}

static void check_length(struct writer *writer, const struct written_call *calls, size_t count)
{
	size_t length = FIRECRACKER_FILTER_LENGTH;

	for (size_t i = 0; i < count; i++)
		length += call_length(&calls[i].alternatives);
	if (length > FIRECRACKER_LENGTH_MAX)
		writer->is_good = diagnose_error(writer->diagnostics, "output", 0, 0,
						 "seccompiler would make %zu instructions of this, "
						 "and refuses "
						 "more than %d",
						 length, FIRECRACKER_LENGTH_MAX) == 0;
}

static void put(FILE *stream, const struct writer *writer, const struct written_call *calls,
		size_t count)
{
	bool is_first = true;

	(void)fprintf(stream, "{\n  ");
	firecracker_put_name(stream, writer->options->name ? writer->options->name : "main");
	(void)fprintf(stream, ": {\n    \"default_action\": ");
	firecracker_put_action(stream, writer->mismatch);
	(void)fprintf(stream, ",\n    \"filter_action\": ");
	firecracker_put_action(stream, writer->match);
	(void)fprintf(stream, ",\n    \"filter\": [");
	for (size_t i = 0; i < count; i++)
		firecracker_put_rules(stream, calls[i].call.name, &calls[i].alternatives,
				      &is_first);
	(void)fprintf(stream, "%s]\n  }\n}\n", is_first ? "" : "\n    ");
}

int firecracker_write(FILE *stream, const struct stile_policy *policy,
		      const struct write_options *options, struct diagnostics *diagnostics)
{
	struct writer writer = {
		.policy = policy, .options = options, .diagnostics = diagnostics, .is_good = true
	};
	struct written_call *calls = NULL;
	size_t count = 0;

	check_abis(&writer);
	if (!writer.is_good)
		return -1;
	choose_actions(&writer);
	check_foreign(&writer);
	check_defaults(&writer);
	calls = collect(&writer, &count);
	check_length(&writer, calls, count);
	if (calls && writer.is_good)
		put(stream, &writer, calls, count);
	for (size_t i = 0; i < count; i++)
		free(calls[i].alternatives.items);
	free(calls);
	if (writer.is_good && ferror(stream))
		writer.is_good = diagnose_error(diagnostics, "output", 0, 0, "cannot write") == 0;
	return writer.is_good ? 0 : -1;
}
