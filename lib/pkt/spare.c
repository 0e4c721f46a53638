/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets that have moved to spare ones.  bio_set_remap() says what may move, and where it went; this layer
 * knows no sparing table.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "pkt/layer.h"
#include "pkt/spare.h"

/* A packet that has moved.  They are sorted by their first block. */
struct moved {
	uint64_t original;
	size_t spare;		/* index into the spares */
};

struct spare {
	struct bio bio;
	struct bio *below;

	pthread_mutex_t moving;	/* held while a packet moves, and while its table is stored; taken before lock */
	pthread_mutex_t lock;	/* protects the members below; never held while blocks are read or written */
	uint64_t first, end;	/* the blocks that may have moved */
	uint32_t packet_blocks;	/* 0: no table is set */
	struct bio_remap remap;	/* its spares are our own copy; changed only with both locks */
	struct bio_spare *spares;
	size_t n_spares;
	struct moved *moved;	/* room for all spares */
	size_t n_moved;		/* also read without the lock, to see that it is 0 */
	bool unstored;		/* a packet has moved, and storing that failed */
	enum udf_err flush_err;	/* of a flush of our own: who wrote the blocks has to know */
	bio_free_query is_free;
	void *free_ctx;
};

/* A part of a request whose blocks lie one after the other below. */
struct piece {
	uint64_t target;	/* where they lie */
	uint64_t n_blocks;
	bool has_moved;
};

static struct spare *spare_of(struct bio *bio)
{
	return PKT_LAYER(bio, struct spare, bio);
}

/* Return ERR of the layer below, with its errno value. */
static enum udf_err pass_up(struct spare *s, enum udf_err err)
{
	return pkt_pass_up(&s->bio, s->below, err);
}

static bool nothing_moved(struct spare *s)
{
	return __atomic_load_n(&s->n_moved, __ATOMIC_ACQUIRE) == 0;
}

/* ---- the table; the lock is held ---- */

/* The first moved packet that begins at ORIGINAL or later. */
static size_t lower_bound(const struct spare *s, uint64_t original)
{
	size_t low = 0, high = s->n_moved;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->moved[middle].original < original)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_at(const struct spare *s, size_t i, uint64_t original)
{
	return i < s->n_moved && s->moved[i].original == original;
}

static uint64_t packet_of(const struct spare *s, uint64_t at)
{
	return s->first + (at - s->first) / s->packet_blocks * s->packet_blocks;
}

static struct piece find_piece(const struct spare *s, uint64_t at, uint64_t n_blocks)
{
	struct piece p = { .target = at, .n_blocks = n_blocks };
	uint64_t packet;
	size_t i;

	if (s->n_moved == 0 || at >= s->end)
		return p;
	if (at < s->first) {
		p.n_blocks = udf_min64(n_blocks, s->first - at);
		return p;
	}
	packet = packet_of(s, at);
	i = lower_bound(s, packet);
	if (is_at(s, i, packet)) {
		p.target = s->spares[s->moved[i].spare].mapped + (at - packet);
		p.n_blocks = udf_min64(n_blocks, udf_min64(packet + s->packet_blocks, s->end) - at);
		p.has_moved = true;
	} else if (i < s->n_moved) {
		p.n_blocks = udf_min64(n_blocks, s->moved[i].original - at);
	}
	return p;
}

static bool any_moved(const struct spare *s, uint64_t at, uint64_t n_blocks)
{
	uint64_t from = udf_max64(at, s->first), to = udf_min64(at + n_blocks, s->end);
	size_t i;

	if (s->n_moved == 0 || from >= to)
		return false;
	i = lower_bound(s, packet_of(s, from));
	return i < s->n_moved && s->moved[i].original < to;
}

static struct piece piece_at(struct spare *s, uint64_t at, uint64_t n_blocks)
{
	struct piece p;

	pthread_mutex_lock(&s->lock);
	p = find_piece(s, at, n_blocks);
	pthread_mutex_unlock(&s->lock);
	return p;
}

