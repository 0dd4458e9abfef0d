/* SPDX-License-Identifier: MIT */
#ifndef TESTS_RULESET_TESTS_H
#define TESTS_RULESET_TESTS_H

/* The test lines of rulesets/, generated into ruleset_tests.c. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <stile/abi.h>

enum test_word_kind {
	TEST_VALUE,
	TEST_STRING, /* the address of a text */
	TEST_BUFFER, /* the address of 4096 writable zero bytes */
	TEST_BAD     /* an address that is not mapped */
};

struct test_word {
	enum test_word_kind kind;
	uint64_t value;
	const char *text;
};

struct ruleset_test {
	const char *file; /* in rulesets/ */
	int line;
	const char *grant; /* a specification: "system_io.read_fd(0)" */
	const char *text;  /* the call as written */
	const char *syscall;
	uint8_t abis;	     /* bit 1 << enum stile_abi for each that can make the call */
	bool runs;	     /* what a context with this grant alone does with it */
	bool sim_only;	     /* not to be made under the kernel */
	uint8_t enosys_abis; /* where its refusal may be ENOSYS, so that libc falls back */
	struct test_word words[STILE_ABI_COUNT][6];
};

extern const struct ruleset_test ruleset_tests[];
extern const int ruleset_test_count;

#endif
