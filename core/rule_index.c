/* SPDX-License-Identifier: MIT */
#include "rule_index.h"

#include <stdlib.h>
#include <string.h>

#include "context.h"
#include "syscall_table.h"

#define NO_ARGUMENT UINT8_MAX
#define FIRST_BUCKETS 64

struct indexed_syscall {
	uint32_t first_listed;	/* the newest rule without the key; NO_RULE: none */
	uint8_t argument, bits; /* the key; NO_ARGUMENT: no rule has one yet */
};

bool rule_index_start(struct rule_index *index)
{
	index->syscalls = malloc(syscall_table_count * sizeof(*index->syscalls));
	if (!index->syscalls)
		return false;
	/* NO_RULE and NO_ARGUMENT are all ones */
	memset(index->syscalls, 0xff, syscall_table_count * sizeof(*index->syscalls));
	return true;
}

void rule_index_free(struct rule_index *index)
{
	free(index->syscalls);
	free(index->buckets);
}

/*
 * The condition by which a rule wants this argument to be a value. NULL also if it has a second
 * condition on it: the two may contradict each other, and such a rule lies within every other.
 */
static const struct stile_table_condition *wanted(const struct rule *rule, uint8_t argument,
						  uint8_t bits)
{
	const struct stile_table_condition *found = NULL;

	for (unsigned int i = 0; i < rule->condition_count; i++) {
		const struct stile_table_condition *condition = &rule->conditions[i];

		if (condition->argument != argument)
			continue;
		if (found || condition->comparison != STILE_EQUAL || condition->bits != bits)
			return NULL;
		found = condition;
	}
	return found;
}

/* The value within its bits, as it is compared. */
static uint64_t wanted_value(const struct stile_table_condition *condition)
{
	return condition->bits >= 64 ? condition->value :
				       condition->value & ((UINT64_C(1) << condition->bits) - 1);
}

bool rules_want_different_values(const struct rule *a, const struct rule *b)
{
	for (unsigned int i = 0; i < a->condition_count; i++) {
		const struct stile_table_condition *x = &a->conditions[i], *y;

		if (x->comparison != STILE_EQUAL || wanted(a, x->argument, x->bits) != x)
			continue;
		y = wanted(b, x->argument, x->bits);
		if (y && wanted_value(x) != wanted_value(y))
			return true;
	}
	return false;
}

static void choose_key(struct indexed_syscall *place, const struct rule *rule)
{
	for (unsigned int i = 0; i < rule->condition_count; i++) {
		const struct stile_table_condition *condition = &rule->conditions[i];

		if (wanted(rule, condition->argument, condition->bits)) {
			place->argument = condition->argument;
			place->bits = condition->bits;
			return;
		}
	}
}

static uint32_t *bucket(const struct rule_index *index, uint16_t syscall,
			const struct stile_table_condition *key)
{
	/* 2^64 / the golden ratio: the upper half depends on all bits */
	uint64_t hash = (wanted_value(key) + ((uint64_t)syscall << 32)) *
			UINT64_C(0x9e3779b97f4a7c15);

	return &index->buckets[hash >> 32 & (index->bucket_count - 1)];
}

static const struct stile_table_condition *key_of(const struct rule_index *index,
						  const struct rule *rule)
{
	const struct indexed_syscall *place = &index->syscalls[rule->syscall];

	return place->argument == NO_ARGUMENT ? NULL : wanted(rule, place->argument, place->bits);
}

/* Doubles the buckets, so that most hold one rule. */
static bool grow(struct stile *s)
{
	struct rule_index *index = &s->index;
	uint32_t count = index->bucket_count ? 2 * index->bucket_count : FIRST_BUCKETS;
	uint32_t *buckets = malloc(count * sizeof(*buckets));

	if (!buckets)
		return false;
	memset(buckets, 0xff, count * sizeof(*buckets)); /* NO_RULE */
	free(index->buckets);
	index->buckets = buckets;
	index->bucket_count = count;
	for (uint32_t i = 0; i < s->rule_count; i++) {
		const struct stile_table_condition *key = key_of(index, &s->rules[i].rule);

		if (key) {
			uint32_t *first = bucket(index, s->rules[i].rule.syscall, key);

			s->rules[i].next_alike = *first;
			*first = i;
		}
	}
	return true;
}

bool rule_index_add(struct stile *s, const struct rule *rule, uint32_t *next_alike)
{
	struct rule_index *index = &s->index;
	struct indexed_syscall *place = &index->syscalls[rule->syscall];
	const struct stile_table_condition *key;
	uint32_t *first = &place->first_listed;

	if (place->argument == NO_ARGUMENT)
		choose_key(place, rule);
	key = key_of(index, rule);
	if (key) {
		if (index->keyed_count == index->bucket_count && !grow(s))
			return false;
		index->keyed_count++;
		first = bucket(index, rule->syscall, key);
	}
	*next_alike = *first;
	*first = s->rule_count;
	return true;
}

struct rule_candidates rule_candidates(const struct stile *s, const struct rule *rule)
{
	const struct stile_table_condition *key = key_of(&s->index, rule);
	struct rule_candidates candidates = { .s = s,
					      .syscall = rule->syscall,
					      .is_list_whole = !key,
					      .listed = s->first_rule[rule->syscall],
					      .keyed = NO_RULE };

	if (key) {
		candidates.listed = s->index.syscalls[rule->syscall].first_listed;
		candidates.keyed = *bucket(&s->index, rule->syscall, key);
	}
	return candidates;
}

uint32_t rule_candidates_next(struct rule_candidates *candidates)
{
	const struct context_rule *rules = candidates->s->rules;
	uint32_t listed = candidates->listed, keyed = candidates->keyed;

	/* a bucket may hold rules of several syscalls */
	while (keyed != NO_RULE && rules[keyed].rule.syscall != candidates->syscall)
		keyed = rules[keyed].next_alike;
	candidates->keyed = keyed;
	if (keyed != NO_RULE && (listed == NO_RULE || keyed > listed)) {
		candidates->keyed = rules[keyed].next_alike;
		return keyed;
	}
	if (listed != NO_RULE)
		candidates->listed = candidates->is_list_whole ? rules[listed].next :
								 rules[listed].next_alike;
	return listed;
}
