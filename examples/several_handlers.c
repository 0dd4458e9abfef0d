/* SPDX-License-Identifier: MIT */
/*
 * A program that is told many things: two handlers and two intercepts, each for calls of its own,
 * at once. It puts itself under supervision: a second process, its parent, answers.
 *
 *	several_handlers
 */
#include <err.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <stile.h>

/* Shared by handlers, so atomic: they may run at once, in different threads of the supervisor. */
static _Atomic unsigned int asked;

/* ---- Handlers (stile_on): the call waits, and need not be made at all ---- */

static struct stile_answer on_getpid(struct stile_call *call, void *data)
{
	const int *number = data;

	(void)call;
	asked++;
	return stile_answer_return(*number);
}

static struct stile_answer on_remove(struct stile_call *call, void *data)
{
	(void)data;
	asked++;
	/* Which call it is, and what is in its registers, may be judged: they cannot change. */
	if (strcmp(stile_call_name(call), "rmdir") == 0)
		return stile_answer_fail(ENOTEMPTY);
	return stile_answer_fail(EROFS);
}

/* ---- Intercepts: the thread stops, before the call, behind it, or both ---- */

/* getuid() is made, and then its result is another. */
static struct stile_answer after_getuid(struct stile_call *call, void *data)
{
	(void)data;
	asked++;
	if (stile_call_set_result(call, 999) < 0)
		return stile_answer_kill(); /* rather than go on with the true one */
	return stile_answer_allow();
}

/* What the kernel has written can be changed before the program sees it. */
static struct stile_answer after_uname(struct stile_call *call, void *data)
{
	static const char name[] = "nowhere";
	uint64_t buffer = stile_call_argument(call, 0);

	(void)data;
	asked++;
	if (stile_call_result(call) == 0 &&
	    stile_call_write(call, buffer + offsetof(struct utsname, nodename), name,
			     sizeof(name)) < 0)
		return stile_answer_kill();
	return stile_answer_allow();
}

/* ---- The program, in the child ---- */

static void look_around(void)
{
	struct utsname names;

	printf("getpid: %d\n", getpid());
	printf("getuid: %u\n", getuid());
	if (unlink("/etc/hostname") < 0)
		printf("unlink: %s\n", strerror(errno));
	if (rmdir("/tmp") < 0)
		printf("rmdir: %s\n", strerror(errno));
	if (uname(&names) == 0)
		printf("uname: %s, %s\n", names.sysname, names.nodename);
	/* The child has a copy of what the supervisor counts in, made before it counted. */
	printf("handlers ran in this process: %u\n", asked);
}

int main(void)
{
	static const int number = 56;
	struct stile *s = stile_new_allowing();

	stile_on(s, "getpid", on_getpid, (void *)&number);
	stile_on(s, "system_io.unlink", on_remove, NULL); /* unlink, unlinkat without rmdir */
	stile_on(s, "system_io.remove_directories", on_remove, NULL);
	stile_intercept(s, "getuid", NULL, after_getuid, NULL);
	stile_intercept(s, "uname", NULL, after_uname, NULL);
	/* Returns in the child. The parent ends when the child does, with its status. */
	if (stile_supervise_self(s) < 0)
		errx(1, "cannot be supervised: %s", stile_message(s));
	stile_free(s);
	look_around();
	return 3;
}
