/* SPDX-License-Identifier: MIT */
#ifndef STILE_POLICY_H
#define STILE_POLICY_H

/*
 * Policies: what a filter answers to every call, however it was said: by grants, in a file of
 * this or another project, by a filter. Of several rules for one call the first that matches
 * decides. A policy belongs to one thread at a time; the first error sticks to it, as to a context.
 */

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <stile/abi.h>
#include <stile/context.h>
#include <stile/filter.h>
#include <stile/table.h>

struct stile_policy;

/* ---- Making one ---- */

/*
 * A policy for no ABI yet, in which every call kills the process. Freed by stile_policy_free().
 * NULL: out of memory, which all functions that take a policy understand.
 */
struct stile_policy *stile_policy_new(void);
void stile_policy_free(struct stile_policy *policy);

/* The first error and its sentence, as stile_error() and stile_message(). */
int stile_policy_error(const struct stile_policy *policy);
const char *stile_policy_message(const struct stile_policy *policy);

/* What a context says. NULL: the context has an error. The policy does not need it any more. */
struct stile_policy *stile_policy_from_context(struct stile *s);

/*
 * What a filter says, whoever made it; origin is what it is called in messages. Holds an error
 * (-EINVAL: the kernel would not load it; -E2BIG: it asks what a policy cannot say, such as the
 * instruction pointer, or too much); else it was proved equal to the filter.
 */
struct stile_policy *stile_policy_from_filter(const struct sock_filter *instructions, size_t count,
					      const char *origin);

/* Adds an ABI; once each. Its calls get the default action until there are rules for them. */
int stile_policy_add_abi(struct stile_policy *policy, enum stile_abi abi);

/*
 * What calls get that no rule decides, and what calls by another ABI get. Unlike in contexts any
 * action may stand here, ERRNO with any errno_value up to 65535 (0: the call seems to succeed; the
 * kernel takes 4095 for what is above), TRACE and TRAP with a value up to 65535 for the tracer or
 * the signal handler.
 */
int stile_policy_set_default(struct stile_policy *policy, struct stile_action action);
int stile_policy_set_foreign_abi(struct stile_policy *policy, struct stile_action action);

/*
 * Lets calls by x32 be judged as calls by x86_64 with a number that nobody knows: what filters do
 * that do not look for them. Else they are calls by another ABI, unless x32 was added. From now on
 * x86_64's rules may have these numbers.
 */
int stile_policy_ignore_x32(struct stile_policy *policy);

/*
 * Where rules come from: a grant, or a file and a line (0: none). The text is copied. Returns an
 * index for struct stile_policy_rule, or a negative error.
 */
int stile_policy_add_origin(struct stile_policy *policy, const char *text, unsigned int line);

/*
 * The UNIX socket of a seccomp agent to which whoever loads the filter sends its listener, and the
 * text that goes with it (listenerPath and listenerMetadata of the OCI runtime-spec). It says who
 * answers, not what the policy means: nothing but this remembers it. The texts are copied; NULL:
 * none. stile_policy_listener(): the path or NULL; *metadata (if not NULL) likewise. They
 * belong to the policy.
 */
int stile_policy_set_listener(struct stile_policy *policy, const char *path, const char *metadata);
const char *stile_policy_listener(const struct stile_policy *policy, const char **metadata);

/* One rule. Conditions are as the generator's tables have them, without parameters (-1). */
struct stile_policy_rule {
	enum stile_abi abi;
	uint32_t number; /* x32's from bit 30 on; the table need not have it */
	struct stile_action action;
	const struct stile_table_condition *conditions; /* all must hold */
	size_t condition_count;				/* at most 32 */
	int origin;
};

/*
 * Adds a rule behind those of its call that are there. The conditions are copied. Behind a rule
 * without conditions it is left out: see stile_policy_get_unreachable(). The number -1, by
 * which a tracer has a call skipped, may have rules as any: on x86 those of x86_64, or of x32 in a
 * policy without x86_64.
 */
int stile_policy_add_rule(struct stile_policy *policy, const struct stile_policy_rule *rule);

/*
 * Sets what happens to one syscall by its name, or to all that a grant holds under the grant's
 * conditions, before all rules that are there. *replaced becomes a text of one line for each rule
 * that means something else or nothing now, "" if none; freed by the caller; may be NULL.
 */
int stile_policy_override(struct stile_policy *policy, const char *what, struct stile_action action,
			  char **replaced);

/* Replaces every answer that lets no call through by itself by this one: refusals, and what is left
 * to a tracer or supervisor. */
int stile_policy_replace_refusals(struct stile_policy *policy, struct stile_action action);

/*
 * Compares each argument with the bits that the kernel uses of it, as grants do, where the rules
 * compare more of them.
 */
int stile_policy_use_kernel_widths(struct stile_policy *policy);

/* ---- Reading one ---- */

/* Its ABIs in the order in which they were added; how many. */
size_t stile_policy_abis(const struct stile_policy *policy, enum stile_abi abis[STILE_ABI_COUNT]);

/* A call of which the policy says something. */
struct stile_policy_call {
	enum stile_abi abi;
	uint32_t number;
	const char *name; /* NULL: not in the table. Static memory */
	size_t rule_count;
	struct stile_action rest; /* what calls get that no rule matches */
	int rest_origin;	  /* -1: none */
};

/* The calls of an ABI ascend by number. Indices from 0; false: there is no such index. x86's -1 is
 * found by either of its ABIs; the call says by which of them it has rules. */
bool stile_policy_get_call(const struct stile_policy *policy, enum stile_abi abi, size_t index,
			   struct stile_policy_call *call);
