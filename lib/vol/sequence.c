// SPDX-License-Identifier: GPL-2.0-or-later
/* One volume descriptor sequence: its extents, and the prevailing rule (ECMA-167 3/8.4). */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "vol/internal.h"

#define sizeof_field(type, member) sizeof(((const type *)0)->member)

struct walk {
	struct udf_vol *vol;
	enum udf_structure what;
	struct udf_sink *sink;
	struct vol_sequence *sequence;
	uint32_t n_sectors_left;	/* of the whole chain */
	uint64_t n_read, n_unreadable;
	bool has_next;			/* a VDP was seen in this extent */
	uint32_t next_number;
	struct udf_extent_ad next;
};

void vol_sequence_done(struct vol_sequence *sequence)
{
	unsigned i;

	for (i = 0; i < sequence->n_descs; i++)
		free(sequence->descs[i].bytes);
	memset(sequence, 0, sizeof(*sequence));
}

static bool same_bytes(const struct vol_desc *a, const struct vol_desc *b, size_t at, size_t n_bytes)
{
	return memcmp(a->bytes + at, b->bytes + at, n_bytes) == 0;
}

bool vol_desc_same_key(const struct vol_desc *a, const struct vol_desc *b)
{
	if (a->id != b->id)
		return false;
	switch (a->id) {
	case UDF_TAG_PVD:
		return same_bytes(a, b, UDF_PVD_VOLUME_ID_AT, sizeof_field(struct udf_pvd, volume_id)) &&
		       same_bytes(a, b, UDF_PVD_VOLUME_SET_ID_AT,
				  sizeof_field(struct udf_pvd, volume_set_id) + UDF_CHARSPEC_BYTES);
	case UDF_TAG_IUVD:	/* without the flags and the suffix */
		return same_bytes(a, b, UDF_IUVD_IMPL_AT + 1, sizeof_field(struct udf_regid, id));
	case UDF_TAG_PD:
		return same_bytes(a, b, UDF_PD_NUMBER_AT, 2);
	case UDF_TAG_LVD:
		return same_bytes(a, b, UDF_LVD_CHARSET_AT,
				  UDF_CHARSPEC_BYTES + sizeof_field(struct udf_lvd, logical_volume_id));
	default:		/* USD: one a volume */
		return true;
	}
}

bool vol_desc_same_contents(const struct vol_desc *a, const struct vol_desc *b)
{
	return a->n_bytes == b->n_bytes && memcmp(a->bytes + UDF_TAG_BYTES, b->bytes + UDF_TAG_BYTES,
						  a->n_bytes - UDF_TAG_BYTES) == 0;
}

/* Take DESC, with its bytes, if it prevails over the present one. */
static void add_desc(struct vol_sequence *sequence, struct vol_desc *desc, struct udf_sink *sink)
{
	struct vol_desc *old = NULL;
	unsigned i;

	for (i = 0; i < sequence->n_descs && !old; i++)
		if (vol_desc_same_key(&sequence->descs[i], desc))
			old = &sequence->descs[i];
	if (!old && sequence->n_descs < VOL_MAX_DESCS) {
		sequence->descs[sequence->n_descs++] = *desc;
		return;
	}
	if (old && desc->number == old->number && !vol_desc_same_contents(old, desc))
		udf_report(sink, UDF_P_VDS_SAME_NUMBER, vol_place(desc->lsn, NULL), desc->number, old->lsn);
	if (old && desc->number > old->number) {
		free(old->bytes);
		*old = *desc;
		return;
	}
	free(desc->bytes);
}

/* The size of the descriptor whose first block is P; 0 for an id that does not belong into a sequence. */
static uint64_t descriptor_bytes(uint16_t id, const uint8_t *p)
{
	switch (id) {
	case UDF_TAG_PVD:
	case UDF_TAG_VDP:
	case UDF_TAG_IUVD:
	case UDF_TAG_PD:
	case UDF_TAG_TD:
		return UDF_DESCRIPTOR_BYTES;
	case UDF_TAG_LVD:
		return UDF_LVD_FIXED_BYTES + (uint64_t)get_le32(p + UDF_LVD_MAP_BYTES_AT);
	case UDF_TAG_USD:
		return UDF_USD_FIXED_BYTES + (uint64_t)get_le32(p + UDF_USD_COUNT_AT) * 8;
	default:
		return 0;
	}
}

static const char *descriptor_name(uint16_t id)
{
	static const char *const names[] = { [UDF_TAG_PVD] = "PVD", [UDF_TAG_VDP] = "VDP",
		[UDF_TAG_IUVD] = "IUVD", [UDF_TAG_PD] = "PD", [UDF_TAG_LVD] = "LVD",
		[UDF_TAG_USD] = "USD", [UDF_TAG_TD] = "TD" };

	return id < sizeof(names) / sizeof(names[0]) && names[id] ? names[id] : "descriptor";
}

