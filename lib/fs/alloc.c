/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Allocation from the unallocated space bitmap (ECMA-167 4/14.12), paged in as it is needed.
 *
 * The pages hold what the disc shall hold after the next phase NEW: taken bits at once, freed bits
 * only when UNLINK is durable (R1).
 */
#include <stdlib.h>
#include <string.h>

#include "base/bitmap.h"
#include "base/checked.h"
#include "ecma/codec.h"
#include "fs/private.h"

#define PAGE_BYTES 16384u
#define PAGES_IN_MEMORY 256u
#define UNCOUNTED UINT32_MAX
#define GOOD_RUN_BLOCKS 16u
#define GOOD_RUN_SEARCH_PAGES 64u

static uint32_t page_first_bit(const struct alloc *a, uint32_t page)
{
	return page == 0 ? 0 : (uint32_t)(((uint64_t)page * a->page_bytes - UDF_SBD_FIXED_BYTES) * 8);
}

static uint32_t page_end_bit(const struct alloc *a, uint32_t page)
{
	uint64_t end = (((uint64_t)page + 1) * a->page_bytes - UDF_SBD_FIXED_BYTES) * 8;

	return (uint32_t)udf_min64(end, a->n_blocks);
}

static uint32_t page_of_bit(const struct alloc *a, uint32_t bit)
{
	return (uint32_t)((UDF_SBD_FIXED_BYTES + (uint64_t)bit / 8) / a->page_bytes);
}

static uint8_t *page_bits(struct alloc *a, uint32_t page)
{
	return a->pages[page].bytes + (page == 0 ? UDF_SBD_FIXED_BYTES : 0);
}

static uint64_t descriptor_bytes(const struct alloc *a)
{
	return UDF_SBD_FIXED_BYTES + udf_ceil_div(a->n_blocks, 8);
}

/* Let go of the clean page that was used longest ago, of a few that are looked at. */
static void evict_one(struct alloc *a, uint32_t keep)
{
	uint32_t best = UINT32_MAX, seen = 0, i;
	uint32_t at = a->clock % a->n_pages;

	for (i = 0; i < a->n_pages && seen < 16; i++, at = at + 1 == a->n_pages ? 0 : at + 1) {
		struct alloc_page *p = &a->pages[at];

		if (!p->bytes || p->dirty_blocks || at == keep)
			continue;
		seen++;
		if (best == UINT32_MAX || p->used_at < a->pages[best].used_at)
			best = at;
	}
	if (best == UINT32_MAX)
		return;
	free(a->pages[best].bytes);
	a->pages[best].bytes = NULL;
	a->n_loaded--;
}

static enum udf_err page_load(struct udf_fs *fs, uint32_t page)
{
	struct alloc *a = &fs->alloc;
	struct alloc_page *p = &a->pages[page];
	uint32_t blocks_per_page = a->page_bytes / fs->block_bytes;
	uint64_t n_blocks = udf_ceil_div(descriptor_bytes(a), fs->block_bytes);
	enum udf_err err;

	p->used_at = ++a->clock;
	if (p->bytes)
		return UDF_OK;
	if (a->n_loaded >= a->n_loaded_max)
		evict_one(a, page);
	p->bytes = calloc(1, a->page_bytes);
	if (!p->bytes)
		return UDF_E_NOMEM;
	n_blocks = udf_min64(n_blocks - (uint64_t)page * blocks_per_page, blocks_per_page);
	err = udf_vol_read(fs->vol, a->part_ref, a->bitmap_lbn + page * blocks_per_page,
			   (uint32_t)n_blocks, p->bytes);
	if (err) {
		free(p->bytes);
		p->bytes = NULL;
		return err;
	}
	a->n_loaded++;
	if (p->n_free == UNCOUNTED)
		p->n_free = (uint32_t)udf_bits_count(page_bits(a, page), 0,
						     page_end_bit(a, page) - page_first_bit(a, page));
	return UDF_OK;
}

static void page_changed(struct udf_fs *fs, uint32_t page, uint32_t bit, uint32_t n_bits)
{
	struct alloc *a = &fs->alloc;
	uint32_t base = page == 0 ? UDF_SBD_FIXED_BYTES : 0;
	uint32_t first = (base + bit / 8) / fs->block_bytes;
	uint32_t last = (base + (bit + n_bits - 1) / 8) / fs->block_bytes;

	for (; first <= last; first++)
		a->pages[page].dirty_blocks |= 1u << first;
}

enum udf_err alloc_open(struct udf_fs *fs)
{
	struct alloc *a = &fs->alloc;
	const struct udf_part *part = &fs->vol->parts[fs->part_ref];
	struct udf_sbd sbd;
	enum udf_err err;
	uint32_t i;

