/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a filter that is read as a policy: it is refused with a sentence, or the policy
 * answers calls as the filter does, and so does the filter that is made of it.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"

#define INSTRUCTIONS_MAX 64
#define CALLS 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool condition)
{
	if (!condition)
		abort();
}

/* As the kernel sees an answer: strange ones kill the process, and an errno is 4095 at most. */
static uint32_t plain(uint32_t answer)
{
	switch (answer & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ERRNO:
		return (answer & SECCOMP_RET_DATA) > 4095 ? SECCOMP_RET_ERRNO | 4095 : answer;
	case SECCOMP_RET_TRAP:
	case SECCOMP_RET_TRACE:
		return answer;
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
	case SECCOMP_RET_USER_NOTIF:
	case SECCOMP_RET_KILL_THREAD:
		return answer & SECCOMP_RET_ACTION_FULL;
	default:
		return SECCOMP_RET_KILL_PROCESS;
	}
}

/* Calls made of what the filter itself compares with. */
static void check_calls(const struct sock_filter *a, size_t a_count, const struct sock_filter *b,
			size_t b_count, uint32_t arch)
{
	for (size_t i = 0; i < CALLS; i++) {
		struct seccomp_data call = { .nr = (int)a[i % a_count].k, .arch = arch };
		uint32_t first, second;

		for (size_t k = 0; k < 6; k++)
			call.args[k] = (uint64_t)a[(i * 7 + k) % a_count].k << (i % 3 ? 0 : 32) |
				       a[(i + k) % a_count].k;
		check(stile_simulate(a, a_count, &call, &first) == 0);
		check(stile_simulate(b, b_count, &call, &second) == 0);
		check(plain(first) == plain(second));
	}
}

static void compile_again(struct stile_policy *policy, const uint8_t *data, size_t size)
{
	struct sock_filter original[INSTRUCTIONS_MAX], *compiled;
	size_t count;

	memcpy(original, data, size);
	if (stile_policy_compile(policy, &compiled, &count) < 0)
		return;
	check_calls(original, size / sizeof(*original), compiled, count,
		    stile_audit_arch(STILE_ABI_X86_64));
	check_calls(original, size / sizeof(*original), compiled, count,
		    stile_audit_arch(STILE_ABI_AARCH64));
	free(compiled);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct read_options options = { .abi = STILE_ABI_X86_64 };
	struct diagnostics said = { 0 };
	struct stile_policy *policy;
	struct source source = { "x", NULL, size, -1 };
	char *bytes;

	if (size > INSTRUCTIONS_MAX * sizeof(struct sock_filter))
		return 0;
	bytes = malloc(size + 1);
	check(bytes != NULL);
	memcpy(bytes, data, size);
	bytes[size] = '\0';
	source.bytes = bytes;
	(void)format_bpf.is_likely(&source);
	policy = format_bpf.read(&source, &options, &said);
	check(!policy == has_errors(&said));
	if (policy)
		compile_again(policy, data, size);
	diagnostics_free(&said);
	stile_policy_free(policy);
	free(bytes);
	return 0;
}
