/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_SYSTEMD_H
#define FORMATS_SYSTEMD_H

/* What a unit's lines come to. */

#include "format.h"
#include "systemd_groups.h"
#include "systemd_names.h"
#include "systemd_unit.h"

/* A list is of what is let through (or logged), or of what is not; the first line decides. */
enum systemd_mode { SYSTEMD_NO_LIST, SYSTEMD_LISTED, SYSTEMD_NOT_LISTED };

struct systemd_settings {
	struct systemd_names names;
	enum systemd_mode filter, log;
	size_t log_count;	  /* names of the log's list */
	unsigned int errno_value; /* 0: kill */
	bool has_architectures;
	bool has_unknown_abi;	    /* one of them is not known to stile */
	bool abis[STILE_ABI_COUNT]; /* of them */
};

struct systemd_reader {
	const struct source *source;
	struct diagnostics *diagnostics;
	const struct read_options *options;
	struct document memory;
	struct systemd_groups *groups; /* NULL: not loaded yet */
	struct systemd_unit unit;
	struct systemd_settings settings;
};

/* For diagnose_error() and diagnose_warning(): where a word or an assignment stands. */
#define SYSTEMD_AT(reader, at) \
	(reader)->diagnostics, (reader)->source->name, (at)->line, (at)->column

/* Does all that a unit says. False: it was said what is wrong. */
bool systemd_apply(struct systemd_reader *reader);

/*
 * Calls visit() for each call of a group and of the groups in it. False: there is no such group,
 * or visit() returned false.
 */
bool systemd_visit_group(struct systemd_reader *reader, const char *group,
			 const struct systemd_word *place,
			 bool (*visit)(struct systemd_reader *reader, const char *name,
				       const void *data),
			 const void *data);

/* The value of an errno by its name or number (in letters of any case), 0 to 4095; -1: none. */
int systemd_errno(const char *text);

/* The policy. NULL: it was said why not. */
struct stile_policy *systemd_policy(const struct systemd_reader *reader);

/* An architecture by systemd's name: an ABI; -1: it is known but not to stile; -2: unknown. */
int systemd_architecture(const char *name, enum stile_abi native);
/* NULL: there is none. */
const char *systemd_architecture_name(enum stile_abi abi);

int systemd_write(FILE *stream, const struct stile_policy *policy,
		  const struct write_options *options, struct diagnostics *diagnostics);

#endif
