/* SPDX-License-Identifier: MIT */
#include "policy_words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

#define X32_BIT 0x40000000u
#define NO_MEMORY "out of memory"

bool is_same_action(struct stile_action a, struct stile_action b)
{
	return a.kind == b.kind && a.errno_value == b.errno_value;
}

bool write_origin(FILE *stream, const struct stile_policy *policy, int origin)
{
	unsigned int line;
	const char *text = stile_policy_origin(policy, origin, &line);

	if (!*text)
		return false;
	write_safely(stream, text);
	if (line)
		(void)fprintf(stream, ":%u", line);
	return true;
}

void write_rule(FILE *stream, const struct stile_policy_rule *rule)
{
	char action[ACTION_WORDS_MAX], *conditions;

	stile_format_action(rule->action, action, sizeof(action));
	(void)fputs(action, stream);
	if (rule->condition_count == 0)
		return;
	conditions = stile_format_conditions(rule);
	(void)fprintf(stream, " if %s", conditions ? conditions : NO_MEMORY);
	free(conditions);
}

static void write_rest(FILE *stream, const struct stile_policy *policy,
		       const struct seccomp_data *data)
{
	struct stile_policy_call call;

	if (stile_policy_find_call(policy, abi_of_call(data), (uint32_t)data->nr, &call) &&
	    call.rule_count > 0)
		(void)fputs("none of its rules matches", stream);
	else
		(void)fputs("all calls of it get this", stream);
}

static void write_matched(FILE *stream, const struct stile_policy *policy,
			  const struct seccomp_data *data, const struct stile_policy_rule *rule)
{
	struct stile_policy_call call;
	struct stile_policy_rule first;
	char *conditions;

	if (rule->condition_count > 0) {
		conditions = stile_format_conditions(rule);
		(void)fputs(conditions ? conditions : NO_MEMORY, stream);
		free(conditions);
	} else if (stile_policy_find_call(policy, abi_of_call(data), (uint32_t)data->nr, &call) &&
		   stile_policy_get_rule(policy, &call, 0, &first) && first.condition_count > 0) {
		(void)fputs("no rule before its last one matches", stream);
	} else {
		(void)fputs("a rule without conditions", stream);
	}
}

void write_reason(FILE *stream, const struct stile_policy *policy, const struct seccomp_data *data,
		  const struct stile_decision *decision)
{
	struct stile_policy_call call;

	switch (decision->reason) {
	case STILE_REASON_RULE:
		write_matched(stream, policy, data, &decision->rule);
		break;
	case STILE_REASON_REST:
		write_rest(stream, policy, data);
		break;
	case STILE_REASON_DEFAULT:
		if (stile_policy_find_call(policy, abi_of_call(data), (uint32_t)data->nr, &call) &&
		    call.rule_count > 0)
			(void)fputs("none of its rules matches: the default", stream);
		else
			(void)fputs("nothing is said of it: the default", stream);
		break;
	case STILE_REASON_UNKNOWN:
		(void)fputs("the policy does not know this number", stream);
		break;
	case STILE_REASON_FOREIGN:
		(void)fputs("the policy is not for this ABI", stream);
	}
}

enum stile_abi abi_of_call(const struct seccomp_data *data)
{
	const uint32_t number = (uint32_t)data->nr;

	for (enum stile_abi abi = 0; abi < STILE_ABI_COUNT; abi++) {
		if (data->arch != stile_audit_arch(abi))
			continue;
		if (abi == STILE_ABI_X86_64 && number >= X32_BIT && number != UINT32_MAX)
			return STILE_ABI_X32;
		return abi;
	}
	return STILE_ABI_COUNT;
}

const char *call_name(enum stile_abi abi, uint32_t number, char *text, size_t size)
{
	const char *name = abi < STILE_ABI_COUNT ? stile_syscall_name(abi, (long)number) : NULL;

	if (name)
		return name;
	(void)snprintf(text, size, "%" PRIu32, number);
	return text;
}

void write_call(FILE *stream, const struct seccomp_data *data)
{
	char *text = stile_call_text(data);

	(void)fputs(text ? text : NO_MEMORY, stream);
	free(text);
}

void write_json_string(FILE *stream, const char *text)
{
	(void)fputc('"', stream);
	for (; *text; text++) {
		const unsigned char byte = (unsigned char)*text;

		if (byte == '"' || byte == '\\')
			(void)fprintf(stream, "\\%c", byte);
		else if (byte >= ' ' && byte <= '~')
			(void)fputc(byte, stream);
		else
			(void)fprintf(stream, "\\\\x%02x", byte);
	}
	(void)fputc('"', stream);
}

void write_json_origin(FILE *stream, const struct stile_policy *policy, int origin)
{
	unsigned int line;
	const char *text = stile_policy_origin(policy, origin, &line);

	(void)fputs("\"origin\": ", stream);
	if (!*text) {
		(void)fputs("null", stream);
		return;
	}
	(void)fputs("{\"name\": ", stream);
	write_json_string(stream, text);
	if (line)
		(void)fprintf(stream, ", \"line\": %u", line);
	(void)fputc('}', stream);
}

void write_json_action(FILE *stream, const char *key, struct stile_action action)
{
	char text[ACTION_WORDS_MAX];

	stile_format_action(action, text, sizeof(text));
	(void)fprintf(stream, "\"%s\": ", key);
	write_json_string(stream, text);
}

void write_json_rule(FILE *stream, const struct stile_policy_rule *rule)
{
	char *conditions = stile_format_conditions(rule);

	write_json_action(stream, "action", rule->action);
	(void)fputs(", \"conditions\": ", stream);
	write_json_string(stream, conditions ? conditions : NO_MEMORY);
	free(conditions);
}
