/* SPDX-License-Identifier: MIT */
/* Any filter against what a context says. */
#include <errno.h>

#include <stile/filter.h>

#include "context.h"
#include "policy_build.h"
#include "proof.h"
#include "public.h"

STILE_PUBLIC int stile_prove(struct stile *s, const struct sock_filter *instructions, size_t count,
			     struct stile_proof *proof)
{
	struct policy policy;
	int error = context_ready(s);

	if (error)
		return error;
	if (!instructions || !proof)
		return -EINVAL; /* as for other programs that cannot be: the context is right */
	error = policy_build(s, POLICY_FINAL, &policy);
	if (error)
		return error;
	error = filter_prove(&policy, &(struct filter){ (struct sock_filter *)instructions, count },
			     proof);
	policy_free(&policy);
	return error == -ENOMEM ? context_out_of_memory(s) : error;
}
