/* SPDX-License-Identifier: MIT */
#include "policy_sample.h"

#include <errno.h>
#include <linux/audit.h>

#include "audit_arch.h"
#include "interpreter.h"
#include "prologue.h"
#include "syscall_table.h"
#include "test_support.h"

static struct stile_action draw_action(struct random *r)
{
	const struct stile_action action = { random_below(r, STILE_ACTION_KILL_PROCESS + 1), 0 };

	if (action.kind == STILE_ACTION_ERRNO || random_below(r, 2))
		return (struct stile_action){ STILE_ACTION_ERRNO,
					      random_below(r, 5) ? 1 + random_below(r, 40) : 4095 };
	return action;
}

/* Small numbers, single bits, flags and the neighbours of the widths' ends. */
static uint64_t draw_value(struct random *r, unsigned int bits)
{
	const uint64_t all = UINT64_MAX >> (64 - bits);

	switch (random_below(r, 6)) {
	case 0:
		return random_word(r) & all;
	case 1:
		return (UINT64_C(1) << random_below(r, bits)) & all;
	case 2:
		return (all - random_below(r, 4)) & all;
	case 3:
		return ((all >> 1) + random_below(r, 3) - 1) & all;
	default:
		return random_below(r, 70) & all;
	}
}

static void draw_condition(struct random *r, struct stile_table_condition *c, unsigned int argument,
			   unsigned int bits)
{
	*c = (struct stile_table_condition){ .argument = (uint8_t)argument,
					     .bits = (uint8_t)bits,
					     .parameter = -1,
					     .is_signed = random_below(r, 2) != 0,
					     .value = draw_value(r, bits) };
	/* Most are equalities, as in rulesets; the others cost up to a mask for each bit, so that a
	 * call with two of them is often refused. */
	if (random_below(r, 8)) {
		c->comparison = random_below(r, 2) ? STILE_EQUAL : STILE_MASKED_EQUAL;
	} else {
		c->comparison = (uint8_t)random_below(r, STILE_MASKED_EQUAL + 1);
		if (c->comparison != STILE_EQUAL && random_below(r, 3))
			c->value = random_below(r, 40);
	}
	if (c->comparison == STILE_MASKED_EQUAL) {
		c->mask = draw_value(r, bits) | (random_below(r, 2) ? draw_value(r, bits) : 0);
		c->value &= c->mask;
	}
}

/* Whether two rules of one call match some call both: every argument can be given a value. */
static bool overlap(const struct rule *a, const struct rule *b)
{
	for (unsigned int argument = 0; argument < 6; argument++) {
		struct value_set set = { .bits = 0 };

		for (unsigned int i = 0; i < a->condition_count + b->condition_count; i++) {
			const struct stile_table_condition *c =
				i < a->condition_count ? &a->conditions[i] :
							 &b->conditions[i - a->condition_count];

			if (c->argument != argument)
				continue;
			if (!set.bits)
				value_set_all(&set, c->bits);
			value_set_keep(&set, c);
		}
		if (set.bits && value_set_is_empty(&set))
			return false;
	}
	return true;
}

static void draw_rules(struct random *r, struct sample *s, struct decision *d)
{
	static const unsigned int widths[] = { 16, 32, 32, 64 };
	unsigned int bits[6], arguments = 1 + random_below(r, 3);
	const struct stile_action action = draw_action(r);

	for (unsigned int i = 0; i < 6; i++)
		bits[i] = widths[random_below(r, 4)];
	d->first_rule = s->policy.rule_count;
	for (unsigned int n = 1 + random_below(r, 5); n; n--) {
		struct rule *rule = &s->rules[s->policy.rule_count++];

		*rule = (struct rule){ .syscall = d->syscall, .action = action };
		rule->conditions = &s->conditions[s->condition_count];
		for (unsigned int m = 1 + random_below(r, 4); m; m--) {
			const unsigned int argument =
				(random_below(r, arguments) * 5 + d->syscall) % 6;

			draw_condition(r, &s->conditions[s->condition_count++], argument,
				       bits[argument]);
			rule->condition_count++;
		}
		if (random_below(r, 2))
			rule->action = draw_action(r);
		/* As in a policy, rules that both match something have one action. */
		for (uint32_t i = 0; i < d->rule_count; i++)
			if (overlap(rule, &s->rules[d->first_rule + i]))
				rule->action = action;
		for (uint32_t i = 0; i < d->rule_count; i++)
			if (overlap(rule, &s->rules[d->first_rule + i]))
				s->rules[d->first_rule + i].action = action;
		d->rule_count++;
	}
	/* What was changed last may overlap with others again. */
	for (uint32_t i = 0; i < d->rule_count; i++)
		for (uint32_t j = 0; j < d->rule_count; j++)
			if (i != j &&
			    overlap(&s->rules[d->first_rule + i], &s->rules[d->first_rule + j]))
				s->rules[d->first_rule + i].action = action;
}

/*
 * Rules as no context would hold them: many, of any comparison and action, that overlap as they
 * will; the first that matches decides.
 */
