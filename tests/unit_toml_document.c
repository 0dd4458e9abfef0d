/* SPDX-License-Identifier: MIT */
/* TOML as a tree with places: what is taken, what is refused, and where. */
#include <stdio.h>
#include <string.h>

#include "document_support.h"

/* A tree as JSON, for comparison. */
static void show(FILE *stream, const struct node *node)
{
	if (node->key)
		fprintf(stream, "%s:", node->key);
	switch (node->kind) {
	case NODE_STRING:
		fprintf(stream, "'%s'", node->text);
		break;
	case NODE_NUMBER:
		fprintf(stream, "%s", node->text);
		break;
	case NODE_BOOLEAN:
		fprintf(stream, "%s", node->boolean ? "true" : "false");
		break;
	default:
		fprintf(stream, node->kind == NODE_ARRAY ? "[" : "{");
		for (size_t i = 0; i < node->count; i++) {
			fprintf(stream, i ? "," : "");
			show(stream, &node->children[i]);
		}
		fprintf(stream, node->kind == NODE_ARRAY ? "]" : "}");
	}
}

static const struct {
	const char *text, *tree;
} shown[] = {
	{ "", "{}" },
	{ "# nothing\r\n\n \t# more", "{}" },
	{ "a = 1\nb=2 # c", "{a:1,b:2}" },
	{ "\"a b\" = 1\n'c.\"d' = 2\n\"\" = 3\n1-2_x = 4", "{a b:1,c.\"d:2,:3,1-2_x:4}" },
	{ "a . b.c = 1\na.b.d = 2\na.e = 3", "{a:{b:{c:1,d:2},e:3}}" },
	{ "n = [0x1f, 0o17, 0b101, 1_000, +5, -5, -0, 0, 18446744073709551615, "
	  "0xffff_ffff_ffff_ffff]",
	  "{n:[31,15,5,1000,5,-5,0,0,18446744073709551615,18446744073709551615]}" },
	{ "b = [true, false]", "{b:[true,false]}" },
	{ "s = \"a\\tb\\\"\\\\\\u00e9\\U0001F600\"", "{s:'a\tb\"\\\xc3\xa9\xf0\x9f\x98\x80'}" },
	{ "s = 'a\\tb'", "{s:'a\\tb'}" },
	{ "s = \"\"\"\na\nb \\\n   \n  c\"\"\"", "{s:'a\nb c'}" },
	{ "s = \"\"\"\"\"two\"\" \"\"\"\"\"", "{s:'\"\"two\"\" \"\"'}" },
	{ "s = '''\r\na\r\n\\'b'''", "{s:'a\n\\'b'}" },
	{ "s = ['', \"\", \"\"\"\"\"\"]", "{s:['','','']}" },
	{ "a = [ # x\n 1,\n\n 2, # y\n]", "{a:[1,2]}" },
	{ "a = [[1], [], [[2,3]]]", "{a:[[1],[],[[2,3]]]}" },
	{ "a = {}\nb = { x = 1, y.z = 2, w = [ { v = 3 } ] }", "{a:{},b:{x:1,y:{z:2},w:[{v:3}]}}" },
	{ "[a]\nx = 1\n[ b . 'c' ]\ny = 2\n[b]\nz = 3", "{a:{x:1},b:{c:{y:2},z:3}}" },
	{ "[[a]]\nx = 1\n[[a]]\n[a.b]\ny = 2\n[[a.c]]\n[[a.c]]",
	  "{a:[{x:1},{b:{y:2},c:[{},{}]}]}" },
	{ "[f]\na.c = 1\n[f.a.t]\nx = 1", "{f:{a:{c:1,t:{x:1}}}}" },
};

START_TEST(trees)
{
	struct document document;
	char *text;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(stream);
	ck_assert_msg(read_text(toml_document_read, shown[_i].text, &document), "%s",
		      said.count ? said.items[0].text : "");
	ck_assert_uint_eq(said.count, 0);
	show(stream, document.root);
	ck_assert_int_eq(fclose(stream), 0);
	ck_assert_str_eq(text, shown[_i].tree);
	free(text);
	document_free(&document);
}
END_TEST

