/* SPDX-License-Identifier: MIT */
/* Conditions as users write them: every mistake and its sentence. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "ruleset_fixture.h"

struct bad_condition {
	const char *syscall;
	struct stile_condition condition;
	int error;
	const char *sentence;
};

static const struct bad_condition bad_conditions[] = {
	{ "opneat",
	  { "flags", STILE_EQUAL, 0, 0 },
	  -ENOENT,
	  "custom ruleset 'mine': there is no syscall 'opneat': did you mean 'openat'?" },
	{ "read",
	  { "flags", STILE_EQUAL, 0, 0 },
	  -ENOENT,
	  "custom ruleset 'mine': read: there is no argument 'flags': it has fd, buf, count" },
	{ "read",
	  { "fb", STILE_EQUAL, 0, 0 },
	  -ENOENT,
	  "custom ruleset 'mine': read: there is no argument 'fb': did you mean 'fd'? (it has fd, "
	  "buf, count)" },
	{ "getpid",
	  { "pid", STILE_EQUAL, 0, 0 },
	  -ENOENT,
	  "custom ruleset 'mine': getpid: there is no argument 'pid': the call has none" },
	{ "openat",
	  { "pathname", STILE_EQUAL, 0, 4096 },
	  -EINVAL,
	  "custom ruleset 'mine': openat: pathname is a pointer: a filter cannot look at what it "
	  "points to, only STILE_IS_NULL can be asked" },
	{ "openat",
	  { "pathname", STILE_EQUAL, 0, 0 },
	  -EINVAL,
	  "custom ruleset 'mine': openat: pathname is a pointer: a filter cannot look at what it "
	  "points to, only STILE_IS_NULL can be asked" },
	{ "read",
	  { "fd", STILE_IS_NULL, 0, 0 },
	  -EINVAL,
	  "custom ruleset 'mine': read: fd is no pointer: STILE_IS_NULL is for pointers, compare "
	  "it "
	  "with 0" },
	{ "read",
	  { NULL, STILE_EQUAL, 0, 0 },
	  -EINVAL,
	  "custom ruleset 'mine': read: a condition without an argument's name" },
	{ "read",
	  { "fd", (enum stile_comparison)99, 0, 0 },
	  -EINVAL,
	  "custom ruleset 'mine': read: fd: 99 is no comparison: use enum stile_comparison" },
	{ "read",
	  { "fd", STILE_EQUAL, 0, UINT64_C(1) << 32 },
	  -EINVAL,
	  "custom ruleset 'mine': read: the kernel uses 32 bits of fd: 0x100000000 has bits above "
	  "them" },
	{ "ioctl",
	  { "request", STILE_EQUAL, 0, UINT64_C(0x100005412) },
	  -EINVAL,
	  "custom ruleset 'mine': ioctl: the kernel uses 32 bits of request: 0x100005412 has bits "
	  "above them" },
	{ "openat",
	  { "flags", STILE_MASKED_EQUAL, UINT64_C(1) << 40, 0 },
	  -EINVAL,
	  "custom ruleset 'mine': openat: the kernel uses 32 bits of flags: 0x10000000000 has bits "
	  "above them" },
	{ "openat",
	  { "flags", STILE_MASKED_EQUAL, 0, 0 },
	  -EINVAL,
	  "custom ruleset 'mine': openat: flags & 0 looks at no bit: name the bits to compare" },
	{ "openat",
	  { "flags", STILE_MASKED_EQUAL, 1, 2 },
	  -EINVAL,
	  "custom ruleset 'mine': openat: flags & 0x1 == 0x2 can never hold: the value has bits "
	  "outside the mask" },
	{ "socket",
	  { "domain", STILE_MASKED_EQUAL, AF_INET, AF_INET },
	  -EINVAL,
	  "custom ruleset 'mine': socket: domain is an enumeration: its bits mean nothing alone: "
	  "compare it whole" },
	{ "socket",
	  { "type", STILE_MASKED_EQUAL, SOCK_STREAM, SOCK_STREAM },
	  -EINVAL,
	  "custom ruleset 'mine': socket: type is an enumeration: its bits mean nothing alone: "
	  "compare it whole" },
	{ "chmod",
	  { "mode", STILE_LESS_OR_EQUAL, 0, 0xffff },
	  -EINVAL,
	  "custom ruleset 'mine': chmod: the condition on mode always holds: leave it out" },
	{ "lseek",
	  { "whence", STILE_LESS, 0, 0 },
	  -EINVAL,
	  "custom ruleset 'mine': lseek: the condition on whence can never hold: the rule would do "
	  "nothing" },
	{ "write",
	  { "fd", STILE_EQUAL, 7, 0 },
	  -EINVAL,
	  "custom ruleset 'mine': write: fd: a mask (0x7) belongs to STILE_MASKED_EQUAL alone: is "
	  "the "
	  "value in its place?" },
};

START_TEST(conditions_that_are_none)
{
	const struct bad_condition *bad = &bad_conditions[_i];
	int error = stile_ruleset_allow_if(r, bad->syscall, &bad->condition, 1);

	ck_assert_int_eq(error, bad->error);
	if (bad->sentence)
		ck_assert_str_eq(stile_ruleset_message(r), bad->sentence);
	/* it sticks, and the context takes it over */
	ck_assert_int_eq(stile_ruleset_allow(r, "getpid"), bad->error);
	ck_assert_int_eq(stile_enable(s, r), bad->error);
	ck_assert_str_eq(stile_message(s), stile_ruleset_message(r));
	ck_assert_int_eq(stile_check(s), bad->error);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("condition");
	TCase *rules = tcase_create("rules");

	tcase_add_checked_fixture(rules, set_up, tear_down);
	tcase_add_loop_test(rules, conditions_that_are_none, 0,
			    sizeof(bad_conditions) / sizeof(*bad_conditions));
	suite_add_tcase(all, rules);
	return all;
}

TEST_MAIN(suite)
