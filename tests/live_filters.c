/* SPDX-License-Identifier: MIT */
/* The kernel agrees: filters of random policies are loaded, and calls made, by either back end. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audit_arch.h"
#include "kernel_cost.h"
#include "policy_sample.h"
#include "proof.h"
#include "syscalls.h"
#include "test_support.h"

#define MOST_TRIES 400

/* A call, what the policy says and what the kernel answered; shared with the child. */
struct
try {
	uint32_t number;
	uint64_t words[6];
	unsigned int expected, got;
};

struct tries {
	uint32_t count;
	bool is_loaded;
	struct try tries[MOST_TRIES];
};

/* Nothing may really happen: every action becomes an errno of its own. */
static void make_harmless(struct stile_action *action)
{
	const unsigned int value = 1 + 41 * action->kind + action->errno_value % 41;

	*action = (struct stile_action){ STILE_ACTION_ERRNO, value };
}

static void draw_harmless(struct sample *s, uint64_t seed)
{
	struct policy_abi *abi = &s->policy.abis[0];

	sample_draw(s, seed);
	make_harmless(&s->policy.default_action);
	make_harmless(&s->policy.foreign_action);
	for (uint32_t i = 0; i < s->policy.rule_count; i++)
		make_harmless(&s->rules[i].action);
	for (uint32_t i = 0; i < abi->decision_count; i++)
		make_harmless(&s->decisions[i].rest);
}

/* The table's calls in the order of their numbers: exit_group comes in where it belongs. */
static void allow_exit(struct sample *s)
{
	struct policy_abi *abi = &s->policy.abis[0];
	const int syscall = syscall_find("exit_group");
	uint32_t at = 0;

	while (at < abi->decision_count && s->decisions[at].number < SYS_exit_group)
		at++;
	if (at == abi->decision_count || s->decisions[at].number != SYS_exit_group) {
		memmove(&s->decisions[at + 1], &s->decisions[at],
			(abi->decision_count - at) * sizeof(*s->decisions));
		abi->decision_count++;
	}
	s->decisions[at] = (struct decision){ .syscall = (uint16_t)syscall,
					      .number = SYS_exit_group,
					      .rest = { STILE_ACTION_ALLOW, 0 } };
}

static bool is_seen_by_filters(uint32_t number)
{
#if defined(__x86_64__)
	/* uretprobe and uprobe are not */
	return number != 335 && number != 336;
#else
	(void)number;
	return true;
#endif
}

static void add_try(const struct sample *s, struct tries *tries, uint32_t number,
		    const uint64_t words[6])
{
	struct try *try = &tries->tries[tries->count];
	const uint32_t arch = audit_arch(STILE_ABI_NATIVE);

	if (tries->count == MOST_TRIES || number == SYS_exit_group || !is_seen_by_filters(number))
		return;
	try->number = number;
	memcpy(try->words, words, sizeof(try->words));
	try->expected = policy_decide(&s->policy, arch, number, words).errno_value;
	tries->count++;
}

static void draw_tries(const struct sample *s, struct tries *tries, struct random *r)
{
	uint64_t words[6] = { 0 };
	struct marks marks;

	tries->count = 0;
	for (uint32_t i = 0; i < s->policy.abis[0].decision_count; i++) {
		const struct decision *d = &s->decisions[i];

		sample_find_marks(s, d, &marks);
		for (uint32_t k = 0; k <= 12 * d->rule_count; k++) {
			sample_draw_words(&marks, r, words);
			add_try(s, tries, (uint32_t)d->number, words);
		}
	}
	for (uint32_t i = 0; i < 40; i++)
		add_try(s, tries, random_below(r, 600), words);
}

static void child(const struct filter *filter, struct tries *tries)
{
	struct sock_fprog program = { (unsigned short)filter->count, filter->instructions };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
		_exit(1);
	tries->is_loaded = true;
	for (uint32_t i = 0; i < tries->count; i++) {
		const uint64_t *w = tries->tries[i].words;

		errno = 0;
		(void)syscall((long)tries->tries[i].number, w[0], w[1], w[2], w[3], w[4], w[5]);
		tries->tries[i].got = (unsigned int)errno;
	}
	for (;;) /* not _exit(), before which the address sanitizer makes calls of its own */
		(void)syscall(SYS_exit_group, 0);
}

