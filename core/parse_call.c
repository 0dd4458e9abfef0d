/* SPDX-License-Identifier: MIT */
/* A call as people write it, "openat AT_FDCWD path O_RDONLY|O_CLOEXEC", to what a filter sees. */
#include <errno.h>
#include <inttypes.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <stile/filter.h>

#include "audit_arch.h"
#include "message.h"
#include "number_parse.h"
#include "public.h"
#include "suggest.h"
#include "syscalls.h"

#define ARGUMENT_COUNT 6
#define CONSTANT_MAX 64
#define STAND_IN 0x1000 /* where a string is said to be: a filter sees no more of it */

struct call {
	struct message *message;
	const char *syscall; /* as it was written */
	int index;	     /* in the table; -1: not there */
	enum stile_abi abi;
};

#define FAIL(call, format, ...) \
	message_set((call)->message, -EINVAL, "%s: " format, (call)->syscall, ##__VA_ARGS__)

/* Whether a register of this ABI's calls has 32 bits. */
static bool has_narrow_registers(enum stile_abi abi)
{
	return abi == STILE_ABI_I386;
}

static const struct constant *find_constant(const struct constant_group *group, enum stile_abi abi,
					    const char *name, struct suggestion *suggestion)
{
	const uint32_t firsts[] = { group->first, group->first_flag };
	const uint32_t counts[] = { group->count, group->flag_count };

	for (unsigned int part = 0; part < 2; part++)
		for (uint32_t i = firsts[part]; i < firsts[part] + counts[part]; i++) {
			if (!(constants[i].abis & 1u << abi))
				continue;
			if (strcmp(constants[i].name, name) == 0)
				return &constants[i];
			suggestion_offer(suggestion, constants[i].name);
		}
	return NULL;
}

/*
 * A constant of any argument of any call: for arguments whose meaning depends on others, such as
 * fcntl's, which is a word of its own for every cmd.
 */
static const struct constant *find_anywhere(enum stile_abi abi, const char *name)
{
	for (uint32_t i = 0; i < syscall_table_count; i++) {
		unsigned int count;
		const struct syscall_argument *list = syscall_argument_list((uint16_t)i, abi,
									    &count);

		for (unsigned int k = 0; k < count; k++) {
			struct suggestion unused;
			const struct constant *found;

			if (list[k].group < 0)
				continue;
			suggestion_start(&unused, "");
			found = find_constant(&constant_groups[list[k].group], abi, name, &unused);
			if (found)
				return found;
		}
	}
	return NULL;
}

static bool is_open(const struct syscall_argument *argument)
{
	return argument->group < 0 || constant_groups[argument->group].kind == GROUP_VALUES;
}

/* What a register has for an int: compilers leave the upper half of a negative one empty, except
 * where the calling convention says otherwise. */
static uint64_t as_passed(const struct call *call, const struct syscall_argument *argument,
			  uint64_t value)
{
	if (has_narrow_registers(call->abi))
		return value & UINT32_MAX;
	if (argument && argument->bits <= 32 && call->abi != STILE_ABI_RISCV64 &&
	    value >= (uint64_t)INT32_MIN)
		return value & UINT32_MAX;
	return value;
}

static bool is_string(const char *text)
{
	return *text == '"' || strchr(text, '/');
}

static int unknown_constant(const struct call *call, const struct syscall_argument *argument,
			    const char *term, const struct suggestion *suggestion)
{
	if (is_string(term))
		return FAIL(call, "%s is no pointer: '%s' cannot be passed to it", argument->name,
			    term);
	if (suggestion->nearest)
		return FAIL(call, "%s: there is no constant '%s': did you mean '%s'?",
			    argument->name, term, suggestion->nearest);
	return FAIL(call, "%s: there is no constant '%s': write a number%s", argument->name, term,
		    argument->group < 0 ? "" : ", or names of the manual page joined by |");
}

/* "O_RDONLY", "0x10", "-1" */
static int parse_term(const struct call *call, const struct syscall_argument *argument,
		      const char *term, uint64_t *value)
{
	const struct constant *constant = NULL;
	struct suggestion suggestion;
	bool is_too_large;

	if (number_parse(term, value, &is_too_large))
		return 0;
	if (is_too_large)
		return FAIL(call, "%s: '%s' does not fit into 64 bits",
			    argument ? argument->name : "argument", term);
	if (!argument)
		return FAIL(call, "'%s' is no number, and the arguments of this call are not known",
			    term);
	suggestion_start(&suggestion, term);
	if (argument->group >= 0)
		constant = find_constant(&constant_groups[argument->group], call->abi, term,
					 &suggestion);
	if (!constant && is_open(argument))
		constant = find_anywhere(call->abi, term);
	if (!constant)
		return unknown_constant(call, argument, term, &suggestion);
	*value = constant->value;
	return 0;
}

static int parse_terms(const struct call *call, const struct syscall_argument *argument,
		       const char *text, uint64_t *value)
{
	char term[CONSTANT_MAX];

	*value = 0;
	for (;;) {
		size_t length = strcspn(text, "|");
		uint64_t part;
		int error;

		if (length == 0)
			return FAIL(call, "%s: a value is missing",
				    argument ? argument->name : "argument");
		if (length >= sizeof(term))
			return FAIL(call, "%s: there is no constant '%.*s...'",
				    argument ? argument->name : "argument", 16, text);
		memcpy(term, text, length);
		term[length] = '\0';
		error = parse_term(call, argument, term, &part);
		if (error)
			return error;
		*value |= part;
		if (text[length] == '\0')
			return 0;
		text += length + 1;
	}
}

/* Not declared as one, but as large: mmap's addr, ioctl's and prctl's argument. */
static bool may_be_pointer(const struct syscall_argument *argument, const char *text)
{
	return argument->bits == 64 && argument->group < 0 &&
	       (strcmp(text, "NULL") == 0 || is_string(text));
}

/* NULL, an address, or any other text: a string somewhere. */
static int parse_pointer(const struct call *call, const struct syscall_argument *argument,
			 const char *text, uint64_t *value)
{
	bool is_too_large;

	if (strcmp(text, "NULL") == 0)
		*value = 0;
	else if (!number_parse(text, value, &is_too_large) && !is_too_large)
		*value = STAND_IN;
	else if (is_too_large)
		return FAIL(call, "%s: '%s' does not fit into 64 bits", argument->name, text);
	return 0;
}

static int parse_argument(const struct call *call, const struct syscall_argument *argument,
			  const char *text, __u64 *word)
{
	uint64_t value;
	int error;

	if (!text)
		return FAIL(call, "an argument is NULL");
	error = argument && (argument->is_pointer || may_be_pointer(argument, text)) ?
			parse_pointer(call, argument, text, &value) :
			parse_terms(call, argument, text, &value);
	if (error)
		return error;
	if (has_narrow_registers(call->abi) && value > UINT32_MAX && value < (uint64_t)INT32_MIN)
		return FAIL(call, "'%s' does not fit into the 32 bits that %s has", text,
			    stile_abi_name(call->abi));
	*word = as_passed(call, argument, value);
	return 0;
}

static int unknown_syscall(const struct call *call)
{
	const char *nearest = syscall_suggest(call->syscall);

	return message_set(call->message, -ENOENT, "there is no syscall '%s'%s%s%s", call->syscall,
			   nearest ? ": did you mean '" : ": see syscalls(2)",
			   nearest ? nearest : "", nearest ? "'?" : "");
}

/* The call by name, or by number, which need not be one that the table knows. */
static int parse_syscall(struct call *call, int *number)
{
	uint32_t value;

	if (number_parse_32(call->syscall, &value)) {
		*number = (int)value;
		call->index = syscall_find_number(call->abi, *number);
		return 0;
	}
	call->index = syscall_find(call->syscall);
	if (call->index < 0)
		return unknown_syscall(call);
	*number = syscall_table[call->index].numbers[call->abi];
	if (*number < 0)
		return message_set(call->message, -ENOENT, "%s has no syscall '%s'",
				   stile_abi_name(call->abi), call->syscall);
	return 0;
}

static int parse(struct call *call, const char *const *arguments, size_t count,
		 struct seccomp_data *data)
{
	const struct syscall_argument *list = NULL;
	unsigned int known = ARGUMENT_COUNT;
	int error = parse_syscall(call, &data->nr);

	if (error)
		return error;
	data->arch = audit_arch(call->abi);
	if (call->index >= 0)
		list = syscall_argument_list((uint16_t)call->index, call->abi, &known);
	if (count > known)
		return FAIL(call, "%zu arguments were given: it has %u", count, known);
	for (size_t i = 0; i < count && !error; i++)
		error = parse_argument(call, list ? &list[i] : NULL, arguments[i], &data->args[i]);
	return error;
}

STILE_PUBLIC int stile_parse_call(enum stile_abi abi, const char *syscall,
				  const char *const *arguments, size_t count,
				  struct seccomp_data *data, char *message, size_t size)
{
	struct message sentence = { "" };
	struct call call = { .message = &sentence, .syscall = syscall, .abi = abi };
	struct seccomp_data parsed = { 0 };
	int error;

	if (!syscall || !data || (count && !arguments))
		error = message_set(&sentence, -EINVAL, "a call needs a syscall");
	else if ((unsigned int)abi >= STILE_ABI_COUNT)
		error = message_set(&sentence, -EINVAL, "there is no ABI %d", (int)abi);
	else
		error = parse(&call, arguments, count, &parsed);
	if (message && size)
		(void)snprintf(message, size, "%s", sentence.text);
	if (!error)
		*data = parsed;
	return error;
}
