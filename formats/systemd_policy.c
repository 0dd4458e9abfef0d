/* SPDX-License-Identifier: MIT */
/*
 * From what a unit says to a policy. systemd makes a filter for each of the machine's ABIs, one
 * more for what is logged, and one that leaves only the ABIs of SystemCallArchitectures=; calls by
 * an ABI without a filter are let through.
 */
#include <stdlib.h>
#include <string.h>

#include "oci_rules.h"
#include "answers.h"
#include "systemd.h"

static struct stile_action denied(const struct systemd_settings *settings)
{
	const struct stile_action kill = { .kind = STILE_ACTION_KILL_PROCESS };
	const struct stile_action fail = { .kind = STILE_ACTION_ERRNO,
					   .errno_value = settings->errno_value };

	return settings->errno_value ? fail : kill;
}

/* What the filters and the log together answer: the log only what is let through. */
static struct stile_action both(struct stile_action filtered, bool is_logged)
{
	if (filtered.kind == STILE_ACTION_ALLOW && is_logged)
		filtered.kind = STILE_ACTION_LOG;
	return filtered;
}

/* A list of what is not logged that has come to nothing makes no filter. */
static bool logs_others(const struct systemd_settings *settings)
{
	return settings->log == SYSTEMD_NOT_LISTED && settings->log_count > 0;
}

static struct stile_action others(const struct systemd_settings *settings)
{
	const struct stile_action allow = { .kind = STILE_ACTION_ALLOW };

	return settings->filter == SYSTEMD_LISTED ? denied(settings) : allow;
}

static bool is_logged(const struct systemd_settings *settings, const struct systemd_name *name)
{
	return name && name->is_listed ? settings->log == SYSTEMD_LISTED : logs_others(settings);
}

static struct stile_action filtered(const struct systemd_settings *settings,
				    const struct systemd_name *name)
{
	struct stile_action action = others(settings);

	if (!name)
		return action;
	switch (name->verdict) {
	case SYSTEMD_UNSET:
		break;
	case SYSTEMD_ALLOWED:
		action = (struct stile_action){ .kind = STILE_ACTION_ALLOW };
		break;
	case SYSTEMD_DENIED:
		action = denied(settings);
		break;
	case SYSTEMD_KILLED:
		action = (struct stile_action){ .kind = STILE_ACTION_KILL_PROCESS };
		break;
	case SYSTEMD_FAILS:
		action = (struct stile_action){ .kind = STILE_ACTION_ERRNO,
						.errno_value = name->errno_value };
		break;
	}
	return action;
}

struct adding {
	const struct systemd_reader *reader;
	struct stile_policy *policy;
	enum stile_abi abi;
};

static bool add_rule(const struct adding *adding, uint32_t number, struct stile_action action,
		     const struct stile_table_condition *condition, unsigned int line)
{
	struct stile_policy_rule rule = { .abi = adding->abi,
					  .number = number,
					  .action = action,
					  .conditions = condition,
					  .condition_count = condition ? 1 : 0 };

	rule.origin = stile_policy_add_origin(adding->policy, adding->reader->source->name, line);
	return rule.origin >= 0 && stile_policy_add_rule(adding->policy, &rule) == 0;
}

/*
 * One of the calls behind i386's socketcall or ipc: libseccomp lets a rule for it stand for that
 * way too, unless there is a rule for all of socketcall or ipc.
 */
static bool add_multiplexed(const struct adding *adding, const struct systemd_name *name)
{
	const struct systemd_settings *settings = &adding->reader->settings;
	struct stile_table_condition condition = { .bits = 32,
						   .comparison = STILE_EQUAL,
						   .parameter = -1 };
	const struct systemd_name *by;
	struct stile_action action, rest;
	uint32_t number, call;

	if (!oci_multiplexer(name->name, &number, &call))
		return true;
	by = systemd_find_name(&settings->names, stile_syscall_name(STILE_ABI_I386, (long)number));
	condition.value = call;
	action = both(filtered(settings, by && by->verdict ? by : name),
		      is_logged(settings, by && by->is_listed ? by : name));
	rest = both(filtered(settings, by), is_logged(settings, by));
	return answers_are_equal(action, rest) ||
	       add_rule(adding, number, action, &condition, name->line);
}

static bool add_name(const struct adding *adding, const struct systemd_name *name)
{
	const struct systemd_settings *settings = &adding->reader->settings;
	const struct stile_action action = both(filtered(settings, name),
						is_logged(settings, name));
	const struct stile_action rest = both(others(settings), logs_others(settings));
	const long number = stile_syscall_number(adding->abi, name->name);

	if (number < 0 || answers_are_equal(action, rest))
		return true;
	return add_rule(adding, (uint32_t)number, action, NULL, name->line);
}

/* Rules with conditions come before those of their call without. */
static bool add_abi(struct adding *adding, enum stile_abi abi)
{
	const struct systemd_names *names = &adding->reader->settings.names;

	adding->abi = abi;
	if (stile_policy_add_abi(adding->policy, abi))
		return false;
	for (size_t i = 0; abi == STILE_ABI_I386 && i < names->count; i++)
		if (!add_multiplexed(adding, &names->items[i]))
			return false;
	for (size_t i = 0; i < names->count; i++)
		if (!add_name(adding, &names->items[i]))
			return false;
	return true;
}

/* The ABIs of a machine, of which systemd makes filters. */
static bool has_filter(const struct systemd_reader *reader, enum stile_abi abi)
{
	const enum stile_abi native = reader->options->abi;

	if (abi == native)
		return true;
	if (native != STILE_ABI_X86_64 || (abi != STILE_ABI_I386 && abi != STILE_ABI_X32))
		return false;
	return !reader->settings.has_architectures || reader->settings.abis[abi];
}

/* Beside aarch64 there is arm, for which systemd makes a filter and stile cannot. */
static struct stile_action foreign_action(const struct systemd_reader *reader)
{
	struct stile_action action = { .kind = STILE_ACTION_ALLOW };

	if (reader->settings.has_architectures)
		action.kind = STILE_ACTION_KILL_THREAD;
	else if (reader->options->abi == STILE_ABI_AARCH64)
		action.kind = STILE_ACTION_KILL_PROCESS;
	return action;
}

struct stile_policy *systemd_policy(const struct systemd_reader *reader)
{
	const struct systemd_settings *settings = &reader->settings;
	const struct stile_action foreign = foreign_action(reader);
	struct stile_policy *policy = stile_policy_new();
	struct adding adding = { .reader = reader, .policy = policy };

	(void)stile_policy_set_default(policy, both(others(settings), logs_others(settings)));
	(void)stile_policy_set_foreign_abi(policy, foreign);
	for (int abi = 0; abi < STILE_ABI_COUNT; abi++)
		if (has_filter(reader, (enum stile_abi)abi) &&
		    !add_abi(&adding, (enum stile_abi)abi))
			break;
	if (!stile_policy_error(policy))
		return policy;
	diagnose_error(reader->diagnostics, reader->source->name, 0, 0, "%s",
		       stile_policy_message(policy));
	stile_policy_free(policy);
	return NULL;
}
