/* SPDX-License-Identifier: MIT */
/* A whole policy as JSON. */
#include <inttypes.h>
#include <stdio.h>

#include "explain.h"
#include "policy_words.h"

static void print_rules(const struct stile_policy *policy, const struct stile_policy_call *call)
{
	struct stile_policy_rule rule;

	for (size_t i = 0; stile_policy_get_rule(policy, call, i, &rule); i++) {
		(void)printf("%s\n            {", i ? "," : "");
		write_json_rule(stdout, &rule);
		(void)fputs(", ", stdout);
		write_json_origin(stdout, policy, rule.origin);
		(void)fputc('}', stdout);
	}
}

static void print_call(const struct stile_policy *policy, const struct stile_policy_call *call)
{
	(void)fputs("        {\"name\": ", stdout);
	if (call->name)
		write_json_string(stdout, call->name);
	else
		(void)fputs("null", stdout);
	(void)printf(", \"number\": %" PRIu32 ", ", call->number);
	write_json_action(stdout, "rest", call->rest);
	(void)fputs(", ", stdout);
	write_json_origin(stdout, policy, call->rest_origin);
	(void)fputs(", \"rules\": [", stdout);
	print_rules(policy, call);
	(void)fputs("]}", stdout);
}

static void print_abi(const struct stile_policy *policy, enum stile_abi abi)
{
	struct stile_policy_call call;

	(void)printf("    {\n      \"abi\": \"%s\",\n      ", stile_abi_name(abi));
	write_json_action(stdout, "unknown", stile_policy_unknown(policy, abi));
	(void)fputs(",\n      \"calls\": [", stdout);
	for (size_t i = 0; stile_policy_get_call(policy, abi, i, &call); i++) {
		(void)fputs(i ? ",\n" : "\n", stdout);
		print_call(policy, &call);
	}
	(void)fputs("\n      ]\n    }", stdout);
}

void explain_policy_json(const struct stile_policy *policy, const char *name)
{
	enum stile_abi abis[STILE_ABI_COUNT];
	const size_t count = stile_policy_abis(policy, abis);

	(void)fputs("{\n  \"policy\": ", stdout);
	write_json_string(stdout, name);
	(void)fputs(",\n  ", stdout);
	write_json_action(stdout, "default", stile_policy_default(policy));
	(void)fputs(",\n  ", stdout);
	write_json_action(stdout, "foreign_abi", stile_policy_foreign_abi(policy));
	(void)printf(",\n  \"ignores_x32\": %s,\n  \"abis\": [\n",
		     stile_policy_ignores_x32(policy) ? "true" : "false");
	for (size_t i = 0; i < count; i++) {
		(void)fputs(i ? ",\n" : "", stdout);
		print_abi(policy, abis[i]);
	}
	(void)fputs("\n  ]\n}\n", stdout);
}
