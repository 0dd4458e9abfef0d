/* SPDX-License-Identifier: MIT */
#include "sort.h"

#include <stdbool.h>

struct heap {
	char *elements;
	size_t size;
	int (*compare)(const void *, const void *);
};

static void swap(char *a, char *b, size_t size)
{
	while (size--) {
		const char byte = *a;

		*a++ = *b;
		*b++ = byte;
	}
}

/* Lets an element sink until both elements below it, at twice its place, are smaller. */
static void sink(const struct heap *heap, size_t at, size_t count)
{
	for (;;) {
		size_t greatest = at;

		for (size_t below = 2 * at + 1; below < count && below <= 2 * at + 2; below++)
			if (heap->compare(heap->elements + greatest * heap->size,
					  heap->elements + below * heap->size) < 0)
				greatest = below;
		if (greatest == at)
			return;
		swap(heap->elements + at * heap->size, heap->elements + greatest * heap->size,
		     heap->size);
		at = greatest;
	}
}

/* Whether each element stands before (direction -1) or behind (1) the next, or is equal to it. */
static bool is_in_order(const struct heap *heap, size_t count, int direction)
{
	for (size_t i = 1; i < count; i++)
		if (heap->compare(heap->elements + (i - 1) * heap->size,
				  heap->elements + i * heap->size) *
			    direction <
		    0)
			return false;
	return true;
}

void sort(void *elements, size_t count, size_t size, int (*compare)(const void *, const void *))
{
	const struct heap heap = { elements, size, compare };

	/* Rules mostly come in the order in which they were written, or in the opposite one. */
	if (is_in_order(&heap, count, -1))
		return;
	if (is_in_order(&heap, count, 1)) {
		for (size_t i = 0; i < count / 2; i++)
			swap(heap.elements + i * size, heap.elements + (count - 1 - i) * size,
			     size);
		return;
	}
	for (size_t i = count / 2; i-- > 0;)
		sink(&heap, i, count);
	while (count > 1) {
		swap(heap.elements, heap.elements + --count * size, size);
		sink(&heap, 0, count);
	}
}
