/* SPDX-License-Identifier: MIT */
/* Rules that a policy left out because no call reaches them, for those who look for mistakes. */
#include <stdlib.h>

#include "policy_object.h"
#include "public.h"

/* More of them are no news. */
#define UNREACHABLE_MAX 4096

int policy_keep_unreachable(struct stile_policy *p, const struct stile_policy_rule *rule)
{
	if (rule->origin < 0 || p->unreachable_count == UNREACHABLE_MAX)
		return 0;
	if (p->unreachable_count == p->unreachable_capacity) {
		const uint32_t capacity = p->unreachable_capacity ? 2 * p->unreachable_capacity : 8;
		struct policy_unreachable *kept = realloc(p->unreachable, capacity * sizeof(*kept));

		if (!kept)
			return policy_out_of_memory(p);
		p->unreachable = kept;
		p->unreachable_capacity = capacity;
	}
	p->unreachable[p->unreachable_count++] =
		(struct policy_unreachable){ .abi = rule->abi,
					     .number = rule->number,
					     .action = rule->action,
					     .origin = rule->origin };
	return 0;
}

STILE_PUBLIC bool stile_policy_get_unreachable(const struct stile_policy *p, size_t index,
					       struct stile_policy_rule *rule)
{
	const struct policy_unreachable *kept;

	if (!p || !rule || index >= p->unreachable_count)
		return false;
	kept = &p->unreachable[index];
	*rule = (struct stile_policy_rule){ .abi = kept->abi,
					    .number = kept->number,
					    .action = kept->action,
					    .origin = kept->origin };
	return true;
}
