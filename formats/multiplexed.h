/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_MULTIPLEXED_H
#define FORMATS_MULTIPLEXED_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The way by i386's socketcall or ipc to a call: the number of either and the value of its first
 * argument; false: there is none.
 */
bool multiplexed_call(const char *name, uint32_t *number, uint32_t *value);

#endif