/* How many of the blocks from AT are in one packet, or outside those that may move. */
static uint64_t n_in_packet(struct spare *s, uint64_t at, uint64_t n_blocks)
{
	uint64_t n = n_blocks;

	pthread_mutex_lock(&s->lock);
	if (s->packet_blocks && at < s->first)
		n = s->first - at;
	else if (s->packet_blocks && at < s->end)
		n = udf_min64(packet_of(s, at) + s->packet_blocks, s->end) - at;
	pthread_mutex_unlock(&s->lock);
	return udf_min64(n, n_blocks);
}

/* The packet of block AT is now stored in spare NEW_SPARE.  The spare that it had is bad. */
static void set_moved(struct spare *s, uint64_t packet, size_t new_spare)
{
	size_t i = lower_bound(s, packet);

	if (is_at(s, i, packet)) {
		s->spares[s->moved[i].spare].state = BIO_SPARE_BAD;
		s->moved[i].spare = new_spare;
	} else {
		memmove(s->moved + i + 1, s->moved + i, (s->n_moved - i) * sizeof(*s->moved));
		s->moved[i] = (struct moved){ packet, new_spare };
		__atomic_store_n(&s->n_moved, s->n_moved + 1, __ATOMIC_RELEASE);
	}
	s->spares[new_spare].original = packet;
	s->spares[new_spare].state = BIO_SPARE_USED;
}

/* ---- moving a packet; s->moving is held, and with it the spares can't change ---- */

static bool is_free(struct spare *s, uint64_t at)
{
	bio_free_query query;
	void *ctx;

	pthread_mutex_lock(&s->lock);
	query = s->is_free;
	ctx = s->free_ctx;
	pthread_mutex_unlock(&s->lock);
	return query && query(ctx, at, 1, BIO_FREE_NOW);
}

/* Read blocks of one packet.  A block that can't be read, and is free, is zeros. */
static enum udf_err read_remaining(struct spare *s, uint64_t at, uint64_t n_blocks, uint8_t *ret_data)
{
	size_t block_bytes = s->bio.geometry.block_bytes;
	struct piece p;
	enum udf_err err;

	if (n_blocks == 0)
		return UDF_OK;
	p = piece_at(s, at, n_blocks);
	err = bio_read(s->below, p.target, (uint32_t)n_blocks, ret_data);
	if (err != UDF_E_MEDIUM)
		return err;
	for (uint64_t i = 0; i < n_blocks; i++, ret_data += block_bytes) {
		err = bio_read(s->below, p.target + i, 1, ret_data);
		if (err == UDF_E_MEDIUM && is_free(s, at + i)) {
			memset(ret_data, 0, block_bytes);
			err = UDF_OK;
		}
		if (err)
			return err;
	}
	return UDF_OK;
}

/* Make the table durable.  The packets that moved are, before it says so. */
static enum udf_err store_table(struct spare *s)
{
	enum udf_err err = bio_flush(s->below);

	if (err)
		s->flush_err = err;
	else
		err = s->remap.store(s->remap.ctx, s->below, s->spares, s->n_spares);
	if (err)
		return pass_up(s, err);
	s->unstored = false;
	return UDF_OK;
}

static bool can_use(const struct spare *s, const struct bio_spare *spare)
{
	return spare->state == BIO_SPARE_FREE && spare->mapped % s->below->geometry.write_unit_blocks == 0;
}

/* Write the whole PACKET to a spare one. */
static enum udf_err write_to_spare(struct spare *s, uint64_t packet, const uint8_t *data)
{
	enum udf_err err = UDF_E_MEDIUM;
	bool gone_bad = false;
	size_t i;

	for (i = 0; i < s->n_spares; i++) {
		if (!can_use(s, &s->spares[i]))
			continue;
		err = bio_write(s->below, s->spares[i].mapped, s->packet_blocks, data);
		if (err != UDF_E_MEDIUM)
			break;
		pthread_mutex_lock(&s->lock);
		s->spares[i].state = BIO_SPARE_BAD;
		pthread_mutex_unlock(&s->lock);
		gone_bad = true;
	}
	if (err) {
		pass_up(s, err);
		/* That a spare is bad is worth storing, but nothing depends on it. */
		if (gone_bad)
			(void)store_table(s);
		return err;
	}
	pthread_mutex_lock(&s->lock);
	set_moved(s, packet, i);
	pthread_mutex_unlock(&s->lock);
	s->unstored = true;
	return store_table(s);
}

