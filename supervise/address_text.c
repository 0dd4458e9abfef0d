/* SPDX-License-Identifier: MIT */
#include "address_text.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/un.h>

#include "call_text.h"
#include "quoted_text.h"
#include "syscalls.h"

/* As socket(2)'s domain is called. */
static void add_family(struct text *text, enum stile_abi abi, sa_family_t family)
{
	const uint64_t words[6] = { family };
	char name[ARGUMENT_TEXT_MAX];
	int syscall = syscall_find("socket");

	if (syscall < 0 || syscall_table[syscall].numbers[abi] < 0) {
		text_add(text, "%u", family);
		return;
	}
	argument_text(name, (uint16_t)syscall, abi, words, 0);
	text_add(text, "%s", name);
}

static void add_internet(struct text *text, const struct sockaddr_storage *address)
{
	char name[INET_ADDRSTRLEN];
	struct sockaddr_in in;

	memcpy(&in, address, sizeof(in));
	if (!inet_ntop(AF_INET, &in.sin_addr, name, sizeof(name)))
		name[0] = '\0';
	text_add(text, ", sin_port=%u, sin_addr=%s", ntohs(in.sin_port), name);
}

static void add_internet_6(struct text *text, const struct sockaddr_storage *address)
{
	char name[INET6_ADDRSTRLEN];
	struct sockaddr_in6 in;

	memcpy(&in, address, sizeof(in));
	if (!inet_ntop(AF_INET6, &in.sin6_addr, name, sizeof(name)))
		name[0] = '\0';
	text_add(text, ", sin6_port=%u, sin6_addr=%s", ntohs(in.sin6_port), name);
	if (in.sin6_flowinfo)
		text_add(text, ", sin6_flowinfo=%u", ntohl(in.sin6_flowinfo));
	if (in.sin6_scope_id)
		text_add(text, ", sin6_scope_id=%u", in.sin6_scope_id);
}

/* A path ends at its NUL or at the address's end, an abstract name (@) at the end alone. */
static void add_unix(struct text *text, const struct sockaddr_storage *address, size_t length)
{
	const char *path = (const char *)address + offsetof(struct sockaddr_un, sun_path);
	size_t size = length - offsetof(struct sockaddr_un, sun_path);

	if (size == 0)
		return;
	if (path[0] == '\0') {
		text_add(text, ", sun_path=@");
		quoted_text_add(text, path + 1, size - 1, false);
	} else {
		text_add(text, ", sun_path=");
		quoted_text_add(text, path, strnlen(path, size), false);
	}
}

static void add_netlink(struct text *text, const struct sockaddr_storage *address)
{
	struct sockaddr_nl netlink;

	memcpy(&netlink, address, sizeof(netlink));
	text_add(text, ", nl_pid=%u, nl_groups=0x%x", netlink.nl_pid, netlink.nl_groups);
}

void address_text_add(struct text *text, enum stile_abi abi, const struct sockaddr_storage *address,
		      size_t length)
{
	const size_t family_size = sizeof(address->ss_family);

	if (length < family_size) {
		text_add(text, "{}");
		return;
	}
	text_add(text, "{sa_family=");
	add_family(text, abi, address->ss_family);
	if (address->ss_family == AF_INET && length >= sizeof(struct sockaddr_in)) {
		add_internet(text, address);
	} else if (address->ss_family == AF_INET6 && length >= sizeof(struct sockaddr_in6)) {
		add_internet_6(text, address);
	} else if (address->ss_family == AF_UNIX) {
		add_unix(text, address, length);
	} else if (address->ss_family == AF_NETLINK && length >= sizeof(struct sockaddr_nl)) {
		add_netlink(text, address);
	} else if (length > family_size) {
		text_add(text, ", sa_data=");
		quoted_text_add(text, (const char *)address + family_size, length - family_size,
				false);
	}
	text_add(text, "}");
}
