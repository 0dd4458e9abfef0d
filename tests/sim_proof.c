/* SPDX-License-Identifier: MIT */
/* The proof: right filters are equal to their policies, spoiled ones are not. */
#include <errno.h>
#include <string.h>

#include "interpreter.h"
#include "policy_sample.h"
#include "proof_search.h"
#include "random_program.h"
#include "test_support.h"

static struct sample *s;

static void set_up(void)
{
	s = calloc(1, sizeof(*s));
}

static void tear_down(void)
{
	free(s);
}

static void prove(const struct filter *filter, struct stile_proof *proof)
{
	const int error = filter_prove(&s->policy, filter, proof);

	if (error)
		ck_abort_msg("STILE_SEED=%llu: error %d", (unsigned long long)s->seed, error);
}

/* Fails the test if the verdict does not stand. */
static void check_verdict(const struct filter *filter, const struct stile_proof *proof,
			  struct random *r, unsigned int tries)
{
	struct seccomp_data data = { .nr = 0 };
	const char *wrong = refute(&s->policy, filter, proof, r, tries, &data);

	if (wrong)
		ck_abort_msg("STILE_SEED=%llu STILE_ROUNDS=1: %s: number %d of %#x, %#llx, %#llx, "
			     "%#llx, %#llx, %#llx, %#llx",
			     (unsigned long long)s->seed, wrong, data.nr, data.arch,
			     (unsigned long long)data.args[0], (unsigned long long)data.args[1],
			     (unsigned long long)data.args[2], (unsigned long long)data.args[3],
			     (unsigned long long)data.args[4], (unsigned long long)data.args[5]);
}

/* False: libseccomp cannot. */
static bool compile(uint64_t round, struct filter *filter)
{
	struct message message;
	int error;

	error = round % 2 ? backend_own(&s->policy, NULL, filter, &message) :
			    backend_libseccomp(&s->policy, filter, &message);
	if (error && error != -E2BIG)
		ck_abort_msg("STILE_SEED=%llu: %s", (unsigned long long)s->seed, message.text);
	return error == 0;
}

static void draw(uint64_t seed)
{
	if (seed % 4 < 2)
		sample_draw(s, seed);
	else
		sample_draw_wild(s, seed);
}

START_TEST(both_back_ends)
{
	const uint64_t seed = random_seed("both_back_ends");
	const uint64_t rounds = environment_number("STILE_ROUNDS", 1500);
	uint64_t proved = 0;

	for (uint64_t round = 0; round < rounds; round++) {
		struct random r = { ~(seed + round) };
		struct stile_proof proof;
		struct filter filter;

		draw(seed + round);
		if (!compile(seed + round, &filter))
			continue;
		prove(&filter, &proof);
		check_verdict(&filter, &proof, &r, 500);
		if (proof.verdict != STILE_VERDICT_EQUAL)
			ck_abort_msg("STILE_SEED=%llu STILE_ROUNDS=1: verdict %d: %s",
				     (unsigned long long)s->seed, (int)proof.verdict,
				     proof.why ? proof.why : "");
		ck_assert_uint_gt(proof.paths, 0);
		proved++;
		free(filter.instructions);
	}
	printf("both_back_ends: %llu of %llu proved\n", (unsigned long long)proved,
	       (unsigned long long)rounds);
	ck_assert_uint_gt(proved, rounds / 2);
}
END_TEST

