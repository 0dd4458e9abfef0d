/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LINT_FIXTURE_H
#define TESTS_LINT_FIXTURE_H

/* For tests of what lint finds: a policy in which nothing is found, and calls to add to it. */

#include <check.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "lint.h"
#include "test_support.h"

#define WIDE 64
#define INT 32

static const struct stile_action allow = { STILE_ACTION_ALLOW, 0 };
static const struct stile_action refuse = { STILE_ACTION_ERRNO, EACCES };
static const struct stile_action missing = { STILE_ACTION_ERRNO, ENOSYS };
static const struct stile_action killing = { STILE_ACTION_KILL_PROCESS, 0 };

static struct stile_policy *p;
static struct lint_findings findings;
static const struct lint_options all = { .kernel = 0 };

static void must(int result)
{
	ck_assert_msg(result >= 0, "%s", stile_policy_message(p));
}

static void add_on(enum stile_abi abi, const char *syscall, struct stile_action action,
		   const struct stile_table_condition *conditions, size_t count)
{
	static unsigned int line;
	const long number = stile_syscall_number(abi, syscall);
	const int origin = stile_policy_add_origin(p, "file", ++line);

	ck_assert_int_ge(number, 0);
	must(origin);
	must(stile_policy_add_rule(p, &(struct stile_policy_rule){ abi, (uint32_t)number, action,
								   conditions, count, origin }));
}

static void add(const char *syscall, struct stile_action action)
{
	add_on(STILE_ABI_X86_64, syscall, action, NULL, 0);
}

static void add_if(const char *syscall, struct stile_action action, unsigned int argument,
		   unsigned int bits, enum stile_comparison comparison, uint64_t mask,
		   uint64_t value)
{
	const struct stile_table_condition condition = { .argument = (uint8_t)argument,
							 .bits = (uint8_t)bits,
							 .comparison = (uint8_t)comparison,
							 .parameter = -1,
							 .mask = mask,
							 .value = value };

	add_on(STILE_ABI_X86_64, syscall, action, &condition, 1);
}

/* What programs need to start. */
static void add_start(enum stile_abi abi)
{
	static const struct stile_table_condition not_executable = { .argument = 2,
								     .bits = INT,
								     .comparison =
									     STILE_MASKED_EQUAL,
								     .parameter = -1,
								     .mask = PROT_EXEC };

	add_on(abi, "brk", allow, NULL, 0);
	add_on(abi, "futex", allow, NULL, 0);
	add_on(abi, "munmap", allow, NULL, 0);
	add_on(abi, "mprotect", allow, &not_executable, 1);
	add_on(abi, abi == STILE_ABI_I386 ? "mmap2" : "mmap", allow, &not_executable, 1);
}

/* What every program needs, and nothing to find. */
static void add_abi(enum stile_abi abi)
{
	must(stile_policy_add_abi(p, abi));
	add_on(abi, "exit", allow, NULL, 0);
	add_on(abi, "exit_group", allow, NULL, 0);
	add_on(abi, "rt_sigreturn", allow, NULL, 0);
	add_start(abi);
	if (abi == STILE_ABI_I386)
		add_on(abi, "sigreturn", allow, NULL, 0);
}

static void set_up(void)
{
	p = stile_policy_new();
	must(stile_policy_set_default(p, missing));
	must(stile_policy_set_foreign_abi(p, killing));
	add_abi(STILE_ABI_X86_64);
}

static void tear_down(void)
{
	stile_policy_free(p);
	lint_findings_free(&findings);
}

static const struct lint_finding *find(const char *id)
{
	for (size_t i = 0; i < findings.count; i++)
		if (strcmp(findings.items[i].check->id, id) == 0)
			return &findings.items[i];
	return NULL;
}

#endif
