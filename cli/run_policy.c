/* SPDX-License-Identifier: MIT */
#include "run_policy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "action_option.h"
#include "commands.h"
#include "say.h"

#define VERB "run"
#define VALUE_SHOWN 128

static int fail_context(struct stile *s)
{
	say_message(VERB, stile_message(s));
	return STATUS_RUN_FAILED;
}

static int fail_policy(const struct stile_policy *p)
{
	say_message(VERB, stile_policy_message(p));
	return STATUS_RUN_FAILED;
}

static const char *option_name(int option)
{
	switch (option) {
	case 'g':
		return "grant";
	case 'p':
		return "pledge";
	case 'd':
		return "default";
	case OPTION_ALLOW:
		return "allow";
	case OPTION_DENY:
		return "deny";
	case OPTION_ERRNO:
		return "errno";
	case OPTION_KILL:
		return "kill";
	default:
		return "log";
	}
}

/* What was replaced, a line each. */
static void say_replaced(int option, const char *value, char *replaced)
{
	for (char *line = replaced, *end; *line; line = end + 1) {
		end = strchr(line, '\n');
		*end = '\0';
		say(VERB, NULL, "--%s %s replaces: %s", option_name(option), value, line);
	}
}

/* Calls without which no process can end or return from a signal handler. */
static bool is_needed_to_end(const char *what)
{
	return strcmp(what, "exit") == 0 || strcmp(what, "exit_group") == 0 ||
	       strcmp(what, "rt_sigreturn") == 0;
}

static int override(struct stile_policy *p, int option, const char *what,
		    struct stile_action action)
{
	char *replaced;

	if (action.kind != STILE_ACTION_ALLOW && action.kind != STILE_ACTION_LOG &&
	    is_needed_to_end(what)) {
		say(VERB, NULL,
		    "--%s %s: this call cannot be refused: without it a process cannot end, or "
		    "return from a signal handler",
		    option_name(option), what);
		return STATUS_RUN_FAILED;
	}
	if (stile_policy_override(p, what, action, &replaced) < 0)
		return fail_policy(p);
	say_replaced(option, what, replaced);
	free(replaced);
	return 0;
}

/* A pledge's word is a grant, whose name may have the mark of danger. */
static int override_word(struct stile_policy *p, const char *word, size_t length)
{
	static const struct stile_action allow = { STILE_ACTION_ALLOW, 0 };
	const struct stile_table *table = stile_builtin_table();
	char name[64], specification[80];

	(void)snprintf(name, sizeof(name), "%.*s", (int)length, word);
	(void)snprintf(specification, sizeof(specification), "pledge.%s", name);
	for (uint32_t r = 0; r < table->ruleset_count; r++) {
		const struct stile_table_ruleset *ruleset = &table->rulesets[r];

		for (uint32_t g = 0;
		     strcmp(ruleset->name, "pledge") == 0 && g < ruleset->grant_count; g++) {
			const char *grant = table->grants[ruleset->grants + g].name;

			if (strncmp(grant, "danger_", 7) == 0 && strcmp(grant + 7, name) == 0)
				(void)snprintf(specification, sizeof(specification),
					       "pledge.danger_%s", name);
		}
	}
	return override(p, 'p', specification, allow);
}

static int override_words(struct stile_policy *p, const char *words)
{
	int status = 0;

	for (words += strspn(words, " "); status == 0 && *words; words += strspn(words, " ")) {
		const size_t length = strcspn(words, " ");

		status = override_word(p, words, length);
		words += length;
	}
	return status;
}

/* "openat=EACCES" */
static int override_errno(struct stile_policy *p, const char *value)
{
	const char *equal = strrchr(value, '=');
	const int number = equal ? parse_errno(equal + 1) : -1;
	char what[256];

	if (number < 0 || equal == value || (size_t)(equal - value) >= sizeof(what)) {
		say(VERB, NULL,
		    "--errno '%.*s': give a call or grant and an errno, e.g. openat=EACCES",
		    VALUE_SHOWN, value);
		return STATUS_RUN_FAILED;
	}
	(void)snprintf(what, sizeof(what), "%.*s", (int)(equal - value), value);
	return override(p, OPTION_ERRNO, what,
			(struct stile_action){ STILE_ACTION_ERRNO, (unsigned int)number });
}

