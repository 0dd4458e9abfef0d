/* SPDX-License-Identifier: MIT */
/* Follows all ways through a filter: what each call's words can be at each of its instructions. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "proof_seen.h"

/* A side of a jump that is still to be followed. */
struct pending {
	struct proof_machine machine;
	const char *doubt;
	size_t doubt_where;
	bool has_set; /* the set of word becomes set */
	unsigned int word;
	struct word_set set;
	/* How much of each stack was in use before the jump, and with the pool both its sides. */
	uint32_t change_count, value_count, pool_before, pool_count;
};

/* A set as it was before a jump. */
struct change {
	unsigned int word;
	struct word_set set;
};

struct walk {
	struct proof_run *run;
	struct proof_machine machine;
	struct pending *pending; /* allocated; no way has more jumps than the filter */
	uint32_t pending_count;
	struct proof_seen *seen;
	struct change *changes; /* allocated; two for each jump at most */
	uint32_t change_count;
};

static void change_set(struct walk *walk, unsigned int word, struct word_set set)
{
	walk->changes[walk->change_count++] = (struct change){ word, walk->run->sets[word] };
	walk->run->sets[word] = set;
}

static struct pending *push(struct walk *walk, size_t next)
{
	struct pending *pending = &walk->pending[walk->pending_count++];

	*pending = (struct pending){ .machine = walk->machine,
				     .doubt = walk->run->doubt,
				     .doubt_where = walk->run->doubt_where,
				     .change_count = walk->change_count,
				     .value_count = walk->run->values.count,
				     .pool_before = walk->run->pool.count,
				     .pool_count = walk->run->pool.count };
	pending->machine.next = next;
	return pending;
}

/*
 * The set of a pending side, where the one that it comes from was last on the stack and nobody
 * else needs it: moved to its place. Else long ways of tests on one word would leave a set of
 * each step.
 */
static bool replace_last(struct walk *walk, const struct pending *pending)
{
	struct proof_run *run = walk->run;
	struct word_set *old = &run->sets[pending->word];
	const uint32_t floor = walk->pending_count ?
				       walk->pending[walk->pending_count - 1].pool_count :
				       1;
	struct word_set set = pending->set;

	if (old->first < floor || old->first + old->count + old->hole_count != pending->pool_before)
		return false;
	memmove(run->pool.pieces + old->first, run->pool.pieces + set.first,
		(set.count + set.hole_count) * sizeof(*run->pool.pieces));
	set.first = old->first;
	*old = set;
	run->pool.count = set.first + set.count + set.hole_count;
	return true;
}

/* Goes back to the last side that was not followed; false: there is none. */
static bool pop(struct walk *walk)
{
	struct proof_run *run = walk->run;
	const struct pending *pending;

	if (!walk->pending_count)
		return false;
	pending = &walk->pending[--walk->pending_count];
	while (walk->change_count > pending->change_count) {
		const struct change *change = &walk->changes[--walk->change_count];

		run->sets[change->word] = change->set;
	}
	walk->machine = pending->machine;
	run->doubt = pending->doubt;
	run->doubt_where = pending->doubt_where;
	run->values.count = pending->value_count;
	run->pool.count = pending->pool_count;
	if (pending->has_set && !replace_last(walk, pending))
		change_set(walk, pending->word, pending->set);
	return true;
}

static void note_doubt(struct proof_run *run, const struct proof_test *test)
{
	if (run->doubt)
		return;
	run->doubt = test->why;
	run->doubt_where = test->where;
}

/* Goes on with one side of a test, and leaves the other for later. */
static void follow(struct walk *walk, const struct proof_test *test, size_t yes, size_t no)
{
	struct proof_run *run = walk->run;
	struct pending *pending;
	int side;

	switch (test->kind) {
	case TEST_ALWAYS:
		walk->machine.next = yes;
		return;
	case TEST_NEVER:
		walk->machine.next = no;
		return;
	case TEST_DOUBT:
		/* Both sides with all calls: more than come. */
		note_doubt(run, test);
		push(walk, no);
		walk->machine.next = yes;
		return;
	case TEST_WORD:
		break;
	}
	/* The larger set last, when it can replace the one that it comes from; among all ways, what
	 * is in a hole of the other side's first. */
	side = run->paths ? test->side[1].hole_count <= test->side[0].hole_count :
			    test->side[1].count <= test->side[0].count;
	pending = push(walk, side ? no : yes);
	pending->has_set = true;
	pending->word = test->word;
	pending->set = test->side[!side];
	pending->pool_before = test->pool_before;
	change_set(walk, test->word, test->side[side]);
	walk->machine.next = side ? yes : no;
}

static void jump(struct walk *walk, const struct sock_filter *i, uint32_t operand)
{
	const size_t next = walk->machine.next;
	struct proof_test test;

	if (i->jt == i->jf) {
		walk->machine.next = next + i->jt;
		return;
	}
	proof_test_jump(walk->run, i->code, walk->machine.a, operand, &test);
	follow(walk, &test, next + i->jt, next + i->jf);
}

