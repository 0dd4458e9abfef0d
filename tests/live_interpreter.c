/* SPDX-License-Identifier: MIT */
/* The running kernel and our interpreter: the same programs accepted, the same answers. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audit_arch.h"
#include "interpreter.h"
#include "random_program.h"
#include "test_support.h"

#define CALLS 12

/* What a child tells us through memory that both have: it can make no call once it is filtered. */
struct shared {
	volatile int accepted;	    /* by the kernel, -1: it could not be asked */
	volatile unsigned int done; /* calls */
	volatile int errnos[CALLS];
};

static struct shared *shared;

static void set_up(void)
{
	const struct rlimit no_core = { 0, 0 };

	setrlimit(RLIMIT_CORE, &no_core);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	ck_assert_ptr_ne(shared, MAP_FAILED);
}

static int load(const struct sock_filter *program, size_t count)
{
	struct sock_fprog prog = { (unsigned short)count, (struct sock_filter *)program };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -1;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog) == 0)
		return 1;
	return errno == EINVAL ? 0 : -1;
}

static void reap(pid_t child)
{
	ck_assert_int_gt(child, 0);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
}

/*
 * What children do. They end by a trap, since their filter may refuse exit; what a sanitizer puts
 * in front of that would make calls, too.
 */
#define CHILD __attribute__((noinline, no_sanitize("address")))

/* Loads a program, then makes the calls. */
CHILD static void call_child(const struct sock_filter *program, size_t count,
			     const struct seccomp_data *calls, unsigned int call_count)
{
	shared->accepted = load(program, count);
	for (unsigned int i = 0; shared->accepted == 1 && i < call_count; i++) {
		const uint64_t *a = (const uint64_t *)calls[i].args;
		const long result = syscall(calls[i].nr, a[0], a[1], a[2], a[3], a[4], a[5]);

		shared->errnos[i] = result < 0 ? errno : 0;
		shared->done = i + 1;
	}
	__builtin_trap();
}

static void try_kernel(const struct sock_filter *program, size_t count,
		       const struct seccomp_data *calls, unsigned int call_count)
{
	pid_t child;

	shared->accepted = -1;
	shared->done = 0;
	child = fork();
	if (child == 0)
		call_child(program, count, calls, call_count);
	reap(child);
}

/* False, and said: no filter can be loaded here. */
static bool kernel_takes_filters(void)
{
	static const struct sock_filter allow[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };

	try_kernel(allow, 1, NULL, 0);
	if (shared->accepted == 1)
		return true;
	printf("skip: this process may not load filters\n");
	return false;
}

static void print_program(const struct sock_filter *program, size_t count)
{
	for (size_t i = 0; i < count; i++)
		printf("%3zu: code %#06x jt %u jf %u k %#x\n", i, program[i].code, program[i].jt,
		       program[i].jf, program[i].k);
	fflush(stdout);
}

/* Programs that we refuse are loaded one after the other in one child, until one is accepted. */
struct batch {
	struct sock_filter programs[4096][RANDOM_PROGRAM_MAX];
	size_t counts[4096];
	unsigned int used;
};

CHILD static void batch_child(const struct batch *batch, volatile int *at)
{
	for (; (unsigned int)*at < batch->used; ++*at) {
		shared->accepted = load(batch->programs[*at], batch->counts[*at]);
		if (shared->accepted)
			break;
	}
	__builtin_trap();
}

static void flush(struct batch *batch)
{
	volatile int *at = &shared->errnos[0];
	pid_t child;

	shared->accepted = 0;
	*at = 0;
	child = fork();
	if (child == 0)
		batch_child(batch, at);
	reap(child);
	if (shared->accepted)
		print_program(batch->programs[*at], batch->counts[*at]);
	ck_assert_msg(shared->accepted == 0, "the kernel accepts (%d) what we refuse",
		      shared->accepted);
	ck_assert_uint_eq((unsigned int)*at, batch->used);
	batch->used = 0;
}

/* Whether kernel and filter_check() agree on a program; refused ones wait in the batch. */
static bool check_program(struct batch *batch, const struct sock_filter *program, size_t count)
{
	if (filter_check(program, count, NULL, NULL) == 0) {
		try_kernel(program, count, NULL, 0);
		if (shared->accepted != 1)
			print_program(program, count);
		ck_assert_msg(shared->accepted == 1, "the kernel refuses what we accept");
		return true;
	}
	memcpy(batch->programs[batch->used], program, count * sizeof(*program));
	batch->counts[batch->used++] = count;
	if (batch->used == 4096)
		flush(batch);
	return false;
}

