/* SPDX-License-Identifier: MIT */
/*
 * What people know from other libraries of this kind, and expect here (docs/behaviours.md says
 * which): under the kernel, each in a child of its own. One errno says "refused by the context".
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "test_support.h"

#define REFUSED 999

static bool refused(long result)
{
	return result == -1 && errno == REFUSED;
}

static bool fails_with(long result, int number)
{
	return result == -1 && errno == number;
}

static struct stile *refusing(void)
{
	struct stile *s = stile_new();

	expect(stile_set_default(s, (struct stile_action){ STILE_ACTION_ERRNO, REFUSED }) == 0);
	return s;
}

static void apply(struct stile *s)
{
	expect(stile_apply_to_all_threads(s) == 0);
	stile_free(s);
}

/* A file with five bytes in it and no name that others could hit. */
static int make_file(char path[64])
{
	int fd;

	(void)snprintf(path, 64, "/tmp/stile-behaviours-%d", (int)getpid());
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	expect(fd >= 0 && write(fd, "12345", 5) == 5);
	return fd;
}

/* ---- Files */

static void nothing_of_the_file_system(void)
{
	struct stile *s = refusing();

	expect(stile_grant(s, "system_io.stdout") == 0);
	apply(s);
	expect(refused(open("/etc/passwd", O_RDONLY)));
	expect(refused(open("/tmp/stile-never", O_WRONLY | O_CREAT, 0600)));
	expect(refused(mkdir("/tmp/stile-never", 0700)));
	expect(refused(unlink("/etc/passwd")));
	expect(refused(rename("/etc/passwd", "/etc/shadow")));
	expect(refused(read(0, NULL, 0)));
	expect(refused(write(2, NULL, 0)));
	expect(write(1, NULL, 0) == 0);
}

static void readonly_open_truncates_nothing(void)
{
	struct stile *s = refusing();
	char path[64];
	int fd = make_file(path), again;

	expect(stile_grant(s, "system_io.open_readonly") == 0);
	expect(stile_grant(s, "system_io.seek") == 0);
	expect(stile_grant(s, "system_io.unlink") == 0);
	apply(s);
	expect(refused(open(path, O_RDONLY | O_TRUNC)));
	expect(refused(open(path, O_WRONLY)));
	expect(refused(open(path, O_RDWR)));
	expect(refused(open(path, O_RDONLY | O_CREAT, 0600)));
	expect(refused(open("/tmp", O_WRONLY | O_TMPFILE, 0600)));
	expect(fails_with(syscall(STILE_SYSCALL_openat2, AT_FDCWD, path, NULL, 0), ENOSYS));
	expect(lseek(fd, 0, SEEK_END) == 5);
	again = open(path, O_RDONLY | O_CLOEXEC);
	expect(again >= 0 && lseek(again, 0, SEEK_END) == 5);
	expect(unlink(path) == 0);
}

static void one_descriptor_each_way(void)
{
	struct stile *s = refusing();
	char path[64], text[8];
	int file = make_file(path), other = open("/etc/passwd", O_RDONLY), ends[2];

	expect(unlink(path) == 0 && lseek(file, 0, SEEK_SET) == 0 && pipe(ends) == 0);
	expect(stile_allow_system_io_read_fd(s, file) == 0);
	expect(stile_allow_system_io_write_fd(s, ends[1]) == 0);
	apply(s);
	expect(read(file, text, 5) == 5 && memcmp(text, "12345", 5) == 0);
	expect(pread(file, text, 2, 3) == 2);
	expect(refused(read(other, text, 1)));
	expect(refused(pread(other, text, 1, 0)));
	expect(refused(write(file, text, 1)));
	expect(write(ends[1], text, 1) == 1);
	expect(refused(read(ends[0], text, 1)));
	/* the same descriptor with other bits above the int */
	expect(syscall(SYS_read, (1L << 32) + file, text, 0) == 0);
}

static void read_and_stdin(void)
{
	struct stile *one = stile_new(), *two = stile_new();

	expect(stile_grant(one, "system_io.read") == 0);
	expect(stile_grant(one, "system_io.stdin") == -EEXIST);
	expect(strstr(stile_message(one), "system_io.stdin: ") == stile_message(one));
	expect(strstr(stile_message(one), "system_io.read already allows") != NULL);
	expect(stile_grant(two, "system_io.stdin") == 0);
	expect(stile_grant(two, "system_io.read") == -EEXIST);
	expect(strstr(stile_message(two), "the narrower rule of system_io.stdin") != NULL);
	stile_free(one);
	stile_free(two);
}

/* ---- Who has the filter */

