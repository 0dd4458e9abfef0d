/* SPDX-License-Identifier: MIT */
#ifndef CORE_POLICY_BUILD_MULTIPLEXERS_H
#define CORE_POLICY_BUILD_MULTIPLEXERS_H

#include "policy_build_rules.h"

/*
 * i386's socketcall and ipc stand for many calls, whose arguments they take from memory, where no
 * filter can look. Each value of their first argument gets what the direct call gets: permitted if
 * that is permitted whole, refused if that is refused, and ENOSYS if that depends on arguments, so
 * that libc makes the direct call. A value of whose call nothing is said gets what the rest gets.
 *
 * What is refused comes in front of the multiplexer's own rules, what is permitted behind them,
 * and not at all if the multiplexer itself is refused.
 */
/* Notes which calls of the ABI at hand are such; to be called first. */
void find_multiplexers(struct policy_build *b);

enum multiplexed_part { MULTIPLEXED_REFUSED, MULTIPLEXED_PERMITTED };

void add_multiplexed(const struct policy_build *b, struct decision *decision,
		     const struct rule_summary *own, enum multiplexed_part part);

#endif
