/* SPDX-License-Identifier: MIT */
/*
 * self_supervised notified|intercepted [SIGNAL]: puts itself under supervision, raises the signal,
 * then says of each line that it reads whether getppid(), which is handled, was refused. Its exit
 * status is 9.
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <stile.h>
#include <stile/intercept.h>

static struct stile_answer refuse(struct stile_call *call, void *data)
{
	(void)call;
	(void)data;
	return stile_answer_fail(EACCES);
}

static struct stile *context(bool is_intercepted)
{
	struct stile *s = stile_new_allowing();
	const int error = is_intercepted ? stile_intercept(s, "getppid", refuse, NULL, NULL) :
					   stile_on(s, "getppid", refuse, NULL);

	if (error)
		errx(1, "%s", stile_message(s));
	return s;
}

static void write_text(const char *text, size_t length)
{
	if (write(STDOUT_FILENO, text, length) != (ssize_t)length)
		err(1, "write");
}

int main(int argc, char **argv)
{
	struct stile *s = context(argc > 1 && strcmp(argv[1], "intercepted") == 0);
	char line[256];
	ssize_t length;

	if (stile_supervise_self(s) < 0)
		errx(1, "%s", stile_message(s));
	stile_free(s);
	if (argc > 2)
		(void)raise(atoi(argv[2]));
	while ((length = read(STDIN_FILENO, line, sizeof(line))) > 0) {
		if (syscall(SYS_getppid) == -1 && errno == EACCES)
			write_text("refused ", strlen("refused "));
		write_text(line, (size_t)length);
	}
	return 9;
}
