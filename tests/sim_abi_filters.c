/* SPDX-License-Identifier: MIT */
/* Filters for several ABIs and for other machines, made here, by either back end. */
#include <errno.h>
#include <string.h>

#include "abi_support.h"
#include "backend.h"
#include "interpreter.h"
#include "overlap.h"
#include "proof.h"
#include "random.h"
#include "syscall_table.h"

#define LAST_NUMBER 620 /* behind the tables' last */

static const struct abi_list {
	size_t count;
	enum stile_abi abis[STILE_ABI_COUNT];
} abi_lists[] = {
	{ 1, { STILE_ABI_AARCH64 } },
	{ 1, { STILE_ABI_RISCV64 } },
	{ 1, { STILE_ABI_I386 } },
	{ 1, { STILE_ABI_X32 } },
	{ 2, { STILE_ABI_X32, STILE_ABI_X86_64 } },
	{ 3, { STILE_ABI_I386, STILE_ABI_X86_64, STILE_ABI_X32 } },
	{ 2, { STILE_ABI_AARCH64, STILE_ABI_RISCV64 } },
	{ 5,
	  { STILE_ABI_RISCV64, STILE_ABI_X32, STILE_ABI_I386, STILE_ABI_X86_64,
	    STILE_ABI_AARCH64 } },
};

#define LISTS (int)(sizeof(abi_lists) / sizeof(abi_lists[0]))

static const struct abi_list *list;
static struct stile *s;
static struct policy policy;
static struct filter filter;
static uint64_t seed;

static void must(int result)
{
	ck_assert_msg(result == 0, "%s", stile_message(s));
}

static void grant_some(void)
{
	static const char *const grants[] = {
		"system_io.open_readonly", "system_io.locks",	"system_io.metadata",
		"system_io.read_fd(3)",	   "threads.create",	"networking.start_tcp_client",
		"memory.load_library",	   "sandbox.narrow",	"signals.handle",
		"ipc.system_v_semaphores", "networking.connect"
	};

	s = stile_new();
	must(stile_set_abis(s, list->abis, list->count));
	for (size_t i = 0; i < sizeof(grants) / sizeof(*grants); i++)
		(void)stile_grant(s, grants[i]);
	must(stile_error(s));
	must(stile_deny(s, "ptrace"));
	must(stile_trap(s, "shmat"));
	must(stile_set_baseline(s, "5.10"));
	must(stile_set_foreign_abi(s, (struct stile_action){ STILE_ACTION_ERRNO, 77 }));
}

static void allow_most(void)
{
	s = stile_new_allowing();
	must(stile_set_abis(s, list->abis, list->count));
	must(stile_fail_with(s, "openat", EACCES));
	must(stile_fail_with(s, "socket", EACCES));
	must(stile_deny(s, "bpf"));
	must(stile_fail_with(s, "networking.danger_socket_filter", EPERM));
	must(stile_fail_with(s, "mmap2", EACCES));
	must(stile_set_baseline(s, "6.1"));
}

static void compare(uint32_t arch, uint32_t number, const uint64_t words[6])
{
	struct seccomp_data data = { .nr = (int)number, .arch = arch };
	uint32_t expected = action_answer(policy_decide(&policy, arch, number, words)), got;

	memcpy(data.args, words, sizeof(data.args));
	got = filter_run(filter.instructions, &data);
	ck_assert_msg(got == expected,
		      "filter 0x%x, policy 0x%x: arch 0x%x, number %u, 0x%llx, 0x%llx, 0x%llx", got,
		      expected, arch, number, (unsigned long long)words[0],
		      (unsigned long long)words[1], (unsigned long long)words[2]);
}

/* Calls that a rule matches and calls that it just does not, with anything in upper halves. */
static void try_rules(const struct policy_abi *abi, const struct decision *decision,
		      struct random *r)
{
	const uint32_t arch = audit_arch(abi->abi);

	for (uint32_t i = 0; i < decision->rule_count; i++) {
		const struct rule *rule = &policy.rules[decision->first_rule + i];
		uint64_t words[2][6];

		ck_assert(rules_overlap(rule, rule, abi->abi, words[0]));
		call_outside(rule, abi->abi, words[1]);
		for (int k = 0; k < 2; k++) {
			compare(arch, (uint32_t)decision->number, words[k]);
			for (int n = 0; n < 20; n++) {
				uint64_t changed[6];

				memcpy(changed, words[k], sizeof(changed));
				changed[random_below(r, 6)] ^= UINT64_C(1) << random_below(r, 64);
				compare(arch, (uint32_t)decision->number, changed);
			}
		}
	}
}

