/* SPDX-License-Identifier: MIT */
/* JSON as a tree with places: what is taken, what is refused, and where. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "document_support.h"

START_TEST(places)
{
	struct document document;
	const struct node *b, *item;

	ck_assert(read_text(json_document_read,
			    "{\n  \"a\": 1,\n\t\"b\": [true,\n null, \"x\\ny\"]\n}\n", &document));
	ck_assert_int_eq(document.root->kind, NODE_OBJECT);
	ck_assert_uint_eq(document.root->count, 2);
	b = node_find(document.root, "b");
	ck_assert_ptr_eq(b, &document.root->children[1]);
	ck_assert_uint_eq(b->key_line, 3);
	ck_assert_uint_eq(b->key_column, 2);
	ck_assert_uint_eq(b->line, 3);
	ck_assert_uint_eq(b->column, 7);
	ck_assert_uint_eq(b->count, 3);
	item = b->children;
	ck_assert(item[0].kind == NODE_BOOLEAN && item[0].boolean);
	ck_assert(item[1].kind == NODE_NULL && item[1].line == 4 && item[1].column == 2);
	ck_assert(item[2].kind == NODE_STRING && !item[2].key);
	ck_assert_str_eq(item[2].text, "x\ny");
	ck_assert_ptr_null(node_find(document.root, "c"));
	ck_assert_ptr_null(node_find(&item[1], "c"));
	document_free(&document);
}
END_TEST

START_TEST(numbers)
{
	static const struct {
		const char *text;
		bool is_unsigned;
		uint64_t value;
	} cases[] = {
		{ "0", true, 0 },
		{ "18446744073709551615", true, UINT64_MAX },
		{ "9007199254740993", true, 9007199254740993 },
		{ "18446744073709551616", false, 0 },
		{ "99999999999999999999999", false, 0 },
		{ "-1", false, 0 },
		{ "-0", false, 0 },
		{ "1.0", false, 0 },
		{ "1e3", false, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct document document;
		uint64_t value = 0;

		ck_assert_msg(read_text(json_document_read, cases[i].text, &document), "%s",
			      cases[i].text);
		ck_assert_str_eq(document.root->text, cases[i].text);
		ck_assert_int_eq(node_unsigned(document.root, false, &value), cases[i].is_unsigned);
		ck_assert_uint_eq(value, cases[i].value);
		document_free(&document);
	}
}
END_TEST

START_TEST(strings)
{
	static const char *const cases[][2] = {
		{ "\"\"", "" },
		{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t" },
		{ "\"\\u0041\\ud83d\\ude00\"", "A\xf0\x9f\x98\x80" },
		{ "\"\xc3\xa9 \x7f\"", "\xc3\xa9 \x7f" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct document document;

		ck_assert_msg(read_text(json_document_read, cases[i][0], &document), "%s",
			      cases[i][0]);
		ck_assert_str_eq(document.root->text, cases[i][1]);
		document_free(&document);
	}
}
END_TEST

static const struct {
	const char *text, *sentence;
} refused[] = {
	{ "", "1:1: found the end of the file, expected a value" },
	{ " \n ", "2:2: found the end of the file, expected a value" },
	{ "{\"a\": 1,}", "1:9: found '}', expected a key in double quotes" },
	{ "[1,]", "1:4: found ']', expected a value" },
	{ "[1 2]", "1:4: found '2', expected ',' or ']'" },
	{ "{\"a\" 1}", "1:6: found '1', expected ':' between key and value" },
	{ "{\"a\": 1 \"b\": 2}", "1:9: found '\"', expected ',' or '}'" },
	{ "{a: 1}", "1:2: found 'a', expected a key in double quotes, or '}'" },
	{ "{'a': 1}", "1:2: found ''', expected a key in double quotes, or '}'" },
	{ "'a'", "1:1: found ''', expected a value" },
	{ "{} {}", "1:4: found '{', expected nothing more: the value is complete" },
	{ "1 // x", "1:3: found '/', expected nothing more: the value is complete" },
	{ "/* x */ 1", "1:1: found '/', expected a value" },
	{ "NaN", "1:1: found 'NaN', expected a value" },
	{ "-Infinity", "1:2: found 'Infinity', expected a digit" },
	{ "True", "1:1: found 'True', expected a value" },
	{ "truely", "1:5: found 'ly', expected nothing more: the value is complete" },
	{ "+1", "1:1: found '+', expected a value" },
	{ ".5", "1:1: found '.5', expected a value" },
	{ "01", "1:2: found '1', expected no digit after a leading zero" },
	{ "-01", "1:3: found '1', expected no digit after a leading zero" },
	{ "1.", "1:3: found the end of the file, expected a digit" },
	{ "1e+]", "1:4: found ']', expected a digit" },
	{ "0x10", "1:2: found 'x10', expected nothing more: the value is complete" },
	{ "\v1", "1:1: found '\\x0b', expected a value" },
	{ "[\n\"a\nb\"]", "2:3: found the end of the line, expected the rest of a string, in one "
			  "line and without control characters" },
	{ "\"a\tb\"", "1:3: found '\\x09', expected the rest of a string, in one line and without "
		      "control characters" },
	{ "\"abc", "1:5: found the end of the file, expected the rest of a string, in one line "
		   "and without control characters" },
	{ "\"\\x\"", "1:3: found 'x', expected one of \" \\ / b f n r t u behind a backslash" },
	{ "\"\\'\"", "1:3: found ''', expected one of \" \\ / b f n r t u behind a backslash" },
	{ "\"\\u12\"", "1:2: found '\\', expected four hexadecimal digits behind '\\u'" },
	{ "\"\\u0000\"", "1:2: found '\\', expected text without NULs" },
	{ "\"\\udc00\"", "1:2: found '\\', expected the first half of a surrogate pair before its "
			 "second" },
	{ "\"\\ud800\"", "1:8: found '\"', expected the second half of a surrogate pair" },
	{ "\"\\ud800\\u0041\"", "1:8: found '\\', expected the second half of a surrogate pair" },
	{ "{\"a\": 1,\n \"b\": 2,\n \"a\": 3}",
	  "3:2: the key \"a\" stands here a second time; the first is in line 1" },
	{ "{\"a\": 1,\n \"\\u0061\": 3}",
	  "2:2: the key \"a\" stands here a second time; the first is in line 1" },
	{ "\xef\xbb\xbf{}", "1:1: found a byte order mark (byte 0xef), expected text in UTF-8" },
	{ "\"\xff\"", "1:2: found what is not UTF-8 (byte 0xff), expected text in UTF-8" },
	{ "\"\xc0\xaf\"", "1:2: found what is not UTF-8 (byte 0xc0), expected text in UTF-8" },
	{ "\"\xed\xa0\x80\"", "1:2: found what is not UTF-8 (byte 0xed), expected text in UTF-8" },
	{ "\"\xf4\x90\x80\x80\"",
	  "1:2: found what is not UTF-8 (byte 0xf4), expected text in UTF-8" },
	{ "\"\xe2\x82", "1:2: found what is not UTF-8 (byte 0xe2), expected text in UTF-8" },
};

