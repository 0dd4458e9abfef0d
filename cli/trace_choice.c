/* SPDX-License-Identifier: MIT */
#include "trace_choice.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stile.h>
#include <stile/intercept.h>
#include <stile/table.h>

#include "commands.h"
#include "say.h"

#define VERB "trace"
#define WORD_MAX 256
#define NUMBERS 1024 /* of calls, more than any ABI has */
#define X32_BIT 0x40000000

/* By which calls a program of this machine can be made. */
static const enum stile_abi abis[] = {
#if defined(__x86_64__)
	STILE_ABI_X86_64,
	STILE_ABI_I386,
	STILE_ABI_X32,
#else
	STILE_ABI_NATIVE,
#endif
};
#define ABI_COUNT (sizeof(abis) / sizeof(*abis))

/* What nobody can be asked about (stile/intercept.h, stile/supervise.h). */
static const char *const untraceable[] = { "exit",	   "exit_group", "restart_syscall",
					   "rt_sigreturn", "seccomp",	 "sigreturn" };

static bool is_traceable(const char *name)
{
	for (size_t i = 0; i < sizeof(untraceable) / sizeof(*untraceable); i++)
		if (strcmp(untraceable[i], name) == 0)
			return false;
	return true;
}

/* ---- Names */

static bool has_name(const struct call_names *set, const char *name)
{
	for (size_t i = 0; i < set->count; i++)
		if (strcmp(set->names[i], name) == 0)
			return true;
	return false;
}

static void add_name(struct trace_choice *choice, struct call_names *set, const char *name)
{
	const char **names;

	if (has_name(set, name))
		return;
	names = reallocarray(set->names, set->count + 1, sizeof(*names));
	if (!names) {
		choice->has_failed = true;
		return;
	}
	names[set->count++] = name;
	set->names = names;
}

/* The name in static memory; NULL: no ABI has such a call. */
static const char *find_name(const char *name)
{
	for (size_t a = 0; a < ABI_COUNT; a++) {
		const long number = stile_syscall_number(abis[a], name);

		if (number >= 0)
			return stile_syscall_name(abis[a], number);
	}
	return NULL;
}

/* All that can be traced. */
static void add_all(struct trace_choice *choice)
{
	for (size_t a = 0; a < ABI_COUNT; a++)
		for (long i = 0; i < NUMBERS; i++) {
			const long bit = abis[a] == STILE_ABI_X32 ? X32_BIT : 0;
			const char *name = stile_syscall_name(abis[a], i | bit);

			if (name && is_traceable(name))
				add_name(choice, &choice->calls, name);
		}
}

/* ---- Grants */

static const struct stile_table_ruleset *find_ruleset(const char *name, size_t length)
{
	const struct stile_table *table = stile_builtin_table();

	for (uint32_t i = 0; i < table->ruleset_count; i++)
		if (strlen(table->rulesets[i].name) == length &&
		    memcmp(table->rulesets[i].name, name, length) == 0)
			return &table->rulesets[i];
	return NULL;
}

static const struct stile_table_grant *find_grant(const char *specification)
{
	const struct stile_table *table = stile_builtin_table();
	const size_t length = strcspn(specification, ".");
	const struct stile_table_ruleset *ruleset = find_ruleset(specification, length);
	const char *name = specification + length + (specification[length] == '.');

	for (uint32_t i = 0; ruleset && i < ruleset->grant_count; i++) {
		const struct stile_table_grant *grant = &table->grants[ruleset->grants + i];

		if (strlen(grant->name) == strcspn(name, "(") &&
		    memcmp(grant->name, name, strlen(grant->name)) == 0)
			return grant;
	}
	return NULL;
}

/* Whether a grant holds nothing that cannot be traced. */
static bool is_whole(const struct stile_table_grant *grant)
{
	const struct stile_table *table = stile_builtin_table();

	for (uint32_t i = grant->rules; i < grant->rules + grant->rule_count; i++)
		if (!is_traceable(table->syscalls[table->rules[i].syscall]))
			return false;
	return true;
}

