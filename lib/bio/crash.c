/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The states in which a power cut may leave a medium, made from a recorded log. */
#include <stdlib.h>
#include <string.h>
#include <udfkit/bio.h>

#include "base/checked.h"
#include "bio/layer.h"

#define EVERY_SUBSET_MAX 6u /* with so few pending writes, seeds 1 to 64 are all the subsets */

/* Which of the pending writes survive: a function of the seed and the write's place among them. */
struct draw {
	enum { DRAW_ALL, DRAW_MASK, DRAW_DENSITY, DRAW_ALL_BUT_ONE, DRAW_ONE } kind;
	uint64_t seed;
	unsigned keep_of_8;
	size_t one;
};

struct bio_crash_walker {
	const struct bio_event *events;
	size_t n_events;
	size_t next;	  /* events before this one are in BASE, or no longer needed */
	struct bio *base; /* overlay */
	uint32_t unit_blocks; /* of the medium below it */
	bool wears;
};

/* splitmix64's finisher over both numbers. */
static uint64_t mix(uint64_t seed, uint64_t salt)
{
	uint64_t z = seed * 0x9E3779B97F4A7C15u + salt * 0xD1B54A32D192ED03u + 1;

	z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
	z = (z ^ z >> 27) * 0x94D049BB133111EBu;
	return z ^ z >> 31;
}

static struct draw draw_from(uint64_t seed, size_t n_pending)
{
	struct draw d = { .kind = DRAW_ALL, .seed = seed };

	if (seed == 0 || n_pending == 0)
		return d;
	if (n_pending <= EVERY_SUBSET_MAX) {
		d.kind = DRAW_MASK;
		return d;
	}
	d.one = (size_t)(mix(seed, 1) % n_pending);
	switch (seed % 4) {
	case 0:
		d.kind = DRAW_ALL_BUT_ONE;
		break;
	case 1:
		d.kind = DRAW_DENSITY;
		d.keep_of_8 = 4;
		break;
	case 2:
		d.kind = DRAW_DENSITY;
		d.keep_of_8 = 1 + (unsigned)(mix(seed, 2) % 7);
		break;
	default:
		d.kind = DRAW_ONE;
		break;
	}
	return d;
}

static bool survives(const struct draw *d, size_t i)
{
	switch (d->kind) {
	case DRAW_ALL:
		return true;
	case DRAW_MASK:
		return d->seed >> i & 1;
	case DRAW_DENSITY:
		return mix(d->seed, i + 16) % 8 < d->keep_of_8;
	case DRAW_ALL_BUT_ONE:
		return i != d->one;
	case DRAW_ONE:
		return i == d->one;
	}
	return true;
}

static bool can_tear(const struct bio_event *event, enum bio_tear tear)
{
	switch (tear) {
	case BIO_TEAR_NONE:
		return false;
	case BIO_TEAR_BLOCK:
		return event->n_blocks > 1;
	case BIO_TEAR_INSIDE:
	case BIO_TEAR_PACKET:
		return true;
	}
	return false;
}

/* Apply the units of EVENT that come before one drawn from SEED, and make that one unreadable. */
static enum udf_err apply_torn_packet(struct bio *state, const struct bio_event *event, uint64_t seed)
{
	uint32_t unit_blocks = state->geometry.write_unit_blocks;
	uint64_t first = event->at / unit_blocks;
	uint64_t last = (event->at + event->n_blocks - 1) / unit_blocks;
	uint64_t torn = first + mix(seed, 3) % (last - first + 1);
	uint64_t torn_at = udf_max64(torn * unit_blocks, event->at);
	enum udf_err err;

	err = bio_write(state, event->at, (uint32_t)(torn_at - event->at), event->data);
	return err ? err : bio_packet_set_unreadable(state, torn_at);
}

/* Apply only the first part of EVENT to STATE: 1 to n - 1 blocks, or 1 to n - 1 bytes. */
static enum udf_err apply_torn(struct bio *state, const struct bio_event *event, enum bio_tear tear,
			       uint64_t seed)
{
	uint32_t block_bytes = state->geometry.block_bytes;
	uint64_t n_units =
	    tear == BIO_TEAR_BLOCK ? event->n_blocks : (uint64_t)event->n_blocks * block_bytes;
	uint64_t n_kept = 1 + mix(seed, 3) % (n_units - 1);
	uint64_t n_bytes = tear == BIO_TEAR_BLOCK ? n_kept * block_bytes : n_kept;
	uint32_t n_whole = (uint32_t)(n_bytes / block_bytes);
	size_t rest_bytes = (size_t)(n_bytes % block_bytes);
	uint8_t block[BIO_MAX_BLOCK_BYTES];
	enum udf_err err;

	err = bio_write(state, event->at, n_whole, event->data);
	if (err || rest_bytes == 0)
		return err;
	err = bio_read(state, event->at + n_whole, 1, block);
	if (err)
		return err;
	memcpy(block, event->data + (size_t)n_whole * block_bytes, rest_bytes);
	return bio_write(state, event->at + n_whole, 1, block);
}

static enum udf_err apply_all(struct bio *state, const struct bio_event *events, size_t from,
			      size_t to)
{
	enum udf_err err;

	for (size_t i = from; i < to; i++) {
		if (events[i].kind != BIO_EVENT_WRITE)
			continue;
		err = bio_write(state, events[i].at, events[i].n_blocks, events[i].data);
		if (err)
			return err;
	}
	return UDF_OK;
}

