/* SPDX-License-Identifier: MIT */
#include "systemd_names.h"

#include <string.h>

#include "document_memory.h"

#define SLOTS (2 * SYSTEMD_NAMES_MAX)

/* The slot of a name, or the free one where it belongs. At least half are free. */
static size_t find_slot(const struct systemd_names *names, const char *name)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (const char *byte = name; *byte; byte++)
		hash = (hash ^ (unsigned char)*byte) * 16777619u;
	for (size_t slot = hash % SLOTS;; slot = (slot + 1) % SLOTS)
		if (!names->slots[slot] ||
		    strcmp(names->items[names->slots[slot] - 1].name, name) == 0)
			return slot;
}

struct systemd_name *systemd_name(struct systemd_names *names, struct document *memory,
				  const char *name)
{
	const size_t slot = find_slot(names, name);
	struct systemd_name *item;

	if (names->slots[slot])
		return &names->items[names->slots[slot] - 1];
	if (names->count == SYSTEMD_NAMES_MAX)
		return NULL;
	item = &names->items[names->count];
	item->name = document_copy(memory, name, strlen(name));
	if (!item->name)
		return NULL;
	names->slots[slot] = (uint16_t)++names->count;
	return item;
}

const struct systemd_name *systemd_find_name(const struct systemd_names *names, const char *name)
{
	const uint16_t slot = names->slots[find_slot(names, name)];

	return slot ? &names->items[slot - 1] : NULL;
}
