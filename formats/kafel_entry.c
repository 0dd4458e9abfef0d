/* SPDX-License-Identifier: MIT */
/* Actions, and what stands in their blocks: calls with their arguments and conditions. */
#include <string.h>
#include <strings.h>

#include "kafel_parser.h"
#include "shown.h"

#define EVERY_ABI ((1u << STILE_ABI_COUNT) - 1)

static const struct {
	const char *keyword;
	enum stile_action_kind kind;
	bool has_value;
} actions[] = { { "ALLOW", STILE_ACTION_ALLOW, false },
		{ "LOG", STILE_ACTION_LOG, false },
		{ "DENY", STILE_ACTION_KILL_THREAD, false },
		{ "KILL", STILE_ACTION_KILL_THREAD, false },
		{ "KILL_THREAD", STILE_ACTION_KILL_THREAD, false },
		{ "KILL_PROCESS", STILE_ACTION_KILL_PROCESS, false },
		{ "USER_NOTIF", STILE_ACTION_NOTIFY, false },
		{ "ERRNO", STILE_ACTION_ERRNO, true },
		{ "TRAP", STILE_ACTION_TRAP, true },
		{ "TRACE", STILE_ACTION_TRACE, true } };

#define ACTION_COUNT (sizeof(actions) / sizeof(*actions))

static size_t find_action(const struct kafel_token *token)
{
	size_t i = 0;

	while (i < ACTION_COUNT && !kafel_token_is(token, actions[i].keyword))
		i++;
	return i;
}

bool kafel_is_action(const struct kafel_token *token)
{
	return find_action(token) < ACTION_COUNT;
}

static bool parse_value(struct kafel_parser *parser, const char *keyword, unsigned int *value)
{
	const struct kafel_token number = parser->token;

	if (number.kind == KAFEL_TOKEN_NAME)
		return kafel_refuse(parser, number.place,
				    "expected a number in %s(...), found %s: Kafel takes no "
				    "name here",
				    keyword, shown_word(number.text).text);
	if (number.kind != KAFEL_TOKEN_NUMBER)
		return kafel_expected(parser, "a number");
	if (number.number > UINT16_MAX)
		return kafel_refuse(parser, number.place,
				    "found %s in %s(...), expected 0 to 65535",
				    shown_word(number.text).text, keyword);
	*value = (unsigned int)number.number;
	kafel_next(parser);
	return true;
}

bool kafel_parse_action(struct kafel_parser *parser, struct stile_action *action)
{
	const size_t i = find_action(&parser->token);

	if (i == ACTION_COUNT)
		return kafel_expected(parser, "an action (ALLOW, ERRNO(1), KILL, ...)");
	*action = (struct stile_action){ .kind = actions[i].kind };
	kafel_next(parser);
	return !actions[i].has_value ||
	       (kafel_expect(parser, "(", NULL) &&
		parse_value(parser, actions[i].keyword, &action->errno_value) &&
		kafel_expect(parser, ")", NULL));
}

/* The names of machines that Kafel knows; abi: -1: not one of ours. */
static const struct {
	const char *name;
	int abi, machine; /* its index among Kafel's own */
} machines[] = { { "arm", -1, 0 },
		 { "aarch64", STILE_ABI_AARCH64, 1 },
		 { "arm64", STILE_ABI_AARCH64, 1 },
		 { "x86_64", STILE_ABI_X86_64, 2 },
		 { "amd64", STILE_ABI_X86_64, 2 },
		 { "x86", STILE_ABI_I386, 3 },
		 { "i386", STILE_ABI_I386, 3 },
		 { "mips", -1, 4 },
		 { "mipso32", -1, 4 },
		 { "mips64", -1, 5 },
		 { "riscv64", STILE_ABI_RISCV64, 6 },
		 { "rv64", STILE_ABI_RISCV64, 6 },
		 { "m68k", -1, 7 } };

