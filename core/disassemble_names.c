/* SPDX-License-Identifier: MIT */
#include "disassemble_names.h"

#include <inttypes.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>

#include "audit_arch.h"
#include "call_text.h"
#include "mnemonics.h"
#include "rule.h"
#include "syscalls.h"
#include "text.h"

#define CALLS_MAX 8    /* more are only counted */
#define NAMES_WIDTH 96 /* longer lists of constants are not shown */
#define WORD_NAME_MAX 64
#define NUMBERS_MAX 1024 /* more are not looked at */

/* The calls that can come to an instruction. */
struct calls {
	unsigned int count; /* of known ones, also beyond the list */
	bool are_all_known; /* and each is in the list */
	struct {
		uint16_t syscall;
		enum stile_abi abi;
	} list[CALLS_MAX];
};

static const enum stile_abi flow_abis[ARCH_OTHER] = {
	[ARCH_X86_64] = STILE_ABI_X86_64,
	[ARCH_I386] = STILE_ABI_I386,
	[ARCH_AARCH64] = STILE_ABI_AARCH64,
	[ARCH_RISCV64] = STILE_ABI_RISCV64,
};

/*
 * Whether names of this architecture count: those that the filter has made sure of, and
 * where it has not, the one that the reader says.
 */
static bool arch_counts(const struct flow_state *state, unsigned int arch, enum stile_abi abi)
{
	if (state->numbers[arch].count == 0)
		return false;
	return state->numbers[ARCH_OTHER].count == 0 || flow_arch_values[arch] == audit_arch(abi);
}

static enum stile_abi abi_of(unsigned int arch, uint32_t number)
{
	if (arch == ARCH_X86_64 && (number & X32_SYSCALL_BIT))
		return STILE_ABI_X32;
	return flow_abis[arch];
}

static void find_calls(struct calls *calls, const struct flow_state *state, enum stile_abi abi)
{
	*calls = (struct calls){ .are_all_known = true };
	for (unsigned int arch = 0; arch < ARCH_OTHER; arch++) {
		const struct number_set *set = &state->numbers[arch];

		if (!arch_counts(state, arch, abi))
			continue;
		if (set->is_widened || number_set_size(set) > NUMBERS_MAX) {
			*calls = (struct calls){ 0 };
			return;
		}
		for (unsigned int r = 0; r < set->count; r++) {
			for (uint64_t n = set->ranges[r].low; n <= set->ranges[r].high; n++) {
				enum stile_abi its = abi_of(arch, (uint32_t)n);
				int syscall = syscall_find_number(its, (int64_t)n);

				if (syscall < 0 || calls->count >= CALLS_MAX)
					calls->are_all_known = false;
				if (syscall < 0)
					continue;
				if (calls->count < CALLS_MAX) {
					calls->list[calls->count].syscall = (uint16_t)syscall;
					calls->list[calls->count].abi = its;
				}
				calls->count++;
			}
		}
	}
	calls->are_all_known &= calls->count > 0;
}

void calls_text(char text[NAMES_TEXT_MAX], const struct flow_state *state, enum stile_abi abi)
{
	unsigned int shown = 0;
	struct calls calls;

	text[0] = '\0';
	find_calls(&calls, state, abi);
	for (unsigned int i = 0; i < calls.count && i < CALLS_MAX; i++) {
		bool is_again = false; /* by another ABI */

		for (unsigned int k = 0; k < i; k++)
			is_again |= calls.list[k].syscall == calls.list[i].syscall;
		if (!is_again)
			text_append(text, NAMES_TEXT_MAX, "%s%s", shown++ ? ", " : "",
				    syscall_table[calls.list[i].syscall].name);
	}
	if (calls.count > CALLS_MAX)
		text_append(text, NAMES_TEXT_MAX, " and %u more", calls.count - CALLS_MAX);
}

/* The name of the call with a number; NULL if it is not known or depends on the architecture. */
static const char *number_name(const struct flow_state *state, enum stile_abi abi, uint32_t number)
{
	const char *name = NULL;

	for (unsigned int arch = 0; arch < ARCH_OTHER; arch++) {
		int syscall;

		if (!arch_counts(state, arch, abi))
			continue;
		syscall = syscall_find_number(abi_of(arch, number), number);
		if (syscall < 0 || (name && strcmp(name, syscall_table[syscall].name) != 0))
			return NULL;
		name = syscall_table[syscall].name;
	}
	return name;
}

static const char *arch_name(uint32_t value)
{
	for (unsigned int arch = 0; arch < ARCH_OTHER; arch++)
		if (flow_arch_values[arch] == value)
			return stile_abi_name(flow_abis[arch]);
	return NULL;
}

/* What is compared, with which words for it. */
struct question {
	const struct flow_state *state;
	struct flow_value a;
	uint32_t mask; /* of the comparison: A's, and k's for a test of bits */
	uint32_t k;
	const char *comparison;
	bool is_order, is_of_bits; /* is_of_bits: with 0, of what the mask leaves */
};

