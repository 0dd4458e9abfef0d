/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_BROKER_PLACE_H
#define SUPERVISE_BROKER_PLACE_H

/* Where a file or folder is, told apart from all others whatever it is called. */

#include <stdbool.h>
#include <stdint.h>

struct place {
	uint64_t inode, mount; /* it is elsewhere when it is seen through another mount */
	uint32_t device_major, device_minor;
};

/* 0 or a negative errno; -ENOSYS: the kernel does not tell mounts. */
int place_of(int fd, struct place *place);

bool place_equal(const struct place *a, const struct place *b);

/*
 * Calls visit for a folder and for each that it lies in, upwards, until visit answers true or
 * there is none above: 0 or a negative errno. -ELOOP: it lies deeper than anybody means it to.
 */
int place_climb(int folder, bool (*visit)(const struct place *place, void *data), void *data);

/*
 * Whether an object, which lies in a folder or is it, is in the folder of a process of a proc
 * filesystem, or may be. What is in there is open to the supervisor otherwise than to a target: its
 * own memory for one.
 */
bool place_is_of_process(int object, int folder);

#endif
