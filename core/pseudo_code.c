/* SPDX-License-Identifier: MIT */
/*
 * Classic BPF as pseudo code. Every instruction is written once at most, returns apart: what
 * several jumps lead to is a part of its own, with a label.
 */
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stdlib.h>

#include <stile/filter.h>

#include "answer_text.h"
#include "disassemble_flow.h"
#include "disassemble_names.h"
#include "interpreter.h"
#include "mnemonics.h"
#include "public.h"
#include "text.h"

struct writer {
	const struct sock_filter *instructions;
	size_t count;
	enum stile_abi abi;
	struct flow_state *states;
	/* Per instruction the ways to it, and how many lines it takes with all that is written
	 * within it. */
	size_t *ways, *lines;
	/* A or X cannot everywhere be said in words of the call: their changes are written too. */
	bool is_explicit;
	struct text out;
};

static bool is_question(const struct sock_filter *i)
{
	return BPF_CLASS(i->code) == BPF_JMP && BPF_OP(i->code) != BPF_JA;
}

static bool is_return(const struct writer *w, size_t pc)
{
	return BPF_CLASS(w->instructions[pc].code) == BPF_RET;
}

/* Written where a jump leads to it, not apart. */
static bool is_inline(const struct writer *w, size_t pc)
{
	return w->ways[pc] < 2 || is_return(w, pc);
}

/* Where a jump leads for certain that need not ask; count: it must ask. */
static size_t only_way(const struct writer *w, size_t pc)
{
	const struct sock_filter *i = &w->instructions[pc];
	size_t targets[2];

	if (!is_question(i) || i->jt == i->jf)
		return flow_targets(i, w->count - pc - 1, targets) ? pc + 1 + targets[0] : w->count;
	/* a question of which one answer cannot come */
	if (!w->states[pc + 1 + i->jt].is_reached)
		return pc + 1 + i->jf;
	return w->states[pc + 1 + i->jf].is_reached ? w->count : pc + 1 + i->jt;
}

/* Counts ways and lines: from behind, since all jumps lead forward. */
static void measure(struct writer *w)
{
	for (size_t pc = 0; pc < w->count; pc++) {
		const struct sock_filter *i = &w->instructions[pc];
		size_t way;

		if (!w->states[pc].is_reached || is_return(w, pc))
			continue;
		way = only_way(w, pc);
		if (way < w->count) {
			w->ways[way]++;
			continue;
		}
		w->ways[pc + 1 + i->jt]++;
		w->ways[pc + 1 + i->jf]++;
	}
	for (size_t pc = w->count; pc-- > 0;) {
		const struct sock_filter *i = &w->instructions[pc];
		size_t targets[2] = { w->count, w->count };

		w->lines[pc] = 1;
		if (!w->states[pc].is_reached || is_return(w, pc))
			continue;
		targets[0] = only_way(w, pc);
		if (targets[0] == w->count) {
			targets[0] = pc + 1 + i->jt;
			targets[1] = pc + 1 + i->jf;
		}
		for (unsigned int k = 0; k < 2 && targets[k] < w->count; k++)
			w->lines[pc] += is_inline(w, targets[k]) ? w->lines[targets[k]] : 1;
	}
}

/* Whether all that is asked and answered can be said without A and X. */
static bool needs_registers(const struct writer *w)
{
	for (size_t pc = 0; pc < w->count; pc++) {
		const struct sock_filter *i = &w->instructions[pc];
		const struct flow_state *state = &w->states[pc];

		if (!state->is_reached)
			continue;
		if (i->code == (BPF_RET | BPF_A) &&
		    state->registers[REGISTER_A].kind != VALUE_NUMBER)
			return true;
		if (is_question(i) && i->jt != i->jf &&
		    (state->registers[REGISTER_A].kind == VALUE_UNKNOWN ||
		     flow_operand(state, i).kind == VALUE_UNKNOWN))
			return true;
		/* it may be by zero, which ends the program */
		if (i->code == (BPF_ALU | BPF_DIV | BPF_X))
			return true;
	}
	return false;
}

static void indent(struct writer *w, unsigned int depth)
{
	text_add(&w->out, "%*s", (int)depth * 4, "");
}

/* What a way through the program says of the call. */
struct way {
	struct flow_state state;
	bool is_of_range; /* the last question was for a range of numbers, so that names are news */
};

static void write_return(struct writer *w, size_t pc, const struct way *way)
{
	const struct sock_filter *i = &w->instructions[pc];
	const struct flow_value a = way->state.registers[REGISTER_A];
	char text[NAMES_TEXT_MAX], answer[ANSWER_TEXT_MAX] = "A";

	if (i->code == (BPF_RET | BPF_K))
		answer_text(answer, i->k);
	else if (a.kind == VALUE_NUMBER)
		answer_text(answer, a.number);
	text_add(&w->out, "return %s;", answer);
	calls_text(text, &way->state, w->abi);
	if (*text && way->is_of_range)
		text_add(&w->out, "  /* %s */", text);
	text_add(&w->out, "\n");
}

