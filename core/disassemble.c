/* SPDX-License-Identifier: MIT */
/* Classic BPF to text that stile_assemble() reads back to the same bytes. */
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include <stile/filter.h>

#include "answer_text.h"
#include "backend.h"
#include "disassemble_flow.h"
#include "disassemble_names.h"
#include "interpreter.h"
#include "mnemonics.h"
#include "public.h"
#include "text.h"

#define LABEL_WIDTH 7
#define INSTRUCTION_WIDTH 30
#define INSTRUCTION_MAX 64

struct listing {
	const struct sock_filter *instructions;
	size_t count;
	enum stile_abi abi;
	struct flow_state *states; /* NULL: there are too many instructions to follow */
	bool *is_target;
	size_t refused; /* the instruction that the kernel refuses; count: none */
	const char *why;
};

/* Whether the table's words say all of an instruction: nothing in fields that it does not use. */
static bool is_plain(const struct sock_filter *i, const struct mnemonic *m, size_t left)
{
	if (m->is_question)
		return i->jt < left && i->jf < left && (m->operand == OPERAND_NUMBER || i->k == 0);
	if (i->jt || i->jf)
		return false;
	switch ((enum operand)m->operand) {
	case OPERAND_WORD:
		return i->k % 4 == 0 && i->k < sizeof(struct seccomp_data);
	case OPERAND_SCRATCH:
		return i->k < BPF_MEMWORDS;
	case OPERAND_TARGET:
		return i->k < left;
	case OPERAND_NUMBER:
	case OPERAND_ANSWER:
		return true;
	default:
		return i->k == 0;
	}
}

static void operand_text(char text[INSTRUCTION_MAX], const struct mnemonic *m,
			 const struct sock_filter *i, size_t pc, bool is_number)
{
	switch ((enum operand)m->operand) {
	case OPERAND_NONE:
		text[0] = '\0';
		break;
	case OPERAND_NUMBER:
		(void)snprintf(text, INSTRUCTION_MAX, is_number || i->k < 10 ? "#%u" : "#0x%x",
			       i->k);
		break;
	case OPERAND_X:
		(void)snprintf(text, INSTRUCTION_MAX, "x");
		break;
	case OPERAND_A:
		(void)snprintf(text, INSTRUCTION_MAX, "a");
		break;
	case OPERAND_LENGTH:
		(void)snprintf(text, INSTRUCTION_MAX, "len");
		break;
	case OPERAND_WORD:
		word_text(text, i->k);
		break;
	case OPERAND_SCRATCH:
		(void)snprintf(text, INSTRUCTION_MAX, "M[%u]", i->k);
		break;
	case OPERAND_TARGET:
		(void)snprintf(text, INSTRUCTION_MAX, "L%zu", pc + 1 + i->k);
		break;
	case OPERAND_ANSWER:
		answer_text(text, i->k);
		break;
	}
}

/* "jeq #5, L7", "jne #5, L7" or "jeq #5, L7, L9": the next instruction need not be named. */
static void question_line(char line[2 * INSTRUCTION_MAX], const struct mnemonic *m,
			  const char *operand, const struct sock_filter *i, size_t pc)
{
	const size_t on_true = pc + 1 + i->jt, on_false = pc + 1 + i->jf;

	if (i->jt && i->jf)
		(void)snprintf(line, 2 * INSTRUCTION_MAX, "%-4s %s, L%zu, L%zu", m->name, operand,
			       on_true, on_false);
	else if (i->jt)
		(void)snprintf(line, 2 * INSTRUCTION_MAX, "%-4s %s, L%zu", m->name, operand,
			       on_true);
	else if (i->jf && m->opposite)
		(void)snprintf(line, 2 * INSTRUCTION_MAX, "%-4s %s, L%zu", m->opposite, operand,
			       on_false);
	else if (i->jf)
		(void)snprintf(line, 2 * INSTRUCTION_MAX, "%-4s %s, next, L%zu", m->name, operand,
			       on_false);
	else
		(void)snprintf(line, 2 * INSTRUCTION_MAX, "%-4s %s, next, next", m->name, operand);
}

/* The instruction as the table has it; false: it has no such, or the fields are wrong. */
static bool plain_line(char line[2 * INSTRUCTION_MAX], const struct listing *l, size_t pc,
		       const struct sock_filter *i)
{
	const struct mnemonic *m = mnemonic_of(i->code);
	const struct flow_state *state = l->states ? &l->states[pc] : NULL;
	char operand[INSTRUCTION_MAX];
	bool is_number;

	if (!m || !is_plain(i, m, l->count - pc - 1))
		return false;
	/* syscalls have decimal numbers, except x32's */
	is_number = m->is_question && i->k < 1u << 30 && state &&
		    state->registers[REGISTER_A].kind == VALUE_WORD &&
		    state->registers[REGISTER_A].offset == offsetof(struct seccomp_data, nr);
	operand_text(operand, m, i, pc, is_number);
	if (m->is_question)
		question_line(line, m, operand, i, pc);
	else
		(void)snprintf(line, 2 * INSTRUCTION_MAX, "%-4s %s", m->name, operand);
	return true;
}

