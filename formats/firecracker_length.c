/* SPDX-License-Identifier: MIT */
/* How many instructions seccompiler makes, which refuses filters that are too long. */
#include "firecracker.h"

#define CONDITION_MOST 6 /* instructions of one */
#define JUMP_MOST 255
#define HELPERS 3 /* jumps that seccompiler adds where a jump would be too long */
#define RULE 3	  /* two jumps and the answer */

static size_t condition_length(const struct stile_table_condition *condition)
{
	const bool is_wide = condition->bits == 64;

	switch (condition->comparison) {
	case STILE_EQUAL:
	case STILE_NOT_EQUAL:
		return is_wide ? 4 : 2;
	case STILE_MASKED_EQUAL:
		return is_wide ? 6 : 3;
	default:
		return is_wide ? 5 : 2;
	}
}

size_t firecracker_rule_length(const struct stile_table_condition *conditions, size_t count)
{
	size_t length = RULE, offset = 1;

	for (size_t i = 0; i < count; i++) {
		const size_t added = condition_length(&conditions[i]);

		if (offset + CONDITION_MOST + 1 > JUMP_MOST) {
			length += HELPERS;
			offset = 1;
		}
		offset += added;
		length += added;
	}
	return length;
}
