/* SPDX-License-Identifier: MIT */
#include "not_dumpable.h"

#include <errno.h>
#include <sys/prctl.h>

int make_not_dumpable(void)
{
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ? -errno : 0;
}
