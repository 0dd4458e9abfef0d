/* SPDX-License-Identifier: MIT */
/* The text of a drop-in. */
#include <string.h>

#include "answers.h"
#include "systemd_writer.h"

#define LINE_WIDTH 90

/* A list that goes over several lines, each an assignment of its own: they are merged. */
struct list {
	FILE *stream;
	const char *start; /* "SystemCallFilter=~" */
	size_t width;	   /* of the line so far; 0: there is none */
};

static void put_word(struct list *list, const char *name, const char *suffix)
{
	const size_t width = strlen(name) + strlen(suffix) + 1;

	if (list->width && list->width + width > LINE_WIDTH) {
		(void)fputc('\n', list->stream);
		list->width = 0;
	}
	if (list->width) {
		(void)fprintf(list->stream, " %s%s", name, suffix);
	} else {
		(void)fprintf(list->stream, "%s%s%s", list->start, name, suffix);
		list->width = strlen(list->start);
	}
	list->width += width;
}

static void end_list(struct list *list)
{
	if (list->width)
		(void)fputc('\n', list->stream);
	list->width = 0;
}

static bool is_through(struct stile_action action)
{
	return action.kind == STILE_ACTION_ALLOW || action.kind == STILE_ACTION_LOG;
}

static void errno_text(unsigned int value, char *text, size_t size)
{
	const char *name = value ? strerrorname_np((int)value) : NULL;

	if (name)
		(void)snprintf(text, size, "%s", name);
	else
		(void)snprintf(text, size, "%u", value);
}

/* The answer that refused calls get without a word of their own. */
static struct stile_action usual_refusal(const struct systemd_writer *writer)
{
	const struct stile_action kill = { .kind = STILE_ACTION_KILL_PROCESS };
	struct stile_action best = kill;
	size_t most = 0;

	if (!is_through(writer->others))
		return writer->others;
	for (size_t i = 0; i < writer->count; i++) {
		const struct stile_action action = writer->calls[i].action;
		size_t calls = 0;

		if (is_through(action) ||
		    (action.kind == STILE_ACTION_ERRNO && action.errno_value == 0))
			continue;
		for (size_t k = 0; k < writer->count; k++)
			calls += answers_are_equal(writer->calls[k].action, action);
		if (calls > most) {
			most = calls;
			best = action;
		}
	}
	return best;
}

/*
 * Each list of what is let through begins with systemd's @default, which versions do not agree
 * about: it is taken out again before the calls are named.
 */
static void put_allowed(FILE *stream, const struct systemd_writer *writer)
{
	struct list list = { stream, "SystemCallFilter=", 0 };

	if (is_through(writer->others))
		return;
	(void)fprintf(stream, "SystemCallFilter=exit\nSystemCallFilter=~@default exit\n");
	for (size_t i = 0; i < writer->count; i++)
		if (is_through(writer->calls[i].action))
			put_word(&list, writer->calls[i].name, "");
	end_list(&list);
}

static void put_refused(FILE *stream, const struct systemd_writer *writer,
			struct stile_action usual)
{
	struct list list = { stream, "SystemCallFilter=~", 0 };
	char suffix[40] = ":kill";

	for (size_t i = 0; i < writer->count; i++) {
		const struct stile_action action = writer->calls[i].action;

		if (is_through(action) || answers_are_equal(action, writer->others))
			continue;
		if (action.kind == STILE_ACTION_ERRNO) {
			suffix[0] = ':';
			errno_text(action.errno_value, suffix + 1, sizeof(suffix) - 1);
		} else {
			(void)snprintf(suffix, sizeof(suffix), ":kill");
		}
		put_word(&list, writer->calls[i].name,
			 answers_are_equal(action, usual) ? "" : suffix);
	}
	end_list(&list);
}

/* Whether a call stands in the list of what is not logged: those that are refused may, too. */
static bool is_exception(const struct systemd_written *written, bool has_allowed)
{
	return has_allowed ? written->action.kind == STILE_ACTION_ALLOW :
			     !is_through(written->action);
}

static bool has_kind(const struct systemd_writer *writer, enum stile_action_kind kind)
{
	for (size_t i = 0; i < writer->count; i++)
		if (writer->calls[i].action.kind == kind)
			return true;
	return false;
}

void systemd_check_log(struct systemd_writer *writer)
{
	if (writer->others.kind != STILE_ACTION_LOG)
		return;
	for (size_t i = 0; i < writer->count; i++)
		if (writer->calls[i].action.kind != STILE_ACTION_LOG)
			return;
	writer->is_good = false;
	diagnose_error(writer->diagnostics, "output", 0, 0,
		       "all calls are logged: systemd can only say that with exceptions");
}

static void put_logged(FILE *stream, const struct systemd_writer *writer)
{
	const bool is_rest_logged = writer->others.kind == STILE_ACTION_LOG;
	const bool has_allowed = has_kind(writer, STILE_ACTION_ALLOW);
	struct list list = { stream, is_rest_logged ? "SystemCallLog=~" : "SystemCallLog=", 0 };

	for (size_t i = 0; i < writer->count; i++)
		if (is_rest_logged ? is_exception(&writer->calls[i], has_allowed) :
				     writer->calls[i].action.kind == STILE_ACTION_LOG)
			put_word(&list, writer->calls[i].name, "");
	end_list(&list);
}

static void put_architectures(FILE *stream, const struct systemd_writer *writer)
{
	if (!writer->has_architectures)
		return;
	(void)fprintf(stream, "SystemCallArchitectures=");
	for (size_t i = 0; i < writer->abi_count; i++)
		(void)fprintf(stream, "%s%s", i ? " " : "",
			      systemd_architecture_name(writer->abis[i]));
	(void)fputc('\n', stream);
}

void systemd_put(FILE *stream, const struct systemd_writer *writer)
{
	const struct stile_action usual = usual_refusal(writer);
	char text[40];

	(void)fprintf(stream, "[Service]\n");
	put_architectures(stream, writer);
	put_allowed(stream, writer);
	put_refused(stream, writer, usual);
	if (usual.kind == STILE_ACTION_ERRNO) {
		errno_text(usual.errno_value, text, sizeof(text));
		(void)fprintf(stream, "SystemCallErrorNumber=%s\n", text);
	}
	put_logged(stream, writer);
}