static void draw_wild_rules(struct random *r, struct sample *s, struct decision *d)
{
	static const unsigned int widths[] = { 16, 32, 32, 64 };
	const unsigned int arguments = 1 + random_below(r, 4), few = random_below(r, 2);
	const unsigned int same = random_below(r, 3);  /* masks and values are often repeated */
	const bool is_mixed = random_below(r, 4) == 0; /* one argument in several widths */
	unsigned int bits[6];
	uint64_t masks[2];

	for (unsigned int i = 0; i < 6; i++)
		bits[i] = widths[random_below(r, 4)];
	for (unsigned int i = 0; i < 2; i++)
		masks[i] = draw_value(r, 32) | draw_value(r, 32);
	d->first_rule = s->policy.rule_count;
	for (unsigned int n = 1 + random_below(r, few ? 4 : 24); n; n--) {
		struct rule *rule = &s->rules[s->policy.rule_count++];

		*rule = (struct rule){ .syscall = d->syscall, .action = draw_action(r) };
		rule->conditions = &s->conditions[s->condition_count];
		for (unsigned int m = 1 + random_below(r, few ? 5 : 2); m; m--) {
			struct stile_table_condition *c = &s->conditions[s->condition_count++];
			const unsigned int argument = random_below(r, arguments);
			const unsigned int width = is_mixed ? widths[random_below(r, 4)] :
							      bits[argument];

			draw_condition(r, c, argument, width);
			if (random_below(r, 3) == 0)
				c->comparison = (uint8_t)random_below(r, STILE_MASKED_EQUAL);
			if (c->comparison == STILE_MASKED_EQUAL && same) {
				c->mask = masks[random_below(r, 2)] & (UINT64_MAX >> (64 - width));
				c->value &= c->mask;
			}
			rule->condition_count++;
		}
		d->rule_count++;
	}
}

/* A policy without calls. */
static void start_policy(struct sample *s, struct random *r, uint64_t seed)
{
	s->seed = seed;
	s->condition_count = 0;
	s->policy =
		(struct policy){ .abis = { { .abi = STILE_ABI_NATIVE, .decisions = s->decisions } },
				 .abi_count = 1,
				 .rules = s->rules,
				 .default_action = draw_action(r),
				 .foreign_action = draw_action(r),
				 .unknown_action = { STILE_ACTION_ERRNO, ENOSYS } };
}

static bool has_room(const struct sample *s)
{
	return s->policy.rule_count + 24 <= MOST_RULES &&
	       s->condition_count + 24 * 5 <= MOST_CONDITIONS;
}

void sample_draw_wild(struct sample *s, uint64_t seed)
{
	const uint32_t table_count = syscalls_by_number_count[STILE_ABI_NATIVE];
	struct random r = { seed };
	const uint32_t rarely = random_below(&r, 16) ? 60 : 1;

	start_policy(s, &r, seed);
	for (uint32_t i = 0; i < table_count; i++) {
		const struct numbered_syscall *call = &syscalls_by_number[STILE_ABI_NATIVE][i];
		struct decision *d = &s->decisions[s->policy.abis[0].decision_count];

		if (random_below(&r, rarely))
			continue;
		s->policy.abis[0].decision_count++;
		*d = (struct decision){ .syscall = call->syscall,
					.number = call->number,
					.rest = s->policy.default_action };
		if (random_below(&r, 3) == 0)
			d->rest = draw_action(&r);
		if (has_room(s) && random_below(&r, 2))
			draw_wild_rules(&r, s, d);
	}
}

void sample_draw(struct sample *s, uint64_t seed)
{
	const uint32_t table_count = syscalls_by_number_count[STILE_ABI_NATIVE];
	struct random r = { seed };
	const bool whole_table = random_below(&r, 32) == 0;

	start_policy(s, &r, seed);
	for (uint32_t i = 0; i < table_count; i++) {
		const struct numbered_syscall *call = &syscalls_by_number[STILE_ABI_NATIVE][i];
		struct decision *d = &s->decisions[s->policy.abis[0].decision_count];

		if (!whole_table && random_below(&r, 40))
			continue;
		*d = (struct decision){ .syscall = call->syscall,
					.number = call->number,
					.rest = s->policy.default_action };
		s->policy.abis[0].decision_count++;
		if (random_below(&r, 3) == 0)
			d->rest = draw_action(&r);
		if (random_below(&r, whole_table ? 60 : 3) == 0 &&
		    s->policy.rule_count < MOST_RULES - 8)
			draw_rules(&r, s, d);
	}
}

static void compare(const struct sample *s, const struct filter *filter,
		    const struct seccomp_data *data)
{
	const uint64_t *a = (const uint64_t *)data->args;
	const uint32_t expected =
		action_answer(policy_decide(&s->policy, data->arch, (uint32_t)data->nr, a));
	const uint32_t got = filter_run(filter->instructions, data);

	if (expected == got)
		return;
	ck_abort_msg("STILE_SEED=%llu STILE_ROUNDS=1: policy %#x, filter %#x: arch %#x, number %d, "
		     "%#llx, %#llx, %#llx, %#llx, %#llx, %#llx",
		     (unsigned long long)s->seed, expected, got, data->arch, data->nr,
		     (unsigned long long)a[0], (unsigned long long)a[1], (unsigned long long)a[2],
		     (unsigned long long)a[3], (unsigned long long)a[4], (unsigned long long)a[5]);
}

