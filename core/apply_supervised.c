/* SPDX-License-Identifier: MIT */
/* A context comes into force in the calling thread, with a listener for what it notifies. */
#include <errno.h>
#include <linux/seccomp.h>
#include <string.h>
#include <unistd.h>

#include "apply.h"
#include "listener_flag.h"
#include "public.h"
#include "supervised.h"

static int give_listener(struct stile *s, int listener, stile_hand_over hand_over, void *data)
{
	const int error = hand_over(listener, data);

	if (error < 0)
		return context_fail(s, error,
				    "the listener was not handed over: %s: this thread must not go "
				    "on: only what is notified is kept from it",
				    strerrordesc_np(-error) ? strerrordesc_np(-error) : "?");
	if (error == 0 && listener >= 0 && close(listener) < 0)
		return context_fail(s, -EIO, "the listener stays open in the target: close: %s",
				    strerrordesc_np(errno));
	return 0;
}

int apply_supervised(struct stile *s, stile_hand_over hand_over, void *data)
{
	const unsigned int flags = seccomp_flags(s);
	struct supervised_filters filters;
	long answer = -1;
	int error = policy_check_native(s);

	if (!error)
		error = supervised_filters_make(s, &filters);
	if (error)
		return error;
	error = apply_no_new_privs(s);
	if (!error && filters.notifying.count)
		error = apply_load_filter(s, &filters.notifying,
					  flags | SECCOMP_FILTER_FLAG_NEW_LISTENER |
						  seccomp_listener_flags(),
					  &answer);
	if (!error)
		error = give_listener(s, (int)answer, hand_over, data);
	if (!error)
		error = apply_load_filter(s, &filters.rest, flags, &answer);
	if (!error) {
		fill_receipt(s, filters.rest.count);
		s->receipt.threads = 1;
	}
	supervised_filters_free(&filters);
	return error;
}

STILE_PUBLIC int stile_apply_with_listener(struct stile *s, stile_hand_over hand_over, void *data)
{
	int error = context_ready(s);

	if (error)
		return error;
	if (!hand_over)
		return context_fail(s, -EINVAL,
				    "stile_apply_with_listener() needs somebody who gets the "
				    "listener");
	if (s->is_intercepted)
		return context_fail(s, -EINVAL,
				    "this context has intercepts, which need a tracer: use "
				    "stile_supervisor_spawn() or stile_supervise_self()");
	if (!s->is_notified && !s->used)
		return context_fail(s, -EINVAL,
				    "nothing is notified in this context: use stile_notify() or "
				    "stile_on() first, or apply it without a listener");
	return apply_supervised(s, hand_over, data);
}
