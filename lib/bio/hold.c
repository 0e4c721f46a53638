/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes and flushes that are held back in memory, in order, until bio_let_go() writes them.  So the caller that
 * has decided what to write need not wait until it is written.
 *
 * A record stays in the list, and reads see it, until it is written to the layer below.  So reads never see the
 * older contents.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "bio/layer.h"

#define MAX_HELD_BYTES (8u << 20)	/* when more is held back, all of it is written first */
#define N_BUCKETS 4096u

/* One block of a write.  The cells of a bucket are in order, the newest first. */
struct cell {
	struct cell *next;
	uint64_t at;
	uint8_t *data;
};

struct record {
	struct record *next;
	uint64_t at;
	uint32_t n_blocks;	/* 0: a flush */
	uint8_t *data;
	struct cell cells[];
};

struct hold {
	struct bio bio;
	struct bio *below;
	bool on;		/* used only by the one thread that writes */
	pthread_mutex_t lock;	/* protects the members below; not held while a record is written */
	pthread_cond_t idle;	/* signals that no thread is writing records any more */
	bool writing;
	enum udf_err failed;
	uint64_t failed_at;
	struct record *first, **last;
	size_t n_held_bytes;
	struct cell *buckets[N_BUCKETS];
};

static struct hold *hold_of(struct bio *bio)
{
	return BIO_LAYER(bio, struct hold, bio);
}

/* ---- the records; the lock is held ---- */

static struct cell **bucket_of(struct hold *h, uint64_t at)
{
	return &h->buckets[(at * 0x9E3779B97F4A7C15u) >> 52];
}

/* The newest held contents of block AT; NULL: it is not held back. */
static const struct cell *find(struct hold *h, uint64_t at)
{
	const struct cell *cell = *bucket_of(h, at);

	while (cell && cell->at != at)
		cell = cell->next;
	return cell;
}

/* How many of N_BLOCKS blocks from AT come before the first one that is held back. */
static uint32_t n_not_held(struct hold *h, uint64_t at, uint64_t n_blocks)
{
	uint64_t n = 0;

	if (h->n_held_bytes == 0)
		return (uint32_t)n_blocks;
	while (n < n_blocks && !find(h, at + n))
		n++;
	return (uint32_t)n;
}

static void append(struct hold *h, struct record *r)
{
	size_t block_bytes = h->bio.geometry.block_bytes;
	uint32_t i;

	*h->last = r;
	h->last = &r->next;
	h->n_held_bytes += r->n_blocks * block_bytes;
	for (i = 0; i < r->n_blocks; i++) {
		struct cell **bucket = bucket_of(h, r->at + i);

		r->cells[i] = (struct cell){ *bucket, r->at + i, r->data + i * block_bytes };
		*bucket = &r->cells[i];
	}
}

static void remove_first(struct hold *h)
{
	struct record *r = h->first;
	uint32_t i;

	for (i = 0; i < r->n_blocks; i++) {
		struct cell **link = bucket_of(h, r->at + i);

		while (*link != &r->cells[i])
			link = &(*link)->next;
		*link = r->cells[i].next;
	}
	h->n_held_bytes -= (size_t)r->n_blocks * h->bio.geometry.block_bytes;
	h->first = r->next;
	if (!h->first)
		h->last = &h->first;
	free(r);
}

static enum udf_err write_record(struct hold *h, const struct record *r)
{
	return r->n_blocks ? bio_write(h->below, r->at, r->n_blocks, r->data) : bio_flush(h->below);
}

/* ---- letting go ---- */

/* The records up to the last flush.  None, if there are fewer than two flushes, and nothing is gained. */
struct group {
	size_t n_records, n_flushes, n_parts;
};

static struct group find_group(const struct hold *h)
{
	struct group seen = { 0 }, group = { 0 };

	for (const struct record *r = h->first; r; r = r->next) {
		seen.n_records++;
		seen.n_flushes += r->n_blocks == 0;
		seen.n_parts += r->n_blocks > 0;
		if (r->n_blocks == 0)
			group = seen;
	}
	return group.n_flushes < 2 ? (struct group){ 0 } : group;
}

