/* SPDX-License-Identifier: MIT */
#include "handlers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit_arch.h"
#include "context.h"
#include "policy_object.h"

/* Handlers without conditions, found in one step. */
static void index_handlers(struct handlers *handlers)
{
	const uint32_t arch = audit_arch(STILE_ABI_NATIVE);

	for (uint32_t number = 0; number < HANDLERS_BY_NUMBER; number++) {
		const struct policy_abi *abi = policy_find_abi(handlers->decided, arch, number);
		const struct decision *decision = abi ? policy_find_decision(abi, number) : NULL;

		if (decision && decision->rule_count == 0 &&
		    decision->rest.kind == STILE_ACTION_NOTIFY)
			handlers->by_number[number] = (uint16_t)decision->rest.errno_value;
	}
}

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
	if (handlers->policy)
		handlers->decided = policy_made(handlers->policy);
	if (handlers->decided) {
		index_handlers(handlers);
		return 0;
	}
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
	const uint32_t number = (uint32_t)data->nr;
	struct stile_action action;

	if (number < HANDLERS_BY_NUMBER && data->arch == audit_arch(STILE_ABI_NATIVE) &&
	    handlers->by_number[number])
		return handlers_get(handlers, handlers->by_number[number]);
	if (!handlers->decided)
		return NULL;
	action = policy_decide(handlers->decided, data->arch, number, (const uint64_t *)data->args);
	return action.kind == STILE_ACTION_NOTIFY ? handlers_get(handlers, action.errno_value) :
						    NULL;
}
