/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The layout of a new volume.  Places and sizes are those of udftools 2.3, so that what people and
 * scripts know of its volumes holds for ours; doc/ONDISK.md lists the few differences.
 */
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/cs0.h"
#include "mkfs/layout.h"
#include "mkfs/mkfs.h"

/* Volumes get simpler as they get smaller. */
#define NO_ANCHOR_256_BLOCKS 257	/* up to here sector 256 is the last one or does not exist */
#define COMPACT_BELOW_BLOCKS 770	/* the sequences are packed wherever there is room */
#define TWO_ANCHORS_BELOW_BLOCKS 3072	/* no anchor at N - 256 */

#define VDS_LSN 96
#define LVID_LSN 128
#define VDS_MIN_BLOCKS 6		/* what the sequence has: PVD, LVD, PD, USD, IUVD, TD */
#define LVID_MIN_BYTES 8192u		/* UDF 2.2.4.6, on rewritable and overwritable media */
#define MANY_PACKETS 64u		/* of a partition that can spare a few */
#define LVID_MAX_BLOCKS 256u		/* of media with a history: the most that udftools reads */

struct sizes {
	uint64_t n_blocks;		/* from start_lsn on */
	uint32_t vds_blocks, lvid_blocks;
	uint32_t align;
	bool is_compact;
};

/* ---- texts ---- */

void udf_mkfs_set_label(struct udf_mkfs_params *params, const char *label)
{
	uint8_t field[sizeof(((struct udf_plan *)0)->vid)];
	size_t n = strlen(label);

	n = n < sizeof(params->lvid) ? n : sizeof(params->lvid) - 1;
	memcpy(params->lvid, label, n);
	params->lvid[n] = 0;
	n = n < sizeof(params->vid) ? n : sizeof(params->vid) - 1;
	do {		/* cut at a character until it fits */
		while (n > 0 && ((unsigned char)label[n] & 0xC0) == 0x80)
			n--;
		memcpy(params->vid, label, n);
		params->vid[n] = 0;
	} while (udf_dstring_set(params->vid, params->text_8bit, field, sizeof(field)) ==
		 UDF_E_NAME_TOO_LONG && n-- > 0);
}

/* A field of N_8BIT characters in 8 bits, N_16BIT in 16: Latin-1 can be in 8. */
#define WHYS(what, n_8bit, n_16bit) \
	what " is too long: at most " #n_8bit " characters, or " #n_16bit " if not all of them are Latin-1", \
	what " has a character that UDF can't hold: U+FEFF or U+FFFE"

static enum udf_err set_texts(const struct udf_mkfs_params *params, struct udf_plan *plan,
			      const char **ret_why)
{
	char vsid[sizeof(params->uuid) + sizeof(params->vsid)];
	const struct {
		const char *text;	/* NULL: not this one */
		uint8_t *field;
		size_t field_bytes;
		const char *too_long, *no_text;
	} rows[] = {
		{ params->lvid, plan->lvid, 128,
		  WHYS("--lvid or --label: the logical volume identifier", 126, 63) },
		{ params->vid, plan->vid, 32, WHYS("--vid: the volume identifier", 30, 15) },
		{ params->full_vsid[0] ? params->full_vsid : NULL, plan->vsid, 128,
		  WHYS("--fullvsid: the volume set identifier", 126, 63) },
		{ params->full_vsid[0] ? NULL : vsid, plan->vsid, 128,
		  WHYS("--vsid: the volume set identifier after the uuid", 110, 47) },
		{ params->fsid, plan->fsid, 32, WHYS("--fsid: the file set identifier", 30, 15) },
		{ params->owner, plan->owner, 36, WHYS("--owner: the owner", 34, 17) },
		{ params->organization, plan->organization, 36,
		  WHYS("--organization: the organization", 34, 17) },
		{ params->contact, plan->contact, 36, WHYS("--contact: the contact", 34, 17) },
	};

	strcpy(vsid, params->uuid);
	strcat(vsid, params->vsid);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum udf_err err = UDF_OK;

		if (rows[i].text)
			err = udf_dstring_set(rows[i].text, params->text_8bit, rows[i].field, rows[i].field_bytes);
		if (err) {
			*ret_why = err == UDF_E_NAME_TOO_LONG ? rows[i].too_long : rows[i].no_text;
			return err;
		}
	}
	return UDF_OK;
}

/* ---- volume structures ---- */

