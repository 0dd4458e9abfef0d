/* SPDX-License-Identifier: MIT */
/* One call of a policy as a statement of minijail's. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "minijail_expression.h"
#include "minijail_output.h"

static const struct stile_action allow = { STILE_ACTION_ALLOW, 0 };

/* An action that the file can have; what it cannot becomes a refusal, or an error. */
static struct stile_action writable(struct output *output, const struct stile_policy_call *call,
				    struct stile_action action)
{
	const struct stile_action instead =
		output->is_denylist ? (struct stile_action){ STILE_ACTION_ERRNO, EPERM } :
				      (struct stile_action){ STILE_ACTION_KILL_THREAD, 0 };
	char text[64], written[100];

	if (action.kind == STILE_ACTION_ALLOW || action.kind == STILE_ACTION_ERRNO)
		return action;
	if (!output->is_denylist && action.errno_value == 0)
		return action;
	stile_format_action(instead, text, sizeof(text));
	(void)snprintf(written, sizeof(written), "written as '%s'", text);
	stile_format_action(action, text, sizeof(text));
	(void)output_cannot(output, written, "%s: '%s' cannot be said%s", call->name, text,
			    output->is_denylist ? " in a denylist" : "");
	return instead;
}

static void print_errno(FILE *stream, unsigned int value)
{
	const char *name = value > 0 ? strerrorname_np((int)value) : NULL;

	if (name)
		(void)fprintf(stream, "return %s", name);
	else
		(void)fprintf(stream, "return %u", value);
}

static void print_action(FILE *stream, struct stile_action action)
{
	static const char *const words[] = {
		[STILE_ACTION_ALLOW] = "allow",
		[STILE_ACTION_LOG] = "log",
		[STILE_ACTION_TRACE] = "trace",
		[STILE_ACTION_NOTIFY] = "user-notify",
		[STILE_ACTION_TRAP] = "trap",
		[STILE_ACTION_KILL_THREAD] = "kill-thread",
		[STILE_ACTION_KILL_PROCESS] = "kill-process",
	};

	if (action.kind == STILE_ACTION_ERRNO)
		print_errno(stream, action.errno_value);
	else
		(void)fputs(words[action.kind], stream);
}

/* A call's rules with actions that can be written, without those that make no difference. */
struct body {
	const struct stile_policy_call *call;
	size_t rule_count;
	struct stile_action rest;
	bool has_allow_only; /* rules of no other action */
};

static bool get_rule(struct output *output, const struct body *body, size_t index,
		     struct stile_policy_rule *rule)
{
	return stile_policy_get_rule(output->policy, body->call, index, rule);
}

static bool add_rule(struct output *output, const struct stile_policy_rule *rule,
		     const struct body *body, struct expression *expression)
{
	struct expression one;

	if (!expression_of_rule(rule, output->bits, &one)) {
		expression_free(&one);
		return output_cannot(output, NULL,
				     "%s: a comparison of more bits than minijail compares on %s",
				     body->call->name, stile_abi_name(output->abi));
	}
	expression_or(expression, &one);
	if (expression->has_failed)
		return output_cannot(output, NULL,
				     "%s: its conditions are too long in minijail's language",
				     body->call->name);
	return true;
}

/* The rules from *index on that have the same action; *index becomes the next one's. */
static bool print_rules(struct output *output, const struct body *body, size_t *index, FILE *stream,
			struct stile_action *action)
{
	struct expression expression = { 0 };
	struct stile_policy_rule rule;
	const size_t first = *index;
	bool is_fine = true;

	for (; is_fine && *index < body->rule_count; (*index)++) {
		if (!get_rule(output, body, *index, &rule)) {
			is_fine = false;
			break;
		}
		rule.action = writable(output, body->call, rule.action);
		if (*index > first && !answers_are_equal(rule.action, *action))
			break;
		*action = rule.action;
		is_fine = add_rule(output, &rule, body, &expression);
	}
	if (is_fine) {
		expression_shorten(&expression);
		expression_print(stream, &expression, output->bits);
		output->atom_count += expression.count;
	}
	expression_free(&expression);
	return is_fine;
}

/* "EXPRESSION || EXPRESSION", and what all other calls get if that is an errno. */
static bool print_allowing(struct output *output, const struct body *body, FILE *stream,
			   struct output_line *line)
{
	struct stile_action action;
	size_t index = 0;