/* Every number of every ABI, known to the policy or not, and those at the edges. */
static void try_numbers(void)
{
	static const uint32_t edges[] = { 0x3fffffff, 0x40000000, 0x7fffffff, 0x80000000,
					  0xbfffffff, 0xfffffffe, 0xffffffff };
	static const uint32_t arches[] = { AUDIT_ARCH_X86_64,  AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64,
					   AUDIT_ARCH_RISCV64, AUDIT_ARCH_ARM,	0 };
	const uint64_t none[6] = { 0 };

	for (size_t a = 0; a < sizeof(arches) / sizeof(*arches); a++) {
		for (uint32_t number = 0; number < LAST_NUMBER; number++) {
			compare(arches[a], number, none);
			compare(arches[a], number | X32_SYSCALL_BIT, none);
		}
		for (size_t i = 0; i < sizeof(edges) / sizeof(*edges); i++)
			compare(arches[a], edges[i], none);
	}
}

static void prove(void)
{
	struct stile_proof proof;
	char *call;

	ck_assert_int_eq(filter_prove(&policy, &filter, &proof), 0);
	if (proof.verdict == STILE_VERDICT_EQUAL)
		return;
	call = stile_call_text(&proof.witness);
	ck_abort_msg("verdict %d: %s: filter 0x%x, policy 0x%x: %s", (int)proof.verdict, call,
		     proof.filter_answer, proof.policy_answer, proof.why ? proof.why : "");
}

static void check_filter(void)
{
	struct random r = { seed };

	ck_assert_int_eq(filter_check(filter.instructions, filter.count, NULL, NULL), 0);
	try_numbers();
	for (uint32_t a = 0; a < policy.abi_count; a++)
		for (uint32_t i = 0; i < policy.abis[a].decision_count; i++)
			try_rules(&policy.abis[a], &policy.abis[a].decisions[i], &r);
	prove();
}

/* By both back ends, in both phases. */
static void check_all(void)
{
	for (unsigned int phase = POLICY_FINAL; phase <= POLICY_START; phase++) {
		struct message message;

		must(policy_build(s, (enum policy_phase)phase, &policy));
		ck_assert_uint_eq(policy.abi_count, list->count);
		ck_assert_msg(backend_own(&policy, NULL, &filter, &message) == 0, "%s",
			      message.text);
		check_filter();
		free(filter.instructions);
		ck_assert_msg(backend_libseccomp(&policy, &filter, &message) == 0, "%s",
			      message.text);
		check_filter();
		free(filter.instructions);
		policy_free(&policy);
	}
	stile_free(s);
}

START_TEST(refusing)
{
	list = &abi_lists[_i];
	grant_some();
	check_all();
}
END_TEST

START_TEST(allowing)
{
	list = &abi_lists[_i];
	allow_most();
	check_all();
}
END_TEST

/* The order of the list and the ABIs beside it change nothing of what one ABI's calls get. */
START_TEST(an_abi_is_the_same_in_company)
{
	struct policy alone;

	struct stile *all;

	list = &abi_lists[LISTS - 1];
	grant_some();
	all = s;
	must(policy_build(s, POLICY_FINAL, &policy));
	for (size_t a = 0; a < abi_lists[LISTS - 1].count; a++) {
		const uint64_t none[6] = { 0 };
		const enum stile_abi abi = abi_lists[LISTS - 1].abis[a];
		const struct abi_list only = { 1, { abi } };
		const uint32_t bit = abi == STILE_ABI_X32 ? X32_SYSCALL_BIT : 0;

		list = &only;
		grant_some();
		must(policy_build(s, POLICY_FINAL, &alone));
		for (uint32_t number = 0; number < LAST_NUMBER; number++)
			ck_assert_uint_eq(action_answer(policy_decide(&policy, audit_arch(abi),
								      number | bit, none)),
					  action_answer(policy_decide(&alone, audit_arch(abi),
								      number | bit, none)));
		policy_free(&alone);
		stile_free(s);
	}
	policy_free(&policy);
	stile_free(all);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("abi_filters");
	TCase *tests = tcase_create("abi_filters");

	seed = random_seed("abi_filters");
	tcase_set_timeout(tests, 120);
	tcase_add_loop_test(tests, refusing, 0, LISTS);
	tcase_add_loop_test(tests, allowing, 0, LISTS);
	tcase_add_test(tests, an_abi_is_the_same_in_company);
	suite_add_tcase(all, tests);
	return all;
}

TEST_MAIN(suite)
