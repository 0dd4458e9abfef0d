/* SPDX-License-Identifier: MIT */
/* Any filter as a policy: its ways by ABI and number, and the sets on each as conditions. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "audit_arch.h"
#include "filter_paths.h"
#include "path_rules.h"
#include "policy_object.h"
#include "proof.h"
#include "public.h"
#include "sort.h"

/* Numbers of an ABI. */
struct number_range {
	uint32_t low, high;
};

/* Numbers that take the same ways. */
struct stretch {
	uint32_t low, high;
	bool is_constant;
	uint32_t answer; /* if so */
};

struct reading {
	struct stile_policy *to;
	const struct filter_paths *paths;
	enum stile_abi abi;
	struct abi_calls *calls;
	const struct path **here; /* room for all ways */
	uint32_t here_count;
	uint32_t origin;
};

/* All but x86_64's -1, which lies behind x32's. */
static struct number_range numbers_of(enum stile_abi abi)
{
	if (abi == STILE_ABI_X86_64)
		return (struct number_range){ 0, X32_SYSCALL_BIT - 1 };
	if (abi == STILE_ABI_X32)
		return (struct number_range){ X32_SYSCALL_BIT, UINT32_MAX - 1 };
	return (struct number_range){ 0, UINT32_MAX };
}

static bool has(const struct path *path, unsigned int word, uint32_t value)
{
	return word_pieces_have(path->sets[word].pieces, path->sets[word].count, value);
}

static void find_here(struct reading *r, uint32_t arch, uint32_t number)
{
	r->here_count = 0;
	for (uint32_t i = 0; i < r->paths->count; i++)
		if (has(&r->paths->paths[i], DATA_WORD_ARCH, arch) &&
		    has(&r->paths->paths[i], DATA_WORD_NUMBER, number))
			r->here[r->here_count++] = &r->paths->paths[i];
}

static bool has_one_answer(const struct reading *r)
{
	for (uint32_t i = 1; i < r->here_count; i++)
		if (r->here[i]->answer != r->here[0]->answer)
			return false;
	return r->here_count > 0;
}

static int compare_starts(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Where the ways that a number takes may change, within the range; NULL: memory is out. */
static uint32_t *find_starts(const struct reading *r, uint32_t arch, struct number_range range,
			     size_t *count)
{
	size_t room = 1, used = 0;
	uint32_t *starts;

	for (uint32_t i = 0; i < r->paths->count; i++)
		room += 2 * (size_t)r->paths->paths[i].sets[DATA_WORD_NUMBER].count;
	starts = malloc(room * sizeof(*starts));
	if (!starts)
		return NULL;
	starts[used++] = range.low;
	for (uint32_t i = 0; i < r->paths->count; i++) {
		const struct path_set *set = &r->paths->paths[i].sets[DATA_WORD_NUMBER];

		if (!has(&r->paths->paths[i], DATA_WORD_ARCH, arch))
			continue;
		for (uint32_t k = 0; k < set->count; k++) {
			if (set->pieces[k].low > range.low && set->pieces[k].low <= range.high)
				starts[used++] = set->pieces[k].low;
			if (set->pieces[k].high >= range.low && set->pieces[k].high < range.high)
				starts[used++] = set->pieces[k].high + 1;
		}
	}
	sort(starts, used, sizeof(*starts), compare_starts);
	*count = used;
	return starts;
}

static int too_much(struct reading *r, const char *what)
{
	return policy_fail(r->to, -E2BIG,
			   "the filter cannot be said as rules: %s; 'stile disasm' shows what it "
			   "does",
			   what);
}

static int add_call(struct reading *r, uint32_t number)
{
	struct call_rules *call = policy_call_rules(r->to, r->calls, number);

	if (!call)
		return r->to->error;
	call->has_rest = true;
	call->rest = answer_action(r->here[0]->answer);
	call->origin = r->origin;
	if (has_one_answer(r))
		return 0;
	return path_rules_add(r->to, call, r->abi, r->here, r->here_count, r->calls->unknown,
			      r->origin);
}

static int add_stretch(struct reading *r, const struct stretch *stretch)
{
	const uint32_t arch = audit_arch(r->abi);
	int error = 0;

	if (stretch->is_constant && answer_is_action(stretch->answer, r->calls->unknown))
		return 0;
	if (stretch->high - stretch->low >= POLICY_CALLS_MAX)
		return too_much(r, "it tells more numbers apart than there are calls");
	find_here(r, arch, stretch->low);
	for (uint32_t i = 0; !error && i <= stretch->high - stretch->low; i++)
		error = add_call(r, stretch->low + i);
	return error;
}

/* What most numbers get that get one answer: those that the filter does not know. */
static struct stile_action find_unknown(const struct stretch *stretches, size_t count)
{
	const struct stretch *widest = NULL;

	for (size_t i = 0; i < count; i++)
		if (stretches[i].is_constant &&
		    (!widest || stretches[i].high - stretches[i].low > widest->high - widest->low))
			widest = &stretches[i];
	return answer_action(widest ? widest->answer : SECCOMP_RET_KILL_PROCESS);
}

/* Neighbours with the same answer are one; how many remain. */
static size_t join_stretches(struct stretch *stretches, size_t count)
{
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		struct stretch *last = used ? &stretches[used - 1] : NULL;

		if (last && last->is_constant && stretches[i].is_constant &&
		    last->answer == stretches[i].answer)
			last->high = stretches[i].high;
		else
			stretches[used++] = stretches[i];
	}
	return used;
}

static int read_stretches(struct reading *r, const uint32_t *starts, size_t count,
			  struct number_range range)
{
	struct stretch *stretches = calloc(count, sizeof(*stretches));
	size_t used = 0;
	int error = 0;

