/* SPDX-License-Identifier: MIT */
#ifndef CORE_CONDITION_H
#define CORE_CONDITION_H

#include "context.h"

/*
 * A condition as users write it, with the argument's place, width and sign put in. 0, or a
 * negative error with its sentence, which begins with who.
 */
int condition_resolve(struct message *message, const char *who, uint16_t syscall,
		      enum stile_abi abi, const struct stile_condition *condition,
		      struct stile_table_condition *resolved);

/*
 * Values arrive as this machine's numbers. 0 if they mean the same on another ABI; else -EINVAL
 * with a sentence that names the constant.
 */
int condition_check_constants(struct message *message, const char *who, uint16_t syscall,
			      enum stile_abi abi, const struct stile_table_condition *condition);

#endif
