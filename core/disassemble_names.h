/* SPDX-License-Identifier: MIT */
#ifndef CORE_DISASSEMBLE_NAMES_H
#define CORE_DISASSEMBLE_NAMES_H

/* What an instruction asks or answers, with the names of calls, arguments and constants. */

#include <stdbool.h>

#include <stile/abi.h>

#include "disassemble_flow.h"

#define NAMES_TEXT_MAX 256

/* "openat: flags" of a word that is loaded; "" if there is nothing to say. */
void load_text(char text[NAMES_TEXT_MAX], const struct flow_state *state, enum stile_abi abi,
	       uint8_t offset);

/*
 * "flags & (O_CREAT|O_TRUNC) == 0", what holds on the one way from a jump, or on the other. Where
 * A or X is not known it stands for itself.
 */
void question_text(char text[NAMES_TEXT_MAX], const struct flow_state *state, enum stile_abi abi,
		   const struct sock_filter *i, bool is_true);

/* "nr & 0x40000000" */
void value_expression(char text[NAMES_TEXT_MAX], const struct flow_state *state, enum stile_abi abi,
		      struct flow_value value, const char *otherwise);

/* "openat, openat2": the calls that come here; "" if they are unknown or many. */
void calls_text(char text[NAMES_TEXT_MAX], const struct flow_state *state, enum stile_abi abi);

#endif