static void child_inherits(void)
{
	struct stile *s = refusing();
	int status = 0;
	pid_t pid;

	expect(stile_grant(s, "processes.danger_fork") == 0);
	expect(stile_grant(s, "processes.wait") == 0);
	apply(s);
	pid = fork();
	if (pid == 0) {
		expect(refused(open("/etc/passwd", O_RDONLY)));
		_exit(7);
	}
	expect(pid > 0 && waitpid(pid, &status, 0) == pid);
	expect(WIFEXITED(status) && WEXITSTATUS(status) == 7);
}

static void exec_keeps_it(void)
{
	struct stile *s = stile_new_allowing();
	char path[64];

	(void)snprintf(path, sizeof(path), "/tmp/stile-never-%d", (int)getpid());
	expect(stile_fail_with(s, "system_io.make_directories", EROFS) == 0);
	apply(s);
	if (!freopen("/dev/null", "w", stderr))
		_exit(3);
	(void)execlp("mkdir", "mkdir", path, (char *)NULL);
	_exit(2);
}

static void *try_to_open(void *result)
{
	*(bool *)result = refused(open("/etc/passwd", O_RDONLY));
	return NULL;
}

static void new_thread_inherits(void)
{
	struct stile *s = refusing();
	bool was_refused = false;
	pthread_t thread;

	expect(stile_grant(s, "threads.create") == 0);
	expect(stile_grant(s, "threads.affinity") == 0); /* what a sanitizer asks for a thread */
	apply(s);
	expect(pthread_create(&thread, NULL, try_to_open, &was_refused) == 0);
	expect(pthread_join(thread, NULL) == 0);
	expect(was_refused);
}

static void *only_reader(void *result)
{
	struct stile *s = refusing();

	expect(stile_grant(s, "system_io.read") == 0);
	expect(stile_apply_to_current_thread(s) == 0);
	stile_free(s);
	*(bool *)result = read(-1, NULL, 0) == -1 && errno == EBADF && refused(write(-1, NULL, 0));
	return NULL;
}

static void threads_with_contexts_of_their_own(void)
{
	struct stile *s = refusing();
	bool is_right = false;
	pthread_t thread;

	expect(pthread_create(&thread, NULL, only_reader, &is_right) == 0);
	expect(pthread_join(thread, NULL) == 0);
	expect(is_right);
	expect(write(-1, NULL, 0) == -1 && errno == EBADF);
	expect(stile_grant(s, "system_io.write") == 0);
	expect(stile_apply_to_current_thread(s) == 0);
	stile_free(s);
	expect(write(-1, NULL, 0) == -1 && errno == EBADF);
	expect(refused(read(-1, NULL, 0)));
}

static void stacked_filters_intersect(void)
{
	struct stile *s = refusing(), *second = stile_new();

	expect(stile_grant(s, "system_io.read") == 0);
	expect(stile_grant(s, "system_io.open_readonly") == 0);
	expect(stile_grant(s, "sandbox.narrow") == 0);
	expect(stile_set_default(second, (struct stile_action){ STILE_ACTION_ERRNO, EXDEV }) == 0);
	expect(stile_grant(second, "system_io.read_fd(100)") == 0);
	expect(stile_grant(second, "system_io.open_readonly") == 0);
	expect(stile_grant(second, "system_io.open_write") == 0);
	expect(stile_check(second) == 0);
	apply(s);
	apply(second);
	expect(open("/etc/passwd", O_RDONLY) >= 0);
	expect(fails_with(read(100, NULL, 0), EBADF));
	expect(fails_with(read(101, NULL, 0), EXDEV));
	/* the second permits it, the first does not */
	expect(refused(open("/dev/null", O_WRONLY)));
	/* both refuse: with equal actions the newest filter's errno counts */
	expect(fails_with(unlink("/tmp/stile-never"), EXDEV));
}

/* ---- Rules */

static void enable(struct stile *s, struct stile_ruleset *ruleset)
{
	expect(stile_enable(s, ruleset) == 0);
	stile_ruleset_free(ruleset);
}

static void rules_of_several_rulesets_are_alternatives(void)
{
	struct stile_ruleset *one = stile_ruleset_new("one"), *two = stile_ruleset_new("two");
	struct stile *s = refusing();
	char byte;

	expect(STILE_ALLOW_IF(one, "read", STILE_ARGUMENT_IS("fd", 100),
			      STILE_ARGUMENT_IS("count", 0)) == 0);
	expect(STILE_ALLOW_IF(two, "read", STILE_ARGUMENT_IS("fd", 101)) == 0);
	expect(STILE_ALLOW_IF(two, "read", STILE_ARGUMENT_IS("fd", 101)) == 0);
	expect(stile_ruleset_allow(two, "getppid") == 0);
	enable(s, one);
	enable(s, two);
	expect(stile_allow(s, "getppid") == 0);
	apply(s);
	expect(fails_with(read(100, &byte, 0), EBADF));
	expect(refused(read(100, &byte, 1))); /* both conditions of a rule must hold */
	expect(fails_with(read(101, &byte, 1), EBADF));
	expect(refused(read(102, &byte, 0)));
	expect(getppid() > 0);
	expect(refused(syscall(SYS_getuid)));
}