static uint32_t access_type(const struct udf_mkfs_params *params)
{
	if (params->read_only && params->media != UDF_MEDIA_WORM)
		return UDF_ACCESS_READ_ONLY;
	switch (params->media) {
	case UDF_MEDIA_DVD:
	case UDF_MEDIA_CD:
		return UDF_ACCESS_READ_ONLY;
	case UDF_MEDIA_WORM:
		return UDF_ACCESS_WRITE_ONCE;
	case UDF_MEDIA_MO:
	case UDF_MEDIA_CDRW:
		return UDF_ACCESS_REWRITABLE;
	case UDF_MEDIA_HD:
	case UDF_MEDIA_DVDRAM:
	case UDF_MEDIA_DVDRW:
	case UDF_MEDIA_DVDR:
	case UDF_MEDIA_CDR:
	case UDF_MEDIA_BDR:
	case UDF_MEDIA_BDRE:
	case UDF_N_MEDIA:
		break;
	}
	return UDF_ACCESS_OVERWRITABLE;
}

/* What a sequence is given at least: on CD-RW and DVD-RW a packet. */
static uint32_t least_sequence_blocks(enum udf_media_type media)
{
	if (media == UDF_MEDIA_WORM || media == UDF_MEDIA_MO)
		return 255;
	return media == UDF_MEDIA_CDRW ? 32 : 16;
}

static struct sizes get_sizes(const struct udf_mkfs_params *params, const struct udf_plan *plan)
{
	bool history = params->media == UDF_MEDIA_WORM || params->media == UDF_MEDIA_MO;
	bool is_spared = params->media == UDF_MEDIA_CDRW || params->media == UDF_MEDIA_DVDRW;
	struct sizes s = {
		.n_blocks = plan->n_sectors - plan->start_lsn,
		.vds_blocks = least_sequence_blocks(params->media),
		.lvid_blocks = is_spared ? least_sequence_blocks(params->media) : 1,
		.align = params->packet_blocks,
	};

	s.is_compact = s.n_blocks < COMPACT_BELOW_BLOCKS;
	if (history)
		s.lvid_blocks = (uint32_t)udf_max64(10, udf_min64(s.n_blocks / 50, LVID_MAX_BLOCKS));
	if ((plan->access_type == UDF_ACCESS_OVERWRITABLE ||
	     plan->access_type == UDF_ACCESS_REWRITABLE) && s.n_blocks > NO_ANCHOR_256_BLOCKS)
		s.lvid_blocks = (uint32_t)udf_max64(s.lvid_blocks,
						    udf_ceil_div(LVID_MIN_BYTES, plan->block_bytes));
	if (s.n_blocks <= NO_ANCHOR_256_BLOCKS)
		s.vds_blocks = VDS_MIN_BLOCKS;
	return s;
}

static enum udf_err take_recognition_and_anchors(const struct udf_mkfs_params *params,
						 struct udf_plan *plan, const struct sizes *s)
{
	uint32_t start = plan->start_lsn;
	uint32_t boot_blocks = (32768 + params->n_first_descriptors * 2048) / plan->block_bytes;
	uint32_t vrs_blocks = plan->block_bytes >= 2048 ? 4 :
			      (3 * 2048 + plan->block_bytes) / plan->block_bytes;
	uint64_t last_lsn = plan->n_sectors - 1u;
	enum udf_err err = UDF_OK;

	if (params->boot_area == UDF_BOOT_MBR && start == 0) {
		err = layout_take(plan, UDF_ROLE_MBR, 0, 1);
		if (!err && boot_blocks > 1)
			err = layout_take(plan, UDF_ROLE_RESERVED, 1, boot_blocks - 1);
	} else {
		err = layout_take(plan, UDF_ROLE_RESERVED, start, boot_blocks);
	}
	if (!err)
		err = layout_take(plan, UDF_ROLE_VRS, start + boot_blocks, vrs_blocks);
	if (!err && s->n_blocks > NO_ANCHOR_256_BLOCKS)
		err = layout_take(plan, UDF_ROLE_ANCHOR, start + 256, 1);
	if (!err && (s->n_blocks >= TWO_ANCHORS_BELOW_BLOCKS || params->n_last_blocks))
		err = layout_take(plan, UDF_ROLE_ANCHOR, last_lsn - 256, 1);
	if (!err && params->n_last_blocks)
		err = layout_take(plan, UDF_ROLE_RESERVED, plan->n_sectors - params->n_last_blocks,
				  params->n_last_blocks);
	else if (!err)
		err = layout_take(plan, UDF_ROLE_ANCHOR, last_lsn, 1);
	return err;
}

