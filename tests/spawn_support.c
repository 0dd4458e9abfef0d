/* SPDX-License-Identifier: MIT */
#include "spawn_support.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NUMBER BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))
#define ANSWER(value) BPF_STMT(BPF_RET | BPF_K, (value))
#define IF_CALL(call, value) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (call), 0, 1), ANSWER(value)
#define LENGTH(array) ((unsigned short)(sizeof(array) / sizeof(*(array))))

static struct sock_filter usual[] = {
	NUMBER,
	IF_CALL(SYS_seccomp, SECCOMP_RET_TRACE),
	IF_CALL(SYS_execve, SECCOMP_RET_ERRNO | EPERM),
	IF_CALL(SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS),
	ANSWER(SECCOMP_RET_ALLOW),
};
static struct sock_filter with_exec[] = {
	NUMBER,
	IF_CALL(SYS_seccomp, SECCOMP_RET_TRACE),
	IF_CALL(SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS),
	ANSWER(SECCOMP_RET_ALLOW),
};
static struct sock_filter with_seccomp[] = {
	NUMBER,
	IF_CALL(SYS_execve, SECCOMP_RET_ERRNO | EPERM),
	IF_CALL(SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS),
	ANSWER(SECCOMP_RET_ALLOW),
};
static struct sock_filter strict[] = {
	NUMBER,
	IF_CALL(SYS_write, SECCOMP_RET_ALLOW),
	IF_CALL(SYS_exit_group, SECCOMP_RET_ALLOW),
	ANSWER(SECCOMP_RET_ERRNO | FINAL_ERRNO),
};
static struct sock_filter loose[] = {
	NUMBER,
	IF_CALL(SYS_getppid, SECCOMP_RET_ERRNO | FINAL_ERRNO),
	ANSWER(SECCOMP_RET_ALLOW),
};
static struct sock_filter longest[BPF_MAXINSNS];
static struct sock_filter killing[] = { ANSWER(SECCOMP_RET_KILL_PROCESS) };

static struct sock_fprog start_filter(enum start_kind kind)
{
	switch (kind) {
	case START_EXEC:
		return (struct sock_fprog){ LENGTH(with_exec), with_exec };
	case START_NARROW:
		return (struct sock_fprog){ LENGTH(with_seccomp), with_seccomp };
	case START_USUAL:
		break;
	}
	return (struct sock_fprog){ LENGTH(usual), usual };
}

static struct sock_fprog final_filter(enum final_kind kind)
{
	switch (kind) {
	case FINAL_LOOSE:
		return (struct sock_fprog){ LENGTH(loose), loose };
	case FINAL_KILL:
		return (struct sock_fprog){ LENGTH(killing), killing };
	case FINAL_LONG:
		/* Reads the number again and again, then does as the loose one. */
		for (size_t i = 0; i < BPF_MAXINSNS - 3; i++)
			longest[i] = loose[0];
		memcpy(longest + BPF_MAXINSNS - 3, loose + 1, 3 * sizeof(*loose));
		return (struct sock_fprog){ BPF_MAXINSNS, longest };
	case FINAL_STRICT:
		break;
	}
	return (struct sock_fprog){ LENGTH(strict), strict };
}

const char *test_program(const char *name)
{
	static char path[4096];
	ssize_t length;
	char *slash;

	if (strchr(name, '/'))
		return name;
	length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	ck_assert_int_gt(length, 0);
	path[length] = '\0';
	slash = strrchr(path, '/') + 1;
	snprintf(slash, sizeof(path) - (size_t)(slash - path), "programs/%s", name);
	return path;
}

