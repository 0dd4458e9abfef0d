/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CONTEXT_FIXTURE_H
#define TESTS_CONTEXT_FIXTURE_H

/* For tests of what one context says: a new one for each, and its sentence compared whole. */

#include "test_support.h"

static struct stile *s;

static void set_up(void)
{
	s = stile_new();
	ck_assert_ptr_nonnull(s);
	ck_assert_int_eq(stile_error(s), 0);
	ck_assert_str_eq(stile_message(s), "");
}

static void tear_down(void)
{
	stile_free(s);
}

#endif