/* Spoils one instruction. False: there is nothing to spoil in that way. */
static bool mutate(struct random *r, struct filter *filter)
{
	struct sock_filter *at = &filter->instructions[random_below(r, (uint32_t)filter->count)];
	const bool is_jump = BPF_CLASS(at->code) == BPF_JMP && at->code != (BPF_JMP | BPF_JA);
	const struct sock_filter kept = *at;

	switch (random_below(r, 8)) {
	case 0: /* the targets change places */
		at->jt = is_jump ? kept.jf : kept.jt;
		at->jf = is_jump ? kept.jt : kept.jf;
		break;
	case 1:
		at->jt += is_jump;
		break;
	case 2:
		at->jf += is_jump;
		break;
	case 3:
		at->k ^= UINT32_C(1) << random_below(r, 32);
		break;
	case 4:
		at->k += random_below(r, 2) ? 1 : UINT32_MAX;
		break;
	case 5: /* another comparison */
		at->code = is_jump ? (uint16_t)(BPF_JMP | (1 + random_below(r, 4)) << 4) : at->code;
		break;
	case 6:
		at->k = BPF_CLASS(at->code) == BPF_RET ? SECCOMP_RET_ALLOW : kept.k;
		break;
	default: /* nothing in its place */
		if (BPF_CLASS(at->code) == BPF_RET)
			return false;
		*at = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 0);
	}
	return memcmp(at, &kept, sizeof(kept)) != 0 &&
	       filter_check(filter->instructions, filter->count, NULL, NULL) == 0;
}

START_TEST(mutants)
{
	const uint64_t seed = random_seed("mutants");
	const uint64_t rounds = environment_number("STILE_ROUNDS", 300);
	uint64_t made = 0, different = 0, equal = 0;

	for (uint64_t round = 0; round < rounds; round++) {
		struct random r = { ~(seed + round) };
		struct filter filter;

		draw(seed + round);
		if (!compile(seed + round, &filter))
			continue;
		for (int i = 0; i < 30; i++) {
			const size_t size = filter.count * sizeof(*filter.instructions);
			struct sock_filter *kept = malloc(size);
			struct stile_proof proof;

			memcpy(kept, filter.instructions, size);
			if (mutate(&r, &filter)) {
				prove(&filter, &proof);
				/* Called equal is what was never reached, or does the same. */
				check_verdict(&filter, &proof, &r, 20000);
				made++;
				different += proof.verdict == STILE_VERDICT_DIFFERENT;
				equal += proof.verdict == STILE_VERDICT_EQUAL;
			}
			memcpy(filter.instructions, kept, size);
			free(kept);
		}
		free(filter.instructions);
	}
	printf("mutants: %llu of %llu different, %llu equal, %llu undecided\n",
	       (unsigned long long)different, (unsigned long long)made, (unsigned long long)equal,
	       (unsigned long long)(made - different - equal));
	ck_assert_uint_gt(different, made / 10 * 8);
	ck_assert_uint_eq(different + equal, made);
}
END_TEST

/* Programs of any kind, with one of two answers at the end, against policies at random. */
START_TEST(random_programs)
{
	const uint64_t seed = random_seed("random_programs");
	const uint64_t rounds = environment_number("STILE_ROUNDS", 30000);
	uint64_t verdicts[3] = { 0 };

	for (uint64_t round = 0; round < rounds; round++) {
		struct sock_filter program[RANDOM_PROGRAM_MAX];
		struct filter filter = { program, 0 };
		struct random r = { seed + round };
		struct stile_proof proof;

		sample_draw(s, seed + round / 64);
		s->seed = seed + round;
		/* Many are equal to a policy that gives one answer to all. */
		if (round % 4) {
			s->policy.abis[0].decision_count = 0;
			s->policy.foreign_action = s->policy.unknown_action;
		}
		filter.count = random_program(&r, program);
		if (round % 8) { /* else it returns A */
			program[filter.count - 3] =
				(struct sock_filter)BPF_JUMP(BPF_JMP | (1 + random_below(&r, 4))
									       << 4,
							     random_operand(&r), 0, 1);
			program[filter.count - 2] = (struct sock_filter)
				BPF_STMT(BPF_RET, action_answer(s->policy.unknown_action));
			program[filter.count - 1] = (struct sock_filter)
				BPF_STMT(BPF_RET, random_below(&r, 2) ?
							  action_answer(s->policy.unknown_action) :
							  SECCOMP_RET_TRAP);
		}
		if (filter_check(program, filter.count, NULL, NULL) < 0)
			continue;
		prove(&filter, &proof);
		check_verdict(&filter, &proof, &r, 3000);
		verdicts[proof.verdict]++;
	}
	printf("random_programs: %llu equal, %llu different, %llu undecided\n",
	       (unsigned long long)verdicts[0], (unsigned long long)verdicts[1],
	       (unsigned long long)verdicts[2]);
	ck_assert_uint_gt(verdicts[0], 0);
	ck_assert_uint_gt(verdicts[1], verdicts[2]);
}
END_TEST

