/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The layer itself: reads, writes, and the thread that writes behind and reads ahead. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "pkt/core.h"
#include "pkt/layer.h"
#include "pkt/place.h"
#include "pkt/recover.h"
#include "pkt/together.h"

#define DEFAULT_CACHE_BYTES (4u << 20)
#define MIN_PACKETS 4u
#define AHEAD_PACKETS 2u

struct cache {
	struct bio bio;
	struct pkt_core core;

	/* protected by the core's lock */
	bool no_thread;
	bool started, stop;
	pthread_t thread;
	pthread_cond_t work;	/* the thread has something to do */
	unsigned n_waiting;	/* threads that wait for a clean packet */
	uint64_t last_read_no;
	uint64_t ahead_from, ahead_to;	/* the packets to read ahead */
};

/* The part of a request that is in one packet. */
struct part {
	uint64_t no;
	uint32_t first, n;
	uint64_t mask;
};

static struct cache *cache_of(struct bio *bio)
{
	return PKT_LAYER(bio, struct cache, bio);
}

static struct part part_at(const struct cache *c, uint64_t at, uint64_t left)
{
	uint32_t unit_blocks = c->core.packets.unit_blocks;
	struct part part = { .no = at / unit_blocks, .first = (uint32_t)(at % unit_blocks) };

	part.n = (uint32_t)udf_min64(left, unit_blocks - part.first);
	part.mask = pkt_blocks(part.first, part.n);
	return part;
}

/* ---- reading; the lock is held ---- */

static void copy_out(struct cache *c, const struct pkt_packet *p, const struct part *part, uint8_t *out)
{
	size_t block_bytes = c->bio.geometry.block_bytes;

	memcpy(out, p->data + part->first * block_bytes, part->n * block_bytes);
}

/* Blocks of P have been read into DATA, which has room for a packet.  Those written meanwhile are newer. */
static void take_blocks(struct cache *c, struct pkt_packet *p, uint64_t mask, uint8_t **data)
{
	size_t block_bytes = c->bio.geometry.block_bytes;
	uint8_t *old = p->data;

	mask &= ~p->valid;
	if (!p->valid) {
		p->data = *data;
		*data = old;
	} else {
		for (uint32_t i = 0; i < c->core.packets.unit_blocks; i++)
			if (mask >> i & 1)
				memcpy(old + i * block_bytes, *data + i * block_bytes, block_bytes);
	}
	p->valid |= mask;
}

static enum udf_err read_blocks(struct cache *c, struct pkt_packet *p, uint64_t mask, uint8_t **data)
{
	uint32_t from = (uint32_t)__builtin_ctzll(mask), to = 64 - (uint32_t)__builtin_clzll(mask);
	uint64_t at = p->no * c->core.packets.unit_blocks + from;
	enum udf_err err;

	pthread_mutex_unlock(&c->core.lock);
	err = bio_read(c->core.below, at, to - from, *data + (size_t)from * c->bio.geometry.block_bytes);
	pthread_mutex_lock(&c->core.lock);
	if (!err)
		take_blocks(c, p, mask, data);
	return err;
}

/* These blocks of P can't be read.  Where nothing was ever stored in them, they are zeros. */
static enum udf_err read_nothing(struct cache *c, struct pkt_packet *p, uint64_t mask, uint8_t **data)
{
	uint64_t at = p->no * c->core.packets.unit_blocks + (uint32_t)__builtin_ctzll(mask);
	uint32_t n = (uint32_t)__builtin_popcountll(mask);

	if (!pkt_is_unused(&c->core, at, n))
		return UDF_E_MEDIUM;
	memset(*data + (size_t)__builtin_ctzll(mask) * c->bio.geometry.block_bytes, 0,
	       (size_t)n * c->bio.geometry.block_bytes);
	take_blocks(c, p, mask, data);
	return UDF_OK;
}

/* The packet can't be read whole: read at least the blocks WANTED, run by run, and else one by one. */
static enum udf_err read_wanted(struct cache *c, struct pkt_packet *p, uint64_t wanted, uint8_t **data)
{
	enum udf_err err = wanted ? UDF_OK : UDF_E_MEDIUM;
	bool by_runs = true;

