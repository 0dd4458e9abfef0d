/* SPDX-License-Identifier: MIT */
#include "run_changes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "action_option.h"
#include "commands.h"
#include "replaced_text.h"
#include "say.h"

#define VERB "run"
#define VALUE_SHOWN 128

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
	bool is_said;

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
	is_said = say_replaced(p, option_name(option), what, replaced);
	free(replaced);
	return is_said ? 0 : STATUS_RUN_FAILED;
}

static int add_grant(struct stile_policy *p, const char *grant)
{
	if (strchr(grant, '.'))
		return override(p, 'g', grant, (struct stile_action){ STILE_ACTION_ALLOW, 0 });
	say(VERB, NULL,
	    "--grant '%.*s': give RULESET.GRANT, e.g. system_io.open_readonly; --allow is for "
	    "calls",
	    VALUE_SHOWN, grant);
	return STATUS_RUN_FAILED;
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
		return add_grant(p, change->value);
	case 'p':
		return override_words(p, change->value);
	case 'd':
		return replace_default(p, change->value);
	default: /* 'b' */
		say(VERB, NULL,
		    "--baseline is for --grant and --pledge: a policy says itself what new calls "
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

int change_policy(struct stile_policy *p, const struct run_options *options)
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
