/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_FORMAT_H
#define FORMATS_FORMAT_H

/*
 * The formats of policy files: each reads a file into a policy that means exactly what the format's
 * own project makes of it, and writes a policy as a file. Readers and writers know the public API
 * of the library and nothing else of it.
 */

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <stile.h>

#include "diagnostics.h"
#include "source.h"

struct read_options {
	enum stile_abi abi;  /* for formats that do not say for which they are */
	const char *section; /* which policy of a file that has several (Firecracker: the thread);
			      * NULL: the only one */
	/* Of the container that a profile is for, as moby's conditions ask (includes, excludes). */
	const char *const *capabilities; /* "CAP_SYS_ADMIN"; NULL-ended; NULL: none */
	uint32_t kernel;		 /* that it will run on: major << 16 | minor << 8 | patch */
	const char *systemd_groups; /* a file with what "systemd-analyze syscall-filter" prints;
				     * NULL: that program is asked */
	bool is_profile; /* a fragment without whole meaning of its own may be read too */
};

struct write_options {
	bool is_lossy;	  /* what cannot be said may be refused instead, with a warning each */
	const char *name; /* of what is written, where the format has a place for one; or NULL */
};

struct format {
	const char *name;    /* "oci" */
	const char *summary; /* of whom, in a few words */

	/* Whether a file's bytes look like this format, for files whose format is not said. */
	bool (*is_likely)(const struct source *source);

	/*
	 * A policy, to be freed by the caller; NULL: it has errors, all of which are in
	 * diagnostics. Warnings are there too.
	 */
	struct stile_policy *(*read)(const struct source *source,
				     const struct read_options *options,
				     struct diagnostics *diagnostics);

	/*
	 * Writes a policy. 0, or -1 and the errors are in diagnostics: what the format cannot say,
	 * each with the call that it is about. NULL: the format can only be read.
	 */
	int (*write)(FILE *stream, const struct stile_policy *policy,
		     const struct write_options *options, struct diagnostics *diagnostics);
};

extern const struct format format_oci, format_kubernetes, format_minijail, format_kafel,
	format_firecracker, format_systemd, format_tiny_jail, format_bpf;

#endif
