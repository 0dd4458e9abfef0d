/* SPDX-License-Identifier: MIT */
/* Our own short form: {"stile": {"grants": ["system_io.open_readonly"], "pledge": "stdio"}}. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "oci_profile.h"
#include "oci_words.h"

/* "kill_process", "errno=EPERM", "trap", ... as on the command line. */
static bool parse_action(const char *text, struct stile_action *action)
{
	static const struct {
		const char *word;
		enum stile_action_kind kind;
	} words[] = { { "allow", STILE_ACTION_ALLOW },
		      { "log", STILE_ACTION_LOG },
		      { "trap", STILE_ACTION_TRAP },
		      { "kill-thread", STILE_ACTION_KILL_THREAD },
		      { "kill", STILE_ACTION_KILL_PROCESS } };

	*action = (struct stile_action){ 0 };
	if (strncmp(text, "errno=", 6) == 0) {
		action->kind = STILE_ACTION_ERRNO;
		action->errno_value = oci_find_errno(text + 6);
		return action->errno_value != 0;
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(text, words[i].word) == 0) {
			action->kind = words[i].kind;
			return true;
		}
	return false;
}

/* What a context has before its grants. */
struct start {
	struct stile_action action;
	enum stile_abi abis[STILE_ABI_COUNT];
	size_t abi_count;
	const char *baseline; /* NULL: none */
};

static bool read_default(const struct oci_reader *reader, const struct node *node,
			 struct stile_action *action)
{
	const char *nearest = NULL;

	if (!node || parse_action(node->text, action))
		return true;
	if (strncmp(node->text, "errno=", 6) == 0)
		nearest = oci_nearest_errno(node->text + 6);
	if (nearest)
		return oci_error(reader, node,
				 "found the action \"%s\": did you mean \"errno=%s\"?", node->text,
				 nearest);
	return oci_unknown_word(reader, node, "action", NULL,
				"\"errno=EPERM\" or another errno, \"kill\", \"kill-thread\", "
				"\"trap\", \"log\" or \"allow\"");
}

static bool find_abi(const char *name, enum stile_abi *abi)
{
	for (int i = 0; i < STILE_ABI_COUNT; i++)
		if (strcmp(name, stile_abi_name((enum stile_abi)i)) == 0) {
			*abi = (enum stile_abi)i;
			return true;
		}
	return false;
}

static bool read_abis(const struct oci_reader *reader, const struct node *names,
		      struct start *start)
{
	bool is_good = true;

	if (names && names->count > STILE_ABI_COUNT)
		return oci_error(reader, names, "found %zu ABIs, there are %d", names->count,
				 STILE_ABI_COUNT);
	for (size_t i = 0; names && i < names->count; i++) {
		if (!find_abi(names->children[i].text, &start->abis[i]))
			is_good = oci_unknown_word(reader, &names->children[i], "ABI", NULL,
						   "\"x86_64\", \"i386\", \"x32\", \"aarch64\" or "
						   "\"riscv64\"");
		start->abi_count = i + 1;
	}
	return is_good;
}

/* A context without grants. Its error is that of one of these settings; they were tried before. */
static struct stile *new_context(const struct start *start)
{
	const bool is_allowing = start->action.kind == STILE_ACTION_ALLOW ||
				 start->action.kind == STILE_ACTION_LOG;
	struct stile *s = is_allowing ? stile_new_allowing() : stile_new();

	(void)stile_set_abis(s, start->abis, start->abi_count);
	(void)stile_set_default(s, start->action);
	if (start->baseline)
		(void)stile_set_baseline(s, start->baseline);
	return s;
}

/* Whether contexts take these settings; if not it is said of a value, and *start is without it. */
static bool try_start(const struct oci_reader *reader, const struct node *place,
		      const struct start *start)
{
	struct stile *s = new_context(start);
	const bool is_good = stile_error(s) == 0 ||
			     oci_error(reader, place, "%s", stile_message(s));

	stile_free(s);
	return is_good;
}

/* Reads what a context has before its grants; what is wrong with it is left out. */
static bool read_start(const struct oci_reader *reader, const struct node *object,
		       struct start *start)
{
	bool is_good = true;
	const struct node *word = oci_member(reader, object, "default", NODE_STRING, &is_good);
	const struct node *baseline = oci_member(reader, object, "baseline", NODE_STRING, &is_good);
	const struct node *abis = oci_strings(reader, object, "abis", &is_good);
	const struct start usual = { .action = { STILE_ACTION_ERRNO, EPERM },
				     .abis = { reader->options->abi },
				     .abi_count = 1 };

	*start = usual;
	if (!read_abis(reader, abis, start) || (abis && !try_start(reader, abis, start))) {
		*start = usual;
		is_good = false;
	}
	if (!read_default(reader, word, &start->action) ||
	    (word && !try_start(reader, word, start))) {
		start->action = usual.action;
		is_good = false;
	}
	start->baseline = baseline ? baseline->text : NULL;
	if (baseline && !try_start(reader, baseline, start)) {
		start->baseline = NULL;
		is_good = false;
	}
	return is_good;
}

