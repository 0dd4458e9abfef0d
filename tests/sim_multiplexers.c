/* SPDX-License-Identifier: MIT */
/* i386's socketcall and ipc: as the calls that they stand for, and never more. */
#include <errno.h>
#include <linux/net.h>
#include <sys/socket.h>

#include "abi_support.h"
#include "syscall_table.h"

/* What ipc(2) calls its operations, in no header of libc */
enum { SEMOP = 1, SEMGET = 2, SEMTIMEDOP = 4, MSGSND = 11, SHMAT = 21, SHMGET = 23 };

#define SOCKETCALL(call) policy_says(s, STILE_ABI_I386, "socketcall", (call), 0x10000)
#define IPC(call) policy_says(s, STILE_ABI_I386, "ipc", (call), 1, 2, 3, 0x10000)

static const enum stile_abi abis[] = { STILE_ABI_X86_64, STILE_ABI_I386 };
static struct stile *s;

static void must(int result)
{
	ck_assert_msg(result == 0, "%s", stile_message(s));
}

static void refusing(void)
{
	s = stile_new();
	must(stile_set_abis(s, abis, 2));
}

static void allowing(void)
{
	s = stile_new_allowing();
	must(stile_set_abis(s, abis, 2));
}

static void tear_down(void)
{
	stile_free(s);
}

START_TEST(nothing_is_granted)
{
	must(stile_grant(s, "system_io.read"));
	for (uint64_t call = 0; call < 30; call++) {
		ck_assert_uint_eq(SOCKETCALL(call), FAILS(EPERM));
		ck_assert_uint_eq(IPC(call), FAILS(EPERM));
	}
}
END_TEST

START_TEST(as_the_direct_calls)
{
	must(stile_grant(s, "networking.start_tcp_client"));
	ck_assert_uint_eq(policy_says(s, STILE_ABI_I386, "socket", AF_INET, SOCK_STREAM), ALLOWED);
	ck_assert_uint_eq(SOCKETCALL(SYS_SOCKET), FAILS(ENOSYS)); /* which socket is hidden */
	ck_assert_uint_eq(SOCKETCALL(SYS_CONNECT), ALLOWED);
	ck_assert_uint_eq(SOCKETCALL(SYS_BIND), FAILS(EPERM));
	ck_assert_uint_eq(SOCKETCALL(SYS_LISTEN), FAILS(EPERM));
	ck_assert_uint_eq(SOCKETCALL(0), FAILS(EPERM));
	ck_assert_uint_eq(SOCKETCALL(21), FAILS(EPERM));
}
END_TEST

START_TEST(upper_bits_do_not_count)
{
	must(stile_allow(s, "connect"));
	must(stile_allow(s, "shmget"));
	ck_assert_uint_eq(SOCKETCALL(SYS_CONNECT | UINT64_C(5) << 32), ALLOWED);
	ck_assert_uint_eq(SOCKETCALL(SYS_CONNECT | 1 << 16), FAILS(EPERM)); /* an int */
	ck_assert_uint_eq(IPC(SHMGET), ALLOWED);
	ck_assert_uint_eq(IPC(SHMGET | 1 << 16), ALLOWED); /* a version */
	ck_assert_uint_eq(IPC(SHMGET | 0xffff0000), ALLOWED);
	ck_assert_uint_eq(IPC(SHMAT | 1 << 16), FAILS(EPERM));
}
END_TEST