START_TEST(refusals)
{
	ck_text_refused(json_document_read, refused[_i].text, refused[_i].sentence);
}
END_TEST

START_TEST(nul)
{
	ck_bytes_refused(json_document_read, "{}\0", 3,
			 "1:3: found a NUL (byte 0x00), expected text in UTF-8");
	ck_bytes_refused(json_document_read, "\"a\0b\"", 5,
			 "1:3: found a NUL (byte 0x00), expected text in UTF-8");
}
END_TEST

/* All duplicates are said, also in objects of many keys and within others. */
START_TEST(duplicates)
{
	char text[2000] = "{\"in\": {\"x\": 1, \"x\": 2}";
	struct document document;

	for (int i = 0; i < 30; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), ",\n\"k%d\": 0",
			       i % 28);
	strcat(text, "}");
	ck_assert(!read_text(json_document_read, text, &document));
	ck_assert_uint_eq(said.error_count, 3);
	ck_assert_uint_eq(said.items[1].line, 30);
	ck_assert_str_eq(said.items[1].text,
			 "the key \"k0\" stands here a second time; the first is in line 2");
	diagnostics_free(&said);
}
END_TEST

START_TEST(depth)
{
	ck_depth(json_document_read, "", DOCUMENT_DEPTH_MAX,
		 "1:33: found '[', expected no more than 32 levels of arrays and objects");
}
END_TEST

/* Large files: chunks of memory, the stack of nodes. */
START_TEST(many)
{
	const size_t size = SOURCE_BYTES_MAX;
	char *text = malloc(size + 1);
	struct document document;

	ck_assert_ptr_nonnull(text);
	for (size_t i = 0; i < size; i += 2)
		memcpy(text + i, i ? "7," : " [", 2);
	text[size - 1] = ']';
	text[size] = '\0';
	ck_assert(read_bytes(json_document_read, text, size, &document));
	ck_assert_uint_eq(document.root->count, size / 2 - 1);
	ck_assert_uint_eq(document.root->children[size / 2 - 2].column, size - 1);
	ck_assert_str_eq(document.root->children[size / 2 - 2].text, "7");
	document_free(&document);
	free(text);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("json document");
	TCase *tests = tcase_create("json document");

	tcase_add_test(tests, places);
	tcase_add_test(tests, numbers);
	tcase_add_test(tests, strings);
	tcase_add_loop_test(tests, refusals, 0, sizeof(refused) / sizeof(*refused));
	tcase_add_test(tests, nul);
	tcase_add_test(tests, duplicates);
	tcase_add_test(tests, depth);
	tcase_add_test(tests, many);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
