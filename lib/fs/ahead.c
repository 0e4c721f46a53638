/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading ahead: small files that are stored in a row and are read in that order, with one call to the device
 * for many of them.  This is done only where the volume can't change, and where the caller has set reads_contents.
 */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "fs/file.h"
#include "fs/state.h"

#define AHEAD_BYTES (256u << 10)

/* Fill the window from LBN on.  Afterwards it holds at least N_BLOCKS, or nothing. */
static void fill(struct udf_fs *fs, uint16_t part_ref, uint32_t lbn, uint32_t n_blocks)
{
	struct read_ahead *a = &fs->ahead;
	uint32_t n_in_part = part_ref < fs->vol->n_parts ? fs->vol->parts[part_ref].n_blocks : 0, n;

	a->n_blocks = 0;
	if (!a->bytes)
		a->bytes = malloc(AHEAD_BYTES);
	if (!a->bytes || lbn >= n_in_part)
		return;
	n = (uint32_t)udf_min64(AHEAD_BYTES / fs->block_bytes, n_in_part - lbn);
	/* A block may be bad.  Each file is then read by itself, so that only the file with that block fails. */
	if (n < n_blocks || udf_vol_read(fs->vol, part_ref, lbn, n, a->bytes))
		return;
	a->at = (struct udf_lb_addr){ lbn, part_ref };
	a->n_blocks = n;
}

enum udf_err ahead_read(struct udf_fs *fs, uint16_t part_ref, uint32_t lbn, uint32_t n_blocks, uint8_t *ret)
{
	struct read_ahead *a = &fs->ahead;
	size_t n_bytes = (size_t)n_blocks * fs->block_bytes;
	bool follows = part_ref == a->next.part_ref && lbn >= a->next.lbn &&
		       lbn - a->next.lbn < AHEAD_BYTES / fs->block_bytes;

	if (!fs->options.reads_contents || !fs->access.read_only || n_bytes > AHEAD_BYTES / 4)
		return udf_vol_read(fs->vol, part_ref, lbn, n_blocks, ret);
	if (follows && (lbn < a->at.lbn || part_ref != a->at.part_ref || lbn - a->at.lbn >= a->n_blocks ||
			n_blocks > a->n_blocks - (lbn - a->at.lbn)))
		fill(fs, part_ref, lbn, n_blocks);
	a->next = (struct udf_lb_addr){ lbn + n_blocks, part_ref };
	if (!follows || a->n_blocks == 0)
		return udf_vol_read(fs->vol, part_ref, lbn, n_blocks, ret);
	memcpy(ret, a->bytes + (size_t)(lbn - a->at.lbn) * fs->block_bytes, n_bytes);
	return UDF_OK;
}