/* All 65536 codes, in a program where nothing else can be wrong. */
START_TEST(codes)
{
	struct batch *batch = calloc(1, sizeof(*batch));
	unsigned int accepted = 0;

	if (!kernel_takes_filters())
		goto out;
	for (uint32_t code = 0; code <= UINT16_MAX; code++) {
		const struct sock_filter program[] = {
			BPF_STMT(BPF_ST, 4),	      { (uint16_t)code, 0, 0, 4 },
			BPF_STMT(BPF_RET | BPF_K, 0), BPF_STMT(BPF_RET | BPF_K, 0),
			BPF_STMT(BPF_RET | BPF_K, 0), BPF_STMT(BPF_RET | BPF_K, 0),
			BPF_STMT(BPF_RET | BPF_K, 0),
		};

		accepted += check_program(batch, program, sizeof(program) / sizeof(program[0]));
	}
	flush(batch);
	ck_assert_uint_eq(accepted, 41);
out:
	free(batch);
}
END_TEST

START_TEST(mutated_programs)
{
	const uint64_t seed = random_seed("mutated_programs");
	const uint64_t rounds = environment_number("STILE_ROUNDS", 6000);
	struct batch *batch = calloc(1, sizeof(*batch));
	unsigned int accepted = 0;

	if (!kernel_takes_filters())
		goto out;
	for (uint64_t round = 0; round < rounds; round++) {
		struct random r = { seed + round };
		struct sock_filter program[RANDOM_PROGRAM_MAX];
		const size_t count = random_program(&r, program);

		for (unsigned int n = random_below(&r, 3); n; n--) {
			struct sock_filter *i = &program[random_below(&r, (uint32_t)count)];

			switch (random_below(&r, 5)) {
			case 0: /* half of them: where a jump just reaches the end */
				i->k = random_below(&r, 2) ? random_operand(&r) :
							     (uint32_t)(program + count - i) -
								     random_below(&r, 3);
				break;
			case 1:
				i->jt = (uint8_t)random_below(&r, 40);
				break;
			case 2:
				i->jf = (uint8_t)random_below(&r, 40);
				break;
			case 3:
				i->code ^= (uint16_t)(1u << random_below(&r, 16));
				break;
			default:
				*i = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
								  random_operand(&r));
			}
		}
		accepted += check_program(batch, program, count);
	}
	flush(batch);
	/* Neither all nor nothing, or this would show little. */
	ck_assert_uint_gt(accepted, rounds / 10);
	ck_assert_uint_lt(accepted, rounds - rounds / 10);
out:
	free(batch);
}
END_TEST

START_TEST(answers)
{
	const uint64_t seed = random_seed("answers");
	const uint64_t rounds = environment_number("STILE_ROUNDS", 6000);
	unsigned int compared = 0, divided = 0;

	if (!kernel_takes_filters())
		return;
	for (uint64_t round = 0; round < rounds; round++) {
		struct random r = { seed + round };
		struct sock_filter program[RANDOM_PROGRAM_MAX];
		const size_t count = random_program(&r, program);
		struct seccomp_data calls[CALLS];

		if (filter_check(program, count, NULL, NULL) < 0)
			continue;
		for (unsigned int i = 0; i < CALLS; i++) {
			calls[i] = (struct seccomp_data){ .nr = (int)random_below(&r, 300),
							  .arch = audit_arch(STILE_ABI_NATIVE) };
			for (unsigned int j = 0; j < 6; j++)
				calls[i].args[j] = random_operand(&r) | (uint64_t)random_operand(&r)
										<< 32;
		}
		try_kernel(program, count, calls, CALLS);
		ck_assert_int_eq(shared->accepted, 1);
		for (unsigned int i = 0; i < CALLS; i++) {
			const uint32_t ours = filter_run(program, &calls[i]);
			const bool killed = ours == SECCOMP_RET_KILL_THREAD;
			const bool same = killed ? shared->done == i :
						   shared->done > i &&
							   shared->errnos[i] ==
								   (int)(ours & SECCOMP_RET_DATA);

			if (!same)
				print_program(program, count);
			ck_assert_msg(same,
				      "STILE_SEED=%llu: call %u: ours %#x, the kernel's %d (%u)",
				      (unsigned long long)(seed + round), i, ours,
				      shared->errnos[i], shared->done);
			compared++;
			divided += killed;
			if (killed)
				break;
		}
	}
	ck_assert_uint_gt(compared, rounds);
	if (rounds >= 6000)
		ck_assert_uint_gt(divided, 0);
}
END_TEST

START_TEST(lengths)
{
	struct sock_filter *program = calloc(4097, sizeof(*program));

	if (!kernel_takes_filters())
		goto out;
	for (unsigned int i = 0; i < 4097; i++)
		program[i] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	for (unsigned int i = 0; i < 4; i++) {
		static const size_t counts[] = { 0, 1, 4096, 4097 };

		try_kernel(program, counts[i], NULL, 0);
		ck_assert_int_eq(shared->accepted,
				 filter_check(program, counts[i], NULL, NULL) == 0);
	}
out:
	free(program);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("interpreter and kernel");
	TCase *tests = tcase_create("interpreter and kernel");

	tcase_add_checked_fixture(tests, set_up, NULL);
	tcase_add_test(tests, codes);
	tcase_add_test(tests, mutated_programs);
	tcase_add_test(tests, answers);
	tcase_add_test(tests, lengths);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
