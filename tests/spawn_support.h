/* SPDX-License-Identifier: MIT */
/* For tests that start programs under two filters: run one, and hand-made filters. */
#ifndef TESTS_SPAWN_SUPPORT_H
#define TESTS_SPAWN_SUPPORT_H

#include <check.h>
#include <linux/filter.h>
#include <stdbool.h>

#include "spawn.h"

/* What getppid() says under the final filters below, and all that they refuse. */
#define FINAL_ERRNO 99

enum start_kind {
	START_USUAL,  /* seccomp(2) traced, exec EPERM, clone3 ENOSYS, the rest permitted */
	START_EXEC,   /* the same, but exec permitted */
	START_NARROW, /* the same, but seccomp(2) permitted */
};

enum final_kind {
	FINAL_STRICT, /* only write and exit_group */
	FINAL_LOOSE,  /* all but getppid */
	FINAL_LONG,   /* as loose, of 4096 instructions */
	FINAL_KILL,   /* kills for every call */
};

struct run {
	/* wanted */
	const char *program; /* a name among the tests' programs, or a path */
	const char *const *arguments;
	char *const *environment;
	enum start_kind start;
	enum final_kind final;
	unsigned int flags;
	bool lie; /* permitted by the start filter, but the request says it is not */
	const sigset_t *blocked, *ignored;
	/* what came of it */
	int error;
	struct spawn_result result;
	int status; /* waitpid() of the program; -1 if it was not started */
	char output[16384];
};

/* The path of one of the tests' programs. Static memory, until the next call. */
const char *test_program(const char *name);

/* Start it, collect what it writes, wait for its end. */
void run(struct run *r);

/* The same up to the spawn, with the caller's standard output. */
int start_only(struct run *r);

/* run() must succeed, and the program exit with 0 and this output. */
void run_and_expect(struct run *r, const char *output);

/* Fails the test if this process has a child left, in whatever state. */
void expect_no_children(void);

/* What programs write from here on is thrown away. */
void be_quiet(void);

/* Give up root, if the test runs as root and is to be run without. */
void maybe_drop_root(int drop);

/*
 * Add a loop test that calls maybe_drop_root(_i) and then starts one of the tests' programs. Where
 * nobody cannot enter their folder, its second round is a check that is skipped.
 */
void add_for_each_user(TCase *tcase, const TTest *test);

/* Load a filter into this process that answers one call so. */
void refuse_here(int call, unsigned int answer);

#define ARGUMENTS(...) ((const char *const[]){ __VA_ARGS__, NULL })

#endif
