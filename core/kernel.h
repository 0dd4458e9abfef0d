/* SPDX-License-Identifier: MIT */
#ifndef CORE_KERNEL_H
#define CORE_KERNEL_H

/* What the kernel's interface says, where Debian 12's headers do not say it yet. */

#include <stdint.h>

#include <stile/context.h>

#define KERNEL_FLAG_WAIT_KILLABLE (1u << 5) /* SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, 5.19 */

/* The SECCOMP_RET_* value of an action, with the errno as its data. */
uint32_t action_return_value(struct stile_action action);

#endif
