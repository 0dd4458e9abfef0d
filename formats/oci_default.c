/* SPDX-License-Identifier: MIT */
/* What calls get that no entry is for. */
#include <errno.h>

#include "answers.h"
#include "oci_export.h"

int oci_choose_default(const struct oci_writer *writer, const struct stile_policy *policy,
		       struct oci_export *to)
{
	const struct stile_action action = stile_policy_unknown(policy, to->abis[0]);
	int result = 0;

	to->default_action = action;
	for (size_t i = 1; i < to->abi_count; i++) {
		if (answers_are_equal(stile_policy_unknown(policy, to->abis[i]), action))
			continue;
		*writer->in_the_way |= 1u << to->abis[i];
		result = oci_write_error(writer,
					 "numbers that no call has get different answers by %s and "
					 "%s: the format has one default action",
					 stile_abi_name(to->abis[0]), stile_abi_name(to->abis[i]));
	}
	if (action.kind == STILE_ACTION_NOTIFY)
		return oci_write_error(writer, "runtimes refuse to notify as default action");
	if (action.kind == STILE_ACTION_TRAP && action.errno_value)
		return oci_write_error(writer,
				       "the default action has a value for the signal handler, "
				       "which cannot be said");
	if (!writer->has_plain_default || !oci_has_errno(action) || action.errno_value == EPERM)
		return result;
	to->default_action.errno_value = EPERM;
	if (action.kind == STILE_ACTION_TRACE)
		return oci_write_error(writer,
				       "the default action has the value %u, but there it "
				       "can only be %d",
				       action.errno_value, EPERM);
	return oci_cannot_say(writer,
			      "numbers that no call has get errno %u, but the default action can "
			      "only "
			      "have EPERM there",
			      action.errno_value) ||
			       result ?
		       -1 :
		       0;
}

int oci_check_foreign(const struct oci_writer *writer, const struct stile_policy *policy)
{
	const struct stile_action foreign = stile_policy_foreign_abi(policy);
	char text[64];

	/* x32 is another ABI there; that is the same if unknown calls die in the same way. */
	if (stile_policy_ignores_x32(policy) &&
	    stile_policy_default(policy).kind != STILE_ACTION_KILL_THREAD &&
	    oci_cannot_say(writer, "calls by x32 would be calls by another ABI, not unknown ones"))
		return -1;
	if (foreign.kind == STILE_ACTION_KILL_THREAD)
		return 0;
	stile_format_action(foreign, text, sizeof(text));
	return oci_cannot_say(writer,
			      "calls by another ABI (%s) can only kill the thread in this format",
			      text);
}
