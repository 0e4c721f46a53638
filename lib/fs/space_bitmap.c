/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Free space in a space bitmap (ECMA-167 4/14.12), read page by page as it is needed.
 *
 * A search looks only where a run may be.  Each page has an upper bound for its longest free run.  A page that is in
 * memory also has one for each group of its bits: for the longest run that begins there.  A bound rises when blocks are
 * freed.  It falls when a search has gone through the whole group or page and has found only shorter runs.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/checked.h"
#include "ecma/codec.h"
#include "fs/alloc.h"
#include "fs/batch.h"
#include "fs/state.h"

#define PAGE_BYTES 16384u
#define PAGES_IN_MEMORY 256u
#define UNCOUNTED UINT32_MAX
#define GOOD_RUN_BLOCKS 16u
#define GOOD_RUN_SEARCH_PAGES 4u	/* pages that are searched without success; skipped ones are not counted */
#define GROUP_BITS 1024u

static uint32_t page_first_bit(const struct alloc *a, uint32_t page)
{
	uint64_t first = (uint64_t)page * a->bitmap.page_bytes;

	return page == 0 ? 0 : (uint32_t)((first - UDF_SBD_FIXED_BYTES) * 8);
}

static uint32_t page_end_bit(const struct alloc *a, uint32_t page)
{
	uint64_t end = (((uint64_t)page + 1) * a->bitmap.page_bytes - UDF_SBD_FIXED_BYTES) * 8;

	return (uint32_t)udf_min64(end, a->n_blocks);
}

static uint32_t page_of_bit(const struct alloc *a, uint32_t bit)
{
	return (uint32_t)((UDF_SBD_FIXED_BYTES + (uint64_t)bit / 8) / a->bitmap.page_bytes);
}

static uint8_t *page_bits(const struct alloc *a, uint32_t page)
{
	return a->bitmap.pages[page].bytes + (page == 0 ? UDF_SBD_FIXED_BYTES : 0);
}

/* The bounds of the page's groups. */
static uint8_t *page_groups(const struct space_bitmap *b, uint32_t page)
{
	return b->pages[page].bytes + b->page_bytes;
}

static uint32_t n_groups(const struct space_bitmap *b)
{
	return b->page_bytes * 8 / GROUP_BITS;
}

/* On a medium that wears: the page as the disc has it, or with more blocks free than there. */
static uint8_t *page_disc(const struct space_bitmap *b, uint32_t page)
{
	return page_groups(b, page) + n_groups(b);
}

/*
 * There, too: the page as it was when it was first read.  Blocks that were found to be in use since are used in it, and
 * those that were freed since are free.
 */
static uint8_t *page_before(const struct space_bitmap *b, uint32_t page)
{
	return page_disc(b, page) + b->page_bytes;
}

static uint8_t as_bound(uint64_t n_blocks)
{
	return (uint8_t)udf_min64(n_blocks, UDF_BOUND_MAX);
}

static uint64_t descriptor_bytes(const struct alloc *a)
{
	return UDF_SBD_FIXED_BYTES + udf_ceil_div(a->n_blocks, 8);
}

/*
 * Write the changed blocks of a page.  This is safe at any time, except after a batch was written in part: nothing
 * refers to a block before it is marked as used, and nothing durable refers to a block that is marked as free.
 */
static enum udf_err page_write(struct udf_fs *fs, uint32_t page)
{
	struct space_bitmap *b = &fs->alloc.bitmap;
	struct bitmap_page *p = &b->pages[page];
	uint32_t blocks_per_page = b->page_bytes / fs->block_bytes, at = 0;

	while (p->dirty_blocks) {
		uint32_t lbn, n = 0;
		enum udf_err err;

		while (!(p->dirty_blocks >> at & 1))
			at++;
		while (at + n < blocks_per_page && (p->dirty_blocks >> (at + n) & 1))
			n++;
		lbn = b->lbn + page * blocks_per_page + at;
		err = udf_vol_write(fs->vol, fs->alloc.part_ref, lbn, n,
				    p->bytes + (size_t)at * fs->block_bytes);
		if (err)
			return fs_fail(fs, err, "space bitmap", lbn);
		if (fs->policy.wears)
			memcpy(page_disc(b, page) + (size_t)at * fs->block_bytes,
			       p->bytes + (size_t)at * fs->block_bytes, (size_t)n * fs->block_bytes);
		for (; n; n--, at++)
			p->dirty_blocks &= ~(1u << at);
	}
	return UDF_OK;
}

