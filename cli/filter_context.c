/* SPDX-License-Identifier: MIT */
#include "filter_context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "abi_option.h"
#include "say.h"

#define ABI_NAME_MAX 66

bool filter_context_start(struct filter_context *context, const char *verb, int words)
{
	memset(context, 0, sizeof(*context));
	context->verb = verb;
	context->s = stile_new();
	/* "-gGRANT" is an option in one word, so there are no more options than words */
	context->given = calloc((size_t)words, sizeof(*context->given));
	context->abis[0] = STILE_ABI_NATIVE;
	context->abi_count = 1;
	if (context->s && context->given)
		return true;
	say(verb, NULL, "out of memory");
	filter_context_end(context);
	return false;
}

void filter_context_end(struct filter_context *context)
{
	free(context->given);
	stile_free(context->s);
}

static bool has_abi(const struct filter_context *context, enum stile_abi abi)
{
	for (size_t i = 0; i < context->abi_count; i++)
		if (context->abis[i] == abi)
			return true;
	return false;
}

static enum option_result take_abis(struct filter_context *context, const char *value)
{
	context->abi_count = 0;
	for (const char *next = value;; next++) {
		char name[ABI_NAME_MAX];
		enum stile_abi abi;
		const size_t length = strcspn(next, ",");

		/* what is cut off is longer than any name */
		(void)snprintf(name, sizeof(name), "%.*s",
			       (int)(length < sizeof(name) ? length : sizeof(name)), next);
		if (!parse_abi_option(context->verb, name, &abi))
			return OPTION_WRONG;
		if (has_abi(context, abi)) {
			say(context->verb, NULL, "--abi: %s stands there twice: give each ABI once",
			    name);
			return OPTION_WRONG;
		}
		context->abis[context->abi_count++] = abi;
		next += length;
		if (*next == '\0')
			return OPTION_TAKEN;
	}
}

enum option_result filter_context_take(struct filter_context *context, int option,
				       const char *value)
{
	if (option == 'a')
		return take_abis(context, value);
	if (!is_context_option(option))
		return OPTION_OTHER;
	context->is_granting |= is_granting_option(option);
	context->given[context->given_count++] = (struct given_option){ option, value };
	return OPTION_TAKEN;
}

bool filter_context_fill(struct filter_context *context)
{
	if (stile_set_abis(context->s, context->abis, context->abi_count) < 0) {
		say_message(context->verb, stile_message(context->s));
		return false;
	}
	for (size_t i = 0; i < context->given_count; i++)
		if (take_context_option(context->verb, context->given[i].letter,
					context->given[i].value, context->s) != OPTION_TAKEN)
			return false;
	return true;
}
