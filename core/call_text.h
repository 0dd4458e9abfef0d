/* SPDX-License-Identifier: MIT */
#ifndef CORE_CALL_TEXT_H
#define CORE_CALL_TEXT_H

/* Calls, conditions and actions as people write them. */

#include <stddef.h>
#include <stdint.h>

#include "rule.h"
#include "syscall_table.h"

#define CALL_TEXT_MAX 384 /* two of them stand in one message */
#define ACTION_TEXT_MAX 48

/*
 * "socket(AF_PACKET, SOCK_RAW, 0)": constants by name where the argument has a group. It says all
 * that the kernel uses of the words: what has no room by name is a number.
 */
void call_text(char text[CALL_TEXT_MAX], uint16_t syscall, enum stile_abi abi,
	       const uint64_t words[6]);

/* One argument of it, in room for ARGUMENT_TEXT_MAX bytes: "AF_INET", "O_WRONLY|O_TRUNC", "-1". */
#define ARGUMENT_TEXT_MAX 128 /* longer lists of flags are read by nobody: a number */
void argument_text(char text[ARGUMENT_TEXT_MAX], uint16_t syscall, enum stile_abi abi,
		   const uint64_t words[6], unsigned int index);

/*
 * The three parts of a rule's condition "flags & (O_ACCMODE|O_CREAT) == O_RDONLY": what is
 * compared, how, with what.
 */
void condition_text(char *text, size_t size, const struct rule *rule, unsigned int index,
		    enum stile_abi abi);
const char *comparison_text(const struct stile_table_condition *condition);
void condition_value_text(char *text, size_t size, const struct rule *rule, unsigned int index,
			  enum stile_abi abi);

/* "fail with EACCES", "allow", "kill the process" */
void action_text(char text[ACTION_TEXT_MAX], struct stile_action action);

#endif
