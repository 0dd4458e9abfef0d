/* SPDX-License-Identifier: MIT */
#include "systemd_groups.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "document_memory.h"
#include "file_trust.h"

#define NAME_MAX_LENGTH 64

struct systemd_group *systemd_find_group(struct systemd_groups *groups, const char *name)
{
	for (size_t i = 0; i < groups->count; i++)
		if (strcmp(groups->items[i].name, name) == 0)
			return &groups->items[i];
	return NULL;
}

/* Letters at the beginning and the end that two names share. */
static size_t shared(const char *a, const char *b)
{
	const size_t a_length = strlen(a), b_length = strlen(b);
	size_t first = 0, last = 0;

	while (a[first] && a[first] == b[first])
		first++;
	while (first + last < a_length && first + last < b_length &&
	       a[a_length - 1 - last] == b[b_length - 1 - last])
		last++;
	return first + last;
}

const char *systemd_nearest_group(const struct systemd_groups *groups, const char *name)
{
	const size_t length = strlen(name);
	const char *nearest = NULL;
	size_t least = 3; /* so many letters may differ */

	for (size_t i = 0; i < groups->count; i++) {
		const char *other = groups->items[i].name;
		const size_t longer = strlen(other) > length ? strlen(other) : length;
		const size_t differing = longer - shared(name, other);

		if (differing < least) {
			least = differing;
			nearest = other;
		}
	}
	return nearest;
}

static bool refuse(const struct source *source, unsigned int line, const char *sentence,
		   struct diagnostics *diagnostics)
{
	diagnose_error(diagnostics, source->name, line, 0, "%s", sentence);
	return false;
}

static bool is_word(const char *text, size_t length)
{
	if (length == 0 || length > NAME_MAX_LENGTH)
		return false;
	for (size_t i = 0; i < length; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-@",
			    text[i]))
			return false;
	return true;
}

static bool add_group(struct systemd_groups *groups, const char *name)
{
	if (groups->count == SYSTEMD_GROUPS_MAX || systemd_find_group(groups, name))
		return false;
	groups->items[groups->count++] = (struct systemd_group){
		.name = name, .entries = groups->entries + groups->entry_count
	};
	return true;
}

static bool add_entry(struct systemd_groups *groups, const char *name)
{
	if (groups->count == 0 || groups->entry_count == SYSTEMD_ENTRIES_MAX)
		return false;
	groups->entries[groups->entry_count++] = name;
	groups->items[groups->count - 1].count++;
	return true;
}

/* "@aio", or behind blanks "# what it is" or "io_setup"; a comment otherwise. */
static bool parse_line(struct systemd_groups *groups, const char *text, size_t length,
		       struct document *memory)
{
	const bool is_entry = *text == ' ' || *text == '\t';
	const char *name;

	while (length && (*text == ' ' || *text == '\t')) {
		text++;
		length--;
	}
	while (length && (text[length - 1] == ' ' || text[length - 1] == '\r'))
		length--;
	if (length == 0 || *text == '#')
		return true;
	if (!is_word(text, length) || (!is_entry && *text != '@'))
		return false;
	name = document_copy(memory, text, length);
	return name && (is_entry ? add_entry(groups, name) : add_group(groups, name));
}

bool systemd_groups_parse(struct systemd_groups *groups, const struct source *source,
			  struct document *memory, struct diagnostics *diagnostics)
{
	const char *text = source->bytes, *end = source->bytes + source->length;
	unsigned int line = 0;

	groups->count = groups->entry_count = 0;
	if (!document_check_text(source, diagnostics))
		return false;
	while (text < end) {
		const char *line_end = memchr(text, '\n', (size_t)(end - text));
		const size_t length = (size_t)((line_end ? line_end : end) - text);

		line++;
		if (length && !parse_line(groups, text, length, memory))
			return refuse(source, line,
				      "expected what systemd-analyze syscall-filter "
				      "prints: a group's name, or behind blanks a "
				      "call's",
				      diagnostics);
		text += length + 1;
	}
	if (systemd_find_group(groups, "@default"))
		return true;
	return refuse(source, 0,
		      "there is no group @default: expected what systemd-analyze "
		      "syscall-filter prints",
		      diagnostics);
}

/* A whole regular file. */
static char *read_file(const char *name, size_t *length, struct diagnostics *diagnostics)
{
	const int file = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char *text = file < 0 ? NULL : malloc(SOURCE_BYTES_MAX + 1);
	ssize_t got = file < 0 ? -1 : 0;
	struct stat status;

	if (file >= 0 && fstat(file, &status) == 0) {
		warn_of_writers(diagnostics, name, &status);
		warn_of_folders(diagnostics, name, name);
	}
	*length = 0;
	while (text && *length <= SOURCE_BYTES_MAX) {
		got = read(file, text + *length, SOURCE_BYTES_MAX + 1 - *length);
		if (got > 0)
			*length += (size_t)got;
		else if (got == 0 || errno != EINTR)
			break;
	}
	if (got < 0 || !text)
		diagnose_error(diagnostics, name, 0, 0, "cannot read: %s", strerror(errno));
	else if (*length > SOURCE_BYTES_MAX)
		diagnose_error(diagnostics, name, 0, 0, "the file is larger than 1 MiB");
	if (file >= 0)
		(void)close(file);
	if (text && got >= 0 && *length <= SOURCE_BYTES_MAX) {
		text[*length] = '\0';
		return text;
	}
	free(text);
	return NULL;
}

bool systemd_groups_load(struct systemd_groups *groups, const char *file, struct document *memory,
			 struct diagnostics *diagnostics)
{
	struct source source = { .name = file ? file : SYSTEMD_ANALYZE, .folder = -1 };
	char *text = file ? read_file(file, &source.length, diagnostics) :
			    systemd_analyze(&source.length, diagnostics);
	bool is_good;

	if (!text)
		return false;
	source.bytes = text;
	is_good = systemd_groups_parse(groups, &source, memory, diagnostics);
	free(text);
	return is_good;
}