/* Can the packet of block AT move? */
static bool can_move(struct spare *s, uint64_t at, uint64_t *ret_packet)
{
	uint32_t unit_blocks = s->below->geometry.write_unit_blocks;

	if (!s->packet_blocks || !s->remap.store || at < s->first || at >= s->end)
		return false;
	*ret_packet = packet_of(s, at);
	return s->end - *ret_packet >= s->packet_blocks && *ret_packet % unit_blocks == 0 &&
	       s->packet_blocks % unit_blocks == 0;
}

/* The N_BLOCKS blocks from AT, all of one packet, could not be written. */
static enum udf_err move_packet(struct spare *s, uint64_t at, uint64_t n_blocks, const uint8_t *data)
{
	size_t block_bytes = s->bio.geometry.block_bytes;
	uint64_t packet, n_before, n_after;
	uint8_t *whole = NULL;
	enum udf_err err;

	pthread_mutex_lock(&s->moving);
	err = pass_up(s, UDF_E_MEDIUM);
	if (!can_move(s, at, &packet))
		goto out;
	if (s->packet_blocks > SIZE_MAX / block_bytes || !(whole = malloc(s->packet_blocks * block_bytes))) {
		err = UDF_E_NOMEM;
		goto out;
	}
	n_before = at - packet;
	n_after = s->packet_blocks - n_before - n_blocks;
	err = read_remaining(s, packet, n_before, whole);
	if (!err)
		err = read_remaining(s, at + n_blocks, n_after, whole + (n_before + n_blocks) * block_bytes);
	if (err) {
		pass_up(s, err);
		goto out;
	}
	memcpy(whole + n_before * block_bytes, data, (size_t)n_blocks * block_bytes);
	err = write_to_spare(s, packet, whole);
out:
	free(whole);
	pthread_mutex_unlock(&s->moving);
	return err;
}

/* ---- the layer ---- */

static enum udf_err spare_read(struct bio *bio, uint64_t at, uint32_t n_blocks, void *ret_data)
{
	struct spare *s = spare_of(bio);
	uint8_t *out = ret_data;
	uint64_t left = n_blocks;

	if (nothing_moved(s))
		return pass_up(s, bio_read(s->below, at, n_blocks, ret_data));
	while (left) {
		struct piece p = piece_at(s, at, left);
		enum udf_err err = bio_read(s->below, p.target, (uint32_t)p.n_blocks, out);

		if (err)
			return pass_up(s, err);
		out += (size_t)p.n_blocks * bio->geometry.block_bytes;
		at += p.n_blocks;
		left -= p.n_blocks;
	}
	return UDF_OK;
}

/* The packet has moved before, and storing that failed: a write to it must not succeed before it is stored. */
static enum udf_err store_what_moved(struct spare *s)
{
	enum udf_err err = UDF_OK;

	pthread_mutex_lock(&s->moving);
	if (s->unstored)
		err = store_table(s);
	pthread_mutex_unlock(&s->moving);
	return err;
}

/*
 * ERR is what came of the write of N_BLOCKS blocks, all of one packet.  What can't move, as an integrity descriptor, is
 * tried once more in its place.
 */
static enum udf_err packet_written(struct spare *s, struct piece p, uint64_t at, const uint8_t *data, enum udf_err err)
{
	if (err == UDF_E_MEDIUM) {
		err = move_packet(s, at, p.n_blocks, data);
		/* It may have moved, and only storing that has failed. */
		if (err != UDF_E_MEDIUM || piece_at(s, at, p.n_blocks).target != p.target)
			return err;
		err = bio_write(s->below, p.target, (uint32_t)p.n_blocks, data);
	}
	if (err)
		return pass_up(s, err);
	return p.has_moved ? store_what_moved(s) : UDF_OK;
}

