/* SPDX-License-Identifier: MIT */
/*
 * Writes a drop-in. Calls are told apart by name alone, so each must have one answer whatever its
 * arguments and its ABI are.
 */
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "oci_rules.h"
#include "systemd_writer.h"

#define ANSWER_TEXT 80

static void lose(struct systemd_writer *writer, bool is_narrowing, const char *what,
		 struct stile_action instead)
{
	char text[ANSWER_TEXT];

	stile_format_action(instead, text, sizeof(text));
	if (writer->options->is_lossy && is_narrowing) {
		diagnose_warning(writer->diagnostics, "output", 0, 0, "%s: written as %s", what,
				 text);
		return;
	}
	writer->is_good = false;
	if (writer->options->is_lossy)
		diagnose_error(writer->diagnostics, "output", 0, 0,
			       "%s: it could only be written as %s, which allows more", what, text);
	else
		diagnose_error(writer->diagnostics, "output", 0, 0, "%s: systemd cannot say that",
			       what);
}

/* ---- Answers that systemd can give ---- */

static bool can_say(struct stile_action action)
{
	return action.kind == STILE_ACTION_ALLOW || action.kind == STILE_ACTION_LOG ||
	       action.kind == STILE_ACTION_KILL_PROCESS ||
	       (action.kind == STILE_ACTION_ERRNO && action.errno_value <= 4095);
}

static const struct stile_action kill_process = { .kind = STILE_ACTION_KILL_PROCESS };

/* The answer itself, or one that refuses. */
static struct stile_action sayable(struct stile_action action)
{
	return can_say(action) ? action : kill_process;
}

/* One of two answers that is no wider than either. */
static struct stile_action narrower(struct stile_action a, struct stile_action b)
{
	if (answer_refuses(a))
		return a;
	if (answer_refuses(b))
		return b;
	return answer_narrows(a, b) ? b : a;
}

/* ---- Calls ---- */

static struct systemd_written *find_written(struct systemd_writer *writer, const char *name)
{
	for (size_t i = 0; i < writer->count; i++)
		if (strcmp(writer->calls[i].name, name) == 0)
			return &writer->calls[i];
	return NULL;
}

static struct stile_action written_answer(struct systemd_writer *writer, const char *name)
{
	const struct systemd_written *written = find_written(writer, name);

	return written ? written->action : writer->others;
}

/* What a call gets; if it depends on arguments, what is no wider than any of its answers. */
static struct stile_action one_answer(const struct systemd_writer *writer,
				      const struct stile_policy_call *call, bool *is_one)
{
	struct stile_policy_rule rule;
	struct stile_action action = call->rest;

	*is_one = true;
	if (call->rule_count == 0)
		return action;
	for (size_t i = 0; stile_policy_get_rule(writer->policy, call, i, &rule); i++) {
		if (rule.condition_count == 0 && i == 0)
			return rule.action;
		if (!answers_are_equal(rule.action, action))
			*is_one = false;
		action = narrower(rule.action, action);
		if (rule.condition_count == 0)
			break;
	}
	return action;
}

static bool is_multiplexer(enum stile_abi abi, const char *name)
{
	return abi == STILE_ABI_I386 &&
	       (strcmp(name, "socketcall") == 0 || strcmp(name, "ipc") == 0);
}

/* socketcall and ipc: what calls get that stand for no other one. */
static struct stile_action multiplexer_answer(const struct systemd_writer *writer,
					      const struct stile_policy_call *call)
{
	const struct seccomp_data data = { .nr = (int)call->number,
					   .arch = stile_audit_arch(STILE_ABI_I386) };
	struct stile_decision decision;

	if (stile_policy_decide(writer->policy, &data, &decision))
		return kill_process;
	return decision.action;
}

static bool add_name(struct systemd_writer *writer, const char *name, struct stile_action action)
{
	if (writer->count == SYSTEMD_WRITTEN_MAX)
		return false;
	writer->calls[writer->count++] = (struct systemd_written){ name, action };
	return true;
}

