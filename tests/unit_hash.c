/* SPDX-License-Identifier: MIT */
/* Hashes: the same for what means the same, another one for all else. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "hash.h"
#include "test_support.h"

static uint64_t hash_of(struct stile *s)
{
	uint64_t hash = 0;

	ck_assert_msg(stile_policy_hash(s, &hash) == 0, "%s", stile_message(s));
	ck_assert(hash != 0);
	return hash;
}

/* The hash of a context with these grants, separated by spaces. */
static uint64_t hash_of_grants(const char *grants)
{
	struct stile *s = stile_new();
	char copy[400], *rest = NULL;
	uint64_t hash;

	(void)snprintf(copy, sizeof(copy), "%s", grants);
	for (char *grant = strtok_r(copy, " ", &rest); grant; grant = strtok_r(NULL, " ", &rest))
		ck_assert_msg(stile_grant(s, grant) == 0, "%s", stile_message(s));
	hash = hash_of(s);
	stile_free(s);
	return hash;
}

START_TEST(order_of_grants)
{
	const uint64_t hash = hash_of_grants(
		"system_io.read_fd(3) system_io.read_fd(4) "
		"system_io.open_readonly random.read system_io.stdout");

	ck_assert(hash == hash_of_grants("system_io.stdout random.read system_io.open_readonly "
					 "system_io.read_fd(4) system_io.read_fd(3)"));
	ck_assert(hash == hash_of_grants("system_io.read_fd(4) system_io.stdout random.read "
					 "system_io.read_fd(3) system_io.open_readonly "
					 "system_io.read_fd(4)"));
}
END_TEST

START_TEST(order_of_conditions)
{
	uint64_t hashes[2];

	for (int i = 0; i < 2; i++) {
		struct stile *s = stile_new();
		struct stile_ruleset *r = stile_ruleset_new("pairs");
		const struct stile_condition conditions[] = {
			STILE_ARGUMENT_IS("domain", 1),
			STILE_ARGUMENT_IS("type", 2),
			STILE_ARGUMENT_IS("domain", 1),
		};

		ck_assert(stile_ruleset_allow_if(r, "socket", conditions + i, 2) == 0);
		ck_assert_msg(stile_enable(s, r) == 0, "%s", stile_message(s));
		hashes[i] = hash_of(s);
		stile_ruleset_free(r);
		stile_free(s);
	}
	ck_assert(hashes[0] == hashes[1]);
}
END_TEST

START_TEST(other_grants)
{
	static const char *const lists[] = {
		"system_io.read_fd(3)",
		"system_io.read_fd(4)",
		"system_io.read_fd(3) system_io.read_fd(4)",
		"system_io.write_fd(3)",
		"system_io.read_fd(3) system_io.write_fd(3)",
		"system_io.read",
		"system_io.open_readonly",
	};
	uint64_t hashes[sizeof(lists) / sizeof(*lists)];

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		hashes[i] = hash_of_grants(lists[i]);
		for (size_t j = 0; j < i; j++)
			ck_assert_msg(hashes[i] != hashes[j], "%s and %s", lists[i], lists[j]);
	}
}
END_TEST

/* Each setting that changes an answer changes the hash, and no two come to the same. */
START_TEST(other_settings)
{
	const struct stile_action eacces = { STILE_ACTION_ERRNO, EACCES };
	const struct stile_action enoent = { STILE_ACTION_ERRNO, ENOENT };
	const struct stile_action kill = { STILE_ACTION_KILL_PROCESS, 0 };
	enum { CASES = 9 };
	uint64_t hashes[CASES];

	for (int i = 0; i < CASES; i++) {
		struct stile *s = i == 8 ? stile_new_allowing() : stile_new();

		ck_assert(i == 8 || stile_grant(s, "system_io.read_fd(3)") == 0);
		ck_assert(i != 1 || stile_set_default(s, eacces) == 0);
		ck_assert(i != 2 || stile_set_default(s, enoent) == 0);
		ck_assert(i != 3 || stile_set_default(s, kill) == 0);
		ck_assert(i != 4 || stile_set_foreign_abi(s, eacces) == 0);
		ck_assert(i != 5 || stile_set_baseline(s, "5.10") == 0);
		ck_assert(i != 6 || stile_fail_with(s, "getppid", ENOENT) == 0);
		ck_assert(i != 7 || stile_log(s, "getppid") == 0);
		ck_assert(i != 8 || stile_deny(s, "ptrace") == 0);
		hashes[i] = hash_of(s);
		stile_free(s);
		for (int j = 0; j < i; j++)
			ck_assert_msg(hashes[i] != hashes[j], "settings %d and %d", i, j);
	}
}
END_TEST

/* A context's for these ABIs; none: as it comes. */
static uint64_t hash_for(const enum stile_abi *abis, size_t count)
{
	struct stile *s = stile_new();
	uint64_t hash;

	ck_assert_msg(count == 0 || stile_set_abis(s, abis, count) == 0, "%s", stile_message(s));
	ck_assert(stile_grant(s, "system_io.read_fd(3)") == 0);
	hash = hash_of(s);
	stile_free(s);
	return hash;
}

START_TEST(abis)
{
	const enum stile_abi one[] = { STILE_ABI_AARCH64 };
	const enum stile_abi two[] = { STILE_ABI_X86_64, STILE_ABI_I386, STILE_ABI_X86_64 };
	const uint64_t hash = hash_for(NULL, 0), first = hash_for(two, 2);

	ck_assert(hash_for(one, 1) != hash);
	ck_assert(hash_for(two + 1, 2) == first && first != hash);
}
END_TEST

/* The same for every machine and every build of a version: it goes into files. */
START_TEST(value_of_a_filter)
{
	static const struct sock_filter filter[] = { { 0x20, 0, 0, 4 },
						     { 0x15, 1, 254, 0xc000003e },
						     { 0x06, 0, 0, 0x7fff0000 } };

	ck_assert_uint_eq(stile_filter_hash(filter, 3), UINT64_C(0x09483f547f91d248));
	ck_assert(filter_hash(&(struct filter){ (struct sock_filter *)filter, 3 }) ==
		  stile_filter_hash(filter, 3));
	ck_assert(stile_filter_hash(filter, 2) != stile_filter_hash(filter, 3));
	ck_assert(stile_filter_hash(NULL, 0) == stile_filter_hash(filter, 0));
}
END_TEST

START_TEST(errors)
{
	struct stile *s = stile_new();
	uint64_t hash = 5;

	ck_assert(stile_policy_hash(NULL, &hash) == -ENOMEM);
	ck_assert(stile_grant(s, "nope.nope") == -ENOENT);
	ck_assert(stile_policy_hash(s, &hash) == -ENOENT);
	ck_assert(hash == 5);
	stile_free(s);
	s = stile_new();
	ck_assert(stile_policy_hash(s, NULL) == -EINVAL);
	stile_free(s);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("hash");
	TCase *cases = tcase_create("hash");

	tcase_add_test(cases, order_of_grants);
	tcase_add_test(cases, order_of_conditions);
	tcase_add_test(cases, other_grants);
	tcase_add_test(cases, other_settings);
	tcase_add_test(cases, abis);
	tcase_add_test(cases, value_of_a_filter);
	tcase_add_test(cases, errors);
	suite_add_tcase(all, cases);
	return all;
}

TEST_MAIN(suite)
