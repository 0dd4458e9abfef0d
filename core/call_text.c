/* SPDX-License-Identifier: MIT */
#include "call_text.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "syscalls.h"
#include "text.h"

/* Whether something may be missing at the end, which would be another value, and a valid one. */
static bool is_cut(const char *text, size_t size)
{
	return strlen(text) + 1 == size;
}

static uint64_t truncate_to(uint64_t value, unsigned int bits)
{
	return bits >= 64 ? value : value & ((UINT64_C(1) << bits) - 1);
}

/* prefix: how the name must begin; "" for any. */
static const struct constant *find_value(uint32_t first, uint32_t count, enum stile_abi abi,
					 uint64_t value, unsigned int bits, const char *prefix)
{
	for (uint32_t i = first; i < first + count; i++)
		if ((constants[i].abis & 1u << abi) &&
		    truncate_to(constants[i].value, bits) == value &&
		    strncmp(constants[i].name, prefix, strlen(prefix)) == 0)
			return &constants[i];
	return NULL;
}

/*
 * How the names of an argument's values begin. A socket option's number means something else
 * on every level: TCP_ names for SOL_TCP.
 */
static void value_prefix(char prefix[16], const struct syscall_argument *arguments,
			 unsigned int index, enum stile_abi abi, uint64_t before)
{
	const struct syscall_argument *level = index ? &arguments[index - 1] : NULL;
	const struct constant *constant;

	prefix[0] = '\0';
	if (!level || strcmp(arguments[index].name, "optname") != 0 || level->group < 0)
		return;
	constant = find_value(constant_groups[level->group].first,
			      constant_groups[level->group].count, abi,
			      truncate_to(before, level->bits), level->bits, "SOL_");
	if (constant)
		(void)snprintf(prefix, 16, "%s_",
			       strcmp(constant->name, "SOL_SOCKET") == 0 ? "SO" :
									   constant->name + 4);
}

/* Small numbers in decimal, with their sign where the argument has one; others in hexadecimal. */
static void number_text(char *text, size_t size, const struct syscall_argument *argument,
			uint64_t value)
{
	unsigned int bits = argument->bits;

	if (argument->is_signed && bits < 64 && (value >> (bits - 1) & 1))
		text_append(text, size, "%" PRId64, (int64_t)(value | ~UINT64_C(0) << bits));
	else if (argument->is_signed)
		text_append(text, size, "%" PRId64, (int64_t)value);
	else if (value < 65536)
		text_append(text, size, "%" PRIu64, value);
	else
		text_append(text, size, "0x%" PRIx64, value);
}

/* Names as many bits as the constants have names for; largest constants first, so that
 * O_SYNC is not shown as O_DSYNC and a rest. The rest is a number. */
static void flags_text(char *text, size_t size, uint32_t first, uint32_t count,
		       const struct syscall_argument *argument, enum stile_abi abi, uint64_t value,
		       bool is_continued)
{
	while (value != 0) {
		const struct constant *best = NULL;
		uint64_t best_value = 0;

		for (uint32_t i = first; i < first + count; i++) {
			uint64_t bits = truncate_to(constants[i].value, argument->bits);

			if ((constants[i].abis & 1u << abi) && bits != 0 &&
			    (bits & value) == bits &&
			    __builtin_popcountll(bits) > __builtin_popcountll(best_value)) {
				best = &constants[i];
				best_value = bits;
			}
		}
		if (is_continued)
			text_append(text, size, "|");
		is_continued = true;
		if (!best) {
			text_append(text, size, "0x%" PRIx64, value);
			return;
		}
		text_append(text, size, "%s", best->name);
		value &= ~best_value;
	}
}

/* value_text() where there is room for all the names. */
static void named_value_text(char *text, size_t size, const struct syscall_argument *argument,
			     enum stile_abi abi, uint64_t value, const char *prefix)
{
	const struct constant_group *group;
	const struct constant *whole;

	text[0] = '\0';
	value = truncate_to(value, argument->bits);
	if (argument->is_pointer) {
		text_append(text, size, value ? "0x%" PRIx64 : "NULL", value);
		return;
	}
	/* "the domain's usual one": its name depends on the domain, and nobody writes it */
	if (value == 0 && strcmp(argument->name, "protocol") == 0) {
		text_append(text, size, "0");
		return;
	}
	group = argument->group < 0 ? NULL : &constant_groups[argument->group];
	if (!group) {
		number_text(text, size, argument, value);
		return;
	}
	whole = find_value(group->first, group->count, abi, value, argument->bits, prefix);
	if (whole) {
		text_append(text, size, "%s", whole->name);
		return;
	}
	if (group->kind == GROUP_FLAGS && value != 0) {
		flags_text(text, size, group->first, group->count, argument, abi, value, false);
		return;
	}
	if (group->kind == GROUP_ENUM && group->flag_count) {
		uint64_t flags = 0;

		for (uint32_t i = 0; i < group->flag_count; i++)
			if (constants[group->first_flag + i].abis & 1u << abi)
				flags |= constants[group->first_flag + i].value;
		whole = find_value(group->first, group->count, abi, value & ~flags, argument->bits,
				   prefix);
		if (whole && (value & flags)) {
			text_append(text, size, "%s", whole->name);
			flags_text(text, size, group->first_flag, group->flag_count, argument, abi,
				   value & flags, true);
			return;
		}
	}
	number_text(text, size, argument, value);
}