	if (!print_rules(output, body, &index, stream, &action))
		return false;
	if (!answers_are_equal(body->rest, output->unlisted)) {
		(void)fputs("; ", stream);
		print_errno(stream, body->rest.errno_value);
		line->is_reversed = true;
	}
	return true;
}

/* "{ EXPRESSION; ACTION, ..., ACTION }" */
static bool print_ordered(struct output *output, const struct body *body, FILE *stream)
{
	const char *separator = "{ ";
	struct stile_action action;

	for (size_t i = 0; i < body->rule_count; separator = ", ") {
		(void)fputs(separator, stream);
		if (!print_rules(output, body, &i, stream, &action))
			return false;
		if (answers_are_equal(action, allow))
			continue;
		(void)fputs("; ", stream);
		print_action(stream, action);
	}
	if (!answers_are_equal(body->rest, output->unlisted)) {
		(void)fputs(separator, stream);
		/* minijail forgets all that stands before a plain "allow". */
		if (answers_are_equal(body->rest, allow))
			(void)fputs("arg0 >= 0", stream);
		else
			print_action(stream, body->rest);
	}
	(void)fputs(" }", stream);
	return true;
}

/*
 * The parser in C has no other answers than these; nor has it @default, which is seen to by the
 * caller.
 */
static bool is_plain(const struct output *output, const struct body *body)
{
	return !output->is_denylist && body->has_allow_only &&
	       (answers_are_equal(body->rest, output->unlisted) ||
		(body->rest.kind == STILE_ACTION_ERRNO && !output->is_for_python));
}

static bool print_body(struct output *output, const struct body *body, FILE *stream,
		       struct output_line *line)
{
	if (body->rule_count == 0 && answers_are_equal(body->rest, allow)) {
		(void)fputs("1", stream);
		return true;
	}
	if (body->rule_count == 0) {
		line->is_python = body->rest.kind != STILE_ACTION_ERRNO;
		print_action(stream, body->rest);
		return true;
	}
	line->is_python = !is_plain(output, body);
	return line->is_python ? print_ordered(output, body, stream) :
				 print_allowing(output, body, stream, line);
}

/* False: no line is needed, or the call cannot be written, which was said. */
static bool body_of(struct output *output, const struct stile_policy_call *call, struct body *body)
{
	struct stile_policy_rule rule;

	*body = (struct body){ call, call->rule_count, call->rest, true };
	if (call->rule_count == 0 && answers_are_equal(call->rest, output->unlisted))
		return false;
	if (!call->name) {
		(void)output_cannot(output, answer_refuses(output->unlisted) ? "left out" : NULL,
				    "call %u of %s has no name, by which minijail knows calls",
				    call->number, stile_abi_name(call->abi));
		return false;
	}
	body->rest = writable(output, call, call->rest);
	/* The last rules, where they say what holds without them. */
	while (body->rule_count > 0 && get_rule(output, body, body->rule_count - 1, &rule) &&
	       answers_are_equal(writable(output, call, rule.action), body->rest))
		body->rule_count--;
	for (size_t i = 0; i < body->rule_count; i++)
		if (!get_rule(output, body, i, &rule) || !answers_are_equal(rule.action, allow))
			body->has_allow_only = false;
	return body->rule_count > 0 || !answers_are_equal(body->rest, output->unlisted);
}

static bool add_line(struct output *output, const struct output_line *line)
{
	if (output->line_count == output->line_capacity) {
		const size_t capacity = output->line_capacity ? 2 * output->line_capacity : 256;
		struct output_line *lines = realloc(output->lines, capacity * sizeof(*lines));

		if (!lines)
			return false;
		output->lines = lines;
		output->line_capacity = capacity;
	}
	output->lines[output->line_count++] = *line;
	return true;
}

void output_call(struct output *output, const struct stile_policy_call *call)
{
	struct output_line line = { .name = call->name };
	struct body body;
	size_t size;
	FILE *stream;
	bool is_fine;

	if (!body_of(output, call, &body))
		return;
	stream = open_memstream(&line.text, &size);
	is_fine = stream && print_body(output, &body, stream, &line);
	if (stream && fclose(stream) == 0 && is_fine && add_line(output, &line))
		return;
	free(line.text);
	if (!output->has_failed)
		(void)output_cannot(output, NULL, "out of memory");
}
