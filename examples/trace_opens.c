/* SPDX-License-Identifier: MIT */
/*
 * Prints every file that a program, its threads and its children open, and what came of it.
 *
 *	trace_opens PROGRAM [ARGUMENT...]	PROGRAM is a path
 *
 * Supervision begins at the program's entry point, so what its dynamic loader opens is not seen. In
 * programs that it executes it is.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <stile.h>

/*
 * Runs in a thread of the supervisor while the calling thread is stopped behind its call. An
 * intercept, not a handler of stile_on(): it sees results, and it may let a call go on after it
 * has looked at a path. So nothing may be decided here by that path: another thread of the program
 * could have changed it between the kernel's look and ours. (broker.c decides by paths.)
 */
static struct stile_answer on_opened(struct stile_call *call, void *data)
{
	_Atomic unsigned long *count = data;  /* handlers may run in several threads at once */
	char *text = stile_call_format(call); /* escaped, so that no path plays with the terminal */
	const int64_t result = stile_call_result(call);

	*count += 1;
	if (result < 0)
		printf("%s: %s\n", text ? text : stile_call_name(call), strerror((int)-result));
	else
		printf("%s = %lld\n", text ? text : stile_call_name(call), (long long)result);
	free(text);
	return stile_answer_allow(); /* the result stays as it is */
}

int main(int argc, char **argv)
{
	struct stile *s = stile_new_allowing();
	_Atomic unsigned long count = 0;
	int status;

	if (argc < 2)
		errx(2, "usage: trace_opens PROGRAM [ARGUMENT...]");
	(void)setvbuf(stdout, NULL, _IOLBF, 0); /* among the program's own output, in its order */
	/* open, openat, openat2, creat: whichever the program makes. Others cost it nothing. */
	stile_intercept(s, "system_io.danger_open_any", NULL, on_opened, &count);
	status = stile_supervise(s, argv[1], argv + 1, NULL);
	if (status < 0)
		errx(1, "cannot run %s: %s", argv[1], stile_message(s));
	stile_free(s);
	printf("%lu opens\n", (unsigned long)count);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
