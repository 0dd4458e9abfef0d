/* SPDX-License-Identifier: MIT */
#include "registers.h"

#include <errno.h>
#include <string.h>

#define ARGUMENT_COUNT 6

const struct register_layout *register_layout(enum stile_abi abi)
{
	switch (abi) {
	case STILE_ABI_X86_64:
	case STILE_ABI_X32:
		return &registers_x86_64;
	case STILE_ABI_I386:
		return &registers_i386;
	case STILE_ABI_AARCH64:
		return &registers_aarch64;
	case STILE_ABI_RISCV64:
	case STILE_ABI_COUNT:
		break;
	}
	return NULL;
}

static uint64_t word(const struct registers *registers, uint16_t offset)
{
	uint64_t value;

	memcpy(&value, registers->bytes + offset, sizeof(value));
	return value;
}

static void set_word(struct registers *registers, uint16_t offset, uint64_t value)
{
	if (word(registers, offset) == value)
		return;
	memcpy(registers->bytes + offset, &value, sizeof(value));
	registers->is_changed = true;
}

/* Its offset, or -ENOENT. */
static int find(const struct register_layout *layout, const char *name)
{
	for (size_t i = 0; layout && name && layout->names[i]; i++)
		if (strcmp(layout->names[i], name) == 0)
			return layout->offsets[i];
	return -ENOENT;
}

int registers_get(const struct registers *registers, const char *name, uint64_t *value)
{
	const int offset = find(register_layout(registers->abi), name);

	if (offset < 0)
		return offset;
	*value = word(registers, (uint16_t)offset);
	return 0;
}

int registers_set(struct registers *registers, const char *name, uint64_t value)
{
	const struct register_layout *layout = register_layout(registers->abi);
	const int offset = find(layout, name);

	if (offset < 0)
		return offset;
	if (!layout->may_set((uint16_t)offset, word(registers, (uint16_t)offset), value))
		return -EINVAL;
	set_word(registers, (uint16_t)offset, value);
	return 0;
}

/* As the kernel keeps a value in a call of 32 bits; a result is extended by its sign. */
static uint64_t fitting(const struct register_layout *layout, uint64_t value, bool is_signed)
{
	if (layout->call_bits == 64)
		return value;
	return is_signed ? (uint64_t)(int64_t)(int32_t)(uint32_t)value : (uint32_t)value;
}

int registers_set_argument(struct registers *registers, unsigned int index, uint64_t value)
{
	const struct register_layout *layout = register_layout(registers->abi);

	if (!layout || index >= ARGUMENT_COUNT)
		return -EINVAL;
	set_word(registers, layout->arguments[index], fitting(layout, value, false));
	return 0;
}

static void set_number(struct registers *registers, const struct register_layout *layout,
		       int32_t number)
{
	if (layout->has_number) {
		set_word(registers, layout->number, (uint64_t)(int64_t)number);
	} else if (registers->number != number) {
		registers->number = number;
		registers->is_number_changed = true;
	}
}

int registers_set_number(struct registers *registers, long number)
{
	const struct register_layout *layout = register_layout(registers->abi);

	if (!layout || number < 0 || number > INT32_MAX)
		return -EINVAL;
	set_number(registers, layout, (int32_t)number);
	return 0;
}

void registers_skip_call(struct registers *registers, int64_t result)
{
	const struct register_layout *layout = register_layout(registers->abi);

	if (!layout)
		return;
	set_number(registers, layout, -1);
	registers_set_result(registers, result);
}

void registers_set_result(struct registers *registers, int64_t result)
{
	const struct register_layout *layout = register_layout(registers->abi);

	if (layout)
		set_word(registers, layout->result, fitting(layout, (uint64_t)result, true));
}
