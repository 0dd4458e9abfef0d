/* SPDX-License-Identifier: MIT */
/* Policies of ChromeOS, Android and crosvm: read, or refused for a reason that minijail has too. */
#include <fcntl.h>
#include <libgen.h>
#include <unistd.h>

#include "corpus.h"
#include "minijail_support.h"

static int taken_count;

/* The folder, or the end of the name, says for which machine a file is. */
static enum stile_abi abi_of(const char *path)
{
	if (strstr(path, "/aarch64/") || strstr(path, "arm64"))
		return STILE_ABI_AARCH64;
	if (strstr(path, "riscv64"))
		return STILE_ABI_RISCV64;
	return strstr(path, "-x86.policy") ? STILE_ABI_I386 : STILE_ABI_X86_64;
}

static bool is_good_reason(const char *sentence)
{
	static const char *const reasons[] = {
		"expected a system call",    /* files for 32-bit ARM, mistakes */
		"No such file or directory", /* includes what is not in the collection */
		"was decided for all calls", /* says the same twice */
		"expected arg0 to arg5",     /* a test of theirs */
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (strstr(sentence, reasons[i]))
			return true;
	return false;
}

static void round_trip(struct stile_policy *policy, enum stile_abi abi)
{
	char *text = write_minijail(policy, false);
	struct stile_policy *again;

	ck_assert_msg(text != NULL, "%s", said.count ? said.items[0].text : "?");
	again = take_minijail(abi, text);
	ck_same(policy, again, text);
	stile_policy_free(again);
	free(text);
}

static void try_file(const char *path)
{
	char *bytes = read_whole(path);
	char copy[1000];
	struct source source = { .name = path, .bytes = bytes };
	const struct read_options options = { .abi = abi_of(path) };
	struct stile_policy *policy;

	source.length = strlen(bytes);
	(void)snprintf(copy, sizeof(copy), "%s", path);
	source.folder = open(dirname(copy), O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(source.folder, 0);
	diagnostics_free(&said);
	if (strstr(path, "/minijail/minijail/test/") == NULL)
		ck_assert_msg(format_minijail.is_likely(&source), "%s", path);
	policy = format_minijail.read(&source, &options, &said);
	for (size_t i = 0; i < said.count; i++)
		ck_assert_msg(said.items[i].severity == SEVERITY_WARNING ||
				      is_good_reason(said.items[i].text),
			      "%s:%u: %s", path, said.items[i].line, said.items[i].text);
	ck_assert(has_errors(&said) == !policy);
	if (policy)
		round_trip(policy, options.abi);
	taken_count += policy != NULL;
	stile_policy_free(policy);
	(void)close(source.folder);
	free(bytes);
}

START_TEST(corpus)
{
	const int count = each_corpus_file("minijail", ".policy", try_file);

	if (count < 0)
		return;
	(void)printf("%d files, %d read\n", count, taken_count);
	ck_assert_int_ge(count, 149);
	ck_assert_int_ge(taken_count, 110);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("minijail's users");
	TCase *tests = tcase_create("policies");

	tcase_set_timeout(tests, 120);
	tcase_add_test(tests, corpus);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