	while (!err && wanted & ~p->valid) {
		uint64_t missing = wanted & ~p->valid, lowest = missing & -missing;
		uint64_t run = by_runs ? missing & ~(missing + lowest) : lowest;

		err = read_blocks(c, p, run, data);
		if (err == UDF_E_MEDIUM)
			err = read_nothing(c, p, run, data);
		if (err == UDF_E_MEDIUM && run != lowest) {
			by_runs = false;
			err = UDF_OK;
		}
	}
	return err;
}

/* Fill the packet, or if it can't be read whole, the blocks WANTED of it. */
static enum udf_err fill_packet(struct cache *c, struct pkt_packet *p, uint64_t wanted)
{
	uint8_t *data = malloc((size_t)c->core.packets.unit_blocks * c->bio.geometry.block_bytes);
	enum udf_err err = UDF_E_MEDIUM;

	if (!data)
		return UDF_E_NOMEM;
	p->reading = true;
	if (!p->unreadable)
		err = read_blocks(c, p, pkt_packet_whole(&c->core.packets, p->no), &data);
	if (!err)
		c->core.stats.n_packets_read++;
	p->unreadable = err == UDF_E_MEDIUM;
	if (p->unreadable)
		err = read_wanted(c, p, wanted, &data);
	p->reading = false;
	pthread_cond_broadcast(&c->core.changed);
	free(data);
	return err;
}

static enum udf_err read_part(struct cache *c, const struct part *part, uint8_t *out)
{
	struct pkt_packet *p;
	enum udf_err err = UDF_OK;

	for (;;) {
		p = pkt_packets_find(&c->core.packets, part->no);
		if (p && (p->valid & part->mask) == part->mask)
			break;
		if (pkt_is_busy(&c->core, part->no)) {
			pkt_wait(&c->core);
			continue;
		}
		if (!p)
			err = pkt_packets_add(&c->core.packets, part->no, &p);
		if (!err)
			err = fill_packet(c, p, part->mask);
		break;
	}
	if (!p) {
		/* The cache is full of what must be written first: readers don't wait for that. */
		uint64_t at = part->no * c->core.packets.unit_blocks + part->first;

		pthread_mutex_unlock(&c->core.lock);
		err = bio_read(c->core.below, at, part->n, out);
		pthread_mutex_lock(&c->core.lock);
		if (err != UDF_E_MEDIUM || !pkt_is_unused(&c->core, at, part->n))
			return err;
		memset(out, 0, (size_t)part->n * c->bio.geometry.block_bytes);
		return UDF_OK;
	}
	if (err)
		return err;
	copy_out(c, p, part, out);
	pkt_packets_touch(&c->core.packets, p);
	return UDF_OK;
}

static void read_one_ahead(struct cache *c)
{
	uint64_t no = c->ahead_from++;
	struct pkt_packet *p;

	if (no >= udf_ceil_div(c->core.packets.n_blocks, c->core.packets.unit_blocks))
		return;
	/* Nobody misses it, and many drives try for seconds to read what was never written. */
	if (pkt_is_unused(&c->core, no * c->core.packets.unit_blocks, pkt_packet_n_blocks(&c->core.packets, no))) {
		c->ahead_to = c->ahead_from;
		return;
	}
	if (pkt_packets_find(&c->core.packets, no) || pkt_is_busy(&c->core, no))
		return;
	/* Where one can't be read, the next ones may cost the drive as much time. */
	if (pkt_packets_add(&c->core.packets, no, &p) || fill_packet(c, p, 0))
		c->ahead_to = c->ahead_from;
}

/* ---- the thread ---- */

static void *thread_main(void *arg)
{
	struct cache *c = arg;
	enum pkt_step step;

	pthread_mutex_lock(&c->core.lock);
	while (!c->stop) {
		if (c->ahead_from < c->ahead_to) {
			read_one_ahead(c);
			continue;
		}
		step = pkt_next_step(&c->core, c->n_waiting && !pkt_packets_have_room(&c->core.packets));
		if (step != PKT_NOTHING)
			pkt_do_step(&c->core, step);
		else
			pthread_cond_wait(&c->work, &c->core.lock);
	}
	pthread_mutex_unlock(&c->core.lock);
	return NULL;
}