/*
 * A lost packet should cost only one structure, so nothing else is put into the packets of the anchors.  The sequences
 * begin packets of their own anyway.
 */
static enum udf_err guard_anchors(struct udf_plan *plan, const struct sizes *s)
{
	const struct udf_plan_extent *anchor;
	enum udf_err err = UDF_OK;

	for (unsigned i = 0; !err && (anchor = udf_plan_find(plan, UDF_ROLE_ANCHOR, i)); i++)
		err = layout_guard(plan, anchor->lsn / s->align * s->align, s->align);
	return err;
}

static enum udf_err take_sequences(struct udf_plan *plan, const struct sizes *s)
{
	uint64_t from = plan->start_lsn, lsn = LAYOUT_NO_FIT;
	enum udf_err err;

	if (!s->is_compact)
		from += VDS_LSN / s->align * s->align;
	err = layout_take(plan, UDF_ROLE_MAIN_VDS,
			  layout_first_fit(plan, from, s->vds_blocks, s->align), s->vds_blocks);
	if (err || s->n_blocks <= NO_ANCHOR_256_BLOCKS)
		return err;
	if (s->n_blocks >= TWO_ANCHORS_BELOW_BLOCKS)
		lsn = layout_first_fit(plan, (plan->n_sectors - 257u + 97u) / 32 * 32,
				       s->vds_blocks, s->align);
	if (lsn == LAYOUT_NO_FIT)
		lsn = layout_last_fit(plan, s->vds_blocks, s->align);
	return layout_take(plan, UDF_ROLE_RESERVE_VDS, lsn, s->vds_blocks);
}

/* The first table near the beginning, the second one near the end, and so on: one scratch should not reach all. */
static enum udf_err take_sparing(const struct udf_mkfs_params *params, struct udf_plan *plan, const struct sizes *s)
{
	uint64_t from = plan->start_lsn + VDS_LSN / s->align * s->align;
	enum udf_err err = UDF_OK;

	for (unsigned i = 0; i < params->n_sparing_tables && !err; i++)
		err = layout_take(plan, UDF_ROLE_SPARING_TABLE,
				  i % 2 ? layout_last_fit(plan, s->align, s->align) :
					  layout_first_fit(plan, from, s->align, s->align), s->align);
	if (params->n_sparing_tables && !err)
		err = layout_take(plan, UDF_ROLE_SPARE_SPACE,
				  layout_first_fit(plan, plan->start_lsn + 256u, params->spare_blocks, s->align),
				  params->spare_blocks);
	return err;
}

/* A compact volume may need all space at its start for the partition.  Then the LVID comes after the partition. */
static bool lvid_comes_first(const struct udf_plan *plan, const struct sizes *s)
{
	uint64_t lsn = layout_last_fit(plan, s->lvid_blocks, s->align);

	return !s->is_compact || plan->spare_packet_blocks || lsn == LAYOUT_NO_FIT || lsn - plan->start_lsn < 256;
}

static enum udf_err take_partition(const struct udf_mkfs_params *params, struct udf_plan *plan,
				   const struct sizes *s)
{
	uint64_t lsn = 0, n_blocks = 0, front_lsn, n_front_blocks;
	uint32_t length_align = s->align;

	/* Windows' chkdsk expects whole bytes in the bitmap. */
	while (params->space == UDF_SPACE_UNALLOC_BITMAP && length_align % 8)
		length_align *= 2;
	layout_largest(plan, plan->start_lsn + 256u, s->align, length_align, &lsn, &n_blocks);
	if (s->is_compact) {
		layout_largest(plan, 0, s->align, length_align, &front_lsn, &n_front_blocks);
		if (n_front_blocks > n_blocks) {
			lsn = front_lsn;
			n_blocks = n_front_blocks;
		}
	}
	if (n_blocks == 0)
		return UDF_E_NOSPC;
	return layout_take(plan, UDF_ROLE_PARTITION, lsn, n_blocks);
}

static enum udf_err take_volume(const struct udf_mkfs_params *params, struct udf_plan *plan)
{
	struct sizes s = get_sizes(params, plan);
	uint64_t from = plan->start_lsn;
	enum udf_err err;

