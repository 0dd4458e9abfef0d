/* SPDX-License-Identifier: MIT */
#include "path_rules.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>

#include "context.h"

struct stile_action answer_action(uint32_t answer)
{
	static const struct {
		uint32_t answer;
		enum stile_action_kind kind;
	} kinds[] = {
		{ SECCOMP_RET_ALLOW, STILE_ACTION_ALLOW },
		{ SECCOMP_RET_LOG, STILE_ACTION_LOG },
		{ SECCOMP_RET_TRACE, STILE_ACTION_TRACE },
		{ SECCOMP_RET_USER_NOTIF, STILE_ACTION_NOTIFY },
		{ SECCOMP_RET_ERRNO, STILE_ACTION_ERRNO },
		{ SECCOMP_RET_TRAP, STILE_ACTION_TRAP },
		{ SECCOMP_RET_KILL_THREAD, STILE_ACTION_KILL_THREAD },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (kinds[i].answer == (answer & SECCOMP_RET_ACTION_FULL))
			return (struct stile_action){ kinds[i].kind, answer & SECCOMP_RET_DATA };
	return (struct stile_action){ STILE_ACTION_KILL_PROCESS, 0 };
}

bool answer_is_action(uint32_t answer, struct stile_action action)
{
	return actions_equal(answer_action(answer), action);
}

/* A rule in the making. */
struct draft {
	struct stile_policy *p;
	struct call_rules *call;
	enum stile_abi abi;
	const struct path *path;
	uint32_t origin, made;
	unsigned int count;
	struct stile_table_condition conditions[RULE_CONDITIONS_MAX];
};

#define RULES_MAX 4096 /* of one call */

static bool add_condition(struct draft *d, unsigned int argument, unsigned int bits,
			  enum stile_comparison comparison, uint64_t mask, uint64_t value)
{
	if (d->count == RULE_CONDITIONS_MAX)
		return false;
	d->conditions[d->count++] = (struct stile_table_condition){
		.argument = (uint8_t)argument,
		.bits = (uint8_t)bits,
		.comparison = (uint8_t)comparison,
		.parameter = -1,
		.mask = mask,
		.value = value,
	};
	return true;
}

/* The bits that all words of a piece share, as far as these alone make the piece. */
static bool is_masked(const struct word_piece *piece, uint32_t *mask, uint32_t *value)
{
	const uint32_t differing = piece->low ^ piece->high;
	const uint32_t shared = ~word_bits_up_to(differing);

	*mask = piece->mask | shared;
	*value = piece->value | (piece->low & shared);
	return piece->low == *value && piece->high == (*value | ~*mask);
}

/* A range of bits-wide values, unsigned. */
static bool add_range(struct draft *d, unsigned int argument, unsigned int bits, uint64_t low,
		      uint64_t high)
{
	const uint64_t all = UINT64_MAX >> (64 - bits);

	if (low == high)
		return add_condition(d, argument, bits, STILE_EQUAL, 0, low);
	return (low == 0 || add_condition(d, argument, bits, STILE_GREATER_OR_EQUAL, 0, low)) &&
	       (high == all || add_condition(d, argument, bits, STILE_LESS_OR_EQUAL, 0, high));
}

/* The words of a piece of the lower word alone. */
static bool add_lower(struct draft *d, unsigned int argument, const struct word_piece *piece)
{
	uint32_t mask, value;

	if (piece->mask == 0)
		return add_range(d, argument, 32, piece->low, piece->high);
	if (!is_masked(piece, &mask, &value) &&
	    !add_range(d, argument, 32, piece->low, piece->high))
		return false;
	return add_condition(d, argument, 32, STILE_MASKED_EQUAL, mask, value);
}

static bool add_upper(struct draft *d, unsigned int argument, const struct word_piece *piece)
{
	const uint64_t low = (uint64_t)piece->low << 32;
	const uint64_t high = (uint64_t)piece->high << 32 | UINT32_MAX;
	uint32_t mask, value;

	if (is_masked(piece, &mask, &value))
		return mask == 0 || add_condition(d, argument, 64, STILE_MASKED_EQUAL,
						  (uint64_t)mask << 32, (uint64_t)value << 32);
	return add_range(d, argument, 64, low, high) &&
	       (piece->mask == 0 ||
		add_condition(d, argument, 64, STILE_MASKED_EQUAL, (uint64_t)piece->mask << 32,
			      (uint64_t)piece->value << 32));
}

/* With one upper word both are a number of 64 bits. */
static bool add_both(struct draft *d, unsigned int argument, uint32_t upper,
		     const struct word_piece *lower)
{
	const uint64_t high = (uint64_t)upper << 32;
	uint32_t mask, value;

	if (lower->mask == 0)
		return add_range(d, argument, 64, high | lower->low, high | lower->high);
	if (!is_masked(lower, &mask, &value) &&
	    !add_range(d, argument, 64, high | lower->low, high | lower->high))
		return false;
	return add_condition(d, argument, 64, STILE_MASKED_EQUAL, (uint64_t)UINT32_MAX << 32 | mask,
			     high | value);
}

static bool add_argument(struct draft *d, unsigned int argument, const struct word_piece *upper,
			 const struct word_piece *lower)
{
	if (upper->low == upper->high)
		return add_both(d, argument, upper->low, lower);
	return add_upper(d, argument, upper) && add_lower(d, argument, lower);
}

static int too_many(struct draft *d)
{
	return policy_fail(d->p, -E2BIG,
			   "the filter cannot be said as rules: it has too many conditions for "
			   "call %u",
			   d->call->number);
}

static int add_rule(struct draft *d)
{
	const struct stile_table_condition *conditions;
	struct rule *added;

	if (++d->made > RULES_MAX)
		return too_many(d);
	conditions = policy_copy_conditions(d->p, d->conditions, d->count);
	added = conditions ? policy_grow_rules(d->p, d->call) : NULL;
	if (!added)
		return d->p->error;
	*added = policy_rule(d->call->syscall, d->abi, answer_action(d->path->answer), conditions,
			     d->count, d->origin);
	return 0;
}

/* All combinations of the pieces of the arguments from this one on. */
static int add_arguments(struct draft *d, unsigned int argument)
{
	const struct path_set *upper, *lower;
	const unsigned int before = d->count;
	int error = 0;

	if (argument == 6)
		return add_rule(d);
	upper = &d->path->sets[DATA_WORD_UPPER(argument)];
	lower = &d->path->sets[DATA_WORD_LOWER(argument)];
	for (uint32_t i = 0; !error && i < upper->count; i++)
		for (uint32_t k = 0; !error && k < lower->count; k++) {
			d->count = before;
			if (!add_argument(d, argument, &upper->pieces[i], &lower->pieces[k]))
				return too_many(d);
			error = add_arguments(d, argument + 1);
		}
	d->count = before;
	return error;
}

/* The answer that is left to the rest: the preferred one, else the one with the most ways. */
static uint32_t choose_rest(const struct path *const *paths, uint32_t count,
			    struct stile_action preferred)
{
	uint32_t best = 0, most = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t alike = 0;

