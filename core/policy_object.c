/* SPDX-License-Identifier: MIT */
/* Policies that are made rule by rule: their life, settings and errors. */
#include "policy_object.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit_arch.h"
#include "public.h"

static const char no_policy[] = "out of memory: no policy could be made: free some and try again";

int policy_out_of_memory(struct stile_policy *p)
{
	return policy_fail(p, -ENOMEM, "out of memory: free some and make a new policy");
}

int policy_ready(const struct stile_policy *p)
{
	return p ? p->error : -ENOMEM;
}

static void throw_away(struct stile_policy *p)
{
	for (uint32_t i = 0; i < p->made.abi_count; i++)
		free(p->made.abis[i].decisions);
	free(p->made.rules);
	memset(&p->made, 0, sizeof(p->made));
	p->is_made = false;
}

int policy_change(struct stile_policy *p)
{
	if (p && p->made.rules) /* as most calls do not: rule follows rule */
		throw_away(p);
	return policy_ready(p);
}

STILE_PUBLIC struct stile_policy *stile_policy_new(void)
{
	struct stile_policy *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->default_action.kind = STILE_ACTION_KILL_PROCESS;
	p->foreign_action.kind = STILE_ACTION_KILL_PROCESS;
	return p;
}

STILE_PUBLIC void stile_policy_free(struct stile_policy *p)
{
	if (!p)
		return;
	throw_away(p);
	for (uint32_t a = 0; a < p->abi_count; a++) {
		for (uint32_t i = 0; i < p->abis[a].count; i++)
			free(p->abis[a].calls[i].rules);
		free(p->abis[a].calls);
		free(p->abis[a].index);
	}
	free(p->origins);
	free(p->unreachable);
	arena_free(&p->memory);
	free(p);
}

STILE_PUBLIC int stile_policy_error(const struct stile_policy *p)
{
	return policy_ready(p);
}

STILE_PUBLIC const char *stile_policy_message(const struct stile_policy *p)
{
	return p ? p->message.text : no_policy;
}

int policy_check_action(struct stile_policy *p, struct stile_action action)
{
	const bool has_data = action.kind == STILE_ACTION_ERRNO ||
			      action.kind == STILE_ACTION_TRACE || action.kind == STILE_ACTION_TRAP;

	if ((unsigned int)action.kind > STILE_ACTION_KILL_PROCESS)
		return policy_fail(p, -EINVAL, "%d is no action: use one of enum stile_action_kind",
				   (int)action.kind);
	if (action.errno_value > UINT16_MAX || (action.errno_value && !has_data))
		return policy_fail(p, -EINVAL,
				   "value %u: an errno, or what a tracer or signal handler gets, "
				   "is 0 to 65535, and other actions have none",
				   action.errno_value);
	return 0;
}

STILE_PUBLIC int stile_policy_set_default(struct stile_policy *p, struct stile_action action)
{
	int error = policy_change(p);

	if (error || (error = policy_check_action(p, action)))
		return error;
	p->default_action = action;
	return 0;
}

STILE_PUBLIC int stile_policy_set_foreign_abi(struct stile_policy *p, struct stile_action action)
{
	int error = policy_change(p);

	if (error || (error = policy_check_action(p, action)))
		return error;
	p->foreign_action = action;
	return 0;
}

STILE_PUBLIC int stile_policy_add_abi(struct stile_policy *p, enum stile_abi abi)
{
	int error = policy_change(p);
	struct abi_calls *added;

	if (error)
		return error;
	if ((unsigned int)abi >= STILE_ABI_COUNT)
		return policy_fail(p, -EINVAL, "ABI %d: the table has no such ABI", (int)abi);
	if (policy_abi_calls(p, abi))
		return policy_fail(p, -EINVAL, "ABI %s is there twice: leave one out",
				   stile_abi_name(abi));
	if (abi == STILE_ABI_X32 && p->ignores_x32)
		return policy_fail(p, -EINVAL,
				   "a policy that ignores x32 cannot have rules for it");
	if (abi == STILE_ABI_X86_64 && policy_abi_calls(p, STILE_ABI_X32) &&
	    policy_known_call(policy_abi_calls(p, STILE_ABI_X32), UINT32_MAX))
		return policy_fail(p, -EINVAL,
				   "number %u is x86_64's if the policy has it: add x86_64 before "
				   "rules for this number",
				   UINT32_MAX);
	added = &p->abis[p->abi_count];
	memset(added, 0, sizeof(*added));
	added->abi = abi;
	added->index = calloc(INDEXED_NUMBERS, sizeof(*added->index));
	if (!added->index)
		return policy_out_of_memory(p);
	p->abi_count++;
	return 0;
}

STILE_PUBLIC int stile_policy_ignore_x32(struct stile_policy *p)
{
	int error = policy_change(p);

	if (error)
		return error;
	if (policy_abi_calls(p, STILE_ABI_X32))
		return policy_fail(p, -EINVAL, "a policy that has rules for x32 cannot ignore it");
	p->ignores_x32 = true;
	return 0;
}

/* Origins that follow one another are mostly lines of one file: its name is kept once. */
static const char *keep_text(struct stile_policy *p, const char *text)
{
	const char *last = p->origin_count ? p->origins[p->origin_count - 1].text : NULL;
	char *copy;

	if (last && strcmp(last, text) == 0)
		return last;
	copy = arena_allocate(&p->memory, strlen(text) + 1, 1);
	return copy ? strcpy(copy, text) : NULL;
}

STILE_PUBLIC int stile_policy_add_origin(struct stile_policy *p, const char *text,
					 unsigned int line)
{
	int error = policy_ready(p);
	const char *copy;

	if (error)
		return error;
	if (p->origin_count == p->origin_capacity) {
		const uint32_t capacity = p->origin_capacity ? 2 * p->origin_capacity : 64;
		struct policy_origin *origins = realloc(p->origins, capacity * sizeof(*origins));

		if (!origins)
			return policy_out_of_memory(p);
		p->origins = origins;
		p->origin_capacity = capacity;
	}
	if (p->origin_count == POLICY_RULES_MAX)
		return policy_fail(p, -E2BIG, "more than %d origins in one policy",
				   POLICY_RULES_MAX);
	copy = keep_text(p, text ? text : "");
	if (!copy)
		return policy_out_of_memory(p);
	p->origins[p->origin_count] = (struct policy_origin){ copy, line };
	return (int)p->origin_count++;
}

int policy_copy_origins(struct stile_policy *p, const struct stile_policy *from)
{
	for (uint32_t i = 0; i < from->origin_count; i++) {
		int error = stile_policy_add_origin(p, from->origins[i].text,
						    from->origins[i].line);

		if (error < 0)
			return error;
	}
	return 0;
}

static int set_text(struct stile_policy *p, const char *text, const char **copy)
{
	char *memory = NULL;

	if (text) {
		memory = arena_allocate(&p->memory, strlen(text) + 1, 1);
		if (!memory)
			return policy_out_of_memory(p);
		strcpy(memory, text);
	}
	*copy = memory;
	return 0;
}

STILE_PUBLIC int stile_policy_set_listener(struct stile_policy *p, const char *path,
					   const char *metadata)
{
	int error = policy_ready(p);

	if (!error)
		error = set_text(p, path, &p->listener_path);
	if (!error)
		error = set_text(p, metadata, &p->listener_metadata);
	return error;
}

STILE_PUBLIC const char *stile_policy_listener(const struct stile_policy *p, const char **metadata)
{
	if (metadata)
		*metadata = p ? p->listener_metadata : NULL;
	return p ? p->listener_path : NULL;
}
