/* SPDX-License-Identifier: MIT */
/* Sentences: what a hostile name in one can and cannot do. */
#include <errno.h>
#include <string.h>

#include "message.h"
#include "message_escape.h"
#include "test_support.h"

static const struct {
	const char *text, *shown;
} escapes[] = {
	{ "", "" },
	{ "open a file, 100 %", "open a file, 100 %" },
	{ "a\\b", "a\\b" },
	{ "Grüße, 漢字, \xf0\x9f\x90\x84", "Grüße, 漢字, \xf0\x9f\x90\x84" },
	/* controls */
	{ "a\nb\rc\td\b", "a\\x0ab\\x0dc\\x09d\\x08" },
	{ "\033[2J\033]0;title\007", "\\x1b[2J\\x1b]0;title\\x07" },
	{ "\x7f", "\\x7f" },
	{ "\xc2\x9b"
	  "31m",
	  "\\xc2\\x9b31m" }, /* C1: CSI */
	{ "\xc2\x80\xc2\x9f\xc2\xa0", "\\xc2\\x80\\xc2\\x9f\xc2\xa0" },
	/* what cannot be seen, or turns the direction */
	{ "\xe2\x80\xae"
	  "cod.exe",
	  "\\xe2\\x80\\xaecod.exe" },
	{ "\xe2\x80\x8b\xe2\x80\x8f", "\\xe2\\x80\\x8b\\xe2\\x80\\x8f" },
	{ "\xe2\x80\x90\xe2\x80\xa7", "\xe2\x80\x90\xe2\x80\xa7" }, /* hyphen: the neighbours */
	{ "\xe2\x80\xa8\xe2\x80\xaf", "\\xe2\\x80\\xa8\xe2\x80\xaf" },
	{ "\xe2\x81\xa6\xe2\x81\xa9", "\\xe2\\x81\\xa6\\xe2\\x81\\xa9" },
	{ "\xd8\x9c\xef\xbb\xbf", "\\xd8\\x9c\\xef\\xbb\\xbf" },
	{ "\xf3\xa0\x81\x81", "\\xf3\\xa0\\x81\\x81" },
	/* not UTF-8 */
	{ "\xff\xfe", "\\xff\\xfe" },
	{ "\x80", "\\x80" },
	{ "\xc0\x80", "\\xc0\\x80" }, /* overlong NUL */
	{ "\xc1\xbf", "\\xc1\\xbf" },
	{ "\xe0\x9f\xbf", "\\xe0\\x9f\\xbf" }, /* overlong */
	{ "\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf" },
	{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },		/* surrogate */
	{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" }, /* beyond U+10FFFF */
	{ "\xf4\x8f\xbf\xbd", "\xf4\x8f\xbf\xbd" },
	{ "\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80" },
	{ "\xe2\x82", "\\xe2\\x82" }, /* cut off by the end */
	{ "\xf0\x9f\x90", "\\xf0\\x9f\\x90" },
	{ "\xe2\x82z", "\\xe2\\x82z" },
};

START_TEST(escaped)
{
	char shown[200];
	struct message message;

	ck_assert(message_escape(shown, sizeof(shown), escapes[_i].text, false));
	ck_assert_str_eq(shown, escapes[_i].shown);
	ck_assert_int_eq(message_set(&message, -ENOENT, "<%s>", escapes[_i].text), -ENOENT);
	ck_assert_int_eq(message.text[0], '<');
	ck_assert_mem_eq(message.text + 1, shown, strlen(shown));
	ck_assert_str_eq(message.text + 1 + strlen(shown), ">");
}
END_TEST

START_TEST(cut_between_characters)
{
	static const struct {
		size_t size;
		const char *text, *shown;
		bool whole;
	} cuts[] = {
		{ 4, "abc", "abc", true },
		{ 4, "abcd", "…", false },
		{ 6, "abcdef", "ab…", false },
		{ 7, "abcdef", "abcdef", true },
		{ 7, "ab\ncdef", "ab…", false },
		{ 9, "ab\ncdef", "ab…", false },
		{ 10, "ab\ncdef", "ab\\x0a…", false },
		{ 8, "aüüüü", "aü…", false },
		{ 4, "üü", "…", false },
	};

	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		char *shown = malloc(cuts[i].size); /* so that a sanitizer sees the end */

		ck_assert_int_eq(message_escape(shown, cuts[i].size, cuts[i].text, false),
				 cuts[i].whole);
		ck_assert_str_eq(shown, cuts[i].shown);
		free(shown);
	}
}
END_TEST

START_TEST(missing_text_is_said)
{
	char shown[20];

	ck_assert(!message_escape(shown, sizeof(shown), "abc", true));
	ck_assert_str_eq(shown, "abc…");
}
END_TEST

START_TEST(long_sentences_are_cut)
{
	static const struct {
		char byte;
		int count;
		size_t length;
	} cases[] = {
		{ 'x', 1021, 1023 },
		{ 'x', 1022, 1023 },
		{ 'x', 100000, 1023 },
		{ '\n', 2000, 1023 },
	};
	static const char end[] = "…";

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct message message;
		char *name = calloc(1, (size_t)cases[i].count + 1);
		size_t length;

		memset(name, cases[i].byte, (size_t)cases[i].count);
		ck_assert_int_eq(message_set(&message, -E2BIG, "'%s'", name), -E2BIG);
		length = strlen(message.text);
		ck_assert_uint_le(length, cases[i].length);
		ck_assert_uint_ge(length + 4, cases[i].length);
		if (cases[i].count > 1021)
			ck_assert_str_eq(message.text + length - strlen(end), end);
		else
			ck_assert_int_eq(message.text[length - 1], '\'');
		free(name);
	}
}
END_TEST

START_TEST(may_quote_itself)
{
	struct message message;

	message_set(&message, 0, "%d: %s", 7, "inner");
	message_set(&message, 0, "outer: %s", message.text);
	ck_assert_str_eq(message.text, "outer: 7: inner");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("message");
	TCase *tests = tcase_create("message");

	tcase_add_loop_test(tests, escaped, 0, sizeof(escapes) / sizeof(escapes[0]));
	tcase_add_test(tests, cut_between_characters);
	tcase_add_test(tests, missing_text_is_said);
	tcase_add_test(tests, long_sentences_are_cut);
	tcase_add_test(tests, may_quote_itself);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
