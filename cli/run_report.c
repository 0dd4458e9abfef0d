/* SPDX-License-Identifier: MIT */
#include "run_report.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "say.h"

#define VERB "run"
#define GRANTS_SHOWN 3

/* Takes the object. A pipe takes a line this short whole or not at all. */
static void write_line(struct run_report *report, struct json_object *line)
{
	size_t length, written = 0;
	const char *text;

	if (report->fd < 0) {
		json_object_put(line);
		return;
	}
	text = json_object_to_json_string_length(line,
						 JSON_C_TO_STRING_PLAIN |
							 JSON_C_TO_STRING_NOSLASHESCAPE,
						 &length);
	while (text && written <= length) {
		const bool is_end = written == length;
		const ssize_t got = is_end ? write(report->fd, "\n", 1) :
					     write(report->fd, text + written, length - written);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			say(VERB, NULL, "cannot write to --status-fd: %s", strerror(errno));
			report->fd = -1;
			break;
		}
		written += (size_t)got;
	}
	json_object_put(line);
}

static struct json_object *event(const char *name)
{
	struct json_object *line = json_object_new_object();

	json_object_object_add(line, "event", json_object_new_string(name));
	return line;
}

void report_start(struct run_report *report, pid_t pid, const struct stile *s)
{
	const struct stile_receipt *receipt = stile_receipt(s);
	struct json_object *line;
	char hash[24];

	if (report->fd < 0)
		return;
	line = event("start");
	json_object_object_add(line, "pid", json_object_new_int(pid));
	if (receipt) {
		(void)snprintf(hash, sizeof(hash), "%016llx",
			       (unsigned long long)receipt->policy_hash);
		json_object_object_add(line, "policy_hash", json_object_new_string(hash));
		json_object_object_add(line, "instructions",
				       json_object_new_int64(receipt->instructions));
		json_object_object_add(line, "filters", json_object_new_int64(receipt->filters));
	}
	write_line(report, line);
}

void report_end(struct run_report *report, int wait_status)
{
	struct json_object *line;

	if (report->fd < 0)
		return;
	line = event("end");
	if (WIFSIGNALED(wait_status))
		json_object_object_add(line, "signal", json_object_new_int(WTERMSIG(wait_status)));
	else
		json_object_object_add(line, "status",
				       json_object_new_int(WEXITSTATUS(wait_status)));
	write_line(report, line);
}

/* "by FILE:LINE (rule)", or what else decided. */
static void format_reason(const struct stile_policy *p, const struct stile_decision *decision,
			  char *text, size_t size)
{
	unsigned int line;
	const char *origin = stile_policy_origin(p, decision->origin, &line);

	switch (decision->reason) {
	case STILE_REASON_FOREIGN:
		(void)snprintf(text, size, "it is by an ABI that the policy is not for");
		return;
	case STILE_REASON_DEFAULT:
	case STILE_REASON_UNKNOWN:
		(void)snprintf(text, size, "no rule permits it, and the default is to kill");
		return;
	default:
		break;
	}
	if (*origin && line)
		(void)snprintf(text, size, "%s:%u says so", origin, line);
	else if (*origin)
		(void)snprintf(text, size, "%s says so", origin);
	else
		(void)snprintf(text, size, "the policy says so for this call");
}

/* What the call does not use of the registers is no part of it. */
static struct seccomp_data used_words(const struct seccomp_data *call)
{
	struct seccomp_data used = *call;

	for (enum stile_abi abi = 0; abi < STILE_ABI_COUNT; abi++) {
		const char *name = call->arch == stile_audit_arch(abi) ?
					   stile_syscall_name(abi, call->nr) :
					   NULL;

		for (unsigned int i = 0; name && i < 6; i++)
			if (stile_argument_bits(abi, name, i) == 0)
				used.args[i] = 0;
	}
	return used;
}

