/* SPDX-License-Identifier: MIT */
/* Actions on one syscall, grant or ruleset: stile_deny() and its like, and overrides. */
#include <errno.h>
#include <string.h>

#include "add_rule.h"
#include "context.h"
#include "public.h"
#include "specification.h"
#include "syscalls.h"

static int unknown_syscall(struct stile *s, const char *verb, const char *what)
{
	const char *nearest = syscall_suggest(what);

	return context_fail(s, -ENOENT, "%s%s: there is no syscall '%s'%s%s%s", verb, what, what,
			    nearest ? ": did you mean '" : ": see syscalls(2)",
			    nearest ? nearest : "", nearest ? "'?" : "");
}

/* Adds the rule "this syscall, whatever its arguments". */
static int add_syscall(struct stile *s, const char *name, struct stile_action action,
		       enum origin_kind kind, const char *verb)
{
	int syscall = syscall_find(name), origin;
	struct rule rule = { .action = action };

	if (syscall < 0)
		return unknown_syscall(s, verb, name);
	for (unsigned int abi = 0; abi < STILE_ABI_COUNT; abi++)
		if (syscall_table[syscall].numbers[abi] >= 0)
			rule.abis |= (uint8_t)(1u << abi);
	origin = context_add_origin(s, kind, "%s%s", verb, name);
	if (origin < 0)
		return origin;
	rule.syscall = (uint16_t)syscall;
	rule.origin = (uint16_t)origin;
	return context_add_rule(s, &rule);
}

int context_add_action(struct stile *s, const char *what, struct stile_action action,
		       enum origin_kind kind, const char *verb)
{
	int error = context_change_rules(s);

	if (error)
		return error;
	if (!what || *what == '\0')
		return context_fail(s, -EINVAL, "%s: name a syscall or a grant", verb);
	s->is_touched = true;
	return strchr(what, '.') ? context_add_specification(s, what, action, kind, verb) :
				   add_syscall(s, what, action, kind, verb);
}

STILE_PUBLIC int stile_allow(struct stile *s, const char *what)
{
	return context_add_action(s, what, (struct stile_action){ STILE_ACTION_ALLOW, 0 },
				  ORIGIN_SINGLE, "allow ");
}

STILE_PUBLIC int stile_deny(struct stile *s, const char *what)
{
	return context_add_action(s, what, (struct stile_action){ STILE_ACTION_KILL_PROCESS, 0 },
				  ORIGIN_SINGLE, "deny ");
}

STILE_PUBLIC int stile_fail_with(struct stile *s, const char *what, int errno_value)
{
	int error = context_change_rules(s);

	if (error)
		return error;
	if (errno_value < 1 || errno_value > 4095)
		/* 0 would tell the program that the call succeeded (seccomp(2)) */
		return context_fail(s, -EINVAL, "fail_with %s: errno %d: it must be 1 to 4095",
				    what ? what : "(null)", errno_value);
	return context_add_action(s, what,
				  (struct stile_action){ STILE_ACTION_ERRNO,
							 (unsigned int)errno_value },
				  ORIGIN_SINGLE, "fail_with ");
}

STILE_PUBLIC int stile_trap(struct stile *s, const char *what)
{
	return context_add_action(s, what, (struct stile_action){ STILE_ACTION_TRAP, 0 },
				  ORIGIN_SINGLE, "trap ");
}

STILE_PUBLIC int stile_log(struct stile *s, const char *what)
{
	return context_add_action(s, what, (struct stile_action){ STILE_ACTION_LOG, 0 },
				  ORIGIN_SINGLE, "log ");
}

STILE_PUBLIC int stile_kill_thread(struct stile *s, const char *what)
{
	return context_add_action(s, what, (struct stile_action){ STILE_ACTION_KILL_THREAD, 0 },
				  ORIGIN_SINGLE, "kill_thread ");
}

STILE_PUBLIC int stile_override(struct stile *s, const char *what, struct stile_action action)
{
	int error = context_change_rules(s);

	if (error || (error = context_check_action(s, action)))
		return error;
	return context_add_action(s, what, action, ORIGIN_OVERRIDE, "override ");
}

STILE_PUBLIC int stile_enable(struct stile *s, const struct stile_ruleset *ruleset)
{
	return context_enable(s, ruleset, (struct stile_action){ STILE_ACTION_ALLOW, 0 });
}
