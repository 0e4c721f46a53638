// SPDX-License-Identifier: GPL-2.0-or-later
/* What is left of a volume that does not open: structures that are recognised by their contents. */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "vol/internal.h"

/*
 * The first and the last LOOK_BYTES of the device are read.  For every block size they contain the recognition
 * sequence, the anchors at 256, N - 256 and N, and the descriptor sequences where mkudffs and others place them.
 * Nothing is known about the part between the two.
 */
#define LOOK_BYTES (10u << 20)
#define WINDOW_BYTES (64u << 10)
#define OVERLAP_BYTES 4096u		/* a descriptor that begins in a window may end in the next one */
#define STEP_BYTES 512u
#define SEQUENCE_GAP_BLOCKS 16u		/* logical volume descriptors further apart belong to two sequences */

struct look {
	struct bio *bio;
	struct udf_traces *traces;
	uint8_t *window;
	uint64_t last_lvd_lsn;
};

static void take_lvd(struct look *look, const uint8_t *bytes, uint64_t lsn, uint32_t block_bytes)
{
	struct udf_traces *t = look->traces;
	struct udf_lvd lvd;

	udf_lvd_decode(bytes, &lvd);
	if (lvd.block_bytes != block_bytes)
		return;		/* a position that is right for another block size by chance */
	if (t->n_sequences == 0 || lsn > look->last_lvd_lsn + SEQUENCE_GAP_BLOCKS)
		t->n_sequences++;
	look->last_lvd_lsn = lsn;
	t->block_bytes = block_bytes;
	memcpy(t->label, lvd.logical_volume_id, sizeof(t->label));
}

/* Does a descriptor that verifies begin at AT_BYTE? */
static void look_at(struct look *look, const uint8_t *bytes, uint32_t n_bytes, uint64_t at_byte)
{
	struct udf_traces *t = look->traces;
	uint16_t id = get_le16(bytes);
	uint32_t lsn = get_le32(bytes + UDF_TAG_LOCATION_AT);
	struct udf_place place = vol_place(lsn, NULL);
	uint64_t block_bytes = lsn ? at_byte / lsn : 0;
	struct udf_fsd fsd;

	if (id == UDF_TAG_FSD) {	/* its place is counted from the start of its partition */
		if (udf_tag_verify(bytes, n_bytes, id, place, NULL, NULL))
			return;
		udf_fsd_decode(bytes, &fsd);
		t->has_file_set |= udf_regid_is(&fsd.domain, UDF_ID_DOMAIN);
		return;
	}
	if (id < UDF_TAG_PVD || id > UDF_TAG_LVID || block_bytes * lsn != at_byte ||
	    block_bytes < VOL_MIN_BLOCK_BYTES || block_bytes > VOL_MAX_BLOCK_BYTES ||
	    !udf_is_power_of_two(block_bytes) || udf_tag_verify(bytes, n_bytes, id, place, NULL, NULL))
		return;
	switch (id) {
	case UDF_TAG_AVDP:
		t->n_anchors++;
		break;
	case UDF_TAG_LVD:
		take_lvd(look, bytes, lsn, (uint32_t)block_bytes);
		break;
	default:
		t->n_descriptors++;
		break;
	}
}

/* FIRST to END, whole blocks of the device. */
static enum udf_err look_through(struct look *look, uint64_t first, uint64_t end)
{
	uint32_t block_bytes = look->bio->geometry.block_bytes;
	uint32_t step = WINDOW_BYTES / block_bytes, n_wanted = (WINDOW_BYTES + OVERLAP_BYTES) / block_bytes;

	for (uint64_t at = first; at < end; at += step) {
		uint32_t n = (uint32_t)udf_min64(n_wanted, look->bio->geometry.n_blocks - at);
		uint32_t n_bytes = n * block_bytes;
		enum udf_err err = bio_read(look->bio, at, n, look->window);

		if (err == UDF_E_NOMEM)
			return err;
		if (err) {
			look->traces->is_unreadable = true;
			continue;
		}
		if (bytes_are_zero(look->window, n_bytes))
			continue;
		look->traces->is_zero = false;
		for (uint32_t i = 0; i < udf_min64(n_bytes, WINDOW_BYTES); i += STEP_BYTES)
			look_at(look, look->window + i, n_bytes - i, at * block_bytes + i);
	}
	return UDF_OK;
}

/*
 * Find a recognition sequence, for any block size.  The neighbours of NSR alone count too, as wipefs(8) leaves them.
 */
static void look_for_recognition(struct look *look)
{
	uint32_t own = look->bio->geometry.block_bytes;

	for (uint32_t size = own; size <= VOL_MAX_BLOCK_BYTES; size *= 2) {
		struct udf_vol vol = { .bio = look->bio, .block_bytes = size, .bio_per_block = size / own };
		struct vol_vrs vrs;

		vol.n_sectors = look->bio->geometry.n_blocks / vol.bio_per_block;
		if (vol_recognize(&vol, 0, &vrs))
			continue;
		look->traces->has_recognition |= vol_vrs_is_udf(&vrs);
		look->traces->has_part_of_recognition |= vrs.n_bea + vrs.n_tea > 0;
	}
}

enum udf_err udf_vol_look(struct bio *bio, struct udf_traces *ret)
{
	uint64_t n_blocks = bio->geometry.n_blocks, n_look = LOOK_BYTES / bio->geometry.block_bytes;
	struct look look = { .bio = bio, .traces = ret };
	enum udf_err err;

	*ret = (struct udf_traces){ .is_zero = true, .was_read_whole = n_blocks <= 2 * n_look };
	look.window = malloc(WINDOW_BYTES + OVERLAP_BYTES + bio->geometry.block_bytes);
	if (!look.window)
		return UDF_E_NOMEM;
	look_for_recognition(&look);
	err = look_through(&look, 0, udf_min64(n_look, n_blocks));
	if (!err && n_blocks > n_look)
		err = look_through(&look, udf_max64(n_look, n_blocks - n_look), n_blocks);
	ret->is_zero &= !ret->is_unreadable;
	free(look.window);
	return err;
}

bool udf_traces_are_any(const struct udf_traces *t)
{
	return t->has_recognition || t->has_part_of_recognition || t->n_anchors || t->n_sequences ||
	       t->n_descriptors || t->has_file_set;
}