/* "AF_INET", "O_WRONLY|O_TRUNC", "-1", "0x1000" for one argument's word. */
static void value_text(char *text, size_t size, const struct syscall_argument *argument,
		       enum stile_abi abi, uint64_t value, const char *prefix)
{
	named_value_text(text, size, argument, abi, value, prefix);
	if (is_cut(text, size))
		(void)snprintf(text, size, "0x%" PRIx64, truncate_to(value, argument->bits));
}

/* Whether an argument's names are those of open(2)'s flags; 0 is O_RDONLY. */
static bool has_open_flags(const struct syscall_argument *argument, enum stile_abi abi)
{
	const struct constant_group *group = argument->group < 0 ?
						     NULL :
						     &constant_groups[argument->group];

	return group && group->kind == GROUP_FLAGS &&
	       find_value(group->first, group->count, abi, 0, argument->bits, "O_RDONLY");
}

/* Calls whose flags have an access mode; others, such as pipe2(2), have names from there alone. */
static bool has_access_mode(uint16_t syscall)
{
	static const char *const names[] = { "fanotify_init", "mq_open", "open",
					     "open_by_handle_at", "openat" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(syscall_table[syscall].name, names[i]) == 0)
			return true;
	return false;
}

/* The access mode is two bits, which are never left out: O_RDONLY|O_CLOEXEC. */
static void open_flags_text(char *text, size_t size, uint16_t syscall,
			    const struct syscall_argument *argument, enum stile_abi abi,
			    uint64_t value)
{
	const bool is_said = has_access_mode(syscall) && (value & O_ACCMODE) == 0;

	text[0] = '\0';
	value = truncate_to(value, argument->bits);
	if (is_said)
		text_append(text, size, "O_RDONLY%s", value ? "|" : "");
	if (value)
		value_text(text + strlen(text), size - strlen(text), argument, abi, value, "");
	else if (!is_said)
		text_append(text, size, "0");
}

/* The kernel takes some descriptors as unsigned numbers; -1 is "none" all the same. */
static bool is_descriptor(const struct syscall_argument *argument)
{
	const size_t length = strlen(argument->name);

	return !argument->is_pointer && argument->bits == 32 && length >= 2 &&
	       strcmp(argument->name + length - 2, "fd") == 0;
}

static void argument_text_within(char *text, size_t size, uint16_t syscall,
				 const struct syscall_argument *arguments, enum stile_abi abi,
				 const uint64_t words[6], unsigned int index)
{
	struct syscall_argument argument = arguments[index];
	char prefix[16];

	if (has_open_flags(&argument, abi)) {
		open_flags_text(text, size, syscall, &argument, abi, words[index]);
		return;
	}
	if (is_descriptor(&argument))
		argument.is_signed = true;
	value_prefix(prefix, arguments, index, abi, index ? words[index - 1] : 0);
	value_text(text, size, &argument, abi, words[index], prefix);
}

void argument_text(char text[ARGUMENT_TEXT_MAX], uint16_t syscall, enum stile_abi abi,
		   const uint64_t words[6], unsigned int index)
{
	unsigned int count;
	const struct syscall_argument *arguments = syscall_argument_list(syscall, abi, &count);

	argument_text_within(text, ARGUMENT_TEXT_MAX, syscall, arguments, abi, words, index);
}

/* A call with names only in values that are shorter than this, with the NUL. */
static void call_text_within(char text[CALL_TEXT_MAX], uint16_t syscall, enum stile_abi abi,
			     const uint64_t words[6], size_t value_size)
{
	unsigned int count;
	const struct syscall_argument *arguments = syscall_argument_list(syscall, abi, &count);

	(void)snprintf(text, CALL_TEXT_MAX, "%s(", syscall_table[syscall].name);
	for (unsigned int i = 0; i < count; i++) {
		char value[ARGUMENT_TEXT_MAX];

		argument_text_within(value, value_size, syscall, arguments, abi, words, i);
		text_append(text, CALL_TEXT_MAX, "%s%s", i ? ", " : "", value);
	}
	text_append(text, CALL_TEXT_MAX, ")");
}

