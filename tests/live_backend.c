/* SPDX-License-Identifier: MIT */
/* The back end within a sandbox: it asks the kernel nothing, so that a filter may be compiled where
 * seccomp(2) kills. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend.h"
#include "syscall_table.h"
#include "test_support.h"

/* For seccomp(2) and prctl(2): the action; for all else: allowed. */
static int refuse_seccomp(uint32_t action)
{
	const struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]),
				      (struct sock_filter *)filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

static const uint32_t actions[] = { SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_ERRNO | EPERM,
				    SECCOMP_RET_ERRNO | ENOSYS };

START_TEST(compiles_where_seccomp_is_refused)
{
	enum { COMPILED, FAILED, SKIPPED };
	const struct numbered_syscall *call = &syscalls_by_number[STILE_ABI_NATIVE][0];
	/* Actions that libseccomp would ask the kernel about. */
	struct decision decision = { .syscall = call->syscall,
				     .number = call->number,
				     .rest = { STILE_ACTION_LOG, 0 } };
	const struct policy policy = { .abis = { { STILE_ABI_NATIVE, 1, &decision } },
				       .abi_count = 1,
				       .default_action = { STILE_ACTION_KILL_PROCESS, 0 },
				       .foreign_action = { STILE_ACTION_KILL_PROCESS, 0 },
				       .unknown_action = { STILE_ACTION_ERRNO, ENOSYS } };
	const struct rlimit no_core = { 0, 0 };
	struct filter filter;
	struct message message;
	int status;
	const pid_t child = fork();

	if (child == 0) {
		setrlimit(RLIMIT_CORE, &no_core);
		if (refuse_seccomp(actions[_i]) < 0)
			_exit(SKIPPED);
		if (backend_libseccomp(&policy, &filter, &message) == 0)
			_exit(COMPILED);
		fprintf(stderr, "%s\n", message.text);
		_exit(FAILED);
	}
	ck_assert_int_gt(child, 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFEXITED(status), "killed by signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status) == SKIPPED)
		printf("skip: this process may not load filters\n");
	else
		ck_assert_int_eq(WEXITSTATUS(status), COMPILED);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("backend within a sandbox");
	TCase *tests = tcase_create("backend within a sandbox");

	tcase_add_loop_test(tests, compiles_where_seccomp_is_refused, 0,
			    sizeof(actions) / sizeof(actions[0]));
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
