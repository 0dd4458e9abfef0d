/* SPDX-License-Identifier: MIT */
#include "small_world.h"

#include <linux/audit.h>
#include <string.h>

#include "prologue.h"
#include "proof_search.h"
#include "test_support.h"
#include "word_value.h"

static uint32_t below(struct small_world *w, uint32_t limit)
{
	return random_below(&w->r, limit);
}

/* Bits 0, 1, 2 and 31 only; what lies between is tried as one (word_at()). */
static uint32_t draw_bits(struct small_world *w)
{
	return below(w, 8) | (below(w, 6) == 0 ? UINT32_C(1) << 31 : 0);
}

static void draw_condition(struct small_world *w, struct stile_table_condition *c)
{
	static const uint8_t often[] = { STILE_EQUAL, STILE_MASKED_EQUAL, STILE_MASKED_EQUAL };

	*c = (struct stile_table_condition){
		.argument = (uint8_t)below(w, w->arguments),
		.bits = 32,
		.comparison = below(w, 3) ? often[below(w, 3)] :
					    (uint8_t)below(w, STILE_MASKED_EQUAL + 1),
		.is_signed = below(w, 4) == 0,
		.parameter = -1,
		.mask = draw_bits(w),
		.value = draw_bits(w)
	};
	if (w->is_wide && c->argument == 0) {
		c->bits = 64;
		c->mask |= (uint64_t)draw_bits(w) << 32;
		c->value |= (uint64_t)below(w, 2) << 32;
	} else if (w->narrow & 1u << c->argument) {
		c->bits = 16;
		c->mask &= UINT16_MAX;
		c->value &= UINT16_MAX;
	}
	if (c->comparison == STILE_MASKED_EQUAL)
		c->value &= c->mask;
	else
		c->mask = 0;
}

static struct stile_action draw_action(struct small_world *w)
{
	return (struct stile_action){ below(w, 2) ? STILE_ACTION_ALLOW : STILE_ACTION_ERRNO,
				      (uint16_t)(below(w, 8) ? 1 : 2) };
}

static void draw_policy(struct small_world *w)
{
	const struct stile_action other = draw_action(w);
	struct stile_table_condition *c = w->conditions;
	struct rule *rule = w->rules;

	w->is_wide = below(w, 6) == 0;
	w->narrow = below(w, 8) ? 0 : below(w, 8);
	w->arguments = w->is_wide ? 2 : 2 + (below(w, 6) == 0);
	for (unsigned int i = 0; i < SMALL_WORLD_NUMBERS; i++) {
		const struct stile_action action = draw_action(w);

		w->decisions[i] =
			(struct decision){ .number = (int32_t)i + 1,
					   .first_rule = (uint32_t)(rule - w->rules),
					   .rule_count = 1 + below(w, SMALL_WORLD_RULES - 1),
					   .rest = draw_action(w) };
		for (uint32_t j = 0; j < w->decisions[i].rule_count; j++, rule++) {
			*rule = (struct rule){
				.conditions = c,
				.condition_count = (uint8_t)(1 + below(w, SMALL_WORLD_CONDITIONS)),
				.action = below(w, 4) ? action : draw_action(w)
			};
			for (unsigned int n = rule->condition_count; n; n--)
				draw_condition(w, c++);
		}
	}
	w->policy = (struct policy){ .abis = { { STILE_ABI_X86_64, SMALL_WORLD_NUMBERS,
						 w->decisions } },
				     .abi_count = 1,
				     .rules = w->rules,
				     .rule_count = (uint32_t)(rule - w->rules),
				     .default_action = other,
				     .foreign_action = other,
				     .unknown_action = other };
}

static void add(struct small_world *w, struct sock_filter i)
{
	ck_assert_uint_lt(w->filter.count, SMALL_WORLD_LENGTH);
	w->program[w->filter.count++] = i;
}

static void load(struct small_world *w, unsigned int word)
{
	add(w, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, word * 4));
}

/* A jump to what follows, or to a target that is not known yet: no jump is so far. */
#define FAILS 255

static void need(struct small_world *w, uint16_t comparison, uint32_t k, bool holds)
{
	add(w, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_K | comparison, k, holds ? 0 : FAILS,
					    holds ? FAILS : 0));
}

/* What failed since then goes on here. */
static void patch(struct small_world *w, size_t first)
{
	for (size_t pc = first; pc < w->filter.count; pc++) {
		struct sock_filter *i = &w->program[pc];

		if (BPF_CLASS(i->code) != BPF_JMP || BPF_OP(i->code) == BPF_JA)
			continue;
		if (i->jt == FAILS)
			i->jt = (uint8_t)(w->filter.count - pc - 1);
		if (i->jf == FAILS)
			i->jf = (uint8_t)(w->filter.count - pc - 1);
	}
}

static unsigned int draw_word(struct small_world *w)
{
	return w->is_wide && below(w, 3) == 0 ? DATA_WORD_UPPER(0) :
						DATA_WORD_LOWER(below(w, w->arguments));
}