/* Bits [FIRST, END) of PAGE in the disc's copy: see space_mark_ahead(). */
static bool put_used_ahead(struct alloc *a, uint32_t page, uint32_t first, uint32_t end)
{
	const uint8_t *bits = page_bits(a, page);
	uint8_t *disc = page_disc(&a->bitmap, page) + (bits - a->bitmap.pages[page].bytes);

	return space_mark_ahead(bits, disc, first, end, a->bitmap.pages[page].n_free);
}

/*
 * On a medium that wears: write only the changed blocks in which a block is free that is used in memory.  Until the
 * volume is closed the disc may have more blocks marked as used than memory has.
 */
static enum udf_err page_write_ahead(struct udf_fs *fs, uint32_t page, bool *ret_wrote)
{
	struct alloc *a = &fs->alloc;
	struct space_bitmap *b = &a->bitmap;
	uint32_t blocks_per_page = b->page_bytes / fs->block_bytes, bits_per_block = fs->block_bytes * 8, at;
	uint32_t n_header_bits = page == 0 ? UDF_SBD_FIXED_BYTES * 8 : 0;
	uint32_t n_bits = page_end_bit(a, page) - page_first_bit(a, page);

	for (at = 0; at < blocks_per_page; at++) {
		uint32_t first = at * bits_per_block, end = first + bits_per_block - n_header_bits;
		uint32_t lbn = b->lbn + page * blocks_per_page + at;
		enum udf_err err;

		first -= first < n_header_bits ? first : n_header_bits;
		if (!(b->pages[page].dirty_blocks >> at & 1) ||
		    !put_used_ahead(a, page, first, (uint32_t)udf_min64(end, n_bits)))
			continue;
		err = udf_vol_write(fs->vol, a->part_ref, lbn, 1,
				    page_disc(b, page) + (size_t)at * fs->block_bytes);
		if (err)
			return fs_fail(fs, err, "space bitmap", lbn);
		*ret_wrote = true;
	}
	return UDF_OK;
}

/* Of up to 16 clean (or dirty) pages, the one that was used longest ago; UINT32_MAX: there is none. */
static uint32_t oldest_page(const struct space_bitmap *b, uint32_t keep, bool dirty)
{
	uint32_t best = UINT32_MAX, seen = 0, i;
	uint32_t at = b->clock % b->n_pages;

	for (i = 0; i < b->n_pages && seen < 16; i++, at = at + 1 == b->n_pages ? 0 : at + 1) {
		const struct bitmap_page *p = &b->pages[at];

		if (!p->bytes || (p->dirty_blocks != 0) != dirty || at == keep)
			continue;
		seen++;
		if (best == UINT32_MAX || p->used_at < b->pages[best].used_at)
			best = at;
	}
	return best;
}

/* Free the memory of a page.  Where all pages are dirty, one is written before its commit. */
static enum udf_err evict_one(struct udf_fs *fs, uint32_t keep)
{
	struct space_bitmap *b = &fs->alloc.bitmap;
	uint32_t best = oldest_page(b, keep, false);

	if (best == UINT32_MAX) {
		enum udf_err err;

		best = oldest_page(b, keep, true);
		if (best == UINT32_MAX)
			return UDF_OK;
		/* after a failed write nothing more is written, so the page is dropped */
		err = fs->access.failed ? UDF_OK : page_write(fs, best);
		if (err)
			return err;
		b->pages[best].dirty_blocks = 0;
		fs->batch.data_unflushed = true;	/* it must be durable before LINK */
	}
	alloc_lock(&fs->alloc);
	free(b->pages[best].bytes);
	b->pages[best].bytes = NULL;
	alloc_unlock(&fs->alloc);
	b->n_loaded--;
	return UDF_OK;
}

