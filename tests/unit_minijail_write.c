/* SPDX-License-Identifier: MIT */
/* Policies written as minijail's files: exactly, or it is said why not. */
#include "minijail_support.h"
#include "random.h"

#define X STILE_ABI_X86_64

/* What is read is written so, and means the same when it is read again. */
static const struct {
	const char *text, *written;
} written[] = {
	{ "write: 1\nread: 1", "read: 1\nwrite: 1\n" },
	{ "", "# No call is listed.\n" },
	{ "read: return 1\nwrite: return 1", "read: return EPERM\nwrite: return EPERM\n" },
	{ "read: return 65000", "read: return 65000\n" },
	{ "read: return 0", "read: return 0\n" },
	{ "read: arg0 == 3 && arg1 != 0x10 || arg2 < 8", "read: arg0 == 3 && arg1 != 0x10 || "
							 "arg2 < 8\n" },
	{ "read: arg0 in 6", "read: arg0 in 6\n" },
	{ "mmap: arg2 in ~PROT_EXEC", "mmap: arg2 in ~4\n" },
	{ "read: arg0 & 6", "read: arg0 & 6\n" },
	{ "read: arg0 & 6 && arg1 & 0x11 || arg2 == 1",
	  "read: arg0 & 6 && arg1 & 0x11 || arg2 == 1\n" },
	{ "read: arg0 in 7 && arg0 & 4", "read: arg0 in 7 && arg0 & 4\n" },
	{ "read: arg0 == 3; return 5",
	  "# For minijail itself; compile_seccomp_policy.py takes it otherwise.\n"
	  "read: arg0 == 3; return EIO\n" },
	{ "read: { arg0 == 3, return 5 }\nwrite: trap",
	  "# For minijail's compile_seccomp_policy.py.\n"
	  "read: { arg0 == 3, return EIO }\nwrite: trap\n" },
	{ "read: { arg0 == 3; trap, arg1 == 4, return 5 }\nwrite: { arg0 == 3; trap, arg1 == 4, "
	  "return 5 }\nclose: 1",
	  "# For minijail's compile_seccomp_policy.py.\n"
	  "close: 1\n{ read, write }: { arg0 == 3; trap, arg1 == 4, return EIO }\n" },
	{ "read: { arg0 == 3; trap, arg0 >= 0 }", "# For minijail's compile_seccomp_policy.py.\n"
						  "read: { arg0 == 3; trap, arg0 >= 0 }\n" },
	{ "@default trap\nread: arg0 == 3\nwrite: kill-thread",
	  "# For minijail's compile_seccomp_policy.py.\n"
	  "@default trap\nread: arg0 == 3\nwrite: kill-thread\n" },
	{ "@denylist\nread: { arg0 == 3, return 5 }\nwrite: return 1",
	  "# For minijail's compile_seccomp_policy.py.\n"
	  "@denylist\nread: { arg0 == 3, return EIO }\nwrite: return EPERM\n" },
};

START_TEST(writes)
{
	struct stile_policy *policy = take_minijail(X, written[_i].text), *again;
	char *text = write_minijail(policy, false);

	ck_assert_msg(text != NULL, "%s", said.count ? said.items[0].text : "?");
	ck_assert_str_eq(text, written[_i].written);
	again = take_minijail(X, text);
	ck_same(policy, again, text);
	stile_policy_free(policy);
	stile_policy_free(again);
	free(text);
}
END_TEST

static const struct stile_action allow = { STILE_ACTION_ALLOW, 0 };
static const struct stile_action kill_thread = { STILE_ACTION_KILL_THREAD, 0 };
static const struct stile_action kill_process = { STILE_ACTION_KILL_PROCESS, 0 };

static struct stile_policy *start(enum stile_abi abi, struct stile_action rest,
				  struct stile_action foreign)
{
	struct stile_policy *policy = stile_policy_new();

	ck_assert_int_eq(stile_policy_add_abi(policy, abi), 0);
	ck_assert_int_eq(stile_policy_set_default(policy, rest), 0);
	ck_assert_int_eq(stile_policy_set_foreign_abi(policy, foreign), 0);
	return policy;
}

static void add(struct stile_policy *policy, enum stile_abi abi, uint32_t number,
		struct stile_action action, const struct stile_table_condition *conditions,
		size_t count)
{
	const struct stile_policy_rule rule = { abi, number, action, conditions, count, -1 };

	ck_assert_int_eq(stile_policy_add_rule(policy, &rule), 0);
}

/* Written, and read again it is the same. Frees the policy. */
static void ck_written(struct stile_policy *policy, enum stile_abi abi)
{
	char *text = write_minijail(policy, false);
	struct stile_policy *again;

	ck_assert_msg(text != NULL, "%s", said.count ? said.items[0].text : "?");
	again = take_minijail(abi, text);
	ck_same(policy, again, text);
	stile_policy_free(policy);
	stile_policy_free(again);
	free(text);
}

