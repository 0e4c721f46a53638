/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a flush does, and what is done so that the cache does not become full. */
#include "base/checked.h"
#include "pkt/core.h"
#include "pkt/place.h"

/* ---- a flush: few blocks go to the journal ---- */

/* What a flush would store in the journal. */
struct small {
	size_t n, n_more;	/* packets; those that will have to be copied, and don't have to be yet */
	uint64_t n_blocks;
};

static struct small count_small(const struct pkt_core *core, uint64_t seq)
{
	const struct pkt_packets *all = &core->packets;
	struct small small = { 0, 0, 0 };

	for (const struct pkt_packet *p = all->ends.newer; p != &all->ends; p = p->newer) {
		if (!p->dirty || p->failed || p->dirty_seq > seq || !pkt_is_small(core, p))
			continue;
		small.n++;
		small.n_more += !p->log_seq || p->unsynced;
		small.n_blocks += (unsigned)__builtin_popcountll(p->dirty);
	}
	return small;
}

/* Do they fit, and leave half of the cache for what is not in the journal? */
static bool has_room(const struct pkt_core *core, const struct small *small)
{
	uint32_t n = (uint32_t)udf_ceil_div(1 + small->n_blocks, core->packets.unit_blocks);

	return core->packets.n_logged + small->n <= core->packets.max / 2 &&
	       pkt_journal_has_room(core, n, small->n_more);
}

/* Store what is small in the journal, if it fits there. */
static enum udf_err log_small(struct pkt_core *core, uint64_t seq)
{
	struct small small = count_small(core, seq);
	struct pkt_packet *p;
	uint64_t from = 0;
	enum udf_err err;

	if (small.n == 0)
		return UDF_OK;
	if (!has_room(core, &small) && core->packets.n_unsynced)
		(void)pkt_sync(core);
	if (!has_room(core, &small) && core->packets.n_logged && small.n <= core->packets.max / 2) {
		err = pkt_place_all(core);
		if (err)
			return err;
		small = count_small(core, seq);
	}
	if (!has_room(core, &small))
		return UDF_OK;
	err = pkt_journal_begin(core, false);
	while (!err && (p = pkt_packets_next_dirty(&core->packets, from, seq)) != NULL) {
		from = p->no + 1;
		if (p->failed || !pkt_is_small(core, p))
			continue;
		if (!pkt_journal_put(core, p, pkt_journal_is_fresh(core, p) ? PKT_COPY_FRESH : PKT_COPY_DIRTY))
			break;
	}
	return err || core->journal.n_entries == 0 ? err : pkt_journal_write(core);
}

/* ---- a flush: the others are written in place ---- */

static enum udf_err place_chosen(struct pkt_core *core, enum pkt_choice choice, uint64_t from, uint64_t seq)
{
	enum udf_err first_err = UDF_OK, err;
	uint64_t was;

	do {
		was = from;
		pkt_begin_writing(core);
		err = pkt_place_group(core, choice, seq, &from, NULL);
		pkt_end_writing(core);
		if (!first_err)
			first_err = err;
	} while (from != was);
	return first_err;
}

enum udf_err pkt_write_large(struct pkt_core *core, uint64_t seq)
{
	return place_chosen(core, PKT_CHOOSE_LARGE, 0, seq);
}

/* Only the packet that says where the journal is has waited for the others. */
static enum udf_err place_anchor(struct pkt_core *core, uint64_t seq)
{
	uint64_t no = core->journal.anchor_no;
	struct pkt_packet *p = pkt_packets_find(&core->packets, no);
	enum udf_err err;

	if (!p || !p->dirty || p->dirty_seq > seq || p->failed)
		return UDF_OK;
	pkt_begin_writing(core);
	err = pkt_place_all(core);
	pkt_end_writing(core);
	return err ? err : place_chosen(core, PKT_CHOOSE_REMAINING, no, seq);
}

/* Write or store all packets that became dirty up to SEQ.  Returns the first error. */
static enum udf_err write_all(struct pkt_core *core, uint64_t seq)
{
	enum udf_err errs[4] = { UDF_OK };

	pkt_begin_writing(core);
	core->journal.is_stuck = false;
	if (core->journal.is_recovered && core->journal.n_packets)
		errs[0] = pkt_place_recovered(core);
	pkt_end_writing(core);
	if (errs[0])
		return errs[0];
	if (core->journal.n_packets == 0)
		return place_chosen(core, PKT_CHOOSE_DIRTY, 0, seq);
	errs[0] = pkt_write_large(core, seq);
	pkt_begin_writing(core);
	errs[1] = log_small(core, seq);
	pkt_end_writing(core);
	errs[2] = place_chosen(core, PKT_CHOOSE_REMAINING, 0, seq);
	errs[3] = place_anchor(core, seq);
	for (unsigned i = 0; i < 4; i++)
		if (errs[i])
			return errs[i];
	return UDF_OK;
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

/* Can what is only in the journal be written in place?  What a power cut left on a disc that is only read can't. */
static bool can_place(const struct pkt_core *core)
{
	return core->packets.n_logged && core->journal.n_packets;
}

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
	if (core->journal.is_stuck)
		return PKT_NOTHING;
	if (all->n_whole > all->max / 8 && pkt_packets_next_whole(all, 0))
		return PKT_WRITE_WHOLE;
	/* With a journal a packet costs twice as much, so more of them may wait. */
	if (all->n_dirty - all->n_failed > (core->journal.n_packets ? all->max * 3 / 4 : all->max / 2))
		return PKT_WRITE_OLDEST;
	if (all->n_logged > all->max / 2 && can_place(core))
		return PKT_PLACE_ALL;
	if (!is_wanted)
		return PKT_NOTHING;
	if (all->n_unsynced)
		return PKT_SYNC;
	if (can_place(core))
		return PKT_PLACE_ALL;
	return all->n_dirty > all->n_failed ? PKT_WRITE_OLDEST : PKT_NOTHING;
}

/* One group.  The packet that says where the journal is comes only after all that need the journal. */
static void place_some(struct pkt_core *core, enum pkt_choice choice)
{
	uint64_t from = core->cursor;
	size_t n;

	if (pkt_place_group(core, choice, 0, &from, &n) || n || core->journal.n_packets == 0)
		return;
	from = core->journal.anchor_no;
	if (pkt_place_all(core) == UDF_OK)
		(void)pkt_place_group(core, choice, 0, &from, NULL);
}

void pkt_do_step(struct pkt_core *core, enum pkt_step step)
{
	pkt_begin_writing(core);
	if (step == PKT_SYNC && core->packets.n_unsynced)
		(void)pkt_sync(core);
	else if (step != PKT_SYNC && core->journal.is_recovered && core->journal.n_packets)
		(void)pkt_place_recovered(core);
	else if (step == PKT_PLACE_ALL && core->journal.n_packets)
		(void)pkt_place_all(core);
	else if (step == PKT_WRITE_WHOLE)
		place_some(core, PKT_CHOOSE_WHOLE);
	else if (step == PKT_WRITE_OLDEST)
		place_some(core, PKT_CHOOSE_OLDEST);
	pkt_end_writing(core);
}
