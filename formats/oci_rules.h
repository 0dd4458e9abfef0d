/* SPDX-License-Identifier: MIT */
#ifndef FORMATS_OCI_RULES_H
#define FORMATS_OCI_RULES_H

/* What entries come to: rules of one call each, in the file's order. */

#include "oci_profile.h"

#define OCI_RULES_MAX 400000

struct oci_rule {
	enum stile_abi abi;
	uint32_t number;
	struct stile_action action;
	const struct stile_table_condition *conditions;
	size_t condition_count;
	const struct node *place; /* a name */
	bool is_grant;		  /* of a grant's: its meaning is ours, not libseccomp's */
};

/* What was said of a call. */
struct oci_seen {
	uint16_t errno_value; /* of the action of its first rule */
	uint8_t kind;	      /* 1 + enum stile_action_kind; 0: nothing was */
	bool is_mixed;	      /* there is another action too */
};

#define OCI_NUMBERS 1024 /* of the table; without x32's bit */

/*
 * Where rules go: into a policy. If it turns out that a call has different actions, all is done a
 * second time, with a new policy, and the rules of such calls are kept to be looked at together.
 */
struct oci_rules {
	struct stile_policy *policy;
	struct oci_seen *seen; /* STILE_ABI_COUNT times OCI_NUMBERS */
	bool has_mixed, is_second;
	size_t total;
	struct oci_rule *items; /* of mixed calls, the second time */
	size_t count, capacity;
};

/* Adds the rules of mixed calls, at the end of the second time. */
bool oci_add_kept_rules(const struct oci_reader *reader, struct oci_rules *rules);

bool oci_add_rule(const struct oci_reader *reader, struct oci_rules *rules,
		  const struct oci_rule *rule);

/* Whether a name is a grant's ("system_io.read_fd(3)") that may stand in an entry with or without
 * conditions; false: it was said what is wrong. */
bool oci_check_grant(const struct oci_reader *reader, const struct node *name, bool has_conditions);

/* The rules of a grant that oci_check_grant() took, for one ABI; false: it was said what is wrong.
 */
bool oci_add_grant(const struct oci_reader *reader, struct oci_rules *rules,
		   const struct oci_entry *entry, const struct node *name, enum stile_abi abi);

/*
 * What calls by i386's socketcall and ipc stand for this call: the number of either and the value
 * of its first argument; false: none.
 */
bool oci_multiplexer(const char *name, uint32_t *number, uint32_t *call);

/*
 * Adds the rules of one call to a policy, which have different actions, as libseccomp makes one of
 * them; false: it was said what is wrong.
 */
bool oci_add_mixed_rules(const struct oci_reader *reader, struct stile_policy *policy,
			 const struct oci_rule *rules, size_t count);

/* Adds one rule as it is. */
bool oci_add_to_policy(const struct oci_reader *reader, struct stile_policy *policy,
		       const struct oci_rule *rule);

/* Says the error of a policy; false. */
bool oci_policy_error(const struct oci_reader *reader, const struct stile_policy *policy);

#endif
