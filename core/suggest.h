/* SPDX-License-Identifier: MIT */
#ifndef CORE_SUGGEST_H
#define CORE_SUGGEST_H

/* "Did you mean": the nearest of many names. */

struct suggestion {
	const char *wanted;  /* as it was written */
	const char *nearest; /* NULL: nothing is near */
	unsigned int distance;
};

void suggestion_start(struct suggestion *suggestion, const char *wanted);
void suggestion_offer(struct suggestion *suggestion, const char *name);

#endif
