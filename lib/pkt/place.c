/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <string.h>

#include "pkt/core.h"
#include "pkt/place.h"

#define OLDEST_AT_ONCE 6u

/* The blocks MASK could not be written.  They are as dirty as they were. */
static void note_failure(struct pkt_core *core, struct pkt_packet *p, uint64_t mask, uint64_t seq, enum udf_err err)
{
	pkt_packet_set_dirty(&core->packets, p, mask);
	p->dirty_seq = seq;
	pkt_packet_set_failed(&core->packets, p, true);
	p->bad = err == UDF_E_MEDIUM;
	core->last_err = err;
	core->stats.n_write_errors++;
}

static enum udf_err write_below(struct pkt_core *core, struct pkt_packet *p)
{
	uint32_t n_blocks = pkt_packet_n_blocks(&core->packets, p->no);
	enum udf_err err;

	core->writing_no = p->no;
	memcpy(core->scratch, p->data, (size_t)n_blocks * core->packets.block_bytes);
	pthread_mutex_unlock(&core->lock);
	err = bio_write(core->below, p->no * core->packets.unit_blocks, n_blocks, core->scratch);
	pthread_mutex_lock(&core->lock);
	core->writing_no = PKT_NO_PACKET;
	core->cursor = p->no + 1;
	return err;
}

/* Does P say where the journal is? */
static bool is_anchor(const struct pkt_core *core, const struct pkt_packet *p)
{
	return core->journal.n_packets > 0 && p->no == core->journal.anchor_no;
}

/*
 * P is whole, and if it needs the journal, it is whole there.  What became dirty since it was stored there is written,
 * too, and stays dirty: after a power cut the older blocks are taken from the journal.
 */
static enum udf_err place(struct pkt_core *core, struct pkt_packet *p)
{
	bool is_logged = p->log_seq != 0;
	uint64_t seq = is_logged ? 0 : p->dirty_seq;	/* 0: older than any flush */
	uint64_t mask = is_logged ? p->logged : pkt_packet_take_dirty(&core->packets, p);
	enum udf_err err;

	assert(!is_logged || p->log_whole || is_anchor(core, p));
	err = write_below(core, p);
	if (is_logged)
		pkt_packet_set_logged(&core->packets, p, 0);
	if (err) {
		note_failure(core, p, mask, seq, err);
		/* The drive may have been reset: find out what is left of the packets before. */
		if (core->packets.n_unsynced)
			(void)pkt_sync(core);
		return err;
	}
	if (p->failed)
		pkt_packet_set_failed(&core->packets, p, false);
	p->bad = false;
	pkt_packet_set_unsynced(&core->packets, p, true);
	core->stats.n_packets_written++;
	pkt_wear_count(&core->wear, p->no);
	return UDF_OK;
}

/* P could not be made ready.  What is only in the journal is dirty again, too. */
static void note_unready(struct pkt_core *core, struct pkt_packet *p, enum udf_err err)
{
	uint64_t seq = p->dirty ? p->dirty_seq : 0, mask = p->dirty | p->logged;

	pkt_packet_set_logged(&core->packets, p, 0);
	note_failure(core, p, mask, seq, err);
}

/* ---- which ---- */

bool pkt_place_is_needed(const struct pkt_core *core)
{
	const struct pkt_packets *all = &core->packets;
	const struct pkt_packet *p = all->ends.newer;

	while (p != &all->ends && !p->log_seq)
		p = p->newer;
	return p != &all->ends;
}

/*
 * Without the packet that says where the journal is, nobody finds the journal: P is not written while anything else
 * needs it.
 */
static bool must_wait(const struct pkt_core *core, const struct pkt_packet *p)
{
	const struct pkt_packets *all = &core->packets;
	const struct pkt_packet *q = all->ends.newer;

	if (!is_anchor(core, p))
		return false;
	while (q != &all->ends && (q == p || (!q->log_seq && !q->in_record && !q->writing)))
		q = q->newer;
	return q != &all->ends;
}

