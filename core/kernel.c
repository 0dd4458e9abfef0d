/* SPDX-License-Identifier: MIT */
/* What the running kernel can do. Every probe is a call that changes nothing. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <stile/apply.h>

#include "listener_flag.h"
#include "prologue.h"
#include "public.h"

static bool has_action(uint32_t action)
{
	return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

/*
 * A flag is known if the kernel gets as far as reading the program, which is not there
 * (EFAULT); an unknown one is EINVAL (seccomp(2)).
 */
static bool has_flag(unsigned int flags)
{
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, NULL) == -1 && errno == EFAULT;
}

/* landlock_create_ruleset(2) with LANDLOCK_CREATE_RULESET_VERSION; its number is the same on
 * every architecture, and older headers lack it. */
static int landlock_abi(void)
{
	long version = syscall(444, NULL, 0, 1u << 0);

	return version > 0 ? (int)version : 0;
}

STILE_PUBLIC int stile_probe_kernel(struct stile_kernel *kernel)
{
	if (!kernel)
		return -EINVAL;
	memset(kernel, 0, sizeof(*kernel));
	kernel->landlock_abi = landlock_abi();
	kernel->filters = has_flag(0);
	if (!kernel->filters)
		return -ENOSYS;
	for (unsigned int kind = 0; kind <= STILE_ACTION_KILL_PROCESS; kind++)
		kernel->actions[kind] = has_action(
			action_answer((struct stile_action){ (enum stile_action_kind)kind, 0 }));
	kernel->flag_log = has_flag(SECCOMP_FILTER_FLAG_LOG);
	kernel->flag_spec_allow = has_flag(SECCOMP_FILTER_FLAG_SPEC_ALLOW);
	kernel->flag_thread_sync = has_flag(SECCOMP_FILTER_FLAG_TSYNC);
	kernel->flag_wait_killable = has_flag(SECCOMP_FILTER_FLAG_NEW_LISTENER |
					      SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
	return 0;
}
