/* SPDX-License-Identifier: MIT */
#include "suggest.h"

#include <stddef.h>
#include <string.h>

#define NAME_MAX_COMPARED 63

static unsigned int smallest(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int least = a < b ? a : b;

	return least < c ? least : c;
}

/* The number of letters to insert, delete, replace or swap with their neighbour. */
static unsigned int edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	unsigned int rows[3][NAME_MAX_COMPARED + 1];
	unsigned int *before = rows[0], *last = rows[1], *row = rows[2];

	for (unsigned int j = 0; j <= b_length; j++)
		last[j] = j;
	for (unsigned int i = 1; i <= a_length; i++) {
		unsigned int *reused = before;

		row[0] = i;
		for (unsigned int j = 1; j <= b_length; j++) {
			row[j] = smallest(last[j] + 1, row[j - 1] + 1,
					  last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
		before = last;
		last = row;
		row = reused;
	}
	return last[b_length];
}

void suggestion_start(struct suggestion *suggestion, const char *wanted)
{
	suggestion->wanted = wanted;
	suggestion->nearest = NULL;
	/* A third of the letters may be wrong, but one at least; more is another word. */
	suggestion->distance = (unsigned int)strnlen(wanted, NAME_MAX_COMPARED) / 3;
	if (suggestion->distance == 0)
		suggestion->distance = 1;
}

void suggestion_offer(struct suggestion *suggestion, const char *name)
{
	size_t wanted_length = strnlen(suggestion->wanted, NAME_MAX_COMPARED + 1);
	size_t length = strnlen(name, NAME_MAX_COMPARED + 1);
	unsigned int distance;

	if (wanted_length > NAME_MAX_COMPARED || length > NAME_MAX_COMPARED)
		return;
	distance = edit_distance(suggestion->wanted, wanted_length, name, length);
	if (distance < suggestion->distance ||
	    (!suggestion->nearest && distance == suggestion->distance)) {
		suggestion->distance = distance;
		suggestion->nearest = name;
	}
}
