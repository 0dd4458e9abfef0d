/* SPDX-License-Identifier: MIT */
#ifndef SUPERVISE_BROKER_WALK_H
#define SUPERVISE_BROKER_WALK_H

/*
 * Follows a path as the kernel would for a target, up to the folder that holds its last component,
 * and link by link from there. Each step begins at a descriptor of the step before, so that what
 * others rename meanwhile leads nowhere that the path could not have led to.
 */

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct walk {
	int root;	  /* of the path; belongs to the caller */
	uint64_t resolve; /* RESOLVE_* of openat2(2); magic links are never followed */
	uid_t uid;	  /* who follows links */
	unsigned int links;

	int folder;		  /* where the path has led so far */
	char name[NAME_MAX + 1];  /* the last component there; "": the folder itself is meant */
	bool must_be_folder;	  /* "name/" */
	size_t next;		  /* in rest */
	char rest[2 * PATH_MAX];  /* of the path */
	char link_text[PATH_MAX]; /* while one is read */
};

/*
 * To the last component of a path that starts at a folder (its own root too if resolve has
 * RESOLVE_BENEATH or RESOLVE_IN_ROOT). 0 or the errno that the call fails with; walk_end() in any
 * case.
 */
int walk_begin(struct walk *walk, int root, int start, const char *path, uint64_t resolve,
	       uid_t uid);
void walk_end(struct walk *walk);

/* What the last component is, itself if it is a link: a descriptor (O_PATH), or a negative
 * errno. */
int walk_object(const struct walk *walk);

/* The last component is this symbolic link: on to the last component of what it says. */
int walk_follow(struct walk *walk, int link);

#endif
