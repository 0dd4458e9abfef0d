/* SPDX-License-Identifier: MIT */
#include "compile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <stile/filter.h>

#include "public.h"
#include "trial.h"

int compile_phase(struct stile *s, enum policy_phase phase, struct filter *filter,
		  struct policy *policy)
{
	struct message message;
	int error;

	if (!s->is_touched)
		return context_fail(s, -ENODATA,
				    "nothing was granted or refused in this context: add a grant "
				    "first (stile-rulesets(7)), or apply_strict for the strictest "
				    "sandbox");
	error = policy_build(s, phase, policy);
	if (error)
		return error;
	error = backend_libseccomp(policy, filter, &message);
	if (!error) {
		error = filter_try(policy, filter, &message);
		if (error) {
			free(filter->instructions);
			filter->instructions = NULL;
		}
	}
	if (error) {
		policy_free(policy);
		return context_fail(s, error, "%s", message.text);
	}
	return 0;
}

void count_decisions(struct stile *s, const struct policy *policy)
{
	s->simple_count = 0;
	s->conditional_count = 0;
	for (uint32_t a = 0; a < policy->abi_count; a++) {
		const struct policy_abi *abi = &policy->abis[a];

		for (uint32_t i = 0; i < abi->decision_count; i++) {
			if (abi->decisions[i].rule_count)
				s->conditional_count++;
			else
				s->simple_count++;
		}
	}
}

int compile_prepare(struct stile *s)
{
	struct policy policy;
	int error = context_ready(s);

	if (error || s->prepared.instructions)
		return error;
	error = compile_phase(s, POLICY_FINAL, &s->prepared, &policy);
	if (error)
		return error;
	count_decisions(s, &policy);
	policy_free(&policy);
	return 0;
}

STILE_PUBLIC int stile_compile(struct stile *s, struct sock_filter **instructions, size_t *count)
{
	int error = compile_prepare(s);
	size_t size;

	if (error)
		return error;
	if (!instructions || !count)
		return context_fail(s, -EINVAL, "stile_compile() needs places for its results");
	size = s->prepared.count * sizeof(**instructions);
	*instructions = malloc(size);
	if (!*instructions)
		return context_out_of_memory(s);
	memcpy(*instructions, s->prepared.instructions, size);
	*count = s->prepared.count;
	return 0;
}

STILE_PUBLIC int stile_check(struct stile *s)
{
	return compile_prepare(s);
}
