/* SPDX-License-Identifier: MIT */
#include "policy_source.h"

#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "process_filters.h"
#include "say.h"

bool policy_source_start(struct policy_source_options *options, const char *verb, int words)
{
	options->pid = options->policy = NULL;
	options->is_input_read = false;
	policy_file_options_start(&options->file, verb);
	return filter_context_start(&options->context, verb, words);
}

void policy_source_end(struct policy_source_options *options)
{
	policy_file_options_end(&options->file);
	filter_context_end(&options->context);
}

enum option_result policy_source_take(struct policy_source_options *options, int option,
				      const char *value)
{
	enum option_result result = filter_context_take(&options->context, option, value);

	options->file.read.abi = options->context.abis[0];
	if (result != OPTION_OTHER)
		return result;
	if (option == OPTION_PID)
		options->pid = value;
	else if (option == OPTION_POLICY)
		options->policy = value;
	else
		return policy_file_options_take(&options->file, option, value);
	return OPTION_TAKEN;
}

bool policy_source_is_given(const struct policy_source_options *options)
{
	return options->pid || options->context.is_granting;
}

/* The length of the first of several grants, which commas divide but for those in parentheses. */
static size_t first_grant(const char *list)
{
	size_t length = 0;
	bool is_inside = false;

	for (; list[length] && (is_inside || list[length] != ','); length++)
		is_inside = list[length] == '(' || (is_inside && list[length] != ')');
	return length;
}

static int grant_all(struct stile *s, const char *list)
{
	for (const char *next = list;; next++) {
		const size_t length = first_grant(next);
		char *grant = strndup(next, length);
		const int error = stile_grant(s, grant ? grant : "");

		free(grant);
		next += length;
		if (error || *next == '\0')
			return error;
	}
}

/* A context of its own with the same settings, in which nothing is granted yet. */
static bool copy_settings(const struct policy_source_options *options,
			  struct filter_context *context)
{
	const struct filter_context *from = &options->context;

	if (!filter_context_start(context, from->verb, (int)from->given_count + 1))
		return false;
	memcpy(context->abis, from->abis, sizeof(context->abis));
	context->abi_count = from->abi_count;
	for (size_t i = 0; i < from->given_count; i++)
		if (!is_granting_option(from->given[i].letter))
			(void)filter_context_take(context, from->given[i].letter,
						  from->given[i].value);
	if (filter_context_fill(context))
		return true;
	filter_context_end(context);
	return false;
}

/* NULL: it was said. */
static struct stile_policy *policy_of_context(const char *verb, struct stile *s)
{
	struct stile_policy *policy = stile_policy_from_context(s);

	if (!policy)
		say_message(verb, stile_message(s));
	return policy;
}

static struct stile_policy *policy_of_words(const struct policy_source_options *options,
					    const char *grants, const char *words)
{
	struct filter_context context;
	struct stile_policy *policy;

	if (!copy_settings(options, &context))
		return NULL;
	/* an error sticks to the context, which is all that is asked afterwards */
	(void)(grants ? grant_all(context.s, grants) : stile_pledge(context.s, words));
	policy = policy_of_context(context.verb, context.s);
	filter_context_end(&context);
	return policy;
}

static struct stile_policy *policy_of_options(struct policy_source_options *options)
{
	const char *verb = options->context.verb;

	if (options->pid && options->context.is_granting) {
		say(verb, NULL,
		    "--pid and grants are two policies: give one of them as pid:NUMBER");
		return NULL;
	}
	if (options->pid)
		return policy_of_process(verb, options->pid);
	return filter_context_fill(&options->context) ?
		       policy_of_context(verb, options->context.s) :
		       NULL;
}

/* What is behind a prefix; NULL: the word has another one. */
static const char *behind(const char *word, const char *prefix)
{
	const size_t length = strlen(prefix);

	return strncmp(word, prefix, length) == 0 ? word + length : NULL;
}

struct stile_policy *policy_source_read(struct policy_source_options *options, const char *word)
{
	if (!word)
		return policy_of_options(options);
	if (behind(word, "grants:"))
		return policy_of_words(options, behind(word, "grants:"), NULL);
	if (behind(word, "pledge:"))
		return policy_of_words(options, NULL, behind(word, "pledge:"));
	if (behind(word, "pid:"))
		return policy_of_process(options->context.verb, behind(word, "pid:"));
	if (strcmp(word, "-") == 0) {
		if (options->is_input_read) {
			say(options->context.verb, NULL, "standard input can be read once only");
			return NULL;
		}
		options->is_input_read = true;
	}
	return policy_file_read(&options->file, word);
}

const char *policy_source_name(const struct policy_source_options *options, const char *word)
{
	if (word)
		return input_name(word);
	return options->pid ? "the process" : "the grants";
}

/* The context enforces a policy, and is for its ABIs. */
static int use_policy(struct filter_context *context, const struct stile_policy *policy)
{
	if (stile_use_policy(context->s, policy) == 0) {
		context->abi_count = stile_policy_abis(policy, context->abis);
		return 0;
	}
	say_message(context->verb, stile_message(context->s));
	return STATUS_FAILED;
}

int policy_source_fill(struct policy_source_options *options)
{
	struct stile_policy *policy;
	int status;

	if (!options->policy)
		return filter_context_fill(&options->context) ? 0 : STATUS_USAGE;
	if (options->context.given_count > 0) {
		say(options->context.verb, NULL,
		    "--policy stands in place of grants: leave --grant, --pledge, --default and "
		    "--baseline out");
		return STATUS_USAGE;
	}
	policy = policy_source_read(options, options->policy);
	if (!policy)
		return STATUS_FAILED;
	status = use_policy(&options->context, policy);
	stile_policy_free(policy);
	return status;
}

static bool append(struct policy_list *list, struct policy_source_options *options,
		   const char *word)
{
	struct stile_policy *policy = policy_source_read(options, word);

	if (!policy)
		return false;
	list->names[list->count] = policy_source_name(options, word);
	list->policies[list->count++] = policy;
	return true;
}

bool policy_list_read(struct policy_list *list, struct policy_source_options *options,
		      char *const *words, size_t count)
{
	bool is_read;

	list->count = 0;
	list->policies = calloc(count + 1, sizeof(*list->policies));
	list->names = calloc(count + 1, sizeof(*list->names));
	is_read = list->policies && list->names;
	if (!is_read)
		say(options->context.verb, NULL, "out of memory");
	if (is_read && policy_source_is_given(options))
		is_read = append(list, options, NULL);
	/* what is wrong with the others is said, too */
	for (size_t i = 0; list->policies && list->names && i < count; i++)
		is_read = append(list, options, words[i]) && is_read;
	if (!is_read)
		policy_list_free(list);
	return is_read;
}

void policy_list_free(struct policy_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		stile_policy_free(list->policies[i]);
	free(list->policies);
	free(list->names);
	*list = (struct policy_list){ 0 };
}
