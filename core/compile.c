/* SPDX-License-Identifier: MIT */
#include "compile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <stile/filter.h>

#include "hash.h"
#include "interpreter.h"
#include "kernel_cost.h"
#include "proof.h"
#include "public.h"

static int report_difference(const struct stile_proof *proof, struct message *message)
{
	char *call = stile_call_text(&proof->witness);
	int error = message_set(message, -EIO,
				"the compiled filter does not do what the policy says, e.g. for "
				"%s: it answers 0x%08x in place of 0x%08x; nothing is loaded: was "
				"memory short? Otherwise please report this",
				call ? call : "a call", proof->filter_answer, proof->policy_answer);

	free(call);
	return error;
}

/* Nothing that is not proved leaves the library. */
static int prove(const struct policy *policy, const struct filter *filter,
		 struct stile_proof *proof, struct message *message)
{
	const char *why = "";
	size_t where = 0;
	int error;

	if (filter_check(filter->instructions, filter->count, &where, &why) < 0)
		return message_set(message, -EIO,
				   "the compiled filter is not one that the kernel takes: "
				   "instruction %zu: %s; nothing is loaded: please report this",
				   where, why);
	error = filter_prove(policy, filter, proof);
	if (error)
		return message_set(message, error, "out of memory while the filter was proved");
	switch (proof->verdict) {
	case STILE_VERDICT_EQUAL:
		return 0;
	case STILE_VERDICT_DIFFERENT:
		return report_difference(proof, message);
	case STILE_VERDICT_UNDECIDED:
		break;
	}
	return message_set(message, -E2BIG,
			   "the compiled filter could not be proved: instruction %zu: %s; nothing "
			   "is loaded: use fewer conditions for one call",
			   proof->where, proof->why);
}

int make_filter(const struct policy *policy, const struct filter_options *options,
		struct filter *filter, struct stile_proof *proof, struct message *message)
{
	int error = options->backend == STILE_BACKEND_LIBSECCOMP ?
			    backend_libseccomp(policy, filter, message) :
			    backend_own(policy, options->weights, filter, message);

	memset(proof, 0, sizeof(*proof));
	if (error || options->is_unproved)
		return error;
	error = prove(policy, filter, proof, message);
	if (error) {
		free(filter->instructions);
		filter->instructions = NULL;
		filter->count = 0;
	}
	return error;
}

int compile_phase(struct stile *s, enum policy_phase phase, struct filter *filter,
		  struct policy *policy)
{
	struct stile_proof proof;
	struct message message;
	int error;

	if (!s->is_touched)
		return context_fail(s, -ENODATA,
				    "nothing was granted or refused in this context: add a grant "
				    "first (stile-rulesets(7)), or apply_strict for the strictest "
				    "sandbox");
	if (s->used && s->backend == STILE_BACKEND_LIBSECCOMP)
		return context_fail(s, -EINVAL,
				    "libseccomp's back end makes filters of grants: use our own "
				    "for a policy");
	error = policy_build(s, phase, policy);
	if (error)
		return error;
	error = make_filter(policy,
			    &(struct filter_options){ s->backend, s->weights,
						      s->flags & STILE_APPLY_UNPROVED },
			    filter, &proof, &message);
	if (error) {
		policy_free(policy);
		return context_fail(s, error, "%s", message.text);
	}
	if (phase == POLICY_FINAL) {
		s->proof = proof;
		s->kernel_cost = (unsigned int)filter_kernel_cost(filter);
	}
	return 0;
}

void note_policy(struct stile *s, const struct policy *policy)
{
	s->simple_count = 0;
	s->conditional_count = 0;
	s->policy_hash = policy_hash(policy);
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
	note_policy(s, &policy);
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
