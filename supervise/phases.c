/* SPDX-License-Identifier: MIT */
#include "phases.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stile/policy.h>

#include "apply.h"
#include "compile.h"
#include "context.h"
#include "policy_object.h"
#include "syscalls.h"

static int out_of_memory(struct message *message)
{
	return message_set(message, -ENOMEM, "out of memory: free some and start the worker again");
}

/* What a context says, if a worker can be under it. NULL: *error is set, with its sentence. */
static struct stile_policy *policy_of(struct stile *s, size_t index, int *error,
				      struct message *message)
{
	struct stile_policy *p = NULL;

	*error = context_ready(s);
	if (!*error && (s->is_notified || s->is_intercepted)) {
		*error =
			message_set(message, -EINVAL,
				    "phase %zu: this context has handlers, and nobody would answer "
				    "in a worker: refuse the calls, or do them in the supervisor",
				    index + 1);
		return NULL;
	}
	if (!*error)
		*error = policy_check_native(s);
	if (!*error) {
		p = stile_policy_from_context(s);
		*error = p ? stile_policy_error(p) : stile_error(s);
	}
	if (*error) {
		(void)message_set(message, *error, "phase %zu: %s", index + 1,
				  p ? stile_policy_message(p) : stile_message(s));
		stile_policy_free(p);
		return NULL;
	}
	return p;
}

/* Permits, before all that the policy says of seccomp(2), to load a filter with these flags. */
static int permit_step(struct stile_policy *p, unsigned int flags)
{
	const struct stile_table_condition conditions[] = {
		{ .argument = 0,
		  .bits = 32,
		  .comparison = STILE_EQUAL,
		  .parameter = -1,
		  .value = SECCOMP_SET_MODE_FILTER },
		{ .argument = 1,
		  .bits = 32,
		  .comparison = STILE_EQUAL,
		  .parameter = -1,
		  .value = flags },
	};
	struct abi_calls *abi = policy_abi_calls(p, STILE_ABI_NATIVE);
	const int syscall = syscall_find("seccomp");
	const struct stile_table_condition *copied;
	struct call_rules *call;
	int origin, error = policy_change(p);

	if (error)
		return error;
	if (!abi) /* whatever it calls is refused, its end too */
		return policy_fail(p, -EINVAL, "it permits nothing, so no phase can follow it");
	origin = stile_policy_add_origin(p, "the step to the next phase", 0);
	if (origin < 0)
		return origin;
	call = policy_call_rules(p, abi, (uint32_t)syscall_table[syscall].numbers[abi->abi]);
	copied = call ? policy_copy_conditions(p, conditions, 2) : NULL;
	if (!copied || !policy_grow_rules(p, call))
		return p->error;
	memmove(call->rules + 1, call->rules, (call->count - 1) * sizeof(*call->rules));
	call->rules[0] = policy_rule(call->syscall, abi->abi,
				     (struct stile_action){ STILE_ACTION_ALLOW, 0 }, copied, 2,
				     (uint32_t)origin);
	return 0;
}

/* All filters that were loaded are asked about each further one: all later flags, each once. */
static int permit_steps(struct stile_policy *p, const struct phases *phases, size_t index,
			struct message *message)
{
	int error = 0;

	for (size_t i = index + 1; !error && i < phases->count; i++) {
		bool is_permitted = false;

		for (size_t k = index + 1; k < i; k++)
			is_permitted |= phases->all[k].flags == phases->all[i].flags;
		if (!is_permitted)
			error = permit_step(p, phases->all[i].flags);
	}
	if (error)
		(void)message_set(message, error, "phase %zu: %s", index + 1,
				  stile_policy_message(p));
	return error;
}

static int report_wider(const struct stile_policy *before, const struct stile_policy *after,
			const struct stile_difference *d, size_t index, struct message *message)
{
	char from[64], to[64], *call = stile_call_text(&d->witness);
	const char *place = stile_policy_origin(after, d->to.origin, NULL);
	const char *place_before = stile_policy_origin(before, d->from.origin, NULL);

	stile_format_action(d->from.action, from, sizeof(from));
	stile_format_action(d->to.action, to, sizeof(to));
	(void)message_set(message, -EPERM,
			  "phase %zu permits what phase %zu does not, e.g. %s: %s (%s) became %s "
			  "(%s): grant it in the earlier phase too, or not in the later one",
			  index + 1, index, call ? call : "a call", from,
			  *place_before ? place_before : "the default", to,
			  *place ? place : "the default");
	free(call);
	return -EPERM;
}

