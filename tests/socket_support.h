/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SOCKET_SUPPORT_H
#define TESTS_SOCKET_SUPPORT_H

/* For tests of sockets: addresses from text, and what calls say to them. They use expect(). */

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

struct sockaddr_in ipv4(const char *text, uint16_t port);
struct sockaddr_in6 ipv6(const char *text, uint16_t port);

/* Of a path, or of "@NAME". Its length. */
socklen_t unix_address(struct sockaddr_un *address, const char *path);

/* bind(2) or connect(2). */
typedef int (*socket_call)(int socket, const struct sockaddr *address, socklen_t length);
int call_bind(int socket, const struct sockaddr *address, socklen_t length);
int call_connect(int socket, const struct sockaddr *address, socklen_t length);

/* 0 or the errno of a call on a new socket. */
int error_of(socket_call call, int domain, int type, const void *address, size_t length);
int ipv4_error(socket_call call, int type, const char *text, uint16_t port);
int ipv6_error(socket_call call, int type, const char *text, uint16_t port);
int unix_error(socket_call call, int type, const char *path);

#endif
