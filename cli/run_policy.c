/* SPDX-License-Identifier: MIT */
#include "run_policy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "run_changes.h"
#include "say.h"

#define VERB "run"

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

/* Which actions of its kind the policy has: bit 1 << enum stile_action_kind. */
static unsigned int asking(struct stile_action action)
{
	return 1u << action.kind & (1u << STILE_ACTION_NOTIFY | 1u << STILE_ACTION_TRACE);
}

static unsigned int call_asking(const struct stile_policy *p, const struct stile_policy_call *call)
{
	unsigned int kinds = asking(call->rest);
	struct stile_policy_rule rule;

	for (size_t i = 0; stile_policy_get_rule(p, call, i, &rule); i++)
		kinds |= asking(rule.action);
	return kinds;
}

static bool refuse_supervised(const struct run_sandbox *sandbox, unsigned int kinds,
			      const char *what)
{
	if (!kinds || (kinds == 1u << STILE_ACTION_NOTIFY && sandbox->is_notified))
		return false;
	say(VERB, NULL,
	    "the policy asks a supervisor or tracer (%s), and there is none: such calls would "
	    "fail with ENOSYS: say by --allow, --deny or --errno what they get, or try it out "
	    "with --permissive; an OCI profile can name a seccomp agent in \"listenerPath\"",
	    what);
	return true;
}

/* Whether somebody is there for all that asks: the agent at listenerPath for what notifies. */
static int check_supervised(struct run_sandbox *sandbox)
{
	const struct stile_policy *p = sandbox->policy;
	const bool has_agent = stile_policy_listener(p, NULL);
	enum stile_abi abis[STILE_ABI_COUNT];
	const size_t count = stile_policy_abis(p, abis);
	struct stile_policy_call call;
	unsigned int kinds = asking(stile_policy_foreign_abi(p));

	sandbox->is_notified = has_agent;
	if (refuse_supervised(sandbox, kinds, "calls by another ABI"))
		return STATUS_RUN_FAILED;
	for (size_t a = 0; a < count; a++) {
		const unsigned int unknown = asking(stile_policy_unknown(p, abis[a]));

		if (refuse_supervised(sandbox, unknown, "its default action"))
			return STATUS_RUN_FAILED;
		for (size_t i = 0; stile_policy_get_call(p, abis[a], i, &call); i++) {
			const unsigned int asks = call_asking(p, &call);

			if (refuse_supervised(sandbox, asks, call.name ? call.name : "a call"))
				return STATUS_RUN_FAILED;
			kinds |= asks;
		}
		kinds |= unknown;
	}
	sandbox->is_notified = kinds != 0;
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
	status = check_supervised(sandbox);
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

static int read_policy(struct run_sandbox *sandbox, struct run_options *options)
{
	sandbox->policy = policy_source_read(&options->source, options->policy);
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

int run_sandbox_make(struct run_sandbox *sandbox, struct run_options *options)
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
