/* SPDX-License-Identifier: MIT */
#include "filter_file.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <stile.h>

#include "commands.h"
#include "input_file.h"
#include "say.h"

#define BYTES_MAX \
	(1u << 20) /* 32 times what the kernel takes, so that we can say where it is wrong */
#define TEXT_BYTES_MAX (1u << 24) /* what 'stile disasm' prints of so many */
#define WHAT_TO_GIVE "give raw instructions of 8 bytes each, as seccomp(2) takes them"

static bool is_text(const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((bytes[i] < ' ' || bytes[i] > '~') && !strchr("\t\n\r", bytes[i]))
			return false;
	return strnlen(bytes, length) == length;
}

/* Mistakes that the bytes themselves show. 0, or a status, and it was said. */
static int refuse_bad_bytes(const char *verb, const char *subject, const char *bytes, size_t length)
{
	if (length == 0)
		say(verb, subject, "the filter is empty: " WHAT_TO_GIVE);
	else if (length >= 4 && memcmp(bytes, "\177ELF", 4) == 0)
		say(verb, subject, "this is an ELF file, no filter: " WHAT_TO_GIVE);
	else if (is_text(bytes, length))
		say(verb, subject, "this is text, no filter: 'stile asm' makes one of assembly");
	else if (length > BYTES_MAX)
		say(verb, subject,
		    "more than %u bytes: the kernel takes %u at most (4096 instructions)",
		    BYTES_MAX, 4096 * 8);
	else if (length % sizeof(struct sock_filter))
		say(verb, subject,
		    "%zu bytes are no whole number of instructions of 8 bytes: the last one, at "
		    "byte %zu, is truncated",
		    length, length - length % sizeof(struct sock_filter));
	else
		return 0;
	return STATUS_FAILED;
}

/* Whether it is a filter from a machine with the other byte order. */
static bool is_swapped(const struct sock_filter *instructions, size_t count)
{
	struct sock_filter *swapped;
	bool is_valid;

	if (stile_check_filter(instructions, count, NULL, NULL) == 0)
		return false;
	swapped = calloc(count, sizeof(*swapped));
	if (!swapped)
		return false;
	for (size_t i = 0; i < count; i++) {
		swapped[i] = instructions[i];
		swapped[i].code = __builtin_bswap16(instructions[i].code);
		swapped[i].k = __builtin_bswap32(instructions[i].k);
	}
	is_valid = stile_check_filter(swapped, count, NULL, NULL) == 0;
	free(swapped);
	return is_valid;
}

static int parse(const char *verb, const char *subject, const char *bytes, size_t length,
		 struct sock_filter **instructions, size_t *count)
{
	int status = refuse_bad_bytes(verb, subject, bytes, length);

	if (status)
		return status;
	*instructions = malloc(length);
	if (!*instructions) {
		say(verb, NULL, "out of memory");
		return STATUS_FAILED;
	}
	memcpy(*instructions, bytes, length);
	*count = length / sizeof(struct sock_filter);
	if (!is_swapped(*instructions, *count))
		return 0;
	free(*instructions);
	say(verb, subject,
	    "the filter is in the byte order of another machine: make it on a machine with this "
	    "one's (%s)",
	    __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? "little-endian" : "big-endian");
	return STATUS_FAILED;
}

int read_filter_file(const char *verb, const char *path, struct sock_filter **instructions,
		     size_t *count)
{
	struct input input;
	int status = read_input(verb, path, "filter", BYTES_MAX, &input);

	if (status)
		return status;
	status = parse(verb, input_name(path), input.bytes, input.length, instructions, count);
	free(input.bytes);
	return status;
}

int read_text_file(const char *verb, const char *path, const char *what, char **text)
{
	struct input input;
	int status = read_input(verb, path, what, TEXT_BYTES_MAX, &input);

	if (status)
		return status;
	*text = input.bytes;
	if (input.length > TEXT_BYTES_MAX)
		say(verb, input_name(path), "more than %u bytes of text", TEXT_BYTES_MAX);
	else if (strlen(*text) != input.length)
		say(verb, input_name(path), "byte %zu is NUL: this is no text%s", strlen(*text),
		    strcmp(verb, "asm") == 0 ? "; 'stile disasm' reads what 'stile asm' writes" :
					       "");
	else
		return 0;
	free(*text);
	return STATUS_FAILED;
}

int refuse_bad_filter(const char *verb, const char *path, const struct sock_filter *instructions,
		      size_t count)
{
	const char *why;
	size_t where;

	if (stile_check_filter(instructions, count, &where, &why) == 0)
		return 0;
	say(verb, input_name(path),
	    "the kernel would refuse the filter: instruction %zu, at byte %zu: %s%s", where,
	    where * sizeof(struct sock_filter), why,
	    strcmp(verb, "disasm") == 0 ? "" : ": 'stile disasm' shows it");
	return STATUS_FAILED;
}
