// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rewriting descriptor sequences.
 *
 * Several blocks can't change at once, but one block can: the anchor.  First the reserve sequence is rewritten, which
 * nobody reads while the main one is whole.  Then the anchors name it as the main one; from the first anchor on every
 * reader sees the new descriptors.  Nobody reads the old main sequence then, so it is rewritten too, and the anchors
 * name the two as before.  There is a flush between any two steps.
 *
 * Sequence numbers do not change: each descriptor replaces itself, and there is nothing left over which it would have
 * to prevail (ECMA-167 3/8.4.3).
 */
#include "vol/vds_rewrite.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "vol/internal.h"

struct udf_vds_pair {
	struct udf_vol *vol;
	struct vol_sequence copies[2];		/* by enum udf_vds_copy */
	bool is_changed[2][VOL_MAX_DESCS];	/* by the place in its own copy */
	bool is_single;
	bool anchors_differ;			/* a change was cut short between two of them */
	uint32_t anchor_lsns[VOL_MAX_OWN_ANCHORS];	/* the first is what readers look at */
	unsigned n_anchors;
};

/* ---- reading ---- */

static const char *why_unusable(const struct vol_sequence *sequence, bool is_reserve, enum udf_err *ret_err)
{
	unsigned i, n_pvds = 0, n_lvds = 0;

	*ret_err = UDF_E_CORRUPT;
	if (sequence->damaged)
		return is_reserve ? "the reserve descriptor sequence is damaged" :
				    "the main descriptor sequence is damaged";
	for (i = 0; i < sequence->n_descs; i++) {
		n_pvds += sequence->descs[i].id == UDF_TAG_PVD;
		n_lvds += sequence->descs[i].id == UDF_TAG_LVD;
	}
	if (n_pvds == 0 || n_lvds == 0)
		return is_reserve ? "a descriptor is missing in the reserve sequence" :
				    "a descriptor is missing in the main sequence";
	*ret_err = UDF_E_UNSUPPORTED;
	if (n_pvds > 1 || n_lvds > 1 || sequence->n_verified != sequence->n_descs)
		return "its descriptor sequences hold older descriptors as well as the valid ones";
	return NULL;
}

/* The descriptor of COPY that is the counterpart of DESC, whatever its contents are; NULL if there is none. */
static struct vol_desc *counterpart(struct vol_sequence *copy, const struct vol_desc *desc)
{
	unsigned i;

	for (i = 0; i < copy->n_descs; i++) {
		struct vol_desc *other = &copy->descs[i];

		if (other->id != desc->id || other->n_bytes != desc->n_bytes)
			continue;
		/* Labels are part of the keys of these two, and each copy has one of each. */
		if (desc->id == UDF_TAG_PVD || desc->id == UDF_TAG_LVD || vol_desc_same_key(other, desc))
			return other;
	}
	return NULL;
}

static bool has_all_counterparts(struct vol_sequence *copy, const struct vol_sequence *sequence)
{
	unsigned i;

	if (copy->n_descs != sequence->n_descs)
		return false;
	for (i = 0; i < sequence->n_descs; i++)
		if (!counterpart(copy, &sequence->descs[i]))
			return false;
	return true;
}

static bool lie_in_one_place(const struct udf_vol *vol)
{
	const struct udf_extent_ad *main = &vol->anchor.main_vds, *reserve = &vol->anchor.reserve_vds;
	uint64_t main_end = (uint64_t)main->lsn + main->n_bytes / vol->block_bytes;
	uint64_t reserve_end = (uint64_t)reserve->lsn + reserve->n_bytes / vol->block_bytes;

	return main->lsn < reserve_end && reserve->lsn < main_end;
}

static bool same_extent(const struct udf_extent_ad *a, const struct udf_extent_ad *b)
{
	return a->n_bytes == b->n_bytes && a->lsn == b->lsn;
}

/* Find the volume's own anchors.  Do all of them name what the first one names? */
static enum udf_err compare_anchors(struct udf_vds_pair *pair)
{
	struct udf_vol *vol = pair->vol;
	uint8_t *block = malloc(vol->block_bytes);
	enum udf_err err = block ? UDF_OK : UDF_E_NOMEM;
	struct udf_avdp avdp;
	unsigned i;

	if (!err)
		err = vol_find_own_anchors(vol, pair->anchor_lsns, &pair->n_anchors);
	for (i = 1; i < pair->n_anchors && !err; i++) {
		err = udf_vol_read_lsn(vol, pair->anchor_lsns[i], 1, block);
		if (err)
			break;
		udf_avdp_decode(block, &avdp);
		if (!same_extent(&avdp.main_vds, &vol->anchor.main_vds) ||
		    !same_extent(&avdp.reserve_vds, &vol->anchor.reserve_vds))
			pair->anchors_differ = true;
	}
	free(block);
	return err;
}

