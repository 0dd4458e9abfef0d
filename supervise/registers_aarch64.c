/* SPDX-License-Identifier: MIT */
/*
 * struct user_regs_struct of aarch64 (sys/user.h there): x0 to x30, sp, pc, pstate. The number of
 * a call is read from x8 and then kept elsewhere (NT_ARM_SYSTEM_CALL).
 */
#include "registers.h"

#define WORD(index) (8 * (index))

enum { X0 = WORD(0), SP = WORD(31), PC = WORD(32), PSTATE = WORD(33), BYTES = WORD(34) };

static const char *const names[] = {
	"x0",  "x1",  "x2",  "x3",  "x4",  "x5",  "x6",	 "x7",	"x8",  "x9",	 "x10", "x11",
	"x12", "x13", "x14", "x15", "x16", "x17", "x18", "x19", "x20", "x21",	 "x22", "x23",
	"x24", "x25", "x26", "x27", "x28", "x29", "x30", "sp",	"pc",  "pstate", NULL,
};
static const uint16_t offsets[] = {
	WORD(0),  WORD(1),  WORD(2),  WORD(3),	WORD(4),  WORD(5),  WORD(6),  WORD(7),	WORD(8),
	WORD(9),  WORD(10), WORD(11), WORD(12), WORD(13), WORD(14), WORD(15), WORD(16), WORD(17),
	WORD(18), WORD(19), WORD(20), WORD(21), WORD(22), WORD(23), WORD(24), WORD(25), WORD(26),
	WORD(27), WORD(28), WORD(29), WORD(30), SP,	  PC,	    PSTATE,
};
static const uint16_t arguments[] = { WORD(0), WORD(1), WORD(2), WORD(3), WORD(4), WORD(5) };

/* The flags N, Z, C, V: of others the kernel takes some only from some states. */
#define PSTATE_FLAGS UINT64_C(0xf0000000)

static bool may_set(uint16_t offset, uint64_t before, uint64_t value)
{
	return offset != PSTATE || ((value ^ before) & ~PSTATE_FLAGS) == 0;
}

const struct register_layout registers_aarch64 = {
	.names = names,
	.offsets = offsets,
	.bytes = BYTES,
	.arguments = arguments,
	.result = X0,
	.has_number = false,
	.call_bits = 64,
	.may_set = may_set,
};
