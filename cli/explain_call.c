/* SPDX-License-Identifier: MIT */
/* What a policy does with one call. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "policy_words.h"

#define NAME_SIZE 16

static void print_label(const char *label)
{
	(void)printf("  %-11s", label);
}

static bool is_refused(struct stile_action action)
{
	return action.kind >= STILE_ACTION_ERRNO;
}

/* The grants, a line each, that hold this call; NULL: none is known, or it is not refused. */
static char *grants_for(const struct seccomp_data *data, const struct stile_decision *decision)
{
	const enum stile_abi abi = abi_of_call(data);
	const char *name = abi < STILE_ABI_COUNT ? stile_syscall_name(abi, data->nr) : NULL;
	uint64_t arguments[6];
	char *grants;

	if (!name || !is_refused(decision->action))
		return NULL;
	for (unsigned int i = 0; i < 6; i++)
		arguments[i] = data->args[i];
	/* what registers mean is asked by this machine's ABI */
	grants = stile_grants_for_call(name, abi == STILE_ABI_NATIVE ? arguments : NULL);
	if (grants && *grants)
		return grants;
	free(grants);
	return NULL;
}

static void print_grants(const struct seccomp_data *data, const struct stile_decision *decision)
{
	char *grants = grants_for(data, decision), *next = grants;
	bool is_first = true;

	while (next && *next) {
		const size_t length = strcspn(next, "\n");

		print_label(is_first ? "granted by" : "");
		(void)printf("%.*s\n", (int)length, next);
		next += length + (next[length] == '\n');
		is_first = false;
	}
	free(grants);
}

/* All rules of the call, in the order in which they are asked. */
static void print_rules(const struct stile_policy *policy, const struct seccomp_data *data)
{
	struct stile_policy_call call;
	struct stile_policy_rule rule;

	if (!stile_policy_find_call(policy, abi_of_call(data), (uint32_t)data->nr, &call))
		return;
	for (size_t i = 0; stile_policy_get_rule(policy, &call, i, &rule); i++) {
		print_label(i ? "" : "rules");
		write_rule(stdout, &rule);
		(void)fputs("  # ", stdout);
		if (!write_origin(stdout, policy, rule.origin))
			(void)fputs("-", stdout);
		(void)fputc('\n', stdout);
	}
}

int explain_call(const struct stile_policy *policy, const struct seccomp_data *data)
{
	struct stile_decision decision;
	char action[ACTION_WORDS_MAX];
	int error = stile_policy_decide(policy, data, &decision);

	if (error)
		return error;
	stile_format_action(decision.action, action, sizeof(action));
	write_call(stdout, data);
	(void)fputc('\n', stdout);
	print_label("answer");
	(void)printf("%s\n", action);
	print_label("because");
	write_reason(stdout, policy, data, &decision);
	(void)fputc('\n', stdout);
	if (*stile_policy_origin(policy, decision.origin, NULL)) {
		print_label("said by");
		(void)write_origin(stdout, policy, decision.origin);
		(void)fputc('\n', stdout);
	}
	print_rules(policy, data);
	print_label("registers");
	(void)printf("arch 0x%08" PRIx32 ", number %" PRIu32 ", arguments", data->arch,
		     (uint32_t)data->nr);
	for (unsigned int i = 0; i < 6; i++)
		(void)printf(" 0x%" PRIx64, (uint64_t)data->args[i]);
	(void)fputc('\n', stdout);
	print_grants(data, &decision);
	return 0;
}

static void print_json_grants(char *grants)
{
	char *next = grants;
	bool is_first = true;

	(void)fputs("\"granted_by\": [", stdout);
	while (next && *next) {
		char *end = next + strcspn(next, "\n");
		const bool is_last = *end == '\0';

		*end = '\0';
		(void)fputs(is_first ? "" : ", ", stdout);
		write_json_string(stdout, next);
		next = is_last ? end : end + 1;
		is_first = false;
	}
	(void)fputs("]", stdout);
	free(grants);
}

static void print_json_registers(const struct seccomp_data *data)
{
	const enum stile_abi abi = abi_of_call(data);

	(void)fputs("  \"abi\": ", stdout);
	if (abi < STILE_ABI_COUNT)
		write_json_string(stdout, stile_abi_name(abi));
	else
		(void)fputs("null", stdout);
	/* as text: a number of JSON may be read as a double */
	(void)printf(",\n  \"number\": %" PRIu32 ",\n  \"arguments\": [", (uint32_t)data->nr);
	for (unsigned int i = 0; i < 6; i++)
		(void)printf("%s\"0x%" PRIx64 "\"", i ? ", " : "", (uint64_t)data->args[i]);
	(void)fputs("],\n", stdout);
}

static const char *reason_name(enum stile_reason reason)
{
	static const char *const names[] = { "rule", "rest", "default", "unknown", "foreign" };

	return names[reason];
}

int explain_call_json(const struct stile_policy *policy, const struct seccomp_data *data)
{
	struct stile_decision decision;
	char *text = stile_call_text(data);
	int error = stile_policy_decide(policy, data, &decision);

	if (error) {
		free(text);
		return error;
	}
	(void)fputs("{\n  \"call\": ", stdout);
	write_json_string(stdout, text ? text : "");
	free(text);
	(void)fputs(",\n", stdout);
	print_json_registers(data);
	(void)fputs("  ", stdout);
	write_json_action(stdout, "answer", decision.action);
	(void)printf(",\n  \"reason\": \"%s\",\n  \"rule\": ", reason_name(decision.reason));
	if (decision.reason == STILE_REASON_RULE) {
		(void)fputc('{', stdout);
		write_json_rule(stdout, &decision.rule);
		(void)fputc('}', stdout);
	} else {
		(void)fputs("null", stdout);
	}
	(void)fputs(",\n  ", stdout);
	write_json_origin(stdout, policy, decision.origin);
	(void)fputs(",\n  ", stdout);
	print_json_grants(grants_for(data, &decision));
	(void)fputs("\n}\n", stdout);
	return 0;
}
