/* SPDX-License-Identifier: MIT */
/* Any bytes as YAML: a tree, or an error with its place; and as a profile of Kubernetes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "document.h"
#include "format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct read_options options = { .abi = STILE_ABI_X86_64, .kernel = 0x060100 };
	struct diagnostics said = { 0 };
	struct document document;
	struct source source = { "fuzz", NULL, size, -1 };
	struct stile_policy *policy;
	char *text = malloc(size + 1);

	check(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	source.bytes = text;
	if (yaml_document_read(&source, &document, &said)) {
		check(said.count == 0 && document.root != NULL);
		document_free(&document);
	} else {
		check(has_errors(&said));
	}
	diagnostics_free(&said);
	policy = format_kubernetes.read(&source, &options, &said);
	check(!policy == has_errors(&said));
	stile_policy_free(policy);
	diagnostics_free(&said);
	free(text);
	return 0;
}
