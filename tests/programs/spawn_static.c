/* SPDX-License-Identifier: MIT */
/* Linked without a loader, for live_spawn: says whether getppid() is refused. */
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int final = syscall(SYS_getppid) < 0 ? errno : 0;
	char line[256];
	int length = snprintf(line, sizeof(line), "static final=%d %s\n", final,
			      argc > 1 ? argv[1] : "");

	return write(1, line, (size_t)length) == length ? 0 : 101;
}
