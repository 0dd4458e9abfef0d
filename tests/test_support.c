/* SPDX-License-Identifier: MIT */
#include "test_support.h"

#include <string.h>

#include "audit_arch.h"

uint32_t simulate(const struct sock_filter *instructions, size_t count,
		  const struct seccomp_data *data)
{
	uint32_t value = 0;

	ck_assert_int_eq(stile_simulate(instructions, count, data, &value), 0);
	return value;
}

uint32_t answer(struct stile *s, const char *syscall, uint64_t a, uint64_t b, uint64_t c,
		uint64_t d, uint64_t e, uint64_t f)
{
	struct seccomp_data data = { .arch = audit_arch(STILE_ABI_NATIVE),
				     .args = { a, b, c, d, e, f } };
	struct sock_filter *instructions;
	uint32_t value;
	size_t count;
	long number = stile_syscall_number(STILE_ABI_NATIVE, syscall);

	ck_assert_msg(number >= 0, "no syscall %s here", syscall);
	data.nr = (int)number;
	ck_assert_msg(stile_compile(s, &instructions, &count) == 0, "%s", stile_message(s));
	value = simulate(instructions, count, &data);
	free(instructions);
	return value;
}
