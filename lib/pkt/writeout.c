/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets are written, and the order in which this is done. */
#include <string.h>

#include "pkt/core.h"

/* The blocks MASK could not be written.  They are as dirty as they were. */
static void note_failure(struct pkt_core *core, struct pkt_packet *p, uint64_t mask, uint64_t seq, enum udf_err err)
{
	pkt_packet_set_dirty(&core->packets, p, mask);
	p->dirty_seq = seq;
	pkt_packet_set_failed(&core->packets, p, true);
	core->last_err = err;
	core->stats.n_write_errors++;
}

static enum udf_err write_below(struct pkt_core *core, struct pkt_packet *p)
{
	uint32_t n_blocks = pkt_packet_n_blocks(&core->packets, p->no);
	enum udf_err err;

	memcpy(core->scratch, p->data, (size_t)n_blocks * core->packets.block_bytes);
	pthread_mutex_unlock(&core->lock);
	err = bio_write(core->below, p->no * core->packets.unit_blocks, n_blocks, core->scratch);
	pthread_mutex_lock(&core->lock);
	core->cursor = p->no + 1;
	return err;
}

enum udf_err pkt_write_packet(struct pkt_core *core, struct pkt_packet *p)
{
	uint64_t seq = p->dirty_seq, mask;
	bool is_newer;
	enum udf_err err;

	core->writing_no = p->no;
	p->writing = true;
	err = pkt_complete(core, p);
	if (!err)
		err = pkt_journal_keep(core, p);
	mask = pkt_packet_take_dirty(&core->packets, p);
	is_newer = pkt_journal_is_older(core, p);
	if (err) {
		note_failure(core, p, mask, seq, err);
	} else {
		err = write_below(core, p);
		if (err) {
			note_failure(core, p, mask, seq, err);
			/* The drive may have been reset: find out what is left of the packets before. */
			if (core->packets.n_unsynced)
				(void)pkt_sync(core);
		} else {
			pkt_packet_set_unsynced(&core->packets, p, true);
			pkt_journal_written(core, p);
			core->stats.n_packets_written++;
			pkt_wear_count(&core->wear, p->no);
			if (is_newer)	/* the next flush stores a copy of it */
				pkt_packet_set_dirty(&core->packets, p, mask);
		}
	}
	p->writing = false;
	core->writing_no = PKT_NO_PACKET;
	pthread_cond_broadcast(&core->changed);
	return err;
}

/* Write all packets that became dirty up to SEQ, in the order of their addresses.  Returns the first error. */
static enum udf_err write_all(struct pkt_core *core, uint64_t seq)
{
	enum udf_err first_err = UDF_OK, err;
	struct pkt_packet *p;
	uint64_t from = 0;

	for (;;) {
		pkt_begin_writing(core);
		p = pkt_packets_next_dirty(&core->packets, from, seq);
		if (!p)
			break;
		from = p->no + 1;
		core->journal.flush_seq = seq;
		err = pkt_write_packet(core, p);
		core->journal.flush_seq = 0;
		pkt_end_writing(core);
		if (!first_err)
			first_err = err;
	}
	pkt_end_writing(core);
	return first_err;
}

/*
 * Another thread may meet an error between two packets of ours, and what we wrote is lost with it: only packets that
 * are no longer dirty are durable.
 */
enum udf_err pkt_flush(struct pkt_core *core)
{
	uint64_t seq = core->packets.seq, n_sync_errors;
	bool is_done = false;
	enum udf_err err;

	for (int attempt = 0; attempt < 2 && !is_done; attempt++) {
		n_sync_errors = core->stats.n_sync_errors;
		err = write_all(core, seq);
		pkt_begin_writing(core);
		if (core->packets.n_unsynced)
			(void)pkt_sync(core);
		is_done = !pkt_packets_next_dirty(&core->packets, 0, seq);
		pkt_end_writing(core);
		if (core->stats.n_sync_errors == n_sync_errors)
			break;
	}
	if (is_done)
		return UDF_OK;
	return err ? err : core->last_err;
}

/* ---- before the cache is full ---- */

/*
 * A packet whose blocks are all dirty is probably finished, so it is written soon.  One that is not may still be
 * filled, so as many of these are kept as half of the cache can hold.
 */
enum pkt_step pkt_next_step(const struct pkt_core *core, bool is_wanted)
{
	const struct pkt_packets *all = &core->packets;
	bool is_short = is_wanted || all->n_dirty + all->n_unsynced > all->max * 7 / 8;

	if (is_short && all->n_unsynced && all->n_unsynced >= all->max / 4)
		return PKT_SYNC;
	if (all->n_whole > all->max / 8 && pkt_packets_next_whole(all, 0))
		return PKT_WRITE_WHOLE;
	if (all->n_dirty - all->n_failed > all->max / 2)
		return PKT_WRITE_OLDEST;
	if (!is_wanted)
		return PKT_NOTHING;
	if (all->n_unsynced)
		return PKT_SYNC;
	return all->n_dirty > all->n_failed ? PKT_WRITE_OLDEST : PKT_NOTHING;
}

void pkt_do_step(struct pkt_core *core, enum pkt_step step)
{
	struct pkt_packet *p = NULL;

	pkt_begin_writing(core);
	if (step == PKT_SYNC && core->packets.n_unsynced)
		(void)pkt_sync(core);
	if (step == PKT_WRITE_WHOLE)
		p = pkt_packets_next_whole(&core->packets, core->cursor);
	if (step == PKT_WRITE_OLDEST)
		p = pkt_packets_oldest_dirty(&core->packets, core->cursor);
	if (p)
		(void)pkt_write_packet(core, p);
	pkt_end_writing(core);
}
