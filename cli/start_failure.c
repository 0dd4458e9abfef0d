/* SPDX-License-Identifier: MIT */
#include "start_failure.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "commands.h"
#include "say.h"

int say_not_found(const char *verb, const char *name, int error, bool has_skipped)
{
	if (error == EACCES) {
		say(verb, name, "found in PATH, but it cannot be executed: %s", strerror(error));
		return STATUS_NOT_EXECUTABLE;
	}
	if (error != ENOENT) {
		say(verb, name, "%s", strerror(error));
		return STATUS_RUN_FAILED;
	}
	if (*name == '\0')
		say(verb, NULL, "the program's name is empty");
	else
		say(verb, name, "there is no such program in PATH%s",
		    has_skipped ? " (its empty and relative entries are skipped)" : "");
	return STATUS_NOT_FOUND;
}

bool is_elf(const char *path)
{
	char magic[4] = "";
	FILE *file = fopen(path, "re");

	if (!file)
		return false;
	(void)!fread(magic, 1, sizeof(magic), file);
	(void)fclose(file);
	return memcmp(magic, "\177ELF", sizeof(magic)) == 0;
}

int say_not_executed(const char *verb, const char *name, const char *path, int error)
{
	struct stat status;
	bool exists = stat(path, &status) == 0;

	if (error == ENOENT && exists)
		say(verb, name, "the interpreter that it names does not exist");
	else if (error == ENOEXEC && is_elf(path))
		say(verb, name, "the program is for another machine");
	else if (error == ENOEXEC)
		say(verb, name, "%s (a script needs #! and its interpreter in the first line)",
		    strerror(error));
	else if (exists && S_ISDIR(status.st_mode))
		say(verb, name, "%s", strerror(EISDIR));
	else
		say(verb, name, "%s", strerror(error));
	return error == ENOENT && !exists ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
}
