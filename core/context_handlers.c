/* SPDX-License-Identifier: MIT */
/* Who is asked about calls: handlers and intercepts of a context. */
#include <errno.h>
#include <stdlib.h>

#include <stile/intercept.h>
#include <stile/notify.h>
#include <stile/supervise.h>

#include "context.h"
#include "public.h"
#include "specification.h"

static bool is_same(const struct handler *a, const struct handler *b)
{
	return a->entry == b->entry && a->exit == b->exit && a->data == b->data &&
	       a->is_intercept == b->is_intercept;
}

/* Makes room in the list for one more. */
static int grow(struct stile *s, const char *verb)
{
	const uint32_t capacity = s->handler_capacity ? 2 * s->handler_capacity : 8;
	struct handler *handlers;

	if (s->handler_count == HANDLERS_MAX)
		return context_fail(s, -E2BIG, "%smore than %d handlers in one context", verb,
				    HANDLERS_MAX);
	if (s->handler_count < s->handler_capacity)
		return 0;
	handlers = reallocarray(s->handlers, capacity, sizeof(*handlers));
	if (!handlers)
		return context_out_of_memory(s);
	s->handlers = handlers;
	s->handler_capacity = capacity;
	return 0;
}

/* The action that leads to a handler, which it takes into the list if it is not there. */
static int add_handler(struct stile *s, const struct handler *handler, const char *verb,
		       struct stile_action *action)
{
	uint32_t at;

	if (!handler->entry && !handler->exit)
		return context_fail(s, -EINVAL, "%sno handler: give a function", verb);
	for (at = 0; at < s->handler_count; at++)
		if (is_same(&s->handlers[at], handler))
			break;
	if (at == s->handler_count) {
		int error = grow(s, verb);

		if (error)
			return error;
		s->handlers[s->handler_count++] = *handler;
	}
	action->kind = handler->is_intercept ? STILE_ACTION_TRACE : STILE_ACTION_NOTIFY;
	action->errno_value = at + 1;
	if (handler->is_intercept)
		s->is_intercepted = true;
	else
		s->is_notified = true;
	return 0;
}

static int add(struct stile *s, const char *what, const struct handler *handler,
	       enum origin_kind kind, const char *verb)
{
	int error = context_change_rules(s);
	struct stile_action action;

	if (!error)
		error = add_handler(s, handler, verb, &action);
	return error ? error : context_add_action(s, what, action, kind, verb);
}

STILE_PUBLIC int stile_on(struct stile *s, const char *what, stile_handler handler, void *data)
{
	return add(s, what, &(struct handler){ .entry = handler, .data = data }, ORIGIN_SINGLE,
		   "on ");
}

int context_on_broker(struct stile *s, const char *name, stile_handler handler, void *broker)
{
	return add(s, name, &(struct handler){ .entry = handler, .data = broker }, ORIGIN_BROKER,
		   "broker ");
}

STILE_PUBLIC int stile_override_on(struct stile *s, const char *what, stile_handler handler,
				   void *data)
{
	return add(s, what, &(struct handler){ .entry = handler, .data = data }, ORIGIN_OVERRIDE,
		   "override on ");
}

STILE_PUBLIC int stile_on_ruleset(struct stile *s, const struct stile_ruleset *ruleset,
				  stile_handler handler, void *data)
{
	int error = context_change_rules(s);
	struct stile_action action;

	if (!error)
		error = add_handler(s, &(struct handler){ .entry = handler, .data = data }, "on ",
				    &action);
	return error ? error : context_enable(s, ruleset, action);
}

STILE_PUBLIC int stile_intercept(struct stile *s, const char *what, stile_handler entry,
				 stile_handler exit, void *data)
{
	return add(s, what,
		   &(struct handler){
			   .entry = entry, .exit = exit, .data = data, .is_intercept = true },
		   ORIGIN_SINGLE, "intercept ");
}

STILE_PUBLIC int stile_override_intercept(struct stile *s, const char *what, stile_handler entry,
					  stile_handler exit, void *data)
{
	return add(s, what,
		   &(struct handler){
			   .entry = entry, .exit = exit, .data = data, .is_intercept = true },
		   ORIGIN_OVERRIDE, "override intercept ");
}

STILE_PUBLIC int stile_notify(struct stile *s, const char *what)
{
	int error = context_change_rules(s);

	if (error)
		return error;
	s->is_notified = true;
	return context_add_action(s, what, (struct stile_action){ STILE_ACTION_NOTIFY, 0 },
				  ORIGIN_SINGLE, "notify ");
}

STILE_PUBLIC int stile_on_exec(struct stile *s, stile_handler handler, void *data)
{
	int error = context_change(s);

	if (error)
		return error;
	if (!handler)
		return context_fail(s, -EINVAL, "on_exec: no handler: give a function");
	if (s->on_exec)
		return context_fail(s, -EEXIST,
				    "on_exec: there is a handler for programs that are executed "
				    "already: one context has one");
	s->on_exec = handler;
	s->on_exec_data = data;
	s->is_intercepted = true;
	return 0;
}

STILE_PUBLIC int stile_hide_vdso(struct stile *s)
{
	int error = context_change(s);

	if (!error)
		s->hides_vdso = true;
	return error;
}
