/* SPDX-License-Identifier: MIT */
#include "context.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stile/policy.h>

#include "public.h"
#include "syscalls.h"

#define BLOCK_CONDITIONS 128

struct condition_block {
	struct condition_block *next;
	size_t count, capacity;
	struct stile_table_condition conditions[];
};

static const char no_context[] = "out of memory: no context could be made: free some and try again";

int context_out_of_memory(struct stile *s)
{
	return context_fail(s, -ENOMEM, "out of memory: free some and make a new context");
}

STILE_PUBLIC void stile_free(struct stile *s)
{
	if (!s)
		return;
	for (uint32_t i = 0; i < s->origin_count; i++)
		free(s->origins[i].text);
	while (s->blocks) {
		struct condition_block *next = s->blocks->next;

		free(s->blocks);
		s->blocks = next;
	}
	free(s->origins);
	free(s->rules);
	free(s->first_rule);
	rule_index_free(&s->index);
	free(s->warnings.bytes);
	free(s->prepared.instructions);
	free(s->weights);
	free(s->handlers);
	stile_policy_free(s->used);
	stile_policy_free(s->used_start);
	free(s);
}

STILE_PUBLIC const char *stile_message(const struct stile *s)
{
	return s ? s->message.text : no_context;
}

STILE_PUBLIC int stile_error(const struct stile *s)
{
	return s ? s->error : -ENOMEM;
}

STILE_PUBLIC const char *stile_warnings(struct stile *s)
{
	return s && s->warnings.bytes ? s->warnings.bytes : "";
}

int context_ready(struct stile *s)
{
	if (!s)
		return -ENOMEM;
	if (s->error)
		return s->error;
	if (s->is_applied)
		return context_fail(s, -EALREADY,
				    "this context was applied, or a program was started under it: "
				    "a "
				    "filter cannot be changed: make another context (to narrow "
				    "this process, the first needs sandbox.narrow)");
	return 0;
}

int context_change(struct stile *s)
{
	int error = context_ready(s);

	if (error)
		return error;
	free(s->prepared.instructions);
	s->prepared.instructions = NULL;
	return 0;
}

int context_change_rules(struct stile *s)
{
	int error = context_change(s);

	if (!error && s->used)
		return context_fail(s, -EINVAL,
				    "this context enforces a policy (stile_use_policy()): change "
				    "the policy before it is used");
	return error;
}

int context_check_action(struct stile *s, struct stile_action action)
{
	if ((unsigned int)action.kind > STILE_ACTION_KILL_PROCESS)
		return context_fail(s, -EINVAL,
				    "%d is no action: use one of enum stile_action_kind",
				    (int)action.kind);
	if (action.kind == STILE_ACTION_TRACE || action.kind == STILE_ACTION_NOTIFY)
		return context_fail(s, -EINVAL,
				    "trace and notify are not set as actions: use stile_on(), "
				    "stile_intercept() or stile_notify()");
	if (action.kind == STILE_ACTION_ERRNO &&
	    (action.errno_value < 1 || action.errno_value > 4095))
		/* 0 would tell the program that the call succeeded; the kernel cuts above
		 * 4095 (seccomp(2), SECCOMP_RET_ERRNO) */
		return context_fail(s, -EINVAL, "errno %u: an action's errno is 1 to 4095",
				    action.errno_value);
	if (action.kind != STILE_ACTION_ERRNO && action.errno_value != 0)
		return context_fail(s, -EINVAL,
				    "an errno (%u) belongs to STILE_ACTION_ERRNO alone: set it to "
				    "0",
				    action.errno_value);
	return 0;
}

int context_add_origin(struct stile *s, enum origin_kind kind, const char *format, ...)
{
	va_list arguments;
	char *text;
	int length;

	if (s->origin_count == s->origin_capacity) {
		uint32_t capacity = s->origin_capacity ? 2 * s->origin_capacity : 16;
		struct origin *origins = realloc(s->origins, capacity * sizeof(*origins));

		if (!origins)
			return context_out_of_memory(s);
		s->origins = origins;
		s->origin_capacity = capacity;
	}
	if (s->origin_count >= UINT16_MAX)
		return context_fail(s, -E2BIG,
				    "more than %u grants in one context: make one ruleset of them",
				    (unsigned int)UINT16_MAX);
	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0)
		return context_out_of_memory(s);
	s->origins[s->origin_count].text = text;
	s->origins[s->origin_count].kind = kind;
	return (int)s->origin_count++;
}

struct stile_table_condition *context_conditions(struct stile *s, size_t count)
{
	struct condition_block *block = s->blocks;

	if (!block || block->capacity - block->count < count) {
		size_t capacity = count > BLOCK_CONDITIONS ? count : BLOCK_CONDITIONS;

		block = malloc(sizeof(*block) + capacity * sizeof(block->conditions[0]));
		if (!block) {
			(void)context_out_of_memory(s);
			return NULL;
		}
		block->next = s->blocks;
		block->count = 0;
		block->capacity = capacity;
		s->blocks = block;
	}
	block->count += count;
	return &block->conditions[block->count - count];
}

int context_warned(struct stile *s)
{
	return s->warnings.has_failed ? context_out_of_memory(s) : 0;
}
