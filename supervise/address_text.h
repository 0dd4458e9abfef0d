/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_ADDRESS_TEXT_H
#define SUPERVISE_ADDRESS_TEXT_H

#include <sys/socket.h>

#include <stile/abi.h>

#include "text.h"

/* Adds {sa_family=AF_INET, sin_port=80, sin_addr=1.2.3.4}. length: at most that of the struct. */
void address_text_add(struct text *text, enum stile_abi abi, const struct sockaddr_storage *address,
		      size_t length);

#endif
