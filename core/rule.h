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

#endif
