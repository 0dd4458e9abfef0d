/* SPDX-License-Identifier: MIT */
#ifndef CORE_POLICY_OBJECT_H
#define CORE_POLICY_OBJECT_H

/* What is inside struct stile_policy. */

#include <stdbool.h>

#include <stile/policy.h>

#include "arena.h"
#include "message.h"
#include "policy.h"

struct policy_origin {
	const char *text;
	unsigned int line; /* 0: none */
};

/* A rule that was left out. */
struct policy_unreachable {
	enum stile_abi abi;
	uint32_t number;
	struct stile_action action;
	int origin;
};

/* A call in the making. */
struct call_rules {
	uint32_t number;
	uint16_t syscall; /* or NO_SYSCALL */
	bool has_rest;	  /* else rest is the default action */
	struct stile_action rest;
	uint32_t origin; /* of the rest */
	struct rule *rules;
	uint32_t count, capacity;
};

#define INDEXED_NUMBERS 1024 /* as the table has them; above it calls are looked for one by one */

struct abi_calls {
	enum stile_abi abi;
	bool has_unknown; /* else it is the default action */
	struct stile_action unknown;
	struct call_rules *calls; /* in the order in which they were first named */
	uint32_t count, capacity;
	uint16_t *index; /* by number: 1 + index in calls; 0: none */
};

struct stile_policy {
	struct message message;
	int error;
	struct stile_action default_action, foreign_action;
	struct abi_calls abis[STILE_ABI_COUNT];
	uint32_t abi_count;
	bool ignores_x32;
	const char *listener_path, *listener_metadata; /* NULL: not said */
	struct policy_origin *origins;
	uint32_t origin_count, origin_capacity;
	struct policy_unreachable *unreachable; /* in the order in which they were added */
	uint32_t unreachable_count, unreachable_capacity;
	struct arena memory; /* conditions, texts of origins */
	/* What all this comes to; thrown away when it changes. */
	struct policy made;
	bool is_made;
};

#define POLICY_CALLS_MAX 8192 /* of one ABI: ten times what there are */
#define POLICY_RULES_MAX 500000

/* Sets the first error with its sentence. Returns the first. */
#define policy_fail(p, error_number, ...) \
	((p)->error ? (p)->error :        \
		      ((p)->error = message_set(&(p)->message, (error_number), __VA_ARGS__)))

int policy_out_of_memory(struct stile_policy *p);

/* 0, or the error that a call must return at once. */
int policy_ready(const struct stile_policy *p);

/* The same for a call that changes the policy. */
int policy_change(struct stile_policy *p);

/* 0 if an action may stand in a policy. */
int policy_check_action(struct stile_policy *p, struct stile_action action);

/* An ABI of the policy, NULL: it does not have it. */
struct abi_calls *policy_abi_calls(struct stile_policy *p, enum stile_abi abi);

/* The call with this number, made if there is none; NULL: the error is set. */
struct call_rules *policy_call_rules(struct stile_policy *p, struct abi_calls *abi,
				     uint32_t number);
/* One that is not there yet, whether or not its number may be the ABI's. */
struct call_rules *policy_new_call(struct stile_policy *p, struct abi_calls *abi, uint32_t number);
/* The call with this number, NULL: there is none. */
struct call_rules *policy_known_call(const struct abi_calls *abi, uint32_t number);

/* Keeps what is known of a rule that no call reaches, if it has an origin. 0, or the error. */
int policy_keep_unreachable(struct stile_policy *p, const struct stile_policy_rule *rule);

/* Room for one more rule; NULL: the error is set. */
struct rule *policy_grow_rules(struct stile_policy *p, struct call_rules *call);

/* A copy of conditions that lives as long as the policy; NULL: the error is set. */
const struct stile_table_condition *policy_copy_conditions(struct stile_policy *p,
							   const struct stile_table_condition *from,
							   size_t count);

/* Adds all of a finished policy's ABIs, calls and rules to one that has none; origins are those of
 * the rules, moved by first_origin. */
int policy_copy_made(struct stile_policy *p, const struct policy *from, uint32_t first_origin);
int policy_copy_origins(struct stile_policy *p, const struct stile_policy *from);

/* Leaves out ABIs whose calls all get what foreign ones get, and x32 if all of it gets what unknown
 * numbers of x86_64 get: the policy then ignores it. x86's number -1 still gets what it got. */
void policy_tidy_abis(struct stile_policy *p);

/*
 * What the policy comes to; valid until it changes. NULL: it has an error, or no ABI, or memory is
 * out (an error of its own then).
 */
const struct policy *policy_made(const struct stile_policy *p);

struct rule policy_rule(uint16_t syscall, enum stile_abi abi, struct stile_action action,
			const struct stile_table_condition *conditions, size_t count,
			uint32_t origin);

#endif