static void add_call(struct systemd_writer *writer, const struct stile_policy_call *call)
{
	char what[200];
	bool is_one;
	struct stile_action action = one_answer(writer, call, &is_one), said;
	struct systemd_written *written;

	if (!call->name) {
		(void)snprintf(what, sizeof(what), "the call %u of %s, which has no name",
			       call->number, stile_abi_name(call->abi));
		if (!is_one || !answers_are_equal(action, writer->others))
			lose(writer, answer_narrows(action, writer->others), what, writer->others);
		return;
	}
	if (is_multiplexer(call->abi, call->name)) {
		action = multiplexer_answer(writer, call);
		is_one = true; /* the others: check_multiplexed() */
	}
	written = find_written(writer, call->name);
	said = sayable(written ? narrower(action, written->action) : action);
	if (!is_one)
		(void)snprintf(what, sizeof(what), "%s, whose answer depends on arguments",
			       call->name);
	else if (written && !answers_are_equal(written->action, action))
		(void)snprintf(what, sizeof(what), "%s, whose answer depends on the ABI",
			       call->name);
	else
		(void)snprintf(what, sizeof(what), "%s", call->name);
	if (!is_one || !answers_are_equal(said, action) ||
	    (written && !answers_are_equal(said, written->action)))
		lose(writer, answer_narrows(action, said), what, said);
	if (written)
		written->action = said;
	else if (!add_name(writer, call->name, said))
		writer->is_good = diagnose_error(writer->diagnostics, "output", 0, 0,
						 "there are too many calls") == 0;
}

/* A call that an ABI has and the policy says nothing of there, but elsewhere. */
static void check_missing(struct systemd_writer *writer, enum stile_abi abi)
{
	const struct stile_action unknown = stile_policy_unknown(writer->policy, abi);
	struct stile_policy_call call;
	char what[200];

	for (size_t i = 0; i < writer->count; i++) {
		struct systemd_written *written = &writer->calls[i];
		const long number = stile_syscall_number(abi, written->name);

		if (number < 0 ||
		    stile_policy_find_call(writer->policy, abi, (uint32_t)number, &call) ||
		    answers_are_equal(written->action, unknown))
			continue;
		(void)snprintf(what, sizeof(what), "%s, whose answer depends on the ABI",
			       written->name);
		written->action = sayable(narrower(written->action, unknown));
		lose(writer, true, what, written->action);
	}
}

/* A call through socketcall or ipc is answered as the call itself, or as all of these are. */
static void check_multiplexed(struct systemd_writer *writer, const char *name)
{
	struct seccomp_data data = { .arch = stile_audit_arch(STILE_ABI_I386) };
	struct stile_action whole, action;
	struct stile_decision decision;
	uint32_t number, value;
	char what[200];

	if (!oci_multiplexer(name, &number, &value))
		return;
	data.nr = (int)number;
	data.args[0] = value;
	if (stile_policy_decide(writer->policy, &data, &decision))
		return;
	whole = written_answer(writer, stile_syscall_name(STILE_ABI_I386, (long)number));
	if (stile_syscall_number(STILE_ABI_I386, name) < 0 && !find_written(writer, name) &&
	    answers_are_equal(whole, writer->others) &&
	    !answers_are_equal(decision.action, writer->others))
		(void)add_name(writer, name, sayable(decision.action));
	action = written_answer(writer, name);
	if (!answers_are_equal(whole, writer->others))
		action = whole;
	if (answers_are_equal(action, decision.action))
		return;
	(void)snprintf(what, sizeof(what), "i386's way to %s by %s", name,
		       stile_syscall_name(STILE_ABI_I386, (long)number));
	lose(writer, answer_narrows(decision.action, action), what, action);
}

static void collect(struct systemd_writer *writer)
{
	static const char *const only_multiplexed[] = { "send", "recv" };
	struct stile_policy_call call;
	bool has_i386 = false;

	for (size_t a = 0; a < writer->abi_count; a++) {
		for (size_t i = 0; stile_policy_get_call(writer->policy, writer->abis[a], i, &call);
		     i++)
			add_call(writer, &call);
		has_i386 = has_i386 || writer->abis[a] == STILE_ABI_I386;
	}
	for (size_t a = 0; a < writer->abi_count; a++)
		check_missing(writer, writer->abis[a]);
	for (long number = 0; has_i386 && number < 1024; number++) {
		const char *name = stile_syscall_name(STILE_ABI_X86_64, number);

		if (name)
			check_multiplexed(writer, name);
	}
	for (size_t i = 0; has_i386 && i < 2; i++)
		check_multiplexed(writer, only_multiplexed[i]);
}

/* ---- ABIs and what holds for all calls ---- */