/* What changes nothing, but tells two ways apart that meet behind it. */
static void add_detour(struct small_world *w)
{
	static const uint16_t comparisons[] = { BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET, BPF_JSET };
	const uint16_t comparison = comparisons[below(w, 5)];
	const unsigned int kind = below(w, 5);

	if (kind == 0) {
		load(w, draw_word(w));
		add(w, (struct sock_filter)BPF_STMT(BPF_ST, below(w, 2)));
	}
	load(w, draw_word(w));
	if (kind == 1)
		add(w, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, draw_bits(w)));
	/* Two words compared with each other: of that nothing is kept. */
	if (kind == 3) {
		add(w, (struct sock_filter)BPF_STMT(BPF_MISC | BPF_TAX, 0));
		load(w, draw_word(w));
	}
	add(w, (struct sock_filter)BPF_JUMP(BPF_JMP | (kind == 3 ? BPF_X : BPF_K) | comparison,
					    kind == 3 ? 0 : draw_bits(w), 0, 1 + (kind == 2)));
	add(w, (struct sock_filter)BPF_STMT(BPF_LD | BPF_IMM, below(w, 3)));
	if (kind == 2)
		add(w, (struct sock_filter)BPF_STMT(BPF_ST, below(w, 2)));
}

/* For a comparison on one word. */
static void add_half(struct small_world *w, const struct stile_table_condition *c,
		     unsigned int word)
{
	const unsigned int shift = word & 1 ? 32 : 0;
	const uint32_t mask = c->comparison == STILE_MASKED_EQUAL ? (uint32_t)(c->mask >> shift) :
			      c->bits == 16			  ? UINT16_MAX :
								    UINT32_MAX;
	const uint32_t value = (uint32_t)(c->value >> shift);
	const bool is_single = mask && (mask & (mask - 1)) == 0;
	const bool holds = c->comparison != STILE_NOT_EQUAL;

	load(w, word);
	if (is_single || (value == 0 && mask != UINT32_MAX && holds && below(w, 2))) {
		need(w, BPF_JSET, mask, value != 0);
		return;
	}
	if (mask != UINT32_MAX)
		add(w, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, mask));
	if (holds && below(w, 8) == 0) {
		add(w, (struct sock_filter)BPF_STMT(BPF_LDX | BPF_IMM, value));
		add(w, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_X, 0, 0, FAILS));
		return;
	}
	need(w, BPF_JEQ, value, holds);
}

/* False: such conditions are left to the back end. */
static bool add_condition(struct small_world *w, const struct stile_table_condition *c)
{
	const uint32_t sign = c->is_signed ? (uint32_t)(UINT64_C(1) << (c->bits - 1)) : 0;
	const uint32_t value = (uint32_t)c->value;
	const bool is_order = c->comparison != STILE_EQUAL && c->comparison != STILE_NOT_EQUAL &&
			      c->comparison != STILE_MASKED_EQUAL;

	if (c->bits == 64 && (is_order || c->comparison == STILE_NOT_EQUAL))
		return false;
	if (!is_order) {
		add_half(w, c, DATA_WORD_LOWER(c->argument));
		if (c->bits == 64)
			add_half(w, c, DATA_WORD_UPPER(c->argument));
		return true;
	}
	load(w, DATA_WORD_LOWER(c->argument));
	if (c->bits == 16)
		add(w, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, UINT16_MAX));
	if (sign)
		add(w, (struct sock_filter)BPF_STMT(BPF_ALU | BPF_XOR | BPF_K, sign));
	switch (c->comparison) {
	case STILE_LESS:
		need(w, BPF_JGE, value ^ sign, false);
		break;
	case STILE_LESS_OR_EQUAL:
		need(w, BPF_JGT, value ^ sign, false);
		break;
	case STILE_GREATER:
		need(w, BPF_JGT, value ^ sign, true);
		break;
	default:
		need(w, BPF_JGE, value ^ sign, true);
	}
	return true;
}

/* One rule after the other: whoever fails a condition goes on with the next rule. */
static bool add_rules_of(struct small_world *w, const struct decision *d,
			 const struct stile_table_condition *known)
{
	for (uint32_t i = 0; i < d->rule_count; i++) {
		const struct rule *rule = &w->rules[d->first_rule + i];
		const size_t first = w->filter.count;

		while (below(w, 2))
			add_detour(w);
		for (unsigned int j = 0; j < rule->condition_count; j++)
			if (&rule->conditions[j] != known &&
			    !add_condition(w, &rule->conditions[j]))
				return false;
		add(w, (struct sock_filter)BPF_STMT(BPF_RET, action_answer(rule->action)));
		patch(w, first);
	}
	add_detour(w);
	add(w, (struct sock_filter)BPF_STMT(BPF_RET, action_answer(d->rest)));
	return true;
}

/*
 * Two ways to rules of which one condition needs no test any more, as both ways have one: there
 * they meet.
 */