/* Grants that hold the call, without the sums that pledge's words are. Allocated, or NULL. */
static char *find_grants(const struct seccomp_data *call, struct json_object *list)
{
	const char *name = call->arch == stile_audit_arch(STILE_ABI_NATIVE) ?
				   stile_syscall_name(STILE_ABI_NATIVE, call->nr) :
				   NULL;
	uint64_t words[6];
	char *grants, *line, *rest, *shown = NULL;
	unsigned int count = 0;

	for (unsigned int i = 0; i < 6; i++)
		words[i] = call->args[i];
	grants = name ? stile_grants_for_call(name, words) : NULL;
	for (line = grants ? strtok_r(grants, "\n", &rest) : NULL; line;
	     line = strtok_r(NULL, "\n", &rest)) {
		char *longer;

		if (strncmp(line, "pledge.", 7) == 0)
			continue;
		json_object_array_add(list, json_object_new_string(line));
		if (count++ >= GRANTS_SHOWN)
			continue;
		if (asprintf(&longer, "%s%s%s", shown ? shown : "", shown ? ", " : "", line) < 0)
			break;
		free(shown);
		shown = longer;
	}
	free(grants);
	return shown;
}

/* name: of the event, "killed" or "thread_killed". */
static void tell_call(struct run_report *report, const char *name, const struct seccomp_data *call,
		      const struct stile_decision *decision)
{
	struct json_object *line = event(name), *grants = json_object_new_array();
	struct json_object *words = json_object_new_array();
	const struct seccomp_data used = used_words(call);
	char *text = stile_call_text(&used), *shown = find_grants(call, grants);
	char reason[512], word[24];
	unsigned int at;
	const char *origin = stile_policy_origin(report->policy, decision->origin, &at);

	format_reason(report->policy, decision, reason, sizeof(reason));
	say(VERB, report->program, "%s for %s: %s%s%s",
	    strcmp(name, "killed") == 0 ? "killed" : "a thread was killed", text ? text : "a call",
	    reason, shown ? "; what would permit it: " : "", shown ? shown : "");
	json_object_object_add(line, "call", json_object_new_string(text ? text : ""));
	json_object_object_add(line, "number", json_object_new_int(call->nr));
	json_object_object_add(line, "arch", json_object_new_int64(call->arch));
	for (unsigned int i = 0; i < 6; i++) { /* as text: many readers' numbers have 53 bits */
		(void)snprintf(word, sizeof(word), "0x%llx", (unsigned long long)call->args[i]);
		json_object_array_add(words, json_object_new_string(word));
	}
	json_object_object_add(line, "args", words);
	json_object_object_add(line, "reason", json_object_new_string(reason));
	if (*origin)
		json_object_object_add(line, "origin", json_object_new_string(origin));
	if (*origin && at)
		json_object_object_add(line, "line", json_object_new_int64(at));
	json_object_object_add(line, "grants", grants);
	write_line(report, line);
	free(text);
	free(shown);
}

/* The first of the calls for which the policy kills; NULL: none. */
static const struct seccomp_data *find_killed(const struct run_report *report,
					      const struct seccomp_data *calls, size_t count,
					      struct stile_decision *decision)
{
	for (size_t i = 0; i < count; i++)
		if (stile_policy_decide(report->policy, &calls[i], decision) == 0 &&
		    decision->action.kind >= STILE_ACTION_TRAP)
			return &calls[i];
	return NULL;
}

bool report_killed(struct run_report *report, const struct seccomp_data *calls, size_t count)
{
	struct stile_decision decision;
	const struct seccomp_data *call = find_killed(report, calls, count, &decision);

	if (call) {
		tell_call(report, "killed", call, &decision);
		return true;
	}
	if (!report->is_watched) {
		say(VERB, report->program,
		    "killed by SIGSYS: the policy kills for calls by another ABI");
		write_line(report, event("killed"));
		return true;
	}
	say(VERB, report->program,
	    "killed by SIGSYS, but not for a call of its own: by a filter of its own or a signal, "
	    "or it passes on how a process that it started was killed");
	return false;
}

void report_threads(struct run_report *report, const struct seccomp_data *calls, size_t count)
{
	struct stile_decision decision;

	for (size_t i = 0; i < count; i++)
		if (find_killed(report, &calls[i], 1, &decision))
			tell_call(report, "thread_killed", &calls[i], &decision);
}