/* Values of one argument at which something may change. */
static unsigned int find_marks(const struct sample *s, const struct decision *d,
			       unsigned int argument, uint64_t marks[MOST_MARKS])
{
	unsigned int n = 0;

	marks[n++] = 0;
	for (uint32_t i = 0; i < d->rule_count; i++) {
		const struct rule *rule = &s->rules[d->first_rule + i];

		for (unsigned int j = 0; j < rule->condition_count; j++) {
			const struct stile_table_condition *c = &rule->conditions[j];

			if (c->argument == argument && n + 3 <= MOST_MARKS) {
				marks[n++] = c->value - 1;
				marks[n++] = c->value;
				marks[n++] = c->value + 1;
			}
		}
	}
	return n;
}

void sample_find_marks(const struct sample *s, const struct decision *d, struct marks *marks)
{
	for (unsigned int i = 0; i < 6; i++)
		marks->counts[i] = find_marks(s, d, i, marks->values[i]);
}

void sample_draw_words(const struct marks *marks, struct random *r, uint64_t words[6])
{
	for (unsigned int i = 0; i < 6; i++) {
		words[i] = marks->values[i][random_below(r, marks->counts[i])];
		if (random_below(r, 3) == 0)
			words[i] ^= UINT64_C(1) << random_below(r, 64);
		if (random_below(r, 4) == 0)
			words[i] = (words[i] & UINT32_MAX) | random_word(r) << 32;
		if (random_below(r, 8) == 0)
			words[i] = (uint64_t)(int64_t)(int32_t)words[i];
	}
}

void sample_check_rules(const struct sample *s, const struct filter *filter,
			const struct decision *d, struct random *r)
{
	struct marks marks;

	sample_find_marks(s, d, &marks);
	for (unsigned int n = 0; n < 150 * d->rule_count; n++) {
		struct seccomp_data data = { .nr = d->number,
					     .arch = audit_arch(STILE_ABI_NATIVE) };

		sample_draw_words(&marks, r, (uint64_t *)data.args);
		compare(s, filter, &data);
	}
}

void sample_check_numbers(const struct sample *s, const struct filter *filter, struct random *r)
{
	static const uint32_t arches[] = {
		AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64, AUDIT_ARCH_RISCV64, 0,
		UINT32_MAX
	};
	static const uint32_t bases[] = { 0x3ffffff0, 0x40000000, 0x7ffffff0,
					  0x80000000, 0xc0000000, 0xfffffff0 };
	const uint32_t per_base = 60;

	for (uint32_t n = 0; n < 600 + per_base * sizeof(bases) / sizeof(bases[0]); n++) {
		const uint32_t number = n < 600 ?
						n :
						bases[(n - 600) / per_base] + (n - 600) % per_base;
		struct seccomp_data data = { .nr = (int)number,
					     .arch = audit_arch(STILE_ABI_NATIVE),
					     .args = { random_word(r), random_below(r, 3) } };

		compare(s, filter, &data);
		data.arch = arches[random_below(r, sizeof(arches) / sizeof(arches[0]))];
		compare(s, filter, &data);
	}
}

void sample_make(struct sample *s, uint32_t conditional, unsigned int bits)
{
	*s = (struct sample){
		.policy = { .abis = { { .abi = STILE_ABI_NATIVE,
					.decision_count =
						syscalls_by_number_count[STILE_ABI_NATIVE],
					.decisions = s->decisions } },
			    .abi_count = 1,
			    .rules = s->rules,
			    .rule_count = conditional,
			    .default_action = { STILE_ACTION_ERRNO, EPERM },
			    .foreign_action = { STILE_ACTION_KILL_PROCESS, 0 },
			    .unknown_action = { STILE_ACTION_ERRNO, ENOSYS } }
	};
	for (uint32_t i = 0; i < s->policy.abis[0].decision_count; i++) {
		const struct numbered_syscall *call = &syscalls_by_number[STILE_ABI_NATIVE][i];

		s->decisions[i] = (struct decision){ .syscall = call->syscall,
						     .number = call->number,
						     .rest = s->policy.default_action };
		if (i >= conditional)
			continue;
		s->decisions[i].first_rule = i;
		s->decisions[i].rule_count = 1;
		s->rules[i] = (struct rule){ .syscall = call->syscall,
					     .condition_count = 1,
					     .conditions = &s->conditions[i] };
		s->conditions[i] = (struct stile_table_condition){ .bits = (uint8_t)bits,
								   .comparison = STILE_NOT_EQUAL,
								   .parameter = -1,
								   .value = 5 + i };
	}
}
