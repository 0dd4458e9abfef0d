/* SPDX-License-Identifier: MIT */
#include "makers.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stile/filter.h>

#include "workers.h"

const char *const maker_names[MAKERS] = { "ours", "ours-unproved", "libseccomp-O1",
					  "libseccomp-O2" };

static struct stile_ruleset *make_ruleset(const struct bench_policy *policy)
{
	struct stile_ruleset *ruleset = stile_ruleset_new("bench");

	for (size_t i = 0; i < policy->count; i++) {
		const struct bench_rule *rule = &policy->rules[i];

		if (rule->condition_count)
			(void)stile_ruleset_allow_if(ruleset, rule->syscall, rule->conditions,
						     rule->condition_count);
		else
			(void)stile_ruleset_allow(ruleset, rule->syscall);
	}
	return ruleset;
}

static struct made make_ours(const struct bench_policy *policy, bool is_proved)
{
	const double start = microseconds();
	struct stile *s = stile_new();
	struct stile_ruleset *ruleset;
	struct made made;

	if (!is_proved)
		(void)stile_set_flags(s, STILE_APPLY_UNPROVED);
	(void)stile_set_abis(s, policy->abis, policy->abi_count);
	ruleset = make_ruleset(policy);
	(void)stile_enable(s, ruleset);
	if (stile_compile(s, &made.instructions, &made.count) < 0)
		errx(1, "%s: %s", policy->name, stile_message(s));
	made.microseconds = microseconds() - start;
	stile_ruleset_free(ruleset);
	stile_free(s);
	return made;
}

static struct scmp_arg_cmp comparison(const struct bench_rule *rule, unsigned int index)
{
	static const enum scmp_compare operators[] = {
		[STILE_EQUAL] = SCMP_CMP_EQ,
		[STILE_NOT_EQUAL] = SCMP_CMP_NE,
		[STILE_MASKED_EQUAL] = SCMP_CMP_MASKED_EQ,
	};
	const struct stile_condition *condition = &rule->conditions[index];
	const bool is_masked = condition->comparison == STILE_MASKED_EQUAL;

	return SCMP_CMP(rule->arguments[index], operators[condition->comparison],
			is_masked ? condition->mask : condition->value,
			is_masked ? condition->value : 0);
}

static uint32_t arch_token(enum stile_abi abi)
{
	static const uint32_t tokens[STILE_ABI_COUNT] = {
		[STILE_ABI_X86_64] = SCMP_ARCH_X86_64,	 [STILE_ABI_I386] = SCMP_ARCH_X86,
		[STILE_ABI_X32] = SCMP_ARCH_X32,	 [STILE_ABI_AARCH64] = SCMP_ARCH_AARCH64,
		[STILE_ABI_RISCV64] = SCMP_ARCH_RISCV64,
	};

	return tokens[abi];
}

/* Calls that it has no name for are known to it by their number; not with several ABIs, where it
 * would take the number for the same one on each. */
static int resolve(const struct bench_policy *policy, const char *name)
{
	int number = seccomp_syscall_resolve_name(name);

	if (number == __NR_SCMP_ERROR && policy->abi_count == 1)
		number = (int)stile_syscall_number(STILE_ABI_NATIVE, name);
	return number;
}

static void add_rule(scmp_filter_ctx context, const struct bench_policy *policy,
		     const struct bench_rule *rule)
{
	const int number = resolve(policy, rule->syscall);
	struct scmp_arg_cmp arguments[BENCH_CONDITIONS];
	int error;

	if (number == __NR_SCMP_ERROR)
		return;
	for (unsigned int i = 0; i < rule->condition_count; i++)
		arguments[i] = comparison(rule, i);
	error = seccomp_rule_add_array(context, SCMP_ACT_ALLOW, number, rule->condition_count,
				       arguments);
	if (error)
		errx(1, "%s: seccomp_rule_add: %s: %s", policy->name, rule->syscall,
		     strerror(-error));
}

static struct made read_back(int file)
{
	struct made made;
	struct stat status;

	if (fstat(file, &status) < 0)
		err(1, "fstat");
	made.count = (size_t)status.st_size / sizeof(*made.instructions);
	made.instructions = malloc((size_t)status.st_size);
	if (!made.instructions ||
	    pread(file, made.instructions, (size_t)status.st_size, 0) != status.st_size)
		err(1, "the exported filter");
	return made;
}

struct made read_filter(const char *path)
{
	const int file = open(path, O_RDONLY | O_CLOEXEC);
	struct made made;

	if (file < 0)
		err(1, "%s", path);
	made = read_back(file);
	made.microseconds = 0;
	(void)close(file);
	return made;
}

static struct made make_libseccomp(const struct bench_policy *policy, uint32_t level)
{
	const double start = microseconds();
	scmp_filter_ctx context = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	struct made made;
	double end;
	int file;

	if (!context || seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, level) < 0)
		errx(1, "seccomp_init");
	for (size_t i = 0; i < policy->abi_count; i++)
		if (policy->abis[i] != STILE_ABI_NATIVE &&
		    seccomp_arch_add(context, arch_token(policy->abis[i])) < 0)
			errx(1, "seccomp_arch_add");
	for (size_t i = 0; i < policy->count; i++)
		add_rule(context, policy, &policy->rules[i]);
	file = memfd_create("filter", MFD_CLOEXEC);
	if (file < 0 || seccomp_export_bpf(context, file) < 0)
		errx(1, "seccomp_export_bpf");
	end = microseconds();
	made = read_back(file);
	made.microseconds = end - start;
	(void)close(file);
	seccomp_release(context);
	return made;
}

struct made make(const struct bench_policy *policy, enum maker maker)
{
	switch (maker) {
	case MAKER_OURS:
	case MAKER_OURS_UNPROVED:
		return make_ours(policy, maker == MAKER_OURS);
	default:
		return make_libseccomp(policy, maker == MAKER_LIBSECCOMP_1 ? 1 : 2);
	}
}
