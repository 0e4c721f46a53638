/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The newest session of a medium that is written in place, where the descriptors that lead to it can't be read. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <udfkit/bio.h>

#include "base/checked.h"
#include "base/iso9660.h"
#include "iso/internal.h"

#define STEP_BLOCKS 16u			/* growisofs(1) begins sessions there, and isowrite with every second one */
#define DATE_AT 813u			/* when the volume was made (ECMA-119 8.4.26), in 16 digits */
#define DATE_BYTES 16u
#define MAX_UNREADABLE 64u		/* places in a row, after which the medium has nothing more */

struct newest {
	bool is_found;
	uint32_t block, end_block;
	char date[DATE_BYTES];
};

/* A session refers to its own blocks.  An image that is the data of a file refers to blocks near 0. */
static bool is_session(const uint8_t *sector, uint64_t block, uint64_t capacity, struct iso_volume *ret_volume)
{
	return iso_descriptor_decode(sector, ret_volume) == ISO_PRIMARY &&
	       ret_volume->block_bytes == UDF_ISO_BLOCK_BYTES && ret_volume->root_block > block &&
	       ret_volume->n_blocks <= capacity - block && ret_volume->root_block - block < ret_volume->n_blocks;
}

/* Sessions of an image that was there before lie behind those of the newer one, so the date decides. */
static void take(struct newest *newest, const uint8_t *sector, uint64_t block, const struct iso_volume *volume)
{
	if (newest->is_found && memcmp(sector + DATE_AT, newest->date, DATE_BYTES) < 0)
		return;
	newest->is_found = true;
	newest->block = (uint32_t)block;
	newest->end_block = (uint32_t)block + volume->n_blocks;
	memcpy(newest->date, sector + DATE_AT, DATE_BYTES);
}

/* Nothing is known of an image whose own blocks are as clear as those that -Z clears before it writes. */
static bool has_image(struct bio *bio)
{
	uint8_t *blocks = malloc(UDF_ISO_FRONT_BYTES);
	bool is_clear = true;

	if (blocks && bio->geometry.n_blocks >= 2 * UDF_ISO_FRONT_BLOCKS &&
	    bio_read(bio, UDF_ISO_FRONT_BLOCKS, UDF_ISO_FRONT_BLOCKS, blocks) == UDF_OK)
		for (size_t i = 0; i < UDF_ISO_FRONT_BYTES && is_clear; i++)
			is_clear = blocks[i] == 0;
	free(blocks);
	return !is_clear;
}

enum udf_err iso_newest_find(struct bio *bio, const struct udf_iso_search *search, uint32_t *ret_block,
			     uint32_t *ret_end_block)
{
	uint64_t capacity = bio->geometry.n_blocks;
	struct newest newest = { .is_found = false };
	struct iso_volume volume;
	uint8_t sector[UDF_ISO_BLOCK_BYTES];
	unsigned n_unreadable = 0;
	uint64_t last = 0;

	if (capacity > UDF_ISO_FRONT_BLOCKS)
		last = udf_min64(capacity, UINT32_MAX) - UDF_ISO_FRONT_BLOCKS;
	if (!has_image(bio))
		return UDF_E_NOT_FOUND;
	for (uint64_t at = UDF_ISO_FRONT_BLOCKS; at <= last && n_unreadable < MAX_UNREADABLE; at += STEP_BLOCKS) {
		if (search && !search->goes_on(search->ctx, at, capacity))
			return UDF_E_CANCELLED;
		if (bio_read(bio, at + ISO_FIRST_DESCRIPTOR, 1, sector)) {
			n_unreadable++;
			continue;
		}
		n_unreadable = 0;
		if (is_session(sector, at, capacity, &volume))
			take(&newest, sector, at, &volume);
	}
	if (!newest.is_found)
		return UDF_E_NOT_FOUND;
	*ret_block = newest.block;
	*ret_end_block = newest.end_block;
	return UDF_OK;
}
