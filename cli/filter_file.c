/* SPDX-License-Identifier: MIT */
#include "filter_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <stile.h>

#include "commands.h"
#include "say.h"

#define BYTES_MAX \
	(1u << 20) /* 32 times what the kernel takes, so that we can say where it is wrong */
#define TEXT_BYTES_MAX (1u << 24) /* what 'stile disasm' prints of so many */
#define WHAT_TO_GIVE "give raw instructions of 8 bytes each, as seccomp(2) takes them"

/* The file's descriptor, or -1, and it was said. A FIFO would let us wait for ever. */
static int open_file(const char *verb, const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat status;

	if (fd < 0) {
		say(verb, path, "cannot open the filter: %s", strerror(errno));
		return -1;
	}
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
		return fd;
	say(verb, path, "%s: give a file, or - for standard input",
	    S_ISDIR(status.st_mode) ? "this is a folder" : "this is no regular file");
	(void)close(fd);
	return -1;
}

/* All bytes up to a limit, one more to show that it is passed. -1: it was said. */
static ssize_t read_bytes(const char *verb, const char *subject, int fd, char *bytes, size_t limit)
{
	size_t length = 0;

	while (length <= limit) {
		ssize_t got = read(fd, bytes + length, limit + 1 - length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			say(verb, subject, "cannot read the filter: %s", strerror(errno));
			return -1;
		}
		if (got == 0)
			break;
		length += (size_t)got;
	}
	return (ssize_t)length;
}

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

/* Whatever is in the file, and a NUL behind it. If there is more than limit, one byte more. */
static int read_whole(const char *verb, const char *path, size_t limit, char **bytes,
		      size_t *length)
{
	bool is_input = strcmp(path, "-") == 0;
	const char *subject = is_input ? "standard input" : path;
	int fd = is_input ? STDIN_FILENO : open_file(verb, path);
	ssize_t got = -1;

	if (fd < 0)
		return STATUS_FAILED;
	*bytes = malloc(limit + 2);
	if (!*bytes)
		say(verb, NULL, "out of memory");
	else
		got = read_bytes(verb, subject, fd, *bytes, limit);
	if (!is_input)
		(void)close(fd);
	if (got < 0) {
		free(*bytes);
		return STATUS_FAILED;
	}
	(*bytes)[got] = '\0';
	*length = (size_t)got;
	return 0;
}

int read_filter_file(const char *verb, const char *path, struct sock_filter **instructions,
		     size_t *count)
{
	char *bytes;
	size_t length;
	int status = read_whole(verb, path, BYTES_MAX, &bytes, &length);

	if (status)
		return status;
	status = parse(verb, strcmp(path, "-") == 0 ? "standard input" : path, bytes, length,
		       instructions, count);
	free(bytes);
	return status;
}

int read_text_file(const char *verb, const char *path, char **text)
{
	size_t length;
	int status = read_whole(verb, path, TEXT_BYTES_MAX, text, &length);

	if (status)
		return status;
	path = strcmp(path, "-") == 0 ? "standard input" : path;
	if (length > TEXT_BYTES_MAX)
		say(verb, path, "more than %u bytes of text", TEXT_BYTES_MAX);
	else if (strlen(*text) != length)
		say(verb, path,
		    "byte %zu is NUL: this is no text; 'stile disasm' reads what 'stile asm' "
		    "writes",
		    strlen(*text));
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
	say(verb, strcmp(path, "-") == 0 ? "standard input" : path,
	    "the kernel would refuse the filter: instruction %zu, at byte %zu: %s%s", where,
	    where * sizeof(struct sock_filter), why,
	    strcmp(verb, "disasm") == 0 ? "" : ": 'stile disasm' shows it");
	return STATUS_FAILED;
}
