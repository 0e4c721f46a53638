/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "master/store.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"

#define LEAF_BLOCKS 256u
#define STEP_BYTES 128u			/* an entry is mostly zeros at its end, which are passed over in steps */
#define LENGTH_BYTES 2u			/* before the bytes of a block: how many they are */

struct leaf {
	uint8_t *blocks[LEAF_BLOCKS];	/* NULL: zero */
};

struct store {
	struct bio bio;
	struct leaf **leaves;
	uint64_t n_leaves;
};

static struct store *store_of(struct bio *bio)
{
	return (struct store *)(void *)bio;	/* its first member */
}

static const uint8_t *block_at(const struct store *store, uint64_t at)
{
	const struct leaf *leaf = store->leaves[at / LEAF_BLOCKS];

	return leaf ? leaf->blocks[at % LEAF_BLOCKS] : NULL;
}

static enum udf_err store_read(struct bio *bio, uint64_t at, uint32_t n_blocks, void *ret_data)
{
	const struct store *store = store_of(bio);
	size_t block_bytes = bio->geometry.block_bytes;
	uint8_t *to = ret_data;

	for (uint32_t i = 0; i < n_blocks; i++, to += block_bytes) {
		const uint8_t *block = block_at(store, at + i);
		size_t n_bytes = block ? get_le16(block) : 0;

		if (block)
			memcpy(to, block + LENGTH_BYTES, n_bytes);
		memset(to + n_bytes, 0, block_bytes - n_bytes);
	}
	return UDF_OK;
}

static enum udf_err write_block(struct store *store, uint64_t at, const uint8_t *data)
{
	struct leaf **leaf = &store->leaves[at / LEAF_BLOCKS];
	size_t n_bytes = store->bio.geometry.block_bytes;
	uint8_t *block;

	while (n_bytes >= STEP_BYTES && bytes_are_zero(data + n_bytes - STEP_BYTES, STEP_BYTES))
		n_bytes -= STEP_BYTES;
	while (n_bytes && data[n_bytes - 1] == 0)
		n_bytes--;
	if (!*leaf && !n_bytes)
		return UDF_OK;
	if (!*leaf)
		*leaf = calloc(1, sizeof(**leaf));
	if (!*leaf)
		return UDF_E_NOMEM;
	if (!n_bytes) {
		free((*leaf)->blocks[at % LEAF_BLOCKS]);
		(*leaf)->blocks[at % LEAF_BLOCKS] = NULL;
		return UDF_OK;
	}
	block = realloc((*leaf)->blocks[at % LEAF_BLOCKS], LENGTH_BYTES + n_bytes);
	if (!block)
		return UDF_E_NOMEM;
	put_le16(block, (uint16_t)n_bytes);
	memcpy(block + LENGTH_BYTES, data, n_bytes);
	(*leaf)->blocks[at % LEAF_BLOCKS] = block;
	return UDF_OK;
}

static enum udf_err store_write(struct bio *bio, uint64_t at, uint32_t n_blocks, const void *data)
{
	const uint8_t *from = data;
	enum udf_err err = UDF_OK;

	for (uint32_t i = 0; i < n_blocks && !err; i++)
		err = write_block(store_of(bio), at + i, from + (size_t)i * bio->geometry.block_bytes);
	return err;
}

static void store_close(struct bio *bio)
{
	struct store *store = store_of(bio);

	for (uint64_t i = 0; i < store->n_leaves; i++) {
		for (unsigned j = 0; store->leaves[i] && j < LEAF_BLOCKS; j++)
			free(store->leaves[i]->blocks[j]);
		free(store->leaves[i]);
	}
	free(store->leaves);
	free(store);
}

static const struct bio_ops store_ops = {
	.read = store_read,
	.write = store_write,
	.close = store_close,
};

enum udf_err master_store_new(uint32_t block_bytes, uint64_t n_blocks, struct bio **ret_bio)
{
	struct store *store = calloc(1, sizeof(*store));

	if (!store)
		return UDF_E_NOMEM;
	store->bio.ops = &store_ops;
	store->bio.geometry.block_bytes = block_bytes;
	store->bio.geometry.n_blocks = n_blocks;
	store->bio.geometry.write_unit_blocks = 1;
	store->bio.geometry.access = BIO_OVERWRITE;
	store->n_leaves = udf_ceil_div(n_blocks, LEAF_BLOCKS);
	store->leaves = calloc((size_t)store->n_leaves, sizeof(struct leaf *));
	if (!store->leaves) {
		free(store);
		return UDF_E_NOMEM;
	}
	*ret_bio = &store->bio;
	return UDF_OK;
}

uint64_t master_store_end(struct bio *bio, uint64_t end)
{
	const struct store *store = store_of(bio);

	while (end > 0 && !block_at(store, end - 1))
		end = store->leaves[(end - 1) / LEAF_BLOCKS] ? end - 1 : (end - 1) / LEAF_BLOCKS * LEAF_BLOCKS;
	return end;
}

