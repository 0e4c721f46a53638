/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "tree/ino_map.h"

#include <assert.h>
#include <stdlib.h>

#define FIRST_SLOTS 64

void tree_ino_map_done(struct tree_ino_map *map)
{
	free(map->slots);
	*map = (struct tree_ino_map){ 0 };
}

/* The slot of INO, or the free slot for it. */
static struct tree_ino_slot *slot_of(struct tree_ino_slot *slots, size_t n_slots, uint64_t ino)
{
	size_t at = (size_t)((ino * 0x9E3779B97F4A7C15u) >> 32) & (n_slots - 1);

	while (slots[at].used && slots[at].ino != ino)
		at = (at + 1) & (n_slots - 1);
	return &slots[at];
}

bool tree_ino_map_find(const struct tree_ino_map *map, uint64_t ino, uint64_t *ret_value)
{
	const struct tree_ino_slot *slot;

	if (map->n_slots == 0)
		return false;
	slot = slot_of(map->slots, map->n_slots, ino);
	if (slot->used && ret_value)
		*ret_value = slot->value;
	return slot->used;
}

/* Double the table.  It is never more than two thirds full. */
static enum udf_err grow(struct tree_ino_map *map)
{
	size_t n_slots = map->n_slots ? map->n_slots * 2 : FIRST_SLOTS;
	struct tree_ino_slot *slots = calloc(n_slots, sizeof(*slots));

	if (!slots)
		return UDF_E_NOMEM;
	for (size_t i = 0; i < map->n_slots; i++)
		if (map->slots[i].used)
			*slot_of(slots, n_slots, map->slots[i].ino) = map->slots[i];
	free(map->slots);
	map->slots = slots;
	map->n_slots = n_slots;
	return UDF_OK;
}

enum udf_err tree_ino_map_add(struct tree_ino_map *map, uint64_t ino, uint64_t value)
{
	struct tree_ino_slot *slot;

	if ((map->n_used + 1) * 3 > map->n_slots * 2) {
		enum udf_err err = grow(map);

		if (err)
			return err;
	}
	slot = slot_of(map->slots, map->n_slots, ino);
	assert(!slot->used);
	*slot = (struct tree_ino_slot){ .ino = ino, .value = value, .used = true };
	map->n_used++;
	return UDF_OK;
}

enum udf_err tree_ino_map_set(struct tree_ino_map *map, uint64_t ino, uint64_t value)
{
	if (!tree_ino_map_find(map, ino, NULL))
		return tree_ino_map_add(map, ino, value);
	slot_of(map->slots, map->n_slots, ino)->value = value;
	return UDF_OK;
}