static void compare(const struct sample *s, const struct tries *tries)
{
	for (uint32_t i = 0; i < tries->count; i++) {
		const struct try *t = &tries->tries[i];

		if (t->expected != t->got)
			ck_abort_msg("STILE_SEED=%llu: number %u, %#llx, %#llx, %#llx, %#llx, "
				     "%#llx, %#llx: policy: errno %u, kernel: %u",
				     (unsigned long long)s->seed, t->number,
				     (unsigned long long)t->words[0],
				     (unsigned long long)t->words[1],
				     (unsigned long long)t->words[2],
				     (unsigned long long)t->words[3],
				     (unsigned long long)t->words[4],
				     (unsigned long long)t->words[5], t->expected, t->got);
	}
}

static void try_filter(const struct sample *s, const struct filter *filter, struct tries *tries)
{
	int status;
	pid_t pid;

	tries->is_loaded = false;
	pid = fork();
	if (pid == 0)
		child(filter, tries);
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0 && tries->is_loaded,
		      "STILE_SEED=%llu: status %#x", (unsigned long long)s->seed, status);
	compare(s, tries);
}

START_TEST(random_policies)
{
	const uint64_t seed = random_seed("random_policies");
	const uint64_t rounds = environment_number("STILE_ROUNDS", 200);
	struct sample *s = calloc(1, sizeof(*s));
	struct tries *tries = mmap(NULL, sizeof(*tries), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t calls = 0;

	ck_assert_ptr_ne(tries, MAP_FAILED);
	for (uint64_t round = 0; round < rounds; round++) {
		struct random r = { ~(seed + round) };
		struct filter filter;
		struct message message;
		int error;

		draw_harmless(s, seed + round);
		allow_exit(s);
		draw_tries(s, tries, &r);
		error = _i ? backend_libseccomp(&s->policy, &filter, &message) :
			     backend_own(&s->policy, NULL, &filter, &message);
		if (_i && error == -E2BIG) /* libseccomp's limits are narrow */
			continue;
		ck_assert_int_eq(error, 0);
		try_filter(s, &filter, tries);
		calls += tries->count;
		free(filter.instructions);
	}
	printf("random_policies: %llu calls agree\n", (unsigned long long)calls);
	ck_assert_uint_gt(calls, 10 * rounds);
	free(s);
}
END_TEST

/* How often a filter can be stacked before the kernel has enough; in a child. */
static void stack_filters(const struct filter *filter, unsigned int *stacked)
{
	struct sock_fprog program = { (unsigned short)filter->count, filter->instructions };
	int status;
	const pid_t pid = fork();

	if (pid == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
			_exit(1);
		while (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0)
			++*stacked;
		_exit(errno == ENOMEM ? 0 : 2);
	}
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %#x", status);
}

/* Constants are hidden from whoever would spray them: filters become longer. */
static bool is_hardened(void)
{
	FILE *file = fopen("/proc/sys/net/core/bpf_jit_harden", "re");
	int value = 0;

	if (!file)
		return false;
	if (fscanf(file, "%d", &value) != 1)
		value = 0;
	fclose(file);
	return value != 0;
}

/* The shape of every jump there is, and constants with the top bit set. */
START_TEST(kernel_cost)
{
	enum { LENGTH = 400 };
	static struct sock_filter code[LENGTH + 3];
	struct filter filter = { code, LENGTH + 3 };
	unsigned int *stacked = mmap(NULL, sizeof(*stacked), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const uint16_t operations[] = { BPF_JEQ, BPF_JGE, BPF_JGT, BPF_JSET };
	size_t cost;

	ck_assert_ptr_ne(stacked, MAP_FAILED);
	if (is_hardened()) {
		printf("skip: net.core.bpf_jit_harden is set\n");
		return;
	}
	for (unsigned int i = 0; i < LENGTH; i++)
		code[i] = (struct sock_filter)BPF_JUMP(BPF_JMP | operations[_i / 6] | BPF_K,
						       _i % 2 ? UINT32_MAX : 1, _i / 2 % 3 == 1,
						       _i / 2 % 3 == 2);
	if (_i / 2 % 3 == 0) /* neither is the next one */
		for (unsigned int i = 0; i < LENGTH; i++)
			code[i].jt = code[i].jf = 1;
	for (unsigned int i = LENGTH; i < LENGTH + 3; i++)
		code[i] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	cost = filter_kernel_cost(&filter);
	stack_filters(&filter, stacked);
	ck_assert_uint_eq(*stacked, 1 + (KERNEL_COST_MAX - cost) / (cost + KERNEL_COST_STACKED));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("filters");
	TCase *tests = tcase_create("filters");

	tcase_add_loop_test(tests, random_policies, 0, 2);
	tcase_add_loop_test(tests, kernel_cost, 0, 24);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