/* A new descriptor at the beginning of the bitmap. */
static void put_header(const struct udf_fs *fs, uint8_t *ret)
{
	struct udf_sbd sbd = { .n_bits = fs->alloc.n_blocks,
			       .n_bytes = (uint32_t)udf_ceil_div(fs->alloc.n_blocks, 8) };

	udf_sbd_encode(&sbd, ret);
	udf_tag_seal(ret, UDF_TAG_SBD, fs->vol->tag_version, fs->vol->tag_serial, fs->alloc.bitmap.lbn, 8);
}

/*
 * Read what can be read of a page.  All blocks count as free in the rest, until the space pass has marked those that
 * are in use: a power cut has made the packet unreadable in which that part was being written.
 */
static enum udf_err read_lost_page(struct udf_fs *fs, uint32_t page, uint32_t n_blocks, uint8_t *bytes)
{
	struct alloc *a = &fs->alloc;
	struct space_bitmap *b = &a->bitmap;
	uint32_t lbn = b->lbn + page * (b->page_bytes / fs->block_bytes), i;
	uint32_t n_bits = page_end_bit(a, page) - page_first_bit(a, page);
	uint8_t *bits = bytes + (page == 0 ? UDF_SBD_FIXED_BYTES : 0);

	for (i = 0; i < n_blocks; i++) {
		uint8_t *block = bytes + (size_t)i * fs->block_bytes;
		enum udf_err err = udf_vol_read(fs->vol, a->part_ref, lbn + i, 1, block);

		if (err && err != UDF_E_MEDIUM)
			return err;
		if (!err)
			continue;
		memset(block, 0xFF, fs->block_bytes);
		b->pages[page].dirty_blocks |= 1u << i;
	}
	if (b->pages[page].dirty_blocks & 1 && page == 0)
		put_header(fs, bytes);
	udf_bits_fill(bits, n_bits, (uint64_t)(bytes + b->page_bytes - bits) * 8 - n_bits, false);
	b->was_lost = true;
	alloc_set_trust(a, SPACE_DOUBTED);
	return UDF_OK;
}

static enum udf_err page_load(struct udf_fs *fs, uint32_t page)
{
	struct alloc *a = &fs->alloc;
	struct space_bitmap *b = &a->bitmap;
	struct bitmap_page *p = &b->pages[page];
	uint32_t blocks_per_page = b->page_bytes / fs->block_bytes;
	uint64_t n_blocks = udf_ceil_div(descriptor_bytes(a), fs->block_bytes);
	uint8_t *bytes;
	enum udf_err err;

	p->used_at = ++b->clock;
	if (p->bytes)
		return UDF_OK;
	err = b->n_loaded >= b->n_loaded_max ? evict_one(fs, page) : UDF_OK;
	if (err)
		return err;
	b->keeps_copies = fs->policy.wears;
	bytes = calloc(1, b->page_bytes + n_groups(b) + (b->keeps_copies ? 2 * b->page_bytes : 0));
	if (!bytes)
		return UDF_E_NOMEM;
	n_blocks = udf_min64(n_blocks - (uint64_t)page * blocks_per_page, blocks_per_page);
	err = udf_vol_read(fs->vol, a->part_ref, b->lbn + page * blocks_per_page, (uint32_t)n_blocks,
			   bytes);
	if (err == UDF_E_MEDIUM && b->may_be_lost)
		err = read_lost_page(fs, page, (uint32_t)n_blocks, bytes);
	if (err) {
		free(bytes);
		return err;
	}
	if (b->keeps_copies) {
		memcpy(bytes + b->page_bytes + n_groups(b), bytes, b->page_bytes);
		memcpy(bytes + 2 * b->page_bytes + n_groups(b), bytes, b->page_bytes);
	}
	alloc_lock(a);
	p->bytes = bytes;
	alloc_unlock(a);
	b->n_loaded++;
	if (p->n_free == UNCOUNTED)
		p->n_free = (uint32_t)udf_bits_count(page_bits(a, page), 0,
						     page_end_bit(a, page) - page_first_bit(a, page));
	if (p->n_free == 0)
		udf_bounds_set(&b->bounds, page, 0);
	memset(page_groups(b, page), udf_bounds_get(&b->bounds, page), n_groups(b));
	return UDF_OK;
}

