/* SPDX-License-Identifier: MIT */
#include "minijail.h"
int minijail_write(FILE *stream, const struct stile_policy *policy,
		   const struct write_options *options, struct diagnostics *diagnostics)
{
	(void)stream;
	(void)policy;
	(void)options;
	(void)diagnostics;
	return -1;
}