	a->part_ref = fs->part_ref;
	a->n_blocks = part->n_blocks;
	a->page_bytes = fs->block_bytes > PAGE_BYTES ? fs->block_bytes : PAGE_BYTES;
	a->n_pages = (uint32_t)udf_ceil_div(descriptor_bytes(a), a->page_bytes);
	a->n_loaded_max = PAGES_IN_MEMORY;
	a->bitmap_lbn = part->header.unallocated_bitmap.lbn;
	if (UDF_EXTENT_BYTES(part->header.unallocated_bitmap.length) < descriptor_bytes(a) ||
	    a->bitmap_lbn >= part->n_blocks ||
	    udf_ceil_div(descriptor_bytes(a), fs->block_bytes) > part->n_blocks - a->bitmap_lbn)
		return UDF_E_CORRUPT;
	a->pages = calloc(a->n_pages, sizeof(*a->pages));
	if (!a->pages)
		return UDF_E_NOMEM;
	for (i = 0; i < a->n_pages; i++)
		a->pages[i].n_free = UNCOUNTED;
	err = page_load(fs, 0);
	if (err)
		return err;
	err = udf_tag_verify(a->pages[0].bytes,
			     (size_t)udf_min64(a->page_bytes, descriptor_bytes(a)), UDF_TAG_SBD,
			     (struct udf_place){ a->part_ref, a->bitmap_lbn, NULL }, NULL, NULL);
	udf_sbd_decode(a->pages[0].bytes, &sbd);
	/* A CRC over more than the first page can't be verified here; OPEN mends the header. */
	if (err && sbd.tag.crc_bytes <= 8)
		return err;
	if (sbd.tag.id != UDF_TAG_SBD || sbd.n_bits != a->n_blocks ||
	    sbd.n_bytes < udf_ceil_div(sbd.n_bits, 8))
		return UDF_E_CORRUPT;
	a->header_has_crc = sbd.tag.crc_bytes > 8;
	a->free_is_known = !fs->found_open && fs->vol->free_blocks[fs->part_ref] <= a->n_blocks;
	a->n_free = fs->vol->free_blocks[fs->part_ref];
	a->data_cursor = 0;
	return UDF_OK;
}

void alloc_close(struct udf_fs *fs)
{
	struct alloc *a = &fs->alloc;
	uint32_t i;

	for (i = 0; a->pages && i < a->n_pages; i++)
		free(a->pages[i].bytes);
	free(a->pages);
	memset(a, 0, sizeof(*a));
}

static void count_change(struct alloc *a, int64_t n_freed)
{
	if (a->free_is_known)
		a->n_free = (uint64_t)((int64_t)a->n_free + n_freed);
}

/* The first run of MIN_RUN or more free bits in [FROM, END) of a loaded page. */
static bool find_run(const uint8_t *bits, uint32_t from, uint32_t end, uint32_t want, uint32_t min_run,
		     uint32_t *ret_at, uint32_t *ret_n)
{
	while (from < end) {
		uint32_t at = (uint32_t)udf_bits_find(bits, from, end, true);
		uint32_t stop;

		if (at >= end)
			return false;
		stop = (uint32_t)udf_bits_find(bits, at, udf_min64(end, (uint64_t)at + want), false);
		if (stop - at >= min_run) {
			*ret_at = at;
			*ret_n = stop - at;
			return true;
		}
		from = stop + 1;
	}
	return false;
}

static enum udf_err search(struct udf_fs *fs, uint32_t goal, uint32_t want, uint32_t min_run,
			   uint32_t max_pages, uint32_t *ret_lbn, uint32_t *ret_n)
{
	struct alloc *a = &fs->alloc;
	uint32_t start = page_of_bit(a, goal), i;

	for (i = 0; i <= a->n_pages && i <= max_pages; i++) {
		uint32_t page = (uint32_t)(((uint64_t)start + i) % a->n_pages);
		uint32_t first = page_first_bit(a, page), n_bits = page_end_bit(a, page) - first;
		uint32_t from = i == 0 ? goal - first : 0, at, n;
		enum udf_err err;

		if (a->pages[page].n_free == 0)
			continue;
		err = page_load(fs, page);
		if (err)
			return err;
		if (!find_run(page_bits(a, page), from, n_bits, want, min_run, &at, &n))
			continue;
		udf_bits_fill(page_bits(a, page), at, n, false);
		a->pages[page].n_free -= n;
		page_changed(fs, page, at, n);
		count_change(a, -(int64_t)n);
		*ret_lbn = first + at;
		*ret_n = n;
		return UDF_OK;
	}
	return UDF_E_NOSPC;
}

enum udf_err alloc_take(struct udf_fs *fs, uint32_t goal, uint32_t want, uint32_t *ret_lbn,
			uint32_t *ret_n)
{
	enum udf_err err = UDF_E_NOSPC;

	if (goal >= fs->alloc.n_blocks)
		goal = 0;
	if (want > 1)
		err = search(fs, goal, want, want < GOOD_RUN_BLOCKS ? want : GOOD_RUN_BLOCKS,
			     GOOD_RUN_SEARCH_PAGES, ret_lbn, ret_n);
	if (err == UDF_E_NOSPC)
		err = search(fs, goal, want, 1, UINT32_MAX, ret_lbn, ret_n);
	return err;
}

