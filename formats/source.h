/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_SOURCE_H
#define FORMATS_SOURCE_H

/* A policy file's bytes, as they were read. */

#include <stddef.h>

#define SOURCE_BYTES_MAX (1u << 20)

struct source {
	const char *name;  /* as the user gave it; for messages */
	const char *bytes; /* a NUL stands behind them; there may be others within */
	size_t length;	   /* at most SOURCE_BYTES_MAX */
	int folder; /* descriptor of the folder that it is in, for includes; -1: it has none */
};

#endif