/* What an answer means that is not plain from its name: as the kernel takes it. */
static const char *answer_remark(uint32_t answer)
{
	switch (answer & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ERRNO:
		if ((answer & SECCOMP_RET_DATA) == 0)
			return "the call is not made and seems to succeed";
		return (answer & SECCOMP_RET_DATA) > 4095 ? "the errno is 4095" : "";
	case SECCOMP_RET_KILL_PROCESS:
	case SECCOMP_RET_KILL_THREAD:
	case SECCOMP_RET_TRAP:
	case SECCOMP_RET_USER_NOTIF:
	case SECCOMP_RET_TRACE:
	case SECCOMP_RET_LOG:
	case SECCOMP_RET_ALLOW:
		return "";
	default:
		return "no action: the process is killed";
	}
}

static void remark_text(char text[NAMES_TEXT_MAX], const struct listing *l, size_t pc)
{
	const struct sock_filter *i = &l->instructions[pc];
	const struct flow_state *state = &l->states[pc];
	const struct mnemonic *m = mnemonic_of(i->code);

	text[0] = '\0';
	if (!state->is_reached)
		(void)snprintf(text, NAMES_TEXT_MAX, "never reached");
	else if (m && m->operand == OPERAND_WORD && i->k % 4 == 0 &&
		 i->k < sizeof(struct seccomp_data))
		load_text(text, state, l->abi, (uint8_t)i->k);
	else if (m && m->is_question && state->registers[REGISTER_A].kind != VALUE_UNKNOWN)
		/* what holds where the label is, or the first of two */
		question_text(text, state, l->abi, i, i->jt || !i->jf || !m->opposite);
	else if (m && m->operand == OPERAND_ANSWER && *answer_remark(i->k))
		(void)snprintf(text, NAMES_TEXT_MAX, "%s", answer_remark(i->k));
	else if (BPF_CLASS(i->code) == BPF_RET)
		calls_text(text, state, l->abi);
}

static void add_line(struct text *out, const struct listing *l, size_t pc)
{
	const struct sock_filter *i = &l->instructions[pc];
	char line[2 * INSTRUCTION_MAX], plain[2 * INSTRUCTION_MAX] = "", label[24] = "";
	char remark[NAMES_TEXT_MAX] = "";
	/* the meaning of an instruction with something in unused fields: without that */
	struct sock_filter bare = { .code = i->code, .k = i->k };

	if (l->is_target[pc])
		(void)snprintf(label, sizeof(label), "L%zu:", pc);
	if (!plain_line(line, l, pc, i)) {
		const struct mnemonic *m = mnemonic_of(i->code);

		if (m && m->is_question) {
			bare = *i;
			bare.k = 0;
		} else if (m && (m->operand == OPERAND_NONE || m->operand == OPERAND_X ||
				 m->operand == OPERAND_A || m->operand == OPERAND_LENGTH)) {
			bare.k = 0;
		}
		(void)plain_line(plain, l, pc, &bare);
		(void)snprintf(line, sizeof(line), ".raw 0x%02x %u %u 0x%x", i->code, i->jt, i->jf,
			       i->k);
	}
	if (l->states)
		remark_text(remark, l, pc);
	text_add(out, "%-*s %-*s ; %4zu", LABEL_WIDTH, label, INSTRUCTION_WIDTH, line, pc);
	if (*plain)
		text_add(out, "  as '%s'", plain);
	if (*remark)
		text_add(out, "  %s", remark);
	if (pc == l->refused)
		text_add(out, "  REFUSED by the kernel: %s", l->why);
	text_add(out, "\n");
}

STILE_PUBLIC char *stile_disassemble(const struct sock_filter *instructions, size_t count,
				     enum stile_abi abi)
{
	struct listing l = {
		.instructions = instructions, .count = count, .abi = abi, .refused = count
	};
	struct text out = { 0 };
	char *text;

	if (!instructions)
		count = l.count = l.refused = 0;
	l.is_target = calloc(count + 1, sizeof(*l.is_target));
	if (count <= FILTER_INSTRUCTIONS_MAX)
		l.states = flow_states(instructions, count);
	if (!l.is_target || (count <= FILTER_INSTRUCTIONS_MAX && !l.states)) {
		free(l.is_target);
		free(l.states);
		return NULL;
	}
	for (size_t pc = 0; pc < count; pc++) {
		size_t targets[2];
		unsigned int ways = flow_targets(&instructions[pc], count - pc - 1, targets);
		bool is_jump = BPF_CLASS(instructions[pc].code) == BPF_JMP;

		for (unsigned int k = 0; is_jump && k < ways; k++)
			if (targets[k] || instructions[pc].code == (BPF_JMP | BPF_JA))
				l.is_target[pc + 1 + targets[k]] = true;
	}
	if (count)
		(void)filter_check(instructions, count, &l.refused, &l.why);
	for (size_t pc = 0; pc < count; pc++)
		add_line(&out, &l, pc);
	text = text_take(&out);
	free(l.is_target);
	free(l.states);
	return text;
}