/* As the policy refuses what it does not know; EPERM if it does not. */
static struct stile_action refusal_of(const struct stile_policy *p)
{
	const struct stile_action action = stile_policy_default(p);

	/* ENOSYS is for calls that nobody knows. */
	if (action.kind >= STILE_ACTION_ERRNO && action.errno_value != ENOSYS)
		return action;
	return (struct stile_action){ STILE_ACTION_ERRNO, EPERM };
}

static int replace_default(struct stile_policy *p, const char *value)
{
	struct stile_action action;
	char before[64];

	if (!parse_action(value, &action)) {
		say(VERB, NULL,
		    "--default '%.*s': give allow, log, errno=NAME, trap, kill-thread or kill",
		    VALUE_SHOWN, value);
		return STATUS_RUN_FAILED;
	}
	stile_format_action(stile_policy_default(p), before, sizeof(before));
	say(VERB, NULL, "--default %s replaces: %s", value, before);
	return stile_policy_set_default(p, action) < 0 ? fail_policy(p) : 0;
}

/* What the command line says of grants, to a policy. */
static int change_grants(struct stile_policy *p, const struct run_change *change)
{
	switch (change->option) {
	case 'g':
		return override(p, 'g', change->value,
				(struct stile_action){ STILE_ACTION_ALLOW, 0 });
	case 'p':
		return override_words(p, change->value);
	case 'd':
		return replace_default(p, change->value);
	default: /* 'b' */
		say(VERB, NULL,
		    "--baseline is for grants: a policy file says itself what new calls "
		    "get");
		return STATUS_RUN_FAILED;
	}
}

static int change_calls(struct stile_policy *p, const struct run_change *change)
{
	switch (change->option) {
	case OPTION_ALLOW:
		return override(p, change->option, change->value,
				(struct stile_action){ STILE_ACTION_ALLOW, 0 });
	case OPTION_DENY:
		return override(p, change->option, change->value, refusal_of(p));
	case OPTION_ERRNO:
		return override_errno(p, change->value);
	case OPTION_KILL:
		return override(p, change->option, change->value,
				(struct stile_action){ STILE_ACTION_KILL_PROCESS, 0 });
	default:
		return override(p, change->option, change->value,
				(struct stile_action){ STILE_ACTION_LOG, 0 });
	}
}

static bool is_of_grants(const struct run_change *change)
{
	return change->option < OPTION_PRINT;
}

/* Changes to the policy, in their order; those of grants only if it is not made of them. */
static int change_policy(struct stile_policy *p, const struct run_options *options)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < options->change_count; i++) {
		const struct run_change *change = &options->changes[i];

		if (!is_of_grants(change))
			status = change_calls(p, change);
		else if (options->policy)
			status = change_grants(p, change);
	}
	if (status || !options->is_permissive)
		return status;
	say(VERB, NULL, "--permissive: nothing is refused, the kernel logs what would be");
	return stile_policy_replace_refusals(p, (struct stile_action){ STILE_ACTION_LOG, 0 }) < 0 ?
		       fail_policy(p) :
		       0;
}

static bool needs_supervisor(struct stile_action action)
{
	return action.kind == STILE_ACTION_NOTIFY || action.kind == STILE_ACTION_TRACE;
}

static int refuse_supervised(const char *what)
{
	say(VERB, NULL,
	    "the policy asks a supervisor or tracer (%s), and there is none: such calls would "
	    "fail with ENOSYS: say by --allow, --deny or --errno what they get",
	    what);
	return STATUS_RUN_FAILED;
}

static bool call_needs_supervisor(const struct stile_policy *p,
				  const struct stile_policy_call *call)
{
	struct stile_policy_rule rule;

	for (size_t i = 0; stile_policy_get_rule(p, call, i, &rule); i++)
		if (needs_supervisor(rule.action))
			return true;
	return needs_supervisor(call->rest);
}

static int check_supervised(const struct stile_policy *p)
{
	enum stile_abi abis[STILE_ABI_COUNT];
	const size_t count = stile_policy_abis(p, abis);
	struct stile_policy_call call;

	for (size_t a = 0; a < count; a++) {
		for (size_t i = 0; stile_policy_get_call(p, abis[a], i, &call); i++)
			if (call_needs_supervisor(p, &call))
				return refuse_supervised(call.name ? call.name : "a call");
		if (needs_supervisor(stile_policy_unknown(p, abis[a])))
			return refuse_supervised("its default action");
	}
	if (needs_supervisor(stile_policy_foreign_abi(p)))
		return refuse_supervised("calls by another ABI");
	return 0;
}