/* Apply a subset of the writes among events [FROM, TO).  None of these is a flush. */
static enum udf_err apply_subset(struct bio *state, const struct bio_event *events, size_t from,
				 size_t to, uint64_t seed, enum bio_tear tear,
				 struct bio_crash_info *info)
{
	size_t n_pending = 0, nth = 0, torn = SIZE_MAX;
	enum udf_err err;
	struct draw d;

	for (size_t i = from; i < to; i++)
		n_pending += events[i].kind == BIO_EVENT_WRITE;
	d = draw_from(seed, n_pending);
	for (size_t i = from; i < to; i++)
		if (events[i].kind == BIO_EVENT_WRITE && survives(&d, nth++) &&
		    can_tear(&events[i], tear))
			torn = i;
	nth = 0;
	for (size_t i = from; i < to; i++) {
		if (events[i].kind != BIO_EVENT_WRITE || !survives(&d, nth++))
			continue;
		if (i == torn && tear == BIO_TEAR_PACKET)
			err = apply_torn_packet(state, &events[i], mix(seed, to));
		else if (i == torn)
			err = apply_torn(state, &events[i], tear, mix(seed, to));
		else
			err = bio_write(state, events[i].at, events[i].n_blocks, events[i].data);
		/* A part of a unit that an earlier power cut left unreadable, without the write that repaired it. */
		if (err == UDF_E_MEDIUM && state->geometry.write_unit_blocks > 1)
			continue;
		if (err)
			return err;
		info->n_applied_writes++;
	}
	info->n_pending_writes = n_pending;
	info->torn = torn != SIZE_MAX;
	return UDF_OK;
}

enum udf_err bio_crash_walker_new(const struct bio_event *events, size_t n_events, struct bio *base,
				  struct bio_crash_walker **ret_walker)
{
	struct bio_crash_walker *w = calloc(1, sizeof(*w));
	enum udf_err err;

	if (!w)
		return UDF_E_NOMEM;
	err = bio_overlay_new(base, false, &w->base);
	if (err) {
		free(w);
		return err;
	}
	w->events = events;
	w->n_events = n_events;
	w->unit_blocks = base->geometry.write_unit_blocks;
	w->wears = base->geometry.wears;
	*ret_walker = w;
	return UDF_OK;
}

void bio_crash_walker_free(struct bio_crash_walker *walker)
{
	if (!walker)
		return;
	bio_close(walker->base);
	free(walker);
}

/* Bring the walker's base to the last flush among the first CUT events. */
static enum udf_err advance(struct bio_crash_walker *w, size_t cut)
{
	size_t durable = cut;
	enum udf_err err;

	if (cut > w->n_events || cut < w->next)
		return UDF_E_INVAL;
	while (durable > w->next && w->events[durable - 1].kind != BIO_EVENT_FLUSH)
		durable--;
	err = apply_all(w->base, w->events, w->next, durable);
	if (err)
		return err;
	w->next = durable;
	return UDF_OK;
}

/* An overlay over the walker's base, which is written in packets where the medium is. */
static enum udf_err new_state(struct bio_crash_walker *w, struct bio **ret_overlay, struct bio **ret_state)
{
	struct bio_packet_options options = { .unit_blocks = w->unit_blocks, .wears = w->wears };
	struct bio *overlay = NULL, *state;
	enum udf_err err;

	err = bio_overlay_new(w->base, false, &overlay);
	if (err)
		return err;
	state = overlay;
	if (w->unit_blocks > 1)
		err = bio_packet_new(overlay, &options, &state);
	if (err) {
		bio_close(overlay);
		return err;
	}
	*ret_overlay = overlay;
	*ret_state = state;
	return UDF_OK;
}

static enum udf_err walker_state(struct bio_crash_walker *w, size_t cut, uint64_t seed, enum bio_tear tear,
				 struct bio_crash_info *ret_info, struct bio **ret_overlay, struct bio **ret_state)
{
	struct bio_crash_info info = { 0 };
	struct bio *overlay = NULL, *state = NULL;
	enum udf_err err;

	if (tear == BIO_TEAR_PACKET && w->unit_blocks <= 1)
		return UDF_E_INVAL;
	err = advance(w, cut);
	if (!err)
		err = new_state(w, &overlay, &state);
	if (err)
		return err;
	info.n_durable_events = w->next;
	err = apply_subset(state, w->events, w->next, cut, seed, tear, &info);
	if (err) {
		bio_close(state);
		return err;
	}
	*ret_info = info;
	*ret_overlay = overlay;
	*ret_state = state;
	return UDF_OK;
}

enum udf_err bio_crash_walker_state(struct bio_crash_walker *walker, size_t cut, uint64_t seed,
				    enum bio_tear tear, struct bio_crash_info *ret_info,
				    struct bio **ret_bio)
{
	struct bio_crash_info info;
	struct bio *overlay;
	enum udf_err err;

	err = walker_state(walker, cut, seed, tear, &info, &overlay, ret_bio);
	if (!err && ret_info)
		*ret_info = info;
	return err;
}

enum udf_err bio_fault_crash_state(const struct bio_event *events, size_t n_events, size_t cut,
				   uint64_t seed, enum bio_tear tear, struct bio *base,
				   struct bio **ret_bio)
{
	struct bio_crash_walker *w;
	struct bio_crash_info info;
	struct bio *overlay;
	enum udf_err err;

	err = bio_crash_walker_new(events, n_events, base, &w);
	if (err)
		return err;
	err = walker_state(w, cut, seed, tear, &info, &overlay, ret_bio);
	if (!err) {
		/* The walker's overlay stays open below the state. */
		bio_overlay_own_below(overlay);
		w->base = NULL;
	}
	bio_crash_walker_free(w);
	return err;
}
