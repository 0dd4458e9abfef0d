/* SPDX-License-Identifier: MIT */
/* The settings of a context that are no rules: default action, foreign ABIs, baseline, flags. */
#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>

#include <stile/filter.h>

#include "context.h"
#include "listener_flag.h"
#include "public.h"
#include "syscalls.h"

STILE_PUBLIC int stile_set_default(struct stile *s, struct stile_action action)
{
	int error = context_change_rules(s);

	if (error || (error = context_check_action(s, action)))
		return error;
	if (action_permits(action) != s->is_allowing)
		return context_fail(s, -EINVAL,
				    s->is_allowing ?
					    "the default of an allowing context is allow or log: "
					    "use stile_new() for one that refuses" :
					    "the default of a refusing context is a refusal: use "
					    "stile_new_allowing() for one that allows");
	s->default_action = action;
	return 0;
}

STILE_PUBLIC int stile_set_foreign_abi(struct stile *s, struct stile_action action)
{
	int error = context_change_rules(s);

	if (error || (error = context_check_action(s, action)))
		return error;
	if (action_permits(action))
		return context_fail(s, -EINVAL,
				    "calls by another ABI cannot be allowed: no rule of this "
				    "context would look at their arguments: give them a refusal");
	s->foreign_action = action;
	return 0;
}

static int check_abis(struct stile *s, const enum stile_abi *abis, size_t count)
{
	unsigned int seen = 0;

	if (!abis || count == 0)
		return context_fail(s, -EINVAL,
				    "stile_set_abis() without an ABI: a filter is for one at "
				    "least");
	for (size_t i = 0; i < count; i++) {
		if ((unsigned int)abis[i] >= STILE_ABI_COUNT)
			return context_fail(s, -EINVAL,
					    "ABI %d: the table has no such ABI: use enum stile_abi",
					    (int)abis[i]);
		if (seen & 1u << abis[i])
			return context_fail(s, -EINVAL, "ABI %s is there twice: leave one out",
					    stile_abi_name(abis[i]));
		seen |= 1u << abis[i];
		/* Conflicts were looked for on the ABIs that were there. */
		if (s->is_touched && !(context_abis(s) & 1u << abis[i]))
			return context_fail(s, -EINVAL,
					    "ABI %s: rules were added that were not made for it: "
					    "call stile_set_abis() before anything is granted or "
					    "refused",
					    stile_abi_name(abis[i]));
	}
	return 0;
}

STILE_PUBLIC int stile_set_abis(struct stile *s, const enum stile_abi *abis, size_t count)
{
	int error = context_change_rules(s);

	if (error || (error = check_abis(s, abis, count)))
		return error;
	for (size_t i = 0; i < count; i++)
		s->abis[i] = abis[i];
	s->abi_count = (unsigned int)count;
	return 0;
}

/* "6.1", "5.10.3"; false if it is not of that form. */
static bool parse_kernel(const char *text, uint32_t *kernel)
{
	unsigned int parts[3] = { 0, 0, 0 };
	unsigned int count = 0;

	while (count < 3) {
		if (*text < '0' || *text > '9')
			return false;
		while (*text >= '0' && *text <= '9') {
			parts[count] = parts[count] * 10 + (unsigned int)(*text++ - '0');
			if (parts[count] > 255)
				return false;
		}
		count++;
		if (*text != '.')
			break;
		text++;
	}
	*kernel = parts[0] << 16 | parts[1] << 8 | parts[2];
	return *text == '\0' && count >= 2;
}

STILE_PUBLIC int stile_set_baseline(struct stile *s, const char *kernel)
{
	int error = context_change_rules(s);
	uint32_t baseline;

	if (error)
		return error;
	if (!kernel || !parse_kernel(kernel, &baseline))
		return context_fail(s, -EINVAL, "baseline '%s': give a kernel version such as 6.1",
				    kernel ? kernel : "(null)");
	if (baseline > syscall_table_newest)
		return context_fail(s, -EINVAL,
				    "baseline %s: the newest kernel that the table knows is %u.%u",
				    kernel, syscall_table_newest >> 16,
				    syscall_table_newest >> 8 & 255);
	s->baseline = baseline;
	return 0;
}

STILE_PUBLIC int stile_set_backend(struct stile *s, enum stile_backend backend)
{
	int error = context_change(s);

	if (error)
		return error;
	if (backend != STILE_BACKEND_OWN && backend != STILE_BACKEND_LIBSECCOMP)
		return context_fail(s, -EINVAL, "%d is no back end: use one of enum stile_backend",
				    (int)backend);
	s->backend = backend;
	return 0;
}

STILE_PUBLIC int stile_set_weight(struct stile *s, const char *syscall, uint64_t calls)
{
	int error = context_change(s), found;

	if (error)
		return error;
	found = syscall ? syscall_find(syscall) : -1;
	if (found < 0) {
		const char *nearest = syscall ? syscall_suggest(syscall) : NULL;

		return context_fail(s, -ENOENT, "weight: there is no syscall '%s'%s%s%s",
				    syscall ? syscall : "(null)", nearest ? ": did you mean '" : "",
				    nearest ? nearest : "", nearest ? "'?" : "");
	}
	if (!s->weights)
		s->weights = calloc(syscall_table_count, sizeof(*s->weights));
	if (!s->weights)
		return context_out_of_memory(s);
	s->weights[found] = calls;
	return 0;
}

unsigned int seccomp_flags(const struct stile *s)
{
	unsigned int flags = 0;

	if (s->flags & STILE_APPLY_LOG)
		flags |= SECCOMP_FILTER_FLAG_LOG;
	if (s->flags & STILE_APPLY_SPEC_ALLOW)
		flags |= SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	return flags;
}

STILE_PUBLIC int stile_set_flags(struct stile *s, unsigned int flags)
{
	int error = context_change(s);

	if (error)
		return error;
	if (flags &
	    ~(unsigned int)(STILE_APPLY_LOG | STILE_APPLY_SPEC_ALLOW | STILE_APPLY_UNPROVED |
			    STILE_SPAWN_STOPPED | STILE_SPAWN_UNASKED))
		return context_fail(s, -EINVAL,
				    "apply flags 0x%x: unknown bits: use enum "
				    "stile_apply_flags",
				    flags);
	s->flags = flags;
	return 0;
}

unsigned int seccomp_listener_flags(void)
{
	struct stile_kernel kernel;

	/* Without it a signal takes a call back that may have been answered (Linux 5.19). */
	if (stile_probe_kernel(&kernel) < 0 || !kernel.flag_wait_killable)
		return 0;
	return SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
}