/* A process that cannot end is no mistake of ours, but surely one. */
static void warn_of_missing(const struct stile_policy *p)
{
	static const char *const needed[] = { "exit_group", "rt_sigreturn" };

	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++) {
		const struct seccomp_data data = {
			.nr = (int)stile_syscall_number(STILE_ABI_NATIVE, needed[i]),
			.arch = stile_audit_arch(STILE_ABI_NATIVE),
		};
		struct stile_decision decision;

		if (stile_policy_decide(p, &data, &decision) == 0 &&
		    decision.action.kind >= STILE_ACTION_TRACE)
			say(VERB, NULL,
			    "warning: the policy refuses %s(): a program under it cannot %s",
			    needed[i], i ? "return from signal handlers" : "end by itself");
	}
}

static int use(struct run_sandbox *sandbox)
{
	struct stile_policy *p = sandbox->policy;
	int status;

	if (stile_policy_error(p) < 0)
		return fail_policy(p);
	status = check_supervised(p);
	if (status)
		return status;
	warn_of_missing(p);
	stile_free(sandbox->s);
	sandbox->s = stile_new();
	return stile_use_policy(sandbox->s, p) < 0 ? fail_context(sandbox->s) : 0;
}

/* The descriptor is not the program's. In place of a standard one it gets one of nothing, or its
 * next file would be that. */
static int give_up(int fd)
{
	int nothing, result = 0;

	if (fd > STDERR_FILENO) {
		(void)close(fd); /* only read from */
		return 0;
	}
	nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (nothing < 0 || dup2(nothing, fd) < 0) {
		say(VERB, NULL, "cannot put /dev/null in the place of descriptor %d: %s", fd,
		    strerror(errno));
		result = STATUS_RUN_FAILED;
	}
	if (nothing >= 0 && nothing != fd)
		(void)close(nothing);
	return result;
}

static int read_policy(struct run_sandbox *sandbox, const struct run_options *options)
{
	sandbox->policy = policy_file_read(&options->file, options->policy);
	if (!sandbox->policy)
		return STATUS_RUN_FAILED;
	return options->policy_fd >= 0 ? give_up(options->policy_fd) : 0;
}

static int grant_all(struct run_sandbox *sandbox, const struct run_options *options, bool *is_any)
{
	*is_any = false;
	for (size_t i = 0; i < options->change_count; i++) {
		const struct run_change *change = &options->changes[i];

		if (!is_of_grants(change))
			continue;
		if (take_context_option(VERB, change->option, change->value, sandbox->s) !=
		    OPTION_TAKEN)
			return STATUS_RUN_FAILED;
		*is_any |= is_granting_option(change->option);
	}
	return 0;
}

static int make_of_grants(struct run_sandbox *sandbox, const struct run_options *options)
{
	bool is_granting;
	int status = grant_all(sandbox, options, &is_granting);

	if (status)
		return status;
	if (!is_granting) {
		if (options->is_print) /* basic and the rest are worth a look, too */
			return 0;
		say(VERB, NULL,
		    "nothing is granted: give --grant, --pledge or --policy before the program, "
		    "e.g. --pledge 'stdio rpath' ('stile rulesets' lists what there is to grant)");
		return STATUS_RUN_FAILED;
	}
	sandbox->policy = stile_policy_from_context(sandbox->s);
	return sandbox->policy ? 0 : fail_context(sandbox->s);
}

static bool has_changes(const struct run_options *options)
{
	for (size_t i = 0; i < options->change_count; i++)
		if (!is_of_grants(&options->changes[i]))
			return true;
	return options->policy || options->is_permissive;
}

int run_sandbox_make(struct run_sandbox *sandbox, const struct run_options *options)
{
	int status;

	*sandbox = (struct run_sandbox){ .s = stile_new() };
	status = options->policy ? read_policy(sandbox, options) : make_of_grants(sandbox, options);
	if (status == 0 && sandbox->policy && has_changes(options))
		status = change_policy(sandbox->policy, options);
	if (status == 0 && sandbox->policy && has_changes(options))
		status = use(sandbox);
	return status;
}

void run_sandbox_end(struct run_sandbox *sandbox)
{
	stile_policy_free(sandbox->policy);
	stile_free(sandbox->s);
}
