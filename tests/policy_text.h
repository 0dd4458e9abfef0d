/* SPDX-License-Identifier: MIT */
#ifndef TESTS_POLICY_TEXT_H
#define TESTS_POLICY_TEXT_H

/* Policies from texts and back, for the tests of formats. */

#include "format.h"
#include "test_support.h"

/* What readers and writers said in the last call of one of these functions. */
extern struct diagnostics said;

/* One of x86_64 alone, without rules, whose foreign calls kill the thread. */
struct stile_policy *new_policy(struct stile_action default_action);

/* Reads a text; NULL: it was refused. */
struct stile_policy *read_policy(const struct format *format, const char *text,
				 const struct read_options *options);

/* The same, which must be taken. */
struct stile_policy *taken(const struct format *format, const char *text,
			   const struct read_options *options);

/* Refused, and the first error is this one: "line:column: sentence". */
void ck_refused(const struct format *format, const char *text, const struct read_options *options,
		const char *sentence);

/* Taken, with this as the first warning; "": none. */
void ck_warned(const struct format *format, const char *text, const struct read_options *options,
	       const char *sentence);

/* Writes a policy; NULL: it cannot be said. Freed by the caller. */
char *written(const struct format *format, const struct stile_policy *policy, bool is_lossy);

/* No call is answered differently. */
void ck_same(const struct stile_policy *a, const struct stile_policy *b);

/* What a call by a name gets: "allow", "fail with EPERM", ... Static memory. */
const char *policy_answer(const struct stile_policy *policy, enum stile_abi abi,
			  const char *syscall, uint64_t first, uint64_t second);

/* The same by architecture and number. */
const char *number_answer(const struct stile_policy *policy, uint32_t arch, uint32_t number,
			  uint64_t first, uint64_t second);

#endif
