/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_TARGET_DESCRIPTOR_H
#define SUPERVISE_TARGET_DESCRIPTOR_H

#include <sys/types.h>

/*
 * A pidfd for the descriptors of a thread that does not go on meanwhile. -ENOENT: there is no
 * such thread; -EPERM: its descriptors cannot be told from those of its process's other threads
 * (before Linux 6.9); -EMFILE and the like.
 */
int thread_descriptors_open(pid_t thread);

/* Takes a copy: as stile_take_descriptor(). */
int thread_descriptor_take(int pidfd, int number);

#endif