/* A context keeps its first error: the next grant is tried with a new one. */
static bool grant(const struct oci_reader *reader, const struct node *place,
		  const struct start *start, struct stile **s,
		  int (*add)(struct stile *s, const char *text), const char *text)
{
	if (add(*s, text) == 0)
		return true;
	oci_error(reader, place, "%s", stile_message(*s));
	stile_free(*s);
	*s = new_context(start);
	return false;
}

/* Whether a string is in the file as it is, without escapes: then so are its parts. */
static bool is_plain(const struct oci_reader *reader, const struct node *string)
{
	const char *text = reader->source->bytes;
	const char *const end = text + reader->source->length;

	for (unsigned int line = 1; text && line < string->line; line++) {
		text = memchr(text, '\n', (size_t)(end - text));
		text = text ? text + 1 : NULL;
	}
	return text && (size_t)(end - text) > string->column &&
	       strncmp(text + string->column, string->text, strlen(string->text)) == 0;
}

/* OpenBSD's words, each by itself. */
static bool grant_words(const struct oci_reader *reader, const struct node *words,
			const struct start *start, struct stile **s)
{
	const bool has_places = is_plain(reader, words);
	const char *word = words->text + strspn(words->text, " ");
	bool is_good = true;

	if (*word == '\0')
		return grant(reader, words, start, s, stile_pledge, word);
	for (size_t count = 0; *word; count++) {
		const size_t length = strcspn(word, " ");
		struct node place = *words;
		char *copy;

		if (count == OCI_ENTRIES_MAX)
			return oci_error(reader, words, "found more than %d words in \"pledge\"",
					 OCI_ENTRIES_MAX);
		if (has_places) /* behind the quote */
			place.column += 1 + (unsigned int)(word - words->text);
		copy = strndup(word, length);
		is_good = grant(reader, &place, start, s, stile_pledge, copy ? copy : "") &&
			  is_good;
		free(copy);
		word += length;
		word += strspn(word, " ");
	}
	return is_good;
}

static bool grant_all(const struct oci_reader *reader, const struct node *object,
		      const struct start *start, struct stile **s)
{
	bool is_good = true;
	const struct node *grants = oci_strings(reader, object, "grants", &is_good);
	const struct node *pledge = oci_member(reader, object, "pledge", NODE_STRING, &is_good);

	if (pledge)
		is_good = grant_words(reader, pledge, start, s) && is_good;
	if (grants && grants->count > OCI_ENTRIES_MAX)
		return oci_error(reader, grants, "found %zu grants, expected at most %d",
				 grants->count, OCI_ENTRIES_MAX);
	for (size_t i = 0; grants && i < grants->count; i++)
		is_good = grant(reader, &grants->children[i], start, s, stile_grant,
				grants->children[i].text) &&
			  is_good;
	return is_good;
}

struct stile_policy *oci_read_grants(const struct oci_reader *reader, const struct node *object)
{
	static const char *const keys[] = {
		"grants", "pledge", "default", "baseline", "abis", NULL
	};
	struct stile_policy *policy = NULL;
	struct start start;
	struct stile *s;
	bool is_good = oci_known_keys(reader, object, keys);

	is_good = read_start(reader, object, &start) && is_good;
	s = new_context(&start);
	is_good = grant_all(reader, object, &start, &s) && is_good;
	if (is_good) {
		policy = stile_policy_from_context(s);
		if (!policy)
			oci_error(reader, object, "%s", stile_message(s));
	}
	stile_free(s);
	return policy;
}

/* What no file for libseccomp can say: the answer to other ABIs and to numbers without a name. */
static bool is_beyond_libseccomp(const struct stile_difference *difference)
{
	return difference->from.reason == STILE_REASON_FOREIGN ||
	       difference->to.reason == STILE_REASON_FOREIGN ||
	       difference->from.reason == STILE_REASON_UNKNOWN;
}

bool oci_check_same(const struct oci_reader *reader, const struct node *own,
		    const struct stile_policy *grants, const struct stile_policy *profile)
{
	struct stile_difference *differences = NULL;
	size_t count = 0;
	bool is_good = true;

	if (stile_policy_compare(grants, profile, &differences, &count))
		return oci_error(reader, own,
				 "it cannot be said whether \"syscalls\" means the "
				 "same as \"stile\"");
	for (size_t i = 0; i < count; i++) {
		char of_grants[64], of_profile[64], *call;

		if (is_beyond_libseccomp(&differences[i]))
			continue;
		stile_format_action(differences[i].from.action, of_grants, sizeof(of_grants));
		stile_format_action(differences[i].to.action, of_profile, sizeof(of_profile));
		call = stile_call_text(&differences[i].witness);
		is_good = oci_error(reader, own,
				    "\"syscalls\" does not mean the same as \"stile\": %s would %s "
				    "by the first, %s by the second; leave one of the two out",
				    call ? call : "a call", of_profile, of_grants);
		free(call);
	}
	free(differences);
	return is_good;
}