bool pkt_is_small(const struct pkt_core *core, const struct pkt_packet *p)
{
	return (uint32_t)__builtin_popcountll(p->dirty) <= core->packets.unit_blocks / 2;
}

static struct pkt_packet *next_dirty(struct pkt_core *core, enum pkt_choice choice, uint64_t seq, uint64_t from)
{
	struct pkt_packet *p;

	while ((p = pkt_packets_next_dirty(&core->packets, from, seq)) != NULL) {
		if (choice == PKT_CHOOSE_REMAINING ? !p->failed : p->failed || !pkt_is_small(core, p))
			break;
		from = p->no + 1;
	}
	return p;
}

static struct pkt_packet *next_logged(const struct pkt_packets *all, uint64_t from)
{
	struct pkt_packet *best = NULL;

	for (struct pkt_packet *p = all->ends.newer; p != &all->ends; p = p->newer)
		if (p->log_seq && !p->unsynced && p->no >= from && (!best || p->no < best->no))
			best = p;
	return best;
}

static struct pkt_packet *choose(struct pkt_core *core, enum pkt_choice choice, uint64_t seq, uint64_t from)
{
	switch (choice) {
	case PKT_CHOOSE_DIRTY:
		return pkt_packets_next_dirty(&core->packets, from, seq);
	case PKT_CHOOSE_LARGE:
	case PKT_CHOOSE_REMAINING:
		return next_dirty(core, choice, seq, from);
	case PKT_CHOOSE_WHOLE:
		return pkt_packets_next_whole(&core->packets, from);
	case PKT_CHOOSE_OLDEST:
		return pkt_packets_oldest_dirty(&core->packets, from);
	case PKT_CHOOSE_LOGGED:
		return next_logged(&core->packets, from);
	}
	return NULL;
}

/* ---- a group ---- */

struct group {
	struct pkt_packet *packets[PKT_JOURNAL_COPIES];
	size_t n;
	bool for_all;		/* of all that is in the journal */
	bool has_record;	/* one has been begun */
	bool is_full;
};

/* Complete P, and put the copy into the record that it needs.  UDF_E_BUSY: the record has no room for it. */
static enum udf_err prepare(struct pkt_core *core, struct pkt_packet *p, struct group *g)
{
	enum udf_err err = pkt_complete(core, p);
	enum pkt_copy copy = PKT_COPY_WHOLE;

	if (err)
		return err;
	if (core->journal.n_packets == 0 || pkt_journal_is_fresh(core, p)) {
		g->is_full = true;
		return UDF_OK;
	}
	/* A copy that nobody would find is of no use. */
	if (is_anchor(core, p) && g->for_all)
		return UDF_OK;
	/* Once a packet is durable in its place, the journal no longer has it. */
	if (p->log_whole && !p->unsynced) {
		if (!p->dirty || g->for_all)
			return UDF_OK;	/* what is dirty stays so; no room is kept for it */
		if (!p->failed)
			copy = PKT_COPY_DIRTY;
	}
	if (!g->has_record) {
		err = pkt_journal_begin(core, g->for_all);
		if (err)
			return err;
		g->has_record = true;
	}
	return pkt_journal_put(core, p, copy) ? UDF_OK : UDF_E_BUSY;
}

/* Find the packets of a group, and make the record that they need. */
static enum udf_err gather(struct pkt_core *core, enum pkt_choice choice, uint64_t seq, uint64_t *from, struct group *g)
{
	/* Of what may soon be changed again, few are written at once. */
	size_t most = choice == PKT_CHOOSE_OLDEST ? OLDEST_AT_ONCE : PKT_JOURNAL_COPIES;
	struct pkt_packet *p;
	uint64_t was;
	enum udf_err err;