static void add_grant(struct trace_choice *choice, const struct stile_table_grant *grant,
		      char *specification)
{
	const struct stile_table *table = stile_builtin_table();
	char **grants = NULL;

	/* without a value for its parameters: its calls, whatever they are called with */
	struct call_names *set = specification ? &choice->held : &choice->calls;

	for (uint32_t i = grant->rules; i < grant->rules + grant->rule_count; i++) {
		const char *name = find_name(table->syscalls[table->rules[i].syscall]);

		if (name && is_traceable(name))
			add_name(choice, set, name);
	}
	if (!specification)
		return;
	grants = reallocarray(choice->grants, choice->grant_count + 1, sizeof(*grants));
	if (!grants) {
		choice->has_failed = true;
		free(specification);
		return;
	}
	grants[choice->grant_count++] = specification;
	choice->grants = grants;
}

static char *specify(struct trace_choice *choice, const char *ruleset, const char *grant)
{
	char *text;

	if (asprintf(&text, "%s%s%s", ruleset, *grant ? "." : "", grant) >= 0)
		return text;
	choice->has_failed = true;
	return NULL;
}

static void add_ruleset(struct trace_choice *choice, const struct stile_table_ruleset *ruleset)
{
	const struct stile_table *table = stile_builtin_table();

	for (uint32_t i = 0; i < ruleset->grant_count; i++) {
		const struct stile_table_grant *grant = &table->grants[ruleset->grants + i];

		add_grant(choice, grant,
			  grant->parameter_count || !is_whole(grant) ?
				  NULL :
				  specify(choice, ruleset->name, grant->name));
	}
}

/* ---- Words */

static struct stile_answer ask_nobody(struct stile_call *call, void *data)
{
	(void)call;
	(void)data;
	return stile_answer_allow();
}

/* The library has the sentence for what there is not, with what was meant. */
static int fail_word(const char *word)
{
	struct stile *s = stile_new_allowing();
	const char *message;

	(void)stile_intercept(s, word, ask_nobody, NULL, NULL);
	message = strstr(stile_message(s), "there is no ");
	if (!message)
		message = strstr(stile_message(s), "ruleset ");
	say_message(VERB, message ? message : stile_message(s));
	stile_free(s);
	return STATUS_RUN_FAILED;
}

static int add_grants(struct trace_choice *choice, const char *word)
{
	const struct stile_table_ruleset *ruleset = find_ruleset(word, strlen(word));
	const struct stile_table_grant *grant = find_grant(word);
	struct stile *s;
	int error;

	if (*word == '\0') {
		say(VERB, NULL, "-e: '%%' needs the name of a ruleset, or of a grant");
		return STATUS_RUN_FAILED;
	}
	if (ruleset) {
		add_ruleset(choice, ruleset);
		return 0;
	}
	if (!strchr(word, '.')) {
		char any[WORD_MAX + 2]; /* a grant of it, for the sentence */

		(void)snprintf(any, sizeof(any), "%s.x", word);
		return fail_word(any);
	}
	if (grant && !is_whole(grant) && !grant->parameter_count) {
		add_grant(choice, grant, NULL);
		return 0;
	}
	s = stile_new_allowing();
	error = stile_intercept(s, word, ask_nobody, NULL, NULL);
	stile_free(s);
	if (error || !grant)
		return fail_word(word);
	add_grant(choice, grant, specify(choice, word, ""));
	return 0;
}

static int add_word(struct trace_choice *choice, const char *word)
{
	const bool is_left_out = *word == '!';
	const char *name;

	word += is_left_out;
	if (*word == '%' && is_left_out) {
		say(VERB, NULL, "'!%s': only calls can be left out, by their names", word);
		return STATUS_RUN_FAILED;
	}
	if (*word == '%')
		return add_grants(choice, word + 1);
	if (*word == '\0') {
		say(VERB, NULL, "-e: a name is empty: give the names of calls, divided by commas");
		return STATUS_RUN_FAILED;
	}
	name = find_name(word);
	if (!name && strchr(word, '.')) {
		say(VERB, NULL, "'%s' is no system call: grants are written '%%%s'", word, word);
		return STATUS_RUN_FAILED;
	}
	if (!name)
		return fail_word(word);
	if (!is_traceable(name) && !is_left_out) {
		say(VERB, NULL,
		    "%s cannot be traced: nobody can be asked about it without harm to the program",
		    name);
		return STATUS_RUN_FAILED;
	}
	add_name(choice, is_left_out ? &choice->left_out : &choice->calls, name);
	return 0;
}

