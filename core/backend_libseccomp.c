/* SPDX-License-Identifier: MIT */
#include "backend.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit_arch.h"
#include "interpreter.h"
#include "libseccomp_program.h"
#include "masked_cover.h"
#include "prologue.h"
#include "syscalls.h"

/*
 * libseccomp makes instructions and nothing else. It is told no action of the policy but
 * SCMP_ACT_TRACE with an index, which is put right in its program afterwards: so an answer
 * never equals its default action (it would refuse the rule), nothing depends on what this kernel
 * can do, and index 0, the default action, becomes a jump to instructions of our own.
 *
 * It is told nothing of ABIs either: it makes one program for each, of bare numbers, as if they
 * were native ones, and the two tests in it that know better are put right afterwards. (Once it
 * has a second architecture it refuses rules by number, and translates numbers by its own table.)
 *
 * It also drops rules without a word where rules of one call overlap, even if their actions are the
 * same. masked_cover() gives it rules that exclude one another.
 */
#define ANSWERS_MAX SECCOMP_RET_DATA

/*
 * Of all calls together. libseccomp's time grows with the third power of the program's length: two
 * seconds for a thousand alternatives, minutes for four thousand, and then the kernel
 * would not take the program.
 */
#define ALTERNATIVES_MAX 1024

struct expensive {
	const char *syscall;
	size_t alternatives;
};

struct build {
	const struct policy *policy;
	const struct policy_abi *abi; /* at hand */
	struct message *message;
	scmp_filter_ctx seccomp;
	uint32_t *answers; /* by index; 0 is not used */
	uint32_t answer_count;
	struct segment *segments; /* of the epilogue */
	size_t segment_count;
	struct masked_cover cover; /* of the call at hand */
	size_t alternatives;	   /* of all calls so far, of this ABI */
	struct expensive most[3];  /* the most expensive first */
};

/* x86's -1, which the dispatch answers. */
static bool is_minus_one(const struct build *b, const struct decision *decision)
{
	return (uint32_t)decision->number == UINT32_MAX &&
	       audit_arch(b->abi->abi) == AUDIT_ARCH_X86_64;
}

static bool same_action(struct stile_action a, struct stile_action b)
{
	return action_answer(a) == action_answer(b);
}

static int out_of_memory(struct message *message)
{
	return message_set(message, -ENOMEM, "out of memory while the filter was compiled");
}

static int library_failed(struct message *message, const char *function, int error)
{
	if (error == -ENOMEM)
		return out_of_memory(message);
	return message_set(message, -EIO,
			   "libseccomp refused the filter: %s: %s: was memory short? Otherwise "
			   "please report this",
			   function, strerror(-error));
}

/* The index by which libseccomp knows an action; 0: too many different ones. */
static uint32_t answer_index(struct build *b, struct stile_action action)
{
	const uint32_t answer = action_answer(action);

	for (uint32_t i = 1; i < b->answer_count; i++)
		if (b->answers[i] == answer)
			return i;
	if (b->answer_count > ANSWERS_MAX)
		return 0;
	b->answers[b->answer_count] = answer;
	return b->answer_count++;
}

static int add_rule(struct build *b, int number, const struct masked_word words[6],
		    struct stile_action action)
{
	struct scmp_arg_cmp comparisons[6];
	const uint32_t index = answer_index(b, action);
	unsigned int count = 0;
	int error;

	if (!index)
		return message_set(b->message, -E2BIG,
				   "the policy has more than %d different actions", ANSWERS_MAX);
	for (unsigned int i = 0; words && i < 6; i++)
		if (words[i].mask)
			comparisons[count++] = (struct scmp_arg_cmp){ i, SCMP_CMP_MASKED_EQ,
								      words[i].mask,
								      words[i].value };
	error = seccomp_rule_add_exact_array(b->seccomp, SCMP_ACT_TRACE(index), number, count,
					     comparisons);
	if (error < 0)
		return library_failed(b->message, "seccomp_rule_add_exact_array", error);
	return 0;
}

static void note_cost(struct build *b, const struct decision *decision)
{
	struct expensive entry = { syscall_shown_name(decision->syscall), b->cover.count };

	for (size_t i = 0; i < sizeof(b->most) / sizeof(b->most[0]); i++) {
		if (entry.alternatives > b->most[i].alternatives) {
			const struct expensive less = b->most[i];

			b->most[i] = entry;
			entry = less;
		}
	}
}