	while (g->n < most && !g->is_full && (p = choose(core, choice, seq, *from)) != NULL) {
		was = *from;
		*from = p->no + 1;
		if (p->writing)
			break;		/* the choice begins anew */
		if (must_wait(core, p)) {
			if (choice != PKT_CHOOSE_WHOLE && choice != PKT_CHOOSE_OLDEST)
				continue;
			*from = was;	/* these would choose it again */
			break;
		}
		p->writing = true;
		err = prepare(core, p, g);
		if (!err) {
			g->packets[g->n++] = p;
			continue;
		}
		p->writing = false;
		if (err == UDF_E_BUSY && core->journal.n_entries) {
			*from = was;
			break;
		}
		err = err == UDF_E_BUSY ? UDF_E_NOSPC : err;
		note_unready(core, p, err);
		return err;
	}
	return UDF_OK;
}

static enum udf_err place_group(struct pkt_core *core, enum pkt_choice choice, uint64_t seq, uint64_t *from,
				size_t *ret_n)
{
	struct group g = { .for_all = choice == PKT_CHOOSE_LOGGED };
	enum udf_err err = gather(core, choice, seq, from, &g), record_err = UDF_OK, place_err;

	if (g.has_record && core->journal.n_entries)
		record_err = pkt_journal_write(core);
	for (size_t i = 0; i < g.n; i++) {
		struct pkt_packet *p = g.packets[i];

		place_err = record_err ? UDF_OK : place(core, p);
		p->writing = false;
		if (place_err && !err)
			err = place_err;
	}
	pthread_cond_broadcast(&core->changed);
	if (ret_n)
		*ret_n = g.n;
	return err ? err : record_err;
}

/* ---- all ---- */

static enum udf_err place_logged(struct pkt_core *core, uint64_t from)
{
	enum udf_err first_err = UDF_OK, err;
	uint64_t was;

	do {
		was = from;
		err = place_group(core, PKT_CHOOSE_LOGGED, 0, &from, NULL);
		if (!first_err)
			first_err = err;
	} while (from != was);
	if (core->packets.n_unsynced) {
		err = pkt_sync(core);
		if (!first_err)
			first_err = err;
	}
	return first_err;
}

/*
 * Where the drive takes a packet and loses it later, it is a sync that fails.  All are written once more then: the
 * drive has said which one it was.  That one moves to a spare packet, or is known to be bad.
 */
enum udf_err pkt_place_all(struct pkt_core *core)
{
	uint64_t n_sync_errors = core->stats.n_sync_errors;
	enum udf_err err = place_logged(core, 0);

	if (err && core->stats.n_sync_errors != n_sync_errors)
		err = place_logged(core, 0);
	if (!err && pkt_place_is_needed(core))
		err = place_logged(core, core->journal.anchor_no);
	if (!err && pkt_place_is_needed(core))
		err = core->last_err ? core->last_err : UDF_E_IO;
	core->journal.is_stuck = err != UDF_OK;
	return err;
}

enum udf_err pkt_place_group(struct pkt_core *core, enum pkt_choice choice, uint64_t seq, uint64_t *from,
			     size_t *ret_n)
{
	enum udf_err err = UDF_OK;

	if (core->journal.n_packets && choose(core, choice, seq, *from) && pkt_place_is_needed(core) &&
	    !pkt_journal_can_copy(core))
		err = pkt_place_all(core);
	if (!err)
		return place_group(core, choice, seq, from, ret_n);
	if (ret_n)
		*ret_n = 0;
	return err;
}

enum udf_err pkt_place_recovered(struct pkt_core *core)
{
	enum udf_err err = pkt_place_all(core);

	if (err)
		return err;
	/* Who writes without a journal now must not find its older blocks again. */
	(void)pkt_journal_forget(core);
	pkt_journal_stop(core);
	return UDF_OK;
}

enum udf_err pkt_place_set_journal(struct pkt_core *core, const struct bio_journal *area)
{
	enum udf_err err = area ? pkt_journal_check(core, area, PKT_JOURNAL_LEAST) : UDF_OK;

	if (err)
		return err;
	if (core->journal.n_packets)
		err = core->journal.is_recovered ? pkt_place_recovered(core) : pkt_place_all(core);
	if (err)
		return err;
	pkt_journal_stop(core);
	return area ? pkt_journal_start(core, area) : UDF_OK;
}
