/* SPDX-License-Identifier: MIT */
/* The filter of a policy that was made rule by rule: compiled and proved. */
#include <errno.h>
#include <stdlib.h>

#include "backend.h"
#include "compile.h"
#include "hash.h"
#include "policy_object.h"
#include "proof.h"
#include "public.h"

STILE_PUBLIC int stile_policy_compile(struct stile_policy *p, struct sock_filter **instructions,
				      size_t *count)
{
	const struct policy *made = policy_made(p);
	struct stile_proof proof;
	struct message message;
	struct filter filter;
	int error;

	if (!made)
		return policy_ready(p);
	if (!instructions || !count)
		return policy_fail(p, -EINVAL,
				   "stile_policy_compile() needs places for its results");
	error = make_filter(made, &(struct filter_options){ 0 }, &filter, &proof, &message);
	if (error)
		return policy_fail(p, error, "%s", message.text);
	*instructions = filter.instructions;
	*count = filter.count;
	return 0;
}

STILE_PUBLIC int stile_policy_prove(struct stile_policy *p, const struct sock_filter *instructions,
				    size_t count, struct stile_proof *proof)
{
	const struct policy *made = policy_made(p);
	int error;

	if (!made)
		return policy_ready(p);
	if (!instructions || !proof)
		return -EINVAL;
	error = filter_prove(made, &(struct filter){ (struct sock_filter *)instructions, count },
			     proof);
	return error == -ENOMEM ? policy_out_of_memory(p) : error;
}
