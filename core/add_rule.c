/* SPDX-License-Identifier: MIT */
/*
 * A rule enters a context. Rules are checked against each other pair by pair, so that the
 * order in which they came never matters: what cannot stand together is an error. Pairs that
 * have no call in common are not looked at (core/rule_index.h).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "add_rule.h"
#include "call_text.h"
#include "context.h"
#include "overlap.h"
#include "syscalls.h"

/* A rule with what messages say of it. */
struct party {
	const struct rule *rule;
	const char *name; /* its origin */
};

static const char *syscall_name(const struct rule *rule)
{
	return syscall_table[rule->syscall].name;
}

/* The ABIs of the context that both rules are for. */
static unsigned int judged_abis(const struct stile *s, const struct rule *a, const struct rule *b)
{
	return context_abis(s) & a->abis & b->abis;
}

/* One of them, to show a call on. */
static enum stile_abi some_abi(const struct stile *s, const struct party *a, const struct party *b)
{
	const unsigned int abis = judged_abis(s, a->rule, b->rule);

	return abis & 1u << STILE_ABI_NATIVE ? STILE_ABI_NATIVE :
					       (enum stile_abi)__builtin_ctz(abis);
}

/* One of two rules with one action has no conditions, so the other would do nothing. */
static int report_pointless(struct stile *s, struct party old, struct party new)
{
	bool old_is_wide = old.rule->condition_count == 0;
	const struct rule *narrow = old_is_wide ? new.rule : old.rule;
	enum stile_abi abi = some_abi(s, &old, &new);
	char outside[CALL_TEXT_MAX], both[CALL_TEXT_MAX], action[ACTION_TEXT_MAX];
	const char *verb = "allow";
	uint64_t words[6];

	call_outside(narrow, abi, words);
	call_text(outside, narrow->syscall, abi, words);
	(void)rules_overlap(narrow, narrow, abi, words);
	call_text(both, narrow->syscall, abi, words);
	if (narrow->action.kind != STILE_ACTION_ALLOW) {
		action_text(action, narrow->action);
		verb = narrow->action.kind == STILE_ACTION_LOG ? "log" :
		       action_asks(narrow->action)	       ? "handle" :
								 "refuse";
	}
	if (old_is_wide)
		return context_fail(s, -EEXIST,
				    "%s: %s: %s already %ss every %s(), e.g. %s; this narrower "
				    "rule would do "
				    "nothing: drop one of the two (both match %s)",
				    new.name, syscall_name(narrow), old.name, verb,
				    syscall_name(narrow), outside, both);
	return context_fail(s, -EEXIST,
			    "%s: %s: this rule %ss every %s(), e.g. %s; the narrower rule of %s "
			    "would do nothing: drop one of the two (both match %s)",
			    new.name, syscall_name(narrow), verb, syscall_name(narrow), outside,
			    old.name, both);
}

static int report_contradiction(struct stile *s, struct party old, struct party new,
				const uint64_t words[6])
{
	char old_action[ACTION_TEXT_MAX], new_action[ACTION_TEXT_MAX], call[CALL_TEXT_MAX];

	action_text(old_action, old.rule->action);
	action_text(new_action, new.rule->action);
	call_text(call, new.rule->syscall, some_abi(s, &old, &new), words);
	return context_fail(s, -EEXIST,
			    "%s: %s: this rule says '%s', but %s says '%s' for a call that both "
			    "match, e.g. %s: drop one of the two, or replace the other by "
			    "stile_override()",
			    new.name, syscall_name(new.rule), new_action, old.name, old_action,
			    call);
}

static bool is_brokers(const struct stile *s, const struct party *party)
{
	return s->origins[party->rule->origin].kind == ORIGIN_BROKER;
}

/* At least one is a broker's, which is asked about every call of the name. */
static int report_broker(struct stile *s, struct party old, struct party new,
			 const uint64_t words[6])
{
	const struct party other = is_brokers(s, &old) ? new : old;
	char call[CALL_TEXT_MAX], action[ACTION_TEXT_MAX];

	if (is_brokers(s, &other))
		return context_fail(s, -EEXIST,
				    "%s: a broker of this context answers %s() already: one call "
				    "has one broker: give all rules to one, and use that",
				    new.name, syscall_name(new.rule));
	call_text(call, new.rule->syscall, some_abi(s, &old, &new), words);
	action_text(action, other.rule->action);
	return context_fail(s, -EEXIST,
			    "%s: %s: the broker answers every %s(), and %s says '%s' for some, "
			    "e.g. %s: leave %s out, and let rules of the broker say what is "
			    "permitted (stile_broker_allow_path() and its like)",
			    new.name, syscall_name(new.rule), syscall_name(new.rule), other.name,
			    action, call, other.name);
}

/* A process that is kept from these, by whatever a tracer does, cannot end or handle signals. */
static bool is_essential(const struct rule *rule)
{
	static const char *const names[] = { "exit", "exit_group", "restart_syscall",
					     "rt_sigreturn", "sigreturn" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(syscall_name(rule), names[i]) == 0)
			return true;
	return false;
}

