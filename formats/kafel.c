/* SPDX-License-Identifier: MIT */
/* Kafel's policies: https://github.com/google/kafel, which nsjail uses. */
#include <ctype.h>
#include <string.h>

#include "format.h"
#include "kafel_meaning.h"
#include "kafel_write.h"

static struct stile_policy *kafel_read(const struct source *source,
				       const struct read_options *options,
				       struct diagnostics *diagnostics)
{
	struct stile_policy *policy = NULL;
	struct kafel_tree tree;

	if (!kafel_has_abi(options->abi)) {
		(void)diagnose_error(diagnostics, source->name, 0, 0,
				     "found the ABI %s, expected x86_64, i386, aarch64 or "
				     "riscv64: Kafel makes no filters for others; give --abi",
				     stile_abi_name(options->abi) ? stile_abi_name(options->abi) :
								    "this ABI");
		return NULL;
	}
	if (kafel_parse(source, &tree, diagnostics) && !has_errors(diagnostics))
		policy = kafel_make_policy(&tree, source, options->abi, diagnostics);
	kafel_tree_free(&tree);
	return policy;
}

/* Where the first word stands behind blanks and comments. */
static size_t find_word(const struct source *source, size_t from)
{
	const char *end;

	for (;;) {
		const char *text = source->bytes + from;

		if (isspace((unsigned char)*text))
			from++;
		else if (strncmp(text, "//", 2) == 0)
			from += strcspn(text, "\n");
		else if (strncmp(text, "/*", 2) == 0 && (end = strstr(text + 2, "*/")))
			from += (size_t)(end - text) + 2;
		else
			return from;
	}
}

/* "POLICY name", "ERRNO(1) {", "USE name", "#define A 1", "#include \"": only Kafel has these. */
static bool kafel_is_likely(const struct source *source)
{
	static const char *const words[] = { "POLICY",	     "USE",  "DEFAULT",	  "ALLOW", "LOG",
					     "KILL_PROCESS", "DENY", "ERRNO",	  "TRAP",  "TRACE",
					     "KILL_THREAD",  "KILL", "USER_NOTIF" };
	const char *text;

	if (strlen(source->bytes) != source->length)
		return false;
	text = source->bytes + find_word(source, 0);
	if (strncmp(text, "#include \"", 10) == 0 || strncmp(text, "#define ", 8) == 0)
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		const size_t length = strlen(words[i]);

		if (strncmp(text, words[i], length) == 0)
			return strchr(" \t\n{(", text[length]) && text[length];
	}
	return false;
}

const struct format format_kafel = { .name = "kafel",
				     .summary = "policies of Kafel, as nsjail takes them",
				     .is_likely = kafel_is_likely,
				     .read = kafel_read,
				     .write = kafel_write };
