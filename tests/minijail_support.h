/* SPDX-License-Identifier: MIT */
#ifndef TESTS_MINIJAIL_SUPPORT_H
#define TESTS_MINIJAIL_SUPPORT_H

/* Policies as texts of minijail's, for its tests. */

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "format.h"
#include "test_support.h"

static struct diagnostics said;

/* NULL: refused. What was said is in said. */
static inline struct stile_policy *read_minijail(enum stile_abi abi, const char *text, int folder)
{
	const struct source source = { "dir/test.policy", text, strlen(text), folder };
	const struct read_options options = { .abi = abi };
	struct stile_policy *policy;

	diagnostics_free(&said);
	policy = format_minijail.read(&source, &options, &said);
	ck_assert_msg(has_errors(&said) == !policy, "%s", text);
	return policy;
}

/* The i-th thing said: "error 2:3: sentence", of this file; in others "error FILE:2:3: ..." */
static inline void ck_said(size_t index, const char *expected)
{
	char text[1000] = "nothing";

	if (index < said.count) {
		const struct diagnostic *item = &said.items[index];
		const bool is_here = strcmp(item->file, "dir/test.policy") == 0;

		(void)snprintf(text, sizeof(text), "%s %s%s%u:%u: %s",
			       item->severity == SEVERITY_ERROR ? "error" : "warning",
			       is_here ? "" : item->file, is_here ? "" : ":", item->line,
			       item->column, item->text);
	}
	ck_assert_str_eq(text, expected);
}

/* Reads a text that must be taken. */
static inline struct stile_policy *take_minijail(enum stile_abi abi, const char *text)
{
	struct stile_policy *policy = read_minijail(abi, text, -1);

	ck_assert_msg(policy != NULL, "%s: %s", text, said.count ? said.items[0].text : "?");
	return policy;
}

/* What a policy answers, as stile_format_action() has it. */
static inline const char *answer_of(const struct stile_policy *policy, enum stile_abi abi,
				    uint32_t number, const uint64_t arguments[6])
{
	static char text[64];
	struct seccomp_data data = { .nr = (int)number, .arch = stile_audit_arch(abi) };
	struct stile_decision decision;

	memcpy(data.args, arguments, sizeof(data.args));
	ck_assert_int_eq(stile_policy_decide(policy, &data, &decision), 0);
	stile_format_action(decision.action, text, sizeof(text));
	return text;
}

/* Both policies mean the same: a proved filter of one is proved equal to the other. */
static inline void ck_same(struct stile_policy *a, struct stile_policy *b, const char *text)
{
	struct sock_filter *instructions;
	struct stile_proof proof;
	size_t count;

	ck_assert_msg(stile_policy_compile(a, &instructions, &count) == 0, "%s",
		      stile_policy_message(a));
	ck_assert_int_eq(stile_policy_prove(b, instructions, count, &proof), 0);
	free(instructions);
	if (proof.verdict != STILE_VERDICT_EQUAL) {
		char *call = stile_call_text(&proof.witness);

		ck_abort_msg("verdict %d: %s: %x, %x\n%s", (int)proof.verdict, call,
			     proof.filter_answer, proof.policy_answer, text);
	}
}

/* A policy written as a text, to be freed; NULL: refused. */
static inline char *write_minijail(const struct stile_policy *policy, bool is_lossy)
{
	const struct write_options options = { .is_lossy = is_lossy, .name = "out" };
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);
	int result;

	diagnostics_free(&said);
	result = format_minijail.write(stream, policy, &options, &said);
	ck_assert_int_eq(fclose(stream), 0);
	ck_assert_int_eq(result, has_errors(&said) ? -1 : 0);
	if (result == 0)
		return text;
	free(text);
	return NULL;
}

#endif