static const struct syscall_argument *find_argument(const struct calls *calls, unsigned int call,
						    unsigned int index)
{
	unsigned int count;
	const struct syscall_argument *arguments =
		syscall_argument_list(calls->list[call].syscall, calls->list[call].abi, &count);

	return index < count ? &arguments[index] : NULL;
}

/* Whether constants have names here: a name says nothing of half a number, or of bits that the
 * kernel does not use; the meaning of a socket option depends on its level. */
static bool can_be_named(const struct question *q, const struct syscall_argument *argument,
			 unsigned int index, bool is_high)
{
	uint32_t unused = argument->bits < 32 ? UINT32_MAX << argument->bits : 0;

	if (is_high || q->is_order || (q->k & unused))
		return false;
	if (q->mask != UINT32_MAX && (q->mask & unused))
		return false;
	return strcmp(argument->name, "optname") != 0 || index == 0 ||
	       (q->state->known & 1u << (index - 1));
}

static void add_mask(char text[NAMES_TEXT_MAX], uint32_t mask)
{
	char value[NAMES_TEXT_MAX];

	if (mask == UINT32_MAX)
		return;
	(void)snprintf(value, sizeof(value), "%s", text);
	(void)snprintf(text, NAMES_TEXT_MAX, "(%.200s & 0x%x)", value, mask);
}

/* The comparison as one call's. False: the call has no such argument. */
static bool argument_question(char text[NAMES_TEXT_MAX], const struct question *q,
			      const struct calls *calls, unsigned int call, unsigned int index,
			      bool is_high)
{
	const struct syscall_argument *argument = find_argument(calls, call, index);
	struct stile_table_condition conditions[2] = { { 0 } };
	const struct rule rule = { .syscall = calls->list[call].syscall,
				   .condition_count = 2,
				   .conditions = conditions };
	char part[1024];

	if (!argument)
		return false;
	text[0] = '\0';
	text_append(text, NAMES_TEXT_MAX, "%s", argument->name);
	if (is_high || argument->bits == 64)
		text_append(text, NAMES_TEXT_MAX, is_high ? ".hi" : ".lo");
	conditions[0].argument = index ? (uint8_t)(index - 1) : 7;
	conditions[0].comparison = STILE_EQUAL;
	conditions[0].value = index ? q->state->words[index - 1] : 0;
	conditions[1].argument = (uint8_t)index;
	conditions[1].bits = argument->bits;
	conditions[1].comparison = STILE_MASKED_EQUAL;
	conditions[1].mask = q->mask;
	conditions[1].value = q->k;
	if (!can_be_named(q, argument, index, is_high)) {
		add_mask(text, q->mask);
		text_append(text, NAMES_TEXT_MAX, q->k < 4096 ? " %s %u" : " %s 0x%x",
			    q->comparison, q->k);
		return true;
	}
	if (q->mask != UINT32_MAX) {
		char name[WORD_NAME_MAX];

		(void)snprintf(name, sizeof(name), "%s", text);
		condition_text(part, sizeof(part), &rule, 1, calls->list[call].abi);
		if (strlen(part) > NAMES_WIDTH)
			add_mask(text, q->mask);
		else
			(void)snprintf(text, NAMES_TEXT_MAX, "(%s%s)", name,
				       part + strlen(argument->name));
	}
	condition_value_text(part, sizeof(part), &rule, 1, calls->list[call].abi);
	if (q->is_of_bits || strlen(part) > NAMES_WIDTH)
		text_append(text, NAMES_TEXT_MAX, q->k ? " %s 0x%x" : " %s %u", q->comparison,
			    q->k);
	else
		text_append(text, NAMES_TEXT_MAX, " %s %s", q->comparison, part);
	return true;
}

/* The words for a comparison of an argument, if all calls that come here have the same. */
static bool common_question(char text[NAMES_TEXT_MAX], const struct question *q, enum stile_abi abi)
{
	char other[NAMES_TEXT_MAX];
	struct calls calls;
	bool is_high;
	int index = word_argument(q->a.offset, &is_high);

	find_calls(&calls, q->state, abi);
	if (index < 0 || !calls.are_all_known ||
	    !argument_question(text, q, &calls, 0, (unsigned int)index, is_high))
		return false;
	for (unsigned int i = 1; i < calls.count; i++)
		if (!argument_question(other, q, &calls, i, (unsigned int)index, is_high) ||
		    strcmp(text, other) != 0)
			return false;
	return true;
}

void value_expression(char text[NAMES_TEXT_MAX], const struct flow_state *state, enum stile_abi abi,
		      struct flow_value value, const char *otherwise)
{
	const struct question name = {
		.state = state, .a = value, .mask = UINT32_MAX, .comparison = "", .is_order = true
	};
	char word[WORD_TEXT_MAX];