/* A write of several packets failed: write them one by one. */
static enum udf_err write_each_packet(struct spare *s, uint64_t at, uint64_t n_blocks, const uint8_t *data)
{
	while (n_blocks) {
		struct piece p = piece_at(s, at, n_in_packet(s, at, n_blocks));
		enum udf_err err = bio_write(s->below, p.target, (uint32_t)p.n_blocks, data);

		err = packet_written(s, p, at, data, err);
		if (err)
			return err;
		data += (size_t)p.n_blocks * s->bio.geometry.block_bytes;
		at += p.n_blocks;
		n_blocks -= p.n_blocks;
	}
	return UDF_OK;
}

static enum udf_err write_piece(struct spare *s, struct piece p, uint64_t at, const uint8_t *data)
{
	enum udf_err err = bio_write(s->below, p.target, (uint32_t)p.n_blocks, data);

	if (err == UDF_E_MEDIUM && n_in_packet(s, at, p.n_blocks) < p.n_blocks)
		return write_each_packet(s, at, p.n_blocks, data);
	return packet_written(s, p, at, data, err);
}

static enum udf_err spare_write(struct bio *bio, uint64_t at, uint32_t n_blocks, const void *data)
{
	struct spare *s = spare_of(bio);
	const uint8_t *in = data;
	uint64_t left = n_blocks;

	while (left) {
		struct piece p = { .target = at, .n_blocks = left };
		enum udf_err err;

		if (!nothing_moved(s))
			p = piece_at(s, at, left);
		err = write_piece(s, p, at, in);
		if (err)
			return err;
		in += (size_t)p.n_blocks * bio->geometry.block_bytes;
		at += p.n_blocks;
		left -= p.n_blocks;
	}
	return UDF_OK;
}

static enum udf_err spare_flush(struct bio *bio)
{
	struct spare *s = spare_of(bio);
	enum udf_err err = pass_up(s, bio_flush(s->below));

	pthread_mutex_lock(&s->moving);
	if (!err)
		err = s->flush_err;
	s->flush_err = UDF_OK;
	pthread_mutex_unlock(&s->moving);
	return err;
}

static enum udf_err spare_discard(struct bio *bio, uint64_t at, uint64_t n_blocks)
{
	struct spare *s = spare_of(bio);

	while (n_blocks) {
		struct piece p = piece_at(s, at, n_blocks);
		enum udf_err err = bio_discard(s->below, p.target, p.n_blocks);

		if (err)
			return pass_up(s, err);
		at += p.n_blocks;
		n_blocks -= p.n_blocks;
	}
	return UDF_OK;
}

/* Who has the descriptor could write there, and that must not bypass us where a packet may move. */
static enum udf_err spare_fd_range(struct bio *bio, uint64_t at, uint64_t n_blocks, int *ret_fd,
				   uint64_t *ret_offset_bytes)
{
	struct spare *s = spare_of(bio);
	bool moves;

	pthread_mutex_lock(&s->lock);
	moves = n_blocks && ((s->packet_blocks && s->remap.store) || any_moved(s, at, n_blocks));
	pthread_mutex_unlock(&s->lock);
	if (moves)
		return UDF_E_UNSUPPORTED;
	return pass_up(s, bio_fd_range(s->below, at, n_blocks, ret_fd, ret_offset_bytes));
}

/* ---- a new table ---- */

