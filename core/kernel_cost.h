/* SPDX-License-Identifier: MIT */
#ifndef CORE_KERNEL_COST_H
#define CORE_KERNEL_COST_H

#include <stddef.h>

#include "backend.h"

/*
 * Instructions of the kernel's own machine that a filter becomes. All filters of a thread together
 * may have KERNEL_COST_MAX; each that is there already counts four more (kernel/seccomp.c:
 * MAX_INSNS_PER_PATH, seccomp_attach_filter; net/core/filter.c: bpf_convert_filter).
 */
#define KERNEL_COST_MAX 32768
#define KERNEL_COST_STACKED 4

size_t filter_kernel_cost(const struct filter *filter);

#endif
