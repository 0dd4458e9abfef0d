/* SPDX-License-Identifier: MIT */
#include "context_options.h"

#include <string.h>

#include "action_option.h"
#include "say.h"

#define VALUE_SHOWN 64

static enum option_result result(const char *verb, struct stile *s, int error)
{
	if (error >= 0)
		return OPTION_TAKEN;
	say_message(verb, stile_message(s));
	return OPTION_WRONG;
}

static enum option_result set_default(const char *verb, const char *text, struct stile *s)
{
	struct stile_action action;

	if (!parse_action(text, &action) || action.kind == STILE_ACTION_ALLOW ||
	    action.kind == STILE_ACTION_LOG) {
		say(verb, NULL,
		    "--default '%.*s': give errno=NAME or errno=NUMBER, e.g. errno=EACCES, or "
		    "trap, kill-thread, kill",
		    VALUE_SHOWN, text);
		return OPTION_WRONG;
	}
	return result(verb, s, stile_set_default(s, action));
}

enum option_result take_context_option(const char *verb, int option, const char *value,
				       struct stile *s)
{
	switch (option) {
	case 'g':
		return result(verb, s, stile_grant(s, value));
	case 'p':
		return result(verb, s, stile_pledge(s, value));
	case 'd':
		return set_default(verb, value, s);
	case 'b':
		return result(verb, s, stile_set_baseline(s, value));
	default:
		return OPTION_OTHER;
	}
}
