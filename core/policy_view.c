/* SPDX-License-Identifier: MIT */
/* What a policy has, for those who read it. */
#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

#include "audit_arch.h"
#include "context.h"
#include "policy_object.h"
#include "public.h"
#include "syscall_table.h"

STILE_PUBLIC size_t stile_policy_abis(const struct stile_policy *p,
				      enum stile_abi abis[STILE_ABI_COUNT])
{
	if (!p || !abis)
		return 0;
	for (uint32_t i = 0; i < p->abi_count; i++)
		abis[i] = p->abis[i].abi;
	return p->abi_count;
}

static const struct policy_abi *find_abi(const struct policy *made, enum stile_abi abi)
{
	for (uint32_t i = 0; made && i < made->abi_count; i++)
		if (made->abis[i].abi == abi)
			return &made->abis[i];
	return NULL;
}

/* Whose calls with this number are: x32's, which was made of x86_64's, is not seen where x32 is
 * ignored. */
static enum stile_abi shown_abi(const struct stile_policy *p, const struct policy_abi *abi)
{
	return abi->abi == STILE_ABI_X32 && p->ignores_x32 ? STILE_ABI_X86_64 : abi->abi;
}

/* The decision for a number, and in *abi whose it is; NULL: there is none. */
static const struct decision *find_decision(const struct stile_policy *p, const struct policy *made,
					    enum stile_abi of, uint32_t number,
					    const struct policy_abi **abi)
{
	const bool is_shared = number == UINT32_MAX || stile_policy_ignores_x32(p);

	*abi = made && is_shared ? policy_find_abi(made, audit_arch(of), number) :
				   find_abi(made, of);
	return *abi ? policy_find_decision(*abi, number) : NULL;
}

static void fill_call(const struct stile_policy *p, const struct policy_abi *abi,
		      const struct decision *decision, struct stile_policy_call *call)
{
	*call = (struct stile_policy_call){
		.abi = shown_abi(p, abi),
		.number = (uint32_t)decision->number,
		.name = decision->syscall == NO_SYSCALL ? NULL :
							  syscall_table[decision->syscall].name,
		.rule_count = decision->rule_count,
		.rest = decision->rest,
		.rest_origin = (int)decision->origin,
	};
}

STILE_PUBLIC bool stile_policy_get_call(const struct stile_policy *p, enum stile_abi abi,
					size_t index, struct stile_policy_call *call)
{
	const struct policy *made = policy_made(p);
	const struct policy_abi *found = find_abi(made, abi), *x32;
	uint32_t before_x32;

	if (!found || !call || (abi == STILE_ABI_X32 && p->ignores_x32))
		return false;
	x32 = abi == STILE_ABI_X86_64 && p->ignores_x32 ? find_abi(made, STILE_ABI_X32) : NULL;
	if (x32) { /* behind its numbers there is but -1 */
		before_x32 = found->decision_count -
			     (policy_find_decision(found, UINT32_MAX) != NULL);
		if (index >= before_x32 && index - before_x32 < x32->decision_count) {
			fill_call(p, x32, &x32->decisions[index - before_x32], call);
			return true;
		}
		index -= index >= before_x32 ? x32->decision_count : 0;
	}
	if (index >= found->decision_count)
		return false;
	fill_call(p, found, &found->decisions[index], call);
	return true;
}

STILE_PUBLIC bool stile_policy_find_call(const struct stile_policy *p, enum stile_abi abi,
					 uint32_t number, struct stile_policy_call *call)
{
	const struct policy_abi *found;
	const struct decision *decision = find_decision(p, policy_made(p), abi, number, &found);

	if (!decision || !call)
		return false;
	fill_call(p, found, decision, call);
	return true;
}

static void fill_rule(const struct rule *rule, enum stile_abi abi, uint32_t number,
		      struct stile_policy_rule *filled)
{
	*filled = (struct stile_policy_rule){ .abi = abi,
					      .number = number,
					      .action = rule->action,
					      .conditions = rule->conditions,
					      .condition_count = rule->condition_count,
					      .origin = (int)rule->origin };
}