bool stile_policy_find_call(const struct stile_policy *policy, enum stile_abi abi, uint32_t number,
			    struct stile_policy_call *call);
/* Its conditions belong to the policy. */
bool stile_policy_get_rule(const struct stile_policy *policy, const struct stile_policy_call *call,
			   size_t index, struct stile_policy_rule *rule);

/*
 * The rules with an origin that stile_policy_add_rule() left out, because one without conditions
 * stands before them: in the order in which they were added, without their conditions. At most 4096
 * are kept, and none by functions that make a policy of another.
 */
bool stile_policy_get_unreachable(const struct stile_policy *policy, size_t index,
				  struct stile_policy_rule *rule);

struct stile_action stile_policy_default(const struct stile_policy *policy);
struct stile_action stile_policy_foreign_abi(const struct stile_policy *policy);
/* What numbers of an ABI get for which there is no struct stile_policy_call: the default or, in
 * what was made of a context or a filter, something else. */
struct stile_action stile_policy_unknown(const struct stile_policy *policy, enum stile_abi abi);
bool stile_policy_ignores_x32(const struct stile_policy *policy);

/* An origin's text, "" for -1, and its line. Belongs to the policy. */
const char *stile_policy_origin(const struct stile_policy *policy, int origin, unsigned int *line);

/* An action in words, "fail with EPERM"; at most size bytes, 64 suffice. */
void stile_format_action(struct stile_action action, char *text, size_t size);

/* A rule's conditions in words, "flags & O_ACCMODE == O_RDONLY and fd == 3". Allocated. */
char *stile_format_conditions(const struct stile_policy_rule *rule);

/* ---- What it means ---- */

/* A proved filter of it, as stile_compile(); *instructions is freed by the caller. */
int stile_policy_compile(struct stile_policy *policy, struct sock_filter **instructions,
			 size_t *count);

/* As stile_prove(). */
int stile_policy_prove(struct stile_policy *policy, const struct sock_filter *instructions,
		       size_t count, struct stile_proof *proof);

enum stile_reason {
	STILE_REASON_RULE,    /* a rule matches */
	STILE_REASON_REST,    /* none of this call's rules matches, or it has one for all calls */
	STILE_REASON_DEFAULT, /* there is none for this call */
	STILE_REASON_UNKNOWN, /* a number that the policy does not know */
	STILE_REASON_FOREIGN  /* another ABI */
};

struct stile_decision {
	struct stile_action action;
	enum stile_reason reason;
	int origin;		       /* -1: none */
	struct stile_policy_rule rule; /* of STILE_REASON_RULE */
};

/* What a call gets and why. */
int stile_policy_decide(const struct stile_policy *policy, const struct seccomp_data *data,
			struct stile_decision *decision);

/*
 * Looks for a call by this ABI and number that a rule decides (rule_count: what remains for the
 * rest). 1, and *data is one; 0: there is none; or a negative error.
 */
int stile_policy_reach(const struct stile_policy *policy, const struct stile_policy_call *call,
		       size_t rule, struct seccomp_data *data);

enum stile_change {
	STILE_CHANGE_WIDER,    /* lets a call through that the other does not */
	STILE_CHANGE_NARROWER, /* the reverse */
	STILE_CHANGE_OTHER     /* let through or refused by both, not in the same way */
};

/* A call that two policies answer differently. */
struct stile_difference {
	enum stile_change change; /* from the first to the second */
	struct seccomp_data witness;
	struct stile_decision from, to;
	bool is_one_number; /* else there are more numbers, or ABIs, of which this is one */
};

/*
 * All differences by meaning: for each number (or range of numbers) and each pair of answers one.
 * *differences is freed by the caller. 0; -E2BIG: not decided; -ENOMEM.
 */
int stile_policy_compare(const struct stile_policy *from, const struct stile_policy *to,
			 struct stile_difference **differences, size_t *count);

enum stile_combination {
	STILE_MERGE,	 /* what either lets through: of two answers the weaker one */
	STILE_INTERSECT, /* what both let through: the stronger one, as the kernel does */
	STILE_MINUS	 /* what the first lets through and the second does not */
};

/* A new policy made of two; holds an error if it cannot be made. NULL: out of memory. */
struct stile_policy *stile_policy_combine(enum stile_combination combination,
					  const struct stile_policy *a,
					  const struct stile_policy *b);

/*
 * Lets a new context enforce a policy in place of grants, for the apply functions and
 * stile_spawn(). The policy is copied. It is enforced as it is: nothing is added, not even basic.
 */
int stile_use_policy(struct stile *s, const struct stile_policy *policy);

/* ---- For those who read files ---- */

/* The value of a constant by its name ("O_RDONLY") on an ABI: 0, or -ENOENT. */
int stile_constant(enum stile_abi abi, const char *name, uint64_t *value);

/* The name of a syscall that is nearest to a misspelt one; NULL: none is near. Static memory. */
const char *stile_nearest_syscall(const char *name);

/* An argument of a call by its name in manual or kernel: its index, -1: there is none. */
int stile_argument(enum stile_abi abi, const char *syscall, const char *argument);

/* The bits (16, 32, 64) that the kernel uses of an argument; 0: the call has none of this index,
 * or the table does not know the call. */
unsigned int stile_argument_bits(enum stile_abi abi, const char *syscall, unsigned int index);

/* The kernel that introduced a call, major << 16 | minor << 8 | patch; 0: not in the table. */
uint32_t stile_syscall_since(const char *name);

#endif
