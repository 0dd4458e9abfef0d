/* SPDX-License-Identifier: MIT */
#include "arena.h"

#include <stdint.h>
#include <stdlib.h>

#define BLOCK_SIZE 4096

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	max_align_t memory[];
};

void *arena_allocate(struct arena *arena, size_t count, size_t size)
{
	struct arena_block *block = arena->blocks;
	const size_t align = sizeof(max_align_t);
	size_t wanted;
	char *memory;

	if (__builtin_mul_overflow(count, size, &wanted) || wanted > SIZE_MAX / 4)
		return NULL;
	wanted = (wanted + align - 1) / align * align;
	if (!block || block->size - block->used < wanted) {
		const size_t room = wanted > BLOCK_SIZE ? wanted : BLOCK_SIZE;

		block = malloc(sizeof(*block) + room);
		if (!block)
			return NULL;
		block->next = arena->blocks;
		block->used = 0;
		block->size = room;
		arena->blocks = block;
	}
	memory = (char *)block->memory + block->used;
	block->used += wanted;
	return memory;
}

void arena_clear(struct arena *arena)
{
	struct arena_block *block = arena->blocks;

	if (!block)
		return;
	while (block->next) {
		struct arena_block *next = block->next->next;

		free(block->next);
		block->next = next;
	}
	block->used = 0;
}

void arena_free(struct arena *arena)
{
	arena_clear(arena);
	free(arena->blocks);
	arena->blocks = NULL;
}
