/* SPDX-License-Identifier: MIT */
/*
 * Counts the lines of its standard input under a filter that was compiled and proved when the
 * program was built: at run time there is no policy, no compiler and no allocation, only the load.
 *
 *	stile compile --format c --name line_counter_filter --output line_counter_filter.h \
 *		--grant 'system_io.read_fd(0)' --grant system_io.stdout
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "line_counter_filter.h"

int main(void)
{
	char block[4096];
	long lines = 0;
	ssize_t length;
	int error = stile_load_compiled(&line_counter_filter);

	if (error) {
		(void)fprintf(stderr, "cannot sandbox: %s\n", strerror(-error));
		return 1;
	}
	while ((length = read(STDIN_FILENO, block, sizeof(block))) > 0)
		for (ssize_t i = 0; i < length; i++)
			lines += block[i] == '\n';
	(void)printf("%ld lines\n", lines);
	if (open("/etc/passwd", O_RDONLY) < 0)
		(void)printf("another file: %s\n", strerror(errno));
	return length < 0;
}