/* Division by X: the calls for which X is 0 end there. False: as proof_check(). */
static bool divide(struct walk *walk, uint32_t where)
{
	struct proof_run *run = walk->run;
	struct proof_machine *m = &walk->machine;
	struct proof_test test;
	uint32_t x;

	proof_test_zero(run, m->x, &test);
	if (test.kind == TEST_ALWAYS)
		m->next = SIZE_MAX;
	if (test.kind == TEST_DOUBT)
		note_doubt(run, &test);
	if (test.kind == TEST_WORD)
		change_set(walk, test.word, test.side[1]);
	if (test.kind != TEST_NEVER) {
		run->proof->paths++;
		if (!proof_check(run, SECCOMP_RET_KILL_THREAD))
			return false;
	}
	if (test.kind == TEST_WORD)
		run->sets[test.word] = test.side[0];
	if (test.kind == TEST_ALWAYS)
		return true;
	x = proof_resolve(run, m->x);
	m->a = word_value_compute(&run->values, BPF_DIV, m->a, x, where);
	return true;
}

static void load(struct proof_machine *m, struct proof_run *run, const struct sock_filter *i)
{
	uint32_t *to = BPF_CLASS(i->code) == BPF_LD ? &m->a : &m->x;

	switch (BPF_MODE(i->code)) {
	case BPF_ABS:
		*to = i->k / 4;
		break;
	case BPF_MEM:
		*to = m->scratch[i->k];
		break;
	case BPF_LEN:
		*to = word_value_constant(&run->values, sizeof(struct seccomp_data));
		break;
	default:
		*to = word_value_constant(&run->values, i->k);
	}
}

/* One instruction. False: there is a difference, or no way on here (next is SIZE_MAX). */
static bool step(struct walk *walk)
{
	struct proof_run *run = walk->run;
	struct proof_machine *m = &walk->machine;
	const struct sock_filter *i = &run->filter->instructions[m->next];
	uint32_t operand = m->x;

	run->where = m->next++;
	run->steps++;
	if (BPF_SRC(i->code) == BPF_K &&
	    (BPF_CLASS(i->code) == BPF_ALU || BPF_CLASS(i->code) == BPF_JMP))
		operand = word_value_constant(&run->values, i->k);
	switch (BPF_CLASS(i->code)) {
	case BPF_LD:
	case BPF_LDX:
		load(m, run, i);
		break;
	case BPF_ST:
		m->scratch[i->k] = m->a;
		break;
	case BPF_STX:
		m->scratch[i->k] = m->x;
		break;
	case BPF_ALU:
		if (BPF_OP(i->code) == BPF_DIV && BPF_SRC(i->code) == BPF_X)
			return divide(walk, (uint32_t)run->where);
		m->a = word_value_compute(&run->values, BPF_OP(i->code), proof_resolve(run, m->a),
					  proof_resolve(run, operand), (uint32_t)run->where);
		break;
	case BPF_JMP:
		if (BPF_OP(i->code) == BPF_JA)
			m->next += i->k;
		else
			jump(walk, i, operand);
		break;
	case BPF_MISC:
		*(BPF_MISCOP(i->code) == BPF_TAX ? &m->x : &m->a) = BPF_MISCOP(i->code) == BPF_TAX ?
									    m->a :
									    m->x;
		break;
	default: /* BPF_RET */
		m->next = SIZE_MAX;
		run->proof->paths++;
		if (BPF_RVAL(i->code) == BPF_A)
			return proof_check_value(run, proof_resolve(run, m->a));
		return proof_check(run, effective_answer(i->k));
	}
	return true;
}

/* The stacks that all ways together need at most. */
static bool start(struct walk *walk)
{
	size_t jumps = 1;

	for (size_t i = 0; i < walk->run->filter->count; i++)
		jumps += BPF_CLASS(walk->run->filter->instructions[i].code) == BPF_JMP ||
			 BPF_CLASS(walk->run->filter->instructions[i].code) == BPF_ALU;
	walk->pending = calloc(jumps, sizeof(*walk->pending));
	walk->changes = calloc(2 * jumps, sizeof(*walk->changes));
	for (unsigned int i = 0; i < BPF_MEMWORDS; i++)
		walk->machine.scratch[i] = VALUE_ZERO;
	walk->machine.a = walk->machine.x = VALUE_ZERO;
	walk->seen = proof_seen_new(walk->run->filter);
	return walk->pending && walk->changes && walk->seen;
}

bool proof_walk(struct proof_run *run)
{
	struct walk walk = { .run = run };
	bool is_right = start(&walk);

	if (!is_right)
		run->pool.error = -ENOMEM;
	while (is_right) {
		while (is_right && walk.machine.next != SIZE_MAX &&
		       (run->paths || !proof_seen_before(walk.seen, run, &walk.machine)))
			is_right = step(&walk) && proof_may_go_on(run) && !run->values.error;
		if (is_right && !pop(&walk))
			break;
	}
	proof_seen_free(walk.seen);
	free(walk.pending);
	free(walk.changes);
	return is_right;
}