	layout_init(plan, plan->start_lsn);
	err = take_recognition_and_anchors(params, plan, &s);
	if (!err && s.align > 1 && (!s.is_compact || plan->spare_packet_blocks))
		err = guard_anchors(plan, &s);
	if (!err)
		err = take_sequences(plan, &s);
	if (!err && lvid_comes_first(plan, &s)) {
		if (!s.is_compact)
			from += LVID_LSN / s.align * s.align;
		err = layout_take(plan, UDF_ROLE_LVID,
				  layout_first_fit(plan, from, s.lvid_blocks, s.align),
				  s.lvid_blocks);
	}
	if (!err)
		err = take_sparing(params, plan, &s);
	if (!err)
		err = take_partition(params, plan, &s);
	if (!err && !udf_plan_find(plan, UDF_ROLE_LVID, 0))
		err = layout_take(plan, UDF_ROLE_LVID,
				  layout_first_fit(plan, from, s.lvid_blocks, s.align),
				  s.lvid_blocks);
	layout_end_guard(plan);
	return err;
}

/* ---- the partition's contents ---- */

static enum udf_err place_space_set(struct udf_plan *plan, uint32_t icb_blocks, uint32_t align,
				    const char **ret_why)
{
	uint64_t part_blocks = udf_plan_find(plan, UDF_ROLE_PARTITION, 0)->n_blocks;
	uint32_t extent_blocks = (0x3FFFFFFFu - (plan->block_bytes - 1)) / plan->block_bytes;

	switch (plan->space) {
	case UDF_SPACE_UNALLOC_BITMAP:
	case UDF_SPACE_FREED_BITMAP:
		plan->n_space_blocks = (uint32_t)udf_ceil_div(
			UDF_SBD_FIXED_BYTES + udf_ceil_div(part_blocks, 8), plan->block_bytes);
		/* It has whole packets of its own, so that no data share the packets that each commit writes. */
		plan->n_space_blocks = (uint32_t)udf_ceil_div(plan->n_space_blocks, align) * align;
		break;
	case UDF_SPACE_UNALLOC_TABLE:
	case UDF_SPACE_FREED_TABLE:
		plan->n_space_blocks = icb_blocks;
		/* Each gap between structures is free space of its own. */
		if ((udf_ceil_div(part_blocks, extent_blocks) + (align > 1 ? UDF_PLAN_MAX_RUNS : 0)) *
		    UDF_SHORT_AD_BYTES > plan->block_bytes - UDF_USE_FIXED_BYTES) {
			*ret_why = "the volume is too large for a space table in one block; "
				   "use a bitmap or larger blocks";
			return UDF_E_UNSUPPORTED;
		}
		break;
	case UDF_SPACE_NONE:
		plan->n_space_blocks = 0;
		break;
	}
	plan->space_lbn = plan->n_space_blocks ? 0 : UDF_PLAN_NOWHERE;
	return UDF_OK;
}

/* Mark N_BLOCKS at the next multiple of ALIGN as used.  Returns the first of them. */
static uint32_t place(struct udf_plan *plan, uint32_t n_blocks, uint32_t align)
{
	struct udf_plan_run *last = plan->n_runs ? &plan->runs[plan->n_runs - 1] : NULL;
	uint64_t end = last ? (uint64_t)last->lbn + last->n_blocks : 0;
	uint64_t lbn = udf_ceil_div(end, align) * align;

	plan->n_used_blocks += n_blocks;
	if (last && lbn == end)
		last->n_blocks += n_blocks;
	else if (n_blocks)
		plan->runs[plan->n_runs++] = (struct udf_plan_run){ (uint32_t)lbn, n_blocks };
	return (uint32_t)lbn;
}

static void place_directory(struct udf_plan *plan, uint32_t icb_blocks, uint32_t align, uint32_t *ret_lbn,
			    uint32_t *ret_data_lbn)
{
	*ret_lbn = place(plan, icb_blocks, align);
	*ret_data_lbn = plan->ad == UDF_AD_EMBEDDED ? UDF_PLAN_NOWHERE : place(plan, 1, 1);
}

/* Each structure begins a packet, unless that would cost much of a small partition. */
static uint32_t align_in_partition(const struct udf_mkfs_params *params, const struct udf_plan *plan)
{
	uint32_t n_packets = udf_plan_find(plan, UDF_ROLE_PARTITION, 0)->n_blocks / params->packet_blocks;

	return plan->spare_packet_blocks || n_packets >= MANY_PACKETS ? params->packet_blocks : 1;
}

static enum udf_err place_files(const struct udf_mkfs_params *params, struct udf_plan *plan, const char **ret_why)
{
	uint32_t icb_blocks = udf_icb_blocks(plan->strategy), align = align_in_partition(params, plan);
	const struct udf_plan_run *last;
	enum udf_err err;