/* Bits of PAGE became free, and AT is one of them: raise the bounds to the length of the run with AT. */
static void run_grew(struct alloc *a, uint32_t page, uint32_t at)
{
	struct space_bitmap *b = &a->bitmap;
	uint32_t end = page_end_bit(a, page) - page_first_bit(a, page);
	uint64_t before = udf_bits_ones_before(page_bits(a, page), at, UDF_BOUND_MAX);
	uint8_t *group = page_groups(b, page) + (at - before) / GROUP_BITS, bound;

	/* a run that begins even earlier has the highest bound already */
	if (before == UDF_BOUND_MAX)
		return;
	bound = as_bound(before + udf_bits_find(page_bits(a, page), at, udf_min64(end, (uint64_t)at + UDF_BOUND_MAX),
						false) - at);
	if (*group < bound)
		*group = bound;
	udf_bounds_raise(&b->bounds, page, bound);
}

/* Mark bits [AT, STOP) of PAGE as used.  N_FREE of them were free. */
static void mark_bits_used(struct alloc *a, uint32_t page, uint32_t at, uint32_t stop, uint32_t n_free)
{
	struct space_bitmap *b = &a->bitmap;
	uint32_t end = page_end_bit(a, page) - page_first_bit(a, page);

	alloc_lock(a);
	udf_bits_fill(page_bits(a, page), at, stop - at, false);
	alloc_unlock(a);
	b->pages[page].n_free -= n_free;
	if (b->pages[page].n_free == 0)
		udf_bounds_set(&b->bounds, page, 0);
	else if (stop < end && udf_bit_get(page_bits(a, page), stop))
		run_grew(a, page, stop);	/* the remaining part of the run begins there now */
}

static void page_changed(struct udf_fs *fs, uint32_t page, uint32_t bit, uint32_t n_bits)
{
	uint32_t base = page == 0 ? UDF_SBD_FIXED_BYTES : 0;
	uint32_t first = (base + bit / 8) / fs->block_bytes;
	uint32_t last = (base + (bit + n_bits - 1) / 8) / fs->block_bytes;

	for (; first <= last; first++)
		fs->alloc.bitmap.pages[page].dirty_blocks |= 1u << first;
}

static enum udf_err read_header(struct udf_fs *fs)
{
	struct alloc *a = &fs->alloc;
	struct space_bitmap *b = &a->bitmap;
	struct udf_sbd sbd;
	enum udf_err err = page_load(fs, 0);

	if (err)
		return err;
	err = udf_tag_verify(b->pages[0].bytes,
			     (size_t)udf_min64(b->page_bytes, descriptor_bytes(a)), UDF_TAG_SBD,
			     (struct udf_place){ a->part_ref, b->lbn, NULL }, NULL, NULL);
	udf_sbd_decode(b->pages[0].bytes, &sbd);
	/* A CRC over more than the first page can't be verified here.  Phase OPEN repairs the header. */
	if (err && sbd.tag.crc_bytes <= 8)
		return err;
	if (sbd.tag.id != UDF_TAG_SBD || sbd.n_bits != a->n_blocks ||
	    sbd.n_bytes < udf_ceil_div(sbd.n_bits, 8))
		return UDF_E_CORRUPT;
	b->header_has_crc = sbd.tag.crc_bytes > 8;
	return UDF_OK;
}

static enum udf_err bitmap_open(struct udf_fs *fs, const char **ret_why)
{
	struct alloc *a = &fs->alloc;
	struct space_bitmap *b = &a->bitmap;
	enum udf_err err = UDF_E_CORRUPT;
	uint32_t i;

