/* SPDX-License-Identifier: MIT */
#include "yaml_scalar.h"

#include <string.h>

#define DIGITS "0123456789"

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++)
		if (strcmp(text, *words) == 0)
			return true;
	return false;
}

/* Digits of a base alone, at least one; YAML 1.1 has '_' between them too. */
static bool is_digits(const char *text, const char *digits)
{
	return *text && text[strspn(text, digits)] == '\0';
}

/* A whole or broken number, with a sign or an exponent or none; also ".inf", ".nan". */
static bool is_number(const char *text)
{
	static const char *const others[] = { ".inf", ".Inf", ".INF", NULL };
	static const char *const no_numbers[] = { ".nan", ".NaN", ".NAN", NULL };
	size_t whole, fraction = 0;

	if (is_one_of(text, no_numbers))
		return true;
	text += *text == '-' || *text == '+';
	if (is_one_of(text, others))
		return true;
	whole = strspn(text, DIGITS);
	text += whole;
	if (*text == '.') {
		fraction = strspn(++text, DIGITS);
		text += fraction;
	}
	if (whole + fraction == 0)
		return false;
	if (*text == 'e' || *text == 'E') {
		text++;
		text += *text == '-' || *text == '+';
		return is_digits(text, DIGITS);
	}
	return *text == '\0';
}

/* Numbers to some: octal ones (0777, 0o777), binary ones, digits in groups. */
static bool is_disputed_number(const char *text)
{
	text += *text == '-' || *text == '+';
	if (text[0] == '0' && text[1] == 'o')
		return is_digits(text + 2, "01234567_");
	if (text[0] == '0' && text[1] == 'b')
		return is_digits(text + 2, "01_");
	if (text[0] == '0' && text[1] == 'x')
		return strchr(text, '_') && is_digits(text + 2, DIGITS "abcdefABCDEF_");
	if (text[0] == '0' && text[1] != '\0')
		return is_digits(text, DIGITS "_");
	return *text >= '0' && *text <= '9' && strchr(text, '_') && is_digits(text, DIGITS "_.");
}

bool yaml_plain_kind(const char *text, enum node_kind *kind, bool *boolean)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
	static const char *const truths[] = { "true", "True", "TRUE", NULL };
	static const char *const lies[] = { "false", "False", "FALSE", NULL };
	static const char *const disputed[] = { "yes", "Yes", "YES", "no",  "No",  "NO",
						"on",  "On",  "ON",  "off", "Off", "OFF",
						"y",   "Y",   "n",   "N",   "=",   NULL };

	if (is_one_of(text, disputed) || is_disputed_number(text))
		return false;
	*boolean = is_one_of(text, truths);
	if (is_one_of(text, nulls))
		*kind = NODE_NULL;
	else if (*boolean || is_one_of(text, lies))
		*kind = NODE_BOOLEAN;
	else if (is_number(text) ||
		 (strncmp(text, "0x", 2) == 0 && is_digits(text + 2, DIGITS "abcdefABCDEF")))
		*kind = NODE_NUMBER;
	else
		*kind = NODE_STRING;
	return true;
}
