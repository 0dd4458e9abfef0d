/* SPDX-License-Identifier: MIT */
/*
 * Starts itself again as a program whose calls are changed: a result behind the call, an argument
 * before it.
 *
 *	change_calls time	time() returns 3
 *	change_calls write	at most ten bytes are written to standard output at once
 */
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <stile.h>

#define SHORT 10 /* bytes */

static struct stile_answer after_time(struct stile_call *call, void *data)
{
	(void)call;
	(void)data;
	/* Behind a call this replaces its result. (In front of it the call would not be made.) */
	return stile_answer_return(3);
}

/*
 * The kernel is told of fewer bytes, and the program that they were written: a short write, as
 * write(2) permits. Only registers are looked at and changed, and these no other thread can
 * reach.
 */
static struct stile_answer before_write(struct stile_call *call, void *data)
{
	uint64_t fd;

	(void)data;
	/* An int: by its name it comes with the bits that the kernel uses, and no others. */
	if (stile_call_argument_by_name(call, "fd", &fd) < 0)
		return stile_answer_kill();
	if (fd == STDOUT_FILENO && stile_call_argument(call, 2) > SHORT &&
	    stile_call_set_argument(call, 2, SHORT) < 0)
		return stile_answer_kill();
	return stile_answer_allow();
}

/* ---- The program, under supervision ---- */

static int ask_for_time(void)
{
	printf("time() is %lld\n", (long long)time(NULL));
	return 0;
}

static int write_text(void)
{
	static const char text[] = "a text that does not fit at once\n";
	size_t done = 0, count = 0;

	while (done < strlen(text)) { /* what everyone ought to do, and few do */
		ssize_t length = write(STDOUT_FILENO, text + done, strlen(text) - done);

		if (length < 0)
			err(1, "write");
		done += (size_t)length;
		count++;
	}
	printf("%zu writes\n", count);
	(void)fflush(stdout);
	return 0;
}

/* ---- The supervisor ---- */

static int supervise(const char *what)
{
	char *const argv[] = { "change_calls", "--program", (char *)what, NULL };
	struct stile *s = stile_new_allowing();
	int status;

	if (strcmp(what, "time") == 0) {
		/*
		 * The vDSO, a library of the kernel's in every process, tells the time without a
		 * call. Without it the C library asks the kernel, and is heard. aarch64 has no
		 * time(2): there stile_supervise() says so.
		 */
		stile_hide_vdso(s);
		stile_intercept(s, "time", NULL, after_time, NULL);
	} else {
		stile_intercept(s, "write", before_write, NULL, NULL);
	}
	status = stile_supervise(s, "/proc/self/exe", argv, NULL);
	if (status < 0)
		errx(1, "cannot start the program: %s", stile_message(s));
	stile_free(s);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[argc - 1] : "";

	if (strcmp(what, "time") == 0 && argc == 2)
		return supervise(what);
	if (strcmp(what, "write") == 0 && argc == 2)
		return supervise(what);
	if (argc == 3 && strcmp(argv[1], "--program") == 0)
		return strcmp(what, "time") == 0 ? ask_for_time() : write_text();
	(void)fprintf(stderr, "usage: change_calls time|write\n");
	return 2;
}