static int compare_blocks(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int compare_moved(const void *a, const void *b)
{
	const struct moved *x = a, *y = b;

	return (x->original > y->original) - (x->original < y->original);
}

/* Are the spare packets all different, so that no two share a block? */
static enum udf_err check_spares(const struct bio_remap *remap)
{
	uint64_t *mapped = calloc(remap->n_spares + 1, sizeof(*mapped));
	enum udf_err err = UDF_OK;
	size_t i;

	if (!mapped)
		return UDF_E_NOMEM;
	for (i = 0; i < remap->n_spares; i++)
		mapped[i] = remap->spares[i].mapped;
	qsort(mapped, remap->n_spares, sizeof(*mapped), compare_blocks);
	for (i = 1; i < remap->n_spares; i++)
		if (mapped[i] - mapped[i - 1] < remap->packet_blocks)
			err = UDF_E_INVAL;
	free(mapped);
	return err;
}

/* Fill NEXT's table from REMAP. */
static enum udf_err take_remap(struct spare *next, const struct bio_remap *remap)
{
	size_t i;

	next->spares = calloc(remap->n_spares + 1, sizeof(*next->spares));
	next->moved = calloc(remap->n_spares + 1, sizeof(*next->moved));
	if (!next->spares || !next->moved)
		return UDF_E_NOMEM;
	next->first = remap->first;
	next->end = remap->first + remap->n_blocks;
	next->packet_blocks = remap->packet_blocks;
	next->remap = *remap;
	next->n_spares = remap->n_spares;
	for (i = 0; i < remap->n_spares; i++) {
		next->spares[i] = remap->spares[i];
		if (remap->spares[i].state == BIO_SPARE_USED)
			next->moved[next->n_moved++] = (struct moved){ remap->spares[i].original, i };
	}
	qsort(next->moved, next->n_moved, sizeof(*next->moved), compare_moved);
	for (i = 1; i < next->n_moved; i++)
		if (next->moved[i].original == next->moved[i - 1].original)
			return UDF_E_INVAL;
	return check_spares(remap);
}

static enum udf_err spare_set_remap(struct bio *bio, const struct bio_remap *remap)
{
	struct spare *s = spare_of(bio), next = { 0 };
	enum udf_err err = remap ? take_remap(&next, remap) : UDF_OK;
	struct bio_spare *old_spares = next.spares;
	struct moved *old_moved = next.moved;

	if (err)
		goto out;
	pthread_mutex_lock(&s->moving);
	pthread_mutex_lock(&s->lock);
	old_spares = s->spares;
	old_moved = s->moved;
	s->first = next.first;
	s->end = next.end;
	s->packet_blocks = next.packet_blocks;
	s->remap = next.remap;
	s->spares = next.spares;
	s->n_spares = next.n_spares;
	s->moved = next.moved;
	__atomic_store_n(&s->n_moved, next.n_moved, __ATOMIC_RELEASE);
	s->unstored = false;
	pthread_mutex_unlock(&s->lock);
	pthread_mutex_unlock(&s->moving);
out:
	free(old_spares);
	free(old_moved);
	return err;
}

static enum udf_err spare_set_free_query(struct bio *bio, bio_free_query query, void *ctx)
{
	struct spare *s = spare_of(bio);

	/* It is asked while a packet moves, and whoever answered so far may go away after this call. */
	pthread_mutex_lock(&s->moving);
	pthread_mutex_lock(&s->lock);
	s->is_free = query;
	s->free_ctx = ctx;
	pthread_mutex_unlock(&s->lock);
	pthread_mutex_unlock(&s->moving);
	return UDF_OK;
}

static struct bio *spare_below(struct bio *bio)
{
	return spare_of(bio)->below;
}

static void spare_close(struct bio *bio)
{
	struct spare *s = spare_of(bio);

	bio_close(s->below);
	pthread_mutex_destroy(&s->lock);
	pthread_mutex_destroy(&s->moving);
	free(s->spares);
	free(s->moved);
	free(s);
}

static const struct bio_ops spare_ops = {
	.read = spare_read,
	.write = spare_write,
	.flush = spare_flush,
	.discard = spare_discard,
	.fd_range = spare_fd_range,
	.set_remap = spare_set_remap,
	.set_free_query = spare_set_free_query,
	.below = spare_below,
	.close = spare_close,
};

enum udf_err pkt_spare_new(struct bio *below, struct bio **ret_bio)
{
	struct spare *s = calloc(1, sizeof(*s));

	if (!s)
		return UDF_E_NOMEM;
	s->bio.ops = &spare_ops;
	s->bio.geometry = below->geometry;
	s->below = below;
	pthread_mutex_init(&s->moving, NULL);
	pthread_mutex_init(&s->lock, NULL);
	*ret_bio = &s->bio;
	return UDF_OK;
}