/* "A = args[0].lo;", "A &= 0x3;", "M[1] = A;" */
static void write_statement(struct writer *w, size_t pc, const struct flow_state *state,
			    unsigned int depth)
{
	static const char *const operators[] = {
		[BPF_ADD >> 4] = "+",  [BPF_SUB >> 4] = "-",  [BPF_MUL >> 4] = "*",
		[BPF_DIV >> 4] = "/",  [BPF_OR >> 4] = "|",   [BPF_AND >> 4] = "&",
		[BPF_LSH >> 4] = "<<", [BPF_RSH >> 4] = ">>", [BPF_XOR >> 4] = "^",
	};
	const struct sock_filter *i = &w->instructions[pc];
	const struct mnemonic *m = mnemonic_of(i->code);
	char value[NAMES_TEXT_MAX];
	struct flow_value word = { VALUE_NUMBER, 0, i->k };

	if (!w->is_explicit || !m)
		return;
	if (m->operand == OPERAND_WORD)
		word = (struct flow_value){ VALUE_WORD, (uint8_t)i->k, UINT32_MAX };
	else if (m->operand == OPERAND_LENGTH)
		word.number = sizeof(struct seccomp_data);
	value_expression(value, state, w->abi, word, "");
	indent(w, depth);
	switch (BPF_CLASS(i->code)) {
	case BPF_LD:
	case BPF_LDX:
		text_add(&w->out, "%c = ", BPF_CLASS(i->code) == BPF_LD ? 'A' : 'X');
		if (m->operand == OPERAND_SCRATCH)
			text_add(&w->out, "M[%u];\n", i->k);
		else
			text_add(&w->out, "%s;\n", value);
		break;
	case BPF_ST:
	case BPF_STX:
		text_add(&w->out, "M[%u] = %c;\n", i->k, BPF_CLASS(i->code) == BPF_ST ? 'A' : 'X');
		break;
	case BPF_ALU:
		if (BPF_OP(i->code) == BPF_NEG)
			text_add(&w->out, "A = -A;\n");
		else
			text_add(&w->out, "A %s= %s;\n", operators[BPF_OP(i->code) >> 4],
				 m->operand == OPERAND_X ? "X" : value);
		break;
	default:
		text_add(&w->out, BPF_MISCOP(i->code) == BPF_TAX ? "X = A;\n" : "A = X;\n");
		break;
	}
}

/* Where a jump really leads: behind jumps that nothing else leads to. */
static size_t settle(const struct writer *w, size_t pc)
{
	while (w->instructions[pc].code == (BPF_JMP | BPF_JA) && is_inline(w, pc))
		pc += 1 + w->instructions[pc].k;
	return pc;
}

/* The way on from a question. */
static void follow(struct writer *w, struct way *way, size_t pc, bool is_true)
{
	const struct sock_filter *i = &w->instructions[pc];
	const struct flow_value a = way->state.registers[REGISTER_A];

	way->is_of_range = a.kind == VALUE_WORD && a.offset == offsetof(struct seccomp_data, nr) &&
			   (BPF_OP(i->code) != BPF_JEQ || !is_true);
	(void)flow_keep(&way->state, i, is_true);
}

/* What is too short for braces: a return, or a jump to another part. */
static bool write_end(struct writer *w, size_t pc, const struct way *way)
{
	if (is_return(w, pc))
		write_return(w, pc, way);
	else if (!is_inline(w, pc))
		text_add(&w->out, "goto L%zu;\n", pc);
	else
		return false;
	return true;
}

static size_t lines_of(const struct writer *w, size_t pc)
{
	return is_inline(w, pc) ? w->lines[pc] : 1;
}

/*
 * Writes from an instruction on until a return or a jump to another part. Of two ways the one with
 * fewer lines stands in braces, so that the depth is at most the logarithm of the length.
 */
static void write_from(struct writer *w, size_t pc, const struct way *from, unsigned int depth)
{
	struct way way = *from, inner_way;

	for (bool is_first = true;; is_first = false) {
		const struct sock_filter *i = &w->instructions[pc];
		size_t yes, no, inner, next = only_way(w, pc);
		char question[NAMES_TEXT_MAX];

		if (is_return(w, pc) || (!is_first && !is_inline(w, pc))) {
			indent(w, depth);
			(void)write_end(w, pc, &way);
			return;
		}
		if (next < w->count) {
			if (BPF_CLASS(i->code) != BPF_JMP) {
				write_statement(w, pc, &way.state, depth);
				flow_step(&way.state, i);
			}
			pc = next;
			continue;
		}
		yes = settle(w, pc + 1 + i->jt);
		no = settle(w, pc + 1 + i->jf);
		inner = lines_of(w, yes) <= lines_of(w, no) ? yes : no;
		question_text(question, &way.state, w->abi, i, inner == yes);
		indent(w, depth);
		text_add(&w->out, "if (%s) ", question);
		inner_way = way;
		follow(w, &inner_way, pc, inner == yes);
		if (!write_end(w, inner, &inner_way)) {
			text_add(&w->out, "{\n");
			write_from(w, inner, &inner_way, depth + 1);
			indent(w, depth);
			text_add(&w->out, "}\n");
		}
		follow(w, &way, pc, inner != yes);
		pc = inner == yes ? no : yes;
	}
}

static void write_part(struct writer *w, size_t pc)
{
	const struct way way = { .state = w->states[pc] };

	write_from(w, pc, &way, 0);
}

STILE_PUBLIC char *stile_pseudo_code(const struct sock_filter *instructions, size_t count,
				     enum stile_abi abi)
{
	struct writer w = { .instructions = instructions, .count = count, .abi = abi };
	char *text;

	if (!instructions || filter_check(instructions, count, NULL, NULL) < 0)
		return NULL;
	w.states = flow_states(instructions, count);
	w.ways = calloc(count, sizeof(*w.ways));
	w.lines = calloc(count, sizeof(*w.lines));
	if (w.states && w.ways && w.lines) {
		measure(&w);
		w.is_explicit = needs_registers(&w);
		write_part(&w, 0);
		for (size_t pc = 1; pc < count; pc++) {
			if (!w.states[pc].is_reached || is_inline(&w, pc))
				continue;
			text_add(&w.out, "\nL%zu:\n", pc);
			write_part(&w, pc);
		}
	} else {
		w.out.has_failed = true;
	}
	text = text_take(&w.out);
	free(w.states);
	free(w.ways);
	free(w.lines);
	return text;
}