/* What a program asks about itself, chance and the clock: it can live with any answer. */
static bool is_question(const struct party *basic)
{
	static const char *const grants[] = { "basic.abort", "basic.clock", "basic.start_up" };

	for (size_t i = 0; i < sizeof(grants) / sizeof(*grants); i++)
		if (strcmp(basic->name, grants[i]) == 0)
			return basic->rule->condition_count == 0;
	return false;
}

/*
 * Whether somebody can be asked in basic's place. A tracer: without it the program does not live
 * (PTRACE_O_EXITKILL). A supervisor: without it the calls fail, so only those that may.
 */
static bool is_asked_instead(const struct party *basic, const struct party *new)
{
	if (new->rule->action.kind == STILE_ACTION_TRACE)
		return !is_essential(new->rule);
	return new->rule->action.kind == STILE_ACTION_NOTIFY &&is_question(basic) &&
	       new->rule->condition_count == 0;
}

/* basic is in every context: what allows more absorbs it, and nothing can take it away. */
static int check_against_basic(struct stile *s, struct party basic, struct party new)
{
	uint64_t words[6];
	char call[CALL_TEXT_MAX];

	if (new.rule->action.kind == STILE_ACTION_ALLOW || is_asked_instead(&basic, &new))
		return 0;
	/* what has no conditions sets what the rest of that call gets */
	if (new.rule->condition_count == 0 && basic.rule->condition_count > 0)
		return 0;
	if (!rules_overlap(basic.rule, new.rule, some_abi(s, &basic, &new), words))
		return 0;
	call_text(call, new.rule->syscall, some_abi(s, &basic, &new), words);
	return context_fail(s, -EEXIST,
			    "%s: %s: %s is in the ruleset basic, without which no program can run "
			    "or end: it can be neither refused nor logged nor handled: leave it "
			    "out",
			    new.name, syscall_name(new.rule), call);
}

static int check_pair(struct stile *s, struct party old, struct party new)
{
	bool old_is_simple = old.rule->condition_count == 0;
	bool new_is_simple = new.rule->condition_count == 0;
	bool is_same_action = actions_equal(old.rule->action, new.rule->action);
	uint64_t words[6];

	if (old_is_simple != new_is_simple) {
		const struct rule *simple = old_is_simple ? old.rule : new.rule;
		const struct rule *narrow = old_is_simple ? new.rule : old.rule;

		if (is_same_action) /* two grants with one handler may overlap */
			return action_asks(new.rule->action) ? 0 : report_pointless(s, old, new);
		if (!action_permits(simple->action) && !action_asks(simple->action) &&
		    (action_permits(narrow->action) || action_asks(narrow->action)))
			return 0; /* the refusal is what the ungranted rest gets */
	} else if (is_same_action) {
		return 0;
	}
	if (!rules_overlap(old.rule, new.rule, some_abi(s, &old, &new), words))
		return 0;
	if (is_brokers(s, &old) || is_brokers(s, &new))
		return report_broker(s, old, new, words);
	return report_contradiction(s, old, new, words);
}

/* A custom rule inside another one says something that is not needed: worth a look. */
static int warn_if_inside(struct stile *s, struct party old, struct party new, bool is_custom)
{
	if (!is_custom || old.rule->condition_count == 0 || new.rule->condition_count == 0 ||
	    !actions_equal(old.rule->action, new.rule->action))
		return 0;
	if (rule_within(new.rule, old.rule))
		text_add(&s->warnings, "%s: %s: this rule lies within one of %s and adds nothing\n",
			 new.name, syscall_name(new.rule), old.name);
	else if (rule_within(old.rule, new.rule))
		text_add(&s->warnings,
			 "%s: %s: this rule holds all of one of %s, which adds nothing\n", new.name,
			 syscall_name(new.rule), old.name);
	return context_warned(s);
}

static int append_rule(struct stile *s, const struct rule *rule)
{
	struct context_rule *added;

	if (s->rule_count == s->rule_capacity) {
		uint32_t capacity = s->rule_capacity ? 2 * s->rule_capacity : 128;
		struct context_rule *rules;

		if (s->rule_count >= CONTEXT_RULES_MAX)
			return context_fail(s, -E2BIG, "more than %d rules in one context",
					    CONTEXT_RULES_MAX);
		rules = realloc(s->rules, capacity * sizeof(*rules));
		if (!rules)
			return context_out_of_memory(s);
		s->rules = rules;
		s->rule_capacity = capacity;
	}
	added = &s->rules[s->rule_count];
	if (!rule_index_add(s, rule, &added->next_alike))
		return context_out_of_memory(s);
	added->rule = *rule;
	added->is_dropped = false;
	added->next = s->first_rule[rule->syscall];
	s->first_rule[rule->syscall] = s->rule_count++;
	return 0;
}

