/* SPDX-License-Identifier: MIT */
/* Any bytes as a container profile: a policy that can be compiled, or errors. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int condition)
{
	if (!condition)
		abort();
}

/* What cannot be said is an error; what was written is read and compared by the writer. */
static void write_again(const struct stile_policy *policy)
{
	const struct write_options options = { 0 };
	struct diagnostics said = { 0 };
	size_t length;
	char *text;
	FILE *stream = open_memstream(&text, &length);
	int result;

	check(stream != NULL);
	result = format_oci.write(stream, policy, &options, &said);
	check((result != 0) == has_errors(&said));
	fclose(stream);
	free(text);
	diagnostics_free(&said);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const capabilities[] = { "CAP_SYS_ADMIN", NULL };
	const struct read_options options = { .abi = size % 2 ? STILE_ABI_X86_64 :
								STILE_ABI_AARCH64,
					      .capabilities = size % 3 ? capabilities : NULL,
					      .kernel = 0x060100 };
	struct diagnostics said = { 0 };
	struct source source = { "fuzz", NULL, size, -1 };
	struct sock_filter *instructions = NULL;
	struct stile_policy *policy;
	char *text = malloc(size + 1);
	size_t count;

	check(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	source.bytes = text;
	(void)format_oci.is_likely(&source);
	policy = format_oci.read(&source, &options, &said);
	check(!policy == has_errors(&said));
	if (policy) {
		write_again(policy);
		(void)stile_policy_compile(policy, &instructions, &count);
	}
	free(instructions);
	stile_policy_free(policy);
	diagnostics_free(&said);
	free(text);
	return 0;
}
