/* SPDX-License-Identifier: MIT */
/* Changes to a policy as a whole, or to all that a call or grant stands for. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "call_text.h"
#include "context.h"
#include "create.h"
#include "overlap.h"
#include "policy_object.h"
#include "public.h"
#include "syscalls.h"
#include "text.h"

struct overriding {
	struct stile_policy *p;
	struct stile_action action;
	uint32_t origin;
	struct text replaced;
};

static void tell(struct overriding *o, enum stile_abi abi, const struct call_rules *call,
		 struct stile_action action, uint32_t origin, const struct rule *rule)
{
	const char *name = call->syscall == NO_SYSCALL ? NULL : syscall_table[call->syscall].name;
	char words[ACTION_TEXT_MAX];

	if (origin != NO_ORIGIN) {
		const struct policy_origin *from = &o->p->origins[origin];

		text_add(&o->replaced, "%s", from->text);
		if (from->line)
			text_add(&o->replaced, ":%u", from->line);
		text_add(&o->replaced, ": ");
	}
	stile_format_action(action, words, sizeof(words));
	text_add(&o->replaced, name ? "%s %s" : "%s call %s", words, name ? name : "");
	if (!name)
		text_add(&o->replaced, "%u", call->number);
	if (rule) {
		const struct stile_policy_rule shown = { .abi = abi,
							 .number = call->number,
							 .conditions = rule->conditions,
							 .condition_count = rule->condition_count };
		char *conditions = stile_format_conditions(&shown);

		text_add(&o->replaced, " if %s", conditions ? conditions : "...");
		free(conditions);
	}
	if (o->p->abi_count > 1)
		text_add(&o->replaced, " on %s", stile_abi_name(abi));
	text_add(&o->replaced, "\n");
}

static bool may_overlap(const struct rule *a, const struct rule *b, enum stile_abi abi)
{
	uint64_t words[6];

	return !a || !a->condition_count || !rules_have_one_width(a, b) ||
	       rules_overlap(a, b, abi, words);
}

/* What means something else from now on, if this rule (NULL: one for all calls) stands first. */
static void tell_replaced(struct overriding *o, enum stile_abi abi, const struct call_rules *call,
			  const struct rule *by)
{
	for (uint32_t i = 0; i < call->count; i++)
		if (!actions_equal(call->rules[i].action, o->action) &&
		    may_overlap(by, &call->rules[i], abi))
			tell(o, abi, call, call->rules[i].action, call->rules[i].origin,
			     &call->rules[i]);
	if (call->has_rest && !actions_equal(call->rest, o->action))
		tell(o, abi, call, call->rest, call->origin, NULL);
}

static int override_call(struct overriding *o, struct abi_calls *abi, uint32_t number,
			 const struct rule *by)
{
	struct call_rules *call = policy_call_rules(o->p, abi, number);
	const struct stile_table_condition *conditions;

	if (!call)
		return o->p->error;
	tell_replaced(o, abi->abi, call, by);
	if (!by || by->condition_count == 0) {
		call->count = 0;
		call->has_rest = true;
		call->rest = o->action;
		call->origin = o->origin;
		return 0;
	}
	conditions = policy_copy_conditions(o->p, by->conditions, by->condition_count);
	if (!conditions || !policy_grow_rules(o->p, call))
		return o->p->error;
	memmove(call->rules + 1, call->rules, (call->count - 1) * sizeof(*call->rules));
	call->rules[0] = policy_rule(call->syscall, abi->abi, o->action, conditions,
				     by->condition_count, o->origin);
	return 0;
}

static int override_syscall(struct overriding *o, const char *name)
{
	const int syscall = syscall_find(name);
	bool is_there = false;
	int error = 0;

	if (syscall < 0) {
		const char *nearest = syscall_suggest(name);

		return policy_fail(o->p, -ENOENT, "there is no syscall '%s'%s%s%s", name,
				   nearest ? ": did you mean '" : ": see syscalls(2)",
				   nearest ? nearest : "", nearest ? "'?" : "");
	}
	for (uint32_t a = 0; !error && a < o->p->abi_count; a++) {
		const int32_t number = syscall_table[syscall].numbers[o->p->abis[a].abi];

		if (number < 0)
			continue;
		is_there = true;
		error = override_call(o, &o->p->abis[a], (uint32_t)number, NULL);
	}
	if (!error && !is_there)
		return policy_fail(o->p, -ENOENT, "%s: no ABI of the policy has this call", name);
	return error;
}

static int override_rule(struct overriding *o, const struct rule *rule)
{
	int error = 0;

	for (uint32_t a = 0; !error && a < o->p->abi_count; a++) {
		struct abi_calls *abi = &o->p->abis[a];

		if (rule->abis & 1u << abi->abi)
			error = override_call(o, abi,
					      (uint32_t)syscall_table[rule->syscall]
						      .numbers[abi->abi],
					      rule);
	}
	return error;
}