/* Only this thread removes records, so those of the group stay while the lock is not held. */
static enum udf_err write_group(struct hold *h, const struct group *group)
{
	struct bio_part *parts = calloc(group->n_parts, sizeof(*parts));
	const struct record *r = h->first;
	enum udf_err err;

	if (!parts)
		return UDF_E_UNSUPPORTED;
	for (size_t i = 0; i < group->n_parts; r = r->next)
		if (r->n_blocks)
			parts[i++] = (struct bio_part){ r->at, r->n_blocks, r->data };
	pthread_mutex_unlock(&h->lock);
	err = bio_write_together(h->below, parts, group->n_parts);
	pthread_mutex_lock(&h->lock);
	free(parts);
	return err;
}

/* Write all records up to the last flush at once, where the layer below can. */
static void let_group_go(struct hold *h)
{
	struct group group = { 0 };
	enum udf_err err;

	if (h->below->ops->write_together)
		group = find_group(h);
	err = group.n_parts ? write_group(h, &group) : UDF_E_UNSUPPORTED;
	if (err == UDF_E_UNSUPPORTED)
		return;
	if (err) {
		h->failed = bio_pass_up(&h->bio, h->below, err);
		h->failed_at = UINT64_MAX;
		return;
	}
	while (group.n_records--)
		remove_first(h);
}

static enum udf_err hold_let_go(struct bio *bio, size_t n_most, uint64_t *ret_failed_at)
{
	struct hold *h = hold_of(bio);
	enum udf_err err;

	pthread_mutex_lock(&h->lock);
	while (h->writing)
		pthread_cond_wait(&h->idle, &h->lock);
	h->writing = true;
	if (n_most == SIZE_MAX && !h->failed)
		let_group_go(h);
	while (h->first && !h->failed && n_most--) {
		struct record *r = h->first;

		pthread_mutex_unlock(&h->lock);
		err = write_record(h, r);
		pthread_mutex_lock(&h->lock);
		if (err) {
			h->failed = bio_pass_up(bio, h->below, err);
			h->failed_at = r->n_blocks ? r->at : UINT64_MAX;
		} else {
			remove_first(h);
		}
	}
	h->writing = false;
	pthread_cond_broadcast(&h->idle);
	err = h->failed;
	if (ret_failed_at)
		*ret_failed_at = h->failed_at;
	pthread_mutex_unlock(&h->lock);
	return err;
}

static enum udf_err hold_hold(struct bio *bio, bool on)
{
	hold_of(bio)->on = on;
	return UDF_OK;
}

/* Before a call that bypasses the records: write out everything, where a record has one of the blocks of the call. */
static enum udf_err let_go_of(struct hold *h, uint64_t at, uint64_t n_blocks)
{
	bool any;

	pthread_mutex_lock(&h->lock);
	any = n_not_held(h, at, n_blocks) < n_blocks;
	pthread_mutex_unlock(&h->lock);
	return any ? hold_let_go(&h->bio, SIZE_MAX, NULL) : UDF_OK;
}

/* ---- the layer ---- */

static enum udf_err hold_read(struct bio *bio, uint64_t at, uint32_t n_blocks, void *ret_data)
{
	struct hold *h = hold_of(bio);
	size_t block_bytes = bio->geometry.block_bytes;
	uint8_t *out = ret_data;
	enum udf_err err = UDF_OK;

	pthread_mutex_lock(&h->lock);
	if (n_not_held(h, at, n_blocks) == n_blocks) {
		pthread_mutex_unlock(&h->lock);
		return bio_pass_up(bio, h->below, bio_read(h->below, at, n_blocks, ret_data));
	}
	while (n_blocks && !err) {
		uint32_t n = n_not_held(h, at, n_blocks);

		if (n) {
			err = bio_pass_up(bio, h->below, bio_read(h->below, at, n, out));
		} else {
			memcpy(out, find(h, at)->data, block_bytes);
			n = 1;
		}
		out += n * block_bytes;
		at += n;
		n_blocks -= n;
	}
	pthread_mutex_unlock(&h->lock);
	return err;
}