static enum udf_err read_copies(struct udf_vds_pair *pair, const char **ret_why)
{
	const struct udf_avdp *anchor = &pair->vol->anchor;
	struct vol_sequence *main = &pair->copies[UDF_VDS_MAIN], *reserve = &pair->copies[UDF_VDS_RESERVE];
	enum udf_err err, why_err = UDF_OK;

	err = vol_sequence_read(pair->vol, &anchor->main_vds, UDF_STRUCTURE_MAIN_VDS, NULL, main);
	if (!err && !pair->is_single)
		err = vol_sequence_read(pair->vol, &anchor->reserve_vds, UDF_STRUCTURE_RESERVE_VDS, NULL, reserve);
	if (err)
		return err;
	*ret_why = why_unusable(main, false, &why_err);
	if (!*ret_why && !pair->is_single)
		*ret_why = why_unusable(reserve, true, &why_err);
	if (*ret_why)
		return why_err;
	if (!pair->is_single && !has_all_counterparts(reserve, main)) {
		*ret_why = "its two descriptor sequences do not hold the same descriptors";
		return UDF_E_CORRUPT;
	}
	return UDF_OK;
}

enum udf_err udf_vds_pair_read(struct udf_vol *vol, struct udf_vds_pair **ret_pair, const char **ret_why)
{
	struct udf_vds_pair *pair = calloc(1, sizeof(*pair));
	enum udf_err err;

	*ret_why = NULL;
	if (!pair)
		return UDF_E_NOMEM;
	pair->vol = vol;
	pair->is_single = lie_in_one_place(vol);
	err = read_copies(pair, ret_why);
	if (!err)
		err = compare_anchors(pair);
	if (err)
		udf_vds_pair_free(pair);
	else
		*ret_pair = pair;
	return err;
}

void udf_vds_pair_free(struct udf_vds_pair *pair)
{
	if (!pair)
		return;
	vol_sequence_done(&pair->copies[UDF_VDS_MAIN]);
	vol_sequence_done(&pair->copies[UDF_VDS_RESERVE]);
	free(pair);
}

bool udf_vds_pair_is_single(const struct udf_vds_pair *pair)
{
	return pair->is_single;
}

/* ---- changing in memory ---- */

/* Copy the contents of FROM to TO, which keeps its tag.  Returns whether that has changed anything. */
static bool take_contents(struct vol_desc *to, const uint8_t *from)
{
	if (memcmp(to->bytes + UDF_TAG_BYTES, from + UDF_TAG_BYTES, to->n_bytes - UDF_TAG_BYTES) == 0)
		return false;
	memcpy(to->bytes + UDF_TAG_BYTES, from + UDF_TAG_BYTES, to->n_bytes - UDF_TAG_BYTES);
	to->number = get_le32(to->bytes + UDF_TAG_BYTES);
	udf_tag_reseal(to->bytes);
	return true;
}

/*
 * Encode the CONTENTS of a descriptor of kind DESC->id over its present bytes.  Returns false if they do not change
 * it.
 */
static bool encode_over(const struct udf_vds_contents *contents, const struct vol_desc *lv_info,
			const struct vol_desc *desc, uint8_t *bytes)
{
	if (desc->id == UDF_TAG_PVD && contents->pvd)
		udf_pvd_encode(contents->pvd, bytes);
	else if (desc->id == UDF_TAG_LVD && contents->lvd)
		udf_lvd_encode(contents->lvd, bytes);
	else if (desc == lv_info && contents->iuvd)
		udf_iuvd_encode(contents->iuvd, bytes);
	else
		return false;
	return true;
}

void udf_vds_pair_set(struct udf_vds_pair *pair, const struct udf_vds_contents *contents)
{
	struct vol_sequence *main = &pair->copies[UDF_VDS_MAIN], *reserve = &pair->copies[UDF_VDS_RESERVE];
	const struct vol_desc *lv_info = vol_sequence_find(main, UDF_TAG_IUVD);
	uint8_t bytes[UDF_DESCRIPTOR_BYTES];
	unsigned i;

	for (i = 0; i < main->n_descs; i++) {
		struct vol_desc *desc = &main->descs[i], *other;

		/* A longer descriptor (an LVD with many maps) keeps what follows these bytes. */
		memcpy(bytes, desc->bytes, sizeof(bytes));
		if (encode_over(contents, lv_info, desc, bytes) &&
		    memcmp(bytes + UDF_TAG_BYTES, desc->bytes + UDF_TAG_BYTES, sizeof(bytes) - UDF_TAG_BYTES)) {
			memcpy(desc->bytes + UDF_TAG_BYTES, bytes + UDF_TAG_BYTES, sizeof(bytes) - UDF_TAG_BYTES);
			udf_tag_reseal(desc->bytes);
			pair->is_changed[UDF_VDS_MAIN][i] = true;
		}
		other = pair->is_single ? NULL : counterpart(reserve, desc);
		if (other && take_contents(other, desc->bytes))
			pair->is_changed[UDF_VDS_RESERVE][other - reserve->descs] = true;
	}
}