	b->page_bytes = fs->block_bytes > PAGE_BYTES ? fs->block_bytes : PAGE_BYTES;
	b->n_pages = (uint32_t)udf_ceil_div(descriptor_bytes(a), b->page_bytes);
	b->n_loaded_max = PAGES_IN_MEMORY;
	/* a page that was made anew must stay in memory until the space pass */
	b->may_be_lost = fs->integrity.found_open && udf_vol_is_in_packets(fs->vol) && fs->options.find_used &&
			 b->n_pages <= b->n_loaded_max;
	b->lbn = a->set.lbn;
	if (UDF_EXTENT_BYTES(a->set.length) >= descriptor_bytes(a) && b->lbn < a->n_blocks &&
	    udf_ceil_div(descriptor_bytes(a), fs->block_bytes) <= a->n_blocks - b->lbn) {
		b->pages = calloc(b->n_pages, sizeof(*b->pages));
		if (!b->pages)
			return UDF_E_NOMEM;
		for (i = 0; i < b->n_pages; i++)
			b->pages[i].n_free = UNCOUNTED;
		err = udf_bounds_init(&b->bounds, b->n_pages);
		if (!err)
			err = read_header(fs);
	}
	if (err == UDF_E_CORRUPT || err == UDF_E_MEDIUM || err == UDF_E_IO) {
		*ret_why = "its space bitmap is damaged; check it first";
		return UDF_OK;
	}
	a->free_is_known = !fs->integrity.found_open && fs->integrity.n_recorded_free <= a->n_blocks;
	a->n_free = fs->integrity.n_recorded_free;
	return err;
}

static void bitmap_close(struct alloc *a)
{
	uint32_t i;

	for (i = 0; a->bitmap.pages && i < a->bitmap.n_pages; i++)
		free(a->bitmap.pages[i].bytes);
	free(a->bitmap.pages);
	udf_bounds_done(&a->bitmap.bounds);
}

/*
 * Find the first run of at least MIN_RUN free bits, up to WANT, that begins in [FROM, STOP) of a page with END bits.
 * *RET_LONGEST: where there is none, the length of the longest run.
 */
static bool find_run(const uint8_t *bits, uint32_t from, uint32_t stop, uint32_t end, uint32_t want,
		     uint32_t min_run, uint32_t *ret_at, uint32_t *ret_n, uint32_t *ret_longest)
{
	for (*ret_longest = 0; from < stop;) {
		uint32_t at = (uint32_t)udf_bits_find(bits, from, stop, true), n;

		if (at >= stop)
			return false;
		n = (uint32_t)udf_bits_find(bits, at, udf_min64(end, (uint64_t)at + want), false) - at;
		if (n >= min_run) {
			*ret_at = at;
			*ret_n = n;
			return true;
		}
		if (n > *ret_longest)
			*ret_longest = n;
		from = at + n + 1;
	}
	return false;
}

/* The same from bit FROM to the end of a loaded page.  Where there is none, its bounds are lowered. */
static bool find_in_page(struct alloc *a, uint32_t page, uint32_t from, uint32_t want, uint32_t min_run,
			 uint32_t *ret_at, uint32_t *ret_n)
{
	struct space_bitmap *b = &a->bitmap;
	uint32_t end = page_end_bit(a, page) - page_first_bit(a, page), at = from, longest;
	uint8_t *groups = page_groups(b, page), highest = 0;

	while (at < end) {
		uint32_t group = at / GROUP_BITS, stop = (uint32_t)udf_min64(end, (group + 1) * GROUP_BITS);
		bool is_whole = at % GROUP_BITS == 0;

		if (!is_whole || groups[group] >= min_run) {
			b->n_looked++;
			if (find_run(page_bits(a, page), at, stop, end, want, min_run, ret_at, ret_n, &longest))
				return true;
			if (is_whole)
				groups[group] = as_bound(longest);
		}
		if (groups[group] > highest)
			highest = groups[group];
		at = stop;
	}
	if (from == 0)
		udf_bounds_set(&b->bounds, page, highest);
	return false;
}