void call_text(char text[CALL_TEXT_MAX], uint16_t syscall, enum stile_abi abi,
	       const uint64_t words[6])
{
	call_text_within(text, syscall, abi, words, ARGUMENT_TEXT_MAX);
	if (is_cut(text, CALL_TEXT_MAX)) /* six such values fit beside any name */
		call_text_within(text, syscall, abi, words, CALL_TEXT_MAX / 8);
}

/* The bits of a mask: by the names of flags, the argument's own or those beside its values. */
static void mask_text(char *text, size_t size, const struct syscall_argument *argument,
		      enum stile_abi abi, uint64_t mask)
{
	const struct constant_group *group = argument->group < 0 ?
						     NULL :
						     &constant_groups[argument->group];

	text[0] = '\0';
	if (mask != 0 && group && group->kind == GROUP_ENUM && group->flag_count &&
	    !find_value(group->first, group->count, abi, mask, argument->bits, ""))
		flags_text(text, size, group->first_flag, group->flag_count, argument, abi, mask,
			   false);
	else
		named_value_text(text, size, argument, abi, mask, "");
	if (is_cut(text, size) || (text[0] >= '0' && text[0] <= '9'))
		(void)snprintf(text, size,
			       strcmp(argument->name, "mode") == 0 ? "0%" PRIo64 : "0x%" PRIx64,
			       mask);
}

void condition_text(char *text, size_t size, const struct rule *rule, unsigned int index,
		    enum stile_abi abi)
{
	const struct stile_table_condition *condition = &rule->conditions[index];
	unsigned int count;
	const struct syscall_argument *argument =
		syscall_argument_list(rule->syscall, abi, &count) + condition->argument;
	uint64_t all = truncate_to(~UINT64_C(0), argument->bits);
	uint64_t absent = all & ~condition->mask;
	char mask[400];

	text[0] = '\0';
	text_append(text, size, "%s", argument->name);
	if (condition->comparison != STILE_MASKED_EQUAL || absent == 0)
		return;
	/* "all but these few" is how people write the mask of an enumeration */
	if (__builtin_popcountll(absent) < 4) {
		mask_text(mask, sizeof(mask), argument, abi, absent);
		text_append(text, size, strchr(mask, '|') ? " & ~(%s)" : " & ~%s", mask);
	} else {
		mask_text(mask, sizeof(mask), argument, abi, condition->mask & all);
		text_append(text, size, strchr(mask, '|') ? " & (%s)" : " & %s", mask);
	}
}

const char *comparison_text(const struct stile_table_condition *condition)
{
	static const char *const operators[] = {
		[STILE_EQUAL] = "==",	     [STILE_NOT_EQUAL] = "!=",
		[STILE_LESS] = "<",	     [STILE_LESS_OR_EQUAL] = "<=",
		[STILE_GREATER] = ">",	     [STILE_GREATER_OR_EQUAL] = ">=",
		[STILE_MASKED_EQUAL] = "==",
	};

	return operators[condition->comparison];
}

void condition_value_text(char *text, size_t size, const struct rule *rule, unsigned int index,
			  enum stile_abi abi)
{
	const struct stile_table_condition *condition = &rule->conditions[index];
	unsigned int count;
	const struct syscall_argument *arguments = syscall_argument_list(rule->syscall, abi,
									 &count);
	const struct syscall_argument *argument = &arguments[condition->argument];
	char prefix[16] = "";

	for (unsigned int i = 0; i < rule->condition_count; i++)
		if (rule->conditions[i].argument + 1 == condition->argument &&
		    rule->conditions[i].comparison == STILE_EQUAL)
			value_prefix(prefix, arguments, condition->argument, abi,
				     rule->conditions[i].value);
	value_text(text, size, argument, abi, condition->value, prefix);
	/* one of a list of constants that has no name */
	if (argument->group >= 0 && condition->value > 255 && text[0] >= '0' && text[0] <= '9')
		(void)snprintf(text, size, "0x%" PRIx64, condition->value);
}

void action_text(char text[ACTION_TEXT_MAX], struct stile_action action)
{
	static const char *const texts[] = {
		[STILE_ACTION_ALLOW] = "allow",
		[STILE_ACTION_LOG] = "log",
		[STILE_ACTION_TRACE] = "trace",
		[STILE_ACTION_NOTIFY] = "notify",
		[STILE_ACTION_ERRNO] = "fail with ",
		[STILE_ACTION_TRAP] = "trap",
		[STILE_ACTION_KILL_THREAD] = "kill the thread",
		[STILE_ACTION_KILL_PROCESS] = "kill the process",
	};

	(void)snprintf(text, ACTION_TEXT_MAX, "%s", texts[action.kind]);
	if (action.kind == STILE_ACTION_ERRNO) {
		const char *name = strerrorname_np((int)action.errno_value);

		if (name)
			text_append(text, ACTION_TEXT_MAX, "%s", name);
		else
			text_append(text, ACTION_TEXT_MAX, "errno %u", action.errno_value);
	}
}
