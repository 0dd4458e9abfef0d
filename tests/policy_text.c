/* SPDX-License-Identifier: MIT */
#include "policy_text.h"

#include <stdio.h>
#include <string.h>

struct diagnostics said;

struct stile_policy *new_policy(struct stile_action default_action)
{
	const struct stile_action killing = { STILE_ACTION_KILL_THREAD, 0 };
	struct stile_policy *policy = stile_policy_new();

	ck_assert_int_eq(stile_policy_set_default(policy, default_action), 0);
	ck_assert_int_eq(stile_policy_set_foreign_abi(policy, killing), 0);
	ck_assert_int_eq(stile_policy_add_abi(policy, STILE_ABI_X86_64), 0);
	return policy;
}

struct stile_policy *read_policy(const struct format *format, const char *text,
				 const struct read_options *options)
{
	const struct source source = { "test", text, strlen(text), -1 };

	diagnostics_free(&said);
	return format->read(&source, options, &said);
}

static void first_said(enum severity severity, char *text, size_t size)
{
	*text = '\0';
	for (size_t i = 0; i < said.count; i++)
		if (said.items[i].severity == severity) {
			(void)snprintf(text, size, "%u:%u: %s", said.items[i].line,
				       said.items[i].column, said.items[i].text);
			return;
		}
}

struct stile_policy *taken(const struct format *format, const char *text,
			   const struct read_options *options)
{
	struct stile_policy *policy = read_policy(format, text, options);
	char first[1000];

	first_said(SEVERITY_ERROR, first, sizeof(first));
	ck_assert_msg(policy != NULL, "refused: %s", first);
	ck_assert_uint_eq(said.error_count, 0);
	ck_assert_str_eq(stile_policy_message(policy), "");
	return policy;
}

void ck_refused(const struct format *format, const char *text, const struct read_options *options,
		const char *sentence)
{
	char first[1000];

	ck_assert_msg(!read_policy(format, text, options), "taken: %s", text);
	ck_assert(has_errors(&said));
	first_said(SEVERITY_ERROR, first, sizeof(first));
	ck_assert_str_eq(first, sentence);
	diagnostics_free(&said);
}

void ck_warned(const struct format *format, const char *text, const struct read_options *options,
	       const char *sentence)
{
	char first[1000];

	stile_policy_free(taken(format, text, options));
	first_said(SEVERITY_WARNING, first, sizeof(first));
	ck_assert_str_eq(first, sentence);
	diagnostics_free(&said);
}

char *written(const struct format *format, const struct stile_policy *policy, bool is_lossy)
{
	const struct write_options options = { .is_lossy = is_lossy };
	size_t size;
	char *text;
	FILE *stream = open_memstream(&text, &size);
	int result;

	ck_assert_ptr_nonnull(stream);
	diagnostics_free(&said);
	result = format->write(stream, policy, &options, &said);
	ck_assert_int_eq(fclose(stream), 0);
	ck_assert_int_eq(result != 0, has_errors(&said));
	if (result == 0)
		return text;
	free(text);
	return NULL;
}

void ck_same(const struct stile_policy *a, const struct stile_policy *b)
{
	struct stile_difference *differences;
	size_t count;
	char *call;

	ck_assert_int_eq(stile_policy_compare(a, b, &differences, &count), 0);
	if (count) {
		call = stile_call_text(&differences->witness);
		ck_abort_msg("%zu differences, e.g. %s: %u %u", count, call ? call : "?",
			     differences->from.action.kind, differences->to.action.kind);
	}
	free(differences);
}

const char *number_answer(const struct stile_policy *policy, uint32_t arch, uint32_t number,
			  uint64_t first, uint64_t second)
{
	static char text[80];
	const struct seccomp_data data = { .nr = (int)number,
					   .arch = arch,
					   .args = { first, second } };
	struct stile_decision decision;

	ck_assert_int_eq(stile_policy_decide(policy, &data, &decision), 0);
	stile_format_action(decision.action, text, sizeof(text));
	return text;
}

const char *policy_answer(const struct stile_policy *policy, enum stile_abi abi,
			  const char *syscall, uint64_t first, uint64_t second)
{
	const long number = stile_syscall_number(abi, syscall);

	ck_assert_int_ge(number, 0);
	return number_answer(policy, stile_audit_arch(abi), (uint32_t)number, first, second);
}