/* ---- writing ---- */

unsigned udf_vds_pair_writes(const struct udf_vds_pair *pair, enum udf_vds_copy copy,
			     struct udf_vds_write ret_writes[UDF_VDS_MAX_WRITES])
{
	const struct vol_sequence *sequence = &pair->copies[copy];
	unsigned i, n = 0;

	for (i = 0; i < sequence->n_descs && n < UDF_VDS_MAX_WRITES; i++)
		if (pair->is_changed[copy][i])
			ret_writes[n++] = (struct udf_vds_write){ sequence->descs[i].id, sequence->descs[i].lsn };
	return n;
}

static bool any_changed(const struct udf_vds_pair *pair, enum udf_vds_copy copy)
{
	struct udf_vds_write writes[UDF_VDS_MAX_WRITES];

	return udf_vds_pair_writes(pair, copy, writes) > 0;
}

static enum udf_err write_copy(struct udf_vds_pair *pair, enum udf_vds_copy copy)
{
	struct udf_vol *vol = pair->vol;
	const struct vol_sequence *sequence = &pair->copies[copy];
	enum udf_err err = UDF_OK;
	unsigned i;

	for (i = 0; i < sequence->n_descs && !err; i++) {
		const struct vol_desc *desc = &sequence->descs[i];

		if (!pair->is_changed[copy][i])
			continue;
		err = udf_vol_write_lsn(vol, desc->lsn, (uint32_t)udf_ceil_div(desc->n_bytes, vol->block_bytes),
					desc->bytes);
		/* Without a second copy each descriptor is old or new by itself. */
		if (!err && pair->is_single)
			err = udf_vol_flush(vol);
	}
	return err ? err : udf_vol_flush(vol);
}

static enum udf_err write_anchor(struct udf_vol *vol, uint32_t lsn, const struct udf_extent_ad *main,
				 const struct udf_extent_ad *reserve, uint8_t *block)
{
	struct udf_avdp avdp;
	enum udf_err err = udf_vol_read_lsn(vol, lsn, 1, block);

	if (err)
		return err;
	udf_avdp_decode(block, &avdp);
	avdp.main_vds = *main;
	avdp.reserve_vds = *reserve;
	udf_avdp_encode(&avdp, block);
	udf_tag_reseal(block);
	return udf_vol_write_lsn(vol, lsn, 1, block);
}

/*
 * Have all anchors name MAIN and RESERVE.  Readers look at the first one, so it changes alone.  The others follow;
 * they serve readers that can't read the first one.
 */
static enum udf_err write_anchors(const struct udf_vds_pair *pair, const struct udf_extent_ad *main,
				  const struct udf_extent_ad *reserve)
{
	struct udf_vol *vol = pair->vol;
	uint8_t *block = malloc(vol->block_bytes);
	enum udf_err err = block ? UDF_OK : UDF_E_NOMEM;
	unsigned i;

	for (i = 0; i < pair->n_anchors && !err; i++) {
		err = write_anchor(vol, pair->anchor_lsns[i], main, reserve, block);
		if (!err && (i == 0 || i == pair->n_anchors - 1))
			err = udf_vol_flush(vol);
	}
	free(block);
	return err;
}

enum udf_err udf_vds_pair_write(struct udf_vds_pair *pair)
{
	const struct udf_extent_ad main = pair->vol->anchor.main_vds, reserve = pair->vol->anchor.reserve_vds;
	/*
	 * It is not known which of two anchors has the order with which the volume was made.  This order is the usual
	 * one.
	 */
	bool exchanges = pair->anchors_differ && main.lsn > reserve.lsn;
	bool changes_main = any_changed(pair, UDF_VDS_MAIN);
	enum udf_err err = UDF_OK;

	/*
	 * A reader that can't read the first anchor may use as the main sequence the one that is about to be
	 * rewritten.
	 */
	if (pair->anchors_differ)
		err = write_anchors(pair, &main, &reserve);
	if (!err && any_changed(pair, UDF_VDS_RESERVE))
		err = write_copy(pair, UDF_VDS_RESERVE);
	if (!err && changes_main && !pair->is_single)
		err = write_anchors(pair, &reserve, &main);
	if (!err && changes_main)
		err = write_copy(pair, UDF_VDS_MAIN);
	if (!err && (changes_main || exchanges) && !pair->is_single)
		err = write_anchors(pair, exchanges ? &reserve : &main, exchanges ? &main : &reserve);
	return err;
}
