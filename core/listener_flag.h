/* SPDX-License-Identifier: MIT */
#ifndef CORE_LISTENER_FLAG_H
#define CORE_LISTENER_FLAG_H

#include <linux/seccomp.h>

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV /* Linux 5.19: newer than the oldest headers */
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

#endif
