/* SPDX-License-Identifier: MIT */
/*
 * hostile ATTEMPT...: tries to get out of its sandbox, and writes for each attempt what came of
 * it: "exec: EPERM", or "exec: DONE". For test_cli_hostile.py, which also makes a library of it
 * for LD_PRELOAD: its constructor then makes the attempts that HOSTILE_EARLY names.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <termios.h>
#include <unistd.h>

extern char **environ;

static char *const nothing[] = { "true", NULL };
static char victim[] = "victim";

static long parent(void)
{
	return syscall(SYS_getppid);
}

static long exec(void)
{
	return syscall(SYS_execve, "/bin/true", nothing, environ);
}

static long exec_at(void)
{
	return syscall(SYS_execveat, AT_FDCWD, "/bin/true", nothing, environ, 0);
}

/* Without a path: the descriptor of a program that it may open. */
static long exec_fd(void)
{
	long fd = syscall(SYS_openat, AT_FDCWD, "/bin/true", O_RDONLY, 0);

	return fd < 0 ? fd : syscall(SYS_execveat, fd, "", nothing, environ, AT_EMPTY_PATH);
}

static long start_child(void)
{
	long pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);

	if (pid == 0)
		syscall(SYS_exit_group, 0);
	return pid;
}

static long start_child_clone3(void)
{
	return syscall(SYS_clone3, NULL, 0); /* EINVAL if it were permitted */
}

static long open_socket(void)
{
	return syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
}

static long write_own_memory(void)
{
	long fd = syscall(SYS_openat, AT_FDCWD, "/proc/self/mem", O_RDWR, 0);

	return fd < 0 ? fd : syscall(SYS_pwrite64, fd, "V", 1, victim);
}

static long write_own_memory_high_bits(void)
{
	long fd = syscall(SYS_openat, AT_FDCWD, "/proc/self/mem", O_RDWR | 1L << 32, 0);

	return fd < 0 ? fd : syscall(SYS_pwrite64, fd, "V", 1, victim);
}

static long make_file(void)
{
	return syscall(SYS_openat, AT_FDCWD, "made-by-hostile", O_WRONLY | O_CREAT, 0600);
}

static long empty_file(void)
{
	return syscall(SYS_openat, AT_FDCWD, "precious", O_RDONLY | O_TRUNC, 0);
}

static long open_how(void)
{
	return syscall(SYS_openat2, AT_FDCWD, "precious", NULL, 0);
}

