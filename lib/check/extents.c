/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the data of one ICB are stored.  The blocks are claimed, and their sum is compared with the lengths in the
 * ICB.  The reader of extent maps checks the descriptors themselves.
 */
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "check/chk.h"

/* A sink between that reader and ours.  It keeps findings that can be judged only when the whole list is known. */
struct judge {
	struct udf_sink sink;
	struct chk *ck;
	bool is_cut;			/* the list could not be walked to its end */
	bool is_misplaced;		/* an extent is outside its partition; it is read as a hole */
	bool has_short, has_long, has_partial;
	struct udf_finding is_short, is_long, is_partial;
};

static void judge(struct udf_sink *sink, const struct udf_finding *finding)
{
	struct judge *j = (struct judge *)(void *)sink;

	switch ((int)finding->problem) {
	case UDF_P_AD_BODY_SHORT:
	case UDF_P_AD_BODY_MISSING:
		j->has_short = true;
		j->is_short = *finding;
		return;
	case UDF_P_AD_BODY_LONG:
	case UDF_P_AD_TAIL:
		if (!j->has_long)
			j->is_long = *finding;
		j->has_long = true;
		return;
	case UDF_P_AD_PARTIAL:
		if (!j->has_partial)
			j->is_partial = *finding;
		j->has_partial = true;
		return;
	case UDF_P_TAG_ID:
	case UDF_P_TAG_CHECKSUM:
	case UDF_P_TAG_CRC:
	case UDF_P_TAG_LOCATION:
	case UDF_P_TAG_VERSION:
	case UDF_P_BLOCK_UNREADABLE:
	case UDF_P_AED_LOOP:
	case UDF_P_AED_LENGTH:
		j->is_cut = true;
		break;
	case UDF_P_AD_LOCATION:
		j->is_misplaced = true;
		break;
	default:
		break;
	}
	j->ck->sink.report(&j->ck->sink, finding);
}

static void ignore(struct udf_sink *sink, const struct udf_finding *finding)
{
	(void)sink;
	(void)finding;
}

/* Read the data of ICB.  The findings of the map reader go to SINK. */
static enum udf_err read_map(struct chk *ck, const struct chk_icb *icb, struct udf_sink *sink,
			     struct chk_data *ret_data)
{
	struct chk_data data = { .image = icb->image, .icb = icb->at };
	enum udf_err err;

	if (icb->ad_kind == UDF_AD_EMBEDDED) {
		/* Read what is there, whatever the information length says. */
		data.map.embedded = true;
		data.map.embedded_at = (uint32_t)(icb->ads - icb->image);
		data.map.embedded_bytes = icb->fe.ad_bytes;
		data.n_bytes = icb->fe.ad_bytes;
	} else {
		err = udf_extent_map_read(ck->vol, icb->image, icb->at, sink, &data.map);
		if (err)
			return err;
		data.n_bytes = data.map.body_bytes;
	}
	data.n_bytes = udf_min64(data.n_bytes, icb->fe.information_bytes);
	*ret_data = data;
	return UDF_OK;
}

enum udf_err chk_data_init(struct chk *ck, const struct chk_icb *icb, struct chk_data *ret_data)
{
	struct udf_sink deaf = { .report = ignore };

	return read_map(ck, icb, &deaf, ret_data);
}

void chk_data_done(struct chk_data *data)
{
	udf_extent_map_done(&data->map);
}

enum udf_err chk_data_read(struct chk *ck, const struct chk_data *data, uint64_t at, size_t n_bytes,
			   uint8_t *ret_bytes)
{
	enum udf_err err;

	if (data->map.embedded) {
		memcpy(ret_bytes, data->image + data->map.embedded_at + at, n_bytes);
		return UDF_OK;
	}
	err = udf_extent_map_pread(ck->vol, &data->map, data->image, at, n_bytes, ret_bytes);
	ck->no_memory |= err == UDF_E_NOMEM;
	return err;
}

size_t chk_data_fid_name(struct chk *ck, const struct chk_data *data, uint64_t at, uint8_t *ret_name)
{
	uint8_t head[UDF_FID_FIXED_BYTES], n;

	if (at > data->n_bytes || data->n_bytes - at < sizeof(head) ||
	    chk_data_read(ck, data, at, sizeof(head), head))
		return 0;
	n = head[UDF_FID_NAME_BYTES_AT];
	at += sizeof(head) + get_le16(head + UDF_FID_IMPL_USE_BYTES_AT);
	if (at > data->n_bytes || data->n_bytes - at < n || chk_data_read(ck, data, at, n, ret_name))
		return 0;
	return n;
}

struct udf_lb_addr chk_data_block(const struct chk *ck, struct chk_data *data, uint64_t at)
{
	if (at < data->at_byte)
		data->at_extent = 0, data->at_byte = 0;
	for (; data->at_extent < data->map.n_extents; data->at_extent++) {
		const struct udf_extent *extent = &data->map.extents[data->at_extent];

		if (at - data->at_byte < extent->n_bytes)
			return (struct udf_lb_addr){
				.part_ref = extent->part_ref,
				.lbn = extent->lbn + (uint32_t)((at - data->at_byte) / ck->bs),
			};
		data->at_byte += extent->n_bytes;
	}
	return data->icb;
}

/* ---- with findings ---- */

static struct udf_place place_of(const struct chk_icb *icb)
{
	return chk_place(icb->at.part_ref, icb->at.lbn, NULL);
}

