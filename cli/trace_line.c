/* SPDX-License-Identifier: MIT */
#include "trace_line.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <stile/intercept.h>

#include "traced_path.h"

#define ERRNO_MAX 4095

/* What the kernel means by these is for itself: the call is made again, or by restart_syscall(). */
static const char *restart_name(int64_t result)
{
	switch (result) {
	case -512:
		return "ERESTARTSYS";
	case -513:
		return "ERESTARTNOINTR";
	case -514:
		return "ERESTARTNOHAND";
	case -516:
		return "ERESTART_RESTARTBLOCK";
	}
	return NULL;
}

bool traced_call_failed(const struct traced_call *traced)
{
	return traced->is_finished && traced->result < 0 && traced->result >= -ERRNO_MAX &&
	       !restart_name(traced->result);
}

static bool is_any_of(const char *name, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(*list, name) == 0)
			return true;
	return false;
}

/* ---- What is seen of it */

static bool is_descriptor(const char *argument)
{
	static const char *const names[] = {
		"dirfd",     "epfd",	  "fanotify_fd", "fd",	       "fd_in",	   "fd_out",
		"fdin",	     "fdout",	  "from_dirfd",	 "fs_fd",      "group_fd", "in_fd",
		"initrd_fd", "kernel_fd", "mount_fd",	 "mountdirfd", "newdirfd", "newfd",
		"olddirfd",  "oldfd",	  "out_fd",	 "outfd",      "pidfd",	   "ruleset_fd",
		"sockfd",    "to_dirfd",  NULL,
	};

	return is_any_of(argument, names);
}

static bool returns_descriptor(const char *call)
{
	static const char *const names[] = {
		"accept",	 "accept4",
		"creat",	 "dup",
		"dup2",		 "dup3",
		"epoll_create",	 "epoll_create1",
		"eventfd",	 "eventfd2",
		"fanotify_init", "fsmount",
		"fsopen",	 "inotify_init",
		"inotify_init1", "memfd_create",
		"memfd_secret",	 "open",
		"open_tree",	 "openat",
		"openat2",	 "perf_event_open",
		"pidfd_getfd",	 "pidfd_open",
		"signalfd",	 "signalfd4",
		"socket",	 "timerfd_create",
		"userfaultfd",	 NULL,
	};

	return is_any_of(call, names);
}

void traced_call_begin(struct traced_call *traced, const struct stile_call *call)
{
	traced->thread = stile_call_thread(call);
	traced->name = stile_call_name(call);
	for (unsigned int i = 0; i < 6; i++)
		traced->words[i] = stile_call_argument(call, i);
}

bool traced_call_describe(struct traced_call *traced, struct stile_call *call, bool with_paths)
{
	for (unsigned int i = 0; i < 6; i++) {
		struct traced_argument *argument = &traced->arguments[i];

		argument->name = stile_call_argument_name(call, i);
		if (!argument->name)
			break;
		traced->argument_count = i + 1;
		argument->value = traced->words[i];
		(void)stile_call_argument_by_name(call, argument->name, &argument->value);
		argument->text = stile_call_format_argument(call, i);
		if (!argument->text)
			return false;
		if (with_paths && is_descriptor(argument->name))
			argument->path = traced_path(traced->thread, (int)argument->value);
	}
	return true;
}

/* Pointers to what the call had to fill in were no more than addresses before. */
static void look_again(struct traced_argument *argument, struct stile_call *call,
		       unsigned int index)
{
	char *text;

	if (strncmp(argument->text, "0x", 2) != 0)
		return;
	text = stile_call_format_argument(call, index);
	if (!text)
		return;
	free(argument->text);
	argument->text = text;
}

void traced_call_finish(struct traced_call *traced, struct stile_call *call, bool with_paths)
{
	traced->is_finished = true;
	traced->result = stile_call_result(call);
	if (traced_call_failed(traced) || restart_name(traced->result))
		return;
	for (unsigned int i = 0; i < traced->argument_count; i++)
		look_again(&traced->arguments[i], call, i);
	if (with_paths && returns_descriptor(traced->name))
		traced->result_path = traced_path(traced->thread, (int)traced->result);
}

void traced_call_free(struct traced_call *traced)
{
	for (unsigned int i = 0; i < 6; i++) {
		free(traced->arguments[i].text);
		free(traced->arguments[i].path);
	}
	free(traced->result_path);
}

/* ---- For people */

static void write_thread(FILE *stream, pid_t thread, bool with_thread)
{
	if (with_thread)
		(void)fprintf(stream, "[%d] ", (int)thread);
}

static void write_path(FILE *stream, const char *path)
{
	if (path)
		(void)fprintf(stream, "<%s>", path);
}

static const char *error_name(int number)
{
	const char *name = strerrorname_np(number);

	return name ? name : "?";
}

static const char *error_sentence(int number)
{
	const char *sentence = strerrordesc_np(number);

	return sentence ? sentence : "Unknown error";
}