	err = place_space_set(plan, icb_blocks, align, ret_why);
	if (err)
		return err;
	plan->n_runs = plan->n_used_blocks = 0;
	(void)place(plan, plan->n_space_blocks, align);
	plan->fsd_lbn = place(plan, 1, align);
	plan->stream_dir_lbn = plan->stream_dir_data_lbn = UDF_PLAN_NOWHERE;
	if (plan->revision >= 0x0200)
		place_directory(plan, icb_blocks, align, &plan->stream_dir_lbn, &plan->stream_dir_data_lbn);
	place_directory(plan, icb_blocks, align, &plan->root_lbn, &plan->root_data_lbn);
	last = &plan->runs[plan->n_runs - 1];
	return (uint64_t)last->lbn + last->n_blocks <= udf_plan_find(plan, UDF_ROLE_PARTITION, 0)->n_blocks ?
	       UDF_OK : UDF_E_NOSPC;
}

/* ---- MBR: one partition over the whole disk, for Windows ---- */

static void chs_encode(uint64_t lba, uint32_t heads, uint32_t sectors, uint8_t *ret)
{
	uint64_t cylinder = lba / ((uint64_t)heads * sectors);
	uint8_t head = (uint8_t)(lba / sectors % heads), sector = (uint8_t)(lba % sectors + 1);

	if (cylinder > 1023) {
		cylinder = 1023;
		head = 254;
		sector = 63;
	}
	ret[0] = head;
	ret[1] = (uint8_t)(sector | (cylinder >> 8) << 6);
	ret[2] = (uint8_t)cylinder;
}

static void build_mbr(const struct udf_mkfs_params *params, uint8_t *ret_mbr)
{
	uint32_t sector_bytes = params->sector_bytes ? params->sector_bytes : 512;
	uint64_t n_sectors = udf_ceil_div(params->n_blocks * params->block_bytes, sector_bytes);
	uint32_t heads = 255;
	uint8_t *entry = ret_mbr + 446;

	for (uint32_t h = 128; h >= 16; h /= 2)
		if (n_sectors < (uint64_t)h * 63 * 1024)
			heads = h;
	memset(ret_mbr, 0, UDF_MBR_BYTES);
	put_le32(ret_mbr + 440, params->mbr_signature);
	chs_encode(0, heads, 63, entry + 1);
	entry[4] = 0x07;
	chs_encode(n_sectors - 1, heads, 63, entry + 5);
	put_le32(entry + 12, (uint32_t)udf_min64(n_sectors, 0xFFFFFFFFu));
	put_le16(ret_mbr + 510, 0xAA55);
}

/* ---- the plan ---- */

/* Sparing tables: UDF 2.2.9, and what the Linux kernel mounts. */
static enum udf_err check_sparing(const struct udf_mkfs_params *params, const char **ret_why)
{
	uint64_t n_packets = params->spare_blocks / params->packet_blocks;

	*ret_why = "sparing tables need UDF 1.50 or later";
	if (params->revision < 0x0150)
		return UDF_E_UNSUPPORTED;
	*ret_why = "sparing tables are for media that are rewritten";
	if (params->media == UDF_MEDIA_DVD || params->media == UDF_MEDIA_CD || params->media == UDF_MEDIA_WORM)
		return UDF_E_UNSUPPORTED;
	*ret_why = "with sparing tables, the packet length is a power of two, or no system can mount the volume; "
		"with UDF 1.50 and 2.00 it is 16 or 32";
	if (!udf_is_power_of_two(params->packet_blocks) ||
	    (params->revision <= 0x0200 && params->packet_blocks != 16 && params->packet_blocks != 32))
		return UDF_E_INVAL;
	*ret_why = "--sparspace is less than a packet";
	if (n_packets == 0)
		return UDF_E_INVAL;
	*ret_why = "the sparing table would not fit a block, and Linux could not mount the volume; "
		"give a smaller --sparspace or a larger --packetlen";
	return n_packets * UDF_SPARING_ENTRY_BYTES > params->block_bytes - UDF_SPARING_FIXED_BYTES ? UDF_E_INVAL :
												      UDF_OK;
}

