/* SPDX-License-Identifier: MIT */
#include "policy_split.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "context.h"
#include "policy_build.h"

typedef struct stile_action (*action_change)(struct stile_action);

static struct stile_action notifying(struct stile_action action)
{
	return (struct stile_action){ action.kind == STILE_ACTION_NOTIFY ? STILE_ACTION_NOTIFY :
									   STILE_ACTION_ALLOW,
				      0 };
}

static struct stile_action rest(struct stile_action action)
{
	const struct stile_action allow = { STILE_ACTION_ALLOW, 0 };

	return action.kind == STILE_ACTION_NOTIFY ? allow : action;
}

static struct stile_action to_tracer(struct stile_action action)
{
	const struct stile_action trace = { STILE_ACTION_TRACE, 0 };

	return action_asks(action) ? trace : action;
}

/* Every action that a policy has. */
static void change_actions(struct policy *policy, action_change change)
{
	policy->default_action = change(policy->default_action);
	policy->foreign_action = change(policy->foreign_action);
	policy->unknown_action = change(policy->unknown_action);
	for (unsigned int abi = 0; abi < STILE_ABI_COUNT; abi++)
		policy->abi_unknown[abi] = change(policy->abi_unknown[abi]);
	for (uint32_t a = 0; a < policy->abi_count; a++)
		for (uint32_t i = 0; i < policy->abis[a].decision_count; i++)
			policy->abis[a].decisions[i].rest =
				change(policy->abis[a].decisions[i].rest);
	for (uint32_t i = 0; i < policy->rule_count; i++)
		policy->rules[i].action = change(policy->rules[i].action);
}

static void *copy_array(const void *from, size_t count, size_t size)
{
	void *copy = calloc(count + 1, size);

	if (copy && count)
		memcpy(copy, from, count * size);
	return copy;
}

int policy_split(const struct policy *from, enum policy_part wanted, struct policy *part)
{
	*part = *from;
	part->abi_count = 0;
	part->rules = copy_array(from->rules, from->rule_count, sizeof(*part->rules));
	for (uint32_t a = 0; part->rules && a < from->abi_count; a++) {
		struct policy_abi *abi = &part->abis[a];

		abi->decisions = copy_array(from->abis[a].decisions, abi->decision_count,
					    sizeof(*abi->decisions));
		part->abi_count++;
		if (!abi->decisions)
			break;
	}
	if (!part->rules || part->abi_count < from->abi_count ||
	    (part->abi_count && !part->abis[part->abi_count - 1].decisions)) {
		policy_free(part);
		return -ENOMEM;
	}
	change_actions(part, wanted == PART_NOTIFYING ? notifying : rest);
	return 0;
}

static bool is_notify(struct stile_action action)
{
	return action.kind == STILE_ACTION_NOTIFY;
}

bool policy_notifies(const struct policy *policy)
{
	bool does = is_notify(policy->default_action) || is_notify(policy->foreign_action) ||
		    is_notify(policy->unknown_action);

	for (unsigned int abi = 0; abi < STILE_ABI_COUNT; abi++)
		does |= is_notify(policy->abi_unknown[abi]);
	for (uint32_t a = 0; a < policy->abi_count; a++)
		for (uint32_t i = 0; i < policy->abis[a].decision_count; i++)
			does |= is_notify(policy->abis[a].decisions[i].rest);
	for (uint32_t i = 0; i < policy->rule_count; i++)
		does |= is_notify(policy->rules[i].action);
	return does;
}

static struct stile_action to_nobody(struct stile_action action)
{
	const struct stile_action allow = { STILE_ACTION_ALLOW, 0 };

	return action_asks(action) ? allow : action;
}

void policy_leave_to_tracer(struct policy *policy, bool is_unasked)
{
	change_actions(policy, is_unasked ? to_nobody : to_tracer);
}