static long code_from_data(void)
{
	return (long)mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static long data_to_code(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static long own_filter(void)
{
	struct sock_filter allow = { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW };
	struct sock_fprog program = { 1, &allow };

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

static long own_filter_prctl(void)
{
	struct sock_filter allow = { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW };
	struct sock_fprog program = { 1, &allow };

	return syscall(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

static long listen_to_own_filter(void)
{
	struct sock_filter notify = { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_USER_NOTIF };
	struct sock_fprog program = { 1, &notify };

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
		       &program);
}

static long trace_parent(void)
{
	return syscall(SYS_ptrace, PTRACE_SEIZE, parent(), 0, 0);
}

static long trace_me(void)
{
	return syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0);
}

static long write_parent(void)
{
	struct iovec from = { victim, 1 }, to = { victim, 1 };

	return syscall(SYS_process_vm_writev, parent(), &from, 1, &to, 1, 0);
}

static long open_parents_memory(void)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%ld/mem", parent());
	return syscall(SYS_openat, AT_FDCWD, path, O_RDWR, 0);
}

static long kill_parent(void)
{
	return syscall(SYS_kill, parent(), SIGKILL);
}

static long take_parents_output(void)
{
	long fd = syscall(SYS_pidfd_open, parent(), 0);

	return fd < 0 ? fd : syscall(SYS_pidfd_getfd, fd, 1, 0);
}

static long limit_parent(void)
{
	return syscall(SYS_prlimit64, parent(), 7, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", NULL);
}

static long new_user_namespace(void)
{
	return syscall(SYS_unshare, CLONE_NEWUSER);
}

static long ring(void)
{
	return syscall(SYS_io_uring_setup, 1, NULL);
}

/* Newer than the oldest baseline. */
static long landlock(void)
{
	return syscall(444, NULL, 0, 1); /* landlock_create_ruleset: its version */
}

static long open_any(void)
{
	return syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY, 0);
}

static long leave(void)
{
	return syscall(SYS_exit_group, 3);
}

/* So that what is typed can be read without a newline. */
static long make_raw(void)
{
	struct termios settings = { .c_cflag = CS8, .c_cc[VMIN] = 1 };

	return syscall(SYS_ioctl, 0, TCSETS, &settings);
}

static long type_in(void)
{
	return syscall(SYS_ioctl, 0, TIOCSTI, "!");
}

/* The kernel takes the lower half (CVE-2019-7303, CVE-2019-10063). */
static long type_in_high_bits(void)
{
	return syscall(SYS_ioctl, 0, TIOCSTI | 1L << 32, "!");
}

static long paste_in(void)
{
	return syscall(SYS_ioctl, 0, TIOCLINUX, "\3");
}

static long take_terminal(void)
{
	return syscall(SYS_ioctl, 0, TIOCSCTTY, 1);
}

static long number_minus_one(void)
{
	return syscall(-1);
}

static long unknown_number(void)
{
	return syscall(0x3fffffff);
}

static long int80(void)
{
#ifdef __x86_64__
	long result = 20; /* getpid there */

	__asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
	return result;
#else
	return syscall(-1);
#endif
}

static long x32(void)
{
	return syscall(0x40000000 | SYS_getpid);
}

static const struct {
	const char *name;
	long (*attempt)(void);
} attempts[] = {
	{ "exec", exec },
	{ "exec_at", exec_at },
	{ "exec_fd", exec_fd },
	{ "fork", start_child },
	{ "clone3", start_child_clone3 },
	{ "socket", open_socket },
	{ "own_memory", write_own_memory },
	{ "own_memory_high_bits", write_own_memory_high_bits },
	{ "make_file", make_file },
	{ "empty_file", empty_file },
	{ "openat2", open_how },
	{ "code_from_data", code_from_data },
	{ "data_to_code", data_to_code },
	{ "own_filter", own_filter },
	{ "own_filter_prctl", own_filter_prctl },
	{ "listen", listen_to_own_filter },
	{ "trace_parent", trace_parent },
	{ "trace_me", trace_me },
	{ "write_parent", write_parent },
	{ "parents_memory", open_parents_memory },
	{ "kill_parent", kill_parent },
	{ "parents_output", take_parents_output },
	{ "limit_parent", limit_parent },
	{ "user_namespace", new_user_namespace },
	{ "io_uring", ring },
	{ "landlock", landlock },
	{ "openable", open_any },
	{ "leave", leave },
	{ "raw", make_raw },
	{ "type_in", type_in },
	{ "type_in_high_bits", type_in_high_bits },
	{ "paste_in", paste_in },
	{ "take_terminal", take_terminal },
	{ "minus_one", number_minus_one },
	{ "unknown_number", unknown_number },
	{ "int80", int80 },
	{ "x32", x32 },
};

static void attempt(const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof(attempts) / sizeof(*attempts); i++) {
		char line[96];
		long result;
		int size;

		if (strlen(attempts[i].name) != length || memcmp(attempts[i].name, name, length))
			continue;
		errno = 0;
		result = attempts[i].attempt();
		size = snprintf(line, sizeof(line), "%s: %s\n", attempts[i].name,
				result == -1 && errno ? strerrorname_np(errno) : "DONE");
		if (write(1, line, (size_t)size) != size)
			_exit(101);
		return;
	}
	_exit(102);
}

__attribute__((constructor)) static void early(void)
{
	const char *names = getenv("HOSTILE_EARLY");

	/* The command itself has the same environment, and is not under attack. */
	if (!names || strcmp(program_invocation_short_name, "stile") == 0)
		return;
	while (*names) {
		size_t length = strcspn(names, " ");

		attempt(names, length);
		names += length;
		names += *names == ' ';
	}
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		attempt(argv[i], strlen(argv[i]));
	return 7;
}