/* A grant's rules, in a context that has nothing else. */
static int override_grant(struct overriding *o, const char *specification)
{
	enum stile_abi abis[STILE_ABI_COUNT];
	struct stile *s = context_without_basic();
	int error;

	for (uint32_t a = 0; a < o->p->abi_count; a++)
		abis[a] = o->p->abis[a].abi;
	(void)stile_set_abis(s, abis, o->p->abi_count); /* errors stick */
	error = stile_grant(s, specification);
	if (error)
		error = policy_fail(o->p, error, "%s", stile_message(s));
	for (uint32_t i = 0; !error && i < s->rule_count; i++)
		error = override_rule(o, &s->rules[i].rule);
	stile_free(s);
	return error;
}

STILE_PUBLIC int stile_policy_override(struct stile_policy *p, const char *what,
				       struct stile_action action, char **replaced)
{
	struct overriding o = { .p = p, .action = action };
	int error = policy_change(p), origin;
	char *text;

	if (replaced)
		*replaced = NULL;
	if (error || (error = policy_check_action(p, action)))
		return error;
	if (!what)
		return policy_fail(p, -EINVAL, "an override needs the name of a call or grant");
	if (asprintf(&text, "override %s", what) < 0)
		return policy_out_of_memory(p);
	origin = stile_policy_add_origin(p, text, 0);
	free(text);
	if (origin < 0)
		return origin;
	o.origin = (uint32_t)origin;
	error = strchr(what, '.') ? override_grant(&o, what) : override_syscall(&o, what);
	if (!error && replaced) {
		*replaced = text_take(&o.replaced);
		if (!*replaced)
			error = policy_out_of_memory(p);
	}
	free(o.replaced.bytes);
	return error;
}

/* Without a tracer or supervisor what is left to one fails, too. */
static void replace(struct stile_action *action, struct stile_action by)
{
	if (action->kind != STILE_ACTION_ALLOW && action->kind != STILE_ACTION_LOG)
		*action = by;
}

STILE_PUBLIC int stile_policy_replace_refusals(struct stile_policy *p, struct stile_action by)
{
	int error = policy_change(p);

	if (error || (error = policy_check_action(p, by)))
		return error;
	replace(&p->default_action, by);
	replace(&p->foreign_action, by);
	for (uint32_t a = 0; a < p->abi_count; a++) {
		replace(&p->abis[a].unknown, by);
		for (uint32_t i = 0; i < p->abis[a].count; i++) {
			struct call_rules *call = &p->abis[a].calls[i];

			replace(&call->rest, by);
			for (uint32_t k = 0; k < call->count; k++)
				replace(&call->rules[k].action, by);
		}
	}
	return 0;
}

/* Whether what stands above the bits is nothing, or the sign of what is in them. */
static bool has_only(uint64_t value, unsigned int bits)
{
	const uint64_t above = UINT64_MAX << bits, sign = UINT64_C(1) << (bits - 1);

	return (value & above) == 0 || ((value & above) == above && value & sign);
}

static void narrow(struct stile_table_condition *c, const struct syscall_argument *argument)
{
	const uint64_t all = UINT64_MAX >> (64 - argument->bits);

	/* A value that the narrow argument cannot have is not cut to one that it can. */
	if (c->bits <= argument->bits || argument->is_pointer ||
	    !has_only(c->value, argument->bits))
		return;
	c->bits = argument->bits;
	c->value &= all;
	if (c->comparison == STILE_MASKED_EQUAL)
		c->mask &= all;
	else if (c->comparison != STILE_EQUAL && c->comparison != STILE_NOT_EQUAL)
		c->is_signed = argument->is_signed;
}

static int narrow_call(struct stile_policy *p, enum stile_abi abi, struct call_rules *call)
{
	const struct syscall_argument *arguments;
	unsigned int count;

	if (call->syscall == NO_SYSCALL)
		return 0;
	arguments = syscall_argument_list(call->syscall, abi, &count);
	for (uint32_t i = 0; i < call->count; i++) {
		struct rule *rule = &call->rules[i];
		struct stile_table_condition *copy = (struct stile_table_condition *)
			policy_copy_conditions(p, rule->conditions, rule->condition_count);

		if (!copy)
			return p->error;
		for (unsigned int k = 0; k < rule->condition_count; k++)
			if (copy[k].argument < count)
				narrow(&copy[k], &arguments[copy[k].argument]);
		rule->conditions = copy;
	}
	return 0;
}

STILE_PUBLIC int stile_policy_use_kernel_widths(struct stile_policy *p)
{
	int error = policy_change(p);

	for (uint32_t a = 0; !error && a < p->abi_count; a++)
		for (uint32_t i = 0; !error && i < p->abis[a].count; i++)
			error = narrow_call(p, p->abis[a].abi, &p->abis[a].calls[i]);
	return error;
}