/* Does the ICB's own list continue in an AED? */
static bool has_chain(const struct chk_icb *icb)
{
	uint32_t ad_bytes = icb->ad_kind == UDF_AD_SHORT ? UDF_SHORT_AD_BYTES : UDF_LONG_AD_BYTES;

	for (uint32_t at = 0; at + ad_bytes <= icb->fe.ad_bytes; at += ad_bytes) {
		uint32_t length = get_le32(icb->ads + at);

		if (!UDF_EXTENT_BYTES(length))
			return false;
		if (UDF_EXTENT_TYPE(length) == UDF_EXTENT_NEXT)
			return true;
	}
	return false;
}

/* *RET_N_TWICE: bytes in blocks that somebody else has claimed before. */
static enum udf_err claim_all(struct chk *ck, const struct udf_extent_map *map, uint64_t *ret_n_twice)
{
	bool twice;
	enum udf_err err = UDF_OK;

	*ret_n_twice = 0;
	for (size_t i = 0; !err && i < map->n_extents; i++) {
		const struct udf_extent *extent = &map->extents[i];

		if (extent->kind == UDF_EXTENT_HOLE)
			continue;
		err = chk_claim(ck, extent->part_ref, extent->lbn,
				udf_ceil_div(extent->n_bytes, ck->bs), &twice);
		*ret_n_twice += twice ? extent->n_bytes : 0;
	}
	for (size_t i = 0; !err && i < map->n_aeds; i++) {
		err = chk_claim(ck, map->aeds[i].part_ref, map->aeds[i].lbn, 1, &twice);
		ck->spare_aeds -= twice && ck->spare_aeds;
	}
	return err;
}

/* Blocks of recorded extents up to the information length. */
static uint64_t n_body_blocks(const struct chk *ck, const struct udf_extent_map *map)
{
	uint64_t at = 0, n_blocks = 0;

	for (size_t i = 0; i < map->n_body_extents; i++) {
		const struct udf_extent *extent = &map->extents[i];
		uint64_t n_bytes = udf_min64(extent->n_bytes, map->information_bytes - at);

		if (extent->kind == UDF_EXTENT_RECORDED)
			n_blocks += udf_ceil_div(n_bytes, ck->bs);
		at += extent->n_bytes;
	}
	return n_blocks;
}

/* Does a piece of a block come before the end of the file? */
static bool is_partial_inside(const struct chk *ck, const struct udf_extent_map *map)
{
	uint64_t at = 0;

	for (size_t i = 0; i < map->n_body_extents; i++) {
		at += map->extents[i].n_bytes;
		if (at < map->information_bytes && map->extents[i].n_bytes % ck->bs)
			return true;
	}
	return false;
}

/* Report what could be judged only when the whole list was known. */
static void check_sums(struct chk *ck, const struct chk_icb *icb, const struct udf_extent_map *map,
		       const struct judge *j)
{
	bool chained = map->n_aeds > 0;

	if (j->has_long && chained)
		chk_report(ck, UDF_P_ALLOCATION_PAST_END, place_of(icb), map->body_bytes,
			   map->information_bytes);
	else if (j->has_long)
		ck->sink.report(&ck->sink, &j->is_long);
	/* After the end of a chained file, an unfinished change may have left extents of any length. */
	if (j->has_partial && (!(j->has_long && chained) || is_partial_inside(ck, map)))
		ck->sink.report(&ck->sink, &j->is_partial);
	if (j->is_cut || j->is_misplaced)
		return;
	if (j->has_short)
		ck->sink.report(&ck->sink, &j->is_short);
	if (icb->fe.blocks_recorded != map->n_recorded_blocks &&
	    !(j->has_long && chained && icb->fe.blocks_recorded == n_body_blocks(ck, map)))
		chk_report(ck, UDF_P_BLOCKS_RECORDED, place_of(icb), icb->fe.blocks_recorded,
			   map->n_recorded_blocks);
}

/* Data that are read must have been recorded.  Returns true if they are. */
static bool check_recorded(struct chk *ck, const struct chk_icb *icb, const struct udf_extent_map *map,
			   const struct judge *j)
{
	for (size_t i = 0; i < map->n_body_extents; i++) {
		if (map->extents[i].kind == UDF_EXTENT_RECORDED)
			continue;
		if (!j->is_misplaced)
			chk_report(ck, UDF_P_DATA_NOT_RECORDED, place_of(icb), map->extents[i].kind,
				   UDF_EXTENT_RECORDED);
		return false;
	}
	return true;
}

enum udf_err chk_check_extents(struct chk *ck, const struct chk_icb *icb, bool to_be_read,
			       struct chk_data *ret_data, bool *ret_bad)
{
	struct judge j = { .sink.report = judge, .ck = ck };
	uint64_t n_twice;
	enum udf_err err;

	*ret_bad = false;
	if (icb->ad_kind == UDF_AD_EMBEDDED)
		return read_map(ck, icb, NULL, ret_data);
	if (!ck->spare_aeds && has_chain(icb)) {
		/* Chains that many files share would be walked again and again. */
		chk_report(ck, UDF_P_CHECK_LIMIT, place_of(icb), 0, 0);
		ck->incomplete = true;
		return UDF_END;
	}
	err = read_map(ck, icb, &j.sink, ret_data);
	if (err)
		return err == UDF_E_NOMEM ? err : UDF_END;
	err = claim_all(ck, &ret_data->map, &n_twice);
	if (err) {
		chk_data_done(ret_data);
		return err;
	}
	check_sums(ck, icb, &ret_data->map, &j);
	if (!to_be_read)
		return UDF_OK;
	*ret_bad = j.is_cut || j.has_short || !check_recorded(ck, icb, &ret_data->map, &j);
	if (n_twice > ck->spare_bytes) {
		chk_report(ck, UDF_P_CHECK_LIMIT, place_of(icb), n_twice, ck->spare_bytes);
		ck->incomplete = true;
		chk_data_done(ret_data);
		return UDF_END;
	}
	ck->spare_bytes -= n_twice;
	return UDF_OK;
}
