/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <stdlib.h>

#include "tree/name_set.h"

#define FIRST_SLOTS 256u
#define MAX_SLOTS (4u << 20)

void tree_name_set_done(struct tree_name_set *set)
{
	free(set->hashes);
	*set = (struct tree_name_set){ .hashes = NULL };
}

static uint32_t hash_of(const char *name)
{
	uint64_t h = 0xCBF29CE484222325u;

	for (; *name; name++) {
		unsigned char c = (unsigned char)*name;

		h = (h ^ (c >= 'A' && c <= 'Z' ? c + 32u : c)) * 0x100000001B3u;
	}
	h ^= h >> 32;
	return (uint32_t)h ? (uint32_t)h : 1;
}

/* The slot of HASH, or the free slot for it. */
static uint32_t *slot_of(uint32_t *hashes, size_t n_slots, uint32_t hash)
{
	size_t at = (hash * 0x9E3779B1u) & (n_slots - 1);

	while (hashes[at] && hashes[at] != hash)
		at = (at + 1) & (n_slots - 1);
	return &hashes[at];
}

static bool grow(struct tree_name_set *set)
{
	size_t n_slots = set->n_slots ? set->n_slots * 2 : FIRST_SLOTS;
	uint32_t *hashes = n_slots <= MAX_SLOTS ? calloc(n_slots, sizeof(*hashes)) : NULL;

	if (!hashes)
		return false;
	for (size_t i = 0; i < set->n_slots; i++)
		if (set->hashes[i])
			*slot_of(hashes, n_slots, set->hashes[i]) = set->hashes[i];
	free(set->hashes);
	set->hashes = hashes;
	set->n_slots = n_slots;
	return true;
}

bool tree_name_set_add(struct tree_name_set *set, const char *name)
{
	uint32_t hash = hash_of(name), *slot;

	if (set->n_used * 2 >= set->n_slots && !grow(set))
		return false;
	slot = slot_of(set->hashes, set->n_slots, hash);
	if (*slot)
		return true;
	*slot = hash;
	set->n_used++;
	return false;
}
