/* SPDX-License-Identifier: MIT */
#include "broker_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

static const uint8_t mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

/* A number of at most three digits without sign, spaces or zeros in front. -1: it is none. */
static int parse_prefix(const char *text)
{
	const size_t length = strspn(text, "0123456789");
	int value = 0;

	if (length == 0 || length > 3 || text[length] != '\0' || (text[0] == '0' && length > 1))
		return -1;
	for (; *text; text++)
		value = 10 * value + (*text - '0');
	return value;
}

static bool parse_bytes(const char *text, struct address_range *range)
{
	range->family = AF_INET;
	if (inet_pton(AF_INET, text, range->bytes) == 1)
		return true;
	range->family = AF_INET6;
	return inet_pton(AF_INET6, text, range->bytes) == 1;
}

static bool has_prefix(const uint8_t *bytes, const uint8_t *wanted, unsigned int prefix)
{
	const unsigned int whole = prefix / 8, rest = prefix % 8;
	const unsigned int mask = (0xff00u >> rest) & 0xff;

	if (memcmp(bytes, wanted, whole) != 0)
		return false;
	return rest == 0 || ((bytes[whole] ^ wanted[whole]) & mask) == 0;
}

/* No bits behind the prefix: 10.1.2.3/8 is more likely a mistake than a way to say 10.0.0.0/8. */
static bool is_whole_network(const struct address_range *range)
{
	const unsigned int bits = range->family == AF_INET ? 32 : 128;

	for (unsigned int bit = range->prefix; bit < bits; bit++)
		if (range->bytes[bit / 8] & 0x80u >> bit % 8)
			return false;
	return true;
}

int address_range_parse(const char *text, struct address_range *range, const char **problem)
{
	char address[INET6_ADDRSTRLEN];
	const size_t length = strcspn(text, "/");
	int prefix;

	memset(range->bytes, 0, sizeof(range->bytes));
	range->family = AF_UNSPEC;
	range->prefix = 0;
	if (strcmp(text, "*") == 0)
		return 0;
	*problem = "it is no IPv4 or IPv6 address, \"*\", \"/path\" or \"@name\"";
	if (length >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, length);
	address[length] = '\0';
	if (!parse_bytes(address, range))
		return -EINVAL;
	prefix = range->family == AF_INET ? 32 : 128;
	if (text[length] == '/') {
		int wanted = parse_prefix(text + length + 1);

		*problem = "what follows \"/\" must be a number of bits that the address has";
		if (wanted < 0 || wanted > prefix)
			return -EINVAL;
		prefix = wanted;
	}
	range->prefix = (unsigned int)prefix;
	*problem = "the address has bits behind its prefix";
	if (!is_whole_network(range))
		return -EINVAL;
	*problem = "write it as the IPv4 address that it is";
	if (range->family == AF_INET6 && prefix >= 96 &&
	    has_prefix(range->bytes, mapped_prefix, 96))
		return -EINVAL;
	return 0;
}

/* The address's family as it counts, its bytes and its port; AF_UNSPEC: none of ours. */
static int take_apart(const struct sockaddr_storage *address, uint8_t bytes[16], uint16_t *port)
{
	struct sockaddr_in ipv4;
	struct sockaddr_in6 ipv6;

	switch (address->ss_family) {
	case AF_INET:
		memcpy(&ipv4, address, sizeof(ipv4));
		memcpy(bytes, &ipv4.sin_addr, 4);
		*port = ntohs(ipv4.sin_port);
		return AF_INET;
	case AF_INET6:
		memcpy(&ipv6, address, sizeof(ipv6));
		memcpy(bytes, &ipv6.sin6_addr, 16);
		*port = ntohs(ipv6.sin6_port);
		if (!has_prefix(bytes, mapped_prefix, 96))
			return AF_INET6;
		memmove(bytes, bytes + 12, 4);
		return AF_INET;
	default:
		return AF_UNSPEC;
	}
}

bool address_range_has(const struct address_range *range, const struct sockaddr_storage *address)
{
	uint8_t bytes[16];
	uint16_t port;
	int family = take_apart(address, bytes, &port);

	if (family == AF_UNSPEC || port < range->first_port || port > range->last_port)
		return false;
	if (range->family == AF_UNSPEC)
		return true;
	return family == range->family && has_prefix(bytes, range->bytes, range->prefix);
}
