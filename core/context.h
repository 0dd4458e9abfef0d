/* SPDX-License-Identifier: MIT */
#ifndef CORE_CONTEXT_H
#define CORE_CONTEXT_H

/* What is inside struct stile and struct stile_ruleset. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <stile/apply.h>
#include <stile/context.h>
#include <stile/filter.h>

#include "backend.h"
#include "handler.h"
#include "message.h"
#include "rule.h"
#include "rule_index.h"
#include "text.h"

#define NO_RULE UINT32_MAX
#define CONTEXT_RULES_MAX 100000

enum origin_kind {
	ORIGIN_BASIC, /* absorbed by wider rules, cannot be refused */
	ORIGIN_BUILTIN,
	ORIGIN_CUSTOM,	/* a ruleset made at run time or a user's table */
	ORIGIN_SINGLE,	/* stile_deny("openat") and its like */
	ORIGIN_BROKER,	/* stile_use_broker(): all calls of a name */
	ORIGIN_OVERRIDE /* stile_override(): replaces what stood before */
};

/* Where a rule comes from, as messages name it. */
struct origin {
	char *text; /* "system_io.read_fd(3)", "custom ruleset 'legacy'", "deny openat" */
	enum origin_kind kind;
};

/* Conditions live in blocks that never move, since rules point at them. */
struct condition_block;

struct stile_policy;

struct stile {
	struct message message;
	int error;
	bool is_allowing; /* allow by default */
	bool is_applied;
	bool is_touched; /* something was granted or refused */
	bool has_baseline;
	struct stile_action default_action, foreign_action;
	uint32_t baseline;		      /* kernel: major << 16 | minor << 8 | patch */
	enum stile_abi abis[STILE_ABI_COUNT]; /* that filters are made for, no ABI twice */
	unsigned int abi_count;
	unsigned int flags; /* enum stile_apply_flags */
	enum stile_backend backend;
	uint64_t *weights; /* by syscall; NULL: none was set */

	struct context_rule {
		struct rule rule;
		uint32_t next;	     /* of the same syscall; NO_RULE ends */
		uint32_t next_alike; /* in the index */
		bool is_dropped;     /* by an override */
	} * rules;
	uint32_t rule_count, rule_capacity;
	uint32_t *first_rule; /* by syscall */
	struct rule_index index;

	struct origin *origins;
	uint32_t origin_count, origin_capacity;
	struct condition_block *blocks;

	struct text warnings;

	/* What was compiled last (core/compile.c); thrown away when the context changes. */
	struct filter prepared;
	struct stile_proof proof; /* of it */
	uint64_t policy_hash;
	unsigned int kernel_cost;
	unsigned int simple_count, conditional_count;

	/* In place of rules, and what holds while a program starts; NULL: neither. */
	struct stile_policy *used, *used_start;

	/* Who is asked about calls (core/context_handlers.c). */
	struct handler *handlers;
	uint32_t handler_count, handler_capacity;
	bool is_notified, is_intercepted; /* some call has such an action */
	stile_handler on_exec;		  /* NULL: none */
	void *on_exec_data;
	bool hides_vdso;
	bool has_broker; /* handlers that do calls for a target (stile/broker.h) */

	struct stile_receipt receipt;
	bool has_receipt;
	int exec_errno;
};

/* Sets the first error with its sentence; later ones are ignored. Returns the first. */
#define context_fail(s, error_number, ...) \
	((s)->error ? (s)->error :         \
		      ((s)->error = message_set(&(s)->message, (error_number), __VA_ARGS__)))

/* The same for memory, in one wording. */
int context_out_of_memory(struct stile *s);

/* 0, or the error that a call must return at once: no context, an earlier error, in force. */
int context_ready(struct stile *s);

/* The same for a call that changes the context: what was compiled does not hold any more. */
int context_change(struct stile *s);

/* The same for a call that changes what is permitted: not where a policy is used. */
int context_change_rules(struct stile *s);

/* 0 if an action is one that exists, with an errno where it belongs. */
int context_check_action(struct stile *s, struct stile_action action);

/* Adds an origin; text is formatted. Its index, or a negative error. */
int context_add_origin(struct stile *s, enum origin_kind kind, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Room for count conditions that lives as long as the context; NULL: out of memory. */
struct stile_table_condition *context_conditions(struct stile *s, size_t count);

/* A line for stile_warnings() was added to s->warnings; a lost warning is an error (-ENOMEM). */
int context_warned(struct stile *s);

/* The ABIs of the context: bit 1 << enum stile_abi. */
static inline uint8_t context_abis(const struct stile *s)
{
	uint8_t abis = 0;

	for (unsigned int i = 0; i < s->abi_count; i++)
		abis |= (uint8_t)(1u << s->abis[i]);
	return abis;
}

/* SECCOMP_FILTER_FLAG_* of the context's options (core/options.c). */
unsigned int seccomp_flags(const struct stile *s);
/* Those of a filter with a listener that this kernel has, besides that for the listener. */
unsigned int seccomp_listener_flags(void);

/* Whether an action lets the call through. */
static inline bool action_permits(struct stile_action action)
{
	return action.kind == STILE_ACTION_ALLOW || action.kind == STILE_ACTION_LOG;
}

/* Somebody is asked, who may permit the call. */
static inline bool action_asks(struct stile_action action)
{
	return action.kind == STILE_ACTION_NOTIFY || action.kind == STILE_ACTION_TRACE;
}

static inline bool actions_equal(struct stile_action a, struct stile_action b)
{
	return a.kind == b.kind && a.errno_value == b.errno_value;
}

#endif
