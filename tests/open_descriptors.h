/* SPDX-License-Identifier: MIT */
#ifndef TESTS_OPEN_DESCRIPTORS_H
#define TESTS_OPEN_DESCRIPTORS_H

#include <fcntl.h>

/* How many of the first numbers name something; a test does not open more. */
static inline unsigned int open_descriptors(void)
{
	unsigned int count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

#endif