static const struct {
	const char *text, *sentence;
} refused[] = {
	{ "a", "1:2: found the end of the file, expected '=' or '.' behind the key" },
	{ "a = ", "1:5: found the end of the file, expected a value: strings stand in quotes" },
	{ "a = b", "1:5: found 'b', expected a value: strings stand in quotes" },
	{ "a = True", "1:5: found 'True', expected a value: strings stand in quotes" },
	{ "a = 1 2", "1:7: found '2', expected the end of the line" },
	{ "= 1", "1:1: found '=', expected a key" },
	{ "a = 1\nb = 2\na = 3", "3:1: the key \"a\" stands here a second time; the first is in "
				 "line 1" },
	{ "a = 1.5", "1:6: found '.5', expected a whole number: fractions and exponents mean "
		     "nothing in a policy" },
	{ "a = 1e5", "1:6: found 'e5', expected a whole number: fractions and exponents mean "
		     "nothing in a policy" },
	{ "a = inf", "1:5: found 'inf', expected a value: strings stand in quotes" },
	{ "a = -nan", "1:5: found '-', expected a whole number" },
	{ "a = 1979-05-27", "1:9: found '-', expected a number: dates and times mean nothing in a "
			    "policy" },
	{ "a = 07:32:00", "1:7: found ':', expected a number: dates and times mean nothing in a "
			  "policy" },
	{ "a = 012", "1:5: found '012', expected a number without a zero before it" },
	{ "a = 03\n1-2 = 1", "1:5: found '03', expected a number without a zero before it" },
	{ "a = 1__2", "1:7: found '_2', expected a digit behind the '_'" },
	{ "a = 1_", "1:7: found the end of the file, expected a digit behind the '_'" },
	{ "a = 0x", "1:7: found the end of the file, expected a digit of the number" },
	{ "a = -0x1", "1:5: found '-', expected a number with either a sign or a base" },
	{ "a = 0b12", "1:8: found '2', expected the end of the number" },
	{ "a = 18446744073709551616", "1:5: found '18446744073709551616', expected a number of at "
				      "most 64 bits" },
	{ "a = \"x", "1:7: found the end of the file, expected a quote that ends the string" },
	{ "a = 'x\n'", "1:7: found the end of the line, expected a quote that ends the string" },
	{ "a = \"\"\"x\n", "2:1: found the end of the file, expected three quotes that end the "
			   "string" },
	{ "a = \"\\q\"",
	  "1:7: found 'q', expected one of b, t, n, f, r, u, U, '\"' and '\\' behind "
	  "the '\\'" },
	{ "a = \"\\u12g4\"", "1:10: found 'g4', expected a hexadecimal digit of the character" },
	{ "a = \"\\ud800\"", "1:8: found 'd800', expected a character of Unicode, not NUL" },
	{ "a = \"\\u0000\"", "1:8: found '0000', expected a character of Unicode, not NUL" },
	{ "a = \"\x01\"", "1:6: found '\\x01', expected a string without control characters" },
	{ "a = 1 # \x1b[31m", "1:9: found '\\x1b', expected a comment without control characters" },
	{ "a = [1 2]", "1:8: found '2', expected ',' or ']'" },
	{ "a = [1,", "1:8: found the end of the file, expected a value: strings stand in quotes" },
	{ "a = { b = 1,\n }", "1:13: found the end of the line, expected a key" },
	{ "a = { b = 1 c = 2 }", "1:13: found 'c', expected ',' or '}'" },
	{ "a = { b = 1, b = 2 }", "1:14: the key \"b\" stands here a second time; the first is in "
				  "line 1" },
	{ "[a", "1:3: found the end of the file, expected '.' or ']'" },
	{ "[[a]", "1:4: found ']', expected '.' or ']]'" },
	{ "[]", "1:2: found ']', expected a key" },
	{ "[a]\n[a]", "2:2: the key \"a\" stands here a second time; the first is in line 1" },
	{ "[[a]]\n[a]", "2:2: the key \"a\" stands here a second time; the first is in line 1" },
	{ "[a]\n[[a]]", "2:3: the key \"a\" stands here a second time; the first is in line 1" },
	{ "a = [1]\n[[a]]", "2:3: the key \"a\" stands here a second time; the first is in line "
			    "1" },
	{ "a = {}\n[a.b]", "2:2: this key has a value, to which nothing can be added" },
	{ "a = { b = 1 }\na.c = 2", "2:1: the key \"a\" stands here a second time; the first is in "
				    "line 1" },
	{ "[a.b]\nx = 1\n[a]\nb.y = 2", "4:1: the key \"b\" stands here a second time; the first "
					"is in line 1" },
	{ "[f]\na.c = 1\n[f.a]", "3:4: the key \"a\" stands here a second time; the first is in "
				 "line 2" },
	{ "a.b = 1\na = 2",
	  "2:1: the key \"a\" stands here a second time; the first is in line 1" },
	{ "\"\"\"a\"\"\" = 1", "1:1: found '\"', expected a key of one line" },
	{ "\xef\xbb\xbf"
	  "a = 1",
	  "1:1: found a byte order mark (byte 0xef), expected text in UTF-8" },
};

START_TEST(refusals)
{
	ck_text_refused(toml_document_read, refused[_i].text, refused[_i].sentence);
}
END_TEST

START_TEST(places)
{
	struct document document;
	const struct node *item;

	ck_assert(read_text(toml_document_read, "[[t]]\n  k = [ 1,\n    \"x\" ]\n", &document));
	item = &node_find(document.root, "t")->children[0];
	ck_assert(item->line == 1 && item->column == 3 && item->key == NULL);
	item = node_find(item, "k");
	ck_assert(item->key_line == 2 && item->key_column == 3);
	ck_assert(item->line == 2 && item->column == 7);
	ck_assert(item->children[1].line == 3 && item->children[1].column == 5);
	document_free(&document);
}
END_TEST

/* Neither deep nor many values harm. */
START_TEST(limits)
{
	struct document document;
	char *text = malloc(SOURCE_BYTES_MAX);
	size_t length = 0;

	ck_depth(toml_document_read, "a = ", DOCUMENT_DEPTH_MAX - 1,
		 "1:36: found '[', expected values that are less deep");
	ck_assert_ptr_nonnull(text);
	for (unsigned int i = 0; i < 5000; i++)
		length += (size_t)sprintf(text + length, "k%u = 1\n", i);
	ck_assert(!read_text(toml_document_read, text, &document));
	ck_assert_str_eq(said.items[0].text, "there are more than 4096 keys in a table");
	free(text);
	diagnostics_free(&said);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("toml document");
	TCase *tests = tcase_create("toml document");

	tcase_add_loop_test(tests, trees, 0, sizeof(shown) / sizeof(*shown));
	tcase_add_loop_test(tests, refusals, 0, sizeof(refused) / sizeof(*refused));
	tcase_add_test(tests, places);
	tcase_add_test(tests, limits);
	suite_add_tcase(suite, tests);
	return suite;
}

TEST_MAIN(make_suite)
