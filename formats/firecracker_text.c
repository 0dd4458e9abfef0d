/* SPDX-License-Identifier: MIT */
/* The text of Firecracker's policies. */
#include "firecracker_text.h"

void firecracker_put_action(FILE *stream, struct stile_action action)
{
	static const char *const words[] = {
		[STILE_ACTION_ALLOW] = "allow",
		[STILE_ACTION_LOG] = "log",
		[STILE_ACTION_ERRNO] = "errno",
		[STILE_ACTION_TRACE] = "trace",
		[STILE_ACTION_NOTIFY] = "user_notif",
		[STILE_ACTION_TRAP] = "trap",
		[STILE_ACTION_KILL_THREAD] = "kill_thread",
		[STILE_ACTION_KILL_PROCESS] = "kill_process",
	};

	if (action.kind == STILE_ACTION_ERRNO || action.kind == STILE_ACTION_TRACE)
		(void)fprintf(stream, "{\"%s\": %u}", words[action.kind], action.errno_value);
	else
		(void)fprintf(stream, "\"%s\"", words[action.kind]);
}

static void put_condition(FILE *stream, const struct stile_table_condition *condition)
{
	static const char *const words[] = {
		[STILE_EQUAL] = "eq",	[STILE_NOT_EQUAL] = "ne",
		[STILE_LESS] = "lt",	[STILE_LESS_OR_EQUAL] = "le",
		[STILE_GREATER] = "gt", [STILE_GREATER_OR_EQUAL] = "ge",
	};

	(void)fprintf(stream, "{\"index\": %u, \"type\": \"%s\", \"op\": ", condition->argument,
		      condition->bits == 64 ? "qword" : "dword");
	if (condition->comparison == STILE_MASKED_EQUAL)
		(void)fprintf(stream, "{\"masked_eq\": %llu}", (unsigned long long)condition->mask);
	else
		(void)fprintf(stream, "\"%s\"", words[condition->comparison]);
	(void)fprintf(stream, ", \"val\": %llu}", (unsigned long long)condition->value);
}

static void put_rule(FILE *stream, const char *name, const struct alternative *alternative,
		     bool *is_first)
{
	(void)fprintf(stream, "%s\n      {\"syscall\": \"%s\"", *is_first ? "" : ",", name);
	*is_first = false;
	if (alternative->count)
		(void)fprintf(stream, ", \"args\": [");
	for (size_t i = 0; i < alternative->count; i++) {
		if (i)
			(void)fprintf(stream, ", ");
		put_condition(stream, &alternative->conditions[i]);
	}
	(void)fprintf(stream, "%s}", alternative->count ? "]" : "");
}

/* If one alternative is every call, the others would make it lost. */
void firecracker_put_rules(FILE *stream, const char *name, const struct alternatives *alternatives,
			   bool *is_first)
{
	for (size_t i = 0; i < alternatives->count; i++)
		if (alternatives->items[i].count == 0) {
			put_rule(stream, name, &alternatives->items[i], is_first);
			return;
		}
	for (size_t i = 0; i < alternatives->count; i++)
		put_rule(stream, name, &alternatives->items[i], is_first);
}

void firecracker_put_name(FILE *stream, const char *name)
{
	(void)fputc('"', stream);
	for (; *name; name++) {
		if (*name == '"' || *name == '\\')
			(void)fputc('\\', stream);
		(void)fputc(*name >= ' ' && *name <= '~' ? *name : ' ', stream);
	}
	(void)fputc('"', stream);
}
