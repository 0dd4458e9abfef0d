/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_BROKER_ADDRESS_H
#define SUPERVISE_BROKER_ADDRESS_H

/* Ranges of internet addresses and ports, in text and in sockets' addresses. */

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct address_range {
	int family;	   /* AF_INET, AF_INET6; AF_UNSPEC: both, all addresses */
	uint8_t bytes[16]; /* the first 4 of AF_INET */
	unsigned int prefix;
	uint16_t first_port, last_port;
};

/*
 * "10.0.0.0/8", "::1", "*". 0, or -EINVAL with *problem a sentence about it (static memory); the
 * ports are left alone.
 */
int address_range_parse(const char *text, struct address_range *range, const char **problem);

/*
 * Whether an address, which is as long as its family has it, is in the range. An IPv4 address that
 * is written as one of IPv6 (::ffff:1.2.3.4) is what it is: one of IPv4.
 */
bool address_range_has(const struct address_range *range, const struct sockaddr_storage *address);

#endif
