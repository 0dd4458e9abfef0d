/* SPDX-License-Identifier: MIT */
#include "compiled_text.h"

#include <inttypes.h>
#include <string.h>

#include <stile/table.h>

/* A word of pledge as the grant that it is: "exec" is pledge.danger_exec. */
static const char *pledge_prefix(const char *word, size_t length)
{
	const struct stile_table *table = stile_builtin_table();

	for (uint32_t i = 0; i < table->ruleset_count; i++) {
		const struct stile_table_ruleset *ruleset = &table->rulesets[i];

		if (strcmp(ruleset->name, "pledge") != 0)
			continue;
		for (uint32_t j = 0; j < ruleset->grant_count; j++) {
			const char *name = table->grants[ruleset->grants + j].name;

			if (strlen(name) == length && strncmp(name, word, length) == 0)
				return "pledge.";
		}
	}
	return "pledge.danger_";
}

/* Calls back for each grant, those of --pledge one by one. */
static void each_grant(const struct compiled_filter *compiled,
		       void (*tell)(FILE *stream, const char *prefix, const char *grant, int length,
				    bool is_first),
		       FILE *stream)
{
	bool is_first = true;

	for (size_t i = 0; i < compiled->context->given_count; i++) {
		const char *word = compiled->context->given[i].value;
		const char *separator = compiled->context->given[i].letter == 'p' ? " " : "";

		if (!is_granting_option(compiled->context->given[i].letter))
			continue;
		for (word += strspn(word, separator); *word; word += strspn(word, separator)) {
			const size_t length = *separator ? strcspn(word, separator) : strlen(word);

			tell(stream, *separator ? pledge_prefix(word, length) : "", word,
			     (int)length, is_first);
			is_first = false;
			word += length;
		}
	}
}

static void tell_comment(FILE *stream, const char *prefix, const char *grant, int length,
			 bool is_first)
{
	(void)is_first;
	(void)fprintf(stream, " *\t%s%.*s\n", prefix, length, grant);
}

static void write_settings(FILE *stream, const struct compiled_filter *compiled)
{
	for (size_t i = 0; i < compiled->context->given_count; i++)
		if (!is_granting_option(compiled->context->given[i].letter))
			(void)fprintf(stream, " *\t--%s %s\n",
				      compiled->context->given[i].letter == 'd' ? "default" :
										  "baseline",
				      compiled->context->given[i].value);
	if (compiled->is_policy)
		(void)fputs(" *\t--policy\n", stream);
	if (compiled->has_profile)
		(void)fputs(" *\t--profile\n", stream);
	if (compiled->backend == STILE_BACKEND_LIBSECCOMP)
		(void)fputs(" *\t--backend libseccomp\n", stream);
}

static void write_comment(FILE *stream, const struct compiled_filter *compiled)
{
	(void)fputs("/*\n * Written by \"stile compile --format c\" of stile " STILE_VERSION
		    ": make "
		    "it again in place of changing it.\n * Grants and settings:\n *\n",
		    stream);
	each_grant(compiled, tell_comment, stream);
	write_settings(stream, compiled);
	(void)fprintf(stream, " *\n * ABIs:");
	for (size_t i = 0; i < compiled->context->abi_count; i++)
		(void)fprintf(stream, " %s", stile_abi_name(compiled->context->abis[i]));
	(void)fprintf(stream,
		      "\n * %zu instructions, proved equal to the policy on %" PRIu64
		      " paths\n * policy 0x%016" PRIx64 "\n */\n",
		      compiled->count, compiled->proof.paths, compiled->policy_hash);
}

static void write_abis(FILE *stream, const struct compiled_filter *compiled)
{
	uint32_t abis = 0;

	for (size_t i = 0; i < compiled->context->abi_count; i++)
		abis |= UINT32_C(1) << compiled->context->abis[i];
	(void)fprintf(stream, "\t0x%02" PRIx32 ", /* abis */\n", abis);
}

void write_c(FILE *stream, const struct compiled_filter *compiled, const char *name)
{
	write_comment(stream, compiled);
	(void)fprintf(stream,
		      "#ifndef STILE_COMPILED_FILTER_%s\n#define STILE_COMPILED_FILTER_%s\n\n"
		      "#include <stile/compiled.h>\n\n"
		      "#if STILE_COMPILED_VERSION != %d\n"
		      "#error \"this filter is for another version of stile: compile it again\"\n"
		      "#endif\n\n"
		      "static const struct sock_filter %s_instructions[%zu] = {\n",
		      name, name, STILE_COMPILED_VERSION, name, compiled->count);
	for (size_t i = 0; i < compiled->count; i++) {
		const struct sock_filter *instruction = &compiled->instructions[i];

		(void)fprintf(stream, "\t{ 0x%02x, %u, %u, 0x%08" PRIx32 " },\n", instruction->code,
			      instruction->jt, instruction->jf, instruction->k);
	}
	(void)fprintf(stream,
		      "};\n\nstatic const struct stile_compiled %s = {\n"
		      "\t%d, /* version */\n",
		      name, STILE_COMPILED_VERSION);
	write_abis(stream, compiled);
	(void)fprintf(stream,
		      "\t%s_instructions,\n\t%zu,\n\t0x%016" PRIx64 "ull, /* policy_hash */\n"
		      "\t0x%016" PRIx64 "ull, /* filter_hash */\n};\n\n#endif\n",
		      name, compiled->count, compiled->policy_hash,
		      stile_filter_hash(compiled->instructions, compiled->count));
}

/* Grants that the library took have neither quotes nor control characters. */
static void tell_json(FILE *stream, const char *prefix, const char *grant, int length,
		      bool is_first)
{
	(void)fprintf(stream, "%s\n    \"%s%.*s\"", is_first ? "" : ",", prefix, length, grant);
}

void write_json(FILE *stream, const struct compiled_filter *compiled)
{
	(void)fputs("{\n  \"abis\": [", stream);
	for (size_t i = 0; i < compiled->context->abi_count; i++)
		(void)fprintf(stream, "%s\"%s\"", i ? ", " : "",
			      stile_abi_name(compiled->context->abis[i]));
	(void)fputs("],\n  \"instructions\": [", stream);
	for (size_t i = 0; i < compiled->count; i++) {
		const struct sock_filter *instruction = &compiled->instructions[i];

		(void)fprintf(stream, "%s\n    [%u, %u, %u, %" PRIu32 "]", i ? "," : "",
			      instruction->code, instruction->jt, instruction->jf, instruction->k);
	}
	/* Hashes as text: a number of JSON may be read as a double. */
	(void)fprintf(stream,
		      "\n  ],\n  \"count\": %zu,\n  \"policy_hash\": \"0x%016" PRIx64 "\",\n"
		      "  \"filter_hash\": \"0x%016" PRIx64 "\",\n"
		      "  \"proof\": {\"verdict\": \"equal\", \"paths\": %" PRIu64 "},\n"
		      "  \"grants\": [",
		      compiled->count, compiled->policy_hash,
		      stile_filter_hash(compiled->instructions, compiled->count),
		      compiled->proof.paths);
	each_grant(compiled, tell_json, stream);
	(void)fputs("\n  ]\n}\n", stream);
}