static enum udf_err keep(struct hold *h, uint64_t at, uint32_t n_blocks, const void *data)
{
	size_t n_bytes = (size_t)n_blocks * h->bio.geometry.block_bytes;
	size_t head_bytes = sizeof(struct record) + n_blocks * sizeof(struct cell);
	struct record *r;
	bool full;

	pthread_mutex_lock(&h->lock);
	full = h->n_held_bytes && h->n_held_bytes + n_bytes > MAX_HELD_BYTES;
	pthread_mutex_unlock(&h->lock);
	if (full) {
		enum udf_err err = hold_let_go(&h->bio, SIZE_MAX, NULL);

		if (err)
			return err;
	}
	r = malloc(head_bytes + n_bytes);
	if (!r)
		return UDF_E_NOMEM;
	*r = (struct record){ .at = at, .n_blocks = n_blocks, .data = (uint8_t *)r + head_bytes };
	if (n_bytes)
		memcpy(r->data, data, n_bytes);
	pthread_mutex_lock(&h->lock);
	append(h, r);
	pthread_mutex_unlock(&h->lock);
	return UDF_OK;
}

static enum udf_err hold_write(struct bio *bio, uint64_t at, uint32_t n_blocks, const void *data)
{
	struct hold *h = hold_of(bio);
	enum udf_err err;

	if (h->on)
		return keep(h, at, n_blocks, data);
	err = let_go_of(h, at, n_blocks);
	return err ? err : bio_pass_up(bio, h->below, bio_write(h->below, at, n_blocks, data));
}

static enum udf_err hold_flush(struct bio *bio)
{
	struct hold *h = hold_of(bio);
	enum udf_err err;

	if (h->on)
		return keep(h, 0, 0, NULL);
	err = hold_let_go(bio, SIZE_MAX, NULL);
	return err ? err : bio_pass_up(bio, h->below, bio_flush(h->below));
}

static enum udf_err hold_discard(struct bio *bio, uint64_t at, uint64_t n_blocks)
{
	struct hold *h = hold_of(bio);
	enum udf_err err = let_go_of(h, at, n_blocks);

	return err ? err : bio_pass_up(bio, h->below, bio_discard(h->below, at, n_blocks));
}

static enum udf_err hold_fd_range(struct bio *bio, uint64_t at, uint64_t n_blocks, int *ret_fd,
				  uint64_t *ret_offset_bytes)
{
	struct hold *h = hold_of(bio);
	bool any;

	pthread_mutex_lock(&h->lock);
	any = n_not_held(h, at, n_blocks) < n_blocks;
	pthread_mutex_unlock(&h->lock);
	return any ? UDF_E_UNSUPPORTED : bio_fd_range(h->below, at, n_blocks, ret_fd, ret_offset_bytes);
}

static struct bio *hold_below(struct bio *bio)
{
	return hold_of(bio)->below;
}

static void hold_close(struct bio *bio)
{
	struct hold *h = hold_of(bio);

	while (h->first)
		remove_first(h);
	pthread_cond_destroy(&h->idle);
	pthread_mutex_destroy(&h->lock);
	bio_close(h->below);
	free(h);
}

static const struct bio_ops hold_ops = {
	.read = hold_read,
	.write = hold_write,
	.flush = hold_flush,
	.discard = hold_discard,
	.fd_range = hold_fd_range,
	.hold = hold_hold,
	.let_go = hold_let_go,
	.below = hold_below,
	.close = hold_close,
};

enum udf_err bio_hold_new(struct bio *below, struct bio **ret_bio)
{
	struct hold *h = calloc(1, sizeof(*h));

	if (!h)
		return UDF_E_NOMEM;
	h->bio.ops = &hold_ops;
	h->bio.geometry = below->geometry;
	h->below = below;
	h->last = &h->first;
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->idle, NULL);
	*ret_bio = &h->bio;
	return UDF_OK;
}
