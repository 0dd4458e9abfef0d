/* SPDX-License-Identifier: MIT */
/* Conditions as users write them (names, C values) become conditions on argument words. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "condition.h"
#include "context.h"
#include "suggest.h"
#include "syscalls.h"
#include "value_set.h"

/* What messages name: ruleset, syscall, condition. */
struct place {
	struct message *message;
	const char *who;
	const char *syscall;
};

static int unknown_argument(struct place place, uint16_t syscall, enum stile_abi abi,
			    const char *name)
{
	unsigned int count;
	const struct syscall_argument *arguments = syscall_argument_list(syscall, abi, &count);
	struct suggestion suggestion;
	char names[160] = "";
	size_t length = 0;

	if (count == 0)
		return message_set(place.message, -ENOENT,
				   "%s: %s: there is no argument '%s': the call has none",
				   place.who, place.syscall, name);
	suggestion_start(&suggestion, name);
	for (unsigned int i = 0; i < count; i++) {
		suggestion_offer(&suggestion, arguments[i].name);
		if (length < sizeof(names))
			length += (size_t)snprintf(names + length, sizeof(names) - length, "%s%s",
						   i ? ", " : "", arguments[i].name);
	}
	if (suggestion.nearest)
		return message_set(place.message, -ENOENT,
				   "%s: %s: there is no argument '%s': did you mean '%s'? (it has "
				   "%s)",
				   place.who, place.syscall, name, suggestion.nearest, names);
	return message_set(place.message, -ENOENT, "%s: %s: there is no argument '%s': it has %s",
			   place.who, place.syscall, name, names);
}

/*
 * A C value on an argument of so many bits. A negative int arrives with its sign in the upper
 * bits; these fall away. Other bits above are a mistake: the kernel does not look at them.
 */
static bool fits(uint64_t value, unsigned int bits, uint64_t *cut)
{
	uint64_t all = bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;

	*cut = value & all;
	return (value & ~all) == 0 || ((value & ~all) == ~all && (value >> (bits - 1) & 1));
}

/* The bits of an enumeration's argument that belong to flags beside it. */
static uint64_t flag_bits(const struct constant_group *group, enum stile_abi abi)
{
	uint64_t flags = 0;

	for (uint32_t i = group->first_flag; i < group->first_flag + group->flag_count; i++)
		if (constants[i].abis & 1u << abi)
			flags |= constants[i].value;
	return flags;
}

static int check_mask(struct place place, const struct syscall_argument *argument,
		      enum stile_abi abi, const struct stile_table_condition *c)
{
	uint64_t all = argument->bits >= 64 ? UINT64_MAX : (UINT64_C(1) << argument->bits) - 1;
	const struct constant_group *group = argument->group < 0 ?
						     NULL :
						     &constant_groups[argument->group];

	if (c->mask == 0)
		return message_set(place.message, -EINVAL,
				   "%s: %s: %s & 0 looks at no bit: name the bits to compare",
				   place.who, place.syscall, argument->name);
	if (c->value & ~c->mask)
		return message_set(place.message, -EINVAL,
				   "%s: %s: %s & 0x%" PRIx64 " == 0x%" PRIx64
				   " can never hold: the value has bits outside the mask",
				   place.who, place.syscall, argument->name, c->mask, c->value);
	if (group && group->kind == GROUP_ENUM && c->mask != (all & ~flag_bits(group, abi)) &&
	    c->mask != all)
		return message_set(place.message, -EINVAL,
				   "%s: %s: %s is an enumeration: its bits mean nothing alone: "
				   "compare it whole",
				   place.who, place.syscall, argument->name);
	return 0;
}

int condition_resolve(struct message *message, const char *who, uint16_t syscall,
		      enum stile_abi abi, const struct stile_condition *condition,
		      struct stile_table_condition *resolved)
{
	struct place place = { message, who, syscall_table[syscall].name };
	const struct syscall_argument *argument;
	struct value_set set;
	unsigned int count;
	int index;

