/* SPDX-License-Identifier: MIT */
#ifndef TESTS_REFUSAL_H
#define TESTS_REFUSAL_H

/* For live tests: an errno that the kernel never has, so that a refusal is known for ours. */

#include <errno.h>

#include "child.h"
#include "test_support.h"

static const struct stile_action refuse_999 = { STILE_ACTION_ERRNO, 999 };

static inline long refused(long result)
{
	return result == -1 && errno == 999;
}

/* It may read and write, as any server. */
static inline struct stile *server_context(void)
{
	struct stile *s = stile_new();

	expect(stile_set_default(s, refuse_999) == 0);
	expect(stile_grant(s, "system_io.read") == 0);
	expect(stile_grant(s, "system_io.write") == 0);
	return s;
}

#endif
