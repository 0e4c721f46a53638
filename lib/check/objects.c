/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "check/objects.h"

#include <stdlib.h>

#define FIRST_SLOTS 256u

void chk_objects_init(struct chk_objects *objects, uint64_t seed)
{
	*objects = (struct chk_objects){ .seed = seed };
}

void chk_objects_done(struct chk_objects *objects)
{
	for (uint32_t i = 0; i < objects->n_chunks; i++)
		free(objects->chunks[i]);
	free(objects->chunks);
	free(objects->slots);
	*objects = (struct chk_objects){ 0 };
}

static uint32_t slot_of(const struct chk_objects *objects, uint16_t part_ref, uint32_t lbn)
{
	uint64_t h = ((uint64_t)part_ref << 32 | lbn) ^ objects->seed;

	h ^= h >> 33;
	h *= 0xFF51AFD7ED558CCDu;
	h ^= h >> 33;
	h *= 0xC4CEB9FE1A85EC53u;
	h ^= h >> 33;
	return (uint32_t)h & (objects->n_slots - 1);
}

/* The slot that has the address, or the empty slot where it belongs. */
static uint32_t probe(const struct chk_objects *objects, uint16_t part_ref, uint32_t lbn)
{
	uint32_t slot = slot_of(objects, part_ref, lbn);

	for (;;) {
		uint32_t entry = objects->slots[slot];
		const struct chk_object *o;

		if (!entry)
			return slot;
		o = chk_object_at(objects, entry - 1);
		if (o->lbn == lbn && o->part_ref == part_ref)
			return slot;
		slot = (slot + 1) & (objects->n_slots - 1);
	}
}

/* An empty slot for an address that no slot has; the rows need not be compared. */
static uint32_t empty_slot(const struct chk_objects *objects, uint16_t part_ref, uint32_t lbn)
{
	uint32_t slot = slot_of(objects, part_ref, lbn);

	while (objects->slots[slot])
		slot = (slot + 1) & (objects->n_slots - 1);
	return slot;
}

uint32_t chk_objects_find(const struct chk_objects *objects, uint16_t part_ref, uint32_t lbn)
{
	uint32_t entry;

	if (!objects->n_slots)
		return CHK_NONE;
	entry = objects->slots[probe(objects, part_ref, lbn)];
	return entry ? entry - 1 : CHK_NONE;
}

static enum udf_err grow_slots(struct chk_objects *objects)
{
	uint32_t n_slots = objects->n_slots ? objects->n_slots * 2 : FIRST_SLOTS;

	if (n_slots < objects->n_slots)
		return UDF_E_NOMEM;
	free(objects->slots);
	objects->slots = calloc(n_slots, sizeof(*objects->slots));
	objects->n_slots = objects->slots ? n_slots : 0;
	if (!objects->slots)
		return UDF_E_NOMEM;
	for (uint32_t i = 0; i < objects->n; i++) {
		const struct chk_object *o = chk_object_at(objects, i);

		objects->slots[empty_slot(objects, o->part_ref, o->lbn)] = i + 1;
	}
	return UDF_OK;
}

static enum udf_err add_chunk(struct chk_objects *objects)
{
	if (objects->n_chunks == objects->cap_chunks) {
		uint32_t cap = objects->cap_chunks ? objects->cap_chunks * 2 : 16;
		struct chk_object **chunks = realloc(objects->chunks, cap * sizeof(*chunks));

		if (!chunks)
			return UDF_E_NOMEM;
		objects->chunks = chunks;
		objects->cap_chunks = cap;
	}
	objects->chunks[objects->n_chunks] = calloc(CHK_CHUNK_OBJECTS, sizeof(struct chk_object));
	if (!objects->chunks[objects->n_chunks])
		return UDF_E_NOMEM;
	objects->n_chunks++;
	return UDF_OK;
}

enum udf_err chk_objects_add(struct chk_objects *objects, uint16_t part_ref, uint32_t lbn,
			     uint32_t *ret_index)
{
	uint32_t index = objects->n;
	struct chk_object *o;
	enum udf_err err;

	if (index == CHK_NONE - 1)
		return UDF_E_NOMEM;
	/* The table is at most three quarters full. */
	if ((uint64_t)(index + 1) * 4 > (uint64_t)objects->n_slots * 3) {
		err = grow_slots(objects);
		if (err)
			return err;
	}
	if (index == objects->n_chunks * CHK_CHUNK_OBJECTS) {
		err = add_chunk(objects);
		if (err)
			return err;
	}
	o = chk_object_at(objects, index);
	o->part_ref = (uint8_t)part_ref;
	o->lbn = lbn;
	o->parent = CHK_NONE;
	objects->slots[empty_slot(objects, part_ref, lbn)] = index + 1;
	objects->n++;
	*ret_index = index;
	return UDF_OK;
}
