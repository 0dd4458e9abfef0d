/* SPDX-License-Identifier: MIT */
#ifndef CORE_SYSCALL_TABLE_H
#define CORE_SYSCALL_TABLE_H

/*
 * The table of syscalls and constants, generated from generator/data into
 * build/gen/syscall_table.c. Sorted by name; an index into it is a "syscall" everywhere in
 * the library (struct rule, struct decision).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <stile/abi.h>
#include <stile/table.h>

struct constant {
	const char *name;
	uint8_t abis; /* bit 1 << enum stile_abi: where this value holds */
	uint64_t value;
};

enum group_kind {
	GROUP_ENUM, /* compared whole */
	GROUP_FLAGS,
	GROUP_VALUES /* names for single values of something else */
};

struct constant_group {
	const char *name;
	enum group_kind kind;
	uint32_t first, count;		 /* in constants */
	uint32_t first_flag, flag_count; /* GROUP_ENUM: flags beside it, in constants */
};

struct syscall_argument {
	const char *name, *kernel_name; /* kernel_name: NULL where it is the same */
	uint8_t bits;			/* that the kernel uses: 16, 32 or 64 */
	bool is_signed, is_pointer;
	int16_t group; /* in constant_groups, -1: none */
};

struct syscall_signature {
	uint16_t first; /* in syscall_arguments */
	uint8_t count;
};

struct syscall_entry {
	const char *name;
	uint32_t since;			  /* kernel, major << 16 | minor << 8 | patch */
	int32_t numbers[STILE_ABI_COUNT]; /* x32 with bit 30; -1: the ABI has no such call */
	struct syscall_signature signatures[STILE_ABI_COUNT];
};

/* A number of an ABI and its syscall; sorted by number. */
struct numbered_syscall {
	int32_t number;
	uint16_t syscall;
};

/* A place of the hash table of names, which is open: what has no room goes to the next place. */
struct syscall_slot {
	uint16_t hash;		   /* the low half of the name's */
	uint16_t syscall_plus_one; /* 0: nothing here, nor beyond for what belongs here */
};

/* A call whose flags stand behind a pointer, and the calls that do the same in the open. */
struct hidden_call {
	uint16_t syscall;
	uint8_t abis;			       /* bit 1 << enum stile_abi */
	uint16_t first_sibling, sibling_count; /* in hidden_siblings */
};

/* What a call that stands for several others (i386's socketcall) does if the condition holds. */
struct multiplexed_call {
	uint16_t multiplexer;
	enum stile_abi abi;
	uint16_t first_direct, direct_count; /* calls that do the same, in direct_calls */
	struct stile_table_condition condition;
};

extern const struct syscall_entry syscall_table[];
extern const uint32_t syscall_table_count;
extern const uint32_t syscall_table_newest;	  /* kernel, as since */
extern const struct syscall_slot syscall_slots[]; /* 1 << syscall_slot_bits of them */
extern const unsigned int syscall_slot_bits;
extern const struct syscall_argument syscall_arguments[];
extern const struct constant_group constant_groups[];
extern const struct constant constants[];
extern const uint32_t constant_count;
extern const struct numbered_syscall *const syscalls_by_number[STILE_ABI_COUNT];
extern const uint32_t syscalls_by_number_count[STILE_ABI_COUNT];
extern const struct hidden_call hidden_calls[];
extern const uint32_t hidden_call_count;
extern const uint16_t hidden_siblings[];
extern const struct multiplexed_call multiplexed_calls[];
extern const uint32_t multiplexed_call_count;
extern const uint16_t direct_calls[];

#endif