/* Each phase within the one before. */
static int check_order(struct stile_policy *const *policies, size_t count, struct message *message)
{
	int error = 0;

	for (size_t i = 1; !error && i < count; i++) {
		struct stile_difference *differences = NULL;
		size_t found = 0, at = 0;

		error = stile_policy_compare(policies[i - 1], policies[i], &differences, &found);
		if (error) {
			(void)message_set(message, error,
					  "phases %zu and %zu could not be compared: %s", i, i + 1,
					  error == -E2BIG ? "too many rules for one call" :
							    "out of memory");
			return error;
		}
		while (at < found && differences[at].change != STILE_CHANGE_WIDER)
			at++;
		if (at < found)
			error = report_wider(policies[i - 1], policies[i], &differences[at], i,
					     message);
		free(differences);
	}
	return error;
}

static int compile(struct phase *phase, const struct stile *s, struct stile_policy *p, size_t index,
		   struct message *message)
{
	const struct filter_options options = { .backend = STILE_BACKEND_OWN,
						.weights = s->weights,
						.is_unproved = s->flags & STILE_APPLY_UNPROVED };
	const struct policy *made = policy_made(p);
	struct stile_proof proof;
	struct message why;
	int error;

	if (!made)
		return message_set(message, policy_ready(p), "phase %zu: %s", index + 1,
				   stile_policy_message(p));
	error = make_filter(made, &options, &phase->filter, &proof, &why);
	return error ? message_set(message, error, "phase %zu: %s", index + 1, why.text) : 0;
}

static int make_all(struct phases *phases, struct stile *const *contexts,
		    struct stile_policy **policies, struct message *message)
{
	int error = 0;

	for (size_t i = 0; i < phases->count; i++) {
		policies[i] = policy_of(contexts[i], i, &error, message);
		if (!policies[i])
			return error;
		phases->all[i].flags = seccomp_flags(contexts[i]) | SECCOMP_FILTER_FLAG_TSYNC;
	}
	for (size_t i = 0; !error && i < phases->count; i++)
		error = permit_steps(policies[i], phases, i, message);
	if (!error)
		error = check_order(policies, phases->count, message);
	for (size_t i = 0; !error && i < phases->count; i++)
		error = compile(&phases->all[i], contexts[i], policies[i], i, message);
	return error;
}

int phases_make(struct phases *phases, struct stile *const *contexts, size_t count,
		struct message *message)
{
	struct stile_policy **policies = calloc(count, sizeof(struct stile_policy *));
	int error;

	*phases = (struct phases){ .all = calloc(count, sizeof(*phases->all)),
				   .count = count,
				   .speaker = stile_new() };
	error = policies && phases->all && phases->speaker ?
			make_all(phases, contexts, policies, message) :
			out_of_memory(message);
	for (size_t i = 0; policies && i < count; i++)
		stile_policy_free(policies[i]);
	free(policies);
	if (error)
		phases_free(phases);
	return error;
}

void phases_free(struct phases *phases)
{
	for (size_t i = 0; phases->all && i < phases->count; i++)
		free(phases->all[i].filter.instructions);
	free(phases->all);
	stile_free(phases->speaker);
	*phases = (struct phases){ 0 };
}

int phases_load(struct phases *phases, size_t index)
{
	const struct phase *phase = &phases->all[index];
	struct stile *speaker = phases->speaker;
	long thread = 0;
	int error = 0;

	speaker->error = 0;
	if (index == 0)
		error = apply_no_new_privs(speaker);
	if (!error)
		error = apply_load_filter(speaker, &phase->filter, phase->flags, &thread);
	/* With TSYNC a thread that stands in the way is a positive number (seccomp(2)). */
	if (!error && thread > 0)
		error = context_fail(speaker, -ESRCH,
				     "seccomp: thread %ld of the worker has a filter of its own, "
				     "so "
				     "no thread has the new one: leave filters to the phases",
				     thread);
	return error;
}