	text[0] = '\0';
	if (value.kind == VALUE_UNKNOWN) {
		text_append(text, NAMES_TEXT_MAX, "%s", otherwise);
	} else if (value.kind == VALUE_NUMBER) {
		text_append(text, NAMES_TEXT_MAX, value.number < 4096 ? "%u" : "0x%x",
			    value.number);
	} else {
		if (common_question(text, &name, abi)) {
			*strchr(text, ' ') = '\0';
		} else {
			/* without the brackets around it: args[1].lo */
			word_text(word, value.offset);
			char *end = strrchr(word, ']');

			(void)snprintf(text, NAMES_TEXT_MAX, "%.*s%s", (int)(end - word - 1),
				       word + 1, end + 1);
		}
		add_mask(text, value.number);
	}
}

void load_text(char text[NAMES_TEXT_MAX], const struct flow_state *state, enum stile_abi abi,
	       uint8_t offset)
{
	const struct flow_value value = { VALUE_WORD, offset, UINT32_MAX };
	const struct question name = {
		.state = state, .a = value, .mask = UINT32_MAX, .comparison = "", .is_order = true
	};
	char argument[NAMES_TEXT_MAX], calls[NAMES_TEXT_MAX];

	text[0] = '\0';
	if (!common_question(argument, &name, abi))
		return;
	*strchr(argument, ' ') = '\0';
	calls_text(calls, state, abi);
	text_append(text, NAMES_TEXT_MAX, "%s: %s", calls, argument);
}

static void number_question(char text[NAMES_TEXT_MAX], const struct question *q, enum stile_abi abi)
{
	const char *name = q->mask == UINT32_MAX ? number_name(q->state, abi, q->k) : NULL;

	text_append(text, NAMES_TEXT_MAX, "nr");
	add_mask(text, q->mask);
	text_append(text, NAMES_TEXT_MAX, " %s ", q->comparison);
	if (name && !q->is_order)
		text_append(text, NAMES_TEXT_MAX, "%s%s", q->k & X32_SYSCALL_BIT ? "x32:" : "",
			    name);
	else
		text_append(text, NAMES_TEXT_MAX, q->k < X32_SYSCALL_BIT ? "%u" : "0x%x", q->k);
	if (name && q->is_order)
		text_append(text, NAMES_TEXT_MAX, " /* %s%s */",
			    q->k & X32_SYSCALL_BIT ? "x32:" : "", name);
}

/* A comparison of a word of the call with a number. */
static void word_question(char text[NAMES_TEXT_MAX], const struct question *q, enum stile_abi abi)
{
	const char *name = NULL;

	text[0] = '\0';
	if (q->a.offset == offsetof(struct seccomp_data, nr)) {
		number_question(text, q, abi);
		return;
	}
	if (common_question(text, q, abi))
		return;
	value_expression(text, q->state, abi,
			 (struct flow_value){ VALUE_WORD, q->a.offset, q->mask }, "");
	if (q->a.offset == offsetof(struct seccomp_data, arch) && !q->is_order)
		name = arch_name(q->k);
	if (name)
		text_append(text, NAMES_TEXT_MAX, " %s %s", q->comparison, name);
	else
		text_append(text, NAMES_TEXT_MAX, q->k < 4096 ? " %s %u" : " %s 0x%x",
			    q->comparison, q->k);
}

static const char *comparison_of(uint16_t operation, bool is_true)
{
	switch (operation) {
	case BPF_JEQ:
		return is_true ? "==" : "!=";
	case BPF_JGT:
		return is_true ? ">" : "<=";
	case BPF_JGE:
		return is_true ? ">=" : "<";
	default: /* of what is left under the mask, with 0 */
		return is_true ? "!=" : "==";
	}
}

void question_text(char text[NAMES_TEXT_MAX], const struct flow_state *state, enum stile_abi abi,
		   const struct sock_filter *i, bool is_true)
{
	const struct flow_value operand = flow_operand(state, i);
	const uint16_t operation = BPF_OP(i->code);
	struct question q = { .state = state,
			      .a = state->registers[REGISTER_A],
			      .k = operand.number,
			      .comparison = comparison_of(operation, is_true),
			      .is_order = operation == BPF_JGT || operation == BPF_JGE };
	char left[NAMES_TEXT_MAX], right[NAMES_TEXT_MAX];

	if (q.a.kind == VALUE_WORD && operand.kind == VALUE_NUMBER) {
		q.mask = q.a.number;
		if (operation == BPF_JSET) {
			q.mask &= q.k;
			q.k = 0;
			q.is_of_bits = true;
		}
		word_question(text, &q, abi);
		return;
	}
	value_expression(left, state, abi, q.a, "A");
	value_expression(right, state, abi, operand, "X");
	if (operation == BPF_JSET)
		(void)snprintf(text, NAMES_TEXT_MAX, "(%.100s & %.100s) %s 0", left, right,
			       q.comparison);
	else
		(void)snprintf(text, NAMES_TEXT_MAX, "%.100s %s %.100s", left, q.comparison, right);
}