/* Take a run.  MIN_RUN is at most UDF_BOUND_MAX.  At most MAX_PAGES pages are searched without success. */
static enum udf_err search(struct udf_fs *fs, uint32_t goal, uint32_t want, uint32_t min_run,
			   uint32_t max_pages, uint32_t *ret_lbn, uint32_t *ret_n)
{
	struct alloc *a = &fs->alloc;
	struct space_bitmap *b = &a->bitmap;
	uint32_t start = page_of_bit(a, goal), page = start, n_searched = 0;
	bool wrapped = false;

	/* the page with the goal is searched again at the end, from its start */
	while (n_searched < max_pages) {
		uint32_t at, n, from;
		enum udf_err err;

		page = udf_bounds_next(&b->bounds, page, (uint8_t)min_run);
		if (page == b->n_pages && !wrapped) {
			wrapped = true;
			page = 0;
			continue;
		}
		if (page == b->n_pages || (wrapped && page > start))
			return UDF_E_NOSPC;
		err = page_load(fs, page);
		if (err)
			return err;
		from = page == start && !wrapped ? goal - page_first_bit(a, page) : 0;
		if (find_in_page(a, page, from, want, min_run, &at, &n)) {
			mark_bits_used(a, page, at, at + n, n);
			page_changed(fs, page, at, n);
			*ret_lbn = page_first_bit(a, page) + at;
			*ret_n = n;
			return UDF_OK;
		}
		n_searched++;
		page++;
	}
	return UDF_E_NOSPC;
}

static enum udf_err bitmap_take(struct udf_fs *fs, uint32_t goal, uint32_t want, uint32_t least,
				uint32_t *ret_lbn, uint32_t *ret_n)
{
	enum udf_err err = UDF_E_NOSPC;

	if (want > 1)
		err = search(fs, goal, want, want < GOOD_RUN_BLOCKS ? want : GOOD_RUN_BLOCKS,
			     GOOD_RUN_SEARCH_PAGES, ret_lbn, ret_n);
	if (err == UDF_E_NOSPC)
		err = search(fs, goal, want, least, UINT32_MAX, ret_lbn, ret_n);
	return err;
}

static enum udf_err bitmap_release(struct udf_fs *fs, uint32_t lbn, uint32_t n_blocks,
				   int64_t *ret_n_freed)
{
	struct alloc *a = &fs->alloc;

	*ret_n_freed = 0;
	while (n_blocks) {
		uint32_t page = page_of_bit(a, lbn), first = page_first_bit(a, page);
		uint32_t n = (uint32_t)udf_min64(n_blocks, page_end_bit(a, page) - lbn);
		uint32_t n_were_free;
		enum udf_err err = page_load(fs, page);

		if (err)
			return err;
		n_were_free = (uint32_t)udf_bits_count(page_bits(a, page), lbn - first, lbn - first + n);
		alloc_lock(a);
		udf_bits_fill(page_bits(a, page), lbn - first, n, true);
		if (a->bitmap.keeps_copies)	/* what was stored there does not matter any more (R1) */
			udf_bits_fill(page_before(&a->bitmap, page) + (page == 0 ? UDF_SBD_FIXED_BYTES : 0),
				      lbn - first, n, true);
		alloc_unlock(a);
		a->bitmap.pages[page].n_free += n - n_were_free;
		run_grew(a, page, lbn - first);
		page_changed(fs, page, lbn - first, n);
		*ret_n_freed += n - n_were_free;
		lbn += n;
		n_blocks -= n;
	}
	return UDF_OK;
}

static enum udf_err bitmap_has_free(struct udf_fs *fs, uint32_t lbn, uint32_t n_blocks, uint32_t *n_reads,
				    bool *ret_any)
{
	struct alloc *a = &fs->alloc;
	uint32_t end = lbn + n_blocks;

	for (*ret_any = false; lbn < end && !*ret_any;) {
		uint32_t page = page_of_bit(a, lbn), first = page_first_bit(a, page);
		uint32_t stop = (uint32_t)udf_min64(end, page_end_bit(a, page));
		const struct bitmap_page *p = &a->bitmap.pages[page];

		if (p->n_free != 0 && (p->bytes || *n_reads)) {
			enum udf_err err;

			*n_reads -= !p->bytes;
			err = page_load(fs, page);
			if (err)
				return err;
			*ret_any = udf_bits_find(page_bits(a, page), lbn - first, stop - first, true) < stop - first;
		}
		lbn = stop;
	}
	return UDF_OK;
}

static enum udf_err bitmap_free_run(struct udf_fs *fs, uint32_t lbn, uint32_t most, uint32_t *ret_n)
{
	struct alloc *a = &fs->alloc;
	uint32_t at = lbn, end = lbn + most;

