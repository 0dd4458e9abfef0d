/* SPDX-License-Identifier: MIT */
#include "filter_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

const char *input_name(const char *path)
{
	return strcmp(path, "-") == 0 ? "standard input" : path;
}

/*
 * A pipe that we have already, which a shell calls /dev/fd/63 in place of <(...): another
 * descriptor of it. -1: the path is nothing of the kind.
 */
static int open_own_pipe(const char *path)
{
	static const char *const folders[] = { "/dev/fd/", "/proc/self/fd/" };
	const char *digits = NULL;
	struct stat status;
	long number;

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		if (strncmp(path, folders[i], strlen(folders[i])) == 0)
			digits = path + strlen(folders[i]);
	if (strcmp(path, "/dev/stdin") == 0)
		digits = "0";
	if (!digits || !*digits || strspn(digits, "0123456789") != strlen(digits))
		return -1;
	errno = 0;
	number = strtol(digits, NULL, 10);
	if (errno || number > INT_MAX || fstat((int)number, &status) < 0 ||
	    !S_ISFIFO(status.st_mode))
		return -1;
	return fcntl((int)number, F_DUPFD_CLOEXEC, 0);
}

/* The file's descriptor, or -1, and it was said. A FIFO would let us wait for ever. */
static int open_file(const char *verb, const char *path, const char *what)
{
	int fd = open_own_pipe(path);
	struct stat status;

	if (fd >= 0)
		return fd;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0) {
		say(verb, path, "cannot open the %s: %s", what, strerror(errno));
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
static ssize_t read_bytes(const char *verb, const char *subject, const char *what, int fd,
			  char *bytes, size_t limit)
{
	size_t length = 0;

	while (length <= limit) {
		ssize_t got = read(fd, bytes + length, limit + 1 - length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			say(verb, subject, "cannot read the %s: %s", what, strerror(errno));
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
static int read_whole(const char *verb, const char *path, const char *what, size_t limit,
		      char **bytes, size_t *length)
{
	bool is_input = strcmp(path, "-") == 0;
	int fd = is_input ? STDIN_FILENO : open_file(verb, path, what);
	ssize_t got = -1;

	if (fd < 0)
		return STATUS_FAILED;
	*bytes = malloc(limit + 2);
	if (!*bytes)
		say(verb, NULL, "out of memory");
	else
		got = read_bytes(verb, input_name(path), what, fd, *bytes, limit);
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
	int status = read_whole(verb, path, "filter", BYTES_MAX, &bytes, &length);

	if (status)
		return status;
	status = parse(verb, input_name(path), bytes, length, instructions, count);
	free(bytes);
	return status;
}

int read_text_file(const char *verb, const char *path, const char *what, char **text)
{
	size_t length;
	int status = read_whole(verb, path, what, TEXT_BYTES_MAX, text, &length);

	if (status)
		return status;
	if (length > TEXT_BYTES_MAX)
		say(verb, input_name(path), "more than %u bytes of text", TEXT_BYTES_MAX);
	else if (strlen(*text) != length)
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
