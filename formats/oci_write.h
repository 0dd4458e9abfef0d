/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_OCI_WRITE_H
#define FORMATS_OCI_WRITE_H

#include "format.h"

/* The write() of format_oci. */
int oci_write(FILE *stream, const struct stile_policy *policy, const struct write_options *options,
	      struct diagnostics *diagnostics);

#endif
