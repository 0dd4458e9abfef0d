/* SPDX-License-Identifier: MIT */
#include "assemble_labels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sort.h"

bool labels_add(struct labels *labels, const char *name, size_t line, size_t target)
{
	struct label *label;

	if (labels->count == labels->capacity) {
		size_t wanted = labels->capacity ? labels->capacity * 2 : 64;

		label = reallocarray(labels->list, wanted, sizeof(*label));
		if (!label)
			return false;
		labels->list = label;
		labels->capacity = wanted;
	}
	label = &labels->list[labels->count++];
	(void)snprintf(label->name, sizeof(label->name), "%s", name);
	label->line = line;
	label->target = target;
	return true;
}

static int compare(const void *left, const void *right)
{
	const struct label *a = left, *b = right;
	int order = strcmp(a->name, b->name);

	return order ? order : (a->line > b->line) - (a->line < b->line);
}

const struct label *labels_sort(struct labels *labels)
{
	if (labels->count)
		sort(labels->list, labels->count, sizeof(*labels->list), compare);
	for (size_t i = 1; i < labels->count; i++)
		if (strcmp(labels->list[i - 1].name, labels->list[i].name) == 0)
			return &labels->list[i - 1];
	return NULL;
}

const struct label *labels_find(const struct labels *labels, const char *name)
{
	size_t low = 0, high = labels->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, labels->list[middle].name);

		if (order == 0)
			return &labels->list[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}
