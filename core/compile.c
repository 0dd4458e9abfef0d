/* SPDX-License-Identifier: MIT */
#include "compile.h"

#include <errno.h>
#include <stdlib.h>

#include <stile/filter.h>

#include "public.h"

/* The error must be one of stile/error.h; the back end's sentence stands. */
static int compile_policy(struct stile *s, const struct policy *policy, struct filter *filter)
{
	struct message message;
	int error = backend_libseccomp(policy, filter, &message);

	return error ? context_fail(s, error, "%s", message.text) : 0;
}

int compile_context(struct stile *s, enum policy_phase phase, struct filter *filter,
		    struct policy *policy)
{
	struct policy own;
	int error;

	filter->instructions = NULL;
	filter->count = 0;
	if (!s->is_touched)
		return context_fail(s, -ENODATA,
				    "nothing was granted or refused in this context: add a grant "
				    "first (stile-rulesets(7)), or apply_strict for the strictest "
				    "sandbox");
	error = policy_build(s, STILE_ABI_NATIVE, phase, policy ? policy : &own);
	if (error)
		return error;
	error = compile_policy(s, policy ? policy : &own, filter);
	if (error || !policy)
		policy_free(policy ? policy : &own);
	return error;
}

STILE_PUBLIC int stile_compile(struct stile *s, struct sock_filter **instructions, size_t *count)
{
	struct filter filter;
	int error = context_ready(s);

	if (error || (error = compile_context(s, POLICY_FINAL, &filter, NULL)))
		return error;
	*instructions = filter.instructions;
	*count = filter.count;
	return 0;
}

STILE_PUBLIC int stile_check(struct stile *s)
{
	struct sock_filter *instructions = NULL;
	size_t count;
	int error = stile_compile(s, &instructions, &count);

	free(instructions);
	return error;
}