static enum udf_err check_params(const struct udf_mkfs_params *params, const char **ret_why)
{
	if (!udf_mkfs_is_supported(params->media, params->revision, ret_why))
		return UDF_E_UNSUPPORTED;
	*ret_why = "the block size is not a power of two from 512 to 32768";
	if (!udf_is_power_of_two(params->block_bytes) || params->block_bytes < 512 ||
	    params->block_bytes > 32768)
		return UDF_E_INVAL;
	*ret_why = "more than 4294967295 blocks; use larger blocks";
	if (params->n_blocks > 0xFFFFFFFFu)
		return UDF_E_RANGE;
	*ret_why = "a parameter is outside its range";
	if ((params->strategy != UDF_STRATEGY_4 && params->strategy != UDF_STRATEGY_4096) ||
	    params->packet_blocks == 0 || params->packet_blocks > 0xFFFF ||
	    params->ad == UDF_AD_EXTENDED || (params->use_efe && params->revision < 0x0200) ||
	    (params->uuid[0] && strlen(params->uuid) != 16) ||
	    params->n_sparing_tables > UDF_MAX_SPARING_TABLES)
		return UDF_E_INVAL;
	if (params->n_sparing_tables) {
		enum udf_err err = check_sparing(params, ret_why);

		if (err)
			return err;
	}
	*ret_why = "a partition table belongs in the first sector of the disk, not of a "
		"later session; choose another boot area";
	if (params->boot_area == UDF_BOOT_MBR && params->start_lsn)
		return UDF_E_INVAL;
	*ret_why = "not enough blocks";
	if (params->n_blocks <= params->start_lsn)
		return UDF_E_NOSPC;
	return UDF_OK;
}

enum udf_err udf_mkfs_plan(const struct udf_mkfs_params *params, struct udf_plan *ret_plan,
			   const char **ret_why)
{
	const char *why = NULL;
	struct udf_plan plan;
	enum udf_err err;

	memset(&plan, 0, sizeof(plan));
	err = check_params(params, &why);
	if (!err)
		err = set_texts(params, &plan, &why);
	if (err)
		goto out;
	plan.block_bytes = params->block_bytes;
	plan.n_sectors = (uint32_t)params->n_blocks;
	plan.start_lsn = params->start_lsn;
	plan.revision = params->revision;
	plan.time = params->time;
	plan.erase_unused = params->boot_area != UDF_BOOT_PRESERVE;
	plan.access_type = access_type(params);
	plan.write_once = plan.ends_blank = plan.access_type == UDF_ACCESS_WRITE_ONCE;
	plan.soft_protect = params->read_only;
	plan.strategy = params->strategy;
	plan.use_efe = params->use_efe;
	plan.ad = params->ad;
	plan.uid = params->uid;
	plan.gid = params->gid;
	plan.mode = params->mode;
	plan.space = plan.access_type == UDF_ACCESS_READ_ONLY && !params->to_be_filled ? UDF_SPACE_NONE :
											  params->space;
	if (params->n_sparing_tables) {
		plan.spare_packet_blocks = params->packet_blocks;
		plan.n_spare_packets = params->spare_blocks / params->packet_blocks;
	}
	if (params->boot_area == UDF_BOOT_MBR)
		build_mbr(params, plan.mbr);
	why = "not enough blocks";
	err = take_volume(params, &plan);
	if (!err)
		err = place_files(params, &plan, &why);
	if (!err)
		*ret_plan = plan;
out:
	if (err && ret_why)
		*ret_why = why;
	return err;
}

/* Returns UDF_OK if N_BLOCKS are enough, and UDF_E_NOSPC if they are not. */
static enum udf_err are_enough(struct udf_mkfs_params *params, uint64_t n_blocks)
{
	struct udf_plan plan;

	params->n_blocks = n_blocks;
	return udf_mkfs_plan(params, &plan, NULL);
}

/* Structures begin at multiples of something, and bitmaps grow, so the size is searched for and not computed. */
enum udf_err udf_mkfs_least_blocks(const struct udf_mkfs_params *params, uint64_t *ret_n_blocks)
{
	struct udf_mkfs_params tried = *params;
	uint64_t too_few = params->start_lsn, enough = too_few + 1;
	enum udf_err err;

	while ((err = are_enough(&tried, enough)) == UDF_E_NOSPC) {
		too_few = enough;
		enough = params->start_lsn + 2 * (enough - params->start_lsn);
	}
	while (!err && enough - too_few > 1) {
		uint64_t middle = too_few + (enough - too_few) / 2;

		err = are_enough(&tried, middle);
		if (err == UDF_E_NOSPC)
			too_few = middle;
		else
			enough = middle;
		if (err == UDF_E_NOSPC)
			err = UDF_OK;
	}
	if (!err)
		*ret_n_blocks = enough;
	return err;
}
