/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CALL_FIXTURE_H
#define TESTS_CALL_FIXTURE_H

/* Calls of this process itself, described as in a stop of ptrace: so its own memory is read. */

#include <string.h>
#include <unistd.h>

#include "call.h"
#include "test_support.h"

#define ADDRESS(pointer) ((uint64_t)(uintptr_t)(pointer))

static inline struct stile_call make_call(enum stile_abi abi, const char *name,
					  const uint64_t words[6])
{
	struct stile_call call = { .listener = -1, .notification.thread = getpid() };

	call.notification.data.nr = (int)stile_syscall_number(abi, name);
	call.notification.data.arch = stile_audit_arch(abi);
	for (unsigned int i = 0; i < 6; i++)
		call.notification.data.args[i] = words[i];
	call_describe(&call);
	return call;
}

#define CALL(abi, name, ...) make_call(STILE_ABI_##abi, name, (const uint64_t[6]){ __VA_ARGS__ })

static inline void check_format(struct stile_call call, const char *expected)
{
	char *text = stile_call_format(&call);

	ck_assert_ptr_nonnull(text);
	ck_assert_str_eq(text, expected);
	free(text);
}

#endif
