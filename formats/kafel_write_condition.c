/* SPDX-License-Identifier: MIT */
/*
 * Conditions in Kafel's words. It compares the 64 bits of an argument that the file itself
 * declares; fewer are said with '&'.
 */
#include <inttypes.h>
#include <stdio.h>

#include "kafel_write.h"

#define NAME_SIZE 40

static void argument_name(const struct kafel_syscall *syscall, unsigned int index,
			  char name[NAME_SIZE])
{
	/* Kafel's own names may begin with '_', which its scanner does not take */
	if (index < syscall->argument_count && syscall->arguments[index].name[0] != '_')
		(void)snprintf(name, NAME_SIZE, "%.*s", syscall->arguments[index].length,
			       syscall->arguments[index].name);
	else
		(void)snprintf(name, NAME_SIZE, "arg%u", index);
}

void kafel_write_arguments(FILE *stream, const struct kafel_syscall *syscall, unsigned int count)
{
	char name[NAME_SIZE];

	for (unsigned int i = 0; i < count; i++) {
		argument_name(syscall, i, name);
		(void)fprintf(stream, "%s%s", i ? ", " : "", name);
	}
}

static void write_number(FILE *stream, uint64_t number)
{
	(void)fprintf(stream, number > 9 ? "0x%" PRIx64 : "%" PRIu64, number);
}

/* "(fd & 0xffffffff)": as many bits of it as are compared. */
static void write_bits(FILE *stream, const char *name, uint64_t mask)
{
	if (mask == UINT64_MAX)
		(void)fprintf(stream, "%s", name);
	else
		(void)fprintf(stream, "(%s & 0x%" PRIx64 ")", name, mask);
}

static const char *sign_of(uint8_t comparison)
{
	static const char *const signs[] = {
		[STILE_EQUAL] = "==",	     [STILE_NOT_EQUAL] = "!=",
		[STILE_LESS] = "<",	     [STILE_LESS_OR_EQUAL] = "<=",
		[STILE_GREATER] = ">",	     [STILE_GREATER_OR_EQUAL] = ">=",
		[STILE_MASKED_EQUAL] = "==",
	};

	return signs[comparison];
}

static bool is_order(uint8_t comparison)
{
	return comparison != STILE_EQUAL && comparison != STILE_NOT_EQUAL &&
	       comparison != STILE_MASKED_EQUAL;
}

/*
 * What comes before an unsigned comparison to make it one of signed numbers: those of one sign
 * compare as unsigned ones do, and those of the other are all less or all greater.
 */
static void write_sign(FILE *stream, const char *name, const struct stile_table_condition *c)
{
	const uint64_t sign = 1ULL << (c->bits - 1);
	const bool is_negative = c->value & sign;
	const bool is_less = c->comparison == STILE_LESS || c->comparison == STILE_LESS_OR_EQUAL;

	write_bits(stream, name, sign);
	(void)fprintf(stream, " %s 0 %s ",
		      is_less ? "!=" : "==", is_negative == is_less ? "&&" : "||");
}

static void write_condition(FILE *stream, const char *name, const struct stile_table_condition *c)
{
	const uint64_t all = UINT64_MAX >> (64 - c->bits);
	const bool is_signed = c->is_signed && is_order(c->comparison);

	if (is_signed) {
		(void)fputs("(", stream);
		write_sign(stream, name, c);
	}
	write_bits(stream, name, c->comparison == STILE_MASKED_EQUAL ? c->mask : all);
	(void)fprintf(stream, " %s ", sign_of(c->comparison));
	write_number(stream, c->value);
	if (is_signed)
		(void)fputs(")", stream);
}

void kafel_write_conditions(FILE *stream, const struct kafel_syscall *syscall,
			    const struct stile_policy_rule *rule)
{
	char name[NAME_SIZE];

	for (size_t i = 0; i < rule->condition_count; i++) {
		argument_name(syscall, rule->conditions[i].argument, name);
		if (i)
			(void)fputs(" && ", stream);
		write_condition(stream, name, &rule->conditions[i]);
	}
}