int trace_choice_add(struct trace_choice *choice, const char *words)
{
	int status = 0;

	do {
		/* commas between parentheses divide the values of a grant */
		size_t length = strcspn(words, ",("), end;
		char word[WORD_MAX];

		if (words[length] == '(') {
			end = strcspn(words + length, ")");
			length += end + strcspn(words + length + end, ",");
		}
		if (length >= sizeof(word)) {
			say(VERB, NULL, "-e: there is no call with a name as long as '%.*s'", 64,
			    words);
			return STATUS_RUN_FAILED;
		}
		memcpy(word, words, length);
		word[length] = '\0';
		status = add_word(choice, word);
		words += length;
	} while (status == 0 && *words++ == ',');
	if (status == 0 && choice->has_failed) {
		say(VERB, NULL, "%s", strerror(ENOMEM));
		status = STATUS_RUN_FAILED;
	}
	return status;
}

bool trace_choice_has(const struct trace_choice *choice, const char *name)
{
	if (has_name(&choice->left_out, name))
		return false;
	if (!choice->calls.count && !choice->grant_count)
		return is_traceable(name);
	return has_name(&choice->calls, name) || has_name(&choice->held, name);
}

/* ---- The context */

/*
 * A program starts by exec, which has to be seen. openat2() and setxattrat() do the same as calls
 * that may be shown, and the library would let them fail where these are judged; what reaches into
 * other processes it refuses where nobody judges it. We judge nothing.
 */
static int apply_needed(const struct trace_choice *choice, struct stile *s,
			const struct trace_handlers *handlers)
{
	static const char *const execs[] = { "execve", "execveat" };
	static const char *const refused[] = { "openat2",	   "pidfd_getfd",
					       "process_vm_readv", "process_vm_writev",
					       "ptrace",	   "setxattrat" };
	int error = 0;

	for (size_t i = 0; i < sizeof(execs) / sizeof(*execs) && !error; i++)
		if (!trace_choice_has(choice, execs[i]))
			error = stile_override_intercept(s, execs[i], handlers->exec_entry,
							 handlers->exec_exit, handlers->data);
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused) && !error; i++)
		if (!trace_choice_has(choice, refused[i]))
			error = stile_override_intercept(s, refused[i], handlers->let_through, NULL,
							 handlers->data);
	return error;
}

int trace_choice_apply(const struct trace_choice *choice, struct stile *s,
		       const struct trace_handlers *handlers)
{
	struct trace_choice all = { 0 };
	const struct call_names *calls = &choice->calls;
	int error = stile_set_abis(s, abis, ABI_COUNT);

	if (!choice->calls.count && !choice->grant_count) {
		add_all(&all);
		calls = &all.calls;
	}
	for (size_t i = 0; i < calls->count && !error; i++)
		if (!has_name(&choice->left_out, calls->names[i]))
			error = stile_intercept(s, calls->names[i], handlers->entry, handlers->exit,
						handlers->data);
	for (size_t i = 0; i < choice->grant_count && !error; i++)
		error = stile_intercept(s, choice->grants[i], handlers->entry, handlers->exit,
					handlers->data);
	for (size_t i = 0; i < choice->left_out.count && !error; i++)
		if (has_name(&choice->held, choice->left_out.names[i]))
			error = stile_override(s, choice->left_out.names[i],
					       (struct stile_action){ STILE_ACTION_ALLOW, 0 });
	if (!error)
		error = apply_needed(choice, s, handlers);
	if (!error && all.has_failed)
		error = -ENOMEM;
	trace_choice_end(&all);
	return error;
}

void trace_choice_end(struct trace_choice *choice)
{
	for (size_t i = 0; i < choice->grant_count; i++)
		free(choice->grants[i]);
	free(choice->grants);
	free(choice->calls.names);
	free(choice->left_out.names);
	free(choice->held.names);
	*choice = (struct trace_choice){ 0 };
}
