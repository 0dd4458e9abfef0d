/* SPDX-License-Identifier: MIT */
/*
 * libseccomp as its own users call it, with policies that its interface can say: where its filter
 * differs from the policy, it is libseccomp that is wrong, and ours is right.
 */
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include "interpreter.h"
#include "oci_libseccomp.h"
#include "policy_sample.h"
#include "proof.h"
#include "syscall_table.h"
#include "test_support.h"

#define MOST_LENGTH 4096

/*
 * One call with some rules, each one unsigned comparison of 64 bits. (With comparisons of several
 * arguments libseccomp 2.5.4 may never come back: a0 <= 2 and a1 != 3, beside a0 <= 2 and a2 != 2.)
 */
static void draw_policy(struct sample *s, uint64_t seed)
{
	const struct numbered_syscall *call = &syscalls_by_number[STILE_ABI_NATIVE][0];
	const struct stile_action other = { STILE_ACTION_ERRNO, 1 };
	struct random r = { seed };
	const unsigned int arguments = 1 + random_below(&r, 3);
	const uint64_t far = random_below(&r, 2) ? UINT64_C(1) << 32 : 0;

	s->seed = seed;
	s->condition_count = 0;
	s->decisions[0] = (struct decision){ .syscall = call->syscall,
					     .number = call->number,
					     .rule_count = 1 + random_below(&r, 5),
					     .rest = other };
	s->policy = (struct policy){ .abis = { { STILE_ABI_NATIVE, 1, s->decisions } },
				     .abi_count = 1,
				     .rules = s->rules,
				     .rule_count = s->decisions[0].rule_count,
				     .default_action = other,
				     .foreign_action = { STILE_ACTION_KILL_THREAD, 0 },
				     .unknown_action = other };
	for (uint32_t i = 0; i < s->policy.rule_count; i++) {
		struct rule *rule = &s->rules[i];
		struct stile_table_condition *c = &s->conditions[s->condition_count];

		*rule = (struct rule){ .syscall = call->syscall,
				       .action = { STILE_ACTION_ALLOW, 0 },
				       .conditions = c };
		*c = (struct stile_table_condition){
			.argument = (uint8_t)random_below(&r, arguments),
			.bits = 64,
			.comparison = (uint8_t)random_below(&r, STILE_MASKED_EQUAL + 1),
			.parameter = -1,
			.value = random_below(&r, 8) + far * random_below(&r, 3)
		};
		if (c->comparison == STILE_MASKED_EQUAL) {
			c->mask = 1 + random_below(&r, 15);
			c->value &= c->mask;
		}
		s->condition_count++;
		rule->condition_count++;
	}
}

/* libseccomp's filter; false: it refused a rule, or exported nothing. */
static bool ask_libseccomp(const struct sample *s, struct sock_filter *code, struct filter *filter)
{
	scmp_filter_ctx context = seccomp_init(SCMP_ACT_ERRNO(1));
	const int file = memfd_create("filter", MFD_CLOEXEC);
	ssize_t size = -1;
	bool is_added = true;

	ck_assert_ptr_nonnull(context);
	ck_assert_int_ge(file, 0);
	for (uint32_t i = 0; i < s->policy.rule_count && is_added; i++) {
		const struct rule *rule = &s->rules[i];
		struct scmp_arg_cmp comparisons[6];

		for (unsigned int k = 0; k < rule->condition_count; k++)
			comparisons[k] = oci_libseccomp_comparison(&rule->conditions[k]);
		is_added = seccomp_rule_add_exact_array(context, SCMP_ACT_ALLOW,
							s->decisions[0].number,
							rule->condition_count, comparisons) == 0;
	}
	if (is_added && seccomp_export_bpf(context, file) == 0)
		size = pread(file, code, MOST_LENGTH * sizeof(*code), 0);
	close(file);
	seccomp_release(context);
	*filter = (struct filter){ code, (size_t)size / sizeof(*code) };
	return size > 0;
}

static uint64_t wrong, weaker;

static void count_difference(const struct stile_proof *proof)
{
	wrong++;
	weaker += (proof->filter_answer & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ALLOW;
}

START_TEST(libseccomp_alone)
{
	const uint64_t seed = random_seed("libseccomp_alone");
	const uint64_t rounds = environment_number("STILE_ROUNDS", 2000);
	struct sample *s = calloc(1, sizeof(*s));
	static struct sock_filter code[MOST_LENGTH];
	uint64_t compared = 0;

	for (uint64_t round = 0; round < rounds; round++) {
		struct filter own, other;
		struct message message;
		struct stile_proof proof;

		draw_policy(s, seed + round);
		ck_assert_int_eq(backend_own(&s->policy, NULL, &own, &message), 0);
		ck_assert_int_eq(filter_prove(&s->policy, &own, &proof), 0);
		ck_assert_msg(proof.verdict == STILE_VERDICT_EQUAL, "STILE_SEED=%llu",
			      (unsigned long long)s->seed);
		free(own.instructions);
		if (!ask_libseccomp(s, code, &other))
			continue;
		compared++;
		ck_assert_int_eq(filter_prove(&s->policy, &other, &proof), 0);
		ck_assert_msg(proof.verdict != STILE_VERDICT_UNDECIDED, "STILE_SEED=%llu: %s",
			      (unsigned long long)s->seed, proof.why);
		if (proof.verdict == STILE_VERDICT_DIFFERENT)
			count_difference(&proof);
	}
	printf("libseccomp_alone: of %llu policies libseccomp decides %llu wrongly, and lets "
	       "through what the policy refuses in the witness of %llu\n",
	       (unsigned long long)compared, (unsigned long long)wrong, (unsigned long long)weaker);
	ck_assert_uint_gt(compared, rounds / 4);
	free(s);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("libseccomp");
	TCase *tests = tcase_create("libseccomp");

	tcase_add_test(tests, libseccomp_alone);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
