/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is under every write: turns, completing a packet from the medium, making what was written durable. */
#include <string.h>

#include "pkt/core.h"

void pkt_begin_writing(struct pkt_core *core)
{
	uint64_t ticket = core->next_ticket++;

	while (core->now_serving != ticket)
		pkt_wait(core);
}

void pkt_end_writing(struct pkt_core *core)
{
	core->now_serving++;
	pthread_cond_broadcast(&core->changed);
}

bool pkt_is_busy(const struct pkt_core *core, uint64_t no)
{
	const struct pkt_packet *p = pkt_packets_find(&core->packets, no);

	return (p && p->reading) || core->table_no == no;
}

void pkt_wait(struct pkt_core *core)
{
	pthread_cond_wait(&core->changed, &core->lock);
}

static enum udf_err read_unlocked(struct pkt_core *core, struct bio *bio, uint64_t at, uint32_t n_blocks, uint8_t *data)
{
	enum udf_err err;

	pthread_mutex_unlock(&core->lock);
	err = bio_read(bio, at, n_blocks, data);
	pthread_mutex_lock(&core->lock);
	return err;
}

bool pkt_is_free(struct pkt_core *core, uint64_t at, uint32_t n_blocks, enum bio_free_when when)
{
	bio_free_query query = core->is_free;
	void *ctx = core->free_ctx;
	bool answer;

	if (!query)
		return false;
	core->n_asking++;
	pthread_mutex_unlock(&core->lock);
	answer = query(ctx, at, n_blocks, when);
	pthread_mutex_lock(&core->lock);
	core->n_asking--;
	pthread_cond_broadcast(&core->changed);
	return answer;
}

bool pkt_is_unused(struct pkt_core *core, uint64_t at, uint32_t n_blocks)
{
	return !pkt_wear_may_be_written(&core->wear, at / core->packets.unit_blocks) &&
	       pkt_is_free(core, at, n_blocks, BIO_FREE_BEFORE);
}

/* Block AT of a packet that can't be read whole.  One that is free is zeros: reading it would cost the drive time. */
static enum udf_err read_block(struct pkt_core *core, struct bio *bio, uint64_t at, uint8_t *data)
{
	bool may_be_written = pkt_wear_may_be_written(&core->wear, at / core->packets.unit_blocks);

	if (!pkt_is_free(core, at, 1, may_be_written ? BIO_FREE_NOW : BIO_FREE_BEFORE))
		return read_unlocked(core, bio, at, 1, data);
	memset(data, 0, core->packets.block_bytes);
	return UDF_OK;
}

/* Is none of the blocks MISSING worth reading, since all of the packet is about to be written for the first time? */
static bool needs_no_reading(struct pkt_core *core, uint64_t no, uint64_t missing)
{
	uint64_t first = no * core->packets.unit_blocks;

	while (missing && !pkt_wear_may_be_written(&core->wear, no)) {
		uint32_t from = (uint32_t)__builtin_ctzll(missing);
		uint64_t after = ~(missing >> from);
		uint32_t n = after ? (uint32_t)__builtin_ctzll(after) : 64;

		if (!pkt_is_free(core, first + from, n, BIO_FREE_UNREAD))
			break;
		missing &= ~pkt_blocks(from, n);
	}
	return !missing;
}

enum udf_err pkt_read_others(struct pkt_core *core, struct bio *bio, uint64_t no, uint64_t mask, uint8_t *data)
{
	size_t block_bytes = core->packets.block_bytes;
	uint64_t first = no * core->packets.unit_blocks;
	uint64_t missing = pkt_packet_whole(&core->packets, no) & ~mask;
	uint32_t from, to;
	enum udf_err err;

	if (!missing)
		return UDF_OK;
	from = (uint32_t)__builtin_ctzll(missing);
	to = 64 - (uint32_t)__builtin_clzll(missing);
	if (needs_no_reading(core, no, missing)) {
		memset(data + from * block_bytes, 0, (to - from) * block_bytes);
		return UDF_OK;
	}
	err = read_unlocked(core, bio, first + from, to - from, data + from * block_bytes);
	if (err != UDF_E_MEDIUM)
		return err;
	for (uint32_t i = from; i < to; i++) {
		if (!(missing >> i & 1))
			continue;
		err = read_block(core, bio, first + i, data + i * block_bytes);
		if (err)
			return err;
	}
	return UDF_OK;
}

/*
 * Write the dirty blocks of P by themselves, so that the drive completes the packet.  Only it knows whether the others
 * were never written, or are damaged.
 */
static enum udf_err let_drive_complete(struct pkt_core *core, struct pkt_packet *p)
{
	size_t block_bytes = core->packets.block_bytes;
	uint64_t left = p->dirty;
	enum udf_err err = UDF_OK;

	memcpy(core->scratch, p->data, pkt_packet_n_blocks(&core->packets, p->no) * block_bytes);
	core->writing_no = p->no;
	while (left && !err) {
		uint32_t from = (uint32_t)__builtin_ctzll(left);
		uint64_t after = ~(left >> from);
		uint32_t n = after ? (uint32_t)__builtin_ctzll(after) : 64 - from;

		pthread_mutex_unlock(&core->lock);
		err = bio_write(core->below, p->no * core->packets.unit_blocks + from, n,
				core->scratch + from * block_bytes);
		pthread_mutex_lock(&core->lock);
		left &= ~pkt_blocks(from, n);
	}
	core->writing_no = PKT_NO_PACKET;
	if (!err)
		err = pkt_sync(core);
	return err ? err : pkt_read_others(core, core->below, p->no, p->valid, core->scratch);
}

/* Callers may write to P meanwhile: what they wrote is newer. */
enum udf_err pkt_complete(struct pkt_core *core, struct pkt_packet *p)
{
	size_t block_bytes = core->packets.block_bytes;
	uint64_t whole = pkt_packet_whole(&core->packets, p->no);
	enum udf_err err;

	while (pkt_is_busy(core, p->no))
		pkt_wait(core);
	if (p->valid == whole)
		return UDF_OK;
	err = pkt_read_others(core, core->below, p->no, p->valid, core->scratch);
	if (err == UDF_E_MEDIUM && core->drive_completes && core->journal.n_packets == 0)
		err = let_drive_complete(core, p);
	if (err)
		return err;
	for (uint32_t i = 0; i < core->packets.unit_blocks; i++)
		if ((whole & ~p->valid) >> i & 1)
			memcpy(p->data + i * block_bytes, core->scratch + i * block_bytes, block_bytes);
	p->valid = whole;
	p->unreadable = false;
	core->stats.n_packets_completed++;
	return UDF_OK;
}

/* ---- syncing ---- */

enum udf_err pkt_sync(struct pkt_core *core)
{
	enum udf_err err;

	pthread_mutex_unlock(&core->lock);
	err = bio_flush(core->below);
	pthread_mutex_lock(&core->lock);
	core->stats.n_syncs++;
	if (err) {
		pkt_packets_unsynced_are_dirty(&core->packets);
		core->last_err = err;
		core->stats.n_sync_errors++;
	} else {
		pkt_packets_are_synced(&core->packets);
	}
	pthread_cond_broadcast(&core->changed);
	return err;
}
