/* SPDX-License-Identifier: MIT */
/* Filters that were compiled ahead of time come into force: whole, for all threads, or not. */
#include <check.h>
#include <errno.h>
#include <linux/filter.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "refusal.h"

/* What "stile compile" writes: it refuses getppid(), and lets all else go. */
static struct sock_filter instructions[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 999),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};
#define COUNT (sizeof(instructions) / sizeof(*instructions))

static struct stile_compiled whole(void)
{
	return (struct stile_compiled){ .version = STILE_COMPILED_VERSION,
					.abis = 1u << STILE_ABI_NATIVE,
					.instructions = instructions,
					.count = COUNT,
					.filter_hash = stile_filter_hash(instructions, COUNT) };
}

static void expect_nothing_done(void)
{
	expect(status_number("/proc/self/status", "Seccomp") == 0);
	expect(status_number("/proc/self/status", "NoNewPrivs") == 0);
	expect(syscall(SYS_getppid) > 0);
}

/* ---- In force */

static void in_force(void)
{
	const struct stile_compiled compiled = whole();

	expect_nothing_done();
	expect(stile_load_compiled(&compiled) == 0);
	expect(refused(syscall(SYS_getppid)));
	expect(status_number("/proc/self/status", "Seccomp") == 2);
	expect(status_number("/proc/self/status", "Seccomp_filters") == 1);
	expect(status_number("/proc/self/status", "NoNewPrivs") == 1);
	/* another one on top of it */
	expect(stile_load_compiled(&compiled) == 0);
	expect(status_number("/proc/self/status", "Seccomp_filters") == 2);
}

START_TEST(filter_is_in_force)
{
	check_child(in_force);
}
END_TEST

static void of_a_context(void)
{
	struct stile *s = server_context();
	struct stile_compiled compiled = whole();
	struct sock_filter *filter;

	expect(stile_compile(s, &filter, &compiled.count) == 0);
	expect(stile_policy_hash(s, &compiled.policy_hash) == 0);
	compiled.instructions = filter;
	expect(stile_load_compiled(&compiled) == -EINVAL);
	compiled.filter_hash = stile_filter_hash(filter, compiled.count);
	expect(stile_load_compiled(&compiled) == 0);
	expect(refused(syscall(SYS_getppid)));
	expect(syscall(SYS_read, -1, NULL, 0) == -1 && errno == EBADF);
}

START_TEST(filter_of_a_context)
{
	check_child(of_a_context);
}
END_TEST

/* ---- Threads */

struct other {
	int to_thread[2], from_thread[2];
	bool has_own_filter;
};

