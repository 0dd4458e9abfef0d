/* SPDX-License-Identifier: MIT */
/* i386's older ways to sockets and System V IPC, for which libseccomp makes rules too. */
#include "multiplexed.h"

#include <linux/net.h>
#include <stddef.h>
#include <string.h>

#include <stile.h>

static const struct {
	const char *name, *by;
	uint32_t value;
} ways[] = {
	/* linux/net.h */
	{ "accept", "socketcall", SYS_ACCEPT },
	{ "accept4", "socketcall", SYS_ACCEPT4 },
	{ "bind", "socketcall", SYS_BIND },
	{ "connect", "socketcall", SYS_CONNECT },
	{ "getpeername", "socketcall", SYS_GETPEERNAME },
	{ "getsockname", "socketcall", SYS_GETSOCKNAME },
	{ "getsockopt", "socketcall", SYS_GETSOCKOPT },
	{ "listen", "socketcall", SYS_LISTEN },
	{ "recv", "socketcall", SYS_RECV },
	{ "recvfrom", "socketcall", SYS_RECVFROM },
	{ "recvmmsg", "socketcall", SYS_RECVMMSG },
	{ "recvmsg", "socketcall", SYS_RECVMSG },
	{ "send", "socketcall", SYS_SEND },
	{ "sendmmsg", "socketcall", SYS_SENDMMSG },
	{ "sendmsg", "socketcall", SYS_SENDMSG },
	{ "sendto", "socketcall", SYS_SENDTO },
	{ "setsockopt", "socketcall", SYS_SETSOCKOPT },
	{ "shutdown", "socketcall", SYS_SHUTDOWN },
	{ "socket", "socketcall", SYS_SOCKET },
	{ "socketpair", "socketcall", SYS_SOCKETPAIR },
	/* ipc(2) */
	{ "msgctl", "ipc", 14 },
	{ "msgget", "ipc", 13 },
	{ "msgrcv", "ipc", 12 },
	{ "msgsnd", "ipc", 11 },
	{ "semctl", "ipc", 3 },
	{ "semget", "ipc", 2 },
	{ "semop", "ipc", 1 },
	{ "semtimedop", "ipc", 4 },
	{ "shmat", "ipc", 21 },
	{ "shmctl", "ipc", 24 },
	{ "shmdt", "ipc", 22 },
	{ "shmget", "ipc", 23 },
};

bool multiplexed_call(const char *name, uint32_t *number, uint32_t *value)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		if (strcmp(ways[i].name, name) == 0) {
			*number = (uint32_t)stile_syscall_number(STILE_ABI_I386, ways[i].by);
			*value = ways[i].value;
			return true;
		}
	return false;
}
