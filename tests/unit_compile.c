/* SPDX-License-Identifier: MIT */
/* Contexts become filters: back ends, weights, what is proved and what the receipt tells. */
#include <errno.h>
#include <stdlib.h>

#include "backend.h"
#include "context.h"
#include "context_fixture.h"
#include "test_support.h"

START_TEST(no_back_end)
{
	ck_assert_fails(stile_set_backend(s, (enum stile_backend)2), -EINVAL,
			"2 is no back end: use one of enum stile_backend");
}
END_TEST

START_TEST(weight_of_no_call)
{
	ck_assert_fails(stile_set_weight(s, "opnat", 3), -ENOENT,
			"weight: there is no syscall 'opnat': did you mean 'openat'?");
}
END_TEST

START_TEST(weight_without_a_name)
{
	ck_assert_fails(stile_set_weight(s, NULL, 3), -ENOENT,
			"weight: there is no syscall '(null)'");
}
END_TEST

/* Grants with conditions of many kinds. */
static void grant_some(struct stile *context)
{
	ck_assert_int_eq(stile_grant(context, "system_io.open_readonly"), 0);
	ck_assert_int_eq(stile_grant(context, "system_io.read_fd(3)"), 0);
	ck_assert_int_eq(stile_grant(context, "system_io.metadata"), 0);
	ck_assert_int_eq(stile_grant(context, "networking.start_tcp_client"), 0);
}

/* Whether the same calls are answered the same is what the proof tells. */
START_TEST(both_back_ends_mean_the_same)
{
	struct sock_filter *own, *other;
	size_t own_count, other_count;
	struct stile_proof proof;

	grant_some(s);
	ck_assert_int_eq(stile_compile(s, &own, &own_count), 0);
	ck_assert_int_eq(stile_set_backend(s, STILE_BACKEND_LIBSECCOMP), 0);
	ck_assert_int_eq(stile_compile(s, &other, &other_count), 0);
	ck_assert_uint_lt(own_count, other_count);
	ck_assert_int_eq(stile_prove(s, own, own_count, &proof), 0);
	ck_assert_int_eq(proof.verdict, STILE_VERDICT_EQUAL);
	ck_assert_int_eq(stile_prove(s, other, other_count, &proof), 0);
	ck_assert_int_eq(proof.verdict, STILE_VERDICT_EQUAL);
	free(own);
	free(other);
}
END_TEST

START_TEST(weights_change_no_answer)
{
	struct sock_filter *filter;
	struct stile_proof proof;
	struct stile *even = stile_new();
	size_t count;

	grant_some(s);
	grant_some(even);
	ck_assert_int_eq(stile_set_weight(s, "socket", UINT64_MAX), 0);
	ck_assert_int_eq(stile_set_weight(s, "openat", 1), 0);
	ck_assert_int_eq(stile_compile(s, &filter, &count), 0);
	ck_assert_int_eq(stile_prove(even, filter, count, &proof), 0);
	ck_assert_int_eq(proof.verdict, STILE_VERDICT_EQUAL);
	free(filter);
	stile_free(even);
}
END_TEST

START_TEST(compiled_filters_are_proved)
{
	grant_some(s);
	ck_assert_int_eq(stile_check(s), 0);
	ck_assert_int_eq(s->proof.verdict, STILE_VERDICT_EQUAL);
	ck_assert_uint_gt(s->proof.paths, 10);
	ck_assert_uint_ne(s->policy_hash, 0);
	ck_assert_uint_gt(s->kernel_cost, s->prepared.count);
}
END_TEST

START_TEST(unproved_if_wanted)
{
	grant_some(s);
	ck_assert_int_eq(stile_set_flags(s, STILE_APPLY_UNPROVED), 0);
	ck_assert_int_eq(stile_check(s), 0);
	ck_assert_uint_eq(s->proof.paths, 0);
}
END_TEST

/* Two rules of statx that together always hold: in the filter it is a plain call. */
START_TEST(rules_that_always_hold_need_no_test)
{
	struct sock_filter *filter;
	size_t count;

	ck_assert_int_eq(stile_grant(s, "system_io.metadata"), 0);
	ck_assert_int_eq(stile_compile(s, &filter, &count), 0);
	for (size_t i = 0; i < count; i++)
		ck_assert(filter[i].code != (BPF_JMP | BPF_JEQ | BPF_K) ||
			  filter[i].k != (uint32_t)stile_syscall_number(STILE_ABI_NATIVE, "statx"));
	free(filter);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("compile");
	TCase *cases = tcase_create("compile");

	tcase_add_checked_fixture(cases, set_up, tear_down);
	tcase_add_test(cases, no_back_end);
	tcase_add_test(cases, weight_of_no_call);
	tcase_add_test(cases, weight_without_a_name);
	tcase_add_test(cases, both_back_ends_mean_the_same);
	tcase_add_test(cases, weights_change_no_answer);
	tcase_add_test(cases, compiled_filters_are_proved);
	tcase_add_test(cases, unproved_if_wanted);
	tcase_add_test(cases, rules_that_always_hold_need_no_test);
	suite_add_tcase(all, cases);
	return all;
}

TEST_MAIN(suite)