/* Where it can't be started, the callers do its work. */
static void start_thread(struct cache *c)
{
	sigset_t all, old;

	if (c->started || c->no_thread)
		return;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	c->started = pthread_create(&c->thread, NULL, thread_main, c) == 0;
	c->no_thread = !c->started;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

/* Who reads one packet after the other will read the next ones, too. */
static void note_read(struct cache *c, uint64_t no)
{
	if (no == c->last_read_no)
		return;
	if (no == c->last_read_no + 1) {
		start_thread(c);
		if (c->started) {
			c->ahead_from = no + 1;
			c->ahead_to = no + 1 + AHEAD_PACKETS;
			pthread_cond_signal(&c->work);
		}
	}
	c->last_read_no = no;
}

/* Something has become dirty. */
static void write_behind(struct cache *c)
{
	enum pkt_step step = pkt_next_step(&c->core, false);

	if (step == PKT_NOTHING)
		return;
	start_thread(c);
	if (c->started) {
		pthread_cond_signal(&c->work);
		return;
	}
	for (; step != PKT_NOTHING; step = pkt_next_step(&c->core, false))
		pkt_do_step(&c->core, step);
}

/* ---- room for a packet; the lock is held ---- */

/* No packet is clean and idle.  Let one become so.  Where all have failed, try once more to write them. */
static enum udf_err make_room(struct cache *c)
{
	enum pkt_step step = pkt_next_step(&c->core, true);

	start_thread(c);
	if (step == PKT_NOTHING && !pkt_packets_any_busy(&c->core.packets))
		return pkt_flush(&c->core);
	if (step != PKT_NOTHING && !c->started) {
		pkt_do_step(&c->core, step);
		return UDF_OK;
	}
	c->n_waiting++;
	pthread_cond_signal(&c->work);
	pkt_wait(&c->core);
	c->n_waiting--;
	return UDF_OK;
}

static enum udf_err need_packet(struct cache *c, uint64_t no, struct pkt_packet **ret_packet)
{
	enum udf_err err;

	for (;;) {
		struct pkt_packet *p = pkt_packets_find(&c->core.packets, no);

		if (p) {
			pkt_packets_touch(&c->core.packets, p);
			*ret_packet = p;
			return UDF_OK;
		}
		err = pkt_packets_add(&c->core.packets, no, &p);
		if (err == UDF_E_BUSY)
			err = make_room(c);
		if (err)
			return err;
	}
}

/* ---- the layer ---- */

static enum udf_err cache_read(struct bio *bio, uint64_t at, uint32_t n_blocks, void *ret_data)
{
	struct cache *c = cache_of(bio);
	uint8_t *out = ret_data;
	uint64_t left = n_blocks;
	enum udf_err err = UDF_OK;

	pthread_mutex_lock(&c->core.lock);
	while (left && !err) {
		struct part part = part_at(c, at, left);

		err = read_part(c, &part, out);
		note_read(c, part.no);
		out += (size_t)part.n * bio->geometry.block_bytes;
		at += part.n;
		left -= part.n;
	}
	pthread_mutex_unlock(&c->core.lock);
	return pkt_pass_up(bio, c->core.below, err);
}

static enum udf_err cache_write(struct bio *bio, uint64_t at, uint32_t n_blocks, const void *data)
{
	struct cache *c = cache_of(bio);
	size_t block_bytes = bio->geometry.block_bytes;
	const uint8_t *in = data;
	uint64_t left = n_blocks;
	enum udf_err err = UDF_OK;

	pthread_mutex_lock(&c->core.lock);
	while (left) {
		struct part part = part_at(c, at, left);
		struct pkt_packet *p;

		err = need_packet(c, part.no, &p);
		if (err)
			break;
		memcpy(p->data + part.first * block_bytes, in, part.n * block_bytes);
		pkt_packet_set_dirty(&c->core.packets, p, part.mask);
		c->core.stats.n_user_blocks += part.n;
		write_behind(c);
		in += part.n * block_bytes;
		at += part.n;
		left -= part.n;
	}
	pthread_mutex_unlock(&c->core.lock);
	return pkt_pass_up(bio, c->core.below, err);
}

static enum udf_err cache_flush(struct bio *bio)
{
	struct cache *c = cache_of(bio);
	enum udf_err err;

	if (bio->geometry.access == BIO_READ_ONLY)
		return UDF_OK;	/* what bio_recover() found stays in memory */
	pthread_mutex_lock(&c->core.lock);
	err = pkt_flush(&c->core);
	pthread_mutex_unlock(&c->core.lock);
	return pkt_pass_up(bio, c->core.below, err);
}

static enum udf_err cache_write_together(struct bio *bio, const struct bio_part *parts, size_t n_parts)
{
	struct cache *c = cache_of(bio);
	enum udf_err err;

	pthread_mutex_lock(&c->core.lock);
	err = pkt_write_together(&c->core, parts, n_parts);
	pthread_mutex_unlock(&c->core.lock);
	return pkt_pass_up(bio, c->core.below, err);
}

static bool is_dirty(struct cache *c)
{
	bool is_dirty;

	pthread_mutex_lock(&c->core.lock);
	is_dirty = c->core.packets.n_dirty || c->core.packets.n_unsynced;
	pthread_mutex_unlock(&c->core.lock);
	return is_dirty;
}

/* What was read before may have moved. */
static void forget_all(struct cache *c)
{
	pthread_mutex_lock(&c->core.lock);
	c->ahead_to = 0;
	while (pkt_packets_any_busy(&c->core.packets))
		pkt_wait(&c->core);
	pkt_packets_forget(&c->core.packets);
	pthread_mutex_unlock(&c->core.lock);
}

static enum udf_err cache_set_remap(struct bio *bio, const struct bio_remap *remap)
{
	struct cache *c = cache_of(bio);
	struct bio_remap ours = remap ? *remap : (struct bio_remap){ 0 };
	enum udf_err err;

	err = is_dirty(c) ? cache_flush(bio) : UDF_OK;
	if (err)
		return err;
	if (ours.store) {
		ours.store = pkt_store_table;
		ours.ctx = &c->core;
	}
	err = bio_set_remap(c->core.below, remap ? &ours : NULL);
	if (err)
		return pkt_pass_up(bio, c->core.below, err);
	c->core.remap = remap ? *remap : (struct bio_remap){ 0 };
	forget_all(c);
	return UDF_OK;
}

static enum udf_err cache_set_free_query(struct bio *bio, bio_free_query is_free, void *ctx)
{
	struct cache *c = cache_of(bio);

	pthread_mutex_lock(&c->core.lock);
	c->core.is_free = is_free;
	c->core.free_ctx = ctx;
	/* Whoever answered so far may go away after this call. */
	while (c->core.n_asking)
		pkt_wait(&c->core);
	pthread_mutex_unlock(&c->core.lock);
	(void)bio_set_free_query(c->core.below, is_free, ctx);
	return UDF_OK;
}

static enum udf_err cache_set_journal(struct bio *bio, const struct bio_journal *journal)
{
	struct cache *c = cache_of(bio);
	enum udf_err err;

	pthread_mutex_lock(&c->core.lock);
	pkt_begin_writing(&c->core);
	err = pkt_place_set_journal(&c->core, journal);
	pkt_end_writing(&c->core);
	pthread_mutex_unlock(&c->core.lock);
	return pkt_pass_up(bio, c->core.below, err);
}

static enum udf_err cache_recover(struct bio *bio, const struct bio_journal *journal, unsigned *ret_n_packets)
{
	struct cache *c = cache_of(bio);
	enum udf_err err;

	pthread_mutex_lock(&c->core.lock);
	pkt_begin_writing(&c->core);
	err = pkt_recover(&c->core, journal, ret_n_packets);
	pkt_end_writing(&c->core);
	pthread_mutex_unlock(&c->core.lock);
	return err;
}

static enum udf_err cache_settle(struct bio *bio)
{
	struct cache *c = cache_of(bio);
	enum udf_err err = UDF_OK;

	pthread_mutex_lock(&c->core.lock);
	pkt_begin_writing(&c->core);
	if (c->core.journal.n_packets)
		err = c->core.journal.is_recovered ? pkt_place_recovered(&c->core) : pkt_place_all(&c->core);
	pkt_end_writing(&c->core);
	pthread_mutex_unlock(&c->core.lock);
	return pkt_pass_up(bio, c->core.below, err);
}

static struct bio *cache_below(struct bio *bio)
{
	return cache_of(bio)->core.below;
}

static void core_done(struct pkt_core *core)
{
	pthread_cond_destroy(&core->changed);
	pthread_mutex_destroy(&core->lock);
	pkt_packets_done(&core->packets);
	pkt_wear_done(&core->wear);
	free(core->journal.record);
	free(core->scratch);
}

static void cache_close(struct bio *bio)
{
	struct cache *c = cache_of(bio);

	pthread_mutex_lock(&c->core.lock);
	c->stop = true;
	pthread_cond_signal(&c->work);
	pthread_mutex_unlock(&c->core.lock);
	if (c->started)
		pthread_join(c->thread, NULL);
	bio_close(c->core.below);
	pthread_cond_destroy(&c->work);
	core_done(&c->core);
	free(c);
}

/* No fd_range, which would bypass the cache, and no discard: these media have none. */
static const struct bio_ops cache_ops = {
	.read = cache_read,
	.write = cache_write,
	.flush = cache_flush,
	.write_together = cache_write_together,
	.set_remap = cache_set_remap,
	.set_free_query = cache_set_free_query,
	.set_journal = cache_set_journal,
	.recover = cache_recover,
	.settle = cache_settle,
	.below = cache_below,
	.close = cache_close,
};

/* The packets that no place takes are still in memory. */
static void count_bad(const struct pkt_core *core, struct pkt_stats *stats)
{
	const struct pkt_packets *all = &core->packets;
	uint64_t first_no = UINT64_MAX;

	stats->n_bad = 0;
	stats->bad_is_logged = true;
	for (const struct pkt_packet *p = all->ends.newer; p != &all->ends; p = p->newer) {
		if (!p->bad || (!p->dirty && !p->log_seq))
			continue;
		stats->n_bad++;
		first_no = udf_min64(first_no, p->no);
		stats->bad_is_logged &= p->log_seq != 0;
	}
	stats->first_bad_at = stats->n_bad ? first_no * all->unit_blocks : 0;
}

void pkt_cache_stats(struct bio *bio, struct pkt_stats *ret_stats)
{
	struct cache *c = cache_of(bio);

	pthread_mutex_lock(&c->core.lock);
	*ret_stats = c->core.stats;
	ret_stats->unit_blocks = c->core.packets.unit_blocks;
	ret_stats->block_bytes = c->core.packets.block_bytes;
	count_bad(&c->core, ret_stats);
	ret_stats->max_rewrites = c->core.wear.max;
	ret_stats->max_rewrites_at = c->core.wear.max_no * c->core.packets.unit_blocks;
	pthread_mutex_unlock(&c->core.lock);
}

double pkt_stats_amplification(const struct pkt_stats *stats)
{
	if (stats->n_user_blocks == 0)
		return 0;
	return (double)stats->n_packets_written * stats->unit_blocks / (double)stats->n_user_blocks;
}

static enum udf_err core_init(struct pkt_core *core, struct bio *below, size_t cache_bytes)
{
	const struct bio_geometry *geometry = &below->geometry;
	size_t packet_bytes = (size_t)geometry->write_unit_blocks * geometry->block_bytes;
	size_t max = cache_bytes / packet_bytes;
	enum udf_err err;

	core->below = below;
	core->writing_no = core->table_no = PKT_NO_PACKET;
	pkt_wear_init(&core->wear, udf_ceil_div(geometry->n_blocks, geometry->write_unit_blocks));
	err = pkt_packets_init(&core->packets, geometry->write_unit_blocks, geometry->block_bytes, geometry->n_blocks,
			       max < MIN_PACKETS ? MIN_PACKETS : max);
	core->scratch = malloc(packet_bytes);
	pthread_mutex_init(&core->lock, NULL);
	pthread_cond_init(&core->changed, NULL);
	return err || core->scratch ? err : UDF_E_NOMEM;
}

enum udf_err pkt_cache_new(struct bio *below, const struct pkt_cache_options *options, struct bio **ret_bio)
{
	size_t cache_bytes = options && options->cache_bytes ? options->cache_bytes : DEFAULT_CACHE_BYTES;
	uint32_t unit_blocks = below->geometry.write_unit_blocks;
	struct cache *c;
	enum udf_err err;

	if (unit_blocks < 2 || unit_blocks > PKT_MAX_UNIT_BLOCKS)
		return UDF_E_UNSUPPORTED;
	c = calloc(1, sizeof(*c));
	if (!c)
		return UDF_E_NOMEM;
	err = core_init(&c->core, below, cache_bytes);
	if (err) {
		core_done(&c->core);
		free(c);
		return err;
	}
	c->bio.ops = &cache_ops;
	c->bio.geometry = below->geometry;
	c->bio.geometry.volatile_cache = true;
	c->no_thread = options && options->no_thread;
	c->core.drive_completes = options && options->drive_completes;
	c->last_read_no = PKT_NO_PACKET - 1;
	pthread_cond_init(&c->work, NULL);
	*ret_bio = &c->bio;
	return UDF_OK;
}
