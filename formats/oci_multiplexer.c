/* SPDX-License-Identifier: MIT */
/*
 * i386's older ways to sockets and System V IPC: one call with a number for what is wanted.
 * libseccomp lets a rule for a call stand for that way too.
 */
#include <linux/net.h>
#include <stdlib.h>
#include <string.h>

#include "oci_rules.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

struct multiplexed {
	const char *name;
	const char *by;
	uint32_t call;
};

#define SOCKETCALL "socketcall" /* its calls are those of linux/net.h */
#define IPC "ipc"		/* linux/ipc.h has its calls for the kernel alone */

/* Sorted by name. */
static const struct multiplexed calls[] = {
	{ "accept", SOCKETCALL, SYS_ACCEPT },
	{ "accept4", SOCKETCALL, SYS_ACCEPT4 },
	{ "bind", SOCKETCALL, SYS_BIND },
	{ "connect", SOCKETCALL, SYS_CONNECT },
	{ "getpeername", SOCKETCALL, SYS_GETPEERNAME },
	{ "getsockname", SOCKETCALL, SYS_GETSOCKNAME },
	{ "getsockopt", SOCKETCALL, SYS_GETSOCKOPT },
	{ "listen", SOCKETCALL, SYS_LISTEN },
	{ "msgctl", IPC, 14 },
	{ "msgget", IPC, 13 },
	{ "msgrcv", IPC, 12 },
	{ "msgsnd", IPC, 11 },
	{ "recv", SOCKETCALL, SYS_RECV },
	{ "recvfrom", SOCKETCALL, SYS_RECVFROM },
	{ "recvmmsg", SOCKETCALL, SYS_RECVMMSG },
	{ "recvmsg", SOCKETCALL, SYS_RECVMSG },
	{ "semctl", IPC, 3 },
	{ "semget", IPC, 2 },
	{ "semop", IPC, 1 },
	{ "semtimedop", IPC, 4 },
	{ "send", SOCKETCALL, SYS_SEND },
	{ "sendmmsg", SOCKETCALL, SYS_SENDMMSG },
	{ "sendmsg", SOCKETCALL, SYS_SENDMSG },
	{ "sendto", SOCKETCALL, SYS_SENDTO },
	{ "setsockopt", SOCKETCALL, SYS_SETSOCKOPT },
	{ "shmat", IPC, 21 },
	{ "shmctl", IPC, 24 },
	{ "shmdt", IPC, 22 },
	{ "shmget", IPC, 23 },
	{ "shutdown", SOCKETCALL, SYS_SHUTDOWN },
	{ "socket", SOCKETCALL, SYS_SOCKET },
	{ "socketpair", SOCKETCALL, SYS_SOCKETPAIR },
};

static int compare(const void *name, const void *call)
{
	return strcmp(name, ((const struct multiplexed *)call)->name);
}

bool oci_multiplexer(const char *name, uint32_t *number, uint32_t *call)
{
	const struct multiplexed *found = bsearch(name, calls, COUNT(calls), sizeof(*calls),
						  compare);

	if (!found)
		return false;
	*number = (uint32_t)stile_syscall_number(STILE_ABI_I386, found->by);
	*call = found->call;
	return true;
}
