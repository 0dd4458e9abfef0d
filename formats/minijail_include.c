/* SPDX-License-Identifier: MIT */
/* Files that minijail's files include. None is read from outside of the first one's folder. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "minijail.h"

static bool cannot_open(struct minijail_parser *parser, const struct token *token, const char *path)
{
	const int error = errno;

	switch (error) {
	case ENOENT:
		return minijail_error(parser, token, "there is no '%s' in the policy's folder",
				      path);
	case EXDEV:
		return minijail_error(parser, token, "'%s' leads out of the policy's folder", path);
	default:
		return minijail_error(parser, token, "cannot read '%s': %s", path,
				      strerrordesc_np(error));
	}
}

/* Opens a regular file beneath the folder; -1: it was said why not. */
static int open_beneath(struct minijail_parser *parser, const struct token *token,
			struct minijail_file *file)
{
	const int folder = parser->text->source->folder;
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
	struct stat status;
	int descriptor;

	descriptor = (int)syscall(SYS_openat2, folder, file->path, &how, sizeof(how));
	if (descriptor < 0) {
		(void)cannot_open(parser, token, file->path);
		return -1;
	}
	if (fstat(descriptor, &status) < 0)
		(void)cannot_open(parser, token, file->path);
	else if (!S_ISREG(status.st_mode))
		(void)minijail_error(parser, token, "'%s' is no regular file", file->path);
	else if (status.st_size > (off_t)SOURCE_BYTES_MAX)
		(void)minijail_error(parser, token, "'%s' is larger than %u bytes", file->path,
				     SOURCE_BYTES_MAX);
	else {
		file->identity[0] = status.st_dev;
		file->identity[1] = status.st_ino;
		return descriptor;
	}
	(void)close(descriptor);
	return -1;
}

/* All bytes with a NUL behind them, to be freed; NULL: it was said why not. */
static char *read_bytes(struct minijail_parser *parser, const struct token *token, int descriptor,
			const char *path, size_t *length)
{
	char *bytes = malloc(SOURCE_BYTES_MAX + 2);

	*length = 0;
	if (!bytes) {
		(void)minijail_error(parser, token, "out of memory");
		return NULL;
	}
	while (*length <= SOURCE_BYTES_MAX) {
		const ssize_t got = read(descriptor, bytes + *length,
					 SOURCE_BYTES_MAX + 1 - *length);

		if (got == 0) {
			bytes[*length] = '\0';
			return bytes;
		}
		if (got > 0)
			*length += (size_t)got;
		else if (errno != EINTR) {
			(void)cannot_open(parser, token, path);
			free(bytes);
			return NULL;
		}
	}
	(void)minijail_error(parser, token, "'%s' is larger than %u bytes", path, SOURCE_BYTES_MAX);
	free(bytes);
	return NULL;
}

static bool is_same_file(const struct minijail_file *a, const struct minijail_file *b)
{
	return strcmp(a->path, b->path) == 0 ||
	       (a->identity[1] != 0 && memcmp(a->identity, b->identity, sizeof(a->identity)) == 0);
}

/* " -> b.policy -> c.policy": those that led from the file with this parser to the last one. */
static void append_chain(const struct minijail_parser *from, const struct minijail_parser *last,
			 char *text, size_t size)
{
	size_t used;

	if (last != from && last->includer)
		append_chain(from, last->includer, text, size);
	used = strlen(text);
	(void)snprintf(text + used, size - used, "%s -> ", last->file->path);
}

/* Whether this file may be read: it is not being read already, nor too deep. */
static bool check_chain(struct minijail_parser *parser, const struct token *token,
			const struct minijail_file *file)
{
	unsigned int depth = 1;
	char chain[1000] = "";

	for (const struct minijail_parser *p = parser; p; p = p->includer, depth++)
		if (is_same_file(p->file, file)) {
			append_chain(p, parser, chain, sizeof(chain));
			return minijail_error(parser, token,
					      "these files include one another: %s%s", chain,
					      file->path);
		}
	if (depth > MINIJAIL_DEPTH_MAX)
		return minijail_error(parser, token,
				      "more than %d files in one another, which minijail refuses",
				      MINIJAIL_DEPTH_MAX);
	return true;
}

/*
 * The path in the first file's folder, to be freed; NULL: it was said why there is none. The C
 * parser begins at the working folder, compile_seccomp_policy.py at the including file's; absolute
 * paths are those of an installed system, where the files stand beside one another.
 */
static char *path_of(struct minijail_parser *parser, const struct token *token)
{
	const char *includer = parser->file->path, *slash = strrchr(includer, '/');
	const size_t folder = slash ? (size_t)(slash + 1 - includer) : 0;
	const bool is_absolute = token->text[0] == '/';
	const char *start = token->text + (is_absolute ? 0 : strlen("./"));
	const char *end = token->text + token->length;
	char *path;

	for (const char *c = start; is_absolute && c < end; c++)
		if (*c == '/')
			start = c + 1;
	if (start == end) {
		(void)minijail_expected(parser, token, "the path of a file");
		return NULL;
	}
	path = malloc(folder + (size_t)(end - start) + 1);
	if (!path) {
		(void)minijail_error(parser, token, "out of memory");
		return NULL;
	}
	memcpy(path, includer, folder);
	memcpy(path + folder, start, (size_t)(end - start));
	path[folder + (size_t)(end - start)] = '\0';
	if (is_absolute)
		diagnose_warning(parser->tokens.diagnostics, parser->file->name, token->line,
				 token->column,
				 "'%s', from beside this file, is read in place of "
				 "'%.*s'",
				 path, (int)token->length, token->text);
	return path;
}

static bool read_included(struct minijail_parser *parser, const struct token *token,
			  struct minijail_file *file)
{
	const int descriptor = open_beneath(parser, token, file);
	struct source source = { .name = file->name, .folder = parser->text->source->folder };
	char *bytes;

	if (descriptor < 0)
		return false;
	bytes = check_chain(parser, token, file) ?
			read_bytes(parser, token, descriptor, file->path, &source.length) :
			NULL;
	(void)close(descriptor);
	if (!bytes)
		return false;
	source.bytes = bytes;
	minijail_read_file(parser->text, &source, file, parser);
	free(bytes);
	return true;
}

bool minijail_include(struct minijail_parser *parser)
{
	const struct token *token = parser->next;
	struct minijail_file *file;
	char *path;

	if (token->kind != TOKEN_PATH ||
	    (token->text[0] == '.' && (token->length < 2 || token->text[1] != '/')))
		return minijail_expected(parser, token, "a path that begins with './' or '/'");
	parser->next++;
	if (parser->next->kind != TOKEN_END)
		return minijail_expected(parser, parser->next, "the end of the statement");
	if (parser->includer)
		minijail_only_python(parser, token, "@include in an included file");
	if (parser->text->source->folder < 0)
		return minijail_error(parser, token,
				      "this policy was not read from a folder in "
				      "which the file could be");
	path = path_of(parser, token);
	if (!path)
		return false;
	file = minijail_add_file(parser->text, path);
	free(path);
	return file && read_included(parser, token, file);
}
