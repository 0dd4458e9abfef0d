/* SPDX-License-Identifier: MIT */
#include "handlers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "context.h"
#include "policy_object.h"

int handlers_copy(struct stile *s, struct handlers *handlers)
{
	memset(handlers, 0, sizeof(*handlers));
	handlers->on_exec = s->on_exec;
	handlers->on_exec_data = s->on_exec_data;
	handlers->hides_vdso = s->hides_vdso;
	handlers->all = calloc((size_t)s->handler_count + 1, sizeof(*handlers->all));
	if (!handlers->all)
		return context_out_of_memory(s);
	handlers->count = s->handler_count;
	if (s->handler_count)
		memcpy(handlers->all, s->handlers, s->handler_count * sizeof(*handlers->all));
	if (!s->is_notified)
		return 0;
	handlers->policy = stile_policy_from_context(s);
	/* Made now: later several threads read it at once. */
	if (handlers->policy && policy_made(handlers->policy))
		return 0;
	if (!s->error)
		(void)context_out_of_memory(s);
	handlers_free(handlers);
	return s->error;
}

void handlers_free(struct handlers *handlers)
{
	stile_policy_free(handlers->policy);
	free(handlers->all);
	memset(handlers, 0, sizeof(*handlers));
}

const struct handler *handlers_get(const struct handlers *handlers, unsigned long message)
{
	return message >= 1 && message <= handlers->count ? &handlers->all[message - 1] : NULL;
}

const struct handler *handlers_find(const struct handlers *handlers,
				    const struct seccomp_data *data)
{
	struct stile_action action;

	if (!handlers->policy)
		return NULL;
	action = policy_decide(policy_made(handlers->policy), data->arch, (uint32_t)data->nr,
			       (const uint64_t *)data->args);
	return action.kind == STILE_ACTION_NOTIFY ? handlers_get(handlers, action.errno_value) :
						    NULL;
}