static void damaged(struct walk *w, enum udf_problem problem, uint64_t lsn, const char *field,
		    uint64_t found)
{
	w->sequence->damaged = true;
	udf_report(w->sink, problem, vol_place(lsn, field), found, 0);
}

/*
 * Read the whole descriptor that begins in BLOCK at LSN into new memory.  If that is not possible, it is reported and
 * *RET_BYTES is NULL.
 */
static enum udf_err gather(struct walk *w, const uint8_t *block, uint64_t lsn, uint32_t n_left,
			   uint16_t id, uint8_t **ret_bytes, uint32_t *ret_n_bytes,
			   uint32_t *ret_n_blocks)
{
	uint32_t block_bytes = w->vol->block_bytes;
	uint64_t n_bytes = descriptor_bytes(id, block);
	uint64_t n_blocks = udf_ceil_div(n_bytes, block_bytes);
	uint8_t *bytes;

	*ret_bytes = NULL;
	*ret_n_blocks = 1;
	if (n_bytes > VOL_MAX_DESCRIPTOR_BYTES || n_blocks > n_left) {
		damaged(w, UDF_P_TAG_CRC_LENGTH, lsn, descriptor_name(id), n_bytes);
		return UDF_OK;
	}
	bytes = malloc((size_t)n_blocks * block_bytes);
	if (!bytes)
		return UDF_E_NOMEM;
	memcpy(bytes, block, block_bytes);
	if (n_blocks > 1 && udf_vol_read_lsn(w->vol, lsn + 1, (uint32_t)n_blocks - 1, bytes + block_bytes)) {
		damaged(w, UDF_P_BLOCK_UNREADABLE, lsn + 1, descriptor_name(id), 0);
		free(bytes);
		return UDF_OK;
	}
	*ret_bytes = bytes;
	*ret_n_bytes = (uint32_t)n_bytes;
	*ret_n_blocks = (uint32_t)n_blocks;
	return UDF_OK;
}

/* Look at one block.  *RET_N_BLOCKS: how many blocks that has read.  Returns UDF_END at the end of the sequence. */
static enum udf_err take_block(struct walk *w, const uint8_t *block, uint64_t lsn, uint32_t n_left,
			       uint32_t *ret_n_blocks)
{
	uint16_t id = get_le16(block);
	struct udf_place place = vol_place(lsn, descriptor_name(id));
	struct vol_desc desc = { .id = id, .lsn = (uint32_t)lsn,
				 .from_reserve = w->what == UDF_STRUCTURE_RESERVE_VDS };
	struct udf_vdp vdp;
	enum udf_err err;

	*ret_n_blocks = 1;
	if (descriptor_bytes(id, block) == 0) {
		w->sequence->damaged = true;
		if (!udf_tag_verify(block, w->vol->block_bytes, UDF_TAG_ANY, place, w->sink, NULL))
			udf_report(w->sink, UDF_P_VDS_UNEXPECTED, place, id, 0);
		return UDF_OK;
	}
	err = gather(w, block, lsn, n_left, id, &desc.bytes, &desc.n_bytes, ret_n_blocks);
	if (err || !desc.bytes)
		return err;
	/*
	 * Some writers (pycdlib) compute the CRC over more than the descriptor; vol_check_descriptor() reports that.
	 */
	err = udf_tag_verify(desc.bytes, *ret_n_blocks * w->vol->block_bytes, UDF_TAG_ANY, place, w->sink, NULL);
	if (err) {
		w->sequence->damaged = true;
		free(desc.bytes);
		*ret_n_blocks = 1;
		return UDF_OK;
	}
	vol_check_descriptor(w->vol, desc.bytes, desc.n_bytes, *ret_n_blocks * w->vol->block_bytes, place,
			     w->sink);
	if (id == UDF_TAG_TD) {
		free(desc.bytes);
		return UDF_END;
	}
	w->sequence->n_verified++;
	desc.number = get_le32(desc.bytes + UDF_VDS_NUMBER_AT);
	if (id == UDF_TAG_VDP) {
		udf_vdp_decode(desc.bytes, &vdp);
		if (!w->has_next || vdp.sequence_number > w->next_number) {
			w->has_next = true;
			w->next_number = vdp.sequence_number;
			w->next = vdp.next_vds;
		}
		free(desc.bytes);
		return UDF_OK;
	}
	add_desc(w->sequence, &desc, w->sink);
	return UDF_OK;
}