/* Rules on some bits each of four arguments: the ways from each rule to the next are four. */
static void make_chain(uint32_t rules, uint64_t bits)
{
	static const struct stile_table_condition bit = { .bits = 32,
							  .comparison = STILE_MASKED_EQUAL,
							  .parameter = -1 };

	sample_make(s, 0, 32);
	s->decisions[0].rule_count = s->policy.rule_count = rules;
	for (uint32_t i = 0; i < rules; i++) {
		s->rules[i] = (struct rule){ .condition_count = 4,
					     .conditions = &s->conditions[4 * i] };
		for (uint8_t j = 0; j < 4; j++) {
			s->conditions[4 * i + j] = bit;
			s->conditions[4 * i + j].argument = j;
			s->conditions[4 * i + j].mask = bits << i;
		}
	}
}

START_TEST(ways_that_meet)
{
	const uint64_t seed = random_seed("ways_that_meet");
	const uint64_t rounds = environment_number("STILE_ROUNDS", 400);
	uint64_t made = 0, different = 0;
	struct sock_filter *kept;
	struct stile_proof proof;
	struct message message;
	struct filter filter;
	size_t size;

	make_chain(20, 1);
	ck_assert_int_eq(backend_own(&s->policy, NULL, &filter, &message), 0);
	prove(&filter, &proof);
	ck_assert_int_eq(proof.verdict, STILE_VERDICT_EQUAL);
	ck_assert_uint_lt(proof.paths, 5000); /* of 4^20 */
	size = filter.count * sizeof(*filter.instructions);
	kept = malloc(size);
	memcpy(kept, filter.instructions, size);
	for (uint64_t round = 0; round < rounds; round++) {
		struct random r = { seed + round };

		s->seed = seed + round;
		if (mutate(&r, &filter)) {
			prove(&filter, &proof);
			check_verdict(&filter, &proof, &r, 3000);
			made++;
			different += proof.verdict == STILE_VERDICT_DIFFERENT;
		}
		memcpy(filter.instructions, kept, size);
	}
	printf("ways_that_meet: %llu of %llu different\n", (unsigned long long)different,
	       (unsigned long long)made);
	ck_assert_uint_gt(different, made / 2);
	free(kept);
	free(filter.instructions);
}
END_TEST

/* Each rule asks bits that the next ones ask, too, and others that no one asks any more. */
START_TEST(bits_out_of_sight)
{
	static const uint64_t bits[] = { 1, 3, 7, 9 };
	struct stile_proof proof;
	struct message message;
	struct filter filter;

	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		make_chain(20, bits[i]);
		ck_assert_int_eq(backend_own(&s->policy, NULL, &filter, &message), 0);
		prove(&filter, &proof);
		ck_assert_int_eq(proof.verdict, STILE_VERDICT_EQUAL);
		ck_assert_uint_lt(proof.paths, 5000); /* of 4^20 */
		/* The last rule's. */
		filter.instructions[filter.count - 3].k ^= UINT32_C(1) << 19;
		prove(&filter, &proof);
		ck_assert_int_eq(proof.verdict, STILE_VERDICT_DIFFERENT);
		free(filter.instructions);
	}
}
END_TEST

