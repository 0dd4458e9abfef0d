/* SPDX-License-Identifier: MIT */
#ifndef TESTS_PROGRAMS_SOAK_REPORT_H
#define TESTS_PROGRAMS_SOAK_REPORT_H

/* What all processes of a soak (soak.c) share, as a file. */

#include <stdatomic.h>
#include <stdint.h>

#define SOAK_REPORT 3	 /* the file's number in targets */
#define SOAK_ORPHANED 77 /* the exit status of a target whose supervisor is gone */
#define SOAK_KINDS 4	 /* of targets */

struct soak_belongings {
	unsigned int descriptors, threads;
	unsigned long malloced, resident; /* bytes */
};

struct soak_report {
	/* By handlers: a call that a target gets an answer to was counted. */
	atomic_uint_fast64_t handled;
	/* By targets: what their calls came to. None may ever succeed. */
	atomic_uint_fast64_t refused, orphaned, succeeded;
	/* By supervisors, and by who starts them. */
	atomic_uint_fast64_t starts, targets_killed, supervisors_killed, faults;
	atomic_bool stop;
	struct soak_belongings first, last; /* of a supervisor that lives to the end */
};

#endif