/* Read one extent up to its end, a terminating descriptor or a blank sector. */
static enum udf_err walk_extent(struct walk *w, const struct udf_extent_ad *extent, uint8_t *block)
{
	struct udf_vol *vol = w->vol;
	uint32_t n_blocks = extent->n_bytes / vol->block_bytes;
	uint32_t at = 0, n_used = 0, n_done = 1;
	enum udf_err err = UDF_OK;

	if ((uint64_t)extent->lsn + n_blocks > vol->n_sectors)
		damaged(w, UDF_P_VDS_OUTSIDE, extent->lsn, NULL, n_blocks);
	for (at = 0; at < n_blocks; at += n_done) {
		uint64_t lsn = (uint64_t)extent->lsn + at;

		n_done = 1;
		if (lsn >= vol->n_sectors || w->n_sectors_left == 0) {
			w->sequence->damaged = true;
			break;
		}
		w->n_sectors_left--;
		w->n_read++;
		if (udf_vol_read_lsn(vol, lsn, 1, block)) {
			w->n_unreadable++;
			damaged(w, UDF_P_BLOCK_UNREADABLE, lsn, NULL, 0);
			continue;
		}
		if (bytes_are_zero(block, vol->block_bytes))
			break;
		err = take_block(w, block, lsn, n_blocks - at, &n_done);
		n_used = at + n_done;
		if (err)
			break;
	}
	if (at >= n_blocks)	/* legal by ECMA-167, an error by UDF */
		udf_report(w->sink, UDF_P_VDS_UNTERMINATED, vol_place(extent->lsn, NULL), n_blocks, 0);
	vol_add_structure(vol, w->what, extent->lsn, n_blocks, n_used);
	return err == UDF_END ? UDF_OK : err;
}

enum udf_err vol_sequence_read(struct udf_vol *vol, const struct udf_extent_ad *extent,
			       enum udf_structure what, struct udf_sink *sink,
			       struct vol_sequence *ret_sequence)
{
	struct walk w = { .vol = vol, .what = what, .sink = sink, .sequence = ret_sequence,
			  .n_sectors_left = VOL_MAX_VDS_SECTORS, .next = *extent, .has_next = true };
	uint8_t *block = malloc(vol->block_bytes);
	enum udf_err err = UDF_OK;
	unsigned n;

	memset(ret_sequence, 0, sizeof(*ret_sequence));
	if (!block)
		return UDF_E_NOMEM;
	for (n = 0; !err && w.has_next && w.next.n_bytes > 0; n++) {
		struct udf_extent_ad now = w.next;

		if (n == VOL_MAX_VDS_EXTENTS || w.n_sectors_left == 0) {
			damaged(&w, UDF_P_VDS_CHAIN, now.lsn, "VDP", n);
			break;
		}
		w.has_next = false;
		err = walk_extent(&w, &now, block);
	}
	free(block);
	ret_sequence->unreadable = w.n_read > 0 && w.n_unreadable == w.n_read;
	if (ret_sequence->n_verified == 0) {
		ret_sequence->damaged = true;
		udf_report(sink, UDF_P_VDS_EMPTY, vol_place(extent->lsn, NULL), 0, 0);
	}
	if (err)
		vol_sequence_done(ret_sequence);
	return err;
}

static bool is_lv_info(const struct vol_desc *desc)
{
	struct udf_regid id;

	udf_regid_decode(desc->bytes + UDF_IUVD_IMPL_AT, &id);
	return udf_regid_is(&id, UDF_ID_LV_INFO);
}

const struct vol_desc *vol_sequence_find(const struct vol_sequence *sequence, uint16_t id)
{
	const struct vol_desc *best = NULL;
	unsigned i;

	for (i = 0; i < sequence->n_descs; i++) {
		const struct vol_desc *desc = &sequence->descs[i];

		if (desc->id != id || (id == UDF_TAG_IUVD && !is_lv_info(desc)))
			continue;
		if (!best || desc->number > best->number)
			best = desc;
	}
	return best;
}

const struct vol_desc *vol_sequence_find_pd(const struct vol_sequence *sequence, uint16_t number)
{
	unsigned i;

	for (i = 0; i < sequence->n_descs; i++)
		if (sequence->descs[i].id == UDF_TAG_PD &&
		    get_le16(sequence->descs[i].bytes + UDF_PD_NUMBER_AT) == number)
			return &sequence->descs[i];
	return NULL;
}

enum udf_err vol_sequence_merge(struct vol_sequence *main, const struct vol_sequence *reserve)
{
	unsigned i;

	for (i = 0; i < reserve->n_descs; i++) {
		struct vol_desc copy = reserve->descs[i];

		copy.bytes = malloc(copy.n_bytes);
		if (!copy.bytes)
			return UDF_E_NOMEM;
		memcpy(copy.bytes, reserve->descs[i].bytes, copy.n_bytes);
		add_desc(main, &copy, NULL);
	}
	return UDF_OK;
}
