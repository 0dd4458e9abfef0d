/* SPDX-License-Identifier: MIT */
#ifndef TESTS_RULESET_FIXTURE_H
#define TESTS_RULESET_FIXTURE_H

/* For tests of rulesets made at run time: one named "mine" and a context, new for each. */

#include "test_support.h"

static struct stile_ruleset *r;
static struct stile *s;

static void set_up(void)
{
	r = stile_ruleset_new("mine");
	s = stile_new();
	ck_assert_ptr_nonnull(r);
	ck_assert_ptr_nonnull(s);
}

static void tear_down(void)
{
	stile_ruleset_free(r);
	stile_free(s);
}

#endif
