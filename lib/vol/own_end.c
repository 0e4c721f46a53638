// SPDX-License-Identifier: GPL-2.0-or-later
/* The end of a volume that ends before its device: an image that was copied to a larger stick, mkudffs --size. */
#include <stdlib.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "vol/internal.h"

/* Between the last structure and the last anchor: writers align the structures, and keep 256 sectors free. */
#define MAX_GAP_SECTORS 512u

static uint64_t extent_end(const struct udf_vol *vol, const struct udf_extent_ad *extent)
{
	return extent->n_bytes ? extent->lsn + udf_ceil_div(extent->n_bytes, vol->block_bytes) : 0;
}

/* The sector after the last structure that SEQUENCE and the anchor name. */
static uint64_t structures_end(const struct udf_vol *vol, const struct vol_sequence *sequence)
{
	uint64_t end = udf_max64(extent_end(vol, &vol->anchor.main_vds), extent_end(vol, &vol->anchor.reserve_vds));
	unsigned i;

	for (i = 0; i < sequence->n_descs; i++) {
		const struct vol_desc *desc = &sequence->descs[i];
		struct udf_lvd lvd;
		struct udf_pd pd;

		if (desc->id == UDF_TAG_PD) {
			udf_pd_decode(desc->bytes, &pd);
			end = udf_max64(end, (uint64_t)pd.start_lsn + pd.n_blocks);
		} else if (desc->id == UDF_TAG_LVD) {
			udf_lvd_decode(desc->bytes, &lvd);
			end = udf_max64(end, extent_end(vol, &lvd.integrity));
		}
	}
	return end;
}

static bool names_same(const struct udf_extent_ad *a, const struct udf_extent_ad *b)
{
	return a->lsn == b->lsn && a->n_bytes == b->n_bytes;
}

/*
 * Is there an anchor of this volume at LSN?  If a change of labels was cut off, it may name the two sequences in the
 * other order.
 */
static bool is_own_anchor(struct udf_vol *vol, uint64_t lsn, uint8_t *block)
{
	const struct udf_extent_ad *main = &vol->anchor.main_vds, *reserve = &vol->anchor.reserve_vds;
	struct udf_avdp avdp;

	if (lsn > UINT32_MAX || udf_vol_read_lsn(vol, lsn, 1, block) || get_le16(block) != UDF_TAG_AVDP ||
	    udf_tag_verify(block, vol->block_bytes, UDF_TAG_AVDP, vol_place(lsn, NULL), NULL, NULL))
		return false;
	udf_avdp_decode(block, &avdp);
	return (names_same(&avdp.main_vds, main) && names_same(&avdp.reserve_vds, reserve)) ||
	       (names_same(&avdp.main_vds, reserve) && names_same(&avdp.reserve_vds, main));
}

enum udf_err vol_find_own_end(struct udf_vol *vol)
{
	const struct udf_extent_ad *extents[] = { &vol->anchor.main_vds, &vol->anchor.reserve_vds };
	uint8_t *block = malloc(vol->block_bytes);
	uint64_t end = 0, lsn, last = vol->n_sectors - 1;
	struct vol_sequence sequence;
	enum udf_err err = UDF_OK;
	unsigned i;

	if (!block)
		return UDF_E_NOMEM;
	if (is_own_anchor(vol, last, block))
		goto out;
	for (i = 0; i < 2 && !end && !err; i++) {
		err = vol_sequence_read(vol, extents[i], UDF_STRUCTURE_MAIN_VDS, NULL, &sequence);
		if (err)
			break;
		if (vol_sequence_find(&sequence, UDF_TAG_PD))
			end = structures_end(vol, &sequence);
		vol_sequence_done(&sequence);
	}
	/* The anchor may be the last structure itself. */
	for (lsn = end ? end - 1 : last; !err && lsn < last && lsn <= end + MAX_GAP_SECTORS; lsn++)
		if (lsn != vol->anchor_lsn[0] && is_own_anchor(vol, lsn, block))
			vol->n_sectors = lsn + 1;
out:
	free(block);
	return err;
}

enum udf_err vol_find_own_anchors(struct udf_vol *vol, uint32_t ret_lsns[VOL_MAX_OWN_ANCHORS], unsigned *ret_n)
{
	uint64_t candidates[VOL_MAX_OWN_ANCHORS - 1], n_sectors = vol->n_sectors, own_last;
	uint8_t *block = malloc(vol->block_bytes);
	enum udf_err err = block ? vol_find_own_end(vol) : UDF_E_NOMEM;
	unsigned n_candidates = 0, n = 0, i, j;

	own_last = vol->n_sectors - 1;
	vol->n_sectors = n_sectors;
	if (err)
		goto out;
	for (i = 1; i < vol->n_anchors; i++)
		candidates[n_candidates++] = vol->anchor_lsn[i];
	if (own_last > 256)
		candidates[n_candidates++] = own_last - 256;
	candidates[n_candidates++] = own_last;
	ret_lsns[n++] = vol->anchor_lsn[0];
	for (i = 0; i < n_candidates; i++) {
		for (j = 0; j < n && ret_lsns[j] != candidates[i]; j++)
			;
		if (j == n && is_own_anchor(vol, candidates[i], block))
			ret_lsns[n++] = (uint32_t)candidates[i];
	}
	*ret_n = n;
out:
	free(block);
	return err;
}