static int too_long(const struct build *b, const char *what, size_t count, unsigned int most)
{
	const struct expensive *e = b->most;

	return message_set(b->message, -E2BIG,
			   "the filter would have %zu %s, of %u at most: use fewer conditions; "
			   "most "
			   "come from %s (%zu alternatives), %s (%zu) and %s (%zu)",
			   count, what, most, e[0].syscall ? e[0].syscall : "-", e[0].alternatives,
			   e[1].syscall ? e[1].syscall : "-", e[1].alternatives,
			   e[2].syscall ? e[2].syscall : "-", e[2].alternatives);
}

/* What calls from this number on get when they come to the epilogue. */
static void add_segment(struct build *b, uint32_t from, struct stile_action action)
{
	const uint32_t answer = action_answer(action);

	if (b->segment_count && b->segments[b->segment_count - 1].answer == answer)
		return;
	/* Numbers before the first segment never come here, so it may begin at 0. */
	b->segments[b->segment_count].from = b->segment_count ? from : 0;
	b->segments[b->segment_count++].answer = answer;
}

static int add_decision(struct build *b, const struct decision *decision)
{
	const uint32_t number = (uint32_t)decision->number;
	bool conditional = false;
	int error = masked_cover(b->policy, decision, &b->cover, b->message);

	if (error < 0)
		return error;
	note_cost(b, decision);
	b->alternatives += b->cover.count;
	if (b->alternatives > ALTERNATIVES_MAX)
		return 0; /* too_long() wants to know them all */
	for (size_t i = 0; i < b->cover.count; i++) {
		const struct alternative *alternative = &b->cover.alternatives[i];

		if (same_action(alternative->action, decision->rest))
			continue;
		conditional = true;
		error = add_rule(b, decision->number, alternative->words, alternative->action);
		if (error < 0)
			return error;
	}
	/* libseccomp keeps one of two rules if one has conditions and the other has none: where
	 * there are conditions, the rest of the call is ours. */
	if (conditional || same_action(decision->rest, b->policy->default_action)) {
		add_segment(b, number, decision->rest);
		return 0;
	}
	return add_rule(b, decision->number, NULL, decision->rest);
}

/* libseccomp takes numbers from 2^31 on for names that it does not know. */
static int check_number(const struct build *b, const struct decision *decision)
{
	if (decision->number >= 0 || (is_minus_one(b, decision) && decision->rule_count == 0))
		return 0;
	return message_set(b->message, -E2BIG,
			   "libseccomp takes no rules for call %u: numbers end at 2147483647",
			   (uint32_t)decision->number);
}

static int add_decisions(struct build *b)
{
	uint32_t next = 0;

	for (uint32_t i = 0; i < b->abi->decision_count; i++) {
		const struct decision *decision = &b->abi->decisions[i];
		int error = check_number(b, decision);

		if (error < 0)
			return error;
		if (is_minus_one(b, decision))
			continue;
		if ((uint32_t)decision->number > next)
			add_segment(b, next, unknown_answer(b->policy, b->abi));
		next = (uint32_t)decision->number + 1;
		error = add_decision(b, decision);
		if (error < 0)
			return error;
	}
	if (b->alternatives > ALTERNATIVES_MAX)
		return too_long(b, "alternatives for libseccomp", b->alternatives,
				ALTERNATIVES_MAX);
	if (!b->segment_count)
		add_segment(b, 0, b->policy->default_action);
	return 0;
}

/* Reads the program back behind what the filter has already, with room for our own instructions. */
static bool read_program(const struct build *b, int file, struct filter *filter, size_t *length)
{
	const size_t size = sizeof(struct sock_filter);
	struct sock_filter *longer;
	struct stat status;

	*length = 0;
	if (fstat(file, &status) < 0 || status.st_size <= 0 || (size_t)status.st_size % size)
		return false;
	*length = (size_t)status.st_size / size;
	longer = reallocarray(filter->instructions,
			      filter->count + BOUNDS_LENGTH + *length +
				      epilogue_max(b->segment_count),
			      size);
	if (!longer)
		return false;
	filter->instructions = longer;
	return pread(file, longer + filter->count + BOUNDS_LENGTH, (size_t)status.st_size, 0) ==
	       status.st_size;
}

/* libseccomp 2.5 writes to a descriptor only; a memory file needs no file system. */
static int export_program(struct build *b, struct filter *filter, size_t *length)
{
	const int file = memfd_create("stile-filter", MFD_CLOEXEC);
	int error;

	if (file < 0 && errno == ENOMEM)
		return out_of_memory(b->message);
	if (file < 0)
		return message_set(b->message, -EALREADY,
				   "memfd_create: %s: a filter that is on this thread already does "
				   "not permit what compiling another one needs: call "
				   "stile_check() "
				   "on this context before the first one is applied, and grant "
				   "sandbox.narrow in the first",
				   strerror(errno));
	error = seccomp_export_bpf(b->seccomp, file);
	if (error < 0) {
		error = library_failed(b->message, "seccomp_export_bpf", error);
	} else if (!read_program(b, file, filter, length)) {
		error = message_set(b->message, -EIO,
				    "libseccomp's filter could not be read back: was memory "
				    "short?");
	}
	close(file);
	return error;
}

