/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_KAFEL_WRITE_H
#define FORMATS_KAFEL_WRITE_H

#include "format.h"

/* As struct format's write(). */
int kafel_write(FILE *stream, const struct stile_policy *policy,
		const struct write_options *options, struct diagnostics *diagnostics);

#endif
