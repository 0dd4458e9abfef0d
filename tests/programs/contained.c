/* SPDX-License-Identifier: MIT */
/* What runs in the container of live_runc.c: makes calls and writes what they answered. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void say(const char *what, long result)
{
	printf("%s %s\n", what, result < 0 ? strerrorname_np(errno) : "runs");
}

int main(void)
{
	const long high = 1L << 32;

	say("getpid", getpid());
	say("socket(AF_UNIX)", syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0));
	say("socket(AF_UNIX|1<<32)", syscall(SYS_socket, AF_UNIX | high, SOCK_STREAM, 0));
	say("socket(AF_INET)", syscall(SYS_socket, AF_INET, SOCK_STREAM, 0));
	say("chroot", chroot("/"));
	say("sethostname", sethostname("x", 1));
	say("unknown", syscall(1000));
	return 0;
}