	if (!stretches)
		return policy_out_of_memory(r->to);
	for (size_t i = 0; i < count; i++) {
		struct stretch *stretch = &stretches[used];

		if (i + 1 < count && starts[i + 1] == starts[i])
			continue;
		find_here(r, audit_arch(r->abi), starts[i]);
		stretch->low = starts[i];
		stretch->high = i + 1 < count ? starts[i + 1] - 1 : range.high;
		stretch->is_constant = has_one_answer(r);
		stretch->answer = r->here_count ? r->here[0]->answer : 0;
		used++;
	}
	used = join_stretches(stretches, used);
	r->calls->has_unknown = true;
	r->calls->unknown = find_unknown(stretches, used);
	for (size_t i = 0; !error && i < used; i++)
		error = add_stretch(r, &stretches[i]);
	free(stretches);
	return error;
}

/* x86's -1 is x86_64's as long as all ABIs are there. */
static int read_minus_one(struct reading *r)
{
	find_here(r, AUDIT_ARCH_X86_64, UINT32_MAX);
	if (has_one_answer(r) && answer_is_action(r->here[0]->answer, r->calls->unknown))
		return 0;
	return add_call(r, UINT32_MAX);
}

static int read_abi(struct reading *r, enum stile_abi abi)
{
	const struct number_range range = numbers_of(abi);
	uint32_t *starts;
	size_t count;
	int error = stile_policy_add_abi(r->to, abi);

	if (error)
		return error;
	r->abi = abi;
	r->calls = policy_abi_calls(r->to, abi);
	starts = find_starts(r, audit_arch(abi), range, &count);
	if (!starts)
		return policy_out_of_memory(r->to);
	error = read_stretches(r, starts, count, range);
	free(starts);
	if (!error && abi == STILE_ABI_X86_64)
		error = read_minus_one(r);
	return error;
}

/* An architecture that the table does not have stands for all of them. */
static int read_foreign(struct reading *r)
{
	const struct path *first = NULL;

	for (uint32_t i = 0; i < r->paths->count; i++) {
		const struct path *path = &r->paths->paths[i];

		if (!has(path, DATA_WORD_ARCH, AUDIT_ARCH_ARM))
			continue;
		if (first && first->answer != path->answer)
			return too_much(r, "it does not look at the architecture, so calls by "
					   "another ABI are judged by what their numbers mean in "
					   "this one");
		first = path;
	}
	r->to->foreign_action = answer_action(first ? first->answer : SECCOMP_RET_KILL_PROCESS);
	return 0;
}

static int read_paths(struct reading *r)
{
	struct abi_calls *native;
	int error = 0;

	for (uint32_t i = 0; i < r->paths->count; i++)
		if (!r->paths->paths[i].sets[2].is_all || !r->paths->paths[i].sets[3].is_all)
			return too_much(r, "it asks where the call comes from (the instruction "
					   "pointer)");
	error = read_foreign(r);
	for (enum stile_abi abi = 0; !error && abi < STILE_ABI_COUNT; abi++)
		error = read_abi(r, abi);
	if (error)
		return error;
	policy_tidy_abis(r->to);
	native = policy_abi_calls(r->to, STILE_ABI_NATIVE);
	r->to->default_action = native ? native->unknown : r->to->abis[0].unknown;
	policy_tidy_abis(r->to); /* now that the default is known */
	return 0;
}

/* Whatever was made of the filter says the same, or it is nothing. */
static int check_equal(struct stile_policy *p, const struct filter *filter)
{
	const struct policy *made = policy_made(p);
	struct stile_proof proof;
	int error = made ? filter_prove(made, filter, &proof) : p->error;

	if (error == -ENOMEM)
		return policy_out_of_memory(p);
	if (error)
		return p->error ? p->error : policy_fail(p, error, "the filter cannot be proved");
	if (proof.verdict == STILE_VERDICT_EQUAL)
		return 0;
	return policy_fail(p, -E2BIG,
			   "the filter cannot be said as rules: %s; 'stile disasm' shows what it "
			   "does",
			   proof.verdict == STILE_VERDICT_UNDECIDED ?
				   proof.why :
				   "it tells ABIs apart that the table does not have");
}

static void read_filter(struct stile_policy *p, const struct filter *filter, const char *origin)
{
	struct filter_paths paths;
	struct reading r = { .to = p, .paths = &paths };
	int error = filter_find_paths(filter, &paths);
	const int index = stile_policy_add_origin(p, origin, 0);

	if (error == -EINVAL)
		(void)policy_fail(p, error, "the kernel would not load this filter");
	else if (error == -E2BIG)
		(void)policy_fail(p, error,
				  "the filter cannot be said as rules: instruction %zu: %s",
				  paths.where, paths.why);
	else if (error)
		(void)policy_out_of_memory(p);
	r.here = calloc(paths.count + (size_t)1, sizeof(*r.here));
	if (!r.here)
		(void)policy_out_of_memory(p);
	r.origin = index < 0 ? NO_ORIGIN : (uint32_t)index;
	if (!p->error && !read_paths(&r))
		(void)check_equal(p, filter);
	free(r.here);
	filter_paths_free(&paths);
}

STILE_PUBLIC struct stile_policy *stile_policy_from_filter(const struct sock_filter *instructions,
							   size_t count, const char *origin)
{
	struct stile_policy *p = stile_policy_new();

	if (p && instructions)
		read_filter(p, &(struct filter){ (struct sock_filter *)instructions, count },
			    origin ? origin : "a filter");
	else if (p)
		(void)policy_fail(p, -EINVAL, "stile_policy_from_filter() needs instructions");
	return p;
}
