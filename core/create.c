/* SPDX-License-Identifier: MIT */
/* New contexts: empty but for basic. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "context.h"
#include "create.h"
#include "grant.h"
#include "public.h"
#include "syscall_table.h"

static struct stile *empty_context(bool is_allowing)
{
	struct stile *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->first_rule = malloc(syscall_table_count * sizeof(*s->first_rule));
	if (!s->first_rule || !rule_index_start(&s->index)) {
		stile_free(s);
		return NULL;
	}
	memset(s->first_rule, 0xff, syscall_table_count * sizeof(*s->first_rule)); /* NO_RULE */
	s->is_allowing = is_allowing;
	s->default_action.kind = is_allowing ? STILE_ACTION_ALLOW : STILE_ACTION_ERRNO;
	s->default_action.errno_value = is_allowing ? 0 : EPERM;
	s->foreign_action.kind = STILE_ACTION_KILL_PROCESS;
	s->baseline = syscall_table_newest;
	s->abis[0] = STILE_ABI_NATIVE;
	s->abi_count = 1;
	return s;
}

struct stile *context_without_basic(void)
{
	return empty_context(false);
}

static struct stile *new_context(bool is_allowing)
{
	struct stile *s = empty_context(is_allowing);

	/* Its only failure is memory; it sticks and is reported like any other. */
	if (s)
		(void)context_add_basic(s);
	return s;
}

STILE_PUBLIC struct stile *stile_new(void)
{
	return new_context(false);
}

STILE_PUBLIC struct stile *stile_new_allowing(void)
{
	return new_context(true);
}