static const uint64_t values[] = {
	0,	    1,		2,	    3,		0x7f,	    0x80,
	0x7fff,	    0x8000,	0xffff,	    0x7fffffff, 0x80000000, 0xfffffffe,
	0xffffffff, 0x12345678, 1ull << 32, INT64_MAX,	1ull << 63, UINT64_MAX - 1,
	UINT64_MAX
};
#define VALUE_COUNT (sizeof(values) / sizeof(values[0]))

/* Each comparison of each width with each value, alone. */
START_TEST(each_condition)
{
	const unsigned int bits = _i % 3 == 0 ? 16 : _i % 3 == 1 ? 32 : 64;
	const uint64_t all = UINT64_MAX >> (64 - bits);
	const enum stile_abi abi = _i / 3 % 2 ? STILE_ABI_I386 : STILE_ABI_AARCH64;

	if (abi == STILE_ABI_I386 && bits == 64)
		return;
	for (size_t v = 0; v < VALUE_COUNT; v++)
		for (int c = STILE_EQUAL; c <= STILE_MASKED_EQUAL; c++)
			for (int is_signed = 0; is_signed <= 1; is_signed++) {
				struct stile_policy *policy = start(abi, kill_thread, kill_thread);
				const struct stile_table_condition condition = {
					.argument = 1,
					.bits = (uint8_t)bits,
					.comparison = (uint8_t)c,
					.is_signed = (uint8_t)is_signed,
					.parameter = -1,
					.mask = c == STILE_MASKED_EQUAL ?
							(values[v] | 0x1234) & all :
							0,
					.value = values[v] & all
				};

				add(policy, abi, 3, allow, &condition, 1);
				ck_written(policy, abi);
			}
}
END_TEST

static uint64_t random_value(struct random *random, unsigned int bits)
{
	return values[random_below(random, VALUE_COUNT)] & (UINT64_MAX >> (64 - bits));
}

static struct stile_action random_action(struct random *random)
{
	switch (random_below(random, 6)) {
	case 0:
		return (struct stile_action){ STILE_ACTION_ERRNO,
					      (unsigned int)random_below(random, 200) };
	case 1:
		return (struct stile_action){ STILE_ACTION_TRAP, 0 };
	case 2:
		return (struct stile_action){ STILE_ACTION_LOG, 0 };
	case 3:
		return kill_process;
	default:
		return allow;
	}
}

/* Rules of several conditions and actions, whose order matters. */
START_TEST(random_policies)
{
	struct random random = { (uint64_t)_i + 1 };
	struct stile_policy *policy = start(STILE_ABI_AARCH64,
					    random_below(&random, 2) ? kill_thread : kill_process,
					    kill_thread);

	for (int i = 0; i < 12; i++) {
		struct stile_table_condition conditions[3];
		const size_t count = random_below(&random, 4);

		for (size_t c = 0; c < count; c++) {
			const unsigned int bits = 16u << random_below(&random, 3);
			const uint64_t mask = random_value(&random, bits);

			conditions[c] = (struct stile_table_condition){
				.argument = (uint8_t)random_below(&random, 3),
				.bits = (uint8_t)bits,
				.comparison = (uint8_t)random_below(&random, STILE_IS_NULL),
				.is_signed = (uint8_t)random_below(&random, 2),
				.parameter = -1
			};
			/* Few bits, or there are too many ways to choose them. */
			conditions[c].value = random_value(&random, bits);
			if (conditions[c].comparison == STILE_MASKED_EQUAL) {
				conditions[c].mask = mask;
				conditions[c].value &= mask;
			}
			if (c > 0 && conditions[c].comparison != STILE_MASKED_EQUAL)
				conditions[c].comparison = STILE_EQUAL;
		}
		add(policy, STILE_ABI_AARCH64, (uint32_t)random_below(&random, 4) + 60,
		    random_action(&random), conditions, count);
	}
	ck_written(policy, STILE_ABI_AARCH64);
}
END_TEST

static void ck_cannot(struct stile_policy *policy, const char *sentence, const char *lossy)
{
	char *text = write_minijail(policy, false);

	ck_assert_msg(text == NULL, "%s", text);
	ck_said(0, sentence);
	text = write_minijail(policy, true);
	if (lossy) {
		ck_assert_ptr_nonnull(text);
		ck_said(0, lossy);
		free(text);
	} else {
		ck_assert_ptr_null(text);
	}
	stile_policy_free(policy);
}

START_TEST(abis)
{
	struct stile_policy *policy = start(X, kill_thread, kill_thread);

	ck_assert_int_eq(stile_policy_add_abi(policy, STILE_ABI_I386), 0);
	ck_cannot(policy,
		  "error out:0:0: a file of minijail's is for one ABI, the policy for "
		  "x86_64, i386",
		  NULL);
	ck_cannot(stile_policy_new(),
		  "error out:0:0: a file of minijail's is for one ABI, the "
		  "policy for none",
		  NULL);
	ck_cannot(start(STILE_ABI_X32, kill_thread, kill_thread),
		  "error out:0:0: minijail makes no filters for x32", NULL);
}
END_TEST