		if (answer_is_action(paths[i]->answer, preferred))
			return paths[i]->answer;
		for (uint32_t k = 0; k < count; k++)
			alike += paths[k]->answer == paths[i]->answer;
		if (alike > most) {
			most = alike;
			best = paths[i]->answer;
		}
	}
	return best;
}

/* A rule without conditions is the rest, and so is what stands last and answers the same. */
static void tidy(struct call_rules *call)
{
	for (uint32_t i = 0; i < call->count; i++)
		if (call->rules[i].condition_count == 0) {
			call->rest = call->rules[i].action;
			call->count = i;
		}
	while (call->count && actions_equal(call->rules[call->count - 1].action, call->rest))
		call->count--;
}

int path_rules_add(struct stile_policy *p, struct call_rules *call, enum stile_abi abi,
		   const struct path *const *paths, uint32_t count, struct stile_action preferred,
		   uint32_t origin)
{
	const uint32_t rest = choose_rest(paths, count, preferred);
	struct draft d = { .p = p, .call = call, .abi = abi, .origin = origin };
	uint32_t last_wider = 0; /* ways before it are needed, whatever they answer */
	int error = 0;

	call->rest = answer_action(rest);
	for (uint32_t i = 0; i < count; i++)
		if (paths[i]->is_wider && paths[i]->answer != rest)
			last_wider = i;
	for (uint32_t i = 0; !error && i < count; i++) {
		if (paths[i]->answer == rest && i >= last_wider)
			continue;
		d.path = paths[i];
		d.count = 0;
		error = add_arguments(&d, 0);
	}
	tidy(call);
	return error;
}
