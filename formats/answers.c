/* SPDX-License-Identifier: MIT */
#include "answers.h"

bool answers_are_equal(struct stile_action a, struct stile_action b)
{
	return a.kind == b.kind && a.errno_value == b.errno_value;
}

/* As the kernel chooses among the answers of several filters: the highest wins. */
static int strength(enum stile_action_kind kind)
{
	switch (kind) {
	case STILE_ACTION_KILL_PROCESS:
		return 7;
	case STILE_ACTION_KILL_THREAD:
		return 6;
	case STILE_ACTION_TRAP:
		return 5;
	case STILE_ACTION_ERRNO:
		return 4;
	case STILE_ACTION_NOTIFY:
		return 3;
	case STILE_ACTION_TRACE:
		return 2;
	case STILE_ACTION_LOG:
		return 1;
	case STILE_ACTION_ALLOW:
		break;
	}
	return 0;
}

bool answer_refuses(struct stile_action action)
{
	return strength(action.kind) >= strength(STILE_ACTION_ERRNO);
}

bool answer_narrows(struct stile_action from, struct stile_action to)
{
	return answer_refuses(to) || strength(to.kind) >= strength(from.kind);
}
