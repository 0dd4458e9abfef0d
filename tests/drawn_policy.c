/* SPDX-License-Identifier: MIT */
#include "drawn_policy.h"

#include <errno.h>
#include <linux/audit.h>

#include "audit_arch.h"
#include "test_support.h"

#define VALUES 12

static const uint64_t values[VALUES] = { 0,
					 1,
					 2,
					 3,
					 7,
					 8,
					 UINT32_MAX,
					 UINT64_C(1) << 32,
					 (UINT64_C(1) << 32) + 1,
					 (UINT64_C(7) << 32) + 2,
					 UINT64_MAX - 1,
					 UINT64_MAX };

/* The ends of x86_64's and x32's numbers, of those without a sign, and -1, which is no ABI's on x86
 * but x86_64's, or x32's if there is no x86_64. */
static const uint32_t edges[] = { 0x3fffffff, 0x40000000, 0x7fffffff,
				  0x80000000, 0xfffffffe, UINT32_MAX };

#define EDGES (sizeof(edges) / sizeof(*edges))

static struct stile_action draw_action(struct random *r)
{
	static const struct stile_action actions[] = {
		{ STILE_ACTION_ALLOW, 0 },	  { STILE_ACTION_LOG, 0 },
		{ STILE_ACTION_TRACE, 7 },	  { STILE_ACTION_NOTIFY, 0 },
		{ STILE_ACTION_ERRNO, 0 },	  { STILE_ACTION_ERRNO, EPERM },
		{ STILE_ACTION_TRAP, 0 },	  { STILE_ACTION_KILL_THREAD, 0 },
		{ STILE_ACTION_KILL_PROCESS, 0 },
	};

	return actions[random_below(r, sizeof(actions) / sizeof(*actions))];
}

static void draw_condition(struct random *r, struct stile_table_condition *c)
{
	static const uint8_t widths[] = { 16, 32, 32, 64, 64 };
	uint64_t all;

	*c = (struct stile_table_condition){ .argument = (uint8_t)random_below(r, 2),
					     .bits = widths[random_below(r, 5)],
					     .comparison = (uint8_t)random_below(r, STILE_IS_NULL),
					     .is_signed = (uint8_t)random_below(r, 2),
					     .parameter = -1 };
	all = UINT64_MAX >> (64 - c->bits);
	c->value = values[random_below(r, VALUES)] & all;
	if (c->comparison == STILE_MASKED_EQUAL) {
		c->mask = values[random_below(r, VALUES)] & all;
		if (random_below(r, 8))
			c->value &= c->mask;
	}
}

static bool has_abi(const struct stile_policy *p, enum stile_abi abi)
{
	enum stile_abi abis[STILE_ABI_COUNT];

	for (size_t i = stile_policy_abis(p, abis); i-- > 0;)
		if (abis[i] == abi)
			return true;
	return false;
}

/* A number that may be a call by the ABI. */
static uint32_t draw_number(struct random *r, const struct stile_policy *p, enum stile_abi abi)
{
	const uint32_t edge = edges[random_below(r, EDGES)];
	const uint32_t number = random_below(r, 4) | (abi == STILE_ABI_X32 ? X32_SYSCALL_BIT : 0);

	if (random_below(r, 3))
		return number;
	if (abi == STILE_ABI_X32 &&
	    (edge < X32_SYSCALL_BIT || (edge == UINT32_MAX && has_abi(p, STILE_ABI_X86_64))))
		return number;
	if (abi == STILE_ABI_X86_64 && edge >= X32_SYSCALL_BIT && edge != UINT32_MAX &&
	    !stile_policy_ignores_x32(p))
		return number;
	return edge;
}

static void draw_rule(struct random *r, struct stile_policy *p, enum stile_abi abi)
{
	struct stile_table_condition conditions[3];
	struct stile_policy_rule rule = { .abi = abi,
					  .number = draw_number(r, p, abi),
					  .action = draw_action(r),
					  .conditions = conditions,
					  .condition_count = random_below(r, 4),
					  .origin = -1 };

	for (size_t i = 0; i < rule.condition_count; i++)
		draw_condition(r, &conditions[i]);
	ck_assert_int_eq(stile_policy_add_rule(p, &rule), 0);
}

/* Some of the ABIs, in any order; how many. */
static uint32_t draw_abis(struct random *r, enum stile_abi abis[4])
{
	enum stile_abi left[] = { STILE_ABI_X86_64, STILE_ABI_I386, STILE_ABI_X32,
				  STILE_ABI_AARCH64 };
	const uint32_t count = 1 + random_below(r, 3);

	for (uint32_t i = 0; i < count; i++) {
		const uint32_t drawn = random_below(r, 4 - i);

		abis[i] = left[drawn];
		left[drawn] = left[3 - i];
	}
	return count;
}

struct stile_policy *drawn_policy(struct random *r)
{
	struct stile_policy *p = stile_policy_new();
	const uint32_t rules = random_below(r, 16);
	enum stile_abi abis[4];
	const uint32_t count = draw_abis(r, abis);

	ck_assert_int_eq(stile_policy_set_default(p, draw_action(r)), 0);
	ck_assert_int_eq(stile_policy_set_foreign_abi(p, draw_action(r)), 0);
	for (uint32_t i = 0; i < count; i++)
		ck_assert_int_eq(stile_policy_add_abi(p, abis[i]), 0);
	if (!has_abi(p, STILE_ABI_X32) && random_below(r, 2))
		ck_assert_int_eq(stile_policy_ignore_x32(p), 0);
	for (uint32_t i = 0; i < rules; i++)
		draw_rule(r, p, abis[random_below(r, count)]);
	return p;
}

struct seccomp_data drawn_call(struct random *r)
{
	static const uint32_t archs[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_X86_64, AUDIT_ARCH_I386,
					  AUDIT_ARCH_AARCH64, AUDIT_ARCH_ARM };
	struct seccomp_data data = { .nr = (int)random_below(r, 6),
				     .arch = archs[random_below(r, 5)] };

	if (random_below(r, 3) == 0)
		data.nr = (int)((uint32_t)data.nr | X32_SYSCALL_BIT);
	if (random_below(r, 16) == 0)
		data.nr = 1000;
	if (random_below(r, 3) == 0)
		data.nr = (int)edges[random_below(r, EDGES)];
	for (unsigned int i = 0; i < 2; i++)
		data.args[i] = values[random_below(r, VALUES)];
	return data;
}