/* systemd always filters the native ABI. */
static bool choose_native(struct systemd_writer *writer)
{
	writer->abi_count = stile_policy_abis(writer->policy, writer->abis);
	for (size_t i = 0; i < writer->abi_count; i++) {
		const enum stile_abi abi = writer->abis[i];

		if (abi == STILE_ABI_X86_64 || abi == STILE_ABI_AARCH64 ||
		    abi == STILE_ABI_RISCV64) {
			writer->native = abi;
			return true;
		}
	}
	writer->is_good = false;
	diagnose_error(writer->diagnostics, "output", 0, 0,
		       "the policy is for none of x86_64, aarch64 and riscv64, one of which is "
		       "always the native ABI of a unit");
	return false;
}

/* ABIs that are not beside the native one on any machine are killed. */
static void leave_out_abis(struct systemd_writer *writer)
{
	const struct stile_action kill = { .kind = STILE_ACTION_KILL_THREAD };
	size_t kept = 0;
	char what[200];

	for (size_t i = 0; i < writer->abi_count; i++) {
		const enum stile_abi abi = writer->abis[i];

		if (abi == writer->native || (writer->native == STILE_ABI_X86_64 &&
					      (abi == STILE_ABI_I386 || abi == STILE_ABI_X32))) {
			writer->abis[kept++] = abi;
			continue;
		}
		(void)snprintf(what, sizeof(what), "calls by %s beside those by %s",
			       stile_abi_name(abi), stile_abi_name(writer->native));
		lose(writer, true, what, kill);
	}
	writer->abi_count = kept;
}

static void check_foreign(struct systemd_writer *writer)
{
	const struct stile_action kill = { .kind = STILE_ACTION_KILL_THREAD };
	const struct stile_action foreign = stile_policy_foreign_abi(writer->policy);

	if (stile_policy_ignores_x32(writer->policy) && writer->native == STILE_ABI_X86_64)
		lose(writer, true, "calls by x32, which are judged as unknown ones", kill);
	if (foreign.kind == STILE_ACTION_ALLOW &&
	    ((writer->native == STILE_ABI_X86_64 && writer->abi_count == 3) ||
	     writer->native == STILE_ABI_RISCV64))
		return; /* every ABI of the machine has a filter, and the others do not occur */
	writer->has_architectures = true;
	if (!answers_are_equal(foreign, kill))
		lose(writer, true, "what calls by other ABIs get", kill);
}

static void choose_others(struct systemd_writer *writer)
{
	const struct stile_policy *policy = writer->policy;
	struct stile_action action = stile_policy_unknown(policy, writer->native);

	if (writer->options->is_lossy && answer_narrows(action, stile_policy_default(policy)))
		action = stile_policy_default(policy);
	writer->others = can_say(action) &&
					 (action.kind != STILE_ACTION_ERRNO || action.errno_value) ?
				 action :
				 kill_process;
	for (size_t i = 0; i < writer->abi_count; i++) {
		const struct stile_action unknown = stile_policy_unknown(policy, writer->abis[i]);

		if (!answers_are_equal(unknown, writer->others)) {
			lose(writer, answer_narrows(unknown, writer->others),
			     "what calls get that are not in the table", writer->others);
			return;
		}
	}
}

static int compare_names(const void *a, const void *b)
{
	const struct systemd_written *left = a, *right = b;

	return strcmp(left->name, right->name);
}

int systemd_write(FILE *stream, const struct stile_policy *policy,
		  const struct write_options *options, struct diagnostics *diagnostics)
{
	struct systemd_writer *writer = calloc(1, sizeof(*writer));
	bool is_good = false;

	if (!writer)
		return diagnose_error(diagnostics, "output", 0, 0, "out of memory");
	writer->policy = policy;
	writer->options = options;
	writer->diagnostics = diagnostics;
	writer->is_good = true;
	if (choose_native(writer)) {
		leave_out_abis(writer);
		check_foreign(writer);
		choose_others(writer);
		collect(writer);
		qsort(writer->calls, writer->count, sizeof(*writer->calls), compare_names);
		systemd_check_log(writer);
	}
	if (writer->is_good) {
		systemd_put(stream, writer);
		if (ferror(stream))
			writer->is_good = diagnose_error(diagnostics, "output", 0, 0,
							 "cannot write") == 0;
	}
	is_good = writer->is_good;
	free(writer);
	return is_good ? 0 : -1;
}
