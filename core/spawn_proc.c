/* SPDX-License-Identifier: MIT */
#include "spawn_proc.h"

#include <ctype.h>
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_read(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* As much of the file as fits; its size or a negative errno. */
static ssize_t read_file(const char *path, void *to, size_t size)
{
	size_t have = 0;
	ssize_t got;
	int fd = open_read(path);

	if (fd < 0)
		return fd;
	do {
		got = read(fd, (char *)to + have, size - have);
		if (got > 0)
			have += (size_t)got;
	} while ((got > 0 && have < size) || (got < 0 && errno == EINTR));
	if (got < 0)
		got = -errno;
	close(fd);
	return got < 0 ? got : (ssize_t)have;
}

int proc_status_number(pid_t pid, pid_t tid, const char *name, int base, uint64_t *value)
{
	char path[64], text[8192];
	size_t length = strlen(name);
	ssize_t size;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/status", pid, tid);
	size = read_file(path, text, sizeof(text) - 1);
	if (size < 0)
		return (int)size;
	text[size] = '\0';
	/* The first line holds a name that the program chose; its newlines are escaped. */
	for (char *line = strchr(text, '\n'); line; line = strchr(line, '\n')) {
		line++;
		if (strncmp(line, name, length) == 0 && line[length] == ':') {
			*value = strtoull(line + length + 1, NULL, base);
			return 0;
		}
	}
	return -ENODATA;
}

int proc_entry_point(pid_t pid, uint64_t *entry)
{
	uint64_t pairs[2 * 64];
	char path[64];
	ssize_t size;

	snprintf(path, sizeof(path), "/proc/%d/auxv", pid);
	size = read_file(path, pairs, sizeof(pairs));
	if (size < 0)
		return (int)size;
	for (size_t i = 0; (i + 2) * sizeof(*pairs) <= (size_t)size; i += 2) {
		if (pairs[i] == AT_ENTRY) {
			*entry = pairs[i + 1];
			return 0;
		}
	}
	return -ENODATA;
}

int proc_elf_kind(pid_t pid, int *elf_class, int *machine)
{
	/* e_machine is in the same place in both classes. */
	Elf64_Ehdr header;
	char path[64];
	ssize_t size;

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	size = read_file(path, &header, sizeof(header));
	if (size < 0)
		return (int)size;
	if (size < (ssize_t)sizeof(Elf32_Ehdr) || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
		return -ENODATA;
	*elf_class = header.e_ident[EI_CLASS];
	*machine = header.e_machine;
	return 0;
}

bool proc_is_thread(pid_t pid, pid_t tid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d", pid, tid);
	return access(path, F_OK) == 0;
}

int proc_each_thread(pid_t pid, int (*visit)(void *context, pid_t tid), void *context)
{
	/* Not readdir(): opendir() allocates. */
	union {
		struct dirent64 align;
		char bytes[4096];
	} entries;
	char path[64];
	ssize_t size;
	int answer = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while (answer == 0 && (size = getdents64(fd, entries.bytes, sizeof(entries))) != 0) {
		if (size < 0) {
			answer = -errno;
			break;
		}
		for (ssize_t at = 0; answer == 0 && at < size;) {
			struct dirent64 *entry = (struct dirent64 *)(void *)(entries.bytes + at);

			at += entry->d_reclen;
			if (isdigit((unsigned char)entry->d_name[0]))
				answer = visit(context, atoi(entry->d_name));
		}
	}
	close(fd);
	return answer;
}

/* One line of /proc/PID/maps: how much of [*start, end) lies in a private mapping. */
static bool covers(const char *line, uint64_t *start, uint64_t end)
{
	uint64_t from, to;
	char rights[5];

	if (sscanf(line, "%lx-%lx %4s", &from, &to, rights) != 3)
		return true;
	if (to <= *start || from >= end)
		return true;
	if (from > *start || rights[3] != 'p')
		return false;
	*start = to;
	return true;
}

int proc_is_private(pid_t pid, uint64_t start, uint64_t end, bool *is_private)
{
	char path[64], line[128], block[4096];
	size_t length = 0;
	ssize_t size;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	fd = open_read(path);
	if (fd < 0)
		return fd;
	*is_private = true;
	while (*is_private && (size = read(fd, block, sizeof(block))) > 0) {
		for (ssize_t i = 0; *is_private && i < size; i++) {
			if (block[i] != '\n') {
				/* What is cut off is the end of the file's name. */
				if (length < sizeof(line) - 1)
					line[length++] = block[i];
				continue;
			}
			line[length] = '\0';
			length = 0;
			*is_private = covers(line, &start, end);
		}
	}
	close(fd);
	if (start < end)
		*is_private = false;
	return 0;
}