	memset(resolved, 0, sizeof(*resolved));
	if (!condition->argument)
		return message_set(message, -EINVAL,
				   "%s: %s: a condition without an argument's name", who,
				   place.syscall);
	if ((unsigned int)condition->comparison > STILE_IS_NULL)
		return message_set(message, -EINVAL,
				   "%s: %s: %s: %d is no comparison: use enum stile_comparison",
				   who, place.syscall, condition->argument,
				   (int)condition->comparison);
	if (condition->mask != 0 && condition->comparison != STILE_MASKED_EQUAL)
		return message_set(message, -EINVAL,
				   "%s: %s: %s: a mask (0x%" PRIx64
				   ") belongs to STILE_MASKED_EQUAL "
				   "alone: is the value in its place?",
				   who, place.syscall, condition->argument, condition->mask);
	index = syscall_find_argument(syscall, abi, condition->argument);
	if (index < 0)
		return unknown_argument(place, syscall, abi, condition->argument);
	argument = syscall_argument_list(syscall, abi, &count) + index;
	if (argument->is_pointer != (condition->comparison == STILE_IS_NULL))
		return message_set(
			message, -EINVAL,
			argument->is_pointer ?
				"%s: %s: %s is a pointer: a filter cannot look at what it "
				"points to, only STILE_IS_NULL can be asked" :
				"%s: %s: %s is no pointer: STILE_IS_NULL is for pointers, "
				"compare it with 0",
			who, place.syscall, argument->name);
	resolved->argument = (uint8_t)index;
	resolved->bits = argument->bits;
	resolved->is_signed = argument->is_signed;
	resolved->parameter = -1;
	resolved->comparison = condition->comparison == STILE_IS_NULL ?
				       STILE_EQUAL :
				       (uint8_t)condition->comparison;
	if (condition->comparison == STILE_IS_NULL)
		return 0;
	if (!fits(condition->value, argument->bits, &resolved->value) ||
	    (condition->comparison == STILE_MASKED_EQUAL &&
	     !fits(condition->mask, argument->bits, &resolved->mask)))
		return message_set(message, -EINVAL,
				   "%s: %s: the kernel uses %u bits of %s: 0x%" PRIx64
				   " has bits above them",
				   who, place.syscall, argument->bits, argument->name,
				   fits(condition->value, argument->bits, &resolved->value) ?
					   condition->mask :
					   condition->value);
	if (condition->comparison == STILE_MASKED_EQUAL) {
		int error = check_mask(place, argument, abi, resolved);

		if (error)
			return error;
	}
	if (resolved->comparison == STILE_EQUAL)
		return 0; /* one value of many: sometimes it holds */
	value_set_all(&set, resolved->bits);
	if (value_set_within(&set, resolved))
		return message_set(message, -EINVAL,
				   "%s: %s: the condition on %s always holds: leave it out", who,
				   place.syscall, argument->name);
	if (!value_set_keep(&set, resolved) || value_set_is_empty(&set))
		return message_set(message, -EINVAL,
				   "%s: %s: the condition on %s can never hold: the rule would do "
				   "nothing",
				   who, place.syscall, argument->name);
	return 0;
}

static const struct constant *find_value(const struct constant_group *group, const char *name,
					 enum stile_abi abi)
{
	for (uint32_t i = group->first; i < group->first + group->count; i++)
		if (constants[i].abis & 1u << abi && strcmp(constants[i].name, name) == 0)
			return &constants[i];
	return NULL;
}

/* Whether a condition speaks of this value of a constant, or of one of its flags. */
static bool speaks_of(const struct stile_table_condition *c, enum group_kind kind,
		      const struct constant *constant)
{
	const uint64_t all = c->bits >= 64 ? UINT64_MAX : (UINT64_C(1) << c->bits) - 1;
	const uint64_t mask = c->comparison == STILE_MASKED_EQUAL ? c->mask : all;

	if (!constant)
		return false;
	if (kind != GROUP_FLAGS)
		return (constant->value & mask) == c->value;
	return (c->comparison == STILE_MASKED_EQUAL ? c->mask : c->value) & constant->value;
}

int condition_check_constants(struct message *message, const char *who, uint16_t syscall,
			      enum stile_abi abi, const struct stile_table_condition *condition)
{
	unsigned int count;
	const struct syscall_argument *argument =
		&syscall_argument_list(syscall, abi, &count)[condition->argument];
	const struct constant_group *group;

	if (abi == STILE_ABI_NATIVE || argument->group < 0)
		return 0;
	group = &constant_groups[argument->group];
	for (uint32_t i = group->first; i < group->first + group->count; i++) {
		const char *name = constants[i].name;
		const struct constant *here = find_value(group, name, STILE_ABI_NATIVE);
		const struct constant *there = find_value(group, name, abi);

		if (here == there || (!speaks_of(condition, group->kind, here) &&
				      !speaks_of(condition, group->kind, there)))
			continue;
		return message_set(message, -EINVAL,
				   "%s: %s: %s: %s has another value than on %s: write the rule in "
				   "a .rules file, whose names are resolved for each ABI",
				   who, syscall_table[syscall].name, argument->name, name,
				   stile_abi_name(STILE_ABI_NATIVE));
	}
	return 0;
}
