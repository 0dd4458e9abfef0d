/* SPDX-License-Identifier: MIT */
/* Constants in minijail's files: names and numbers, joined by '|', turned over by '~'. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "minijail.h"

#define NAME_MAX_BYTES 100
#define PARENTHESES_MAX 32

/* Of names that the library's table does not have; those of ioctls depend on the ABI's words. */
struct other_constant {
	const char *name;
	uint64_t value, value_32;
};

static const struct other_constant other_constants[] = {
	{ "PF_UNSPEC", 0, 0 },
	{ "PF_UNIX", 1, 1 },
	{ "PF_LOCAL", 1, 1 },
	{ "PF_INET", 2, 2 },
	{ "PF_INET6", 10, 10 },
	{ "PF_NETLINK", 16, 16 },
	{ "PF_ROUTE", 16, 16 },
	{ "PF_PACKET", 17, 17 },
	{ "PF_BLUETOOTH", 31, 31 },
	{ "PF_ALG", 38, 38 },
	{ "PF_VSOCK", 40, 40 },
	{ "FDGETPRM", 0x80200204, 0x801c0204 },
	{ "FS_IOC_GET_ENCRYPTION_POLICY_EX", 0xc0096616, 0xc0096616 },
};

static bool other_constant(const char *name, unsigned int bits, uint64_t *value)
{
	for (size_t i = 0; i < sizeof(other_constants) / sizeof(other_constants[0]); i++)
		if (strcmp(name, other_constants[i].name) == 0) {
			*value = bits == 32 ? other_constants[i].value_32 :
					      other_constants[i].value;
			return true;
		}
	return false;
}

/* All our ABIs have the same errnos, which a build of this library has too. */
static bool errno_constant(const char *name, uint64_t *value)
{
	static const struct {
		const char *name;
		uint64_t value;
	} others[] = { { "EWOULDBLOCK", EAGAIN },
		       { "EDEADLOCK", EDEADLK },
		       { "ENOTSUP", ENOTSUP } };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcmp(name, others[i].name) == 0) {
			*value = others[i].value;
			return true;
		}
	for (int i = 1; i <= EHWPOISON; i++) {
		const char *known = strerrorname_np(i);

		if (known && strcmp(name, known) == 0) {
			*value = (uint64_t)i;
			return true;
		}
	}
	return false;
}

static bool read_name(struct minijail_parser *parser, const struct token *token, uint64_t *value)
{
	const unsigned int bits = parser->text->bits;
	char name[NAME_MAX_BYTES];

	if (token->length < sizeof(name)) {
		memcpy(name, token->text, token->length);
		name[token->length] = '\0';
		if (stile_constant(parser->text->options->abi, name, value) == 0 ||
		    other_constant(name, bits, value) || errno_constant(name, value)) {
			*value &= UINT64_MAX >> (64 - bits);
			return true;
		}
	}
	return minijail_expected(parser, token, "a number or the name of a constant");
}

/* As strtol() with base 0 does, but for a sign '+'. */
static bool read_number(struct minijail_parser *parser, const struct token *token, uint64_t *value)
{
	const uint64_t all = UINT64_MAX >> (64 - parser->text->bits);
	const bool is_negative = token->text[0] == '-';
	const char *digits = token->text + is_negative, *stop = token->text + token->length;
	char shown[TOKEN_SHOWN_MAX], *end;

	errno = 0;
	*value = strtoull(digits, &end, 0); /* the source ends with a NUL */
	if (end != stop || (digits[0] == '0' && (digits[1] == 'b' || digits[1] == 'B')))
		return minijail_expected(
			parser, token, "a number: decimal, octal after 0, or hexadecimal after 0x");
	if (errno || *value > (is_negative ? all / 2 + 1 : all))
		return minijail_error(parser, token,
				      "found %s, expected a number of at most %u bits",
				      token_shown(token, shown, sizeof(shown)), parser->text->bits);
	if (is_negative)
		*value = (0 - *value) & all;
	return true;
}

static bool read_alternatives(struct minijail_parser *parser, uint64_t *value, unsigned int depth);

static bool read_one(struct minijail_parser *parser, uint64_t *value, unsigned int depth)
{
	const bool is_inverted = token_is(parser->next, "~");
	const struct token *token = is_inverted ? ++parser->next : parser->next;

	if (token_is(token, "(")) {
		if (depth == PARENTHESES_MAX)
			return minijail_error(parser, token,
					      "found '(' within %d others, expected fewer: remove "
					      "those that "
					      "change nothing",
					      PARENTHESES_MAX);
		parser->next++;
		if (!read_alternatives(parser, value, depth + 1))
			return false;
		if (!token_is(parser->next, ")"))
			return minijail_expected(parser, parser->next, "'|' or ')'");
	} else if (token->kind == TOKEN_NUMBER) {
		if (!read_number(parser, token, value))
			return false;
	} else if (token->kind == TOKEN_WORD) {
		if (!read_name(parser, token, value))
			return false;
	} else {
		return minijail_expected(parser, token, "a constant");
	}
	parser->next++;
	if (is_inverted)
		*value = ~*value & (UINT64_MAX >> (64 - parser->text->bits));
	return true;
}

static bool read_alternatives(struct minijail_parser *parser, uint64_t *value, unsigned int depth)
{
	uint64_t one;

	*value = 0;
	while (read_one(parser, &one, depth)) {
		*value |= one;
		if (!token_is(parser->next, "|"))
			return true;
		parser->next++;
	}
	return false;
}

bool minijail_read_value(struct minijail_parser *parser, uint64_t *value)
{
	const struct token *first = parser->next;

	if (!read_alternatives(parser, value, 0))
		return false;
	for (const struct token *token = first + 1; token < parser->next; token++)
		if (token->is_after_blank)
			minijail_only_python(parser, token, "a constant with blanks in it");
	return true;
}