/* Adds the instructions for the ABI at hand. */
static int add_abi(struct build *b, struct filter *filter)
{
	struct sock_filter *to;
	size_t length = 0;
	int error;

	b->seccomp = seccomp_init(SCMP_ACT_TRACE(INDEX_EPILOGUE));
	if (!b->seccomp)
		return out_of_memory(b->message);
	b->segment_count = 0;
	b->alternatives = 0;
	error = add_decisions(b);
	if (error == 0)
		error = export_program(b, filter, &length);
	seccomp_release(b->seccomp);
	if (error < 0)
		return error;
	to = filter->instructions + filter->count;
	bounds_write(b->policy, b->abi, to);
	to += BOUNDS_LENGTH;
	if (!program_translate(to, length, b->answers, b->answer_count) ||
	    !program_readdress(to, length, b->abi->abi))
		return message_set(b->message, -EIO,
				   "libseccomp made a filter of another form than it was asked "
				   "for; please report this");
	filter->count += BOUNDS_LENGTH + length;
	filter->count += epilogue_write(b->segments, b->segment_count, to + length);
	return 0;
}

/* Puts the dispatch in front and checks the whole. */
static int finish(struct build *b, const size_t starts[STILE_ABI_COUNT], struct filter *filter)
{
	struct sock_filter dispatch[DISPATCH_MAX], *whole;
	const size_t length = dispatch_write(b->policy, starts, dispatch);
	const char *why = "";
	size_t where = 0;

	whole = reallocarray(filter->instructions, length + filter->count, sizeof(*whole));
	if (!whole)
		return out_of_memory(b->message);
	memmove(whole + length, whole, filter->count * sizeof(*whole));
	memcpy(whole, dispatch, length * sizeof(*whole));
	filter->instructions = whole;
	filter->count += length;
	if (filter->count > FILTER_INSTRUCTIONS_MAX)
		return too_long(b, "instructions", filter->count, FILTER_INSTRUCTIONS_MAX);
	if (filter_check(filter->instructions, filter->count, &where, &why) == 0)
		return 0;
	return message_set(b->message, -EIO,
			   "libseccomp made a filter that cannot be used: instruction %zu: %s; "
			   "please report this",
			   where, why);
}

static int build(struct build *b, struct filter *filter)
{
	size_t starts[STILE_ABI_COUNT];
	int error;

	/*
	 * Without this the first seccomp_init() of a process tries seccomp(2) eight times to
	 * learn what the kernel has, which kills a process whose filter kills for that (an apply
	 * within a sandbox). What we use needs no level; 6 is what every kernel from 5.10 on has,
	 * in case the program uses libseccomp itself.
	 */
	error = seccomp_api_set(6);
	if (error < 0)
		return library_failed(b->message, "seccomp_api_set", error);
	for (uint32_t i = 0; i < b->policy->abi_count; i++) {
		b->abi = &b->policy->abis[i];
		starts[i] = filter->count;
		error = add_abi(b, filter);
		if (error < 0)
			return error;
	}
	return finish(b, starts, filter);
}

static size_t most_decisions(const struct policy *policy)
{
	size_t most = 0;

	for (uint32_t i = 0; i < policy->abi_count; i++)
		if (policy->abis[i].decision_count > most)
			most = policy->abis[i].decision_count;
	return most;
}

int backend_libseccomp(const struct policy *policy, struct filter *filter, struct message *message)
{
	struct build *b;
	int error;

	filter->instructions = NULL;
	filter->count = 0;
	b = calloc(1, sizeof(*b));
	if (!b)
		return out_of_memory(message);
	b->policy = policy;
	b->message = message;
	b->answers = calloc(ANSWERS_MAX + 1, sizeof(*b->answers));
	/* At most a gap and a call for each decision. */
	b->segments = calloc(2 * most_decisions(policy) + 1, sizeof(*b->segments));
	b->answer_count = 1;
	error = b->answers && b->segments ? build(b, filter) : out_of_memory(message);
	if (error < 0) {
		free(filter->instructions);
		filter->instructions = NULL;
		filter->count = 0;
	}
	free(b->segments);
	free(b->answers);
	free(b);
	return error;
}
