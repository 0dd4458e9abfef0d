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

static bool set_default(const struct oci_reader *reader, const struct node *node,
			struct stile_action *action)
{
	if (!node) {
		*action = (struct stile_action){ STILE_ACTION_ERRNO, EPERM };
		return true;
	}
	return parse_action(node->text, action) ||
	       oci_error(reader, node,
			 "found the action \"%s\", expected \"errno=EPERM\" or another errno, "
			 "\"kill\", \"kill-thread\", \"trap\", \"log\" or \"allow\"",
			 node->text);
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

static bool read_abis(const struct oci_reader *reader, const struct node *names, struct stile *s)
{
	enum stile_abi abis[STILE_ABI_COUNT] = { reader->options->abi };
	size_t count = 1;

	if (names && names->count > STILE_ABI_COUNT)
		return oci_error(reader, names, "found %zu ABIs, there are %d", names->count,
				 STILE_ABI_COUNT);
	for (size_t i = 0; names && i < names->count; i++) {
		if (!find_abi(names->children[i].text, &abis[i]))
			return oci_error(reader, &names->children[i],
					 "found the ABI \"%s\", expected \"x86_64\", \"i386\", "
					 "\"x32\", \"aarch64\" or \"riscv64\"",
					 names->children[i].text);
		count = i + 1;
	}
	return stile_set_abis(s, abis, count) == 0 ||
	       oci_error(reader, names ? names : reader->document->root, "%s", stile_message(s));
}

static bool fill(const struct oci_reader *reader, const struct node *object, struct stile *s,
		 struct stile_action action)
{
	bool is_good = true;
	const struct node *grants = oci_strings(reader, object, "grants", &is_good);
	const struct node *pledge = oci_member(reader, object, "pledge", NODE_STRING, &is_good);
	const struct node *baseline = oci_member(reader, object, "baseline", NODE_STRING, &is_good);
	const struct node *abis = oci_strings(reader, object, "abis", &is_good);

	if (!is_good || !read_abis(reader, abis, s))
		return false;
	if (stile_set_default(s, action))
		return oci_error(reader, object, "%s", stile_message(s));
	if (baseline && stile_set_baseline(s, baseline->text))
		return oci_error(reader, baseline, "%s", stile_message(s));
	if (pledge && stile_pledge(s, pledge->text))
		return oci_error(reader, pledge, "%s", stile_message(s));
	for (size_t i = 0; grants && i < grants->count; i++)
		if (stile_grant(s, grants->children[i].text))
			return oci_error(reader, &grants->children[i], "%s", stile_message(s));
	return true;
}

struct stile_policy *oci_read_grants(const struct oci_reader *reader, const struct node *object)
{
	static const char *const keys[] = {
		"grants", "pledge", "default", "baseline", "abis", NULL
	};
	struct stile_policy *policy = NULL;
	struct stile_action action;
	struct stile *s;
	bool is_good = oci_known_keys(reader, object, keys);
	const struct node *word = oci_member(reader, object, "default", NODE_STRING, &is_good);

	if (!is_good || !set_default(reader, word, &action))
		return NULL;
	s = action.kind == STILE_ACTION_ALLOW || action.kind == STILE_ACTION_LOG ?
		    stile_new_allowing() :
		    stile_new();
	if (fill(reader, object, s, action)) {
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
	for (size_t i = 0; is_good && i < count; i++) {
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
