/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_SYSTEMD_NAMES_H
#define FORMATS_SYSTEMD_NAMES_H

/* The names of calls that a unit mentions, alone or in groups, each with what was said of it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "document.h"

#define SYSTEMD_NAMES_MAX 4096

/* What SystemCallFilter= says of a call. */
enum systemd_verdict {
	SYSTEMD_UNSET, /* nothing, or it was taken back */
	SYSTEMD_ALLOWED,
	SYSTEMD_DENIED, /* with what SystemCallErrorNumber= says */
	SYSTEMD_KILLED,
	SYSTEMD_FAILS,
};

struct systemd_name {
	const char *name;
	enum systemd_verdict verdict;
	unsigned int errno_value; /* of SYSTEMD_FAILS */
	unsigned int line;	  /* where it was said */
	bool is_listed;		  /* by SystemCallLog= */
};

struct systemd_names {
	struct systemd_name items[SYSTEMD_NAMES_MAX];
	size_t count;
	uint16_t slots[2 * SYSTEMD_NAMES_MAX]; /* index + 1 of a name, by its hash */
};

/* The entry of a name, made if there is none; NULL: there are too many, or memory is out. */
struct systemd_name *systemd_name(struct systemd_names *names, struct document *memory,
				  const char *name);

/* The entry of a name, NULL: none. */
const struct systemd_name *systemd_find_name(const struct systemd_names *names, const char *name);

#endif