int start_only(struct run *r)
{
	static char *const empty[] = { NULL };
	const struct sock_fprog start = start_filter(r->start), final = final_filter(r->final);
	const char *arguments[16] = { test_program(r->program) };
	struct spawn_request request = {
		.path = test_program(r->program),
		.argv = (char *const *)arguments,
		.envp = r->environment ? r->environment : empty,
		.filters = { .start = &start, .final = &final, .flags = r->flags },
		.may_exec = r->start == START_EXEC && !r->lie,
		.may_narrow = r->start == START_NARROW && !r->lie,
		.blocked = r->blocked,
		.ignored = r->ignored,
	};

	for (int i = 0; i < 14 && r->arguments && r->arguments[i]; i++)
		arguments[i + 1] = r->arguments[i];
	r->error = spawn_filtered(&request, &r->result);
	return r->error;
}

void run(struct run *r)
{
	int out = fcntl(1, F_DUPFD_CLOEXEC, 3), ends[2];
	size_t have = 0;
	ssize_t got;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(dup2(ends[1], 1), 1);
	start_only(r);
	dup2(out, 1);
	close(out);
	close(ends[1]);
	while ((got = read(ends[0], r->output + have, sizeof(r->output) - 1 - have)) > 0)
		have += (size_t)got;
	close(ends[0]);
	r->output[have] = '\0';
	r->status = -1;
	if (r->error == 0)
		ck_assert_int_eq(waitpid(r->result.pid, &r->status, 0), r->result.pid);
	else
		ck_assert_str_ne(r->result.message, "");
}

void run_and_expect(struct run *r, const char *output)
{
	run(r);
	ck_assert_msg(r->error == 0, "%d: %s", r->error, r->result.message);
	ck_assert_msg(WIFEXITED(r->status) && WEXITSTATUS(r->status) == 0, "status %x", r->status);
	ck_assert_str_eq(r->output, output);
	expect_no_children();
}

void expect_no_children(void)
{
	ck_assert_int_eq(waitpid(-1, NULL, __WALL | WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
}

void be_quiet(void)
{
	int null = open("/dev/null", O_WRONLY);

	ck_assert_int_eq(dup2(null, 1), 1);
	close(null);
}

static bool become_nobody(void)
{
	return setgroups(0, NULL) == 0 && setresgid(65534, 65534, 65534) == 0 &&
	       setresuid(65534, 65534, 65534) == 0 &&
	       /* As it is for a program that an ordinary user started. */
	       prctl(PR_SET_DUMPABLE, 1) == 0;
}

void maybe_drop_root(int drop)
{
	if (drop && geteuid() == 0)
		ck_assert_msg(become_nobody(), "%s", strerror(errno));
}

/* The first folder on the way to the tests' programs that this user cannot enter, or NULL. */
static const char *closed_folder(void)
{
	static char path[4096];

	if (readlink("/proc/self/exe", path, sizeof(path) - 1) < 0)
		return NULL;
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (access(path, X_OK) < 0)
			return path;
		*slash = '/';
	}
	return NULL;
}

/* For before the tests: libcheck has no assertions then. */
static bool is_closed_to_nobody(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(become_nobody() && closed_folder() ? 1 : 0);
	if (pid > 0)
		waitpid(pid, &status, 0);
	return status != 0;
}

START_TEST(nobody_is_left_out)
{
	maybe_drop_root(1);
	ck_assert_ptr_nonnull(closed_folder());
	printf("skip: nobody cannot enter %s\n", closed_folder());
}
END_TEST

void add_for_each_user(TCase *tcase, const TTest *test)
{
	const bool root = geteuid() == 0, closed = root && is_closed_to_nobody();

	tcase_add_loop_test(tcase, test, 0, root && !closed ? 2 : 1);
	if (closed)
		tcase_add_test(tcase, nobody_is_left_out);
}

void refuse_here(int call, unsigned int answer)
{
	struct sock_filter filter[] = { NUMBER, IF_CALL((unsigned int)call, answer),
					ANSWER(SECCOMP_RET_ALLOW) };
	struct sock_fprog program = { LENGTH(filter), filter };

	ck_assert_int_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	ck_assert_int_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}