	while (at < end) {
		uint32_t page = page_of_bit(a, at), first = page_first_bit(a, page), used;
		uint32_t stop = (uint32_t)udf_min64(end, page_end_bit(a, page));
		enum udf_err err = page_load(fs, page);

		if (err)
			return err;
		used = first + (uint32_t)udf_bits_find(page_bits(a, page), at - first, stop - first, false);
		at = used;
		if (used < stop)
			break;
	}
	*ret_n = at - lbn;
	return UDF_OK;
}

/* A packet of which a part is on another page is not found. */
static enum udf_err bitmap_find_packet(struct udf_fs *fs, uint32_t goal, uint32_t *ret_lbn)
{
	struct alloc *a = &fs->alloc;
	struct space_bitmap *b = &a->bitmap;
	uint32_t unit = a->packet_blocks, page = page_of_bit(a, goal);

	while ((page = udf_bounds_next(&b->bounds, page, as_bound(unit))) < b->n_pages) {
		uint32_t first = page_first_bit(a, page), end = page_end_bit(a, page);
		uint32_t at = goal > first ? goal - first : 0;
		enum udf_err err = page_load(fs, page);

		if (err)
			return err;
		while ((at = (uint32_t)udf_bits_find(page_bits(a, page), at, end - first, true)) < end - first) {
			uint32_t rest = (first + at + unit - a->packet_phase) % unit;
			uint32_t lbn = first + at + (rest ? unit - rest : 0), n = 0;

			if (lbn >= a->packet_phase && lbn + unit <= end)
				n = (uint32_t)udf_bits_find(page_bits(a, page), lbn - first, lbn - first + unit,
							    false) - (lbn - first);
			if (n == unit) {
				*ret_lbn = lbn;
				return UDF_OK;
			}
			at = (rest ? lbn : lbn + unit) - first;
		}
		page++;
	}
	return UDF_E_NOSPC;
}

/* The first bit from AT to END of PAGE whose block is in use, and with BEFORE was so before; END if there is none. */
static uint32_t find_used(const struct alloc *a, uint32_t page, uint32_t at, uint32_t end, bool before)
{
	const uint8_t *now = page_bits(a, page), *then;

	at = (uint32_t)udf_bits_find(now, at, end, false);
	if (!before)
		return at;
	then = page_before(&a->bitmap, page) + (now - a->bitmap.pages[page].bytes);
	while (at < end && udf_bit_get(then, at))
		at = (uint32_t)udf_bits_find(now, at + 1, end, false);
	return at;
}

static bool bitmap_is_free(const struct alloc *a, uint32_t lbn, uint32_t n_blocks, bool before)
{
	uint32_t end = lbn + n_blocks;

	while (lbn < end) {
		uint32_t page = page_of_bit(a, lbn), first = page_first_bit(a, page);
		uint32_t stop = (uint32_t)udf_min64(end, page_end_bit(a, page));

		if (!a->bitmap.pages[page].bytes ||
		    find_used(a, page, lbn - first, stop - first, before && a->bitmap.keeps_copies) < stop - first)
			return false;
		lbn = stop;
	}
	return true;
}

static enum udf_err bitmap_mark_used(struct udf_fs *fs, uint32_t lbn, uint32_t n_blocks, uint64_t *n_marked)
{
	struct alloc *a = &fs->alloc;
	uint32_t end = lbn + n_blocks;

	while (lbn < end) {
		uint32_t page = page_of_bit(a, lbn), first = page_first_bit(a, page), n_free;
		uint32_t stop = (uint32_t)udf_min64(end, page_end_bit(a, page));
		enum udf_err err = page_load(fs, page);

		if (err)
			return err;
		n_free = (uint32_t)udf_bits_count(page_bits(a, page), lbn - first, stop - first);
		/* Until the set is trusted, what is marked was in use before. */
		if (a->bitmap.keeps_copies && a->trust != SPACE_TRUSTED && a->trust != SPACE_PASSED) {
			alloc_lock(a);
			udf_bits_fill(page_before(&a->bitmap, page) + (page == 0 ? UDF_SBD_FIXED_BYTES : 0),
				      lbn - first, stop - lbn, false);
			alloc_unlock(a);
		}
		if (n_free) {
			mark_bits_used(a, page, lbn - first, stop - first, n_free);
			page_changed(fs, page, lbn - first, stop - lbn);
			*n_marked += n_free;
		}
		lbn = stop;
	}
	return UDF_OK;
}