static void ioctl_request_has_32_bits(void)
{
	struct stile_ruleset *r = stile_ruleset_new("requests");
	struct stile *s = refusing();

	expect(STILE_ALLOW_IF(r, "ioctl", STILE_ARGUMENT_IS("request", 0x80000000)) == 0);
	enable(s, r);
	apply(s);
	expect(fails_with(syscall(SYS_ioctl, -1, 0x80000000UL, 0), EBADF));
	expect(fails_with(syscall(SYS_ioctl, -1, -0x80000000L, 0), EBADF));
	expect(fails_with(syscall(SYS_ioctl, -1, 0x500000000UL + 0x80000000UL, 0), EBADF));
	expect(refused(syscall(SYS_ioctl, -1, 0x80000001UL, 0)));
}

static void a_socket_of_one_kind(void)
{
	struct stile *s = refusing();

	expect(stile_grant(s, "networking.start_tcp_client") == 0);
	apply(s);
	expect(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0);
	expect(refused(socket(AF_INET, SOCK_DGRAM, 0)));
	expect(refused(socket(AF_INET, SOCK_RAW, IPPROTO_TCP)));
	expect(refused(socket(AF_UNIX, SOCK_STREAM, 0)));
	expect(refused(socket(AF_ALG, SOCK_SEQPACKET, 0)));
	expect(refused(socket(AF_PACKET, SOCK_RAW, 0)));
	expect(refused(bind(-1, NULL, 0)));
}

static void the_clock_is_read_and_sleep_is_not(void)
{
	const struct timespec none = { 0, 0 };
	struct stile *s = refusing();
	struct timespec now;

	expect(stile_grant(s, "system_io.stdout") == 0);
	apply(s);
	expect(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
	expect(clock_nanosleep(CLOCK_MONOTONIC, 0, &none, NULL) == REFUSED);
}

/* ---- Everything but, nothing but */

static void all_but_some(void)
{
	struct stile *s = stile_new_allowing();

	expect(stile_fail_with(s, "getppid", EXDEV) == 0);
	expect(stile_fail_with(s, "system_io.open_write", EROFS) == 0);
	apply(s);
	expect(fails_with(syscall(SYS_getppid), EXDEV));
	expect(fails_with(open("/dev/null", O_WRONLY), EROFS));
	expect(fails_with(open("/dev/null", O_RDWR), EROFS));
	expect(open("/dev/null", O_RDONLY) >= 0);
	expect(syscall(SYS_getpgid, 0) > 0);
}

static void all_but_one_that_kills(void)
{
	struct stile *s = stile_new_allowing();

	expect(stile_deny(s, "getppid") == 0);
	apply(s);
	(void)syscall(SYS_getppid);
}

static void nothing_but_one(void)
{
	struct stile *s = stile_new();

	expect(stile_set_default(s, (struct stile_action){ STILE_ACTION_KILL_PROCESS, 0 }) == 0);
	expect(stile_allow(s, "getppid") == 0);
	apply(s);
	expect(getppid() > 0);
	(void)syscall(SYS_getuid);
}

static void (*const well[])(void) = {
	nothing_of_the_file_system,
	readonly_open_truncates_nothing,
	one_descriptor_each_way,
	read_and_stdin,
	child_inherits,
	new_thread_inherits,
	threads_with_contexts_of_their_own,
	stacked_filters_intersect,
	rules_of_several_rulesets_are_alternatives,
	ioctl_request_has_32_bits,
	a_socket_of_one_kind,
	the_clock_is_read_and_sleep_is_not,
	all_but_some,
};

START_TEST(behaviour)
{
	check_child(well[_i]);
}
END_TEST

START_TEST(executed_program_inherits)
{
	ck_assert_int_eq(child_status(exec_keeps_it), 1); /* mkdir: cannot create directory */
}
END_TEST

static void (*const killed[])(void) = { all_but_one_that_kills, nothing_but_one };

START_TEST(behaviour_that_kills)
{
	ck_assert_int_eq(child_status(killed[_i]), SIGSYS | 1 << 16);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("behaviours");
	TCase *known = tcase_create("known");

	tcase_add_loop_test(known, behaviour, 0, sizeof(well) / sizeof(*well));
	tcase_add_test(known, executed_program_inherits);
	tcase_add_loop_test(known, behaviour_that_kills, 0, sizeof(killed) / sizeof(*killed));
	suite_add_tcase(all, known);
	return all;
}

TEST_MAIN(suite)
