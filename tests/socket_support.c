/* SPDX-License-Identifier: MIT */
#include "socket_support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "child.h"

struct sockaddr_in ipv4(const char *text, uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };

	expect(inet_pton(AF_INET, text, &address.sin_addr) == 1);
	return address;
}

struct sockaddr_in6 ipv6(const char *text, uint16_t port)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	expect(inet_pton(AF_INET6, text, &address.sin6_addr) == 1);
	return address;
}

socklen_t unix_address(struct sockaddr_un *address, const char *path)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	(void)snprintf(address->sun_path, sizeof(address->sun_path), "%s", path);
	if (path[0] == '@')
		address->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path) +
			   (path[0] != '@'));
}

int call_bind(int socket, const struct sockaddr *address, socklen_t length)
{
	return bind(socket, address, length);
}

int call_connect(int socket, const struct sockaddr *address, socklen_t length)
{
	return connect(socket, address, length);
}

int error_of(socket_call call, int domain, int type, const void *address, size_t length)
{
	int fd = socket(domain, type | SOCK_CLOEXEC, 0), error;

	expect(fd >= 0);
	error = call(fd, address, (socklen_t)length) < 0 ? errno : 0;
	(void)close(fd);
	return error;
}

int ipv4_error(socket_call call, int type, const char *text, uint16_t port)
{
	const struct sockaddr_in address = ipv4(text, port);

	return error_of(call, AF_INET, type, &address, sizeof(address));
}

int ipv6_error(socket_call call, int type, const char *text, uint16_t port)
{
	const struct sockaddr_in6 address = ipv6(text, port);

	return error_of(call, AF_INET6, type, &address, sizeof(address));
}

int unix_error(socket_call call, int type, const char *path)
{
	struct sockaddr_un address;
	socklen_t length = unix_address(&address, path);

	return error_of(call, AF_UNIX, type, &address, length);
}