START_TEST(by_context)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW), *program;
	struct stile *context = stile_new();
	struct stile_proof proof;
	const char *why = NULL;
	size_t count, where = 9;

	ck_assert_int_eq(stile_grant(context, "system_io.open_readonly"), 0);
	ck_assert_int_eq(stile_compile(context, &program, &count), 0);
	ck_assert_int_eq(stile_prove(context, program, count, &proof), 0);
	ck_assert_int_eq(proof.verdict, STILE_VERDICT_EQUAL);
	ck_assert_uint_gt(proof.paths, 0);
	ck_assert_int_eq(stile_prove(context, &allow, 1, &proof), 0);
	ck_assert_int_eq(proof.verdict, STILE_VERDICT_DIFFERENT);
	ck_assert_uint_eq(proof.filter_answer, SECCOMP_RET_ALLOW);
	ck_assert_int_eq(stile_check_filter(program, count, NULL, NULL), 0);
	/* What the kernel would refuse is no error of the context. */
	ck_assert_int_eq(stile_prove(context, program, count - 1, &proof), -EINVAL);
	ck_assert_int_eq(stile_prove(context, NULL, 1, &proof), -EINVAL);
	ck_assert_int_eq(stile_error(context), 0);
	allow.code = BPF_LD | BPF_IMM;
	ck_assert_int_eq(stile_check_filter(&allow, 1, &where, &why), -EINVAL);
	ck_assert_uint_eq(where, 0);
	ck_assert_str_eq(why, "the program does not end with a return");
	ck_assert_int_eq(stile_check_filter(NULL, 1, &where, &why), -EINVAL);
	ck_assert_str_eq(why, "the program is empty");
	ck_assert_int_eq(stile_fail_with(context, "no_such_call", 1), -ENOENT);
	ck_assert_int_eq(stile_prove(context, program, count, &proof), -ENOENT);
	free(program);
	stile_free(context);
}
END_TEST

START_TEST(effective_answers)
{
	static const uint32_t pairs[][2] = {
		{ 0x7fff0001, SECCOMP_RET_ALLOW },
		{ 0x7ffcffff, SECCOMP_RET_LOG },
		{ 0x7ff01234, 0x7ff01234 },
		{ 0x7fc00007, SECCOMP_RET_USER_NOTIF },
		{ 0x00050000, 0x00050000 },
		{ 0x00050fff, 0x00050fff },
		{ 0x00051000, 0x00050fff },
		{ 0x0005ffff, 0x00050fff },
		{ 0x0003abcd, 0x0003abcd },
		{ 0x0000abcd, SECCOMP_RET_KILL_THREAD },
		{ 0x8000abcd, SECCOMP_RET_KILL_PROCESS },
		{ 0x7ffe0000, SECCOMP_RET_KILL_PROCESS },
		{ 0x00010000, SECCOMP_RET_KILL_PROCESS },
		{ 0xffffffff, SECCOMP_RET_KILL_PROCESS },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		ck_assert_uint_eq(effective_answer(pairs[i][0]), pairs[i][1]);
}
END_TEST

START_TEST(not_a_filter)
{
	struct sock_filter program[] = { BPF_STMT(BPF_LD | BPF_IMM, 0) };
	struct filter filter = { program, 1 };
	struct stile_proof proof;

	sample_draw(s, 1);
	ck_assert_int_eq(filter_prove(&s->policy, &filter, &proof), -EINVAL);
	filter.count = 0;
	ck_assert_int_eq(filter_prove(&s->policy, &filter, &proof), -EINVAL);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("proof");
	TCase *tests = tcase_create("proof");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, both_back_ends);
	tcase_add_test(tests, mutants);
	tcase_add_test(tests, random_programs);
	tcase_add_test(tests, ways_that_meet);
	tcase_add_test(tests, bits_out_of_sight);
	tcase_add_test(tests, by_context);
	tcase_add_test(tests, effective_answers);
	tcase_add_test(tests, not_a_filter);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