/*
 * A packet can only be written whole, and the rest of it can't be read either: what the extent of the bitmap has after
 * the bits becomes zeros.
 */
static enum udf_err write_lost_rest(struct udf_fs *fs)
{
	struct alloc *a = &fs->alloc;
	uint32_t unit = fs->vol->bio->geometry.write_unit_blocks / fs->vol->bio_per_block;
	uint32_t lbn = a->bitmap.lbn + (uint32_t)udf_ceil_div(descriptor_bytes(a), fs->block_bytes);
	uint32_t end = (uint32_t)udf_min64((uint64_t)lbn + unit, a->bitmap.lbn + (uint64_t)udf_ceil_div(
					       UDF_EXTENT_BYTES(a->set.length), fs->block_bytes));
	enum udf_err err = UDF_OK;

	for (; lbn < end && lbn < a->n_blocks && !err; lbn++) {
		if (udf_vol_read(fs->vol, a->part_ref, lbn, 1, fs->scratch) != UDF_E_MEDIUM)
			continue;
		memset(fs->scratch, 0, fs->block_bytes);
		err = udf_vol_write(fs->vol, a->part_ref, lbn, 1, fs->scratch);
		if (err)
			err = fs_fail(fs, err, "space bitmap", lbn);
	}
	return err;
}

static enum udf_err bitmap_write(struct udf_fs *fs, bool exactly, bool *ret_wrote)
{
	struct space_bitmap *b = &fs->alloc.bitmap;
	enum udf_err err = UDF_OK;
	uint32_t i;

	for (i = 0; i < b->n_pages && !err; i++) {
		if (!b->pages[i].dirty_blocks)
			continue;
		if (fs->policy.wears && !exactly && !b->was_lost) {
			err = page_write_ahead(fs, i, ret_wrote);
			continue;
		}
		*ret_wrote = true;
		err = page_write(fs, i);
	}
	if (!err && b->was_lost)
		err = write_lost_rest(fs);
	b->was_lost &= err != UDF_OK;
	return err;
}

static enum udf_err bitmap_mend_header(struct udf_fs *fs, bool *ret_wrote)
{
	struct space_bitmap *b = &fs->alloc.bitmap;
	struct udf_tag tag;
	enum udf_err err;

	if (!b->header_has_crc)
		return UDF_OK;
	err = page_load(fs, 0);
	if (err)
		return err;
	udf_tag_decode(b->pages[0].bytes, &tag);
	udf_tag_seal(b->pages[0].bytes, tag.id, tag.version, tag.serial, tag.location, 8);
	err = udf_vol_write(fs->vol, fs->alloc.part_ref, b->lbn, 1, b->pages[0].bytes);
	if (err)
		return fs_fail(fs, err, "space bitmap", b->lbn);
	if (fs->policy.wears)
		memcpy(page_disc(b, 0), b->pages[0].bytes, fs->block_bytes);
	b->header_has_crc = false;
	*ret_wrote = true;
	return UDF_OK;
}

static enum udf_err bitmap_count(struct udf_fs *fs, uint64_t *ret_n_free)
{
	struct space_bitmap *b = &fs->alloc.bitmap;
	uint64_t n_free = 0;
	uint32_t i;

	for (i = 0; i < b->n_pages; i++) {
		if (b->pages[i].n_free == UNCOUNTED) {
			enum udf_err err = page_load(fs, i);

			if (err)
				return err;
		}
		n_free += b->pages[i].n_free;
	}
	*ret_n_free = n_free;
	return UDF_OK;
}

const struct space_ops space_bitmap_ops = {
	.open = bitmap_open,
	.close = bitmap_close,
	.take = bitmap_take,
	.release = bitmap_release,
	.has_free = bitmap_has_free,
	.free_run = bitmap_free_run,
	.find_packet = bitmap_find_packet,
	.is_free = bitmap_is_free,
	.mark_used = bitmap_mark_used,
	.write = bitmap_write,
	.mend_header = bitmap_mend_header,
	.count = bitmap_count,
};
