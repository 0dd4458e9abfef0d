/* SPDX-License-Identifier: MIT */
#ifndef CORE_LIBSECCOMP_PROGRAM_H
#define CORE_LIBSECCOMP_PROGRAM_H

/* What libseccomp made of bare numbers and indices becomes part of a filter. */

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <stile/abi.h>

#define INDEX_EPILOGUE 0 /* in place of an answer: go on behind the program */

/* Puts the answers (SECCOMP_RET_* with data) in place of their indices, with which the program
 * returns SECCOMP_RET_TRACE; false: it returns what it was not told. */
bool program_translate(struct sock_filter *program, size_t count, const uint32_t *answers,
		       uint32_t answer_count);

/*
 * Puts an ABI into libseccomp's tests of it, which take the program for the native one: of the
 * architecture, and on x86_64 of x32's bit. What comes to them has passed such tests already.
 * False: they are not there.
 */
bool program_readdress(struct sock_filter *program, size_t count, enum stile_abi abi);

#endif
