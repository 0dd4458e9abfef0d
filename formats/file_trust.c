/* SPDX-License-Identifier: MIT */
#include "file_trust.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINKS_MAX 40   /* as the kernel follows */
#define NAMES_MAX 1024 /* bytes of all that are told; more would not be read */

/* Folders, as they are to be shown: divided by spaces, quoted for a shell. */
struct names {
	char text[NAMES_MAX];
	bool is_cut;
};

struct findings {
	struct names open;    /* that others can write */
	struct names foreign; /* that others own */
};

/* The owner of "/" can change all below it. In a user namespace he may be root, by another name. */
static bool is_trusted(uid_t owner)
{
	struct stat root;

	return owner == 0 || owner == geteuid() || (stat("/", &root) == 0 && root.st_uid == owner);
}

static bool has_writers(const struct stat *status)
{
	return status->st_mode & (S_IWGRP | S_IWOTH);
}

/* A word of a shell; false: there is no room. */
static bool quote(char *to, size_t size, const char *name)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789/._-+,:@%=";
	const bool is_plain = strspn(name, plain) == strlen(name);
	size_t length = 0;

	if (is_plain)
		return snprintf(to, size, "%s", name) < (int)size;
	if (size > 1)
		to[length++] = '\'';
	for (; *name && length + 6 < size; name++) {
		if (*name == '\'') {
			memcpy(to + length, "'\\'", 3);
			length += 3;
		}
		to[length++] = *name;
	}
	if (*name || length + 2 > size)
		return false;
	memcpy(to + length, "'", 2);
	return true;
}

static void add_name(struct names *names, const char *name)
{
	char word[NAMES_MAX];
	const size_t length = strlen(names->text);
	size_t size;

	if (!quote(word, sizeof(word), name)) {
		names->is_cut = true;
		return;
	}
	size = strlen(word);
	/* it may have been passed before, by way of a link */
	for (const char *found = names->text; (found = strstr(found, word)); found++)
		if ((found == names->text || found[-1] == ' ') &&
		    (found[size] == '\0' || found[size] == ' '))
			return;
	if (names->is_cut || length + size + 2 > NAMES_MAX)
		names->is_cut = true;
	else
		(void)sprintf(names->text + length, "%s%s", length ? " " : "", word);
}

/* Who may write a folder with the sticky bit can neither replace nor rename what is not his. */
static void judge_folder(struct findings *found, const char *name, const struct stat *status)
{
	if (has_writers(status) && !(status->st_mode & S_ISVTX))
		add_name(&found->open, name);
	if (!is_trusted(status->st_uid))
		add_name(&found->foreign, name);
}

static bool is_said(const struct diagnostics *diagnostics, const char *sentence)
{
	const size_t length = strlen(sentence);

	for (size_t i = 0; i < diagnostics->count; i++)
		if (diagnostics->items[i].text &&
		    strncmp(diagnostics->items[i].text, sentence, length) == 0)
			return true;
	return false;
}

static void say_names(struct diagnostics *diagnostics, const char *name, const char *what,
		      const char *mending, const struct names *names)
{
	char sentence[NAMES_MAX + 256];

	if (!*names->text && !names->is_cut)
		return;
	(void)snprintf(sentence, sizeof(sentence),
		       "%s folders on the way to this file, and so can put another in its place: "
		       "%s%s%s)",
		       what, mending, names->text, names->is_cut ? " ..." : "");
	if (!is_said(diagnostics, sentence))
		diagnose_warning(diagnostics, name, 0, 0, "%s", sentence);
}

static void tell(struct diagnostics *diagnostics, const char *name, const struct findings *found)
{
	say_names(diagnostics, name, "others than their owner can write",
		  "take that from them (chmod go-w ", &found->open);
	say_names(diagnostics, name, "another user owns",
		  "own them, or let root own them (chown root ", &found->foreign);
}

void warn_of_writers(struct diagnostics *diagnostics, const char *name, const struct stat *status)
{
	if (!S_ISREG(status->st_mode))
		return;
	if (has_writers(status))
		diagnose_warning(diagnostics, name, 0, 0,
				 "others than its owner can write this file, and so decide what "
				 "is refused: take that from them (chmod go-w)");
	if (!is_trusted(status->st_uid))
		diagnose_warning(diagnostics, name, 0, 0,
				 "the file is another user's, who decides so what is refused: own "
				 "it, or let root own it");
}

/* On the way along a path. */
struct walk {
	char folder[PATH_MAX]; /* where we are, without links; "": the root */
	unsigned int link_count;
	struct findings found;
};

static bool follow(struct walk *walk, const char *path);

/* In a folder with the sticky bit a link is its owner's to replace. */
static bool follow_link(struct walk *walk, const char *path, const struct stat *link)
{
	char target[PATH_MAX];
	const ssize_t length = readlink(path, target, sizeof(target));
	struct stat parent;

	if (length <= 0 || (size_t)length >= sizeof(target) || ++walk->link_count > LINKS_MAX)
		return false;
	target[length] = '\0';
	if (stat(*walk->folder ? walk->folder : "/", &parent) < 0)
		return false;
	if (has_writers(&parent) && !is_trusted(link->st_uid))
		add_name(&walk->found.foreign, path);
	return follow(walk, target);
}

/* One name of the path. False: the way ends here. */
static bool enter(struct walk *walk, const char *name, size_t length)
{
	char path[2 * PATH_MAX];
	struct stat status;

	if (length == 1 && *name == '.')
		return true;
	if (length == 2 && memcmp(name, "..", 2) == 0) {
		char *slash = strrchr(walk->folder, '/');

		if (slash)
			*slash = '\0';
		return true;
	}
	if (length > NAME_MAX)
		return false;
	(void)snprintf(path, sizeof(path), "%s/%.*s", walk->folder, (int)length, name);
	if (lstat(path, &status) < 0)
		return false;
	if (S_ISLNK(status.st_mode))
		return follow_link(walk, path, &status);
	if (!S_ISDIR(status.st_mode) || strlen(path) >= sizeof(walk->folder))
		return false;
	judge_folder(&walk->found, path, &status);
	memcpy(walk->folder, path, strlen(path) + 1);
	return true;
}

static bool follow(struct walk *walk, const char *path)
{
	if (*path == '/')
		*walk->folder = '\0';
	while (*path) {
		const size_t length = strcspn(path, "/");

		if (length && !enter(walk, path, length))
			return false;
		path += length;
		path += strspn(path, "/");
	}
	return true;
}

void warn_of_folders(struct diagnostics *diagnostics, const char *name, const char *path)
{
	struct walk walk = { "", 0, { { "", false }, { "", false } } };
	char here[PATH_MAX];
	struct stat root;

	if (stat("/", &root) == 0)
		judge_folder(&walk.found, "/", &root);
	if (*path == '/' || (getcwd(here, sizeof(here)) && follow(&walk, here)))
		(void)follow(&walk, path);
	tell(diagnostics, name, &walk.found);
}

void warn_of_folders_below(struct diagnostics *diagnostics, const char *name, int folder,
			   const char *path)
{
	const size_t before = strlen(name) - strlen(path);
	struct findings found = { { "", false }, { "", false } };
	char part[PATH_MAX];
	struct stat status;

	for (const char *slash = path; (slash = strchr(slash, '/')); slash++) {
		if (before + (size_t)(slash - path) >= sizeof(part))
			break;
		(void)snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		if (slash == path || fstatat(folder, part, &status, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		(void)snprintf(part, sizeof(part), "%.*s", (int)(before + (size_t)(slash - path)),
			       name);
		judge_folder(&found, part, &status);
	}
	tell(diagnostics, name, &found);
}
