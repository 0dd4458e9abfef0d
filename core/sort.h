/* SPDX-License-Identifier: MIT */
#ifndef CORE_SORT_H
#define CORE_SORT_H

#include <stddef.h>

/*
 * Sorts as qsort(3) does, in place and without a system call: libc's asks for memory, and glibc's
 * for how much there is (sysinfo(2)), which kills a program under a filter that kills for it. Equal
 * elements come in any order.
 */
void sort(void *elements, size_t count, size_t size, int (*compare)(const void *, const void *));

#endif
