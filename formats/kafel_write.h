/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_KAFEL_WRITE_H
#define FORMATS_KAFEL_WRITE_H

#include "format.h"
#include "kafel_syscalls.h"

/* As struct format's write(). */
int kafel_write(FILE *stream, const struct stile_policy *policy,
		const struct write_options *options, struct diagnostics *diagnostics);

/* The arguments that conditions are on: declared in the entry, so that Kafel compares 64 bits. */
void kafel_write_arguments(FILE *stream, const struct kafel_syscall *syscall, unsigned int count);

/* All conditions of a rule, with "&&" between them. */
void kafel_write_conditions(FILE *stream, const struct kafel_syscall *syscall,
			    const struct stile_policy_rule *rule);

#endif
