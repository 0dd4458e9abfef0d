/* SPDX-License-Identifier: MIT */
#include "kafel_syscalls.h"

#include <stdio.h>
#include <string.h>

#define NAME_MAX_LENGTH 40

static char abi_letter(enum stile_abi abi)
{
	static const char letters[STILE_ABI_COUNT] = { [STILE_ABI_X86_64] = 'x',
						       [STILE_ABI_I386] = 'i',
						       [STILE_ABI_AARCH64] = 'a',
						       [STILE_ABI_RISCV64] = 'r' };

	return (unsigned int)abi < STILE_ABI_COUNT ? letters[abi] : '\0';
}

bool kafel_has_abi(enum stile_abi abi)
{
	return abi_letter(abi) != '\0';
}

/* A line of the table up to its arguments: "NAME=OURS@ABIS". */
struct head {
	int name_length;
	const char *ours;
	int ours_length;
	const char *abis; /* NULL: all */
	int abis_length;
	int length;
};

static struct head read_head(const char *line)
{
	struct head head = { .name_length = (int)strcspn(line, "=@ ") };
	const char *rest = line + head.name_length;

	head.ours = *rest == '=' ? rest + 1 : line;
	head.ours_length = (int)strcspn(head.ours, "=@ ");
	rest = head.ours + head.ours_length;
	if (*rest == '@') {
		head.abis = rest + 1;
		head.abis_length = (int)strcspn(head.abis, " ");
		rest = head.abis + head.abis_length;
	}
	head.length = (int)(rest - line);
	return head;
}

static bool is_for(const struct head *head, enum stile_abi abi)
{
	const char letter = abi_letter(abi);

	return letter && (!head->abis || memchr(head->abis, letter, (size_t)head->abis_length));
}

static long number_of(const struct head *head, enum stile_abi abi)
{
	char name[NAME_MAX_LENGTH];

	(void)snprintf(name, sizeof(name), "%.*s", head->ours_length, head->ours);
	return stile_syscall_number(abi, name);
}

static void read_arguments(const char *text, enum stile_abi abi, struct kafel_syscall *found)
{
	found->argument_count = 0;
	while (*text == ' ' && found->argument_count < KAFEL_ARGUMENTS_MAX) {
		const unsigned int i = found->argument_count++;
		bool is_wide = abi != STILE_ABI_I386;
		size_t length;

		text++;
		length = strcspn(text, ": ");
		found->arguments[i].name = text;
		found->arguments[i].length = (int)length;
		text += length;
		if (*text == ':') {
			is_wide = text[1] == '8';
			text += 2;
		}
		found->arguments[i].is_wide = is_wide;
	}
}

static bool fill(const char *line, const struct head *head, enum stile_abi abi, long number,
		 struct kafel_syscall *found)
{
	if (number < 0)
		return false;
	found->name = line;
	found->name_length = head->name_length;
	found->number = (uint32_t)number;
	read_arguments(line + head->length, abi, found);
	return true;
}

bool kafel_find_name(enum stile_abi abi, const char *name, struct kafel_syscall *found)
{
	const size_t length = strlen(name);

	for (size_t i = 0; kafel_syscalls[i]; i++) {
		const char *line = kafel_syscalls[i];
		struct head head;

		if (strncmp(line, name, length) != 0 || !strchr("=@ ", line[length]))
			continue;
		head = read_head(line);
		if (is_for(&head, abi))
			return fill(line, &head, abi, number_of(&head, abi), found);
	}
	return false;
}

bool kafel_find_number(enum stile_abi abi, uint32_t number, struct kafel_syscall *found)
{
	const char *ours = stile_syscall_name(abi, (long)number);

	for (size_t i = 0; ours && kafel_syscalls[i]; i++) {
		const struct head head = read_head(kafel_syscalls[i]);

		if ((size_t)head.ours_length == strlen(ours) &&
		    strncmp(head.ours, ours, strlen(ours)) == 0 && is_for(&head, abi))
			return fill(kafel_syscalls[i], &head, abi, (long)number, found);
	}
	return false;
}
