/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_SYSTEMD_WRITER_H
#define FORMATS_SYSTEMD_WRITER_H

/* What is written of a policy as a drop-in. */

#include "systemd.h"

#define SYSTEMD_WRITTEN_MAX 4096

struct systemd_written {
	const char *name; /* static memory */
	struct stile_action action;
};

struct systemd_writer {
	const struct stile_policy *policy;
	const struct write_options *options;
	struct diagnostics *diagnostics;
	enum stile_abi native;
	enum stile_abi abis[STILE_ABI_COUNT];
	size_t abi_count;
	bool has_architectures;				   /* they are written */
	struct stile_action others;			   /* what calls get that are not written */
	struct systemd_written calls[SYSTEMD_WRITTEN_MAX]; /* sorted by name */
	size_t count;
	bool is_good;
};

/* Whether what is logged can be said; if not, it was said. */
void systemd_check_log(struct systemd_writer *writer);

/* Puts the drop-in into a stream, whose error says whether that went well. */
void systemd_put(FILE *stream, const struct systemd_writer *writer);

#endif