static bool parse_machine(struct kafel_parser *parser, struct kafel_entry *entry,
			  unsigned int *seen)
{
	const struct kafel_token name = parser->token;
	size_t i = 0;

	if (name.kind != KAFEL_TOKEN_NAME)
		return kafel_expected(parser, "an architecture (x86_64, aarch64, ...)");
	while (i < sizeof(machines) / sizeof(*machines) &&
	       strcasecmp(name.text, machines[i].name) != 0)
		i++;
	if (i == sizeof(machines) / sizeof(*machines))
		return kafel_refuse(parser, name.place,
				    "found %s, expected an architecture that Kafel knows: "
				    "x86_64, x86, aarch64, riscv64, arm, mips, mips64 or m68k",
				    shown_word(name.text).text);
	if (*seen & 1u << machines[i].machine)
		return kafel_refuse(parser, name.place,
				    "found %s, which stands in this list already, expected each "
				    "architecture once: remove it",
				    shown_word(name.text).text);
	*seen |= 1u << machines[i].machine;
	if (machines[i].abi >= 0)
		entry->abis |= (uint8_t)(1u << machines[i].abi);
	kafel_next(parser);
	return true;
}

static bool parse_machines(struct kafel_parser *parser, struct kafel_entry *entry)
{
	unsigned int seen = 0;

	entry->abis = EVERY_ABI;
	if (!kafel_accept(parser, "ON"))
		return true;
	entry->abis = 0;
	if (!kafel_accept(parser, "{"))
		return parse_machine(parser, entry, &seen);
	do
		if (!parse_machine(parser, entry, &seen))
			return false;
	while (kafel_accept(parser, ","));
	return kafel_expect(parser, "}", "',' or '}'");
}

static bool add_argument(struct kafel_parser *parser, struct kafel_entry *entry, unsigned int count)
{
	const struct kafel_token name = parser->token;

	if (name.kind != KAFEL_TOKEN_NAME)
		return kafel_expected(parser, "a name for an argument");
	for (unsigned int i = 0; i < count; i++)
		if (strcmp(entry->arguments[i], name.text) == 0)
			return kafel_refuse(parser, name.place,
					    "found a second argument %s, expected a name of its "
					    "own",
					    shown_word(name.text).text);
	if (count == sizeof(entry->arguments) / sizeof(*entry->arguments))
		return kafel_refuse(parser, name.place,
				    "found a seventh argument %s, expected six at most, as calls "
				    "have",
				    shown_word(name.text).text);
	entry->arguments[count] = name.text;
	kafel_next(parser);
	return true;
}

static bool parse_arguments(struct kafel_parser *parser, struct kafel_entry *entry)
{
	unsigned int count = 0;

	if (!kafel_accept(parser, "("))
		return true;
	entry->has_arguments = true;
	if (kafel_accept(parser, ")"))
		return true;
	do
		if (!add_argument(parser, entry, count++))
			return false;
	while (kafel_accept(parser, ","));
	return kafel_expect(parser, ")", "',' or ')'");
}

/* Kafel keeps the low 32 bits of a call's number. */
static uint32_t call_number(struct kafel_parser *parser, struct kafel_place place, uint64_t number)
{
	if (number > UINT32_MAX && number < (uint64_t)INT32_MIN)
		diagnose_warning(parser->lexer.diagnostics, place.file, place.line, place.column,
				 "Kafel uses the low 32 bits of this number alone: call %u",
				 (unsigned int)(uint32_t)number);
	return (uint32_t)number;
}

static bool parse_call(struct kafel_parser *parser, struct kafel_entry *entry)
{
	const struct kafel_token token = parser->token;
	uint64_t number = 0;

	entry->place = token.place;
	if (kafel_accept(parser, "SYSCALL")) {
		if (!kafel_expect(parser, "[", NULL))
			return false;
		number = parser->token.number;
		if (parser->token.kind != KAFEL_TOKEN_NUMBER)
			return kafel_expected(parser, "a number");
		kafel_next(parser);
		entry->number = call_number(parser, token.place, number);
		return kafel_expect(parser, "]", NULL);
	}
	if (token.kind != KAFEL_TOKEN_NAME)
		return kafel_expected(parser, "a system call");
	kafel_next(parser);
	if (kafel_find_constant(parser, token.text, &number))
		entry->number = call_number(parser, token.place, number);
	else
		entry->name = token.text;
	return true;
}

struct kafel_entry *kafel_parse_entry(struct kafel_parser *parser)
{
	struct kafel_entry *entry = kafel_allocate(parser, sizeof(*entry));

	if (!entry || !parse_call(parser, entry) || !parse_arguments(parser, entry) ||
	    !parse_machines(parser, entry))
		return NULL;
	if (!kafel_accept(parser, "{") || kafel_accept(parser, "}"))
		return entry;
	entry->condition = kafel_parse_condition(parser);
	if (!entry->condition || !kafel_expect(parser, "}", "an operator, ',' or '}'"))
		return NULL;
	return entry;
}
