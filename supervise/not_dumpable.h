/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_NOT_DUMPABLE_H
#define SUPERVISE_NOT_DUMPABLE_H

/*
 * From now on no process of the same user reaches into this one, nor into what it forks: no memory,
 * no descriptors, no core file. 0 or a negative errno: a filter refuses it.
 */
int make_not_dumpable(void);

#endif
