/* SPDX-License-Identifier: MIT */
#ifndef TESTS_HANDLERS_FIXTURE_H
#define TESTS_HANDLERS_FIXTURE_H

/* For tests of contexts with handlers that are never asked: a context, new for each. */

#include <stile/supervise.h>

#include "test_support.h"

static struct stile *s;

static void set_up(void)
{
	s = stile_new();
}

static void tear_down(void)
{
	stile_free(s);
}

static struct stile_answer allow(struct stile_call *call, void *data)
{
	(void)call;
	(void)data;
	return stile_answer_allow();
}

#endif
