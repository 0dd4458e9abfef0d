/* SPDX-License-Identifier: MIT */
#include "sort.h"

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

void sort(void *elements, size_t count, size_t size, int (*compare)(const void *, const void *))
{
	const struct heap heap = { elements, size, compare };

	for (size_t i = count / 2; i-- > 0;)
		sink(&heap, i, count);
	while (count > 1) {
		swap(heap.elements, heap.elements + --count * size, size);
		sink(&heap, 0, count);
	}
}
