/* SPDX-License-Identifier: MIT */
/* YAML as a tree with places: what JSON can say is taken, all else refused with its place. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "document_support.h"

START_TEST(places)
{
	struct document document;
	const struct node *b;

	ck_assert(read_text(yaml_document_read,
			    "# text\n---\na: 1\nb:\n  - 'true'\n  - [x, {c: ~}]\n...\n",
			    &document));
	ck_assert_int_eq(document.root->kind, NODE_OBJECT);
	b = node_find(document.root, "b");
	ck_assert(b->kind == NODE_ARRAY && b->count == 2);
	ck_assert(b->key_line == 4 && b->key_column == 1 && b->line == 5 && b->column == 3);
	ck_assert(b->children[0].kind == NODE_STRING && b->children[0].column == 5);
	ck_assert_str_eq(b->children[0].text, "true");
	ck_assert(b->children[1].children[1].children[0].kind == NODE_NULL);
	ck_assert_str_eq(b->children[1].children[1].children[0].key, "c");
	document_free(&document);
}
END_TEST

static const struct {
	const char *text;
	enum node_kind kind;
	bool boolean;
} scalars[] = {
	{ "null", NODE_NULL, false },	  { "~", NODE_NULL, false },
	{ "true", NODE_BOOLEAN, true },	  { "False", NODE_BOOLEAN, false },
	{ "0", NODE_NUMBER, false },	  { "18446744073709551616", NODE_NUMBER, false },
	{ "-1", NODE_NUMBER, false },	  { "0x1F", NODE_NUMBER, false },
	{ "1.5e3", NODE_NUMBER, false },  { ".inf", NODE_NUMBER, false },
	{ "1.2.3", NODE_STRING, false },  { "v1", NODE_STRING, false },
	{ "0x", NODE_STRING, false },	  { "0xfg", NODE_STRING, false },
	{ "e3", NODE_STRING, false },	  { "-", NODE_STRING, false },
	{ "openat", NODE_STRING, false }, { "\"yes\"", NODE_STRING, false },
	{ "'0777'", NODE_STRING, false }, { "2026-01-01T00:00:00Z", NODE_STRING, false },
};

START_TEST(kinds)
{
	char text[60];
	struct document document;
	const struct node *value;

	(void)snprintf(text, sizeof(text), "{k: %s}", scalars[_i].text);
	if (strcmp(scalars[_i].text, "-") == 0)
		strcpy(text, "k: '-'");
	ck_assert_msg(read_text(yaml_document_read, text, &document), "%s", text);
	value = node_find(document.root, "k");
	ck_assert_msg(value->kind == scalars[_i].kind, "%s: %s", text, node_kind_name(value->kind));
	ck_assert(value->boolean == scalars[_i].boolean);
	document_free(&document);
}
END_TEST

static const struct {
	const char *text, *sentence;
} refused[] = {
	{ "", "1:1: found the end of the file, expected a value" },
	{ "a: &x 1\n", "1:4: found an anchor ('&'), expected a value without" },
	{ "a: &x [1]\n", "1:4: found an anchor ('&'), expected a value without" },
	{ "a: *x\n", "1:4: found an alias ('*'), expected the value itself" },
	{ "a: !!str 1\n", "1:4: found a tag ('!'), expected a value without" },
	{ "a: !x {}\n", "1:4: found a tag ('!'), expected a value without" },
	{ "%TAG ! tag:x,2000:\n---\na: 1\n", "1:1: found %TAG, expected a document without tags" },
	{ "<<: {a: 1}\n", "1:1: found a merge key ('<<'), expected keys written out" },
	{ "? [a]\n: 1\n", "1:3: expected a string as key" },
	{ "a: 1\n---\nb: 1\n", "2:1: found a second document, expected one" },
	{ "a: 1\nb: 2\na: 3\n",
	  "3:1: the key \"a\" stands here a second time; the first is in line 1" },
	{ "a: \"\\0\"\n", "1:4: found a NUL in a string, expected text without NULs" },
	{ "a: [1, 2\nb: 3\n",
	  "2:2: did not find expected ',' or ']' while parsing a flow sequence" },
	{ "a:\n\t- 1\n",
	  "2:1: found character that cannot start any token while scanning for the next token" },
	{ "\xef\xbb\xbf{}", "1:1: found a byte order mark (byte 0xef), expected text in UTF-8" },
	{ "a: \xff\n", "1:4: found what is not UTF-8 (byte 0xff), expected text in UTF-8" },
};

START_TEST(refusals)
{
	ck_text_refused(yaml_document_read, refused[_i].text, refused[_i].sentence);
}
END_TEST

START_TEST(disputed)
{
	static const char *const values[] = { "yes", "No",  "on",   "OFF",   "y",    "0777",
					      "-07", "0o7", "0b11", "1_000", "0x1_0" };

	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
		char text[60];
		struct document document;

		(void)snprintf(text, sizeof(text), "k: %s", values[i]);
		ck_assert_msg(!read_text(yaml_document_read, text, &document), "taken: %s", text);
		ck_assert_ptr_nonnull(strstr(said.items[0].text, "do not agree"));
		ck_assert_uint_eq(said.items[0].column, 4);
	}
	diagnostics_free(&said);
}
END_TEST

START_TEST(depth)
{
	ck_depth(yaml_document_read, "", DOCUMENT_DEPTH_MAX,
		 "1:33: expected no more than 32 levels of lists and maps");
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("yaml document");
	TCase *tests = tcase_create("yaml document");

	tcase_add_test(tests, places);
	tcase_add_loop_test(tests, kinds, 0, sizeof(scalars) / sizeof(*scalars));
	tcase_add_loop_test(tests, refusals, 0, sizeof(refused) / sizeof(*refused));
	tcase_add_test(tests, disputed);
	tcase_add_test(tests, depth);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
