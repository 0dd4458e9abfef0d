/* SPDX-License-Identifier: MIT */
#include "policy_build_multiplexers.h"

#include <errno.h>

#include "syscalls.h"

/* What is said of a direct call, the strictest last. */
enum said { SAID_NOTHING, SAID_PERMITTED, SAID_CONDITIONAL, SAID_REFUSED };

struct verdict {
	enum said said;
	struct stile_action action;
	uint16_t origin;
};

static struct verdict judge(const struct stile *s, uint16_t syscall, uint8_t abis)
{
	const struct stile_action no_such_call = { STILE_ACTION_ERRNO, ENOSYS };
	struct rule_summary said;
	const struct rule *rule;

	summarise_rules(s, syscall, abis, &said);
	rule = said.simple_allow;
	if (rule)
		return (struct verdict){ SAID_PERMITTED, rule->action, rule->origin };
	if (said.narrow)
		return (struct verdict){ SAID_CONDITIONAL, no_such_call, said.narrow->origin };
	rule = said.simple_refusal;
	if (rule && action_asks(rule->action)) /* a handler sees the direct call */
		return (struct verdict){ SAID_REFUSED, no_such_call, rule->origin };
	if (rule)
		return (struct verdict){ SAID_REFUSED, rule->action, rule->origin };
	return (struct verdict){ .said = SAID_NOTHING };
}

/* Before the start all is permitted that either the context or the loader permits. */
static struct verdict judge_call(const struct policy_build *b, uint16_t syscall)
{
	/* A call that the ABI has by the multiplexer alone is meant by its name on the others. */
	const uint8_t abis = syscall_table[syscall].numbers[b->abi] < 0 ? ALL_ABIS :
									  (uint8_t)(1u << b->abi);
	const struct verdict own = judge(b->s, syscall, abis);

	if (b->loader && own.said != SAID_PERMITTED) {
		struct verdict loading = judge(b->loader, syscall, abis);

		if (loading.said == SAID_PERMITTED ||
		    (loading.said == SAID_CONDITIONAL && own.said != SAID_CONDITIONAL)) {
			loading.origin = 0; /* the loader's origins are not the context's */
			return loading;
		}
	}
	return own;
}

static struct verdict strictest(const struct policy_build *b, const struct multiplexed_call *call)
{
	struct verdict strictest = { .said = SAID_NOTHING };

	for (uint16_t i = 0; i < call->direct_count; i++) {
		const struct verdict verdict = judge_call(b, direct_calls[call->first_direct + i]);

		if (verdict.said > strictest.said)
			strictest = verdict;
	}
	return strictest;
}

/* More than there is room for: then any call may be one. */
#define ANY_CALL (MULTIPLEXERS_MAX + 1)

static bool is_multiplexer(const struct policy_build *b, uint16_t syscall)
{
	if (b->multiplexer_count == ANY_CALL)
		return true;
	for (unsigned int i = 0; i < b->multiplexer_count; i++)
		if (b->multiplexers[i] == syscall)
			return true;
	return false;
}

void find_multiplexers(struct policy_build *b)
{
	b->multiplexer_count = 0;
	for (uint32_t i = 0; i < multiplexed_call_count; i++) {
		const struct multiplexed_call *call = &multiplexed_calls[i];

		if (call->abi != b->abi || is_multiplexer(b, call->multiplexer))
			continue;
		if (b->multiplexer_count < MULTIPLEXERS_MAX)
			b->multiplexers[b->multiplexer_count] = call->multiplexer;
		b->multiplexer_count++;
	}
}

void add_multiplexed(const struct policy_build *b, struct decision *decision,
		     const struct rule_summary *own, enum multiplexed_part part)
{
	if (!is_multiplexer(b, decision->syscall) ||
	    (part == MULTIPLEXED_PERMITTED && own->simple_refusal))
		return;
	for (uint32_t i = 0; i < multiplexed_call_count; i++) {
		const struct multiplexed_call *call = &multiplexed_calls[i];
		struct verdict verdict;

		if (call->multiplexer != decision->syscall || call->abi != b->abi)
			continue;
		verdict = strictest(b, call);
		if (verdict.said == SAID_NOTHING ||
		    (verdict.said == SAID_PERMITTED) != (part == MULTIPLEXED_PERMITTED))
			continue;
		add_to_decision(b->policy, decision,
				&(struct rule){ .syscall = decision->syscall,
						.abis = (uint8_t)(1u << b->abi),
						.condition_count = 1,
						.origin = verdict.origin,
						.action = verdict.action,
						.conditions = &call->condition });
	}
}
