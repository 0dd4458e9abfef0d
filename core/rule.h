/* SPDX-License-Identifier: MIT */
#ifndef CORE_RULE_H
#define CORE_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include <stile/abi.h>
#include <stile/context.h>
#include <stile/table.h>

/*
 * A condition is a struct stile_table_condition (stile/table.h) with its parameter
 * already put in: comparison, mask and value stand within its bits; order comparisons are
 * signed if is_signed. STILE_IS_NULL has become STILE_EQUAL 0 on 64 bits.
 */

/* A syscall, conditions that must all hold, and what happens then. */
struct rule {
	uint16_t syscall; /* in syscall_table */
	uint8_t abis;	  /* bit 1 << enum stile_abi */
	uint8_t condition_count;
	uint32_t origin; /* in the context's or policy's origins */
	struct stile_action action;
	const struct stile_table_condition *conditions;
};

#define RULE_CONDITIONS_MAX 32 /* of one rule */

/* Whether they are the same, one by one: not by memcmp(3), which sees the bytes between members. */
static inline bool conditions_equal(const struct stile_table_condition *a,
				    const struct stile_table_condition *b, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		if (a[i].argument != b[i].argument || a[i].bits != b[i].bits ||
		    a[i].comparison != b[i].comparison || a[i].is_signed != b[i].is_signed ||
		    a[i].parameter != b[i].parameter || a[i].mask != b[i].mask ||
		    a[i].value != b[i].value)
			return false;
	return true;
}

#endif
