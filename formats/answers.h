/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_ANSWERS_H
#define FORMATS_ANSWERS_H

/* Actions beside one another, for writers of formats that have fewer of them. */

#include <stdbool.h>

#include <stile.h>

bool answers_are_equal(struct stile_action a, struct stile_action b);

/* Whether no call that gets it is made: it kills, fails or raises SIGSYS. */
bool answer_refuses(struct stile_action action);

/* Whether nothing gets wider when calls get the second in place of the first. */
bool answer_narrows(struct stile_action from, struct stile_action to);

#endif
