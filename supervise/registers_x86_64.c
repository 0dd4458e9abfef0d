/* SPDX-License-Identifier: MIT */
/*
 * struct user_regs_struct of x86-64 (sys/user.h there). PTRACE_GETREGS gives it for programs of
 * 32 bits, too.
 */
#include "registers.h"

#define WORD(index) (8 * (index))

enum {
	R15 = WORD(0),
	R14 = WORD(1),
	R13 = WORD(2),
	R12 = WORD(3),
	RBP = WORD(4),
	RBX = WORD(5),
	R11 = WORD(6),
	R10 = WORD(7),
	R9 = WORD(8),
	R8 = WORD(9),
	RAX = WORD(10),
	RCX = WORD(11),
	RDX = WORD(12),
	RSI = WORD(13),
	RDI = WORD(14),
	ORIG_RAX = WORD(15),
	RIP = WORD(16),
	CS = WORD(17),
	EFLAGS = WORD(18),
	RSP = WORD(19),
	SS = WORD(20),
	FS_BASE = WORD(21),
	GS_BASE = WORD(22),
	BYTES = WORD(27), /* ds, es, fs and gs follow */
};

static const char *const names[] = {
	"rax", "rbx",	 "rcx",	     "rdx", "rsi", "rdi",     "rbp",	 "rsp",
	"r8",  "r9",	 "r10",	     "r11", "r12", "r13",     "r14",	 "r15",
	"rip", "eflags", "orig_rax", "cs",  "ss",  "fs_base", "gs_base", NULL,
};
static const uint16_t offsets[] = {
	RAX, RBX, RCX, RDX, RSI, RDI,	 RBP,	   RSP, R8, R9,	     R10,     R11,
	R12, R13, R14, R15, RIP, EFLAGS, ORIG_RAX, CS,	SS, FS_BASE, GS_BASE,
};
static const uint16_t arguments[] = { RDI, RSI, RDX, R10, R8, R9 };
static const uint16_t arguments_i386[] = { RBX, RCX, RDX, RSI, RDI, RBP };

/* The end of what processes may have without asking for more (five-level page tables). */
#define ADDRESS_END 0x7ffffffff000

static bool may_set(uint16_t offset, uint64_t before, uint64_t value)
{
	(void)before;
	switch (offset) {
	case CS:
	case SS:
		return false;
	case FS_BASE:
	case GS_BASE:
		return value < ADDRESS_END;
	default:
		return true;
	}
}

const struct register_layout registers_x86_64 = {
	.names = names,
	.offsets = offsets,
	.bytes = BYTES,
	.arguments = arguments,
	.result = RAX,
	.has_number = true,
	.number = ORIG_RAX,
	.call_bits = 64,
	.may_set = may_set,
};

/* int 0x80, in a process of either width. */
const struct register_layout registers_i386 = {
	.names = names,
	.offsets = offsets,
	.bytes = BYTES,
	.arguments = arguments_i386,
	.result = RAX,
	.has_number = true,
	.number = ORIG_RAX,
	.call_bits = 32,
	.may_set = may_set,
};