/* Word for word the same: what "the same rule twice" means (equal in other words is harmless). */
static bool is_same_rule(const struct rule *a, const struct rule *b)
{
	if (a->condition_count != b->condition_count || a->abis != b->abis ||
	    !actions_equal(a->action, b->action))
		return false;
	for (unsigned int i = 0; i < a->condition_count; i++) {
		const struct stile_table_condition *x = &a->conditions[i], *y = &b->conditions[i];

		if (x->argument != y->argument || x->bits != y->bits ||
		    x->comparison != y->comparison || x->is_signed != y->is_signed ||
		    x->mask != y->mask || x->value != y->value)
			return false;
	}
	return true;
}

/* Takes out what was said of a syscall (but for basic) and says so. */
static int drop_rules(struct stile *s, const struct rule *rule)
{
	uint16_t told = UINT16_MAX;

	for (uint32_t i = s->first_rule[rule->syscall]; i != NO_RULE; i = s->rules[i].next) {
		struct context_rule *old = &s->rules[i];
		const struct origin *origin = &s->origins[old->rule.origin];
		char old_text[ACTION_TEXT_MAX], new_text[ACTION_TEXT_MAX];

		if (old->is_dropped || origin->kind == ORIGIN_BASIC ||
		    old->rule.origin == rule->origin)
			continue;
		old->is_dropped = true;
		if (old->rule.origin == told)
			continue; /* one line for all rules of one grant */
		told = old->rule.origin;
		action_text(old_text, old->rule.action);
		action_text(new_text, rule->action);
		text_add(&s->warnings, "%s: %s: '%s' replaces '%s' of %s\n",
			 s->origins[rule->origin].text, syscall_name(rule), new_text, old_text,
			 origin->text);
	}
	return context_warned(s);
}

/*
 * The conditions of a grant say what is safe to allow. Refusing it where all else is allowed
 * leaves the rest, which is worse: that must be known.
 */
static int warn_of_the_rest(struct stile *s, const struct rule *rule, const char *name)
{
	uint32_t last = s->first_rule[rule->syscall];

	if (!s->is_allowing || rule->condition_count == 0 || action_permits(rule->action) ||
	    action_asks(rule->action) ||
	    (last != NO_RULE && s->rules[last].rule.origin == rule->origin))
		return 0;
	text_add(&s->warnings,
		 "%s: %s: only what this grant would allow is refused; other calls of %s() go on: "
		 "refuse the call by its name\n",
		 name, syscall_name(rule), syscall_name(rule));
	return context_warned(s);
}

/* With the rules that are there. *is_known: the rule is one of them, word for word. */
static int check_against_others(struct stile *s, struct party new, bool *is_known)
{
	const struct origin *origin = &s->origins[new.rule->origin];
	struct rule_candidates candidates = rule_candidates(s, new.rule);
	const size_t warned_before = s->warnings.length;
	uint32_t i;

	while ((i = rule_candidates_next(&candidates)) != NO_RULE) {
		const struct rule *other = &s->rules[i].rule;
		const struct origin *other_origin = &s->origins[other->origin];
		struct party old = { other, other_origin->text };
		int error = 0;

		if (s->rules[i].is_dropped || !judged_abis(s, other, new.rule) ||
		    rules_want_different_values(other, new.rule))
			continue;
		if (other_origin->kind == ORIGIN_BASIC && origin->kind == ORIGIN_BASIC)
			continue;
		if (other_origin->kind == ORIGIN_BASIC) {
			error = check_against_basic(s, old, new);
			/* all of the call is asked about; else the rule decides before basic's */
			if (!error && new.rule->condition_count == 0 &&
			    is_asked_instead(&old, &new))
				s->rules[i].is_dropped = true;
		} else {
			*is_known = is_same_rule(other, new.rule);
			if (*is_known)
				return 0;
			error = check_pair(s, old, new);
			/* one line for a rule, or thousands of rules have millions of them */
			if (!error && s->warnings.length == warned_before)
				error = warn_if_inside(s, old, new,
						       origin->kind == ORIGIN_CUSTOM ||
							       other_origin->kind == ORIGIN_CUSTOM);
		}
		if (error)
			return error;
	}
	return 0;
}

/* Whoever may load filters answers in the handlers' place: no handler could permit that. */
static int refuse_handler(struct stile *s, const struct rule *rule, const char *name)
{
	if (!action_asks(rule->action) || strcmp(syscall_name(rule), "seccomp") != 0)
		return 0;
	return context_fail(s, -EEXIST,
			    "%s: seccomp: no handler can be asked about it: a program that loads "
			    "filters of its own could answer in the place of handlers: leave it "
			    "out",
			    name);
}

int context_add_rule(struct stile *s, const struct rule *rule)
{
	const struct origin *origin = &s->origins[rule->origin];
	struct party new = { rule, origin->text };
	bool is_known = false;
	int error = refuse_handler(s, rule, new.name);

	if (!error && origin->kind == ORIGIN_OVERRIDE)
		error = drop_rules(s, rule);
	if (!error && s->first_rule[rule->syscall] != NO_RULE)
		error = check_against_others(s, new, &is_known);
	if (error || is_known)
		return error;
	if (warn_of_the_rest(s, rule, new.name))
		return s->error;
	return append_rule(s, rule);
}