/* Calls that i386 has by the multiplexer alone, and those without a call of their own. */
START_TEST(names_that_the_abi_lacks)
{
	must(stile_allow(s, "accept"));
	must(stile_allow(s, "semop"));
	must(stile_fail_with(s, "semtimedop", EACCES));
	must(stile_allow(s, "sendto"));
	ck_assert_uint_eq(SOCKETCALL(SYS_ACCEPT), ALLOWED);
	ck_assert_uint_eq(SOCKETCALL(SYS_ACCEPT4), FAILS(EPERM));
	ck_assert_uint_eq(SOCKETCALL(SYS_SEND), ALLOWED);
	ck_assert_uint_eq(SOCKETCALL(SYS_RECV), FAILS(EPERM));
	ck_assert_uint_eq(IPC(SEMOP), FAILS(EACCES)); /* semtimedop does the same */
	ck_assert_uint_eq(IPC(SEMTIMEDOP), FAILS(EACCES));
}
END_TEST

START_TEST(one_of_two_with_conditions)
{
	struct stile_ruleset *r = stile_ruleset_new("mine");

	must(stile_allow(s, "accept"));
	ck_assert_int_eq(STILE_ALLOW_IF(r, "accept4", STILE_ARGUMENT_IS("sockfd", 3)), 0);
	must(stile_enable(s, r));
	ck_assert_uint_eq(SOCKETCALL(SYS_ACCEPT), FAILS(ENOSYS));
	ck_assert_uint_eq(SOCKETCALL(SYS_ACCEPT4), FAILS(ENOSYS));
	stile_ruleset_free(r);
}
END_TEST

START_TEST(other_answers_are_the_same)
{
	must(stile_log(s, "connect"));
	must(stile_trap(s, "bind"));
	must(stile_deny(s, "msgsnd"));
	ck_assert_uint_eq(SOCKETCALL(SYS_CONNECT), SECCOMP_RET_LOG);
	ck_assert_uint_eq(SOCKETCALL(SYS_BIND), SECCOMP_RET_TRAP);
	ck_assert_uint_eq(IPC(MSGSND), SECCOMP_RET_KILL_PROCESS);
	ck_assert_uint_eq(IPC(SEMGET), FAILS(EPERM));
}
END_TEST

/* A grant of the whole multiplexer is for what nothing else is said of. */
START_TEST(the_whole_multiplexer)
{
	must(stile_grant(s, "networking.danger_any_socket"));
	must(stile_grant(s, "networking.danger_socket_filter")); /* setsockopt with conditions */
	must(stile_fail_with(s, "listen", EACCES));
	ck_assert_uint_eq(SOCKETCALL(SYS_SOCKET), ALLOWED);
	ck_assert_uint_eq(SOCKETCALL(SYS_BIND), ALLOWED);
	ck_assert_uint_eq(SOCKETCALL(SYS_LISTEN), FAILS(EACCES));
	ck_assert_uint_eq(SOCKETCALL(SYS_SETSOCKOPT), FAILS(ENOSYS));
	ck_assert_uint_eq(SOCKETCALL(77), ALLOWED);
}
END_TEST

START_TEST(the_multiplexer_refused)
{
	must(stile_allow(s, "connect"));
	must(stile_fail_with(s, "socketcall", EACCES));
	ck_assert_uint_eq(SOCKETCALL(SYS_CONNECT), FAILS(EACCES));
	ck_assert_uint_eq(policy_says(s, STILE_ABI_I386, "connect", 3), ALLOWED);
}
END_TEST

START_TEST(rules_of_its_own)
{
	struct stile_ruleset *r = stile_ruleset_new("mine");

	ck_assert_int_eq(STILE_ALLOW_IF(r, "socketcall", STILE_ARGUMENT_IS("call", SYS_BIND)), 0);
	ck_assert_int_eq(STILE_ALLOW_IF(r, "socketcall", STILE_ARGUMENT_IS("call", SYS_LISTEN)), 0);
	must(stile_enable(s, r));
	must(stile_fail_with(s, "listen", EACCES));
	ck_assert_uint_eq(SOCKETCALL(SYS_BIND), ALLOWED);
	ck_assert_uint_eq(SOCKETCALL(SYS_LISTEN), FAILS(EACCES));
	ck_assert_uint_eq(SOCKETCALL(SYS_CONNECT), FAILS(EPERM));
	stile_ruleset_free(r);
}
END_TEST

