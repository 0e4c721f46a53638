/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sparing table is written past the cache, while a packet moves.  Its blocks are only a part of their packet, and the
 * cache may have that packet in memory.
 */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "pkt/core.h"
#include "pkt/layer.h"

struct direct {
	struct bio bio;
	struct pkt_core *core;
	struct bio *below;	/* the device without the replacement */
};

static void copy_blocks(const struct pkt_core *core, uint8_t *to, const uint8_t *from, uint64_t mask)
{
	size_t block_bytes = core->packets.block_bytes;

	for (uint32_t i = 0; i < core->packets.unit_blocks; i++)
		if (mask >> i & 1)
			memcpy(to + i * block_bytes, from + i * block_bytes, block_bytes);
}

/* Put the whole packet NO, with the new blocks in MASK, on the medium.  WHOLE has the new ones.  The lock is held. */
static enum udf_err write_whole(struct direct *d, uint64_t no, uint64_t mask, uint8_t *whole, uint8_t *others)
{
	struct pkt_core *core = d->core;
	struct pkt_packet *p = pkt_packets_find(&core->packets, no);
	uint64_t cached = p ? p->valid & ~mask : 0;
	enum udf_err err;

	err = pkt_read_others(core, d->below, no, mask | cached, others);
	if (err)
		return err;
	if (p)
		copy_blocks(core, others, p->data, cached);
	copy_blocks(core, whole, others, ~mask);
	pthread_mutex_unlock(&core->lock);
	err = bio_write(d->below, no * core->packets.unit_blocks, pkt_packet_n_blocks(&core->packets, no), whole);
	pthread_mutex_lock(&core->lock);
	if (err)
		return err;
	core->stats.n_packets_written++;
	pkt_wear_count(&core->wear, no);
	p = pkt_packets_find(&core->packets, no);	/* it may have come meanwhile */
	if (p) {
		copy_blocks(core, p->data, whole, mask);
		p->valid |= mask;
	}
	return UDF_OK;
}

/* N blocks of packet NO, from its block FIRST on. */
static enum udf_err write_part(struct direct *d, uint64_t no, uint32_t first, uint32_t n, const uint8_t *data)
{
	struct pkt_core *core = d->core;
	size_t packet_bytes = (size_t)core->packets.unit_blocks * core->packets.block_bytes;
	uint8_t *whole = malloc(packet_bytes), *others = malloc(packet_bytes);
	struct pkt_packet *p;
	enum udf_err err = UDF_E_NOMEM;

	if (!whole || !others)
		goto out;
	memcpy(whole + (size_t)first * core->packets.block_bytes, data, (size_t)n * core->packets.block_bytes);
	pthread_mutex_lock(&core->lock);
	err = UDF_E_UNSUPPORTED;
	if (core->writing_no != no) {
		while (pkt_is_busy(core, no))
			pkt_wait(core);
		core->table_no = no;
		p = pkt_packets_find(&core->packets, no);
		if (p)
			p->reading = true;	/* it stays in memory */
		err = write_whole(d, no, pkt_blocks(first, n), whole, others);
		if (p)
			p->reading = false;
		core->table_no = PKT_NO_PACKET;
		pthread_cond_broadcast(&core->changed);
	}
	pthread_mutex_unlock(&core->lock);
out:
	free(whole);
	free(others);
	return err;
}

static enum udf_err direct_write(struct bio *bio, uint64_t at, uint32_t n_blocks, const void *data)
{
	struct direct *d = PKT_LAYER(bio, struct direct, bio);
	uint32_t unit_blocks = d->core->packets.unit_blocks;
	const uint8_t *in = data;

	while (n_blocks) {
		uint32_t first = (uint32_t)(at % unit_blocks);
		uint32_t n = (uint32_t)udf_min64(n_blocks, unit_blocks - first);
		enum udf_err err = write_part(d, at / unit_blocks, first, n, in);

		if (err)
			return pkt_pass_up(bio, d->below, err);
		in += (size_t)n * bio->geometry.block_bytes;
		at += n;
		n_blocks -= n;
	}
	return UDF_OK;
}

static enum udf_err direct_read(struct bio *bio, uint64_t at, uint32_t n_blocks, void *ret_data)
{
	struct direct *d = PKT_LAYER(bio, struct direct, bio);

	return pkt_pass_up(bio, d->below, bio_read(d->below, at, n_blocks, ret_data));
}

/* Only a table can get lost here: the spare layer has flushed what the cache wrote. */
static enum udf_err direct_flush(struct bio *bio)
{
	struct direct *d = PKT_LAYER(bio, struct direct, bio);

	return pkt_pass_up(bio, d->below, bio_flush(d->below));
}

static const struct bio_ops direct_ops = {
	.read = direct_read,
	.write = direct_write,
	.flush = direct_flush,
};

enum udf_err pkt_store_table(void *ctx, struct bio *direct, const struct bio_spare *spares, size_t n_spares)
{
	struct pkt_core *core = ctx;
	struct direct d = { .bio = { .ops = &direct_ops, .geometry = direct->geometry },
			    .core = core,
			    .below = direct };

	d.bio.geometry.write_unit_blocks = 1;
	return core->remap.store(core->remap.ctx, &d.bio, spares, n_spares);
}
