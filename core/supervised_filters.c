/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "policy_split.h"
#include "supervised.h"

static int make_part(struct stile *s, const struct policy *policy, enum policy_part wanted,
		     struct filter *filter)
{
	const struct filter_options options = { s->backend, s->weights,
						s->flags & STILE_APPLY_UNPROVED };
	struct stile_proof proof;
	struct message message;
	struct policy part;
	int error;

	if (policy_split(policy, wanted, &part) < 0)
		return context_out_of_memory(s);
	error = make_filter(&part, &options, filter, &proof, &message);
	policy_free(&part);
	if (error)
		return context_fail(s, error, "%s", message.text);
	if (wanted == PART_REST)
		s->proof = proof;
	return 0;
}

int supervised_filters_make(struct stile *s, struct supervised_filters *filters)
{
	int error;

	memset(filters, 0, sizeof(*filters));
	/* Of the policy as a whole too: what it cannot be made of is said in its own words. */
	error = compile_phase(s, POLICY_FINAL, &filters->rest, &filters->policy);
	if (error)
		return error;
	note_policy(s, &filters->policy);
	if (!policy_notifies(&filters->policy))
		return 0;
	free(filters->rest.instructions);
	memset(&filters->rest, 0, sizeof(filters->rest));
	error = make_part(s, &filters->policy, PART_NOTIFYING, &filters->notifying);
	if (!error)
		error = make_part(s, &filters->policy, PART_REST, &filters->rest);
	if (error)
		supervised_filters_free(filters);
	return error;
}

void supervised_filters_free(struct supervised_filters *filters)
{
	free(filters->notifying.instructions);
	free(filters->rest.instructions);
	policy_free(&filters->policy);
	memset(filters, 0, sizeof(*filters));
}