enum udf_err alloc_take_retry(struct udf_fs *fs, uint32_t goal, uint32_t want, uint32_t *ret_lbn,
			      uint32_t *ret_n)
{
	enum udf_err err = alloc_take(fs, goal, want, ret_lbn, ret_n);

	if (err == UDF_E_NOSPC && (fs->pending_frees.n_runs || fs->chunk_dirs)) {
		err = fs->bulk ? dir_trim_chunks(fs) : fs_commit(fs, COMMIT_UNLINK);
		if (!err)
			err = alloc_take(fs, goal, want, ret_lbn, ret_n);
	}
	return err;
}

enum udf_err alloc_release(struct udf_fs *fs, uint32_t lbn, uint32_t n_blocks)
{
	struct alloc *a = &fs->alloc;

	if (lbn >= a->n_blocks || n_blocks > a->n_blocks - lbn)
		return UDF_E_RANGE;
	while (n_blocks) {
		uint32_t page = page_of_bit(a, lbn), first = page_first_bit(a, page);
		uint32_t n = (uint32_t)udf_min64(n_blocks, page_end_bit(a, page) - lbn);
		uint32_t n_were_free;
		enum udf_err err = page_load(fs, page);

		if (err)
			return err;
		n_were_free = (uint32_t)udf_bits_count(page_bits(a, page), lbn - first, lbn - first + n);
		udf_bits_fill(page_bits(a, page), lbn - first, n, true);
		a->pages[page].n_free += n - n_were_free;
		page_changed(fs, page, lbn - first, n);
		count_change(a, (int64_t)n - n_were_free);
		lbn += n;
		n_blocks -= n;
	}
	return UDF_OK;
}

enum udf_err alloc_release_later(struct udf_fs *fs, uint32_t lbn, uint32_t n_blocks)
{
	return run_list_add(&fs->pending_frees, lbn, n_blocks);
}

enum udf_err alloc_apply_frees(struct udf_fs *fs)
{
	enum udf_err err = UDF_OK;
	size_t i;

	for (i = 0; i < fs->pending_frees.n_runs && !err; i++)
		err = alloc_release(fs, fs->pending_frees.runs[i].lbn,
				    fs->pending_frees.runs[i].n_blocks);
	fs->pending_frees.n_runs = 0;
	return err;
}

enum udf_err alloc_write(struct udf_fs *fs, bool *ret_wrote)
{
	struct alloc *a = &fs->alloc;
	uint32_t blocks_per_page = a->page_bytes / fs->block_bytes, i, b;

	for (i = 0; a->pages && i < a->n_pages; i++) {
		struct alloc_page *p = &a->pages[i];

		for (b = 0; p->dirty_blocks && b < blocks_per_page;) {
			uint32_t n = 0;
			enum udf_err err;

			if (!(p->dirty_blocks >> b & 1)) {
				b++;
				continue;
			}
			while (b + n < blocks_per_page && (p->dirty_blocks >> (b + n) & 1))
				n++;
			err = udf_vol_write(fs->vol, a->part_ref, a->bitmap_lbn + i * blocks_per_page + b,
					    n, p->bytes + (size_t)b * fs->block_bytes);
			if (err)
				return fs_fail(fs, err, "space bitmap",
					       a->bitmap_lbn + i * blocks_per_page + b);
			*ret_wrote = true;
			for (; n; n--, b++)
				p->dirty_blocks &= ~(1u << b);
		}
	}
	return UDF_OK;
}

enum udf_err alloc_mend_header(struct udf_fs *fs, bool *ret_wrote)
{
	struct alloc *a = &fs->alloc;
	struct udf_tag tag;
	enum udf_err err;

	if (!a->header_has_crc)
		return UDF_OK;
	err = page_load(fs, 0);
	if (err)
		return err;
	udf_tag_decode(a->pages[0].bytes, &tag);
	udf_tag_seal(a->pages[0].bytes, tag.id, tag.version, tag.serial, tag.location, 8);
	err = udf_vol_write(fs->vol, a->part_ref, a->bitmap_lbn, 1, a->pages[0].bytes);
	if (err)
		return fs_fail(fs, err, "space bitmap", a->bitmap_lbn);
	a->header_has_crc = false;
	*ret_wrote = true;
	return UDF_OK;
}

enum udf_err alloc_count_free(struct udf_fs *fs, uint64_t *ret_n_free)
{
	struct alloc *a = &fs->alloc;
	uint64_t n_free = 0, i;

	if (!a->pages) {
		*ret_n_free = 0;
		return UDF_OK;
	}
	if (!a->free_is_known) {
		for (i = 0; i < a->n_pages; i++) {
			if (a->pages[i].n_free == UNCOUNTED) {
				enum udf_err err = page_load(fs, (uint32_t)i);

				if (err)
					return err;
			}
			n_free += a->pages[i].n_free;
		}
		a->n_free = n_free;
		a->free_is_known = true;
	}
	*ret_n_free = a->n_free;
	for (i = 0; i < fs->pending_frees.n_runs; i++)
		*ret_n_free += fs->pending_frees.runs[i].n_blocks;
	return UDF_OK;
}