START_TEST(granted_above_the_baseline)
{
	must(stile_set_baseline(s, "2.6"));
	must(stile_allow(s, "sendmmsg")); /* 3.0 */
	ck_assert_uint_eq(SOCKETCALL(SYS_SENDMMSG), ALLOWED);
}
END_TEST

START_TEST(refused_where_all_else_is_allowed)
{
	must(stile_fail_with(s, "socket", EACCES));
	must(stile_deny(s, "accept"));
	must(stile_fail_with(s, "networking.danger_socket_filter", EPERM)); /* setsockopt, if */
	must(stile_fail_with(s, "shmat", EACCES));
	ck_assert_uint_eq(SOCKETCALL(SYS_SOCKET), FAILS(EACCES));
	ck_assert_uint_eq(SOCKETCALL(SYS_ACCEPT), SECCOMP_RET_KILL_PROCESS);
	ck_assert_uint_eq(SOCKETCALL(SYS_ACCEPT4), ALLOWED);
	ck_assert_uint_eq(SOCKETCALL(SYS_SETSOCKOPT), FAILS(ENOSYS));
	ck_assert_uint_eq(SOCKETCALL(SYS_BIND), ALLOWED);
	ck_assert_uint_eq(SOCKETCALL(0), ALLOWED);
	ck_assert_uint_eq(IPC(SHMAT), FAILS(EACCES));
	ck_assert_uint_eq(IPC(SHMAT | 7 << 16), FAILS(EACCES));
	ck_assert_uint_eq(IPC(SHMGET), ALLOWED);
}
END_TEST

/* Every line of the table: the same verdict as the first of its direct calls that i386 has. */
START_TEST(every_line)
{
	for (uint32_t i = 0; i < multiplexed_call_count; i++) {
		const struct multiplexed_call *call = &multiplexed_calls[i];
		const char *multiplexer = syscall_table[call->multiplexer].name;

		for (unsigned int k = 0; k < call->direct_count; k++) {
			const uint16_t direct = direct_calls[call->first_direct + k];
			uint64_t words[6] = { call->condition.value };

			stile_free(s);
			refusing();
			must(stile_allow(s, syscall_table[direct].name));
			ck_assert_msg(phase_says(s, POLICY_FINAL, STILE_ABI_I386, multiplexer,
						 words) == ALLOWED,
				      "%s(%d) beside %s", multiplexer, (int)call->condition.value,
				      syscall_table[direct].name);
			words[0] = 99;
			ck_assert_uint_eq(phase_says(s, POLICY_FINAL, STILE_ABI_I386, multiplexer,
						     words),
					  FAILS(EPERM));
		}
	}
	ck_assert_uint_eq(multiplexed_call_count, 32);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("multiplexers");
	TCase *refuse = tcase_create("refusing"), *allow = tcase_create("allowing");

	tcase_add_checked_fixture(refuse, refusing, tear_down);
	tcase_add_test(refuse, nothing_is_granted);
	tcase_add_test(refuse, as_the_direct_calls);
	tcase_add_test(refuse, upper_bits_do_not_count);
	tcase_add_test(refuse, names_that_the_abi_lacks);
	tcase_add_test(refuse, one_of_two_with_conditions);
	tcase_add_test(refuse, other_answers_are_the_same);
	tcase_add_test(refuse, the_whole_multiplexer);
	tcase_add_test(refuse, the_multiplexer_refused);
	tcase_add_test(refuse, rules_of_its_own);
	tcase_add_test(refuse, granted_above_the_baseline);
	tcase_add_test(refuse, every_line);
	suite_add_tcase(all, refuse);
	tcase_add_checked_fixture(allow, allowing, tear_down);
	tcase_add_test(allow, refused_where_all_else_is_allowed);
	suite_add_tcase(all, allow);
	return all;
}

TEST_MAIN(suite)
