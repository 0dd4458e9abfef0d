/* SPDX-License-Identifier: MIT */
/* Calls by other ABIs of the machine, under the kernel: the same grants hold. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/net.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "refusal.h"
#include "spawn_support.h"

#if defined(__x86_64__) && !defined(__ILP32__)

#define REFUSED (-999)

enum { IPC_SEMGET = 2, IPC_SHMAT = 21 };

/* What i386's calls can point to: within the low 4 GiB. */
static struct low_memory {
	char path[32];
	uint32_t words[6];
} * low;

/* i386's entry; the answer, or a negative errno. */
static int call(const char *name, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	long result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(stile_syscall_number(STILE_ABI_I386, name)), "b"(a), "c"(b), "d"(c),
			   "S"(d), "D"(0L)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)result;
}

static int socketcall(uint32_t operation, uint32_t a, uint32_t b, uint32_t c)
{
	low->words[0] = a;
	low->words[1] = b;
	low->words[2] = c;
	return call("socketcall", operation, (uintptr_t)low->words, 0, 0);
}

static struct stile *both(void)
{
	static const enum stile_abi abis[] = { STILE_ABI_X86_64, STILE_ABI_I386 };
	struct stile *s = stile_new();

	expect(stile_set_default(s, refuse_999) == 0);
	expect(stile_set_abis(s, abis, 2) == 0);
	low = mmap(NULL, sizeof(*low), PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	expect(low != MAP_FAILED);
	(void)snprintf(low->path, sizeof(low->path), "/etc/passwd");
	return s;
}

static enum stile_backend backend;

static void apply(struct stile *s)
{
	expect(stile_set_backend(s, backend) == 0);
	expect(stile_apply_to_current_thread(s) == 0);
}

static void files(void)
{
	struct stile *s = both();
	const uintptr_t name = (uintptr_t)low->path;

	expect(stile_grant(s, "system_io.open_readonly") == 0);
	expect(stile_grant(s, "system_io.read_fd(99)") == 0);
	apply(s);
	expect(call("open", name, O_RDONLY, 0, 0) >= 0);
	expect(call("open", name, O_WRONLY, 0, 0) == REFUSED);
	expect(call("openat", (uint32_t)AT_FDCWD, name, O_RDONLY | O_DIRECTORY, 0) == -ENOTDIR);
	expect(call("openat", (uint32_t)AT_FDCWD, name, O_RDONLY | O_TRUNC, 0) == REFUSED);
	expect(call("openat2", (uint32_t)AT_FDCWD, name, 0, 0) == -ENOSYS);
	expect(call("creat", name, 0600, 0, 0) == REFUSED);
	expect(call("read", 99, name, 1, 0) == -EBADF);
	expect(call("read", 99 | UINT64_C(1) << 32, name, 1, 0) == -EBADF);
	expect(call("read", 98, name, 1, 0) == REFUSED);
	expect(call("mmap", name, 0, 0, 0) == REFUSED);
	expect(call("getpid", 0, 0, 0, 0) == getpid());
	expect(call("getuid32", 0, 0, 0, 0) == REFUSED);
	/* the same numbers by this machine's own entry are other calls */
	expect(refused(syscall(SYS_creat, low->path, 0600)));
	expect(refused(syscall(5, 99, name))); /* fstat, i386's open */
	expect(syscall(SYS_openat, AT_FDCWD, low->path, O_RDONLY, 0) >= 0);
	expect(syscall(SYS_openat2, AT_FDCWD, low->path, NULL, 0) == -1 && errno == ENOSYS);
}

static void sockets(void)
{
	struct stile *s = both();

	expect(stile_grant(s, "networking.start_tcp_client") == 0);
	apply(s);
	expect(call("socket", AF_INET, SOCK_STREAM, 0, 0) >= 0);
	expect(call("socket", AF_UNIX, SOCK_STREAM, 0, 0) == REFUSED);
	expect(socketcall(SYS_SOCKET, AF_INET, SOCK_STREAM, 0) == -ENOSYS);
	expect(socketcall(SYS_SOCKET, AF_UNIX, SOCK_STREAM, 0) == -ENOSYS);
	expect(socketcall(SYS_CONNECT, UINT32_MAX, (uint32_t)(uintptr_t)low->words, 16) == -EBADF);
	expect(socketcall(SYS_BIND, UINT32_MAX, 0, 0) == REFUSED);
	expect(socketcall(SYS_ACCEPT, UINT32_MAX, 0, 0) == REFUSED);
	expect(socketcall(99, 0, 0, 0) == REFUSED);
}

static void system_v(void)
{
	struct stile *s = both();

	expect(stile_grant(s, "ipc.system_v_semaphores") == 0);
	apply(s);
	/* too many semaphores for one set: the kernel was asked */
	expect(call("semget", IPC_PRIVATE, UINT32_MAX, 0, 0) == -EINVAL);
	expect(call("ipc", IPC_SEMGET, IPC_PRIVATE, UINT32_MAX, 0) == -EINVAL);
	expect(call("ipc", IPC_SEMGET | 1 << 16, IPC_PRIVATE, UINT32_MAX, 0) == -EINVAL);
	expect(call("ipc", IPC_SHMAT, 0, 0, 0) == REFUSED);
	expect(call("ipc", IPC_SHMAT | 1 << 16, 0, 0, 0) == REFUSED);
	expect(call("ipc", 99, 0, 0, 0) == REFUSED);
}

static void allowed_but_sockets(void)
{
	static const enum stile_abi abis[] = { STILE_ABI_I386, STILE_ABI_X86_64 };
	struct stile *s;

	stile_free(both());
	s = stile_new_allowing();
	expect(stile_set_abis(s, abis, 2) == 0);
	expect(stile_fail_with(s, "socket", 999) == 0);
	apply(s);
	expect(socketcall(SYS_SOCKET, AF_INET, SOCK_STREAM, 0) == REFUSED);
	expect(call("socket", AF_INET, SOCK_STREAM, 0, 0) == REFUSED);
	expect(socketcall(SYS_BIND, UINT32_MAX, 0, 0) == -EBADF);
	expect(call("getuid32", 0, 0, 0, 0) == (int)getuid());
	expect(refused(socket(AF_INET, SOCK_STREAM, 0)));
}

static void x32_is_foreign(void)
{
	struct stile *s = both();

	expect(stile_grant(s, "system_io.read") == 0);
	apply(s);
	(void)syscall(0x40000000 + SYS_getpid);
}

/* Kernels without x32 answer ENOSYS, behind the filter. */
static void x32_is_judged(void)
{
	static const enum stile_abi abis[] = { STILE_ABI_X32, STILE_ABI_X86_64 };
	struct stile *s = both();
	long result;

	expect(stile_set_abis(s, abis, 2) == 0);
	expect(stile_allow(s, "getuid") == 0);
	apply(s);
	result = syscall(0x40000000 + SYS_getuid);
	expect(result == (long)getuid() || (result == -1 && errno == ENOSYS));
	expect(refused(syscall(0x40000000 + SYS_getppid)));
	expect(refused(syscall(SYS_getppid)));
}

/* An i386 program, started under the filter. */
static void a_program_of_the_other_abi(void)
{
	const char *path = test_program("spawn_i386");
	char *const arguments[] = { (char *)path, NULL };
	struct stile *s = both();

	expect(stile_grant(s, "processes.danger_exec") == 0);
	expect(stile_grant(s, "system_io.stdout") == 0);
	apply(s);
	(void)execv(path, arguments);
	expect(false);
}

static const struct {
	void (*run)(void);
	int status;
} cases[] = {
	{ files, 0 },
	{ sockets, 0 },
	{ system_v, 0 },
	{ allowed_but_sockets, 0 },
	{ x32_is_judged, 0 },
	{ a_program_of_the_other_abi, 0 },
	{ x32_is_foreign, SIGSYS | 1 << 16 },
};

#define CASES (int)(sizeof(cases) / sizeof(cases[0]))

START_TEST(grants_hold)
{
	backend = _i / CASES ? STILE_BACKEND_LIBSECCOMP : STILE_BACKEND_OWN;
	if (cases[_i % CASES].status)
		ck_assert_int_eq(child_status(cases[_i % CASES].run), cases[_i % CASES].status);
	else
		check_child(cases[_i % CASES].run);
}
END_TEST

/* ---- Started programs */

static char output[512];

static void run_program(struct stile *s)
{
	char *const arguments[] = { (char *)test_program("foreign_calls"), NULL };
	int ends[2], saved = dup(STDOUT_FILENO), status, error;
	size_t length = 0;
	ssize_t got;
	pid_t pid;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(dup2(ends[1], STDOUT_FILENO), STDOUT_FILENO);
	error = stile_spawn(s, arguments[0], arguments, NULL, NULL, &pid);
	ck_assert_int_eq(dup2(saved, STDOUT_FILENO), STDOUT_FILENO);
	(void)close(saved);
	(void)close(ends[1]);
	while ((got = read(ends[0], output + length, sizeof(output) - 1 - length)) > 0)
		length += (size_t)got;
	output[length] = '\0';
	(void)close(ends[0]);
	ck_assert_msg(error == 0, "%s", stile_message(s));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

static struct stile *program_context(void)
{
	static const enum stile_abi abis[] = { STILE_ABI_X86_64, STILE_ABI_I386 };
	struct stile *s = stile_new();

	ck_assert_int_eq(stile_set_abis(s, abis, 2), 0);
	ck_assert_int_eq(stile_set_default(s, refuse_999), 0);
	ck_assert_int_eq(stile_grant(s, "system_io.stdout"), 0);
	ck_assert_int_eq(stile_grant(s, "processes.danger_clone_any"), 0);
	return s;
}

/* The guard of the start holds for them, too, though the grant permits any clone. The tracer takes
 * another ABI's seccomp(2) for none that it knows: ENOSYS. */
START_TEST(a_started_program)
{
	struct stile *s = program_context();

	run_program(s);
	ck_assert_str_eq(output, "early: seccomp -38, prctl -1, clone3 -38, clone -1\n"
				 "late: getpid 1, getuid -999, seccomp -999\n");
	stile_free(s);
}
END_TEST

START_TEST(a_started_program_may_narrow)
{
	struct stile *s = program_context();
	char expected[200];

	ck_assert_int_eq(stile_grant(s, "sandbox.narrow"), 0);
	ck_assert_int_eq(stile_allow(s, "getuid32"), 0);
	run_program(s);
	(void)snprintf(expected, sizeof(expected),
		       "early: seccomp -14, prctl -1, clone3 -38, clone -1\n"
		       "late: getpid 1, getuid %d, seccomp -14\n",
		       (int)getuid());
	ck_assert_str_eq(output, expected);
	stile_free(s);
}
END_TEST
#endif

static Suite *suite(void)
{
	Suite *all = suite_create("abis");
	TCase *tests = tcase_create("abis");

	tcase_set_timeout(tests, 60);
#if defined(__x86_64__) && !defined(__ILP32__)
	tcase_add_loop_test(tests, grants_hold, 0, 2 * CASES);
	tcase_add_test(tests, a_started_program);
	tcase_add_test(tests, a_started_program_may_narrow);
#endif
	suite_add_tcase(all, tests);
	return all;
}

TEST_MAIN(suite)