START_TEST(cannot)
{
	const struct stile_action eperm = { STILE_ACTION_ERRNO, 1 },
				  trap = { STILE_ACTION_TRAP, 7 };
	const struct stile_table_condition wide = { .bits = 64, .parameter = -1, .value = 1 };
	struct stile_policy *policy;

	ck_cannot(start(X, eperm, kill_thread),
		  "error out:0:0: what calls get that nobody knows, 'fail with EPERM', cannot be "
		  "said",
		  "warning out:0:0: what calls get that nobody knows, 'fail with EPERM', cannot be "
		  "said; written as 'kill the thread'");
	ck_cannot(start(STILE_ABI_AARCH64, kill_thread, kill_process),
		  "error out:0:0: what calls by other ABIs get, 'kill the process', cannot be said "
		  "but by the option --use-kill-process of compile_seccomp_policy.py",
		  "warning out:0:0: what calls by other ABIs get, 'kill the process', cannot be "
		  "said but by the option --use-kill-process of compile_seccomp_policy.py; "
		  "minijail "
		  "answers 'kill the thread'");
	ck_cannot(start(X, kill_process, kill_thread),
		  "error out:0:0: minijail does not look for calls by x32, which get 'kill the "
		  "thread'",
		  "warning out:0:0: minijail does not look for calls by x32, which get 'kill the "
		  "thread'; they get 'kill the process'");
	/* x32 would be allowed: no narrowing. */
	ck_cannot(start(X, allow, eperm),
		  "error out:0:0: minijail does not look for calls by x32, "
		  "which get 'fail with EPERM'",
		  NULL);
	policy = start(STILE_ABI_AARCH64, kill_thread, kill_thread);
	add(policy, STILE_ABI_AARCH64, 9999, allow, NULL, 0);
	ck_cannot(policy,
		  "error out:0:0: call 9999 of aarch64 has no name, by which minijail "
		  "knows calls",
		  "warning out:0:0: call 9999 of aarch64 has no name, by which minijail knows "
		  "calls; left out");
	policy = start(STILE_ABI_AARCH64, allow, eperm);
	add(policy, STILE_ABI_AARCH64, 9999, kill_thread, NULL, 0);
	ck_cannot(policy,
		  "error out:0:0: call 9999 of aarch64 has no name, by which minijail "
		  "knows calls",
		  NULL);
	policy = start(STILE_ABI_AARCH64, allow, eperm);
	add(policy, STILE_ABI_AARCH64, 63, kill_process, NULL, 0);
	ck_cannot(policy, "error out:0:0: read: 'kill the process' cannot be said in a denylist",
		  "warning out:0:0: read: 'kill the process' cannot be said in a denylist; written "
		  "as 'fail with EPERM'");
	policy = start(STILE_ABI_AARCH64, kill_thread, kill_thread);
	add(policy, STILE_ABI_AARCH64, 63, trap, NULL, 0);
	ck_cannot(policy, "error out:0:0: read: 'trap (7)' cannot be said",
		  "warning out:0:0: read: 'trap (7)' cannot be said; written as 'kill the "
		  "thread'");
	policy = start(STILE_ABI_I386, kill_thread, kill_thread);
	add(policy, STILE_ABI_I386, 3, allow, &wide, 1);
	ck_cannot(policy,
		  "error out:0:0: read: a comparison of more bits than minijail compares "
		  "on i386",
		  NULL);
}
END_TEST

/* What a context says can only be written with losses; none of them lets more through. */
START_TEST(context)
{
	struct stile *s = stile_new();
	struct stile_policy *policy, *again;
	struct stile_difference *differences;
	size_t count, others = 0;
	char *text;

	ck_assert_int_eq(stile_grant(s, "system_io.open_readonly"), 0);
	ck_assert_int_eq(stile_grant(s, "system_io.read_fd(3)"), 0);
	ck_assert_int_eq(stile_grant(s, "networking.start_tcp_client"), 0);
	policy = stile_policy_from_context(s);
	ck_assert_ptr_nonnull(policy);
	ck_assert_ptr_null(write_minijail(policy, false));
	text = write_minijail(policy, true);
	ck_assert_ptr_nonnull(text);
	ck_assert_uint_eq(said.count, 3); /* unknown calls, other ABIs, x32 */
	again = take_minijail(X, text);
	ck_assert_int_eq(stile_policy_compare(policy, again, &differences, &count), 0);
	for (size_t i = 0; i < count; i++) {
		ck_assert_int_ne(differences[i].change, STILE_CHANGE_WIDER);
		others += differences[i].from.reason == STILE_REASON_RULE;
	}
	ck_assert_uint_gt(count, 0);
	ck_assert_uint_eq(others, 0); /* what is granted is written exactly */
	free(differences);
	free(text);
	stile_policy_free(again);
	stile_policy_free(policy);
	stile_free(s);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("minijail's writer");
	TCase *tests = tcase_create("writing");

	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, writes, 0, sizeof(written) / sizeof(written[0]));
	tcase_add_loop_test(tests, each_condition, 0, 6);
	tcase_add_loop_test(tests, random_policies, 0, 40);
	tcase_add_test(tests, abis);
	tcase_add_test(tests, cannot);
	tcase_add_test(tests, context);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
