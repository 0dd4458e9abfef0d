/* SPDX-License-Identifier: MIT */
/* Text to classic BPF: what stile_disassemble() writes, and what people write by hand. */
#include <ctype.h>
#include <errno.h>
#include <linux/filter.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stile/filter.h>

#include "answer_text.h"
#include "assemble_labels.h"
#include "assemble_line.h"
#include "audit_arch.h"
#include "mnemonics.h"
#include "number_parse.h"
#include "public.h"
#include "suggest.h"
#include "syscalls.h"

#define INSTRUCTIONS_MAX (1u << 17) /* more than the kernel takes: it is to say so, not we */

struct assembler {
	struct message *message;
	size_t line;
	enum stile_abi abi; /* of syscalls' names; STILE_ABI_COUNT: none was said */
	struct labels labels;
	struct sock_filter *instructions;
	size_t count, capacity;
};

/* Begins a sentence with the line. Returns -EINVAL. */
#define FAIL(a, format, ...) \
	message_set((a)->message, -EINVAL, "line %zu: " format, (a)->line, ##__VA_ARGS__)

/* Room for one more instruction. */
static bool grow(struct assembler *a)
{
	size_t wanted = a->capacity ? a->capacity * 2 : 64;
	struct sock_filter *more;

	if (a->count < a->capacity)
		return true;
	more = reallocarray(a->instructions, wanted, sizeof(*more));
	if (!more)
		return false;
	a->instructions = more;
	a->capacity = wanted;
	return true;
}

static int out_of_memory(struct assembler *a)
{
	return message_set(a->message, -ENOMEM, "out of memory");
}

static int sort_labels(struct assembler *a)
{
	const struct label *again = labels_sort(&a->labels);

	if (!again)
		return 0;
	a->line = again[1].line;
	return FAIL(a, "the label '%s' stands before: in line %zu", again->name, again->line);
}

/* How many instructions further on a label is, up to a limit. */
static int parse_target(struct assembler *a, const char *word, size_t limit, uint32_t *offset)
{
	const struct label *label;

	if (strcmp(word, "next") == 0) {
		*offset = 0;
		return 0;
	}
	label = labels_find(&a->labels, word);
	if (!label)
		return FAIL(a, "there is no label '%s'", word);
	if (label->target <= a->count)
		return FAIL(a, "the label '%s' stands before this line: BPF cannot jump back",
			    word);
	if (label->target - a->count - 1 > limit)
		return FAIL(a,
			    "the label '%s' is %zu instructions away, and this jump reaches %zu: "
			    "jump to a 'ja' nearby",
			    word, label->target - a->count - 1, limit);
	*offset = (uint32_t)(label->target - a->count - 1);
	return 0;
}

/* A number, the name of an architecture, or after .abi that of a syscall. */
static int parse_number(struct assembler *a, const char *word, uint32_t *number)
{
	const char *text = word + (*word == '#'), *nearest;
	int syscall;

	if (number_parse_32(text, number))
		return 0;
	if (isdigit((unsigned char)text[*text == '-']))
		return FAIL(a, "'%s' is no number of 32 bits", word);
	for (unsigned int abi = 0; abi < STILE_ABI_COUNT; abi++)
		if (strcmp(text, stile_abi_name(abi)) == 0) {
			*number = audit_arch(abi);
			return 0;
		}
	if (a->abi == STILE_ABI_COUNT)
		return FAIL(a,
			    "'%s' is no number; to write syscalls by name say first whose, e.g. "
			    "'.abi %s'",
			    word, stile_abi_name(STILE_ABI_NATIVE));
	syscall = syscall_find(text);
	if (syscall >= 0 && syscall_table[syscall].numbers[a->abi] >= 0) {
		*number = (uint32_t)syscall_table[syscall].numbers[a->abi];
		return 0;
	}
	if (syscall >= 0)
		return FAIL(a, "%s has no syscall '%s'", stile_abi_name(a->abi), text);
	nearest = syscall_suggest(text);
	return FAIL(a, "'%s' is no number and no syscall%s%s%s", word,
		    nearest ? ": did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

static bool parse_word(const char *text, uint32_t *offset)
{
	char name[WORD_TEXT_MAX];

	for (*offset = 0; *offset < sizeof(struct seccomp_data); *offset += 4) {
		word_text(name, *offset);
		if (strcmp(name, text) == 0)
			return true;
	}
	return false;
}

static bool parse_scratch(const char *text, uint32_t *index)
{
	char number[8];
	size_t length = strlen(text);

	if (length < 4 || length - 3 >= sizeof(number) || strncmp(text, "M[", 2) != 0 ||
	    text[length - 1] != ']')
		return false;
	memcpy(number, text + 2, length - 3);
	number[length - 3] = '\0';
	return number_parse_32(number, index) && *index < BPF_MEMWORDS;
}

/* What an operand looks like; numbers are what looks like nothing else. */
static enum operand operand_kind(const char *text)
{
	if (strcmp(text, "x") == 0)
		return OPERAND_X;
	if (strcmp(text, "a") == 0)
		return OPERAND_A;
	if (strcmp(text, "len") == 0)
		return OPERAND_LENGTH;
	if (*text == '[')
		return OPERAND_WORD;
	if (strncmp(text, "M[", 2) == 0)
		return OPERAND_SCRATCH;
	return OPERAND_NUMBER;
}

static int unknown_mnemonic(struct assembler *a, const char *name)
{
	struct suggestion suggestion;

	suggestion_start(&suggestion, name);
	for (size_t i = 0; i < mnemonic_count; i++) {
		suggestion_offer(&suggestion, mnemonics[i].name);
		if (mnemonics[i].opposite)
			suggestion_offer(&suggestion, mnemonics[i].opposite);
	}
	return FAIL(a, "there is no instruction '%s'%s%s%s", name,
		    suggestion.nearest ? ": did you mean '" : "",
		    suggestion.nearest ? suggestion.nearest : "", suggestion.nearest ? "'?" : "");
}

/*
 * The table's line for a name with its first operand; *is_known: the name alone is right.
 * is_opposite: the name asks the opposite question, "jne".
 */
static const struct mnemonic *find_mnemonic(const struct assemble_line *line, bool *is_known,
					    bool *is_opposite)
{
	enum operand kind = line->operand_count ? operand_kind(line->operands[0]) : OPERAND_NONE;

	*is_known = false;
	for (size_t i = 0; i < mnemonic_count; i++) {
		const struct mnemonic *m = &mnemonics[i];

		*is_opposite = m->opposite && strcmp(line->name, m->opposite) == 0;
		if (!*is_opposite && strcmp(line->name, m->name) != 0)
			continue;
		*is_known = true;
		if (m->operand == kind ||
		    (kind == OPERAND_NUMBER &&
		     (m->operand == OPERAND_TARGET || m->operand == OPERAND_ANSWER)))
			return m;
	}
	return NULL;
}

static int parse_operand(struct assembler *a, const struct mnemonic *m, const char *word,
			 uint32_t *k)
{
	const char *nearest;

	switch ((enum operand)m->operand) {
	case OPERAND_NUMBER:
		return parse_number(a, word, k);
	case OPERAND_WORD:
		if (!parse_word(word, k))
			return FAIL(a,
				    "'%s' is no word of a call: write [nr], [arch], [args[0]].lo "
				    "to [args[5]].hi, [ip].lo or [ip].hi",
				    word);
		return 0;
	case OPERAND_SCRATCH:
		if (!parse_scratch(word, k))
			return FAIL(a, "'%s' is no scratch word: write M[0] to M[15]", word);
		return 0;
	case OPERAND_TARGET:
		return parse_target(a, word, UINT32_MAX, k);
	case OPERAND_ANSWER:
		if (answer_parse(word, k))
			return 0;
		nearest = answer_suggest(word);
		if (nearest)
			return FAIL(a, "'%s' is no answer: did you mean '%s'?", word, nearest);
		return FAIL(a,
			    "'%s' is no answer: write ALLOW, ERRNO(EPERM), KILL_PROCESS, "
			    "KILL_THREAD, TRAP, TRACE(0), USER_NOTIF, LOG or a number",
			    word);
	case OPERAND_NONE:
	case OPERAND_X:
	case OPERAND_A:
	case OPERAND_LENGTH:
		break;
	}
	return 0;
}

/* "jeq #5, L1" goes on with the next instruction if not, "jne #5, L1" if so. */
static int parse_targets(struct assembler *a, const struct assemble_line *line, bool is_opposite,
			 struct sock_filter *i)
{
	uint32_t first = 0, second = 0;
	int error = parse_target(a, line->operands[1], UINT8_MAX, &first);

	if (!error && line->operand_count == 3)
		error = parse_target(a, line->operands[2], UINT8_MAX, &second);
	i->jt = (uint8_t)(is_opposite ? second : first);
	i->jf = (uint8_t)(is_opposite ? first : second);
	return error;
}

static int parse_instruction(struct assembler *a, const struct assemble_line *line,
			     struct sock_filter *i)
{
	bool is_known, is_opposite;
	const struct mnemonic *m = find_mnemonic(line, &is_known, &is_opposite);
	int error = 0;

	if (!m && !is_known)
		return unknown_mnemonic(a, line->name);
	if (!m && line->operand_count == 0)
		return FAIL(a, "'%s' needs an operand", line->name);
	if (!m)
		return FAIL(a, "'%s' takes no operand like '%s'", line->name, line->operands[0]);
	if (m->is_question && line->operand_count < 2)
		return FAIL(a, "'%s' needs a label behind what it compares with: %s %s, LABEL",
			    line->name, line->name, line->operands[0]);
	if (line->operand_count > (m->is_question ? 3 : m->operand != OPERAND_NONE))
		return FAIL(a, "'%s' has too many operands", line->name);
	i->code = m->code;
	if (line->operand_count)
		error = parse_operand(a, m, line->operands[0], &i->k);
	if (!error && m->is_question)
		error = parse_targets(a, line, is_opposite, i);
	return error;
}

/* ".raw 0x15 0 1 0x101": code, jt, jf and k as they are */
static int parse_raw(struct assembler *a, const struct assemble_line *line, struct sock_filter *i)
{
	static const uint32_t limits[] = { UINT16_MAX, UINT8_MAX, UINT8_MAX, UINT32_MAX };
	uint32_t values[4];

	if (line->operand_count != 4)
		return FAIL(a, "'.raw' needs four numbers: code jt jf k");
	for (unsigned int k = 0; k < 4; k++)
		if (!number_parse_32(line->operands[k], &values[k]) || values[k] > limits[k])
			return FAIL(a, "'.raw': '%s' is no number up to %u", line->operands[k],
				    limits[k]);
	*i = (struct sock_filter){ (uint16_t)values[0], (uint8_t)values[1], (uint8_t)values[2],
				   values[3] };
	return 0;
}

static int parse_abi(struct assembler *a, const struct assemble_line *line)
{
	for (unsigned int abi = 0; line->operand_count == 1 && abi < STILE_ABI_COUNT; abi++)
		if (strcmp(line->operands[0], stile_abi_name(abi)) == 0) {
			a->abi = abi;
			return 0;
		}
	return FAIL(a, "'.abi' needs one of x86_64, i386, x32, aarch64, riscv64");
}

/* Two rounds over the text: where the labels are, then the instructions. */
static int parse_text(struct assembler *a, const char *text, bool is_first)
{
	struct assemble_line line;
	int error = 0;

	a->line = a->count = 0;
	while (*text && !error) {
		struct sock_filter i = { 0 };

		a->line++;
		error = assemble_line(a->message, a->line, &text, &line);
		for (unsigned int k = 0; !error && is_first && k < line.label_count; k++)
			if (!labels_add(&a->labels, line.labels[k], a->line, a->count))
				error = out_of_memory(a);
		if (error || !*line.name)
			continue;
		if (strcmp(line.name, ".abi") == 0) {
			error = is_first ? 0 : parse_abi(a, &line);
			continue;
		}
		if (a->count == INSTRUCTIONS_MAX)
			return FAIL(a, "more than %u instructions", INSTRUCTIONS_MAX);
		if (!is_first) {
			if (!grow(a))
				return out_of_memory(a);
			error = strcmp(line.name, ".raw") == 0 ? parse_raw(a, &line, &i) :
								 parse_instruction(a, &line, &i);
			a->instructions[a->count] = i;
		}
		a->count++;
	}
	return error;
}

STILE_PUBLIC int stile_assemble(const char *text, struct sock_filter **instructions, size_t *count,
				char *message, size_t size)
{
	struct message sentence = { "" };
	struct assembler a = { .message = &sentence, .abi = STILE_ABI_COUNT };
	int error;

	if (!text || !instructions || !count)
		return -EINVAL;
	error = parse_text(&a, text, true);
	if (!error)
		error = sort_labels(&a);
	if (!error)
		error = parse_text(&a, text, false);
	if (!error && !grow(&a)) /* of an empty text too there is something to free */
		error = out_of_memory(&a);
	free(a.labels.list);
	if (message && size)
		(void)snprintf(message, size, "%s", sentence.text);
	if (error) {
		free(a.instructions);
		return error;
	}
	*instructions = a.instructions;
	*count = a.count;
	return 0;
}
