/* SPDX-License-Identifier: MIT */
#include "filter_paths.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "interpreter.h"
#include "proof_run.h"

#define PATHS_MAX 65536
#define PIECES_MAX 4096 /* of one set */

/*
 * The pieces of a set. Words in its holes went the other side of a test, which was followed first
 * (core/proof_walk.c). 0 or a negative error.
 */
static int copy_set(struct proof_run *run, struct word_set set, struct path_set *copy)
{
	struct word_piece *kept;

	if (set.count > PIECES_MAX)
		return -E2BIG;
	kept = arena_allocate(&run->paths->arena, set.count, sizeof(*kept));
	if (!kept)
		return -ENOMEM;
	memcpy(kept, run->pool.pieces + set.first, set.count * sizeof(*kept));
	copy->pieces = kept;
	copy->count = set.count;
	copy->is_all = set.count == 1 && kept->low == 0 && kept->high == UINT32_MAX &&
		       kept->mask == 0;
	copy->is_wider = set.hole_count > 0;
	return 0;
}

static struct path *grow(struct filter_paths *paths)
{
	if (paths->count == paths->capacity) {
		const uint32_t capacity = paths->capacity ? 2 * paths->capacity : 256;
		struct path *grown = realloc(paths->paths, capacity * sizeof(*grown));

		if (!grown)
			return NULL;
		paths->paths = grown;
		paths->capacity = capacity;
	}
	return &paths->paths[paths->count++];
}

static int add(struct proof_run *run, uint32_t answer)
{
	struct path *path;
	int error = 0;

	if (run->doubt) {
		run->paths->why = run->doubt;
		run->paths->where = run->doubt_where;
		return -E2BIG;
	}
	if (run->paths->count == PATHS_MAX)
		return -E2BIG;
	path = grow(run->paths);
	if (!path)
		return -ENOMEM;
	path->answer = answer;
	path->is_wider = false;
	for (unsigned int i = 0; !error && i < DATA_WORDS; i++) {
		error = copy_set(run, run->sets[i], &path->sets[i]);
		path->is_wider |= !error && path->sets[i].is_wider;
	}
	return error;
}

bool filter_paths_add(struct proof_run *run, uint32_t answer)
{
	int error = add(run, answer);

	if (error && !run->pool.error)
		run->pool.error = error;
	return !error;
}

static bool start(struct proof_run *run)
{
	const struct word_piece all = WORD_PIECE_ALL;

	run->pool.work_max = PROOF_WORK_MAX;
	run->sets[0] = word_set_make(&run->pool, &all, 1);
	for (unsigned int i = 1; i < DATA_WORDS; i++)
		run->sets[i] = run->sets[0];
	return word_values_start(&run->values) && !run->pool.error;
}

static int find(struct proof_run *run)
{
	int error;

	if (!start(run))
		return -ENOMEM;
	(void)proof_walk(run);
	error = run->pool.error ? run->pool.error : run->values.error;
	if (!error && run->proof->verdict == STILE_VERDICT_UNDECIDED) {
		run->paths->why = run->proof->why;
		run->paths->where = run->proof->where;
		error = -E2BIG;
	}
	if (error == -E2BIG && !run->paths->why) {
		run->paths->why = "there are too many ways through it";
		run->paths->where = run->where;
	}
	return error;
}

int filter_find_paths(const struct filter *filter, struct filter_paths *paths)
{
	struct stile_proof proof = { .verdict = STILE_VERDICT_EQUAL };
	struct proof_run run = { .filter = filter, .proof = &proof, .paths = paths };
	int error;

	memset(paths, 0, sizeof(*paths));
	error = filter_check(filter->instructions, filter->count, NULL, NULL);
	if (error)
		return error;
	error = find(&run);
	free(run.pool.pieces);
	free(run.values.values);
	return error;
}

void filter_paths_free(struct filter_paths *paths)
{
	free(paths->paths);
	arena_free(&paths->arena);
}
