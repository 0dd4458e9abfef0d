/* SPDX-License-Identifier: MIT */
/* Raw instructions as seccomp(2) takes them, in this machine's byte order. */
#include <stdlib.h>
#include <string.h>

#include "format.h"

#define INSTRUCTION sizeof(struct sock_filter)

/* The bytes as instructions, which the caller frees; NULL: memory is out. */
static struct sock_filter *copy_instructions(const struct source *source)
{
	struct sock_filter *instructions = malloc(source->length);

	if (instructions)
		memcpy(instructions, source->bytes, source->length);
	return instructions;
}

static void swap(struct sock_filter *instructions, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		instructions[i].code = __builtin_bswap16(instructions[i].code);
		instructions[i].k = __builtin_bswap32(instructions[i].k);
	}
}

static bool has_whole_instructions(const struct source *source)
{
	return source->length > 0 && source->length % INSTRUCTION == 0;
}

/* Every filter has the bytes of a return in it, of which some are 0; no text has these. */
static bool bpf_is_likely(const struct source *source)
{
	return has_whole_instructions(source) && memchr(source->bytes, '\0', source->length);
}

static int refuse(const struct source *source, struct diagnostics *diagnostics, size_t where,
		  const char *why)
{
	return diagnose_error(diagnostics, source->name, 0, 0,
			      "the kernel would refuse the filter: instruction %zu, at byte %zu: "
			      "%s: 'stile disasm' shows it",
			      where, where * INSTRUCTION, why);
}

/* 0 for a program that the kernel would load. */
static int check(const struct source *source, struct sock_filter *instructions,
		 struct diagnostics *diagnostics)
{
	const size_t count = source->length / INSTRUCTION;
	const char *why, *why_swapped;
	size_t where, where_swapped;

	if (stile_check_filter(instructions, count, &where, &why) == 0)
		return 0;
	swap(instructions, count);
	if (stile_check_filter(instructions, count, &where_swapped, &why_swapped) == 0)
		return diagnose_error(diagnostics, source->name, 0, 0,
				      "the filter is in the byte order of another machine: make "
				      "it on a machine with this one's");
	return refuse(source, diagnostics, where, why);
}

static struct stile_policy *make_policy(const struct source *source,
					const struct sock_filter *instructions,
					struct diagnostics *diagnostics)
{
	struct stile_policy *policy =
		stile_policy_from_filter(instructions, source->length / INSTRUCTION, source->name);

	if (policy && stile_policy_error(policy) == 0)
		return policy;
	(void)diagnose_error(diagnostics, source->name, 0, 0, "%s", stile_policy_message(policy));
	stile_policy_free(policy);
	return NULL;
}

static struct stile_policy *bpf_read(const struct source *source,
				     const struct read_options *options,
				     struct diagnostics *diagnostics)
{
	struct stile_policy *policy = NULL;
	struct sock_filter *instructions;

	(void)options;
	if (!has_whole_instructions(source)) {
		(void)diagnose_error(diagnostics, source->name, 0, 0,
				     source->length ?
					     "%zu bytes are no whole number of instructions of 8 "
					     "bytes, as seccomp(2) takes them" :
					     "%zu bytes: the filter is empty",
				     source->length);
		return NULL;
	}
	instructions = copy_instructions(source);
	if (!instructions)
		(void)diagnose_error(diagnostics, source->name, 0, 0, "out of memory");
	else if (check(source, instructions, diagnostics) == 0)
		policy = make_policy(source, instructions, diagnostics);
	free(instructions);
	return policy;
}

static int bpf_write(FILE *stream, const struct stile_policy *policy,
		     const struct write_options *options, struct diagnostics *diagnostics)
{
	/* a policy that has no filter keeps that as its error, and is of no use any more */
	struct stile_policy *compiled = (struct stile_policy *)policy;
	struct sock_filter *instructions;
	size_t count;

	(void)options;
	if (stile_policy_compile(compiled, &instructions, &count) < 0)
		return diagnose_error(diagnostics, "the filter", 0, 0, "%s",
				      stile_policy_message(policy));
	(void)fwrite(instructions, INSTRUCTION, count, stream);
	free(instructions);
	return 0;
}

const struct format format_bpf = { .name = "bpf",
				   .summary = "raw instructions, as seccomp(2) takes them",
				   .is_likely = bpf_is_likely,
				   .read = bpf_read,
				   .write = bpf_write };