STILE_PUBLIC bool stile_policy_get_rule(const struct stile_policy *p,
					const struct stile_policy_call *call, size_t index,
					struct stile_policy_rule *rule)
{
	const struct policy *made = call && rule ? policy_made(p) : NULL;
	const struct policy_abi *abi;
	const struct decision *decision =
		made ? find_decision(p, made, call->abi, call->number, &abi) : NULL;

	if (!decision || index >= decision->rule_count)
		return false;
	fill_rule(&made->rules[decision->first_rule + index], call->abi, call->number, rule);
	return true;
}

static const struct stile_action killing = { STILE_ACTION_KILL_PROCESS, 0 };

STILE_PUBLIC struct stile_action stile_policy_default(const struct stile_policy *p)
{
	return p ? p->default_action : killing;
}

STILE_PUBLIC struct stile_action stile_policy_foreign_abi(const struct stile_policy *p)
{
	return p ? p->foreign_action : killing;
}

STILE_PUBLIC struct stile_action stile_policy_unknown(const struct stile_policy *p,
						      enum stile_abi abi)
{
	for (uint32_t i = 0; p && i < p->abi_count; i++)
		if (p->abis[i].abi == abi && p->abis[i].has_unknown)
			return p->abis[i].unknown;
	return stile_policy_default(p);
}

STILE_PUBLIC bool stile_policy_ignores_x32(const struct stile_policy *p)
{
	return p && p->ignores_x32;
}

STILE_PUBLIC const char *stile_policy_origin(const struct stile_policy *p, int origin,
					     unsigned int *line)
{
	if (line)
		*line = 0;
	if (!p || origin < 0 || (uint32_t)origin >= p->origin_count)
		return "";
	if (line)
		*line = p->origins[origin].line;
	return p->origins[origin].text;
}

static void decide(const struct policy *made, enum stile_abi abi, const struct decision *from,
		   const uint64_t words[6], struct stile_decision *decision)
{
	for (uint32_t i = 0; i < from->rule_count; i++) {
		const struct rule *rule = &made->rules[from->first_rule + i];

		if (!rule_matches(rule, words))
			continue;
		decision->action = rule->action;
		decision->reason = STILE_REASON_RULE;
		decision->origin = (int)rule->origin;
		fill_rule(rule, abi, (uint32_t)from->number, &decision->rule);
		return;
	}
	decision->action = from->rest;
	decision->reason = STILE_REASON_REST;
	decision->origin = (int)from->origin;
}

STILE_PUBLIC int stile_policy_decide(const struct stile_policy *p, const struct seccomp_data *data,
				     struct stile_decision *decision)
{
	const struct policy *made = policy_made(p);
	const struct policy_abi *abi;
	const struct decision *from;
	uint64_t words[6];

	if (!made)
		return policy_ready(p);
	if (!data || !decision)
		return -EINVAL;
	abi = policy_find_abi(made, data->arch, (uint32_t)data->nr);
	memset(decision, 0, sizeof(*decision));
	decision->origin = -1;
	if (!abi) {
		decision->action = made->foreign_action;
		decision->reason = STILE_REASON_FOREIGN;
		return 0;
	}
	from = policy_find_decision(abi, (uint32_t)data->nr);
	if (!from) {
		decision->action = unknown_answer(made, abi);
		decision->reason = actions_equal(decision->action, made->default_action) ?
					   STILE_REASON_DEFAULT :
					   STILE_REASON_UNKNOWN;
		return 0;
	}
	for (unsigned int i = 0; i < 6; i++)
		words[i] = data->args[i];
	decide(made, shown_abi(p, abi), from, words, decision);
	if (decision->reason == STILE_REASON_REST && decision->origin < 0 &&
	    actions_equal(decision->action, made->default_action))
		decision->reason = STILE_REASON_DEFAULT;
	return 0;
}