static void write_result(FILE *stream, const struct traced_call *traced)
{
	static const char *const addresses[] = { "brk", "mmap", "mmap2", "mremap", "shmat", NULL };
	const char *restart = restart_name(traced->result);

	if (!traced->is_finished)
		(void)fputs("?", stream);
	else if (restart)
		(void)fprintf(stream, "? %s (a signal interrupts it)", restart);
	else if (traced_call_failed(traced))
		(void)fprintf(stream, "-1 %s (%s)", error_name((int)-traced->result),
			      error_sentence((int)-traced->result));
	else if (is_any_of(traced->name, addresses))
		(void)fprintf(stream, "0x%" PRIx64, (uint64_t)traced->result);
	else
		(void)fprintf(stream, "%" PRId64, traced->result);
	write_path(stream, traced->result_path);
}

void write_call_line(FILE *stream, const struct traced_call *traced, bool with_thread)
{
	const char *comma = "";

	write_thread(stream, traced->thread, with_thread);
	(void)fprintf(stream, "%s(", traced->name);
	for (unsigned int i = 0; i < traced->argument_count; i++) {
		if (!traced->arguments[i].text || !*traced->arguments[i].text)
			continue;
		(void)fprintf(stream, "%s%s", comma, traced->arguments[i].text);
		write_path(stream, traced->arguments[i].path);
		comma = ", ";
	}
	(void)fputs(") = ", stream);
	write_result(stream, traced);
	(void)fputc('\n', stream);
}

void write_end_line(FILE *stream, pid_t pid, int status, bool with_thread)
{
	const char *name = WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : NULL;

	write_thread(stream, pid, with_thread);
	if (!WIFSIGNALED(status))
		(void)fprintf(stream, "+++ exited with %d +++\n", WEXITSTATUS(status));
	else if (name)
		(void)fprintf(stream, "+++ killed by SIG%s +++\n", name);
	else
		(void)fprintf(stream, "+++ killed by signal %d +++\n", WTERMSIG(status));
}

/* ---- For programs */

static void add_text(struct json_object *object, const char *key, const char *text)
{
	if (text)
		json_object_object_add(object, key, json_object_new_string(text));
}

/* As text: many readers' numbers have 53 bits. */
static void add_word(struct json_object *object, const char *key, uint64_t word)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "0x%" PRIx64, word);
	add_text(object, key, text);
}

static void write_json(FILE *stream, struct json_object *line)
{
	const char *text = json_object_to_json_string_ext(line,
							  JSON_C_TO_STRING_PLAIN |
								  JSON_C_TO_STRING_NOSLASHESCAPE);

	if (text)
		(void)fprintf(stream, "%s\n", text);
	json_object_put(line);
}

static struct json_object *event(const char *name, pid_t thread)
{
	struct json_object *line = json_object_new_object();

	add_text(line, "event", name);
	json_object_object_add(line, "thread", json_object_new_int(thread));
	return line;
}

static struct json_object *arguments_of(const struct traced_call *traced)
{
	struct json_object *list = json_object_new_array();

	for (unsigned int i = 0; i < traced->argument_count; i++) {
		const struct traced_argument *argument = &traced->arguments[i];
		struct json_object *object;

		if (!argument->text || !*argument->text)
			continue;
		object = json_object_new_object();
		add_text(object, "name", argument->name);
		add_word(object, "value", argument->value);
		add_text(object, "text", argument->text);
		add_text(object, "path", argument->path);
		json_object_array_add(list, object);
	}
	return list;
}

void write_call_json(FILE *stream, const struct traced_call *traced)
{
	struct json_object *line = event("call", traced->thread);
	const char *restart = traced->is_finished ? restart_name(traced->result) : NULL;

	json_object_object_add(line, "time", json_object_new_int64((int64_t)traced->begin));
	add_text(line, "call", traced->name);
	json_object_object_add(line, "arguments", arguments_of(traced));
	if (traced->is_finished)
		json_object_object_add(line, "duration",
				       json_object_new_int64((int64_t)traced->duration));
	if (restart) {
		add_text(line, "restart", restart);
	} else if (traced_call_failed(traced)) {
		json_object_object_add(line, "result", json_object_new_int(-1));
		add_text(line, "errno", error_name((int)-traced->result));
	} else if (traced->is_finished) {
		json_object_object_add(line, "result", json_object_new_int64(traced->result));
		add_text(line, "path", traced->result_path);
	}
	write_json(stream, line);
}

void write_end_json(FILE *stream, pid_t pid, int status)
{
	struct json_object *line = event("end", pid);

	if (WIFSIGNALED(status))
		json_object_object_add(line, "signal", json_object_new_int(WTERMSIG(status)));
	else
		json_object_object_add(line, "status", json_object_new_int(WEXITSTATUS(status)));
	write_json(stream, line);
}