/* When told so, answers whether getppid() is refused. */
static void *other_thread(void *argument)
{
	struct other *other = argument;
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = { 1, &allow };
	char byte = 'r';

	if (other->has_own_filter) {
		expect(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
		expect(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0);
	}
	expect(write(other->from_thread[1], &byte, 1) == 1);
	expect(read(other->to_thread[0], &byte, 1) == 1);
	byte = refused(syscall(SYS_getppid)) ? 'y' : 'n';
	expect(write(other->from_thread[1], &byte, 1) == 1);
	return NULL;
}

/* Loads beside another thread; whether that is filtered then. */
static char load_beside(bool has_own_filter, int result)
{
	const struct stile_compiled compiled = whole();
	struct other other = { .has_own_filter = has_own_filter };
	pthread_t thread;
	char byte;

	expect(pipe(other.to_thread) == 0 && pipe(other.from_thread) == 0);
	expect(pthread_create(&thread, NULL, other_thread, &other) == 0);
	expect(read(other.from_thread[0], &byte, 1) == 1);
	expect(stile_load_compiled(&compiled) == result);
	expect(write(other.to_thread[1], "?", 1) == 1);
	expect(read(other.from_thread[0], &byte, 1) == 1);
	expect(pthread_join(thread, NULL) == 0);
	return byte;
}

static void all_threads(void)
{
	expect(load_beside(false, 0) == 'y');
	expect(refused(syscall(SYS_getppid)));
}

START_TEST(all_threads_get_it)
{
	check_child(all_threads);
}
END_TEST

static void diverged_thread(void)
{
	expect(load_beside(true, -ESRCH) == 'n');
	expect(status_number("/proc/thread-self/status", "Seccomp") == 0);
	expect(syscall(SYS_getppid) > 0);
}

START_TEST(a_thread_with_a_filter_of_its_own)
{
	check_child(diverged_thread);
}
END_TEST

/* ---- Not as it was compiled */

static void not_whole(void)
{
	static struct sock_filter too_many[BPF_MAXINSNS + 1];
	struct stile_compiled compiled;

	expect(stile_load_compiled(NULL) == -EINVAL);
	compiled = whole();
	compiled.version++;
	expect(stile_load_compiled(&compiled) == -EINVAL);
	compiled = whole();
	compiled.abis = ~(1u << STILE_ABI_NATIVE); /* x32 has the architecture of x86_64 */
	expect(stile_load_compiled(&compiled) == -EINVAL);
	compiled = whole();
	compiled.instructions = NULL;
	expect(stile_load_compiled(&compiled) == -EINVAL);
	compiled = whole();
	compiled.filter_hash ^= 1;
	expect(stile_load_compiled(&compiled) == -EINVAL);
	compiled = whole();
	compiled.count--; /* the last one is an allow; what is left ends with a return, too */
	expect(stile_load_compiled(&compiled) == -EINVAL);

	/* with a hash that is right, too: 65536 + 4 must not become 4 */
	compiled = whole();
	compiled.count = 0;
	compiled.filter_hash = stile_filter_hash(instructions, 0);
	expect(stile_load_compiled(&compiled) == -EINVAL);
	for (size_t i = 0; i <= BPF_MAXINSNS; i++)
		too_many[i] = instructions[COUNT - 1];
	compiled.instructions = too_many;
	compiled.count = BPF_MAXINSNS + 1;
	compiled.filter_hash = stile_filter_hash(too_many, compiled.count);
	expect(stile_load_compiled(&compiled) == -EINVAL);
	expect_nothing_done();
}

START_TEST(what_is_not_as_it_was_compiled)
{
	check_child(not_whole);
}
END_TEST

/* Every bit of every instruction, put right again each time. */
static void any_bit(void)
{
	const struct stile_compiled compiled = whole();

	for (size_t i = 0; i < COUNT * sizeof(*instructions) * 8; i++) {
		unsigned char *byte = (unsigned char *)instructions + i / 8;

		*byte ^= (unsigned char)(1u << i % 8);
		expect(stile_load_compiled(&compiled) == -EINVAL);
		*byte ^= (unsigned char)(1u << i % 8);
	}
	expect_nothing_done();
	expect(stile_load_compiled(&compiled) == 0);
}

START_TEST(any_changed_bit)
{
	check_child(any_bit);
}
END_TEST

static void swapped(void)
{
	const struct stile_compiled compiled = whole();
	const struct sock_filter first = instructions[2];

	instructions[2] = instructions[3];
	instructions[3] = first;
	expect(stile_load_compiled(&compiled) == -EINVAL);
	expect_nothing_done();
}

START_TEST(swapped_instructions)
{
	check_child(swapped);
}
END_TEST

static void refused_by_kernel(void)
{
	struct stile_compiled compiled = whole();

	instructions[COUNT - 1].code = 0xffff;
	compiled.filter_hash = stile_filter_hash(instructions, COUNT);
	expect(stile_load_compiled(&compiled) == -EINVAL);
	expect(status_number("/proc/self/status", "Seccomp") == 0);
}

START_TEST(what_the_kernel_refuses)
{
	check_child(refused_by_kernel);
}
END_TEST

/* ---- Under another filter */

static void answer_with(long number, uint32_t answer_value)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, answer_value),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { 4, filter };

	expect(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	expect(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0);
}

static void faked_seccomp(void)
{
	const struct stile_compiled compiled = whole();

	answer_with(SYS_seccomp, SECCOMP_RET_ERRNO | 0);
	expect(stile_load_compiled(&compiled) == -EALREADY);
	expect(syscall(SYS_getppid) > 0);
}

START_TEST(success_that_is_faked)
{
	check_child(faked_seccomp);
}
END_TEST

static void refused_seccomp(void)
{
	const struct stile_compiled compiled = whole();

	answer_with(SYS_seccomp, SECCOMP_RET_ERRNO | 999);
	expect(stile_load_compiled(&compiled) == -999);
}

static void refused_prctl(void)
{
	const struct stile_compiled compiled = whole();

	answer_with(SYS_prctl, SECCOMP_RET_ERRNO | 999);
	expect(stile_load_compiled(&compiled) == -999);
}

START_TEST(what_another_filter_answers)
{
	check_child(refused_seccomp);
	check_child(refused_prctl);
}
END_TEST

static Suite *suite(void)
{
	Suite *all = suite_create("compiled");
	TCase *cases = tcase_create("compiled");

	tcase_set_timeout(cases, 60);
	tcase_add_test(cases, filter_is_in_force);
	tcase_add_test(cases, filter_of_a_context);
	tcase_add_test(cases, all_threads_get_it);
	tcase_add_test(cases, a_thread_with_a_filter_of_its_own);
	tcase_add_test(cases, what_is_not_as_it_was_compiled);
	tcase_add_test(cases, any_changed_bit);
	tcase_add_test(cases, swapped_instructions);
	tcase_add_test(cases, what_the_kernel_refuses);
	tcase_add_test(cases, success_that_is_faked);
	tcase_add_test(cases, what_another_filter_answers);
	suite_add_tcase(all, cases);
	return all;
}

TEST_MAIN(suite)
