/* SPDX-License-Identifier: MIT */
#ifndef LINT_CHECKER_H
#define LINT_CHECKER_H

/* What the checks share. */

#include "lint.h"

/* Of one call; one with more is not judged rule by rule. */
#define LINT_RULES_MAX 200

/* How many it may have in this policy: fewer where there are many such calls. */
size_t lint_rules_max(const struct stile_policy *policy);

struct lint {
	const struct stile_policy *policy;
	const struct lint_options *options;
	struct lint_findings *findings;
	enum stile_abi abis[STILE_ABI_COUNT];
	size_t abi_count;
	int error; /* -ENOMEM; nothing is added any more */
	size_t rules_max;
	struct lint_memory *memory; /* of lint_reach(); NULL: it remembers nothing */
	struct lint_answers *known; /* by ABI and number, LINT_NUMBERS each; NULL: none are kept */
};

#define LINT_NUMBERS 1024 /* as the table has them, without x32's bit */

/* Where a finding is. */
struct lint_place {
	enum stile_abi abi; /* STILE_ABI_COUNT: it is about the policy */
	int origin;
	const struct seccomp_data *witness; /* NULL: none */
};

/* Adds a finding with its check's severity. What is so on several ABIs becomes one. */
void lint_found(struct lint *lint, const char *id, struct lint_place place, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void lint_found_as(struct lint *lint, const char *id, enum lint_severity severity,
		   struct lint_place place, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* What a policy does with all calls of one syscall. */
struct lint_answers {
	bool is_known;	  /* the rest was found out */
	bool is_listed;	  /* the policy says something of it */
	bool passes;	  /* some are let through */
	bool refuses;	  /* some are not, or a supervisor is asked */
	bool is_explicit; /* they are refused by a rule, and not by the default */
	struct stile_action refusal;
	int origin;		  /* of the refusal, or else of what is said of it; -1: none */
	struct seccomp_data data; /* a refused call, or else any */
};

/* False: the ABI has no such call. */
bool lint_answer(const struct lint *lint, enum stile_abi abi, const char *syscall,
		 struct lint_answers *answers);

static inline bool lint_lets_through(struct stile_action action)
{
	return action.kind == STILE_ACTION_ALLOW || action.kind == STILE_ACTION_LOG;
}

/* What the policy does with a call; kills if that is not known. */
struct stile_action lint_decide(const struct lint *lint, const struct seccomp_data *data);

/* Whether an origin is a line that somebody wrote: grants overlap, and hold what is new. */
bool lint_is_written(const struct lint *lint, int origin);

/* Where the rule is that decides a call; otherwise: if it has no place. */
int lint_origin_of(const struct lint *lint, const struct seccomp_data *data, int otherwise);

/* A call without arguments. */
struct seccomp_data lint_call(enum stile_abi abi, uint32_t number);

/* A call's name; its number in text (at least 16 bytes) if it has none. */
const char *lint_name(const struct stile_policy_call *call, char *text, size_t size);

/*
 * As stile_policy_reach(), which is asked once for each rule between the first two of these. -E2BIG
 * also for calls with more rules than are judged. False: memory is out; lint_reach_end() frees all
 * the same.
 */
bool lint_reach_start(struct lint *lint);
void lint_reach_end(struct lint *lint);
int lint_reach(const struct lint *lint, const struct stile_policy_call *call, size_t rule,
	       struct seccomp_data *data);

/* A rule with a place that the policy left out since no call reaches it, from index *next on;
 * false: there is no more. */
bool lint_next_left_out(const struct stile_policy *policy, size_t *next,
			struct stile_policy_rule *rule, struct stile_policy_call *call);

/* The checks, each in the file of its name. */
void lint_rules(struct lint *lint);
void lint_widths(struct lint *lint);
void lint_needs(struct lint *lint);
void lint_abis(struct lint *lint);
void lint_alternatives(struct lint *lint);
void lint_danger(struct lint *lint);
void lint_names(struct lint *lint);
void lint_action_traps(struct lint *lint);

#endif