static bool add_decision(struct small_world *w, const struct decision *d)
{
	const struct rule *rule = &w->rules[d->first_rule + below(w, d->rule_count)];
	const struct stile_table_condition *known =
		&rule->conditions[below(w, rule->condition_count)];
	const size_t first = w->filter.count;
	size_t second, meeting;

	if (below(w, 2))
		return add_rules_of(w, d, NULL);
	load(w, draw_word(w));
	need(w, BPF_JSET, draw_bits(w), true);
	if (!add_condition(w, known))
		return false;
	add(w, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 0));
	second = w->filter.count;
	w->program[first + 1].jf = (uint8_t)(second - first - 2);
	if (!add_condition(w, known))
		return false;
	meeting = w->filter.count;
	w->program[second - 1].k = (uint32_t)(meeting - second);
	if (!add_rules_of(w, d, known))
		return false;
	patch(w, first);
	return add_rules_of(w, d, NULL);
}

static bool compile_plainly(struct small_world *w)
{
	const uint32_t other = action_answer(w->policy.unknown_action);

	w->filter = (struct filter){ w->program, 0 };
	load(w, DATA_WORD_ARCH);
	add(w, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0));
	add(w, (struct sock_filter)BPF_STMT(BPF_RET, other));
	while (below(w, 2))
		add_detour(w);
	for (unsigned int i = 0; i < SMALL_WORLD_NUMBERS; i++) {
		const size_t first = w->filter.count;

		load(w, DATA_WORD_NUMBER);
		add(w, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ, i + 1, 1, 0));
		add(w, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 0));
		if (!add_decision(w, &w->decisions[i]))
			return false;
		w->program[first + 2].k = (uint32_t)(w->filter.count - first - 3);
	}
	add(w, (struct sock_filter)BPF_STMT(BPF_RET, other));
	return true;
}

static bool compile(struct small_world *w)
{
	struct message message;
	struct filter own;

	if (below(w, 4) && compile_plainly(w))
		return filter_check(w->program, w->filter.count, NULL, NULL) == 0;
	if (backend_own(&w->policy, NULL, &own, &message) != 0)
		return false;
	w->filter = (struct filter){ w->program, own.count };
	if (own.count <= SMALL_WORLD_LENGTH)
		memcpy(w->program, own.instructions, own.count * sizeof(*w->program));
	free(own.instructions);
	return w->filter.count <= SMALL_WORLD_LENGTH &&
	       filter_check(w->program, w->filter.count, NULL, NULL) == 0;
}

bool small_world_draw(struct small_world *w, uint64_t seed)
{
	w->seed = w->r.state = seed;
	draw_policy(w);
	return compile(w);
}

void small_world_mutate(struct small_world *w)
{
	const uint32_t pc = below(w, (uint32_t)w->filter.count);
	struct sock_filter *i = &w->program[pc];
	const uint32_t left = (uint32_t)w->filter.count - pc - 1;
	const uint8_t jt = i->jt;

	if (BPF_CLASS(i->code) == BPF_RET) {
		i->k = action_answer(draw_action(w));
	} else if (BPF_CLASS(i->code) != BPF_JMP) {
		if (BPF_CLASS(i->code) == BPF_ALU)
			i->k ^= 1u << below(w, 3);
		else if (BPF_MODE(i->code) == BPF_ABS && pc > 1)
			i->k = draw_word(w) * 4;
	} else if (BPF_OP(i->code) == BPF_JA) {
		i->k = below(w, left);
	} else {
		switch (below(w, 6)) {
		case 0:
			i->jt = i->jf;
			i->jf = jt;
			break;
		case 1:
			i->k ^= 1u << below(w, 3);
			break;
		case 2:
			i->code = (uint16_t)((i->code & ~0xf0u) | (1 + below(w, 4)) << 4);
			break;
		default:
			*(below(w, 2) ? &i->jt : &i->jf) =
				(uint8_t)below(w, below(w, 2) || left < 12 ? left : 12);
		}
	}
}

#define VALUES 34

/* All that can make a difference: see draw_bits(). */
static uint32_t word_at(unsigned int index)
{
	static const uint32_t above[] = { 0, 8, UINT32_C(1) << 16, UINT32_C(1) << 31 };

	if (index >= 32)
		return UINT32_MAX >> (index - 32);
	return (index & 7) | above[index >> 3];
}

bool small_world_search(const struct small_world *w, int number, struct seccomp_data *data)
{
	const bool has_rules = number >= 1 && number <= SMALL_WORLD_NUMBERS;
	const unsigned int most = w->is_wide || w->arguments > 2 ? VALUES * VALUES * VALUES :
				  has_rules			 ? VALUES * VALUES :
								   8;

	*data = (struct seccomp_data){ .nr = number, .arch = AUDIT_ARCH_X86_64 };
	for (unsigned int i = 0; i < most; i++) {
		const uint32_t third = word_at(i / VALUES / VALUES);

		data->args[0] = word_at(i % VALUES) | (uint64_t)(w->is_wide ? third : 0) << 32;
		data->args[1] = word_at(i / VALUES % VALUES);
		data->args[2] = w->is_wide ? 0 : third;
		if (filter_differs(&w->policy, &w->filter, data))
			return true;
	}
	return false;
}
