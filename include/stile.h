/* SPDX-License-Identifier: MIT */
/*
 * stile: sandbox a Linux program by named capabilities.
 *
 *	struct stile *s = stile_new();			// refuses everything
 *	stile_allow_system_io_open_readonly(s);
 *	stile_allow_system_io_close(s);
 *	if (stile_apply_to_all_threads(s) < 0)
 *		errx(1, "cannot sandbox: %s", stile_message(s));
 *	stile_free(s);
 *
 * Every function that returns int returns 0 or one of the negative errors of
 * stile/error.h. The first error sticks to its context: all later calls return it and
 * the apply functions refuse, so a program may check these alone. A NULL context
 * stands for one whose memory could not be had: every call returns -ENOMEM.
 * The library prints nothing, never exits and keeps no global state.
 */
#ifndef STILE_H
#define STILE_H

#include <stile/error.h>
#include <stile/abi.h>
#include <stile/syscalls.h>
#include <stile/context.h>
#include <stile/ruleset.h>
#include <stile/rulesets.h>
#include <stile/apply.h>
#include <stile/spawn.h>
#include <stile/filter.h>
#include <stile/compiled.h>
#include <stile/policy.h>
#include <stile/notify.h>
#include <stile/supervise.h>
#include <stile/intercept.h>
#include <stile/broker.h>
#include <stile/worker.h>

#endif
