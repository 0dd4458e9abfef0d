/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_REGISTERS_H
#define SUPERVISE_REGISTERS_H

/*
 * The registers of a stopped thread, as bytes in the kernel's own layout: nothing here depends on
 * the machine that it was compiled for.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <stile/abi.h>

#define REGISTERS_BYTES_MAX 272 /* aarch64's */

struct registers {
	enum stile_abi abi; /* by which the call came: calls by i386 have x86_64's registers, too */
	unsigned char bytes[REGISTERS_BYTES_MAX]; /* struct user_regs_struct */
	/* The call's number, where it is no register (aarch64). */
	int32_t number;
	/* Of which thread they are to be read when they are needed first; 0: they have been, or
	 * cannot be. Only its tracer can do that (supervise/thread_registers.h). */
	pid_t unread;
	bool is_changed, is_number_changed;
};

/* What a machine's registers are. */
struct register_layout {
	const char *const *names; /* NULL-ended */
	const uint16_t *offsets;  /* of each, in bytes: all of them have eight */
	size_t bytes;
	/* How a call is made; offsets. */
	const uint16_t *arguments; /* six */
	uint16_t result;
	bool has_number; /* in a register */
	uint16_t number;
	unsigned int call_bits; /* of arguments and results: 32 or 64 */
	/* Whether the kernel lets a register have this value after that. */
	bool (*may_set)(uint16_t offset, uint64_t before, uint64_t value);
};

/* NULL: it is not known. */
const struct register_layout *register_layout(enum stile_abi abi);

/* By name. -ENOENT: there is no such register; -EINVAL: it cannot have this value. */
int registers_get(const struct registers *registers, const char *name, uint64_t *value);
int registers_set(struct registers *registers, const char *name, uint64_t value);

/* The call at its entry. -EINVAL: there is no such argument; or no such number: 0 to INT32_MAX. */
int registers_set_argument(struct registers *registers, unsigned int index, uint64_t value);
int registers_set_number(struct registers *registers, long number);

/* At an entry: the call is not made and returns this. */
void registers_skip_call(struct registers *registers, int64_t result);

/* At an exit: what the call returns. */
void registers_set_result(struct registers *registers, int64_t result);

extern const struct register_layout registers_x86_64, registers_i386, registers_aarch64;

#endif
