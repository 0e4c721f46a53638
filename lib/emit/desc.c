/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emit/desc.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "ecma/codec.h"

#define FIRST_UNIQUE_ID 16u		/* 0 to 15 are reserved (UDF 2.3.2.6) */
#define PARENT_FID_BYTES 40u
#define VSD_BYTES 2048u
#define TE_BYTES 36u

const struct udf_plan_extent *udf_plan_find(const struct udf_plan *plan, enum udf_extent_role role,
					    unsigned nth)
{
	for (unsigned i = 0; i < plan->n_extents; i++)
		if (plan->extents[i].role == role && nth-- == 0)
			return &plan->extents[i];
	return NULL;
}

static uint16_t tag_version(const struct udf_plan *plan)
{
	return plan->revision >= 0x0200 ? 3 : 2;
}

static void seal(const struct udf_plan *plan, uint8_t *p, uint16_t id, uint32_t location, size_t n_bytes)
{
	udf_tag_seal(p, id, tag_version(plan), UDF_EMIT_TAG_SERIAL, location, n_bytes - UDF_TAG_BYTES);
}

static void domain(const struct udf_plan *plan, struct udf_regid *ret)
{
	udf_regid_set_domain(ret, plan->revision, plan->soft_protect ? UDF_DOMAIN_SOFT_PROTECT : 0);
}

static uint32_t icb_bytes(const struct udf_plan *plan)
{
	return udf_icb_blocks(plan->strategy) * plan->block_bytes;
}

static struct udf_timestamp timestamp(const struct udf_plan *plan)
{
	struct udf_timestamp ts;

	udf_timestamp_from_time(&plan->time, &ts);
	return ts;
}

/* ---- volume ---- */

void udf_emit_vrs(const struct udf_plan *plan, uint8_t *ret)
{
	const char *const ids[3] = { "BEA01", plan->revision >= 0x0200 ? "NSR03" : "NSR02", "TEA01" };
	size_t spacing = plan->block_bytes > VSD_BYTES ? plan->block_bytes : VSD_BYTES;

	for (int i = 0; i < 3; i++) {
		struct udf_vsd vsd = { .type = 0, .version = 1 };

		memcpy(vsd.id, ids[i], sizeof(vsd.id));
		udf_vsd_encode(&vsd, ret + (size_t)i * spacing);
	}
}

static struct udf_extent_ad extent_ad(const struct udf_plan *plan, const struct udf_plan_extent *extent)
{
	return (struct udf_extent_ad){ .n_bytes = extent->n_blocks * plan->block_bytes,
				       .lsn = extent->lsn };
}

void udf_emit_anchor(const struct udf_plan *plan, uint32_t lsn, uint8_t *ret)
{
	const struct udf_plan_extent *main_vds = udf_plan_find(plan, UDF_ROLE_MAIN_VDS, 0);
	const struct udf_plan_extent *reserve = udf_plan_find(plan, UDF_ROLE_RESERVE_VDS, 0);
	struct udf_avdp avdp = { .main_vds = extent_ad(plan, main_vds) };

	/* The tiniest volumes have one sequence only. */
	avdp.reserve_vds = extent_ad(plan, reserve ? reserve : main_vds);
	udf_avdp_encode(&avdp, ret);
	seal(plan, ret, UDF_TAG_AVDP, lsn, UDF_DESCRIPTOR_BYTES);
}

static void emit_pvd(const struct udf_plan *plan, uint32_t lsn, uint8_t *ret)
{
	struct udf_pvd pvd = {
		.sequence_number = 1,
		.volume_sequence_number = 1, .max_volume_sequence_number = 1,
		.interchange_level = 2, .max_interchange_level = 3,
		.charset_list = 1, .max_charset_list = 1,
		.recording_time = timestamp(plan),
		.flags = 1,
	};

	memcpy(pvd.volume_id, plan->vid, sizeof(pvd.volume_id));
	memcpy(pvd.volume_set_id, plan->vsid, sizeof(pvd.volume_set_id));
	udf_charspec_set_cs0(&pvd.descriptor_charset);
	udf_charspec_set_cs0(&pvd.explanatory_charset);
	memcpy(pvd.application.id, "*udfkit mkudffs", 15);
	udf_regid_set_impl(&pvd.impl);
	udf_pvd_encode(&pvd, ret);
	seal(plan, ret, UDF_TAG_PVD, lsn, UDF_DESCRIPTOR_BYTES);
}

static struct udf_partition_map partition_map(const struct udf_plan *plan)
{
	struct udf_partition_map map = { .type = 1, .n_bytes = 6, .volume_sequence_number = 1 };
	struct udf_sparable_map sparable = { .packet_blocks = (uint16_t)plan->spare_packet_blocks };
	const struct udf_plan_extent *table;

	if (!plan->spare_packet_blocks)
		return map;
	map.type = 2;
	map.n_bytes = 64;
	udf_regid_set_udf(&map.type_id, UDF_ID_SPARABLE, plan->revision);
	sparable.table_bytes = udf_emit_sparing_bytes(plan);
	while ((table = udf_plan_find(plan, UDF_ROLE_SPARING_TABLE, sparable.n_tables)))
		sparable.table_lsn[sparable.n_tables++] = table->lsn;
	udf_sparable_map_encode(&sparable, map.specific);
	return map;
}

static void emit_lvd(const struct udf_plan *plan, uint32_t lsn, uint8_t *ret)
{
	struct udf_partition_map map = partition_map(plan);
	struct udf_lvd lvd = {
		.sequence_number = 2,
		.block_bytes = plan->block_bytes,
		.fsd = { .length = plan->block_bytes, .addr = { .lbn = plan->fsd_lbn } },
		.map_table_bytes = map.n_bytes, .n_maps = 1,
		.integrity = extent_ad(plan, udf_plan_find(plan, UDF_ROLE_LVID, 0)),
	};

	udf_charspec_set_cs0(&lvd.descriptor_charset);
	memcpy(lvd.logical_volume_id, plan->lvid, sizeof(lvd.logical_volume_id));
	domain(plan, &lvd.domain);
	udf_regid_set_impl(&lvd.impl);
	udf_lvd_encode(&lvd, ret);
	udf_partition_map_encode(&map, ret + UDF_LVD_FIXED_BYTES);
	seal(plan, ret, UDF_TAG_LVD, lsn, UDF_LVD_FIXED_BYTES + map.n_bytes);
}

static void emit_pd(const struct udf_plan *plan, uint32_t lsn, uint8_t *ret)
{
	const struct udf_plan_extent *part = udf_plan_find(plan, UDF_ROLE_PARTITION, 0);
	struct udf_short_ad set = { .length = plan->n_space_blocks * plan->block_bytes,
				    .lbn = plan->space_lbn };
	struct udf_pd pd = {
		.sequence_number = 3,
		.flags = 1,
		.access_type = plan->access_type,
		.start_lsn = part->lsn, .n_blocks = part->n_blocks,
	};

	/* A read-only partition names no space set, even if one was used to fill it (UDF 2.3.3). */
	switch (plan->access_type == UDF_ACCESS_READ_ONLY ? UDF_SPACE_NONE : plan->space) {
	case UDF_SPACE_UNALLOC_BITMAP:
		pd.header.unallocated_bitmap = set;
		break;
	case UDF_SPACE_UNALLOC_TABLE:
		pd.header.unallocated_table = set;
		break;
	case UDF_SPACE_FREED_BITMAP:
		pd.header.freed_bitmap = set;
		break;
	case UDF_SPACE_FREED_TABLE:
		pd.header.freed_table = set;
		break;
	case UDF_SPACE_NONE:
		break;
	}
	udf_regid_set_contents(&pd.contents, plan->revision >= 0x0200 ? "+NSR03" : "+NSR02");
	udf_regid_set_impl(&pd.impl);
	udf_pd_encode(&pd, ret);
	seal(plan, ret, UDF_TAG_PD, lsn, UDF_DESCRIPTOR_BYTES);
}

static void emit_usd(const struct udf_plan *plan, uint32_t lsn, uint8_t *ret)
{
	const uint32_t max_blocks = (0x3FFFFFFFu - (plan->block_bytes - 1)) / plan->block_bytes;
	uint32_t cap = (plan->block_bytes - UDF_USD_FIXED_BYTES) / 8;
	struct udf_usd usd = { .sequence_number = 4 };

	for (unsigned i = 0; i < plan->n_extents; i++) {
		struct udf_plan_extent left = plan->extents[i];

		while (left.role == UDF_ROLE_UNUSED && left.n_blocks > 0 && usd.n_extents < cap) {
			struct udf_plan_extent piece = left;
			struct udf_extent_ad ad;

			piece.n_blocks = left.n_blocks < max_blocks ? left.n_blocks : max_blocks;
			ad = extent_ad(plan, &piece);
			udf_extent_ad_encode(&ad, ret + UDF_USD_FIXED_BYTES + 8 * (size_t)usd.n_extents);
			usd.n_extents++;
			left.lsn += piece.n_blocks;
			left.n_blocks -= piece.n_blocks;
		}
	}
	udf_usd_encode(&usd, ret);
	seal(plan, ret, UDF_TAG_USD, lsn, UDF_USD_FIXED_BYTES + 8 * (size_t)usd.n_extents);
}

static void emit_iuvd(const struct udf_plan *plan, uint32_t lsn, uint8_t *ret)
{
	struct udf_iuvd iuvd = { .sequence_number = 5 };

	udf_regid_set_udf(&iuvd.impl, UDF_ID_LV_INFO, plan->revision);
	udf_charspec_set_cs0(&iuvd.lvi_charset);
	memcpy(iuvd.logical_volume_id, plan->lvid, sizeof(iuvd.logical_volume_id));
	memcpy(iuvd.lv_info1, plan->owner, sizeof(iuvd.lv_info1));
	memcpy(iuvd.lv_info2, plan->organization, sizeof(iuvd.lv_info2));
	memcpy(iuvd.lv_info3, plan->contact, sizeof(iuvd.lv_info3));
	udf_regid_set_impl(&iuvd.impl_id);
	udf_iuvd_encode(&iuvd, ret);
	seal(plan, ret, UDF_TAG_IUVD, lsn, UDF_DESCRIPTOR_BYTES);
}

static void emit_td(const struct udf_plan *plan, uint32_t lsn, uint8_t *ret)
{
	struct udf_td td = { .reserved = { 0 } };

	udf_td_encode(&td, ret);
	seal(plan, ret, UDF_TAG_TD, lsn, UDF_DESCRIPTOR_BYTES);
}

uint32_t udf_emit_vds(const struct udf_plan *plan, uint32_t lsn, uint8_t *ret)
{
	static void (*const emit[])(const struct udf_plan *plan, uint32_t lsn, uint8_t *ret) = {
		emit_pvd, emit_lvd, emit_pd, emit_usd, emit_iuvd, emit_td,
	};
	uint32_t n = sizeof(emit) / sizeof(emit[0]);

	for (uint32_t i = 0; i < n; i++)
		emit[i](plan, lsn + i, ret + (size_t)i * plan->block_bytes);
	return n;
}

uint32_t udf_emit_lvid(const struct udf_plan *plan, uint8_t *ret)
{
	const struct udf_plan_extent *part = udf_plan_find(plan, UDF_ROLE_PARTITION, 0);
	const struct udf_plan_extent *extent = udf_plan_find(plan, UDF_ROLE_LVID, 0);
	struct udf_lvid lvid = {
		.recording_time = timestamp(plan),
		.type = UDF_LVID_CLOSED,
		.next_unique_id = FIRST_UNIQUE_ID,
		.n_partitions = 1,
		.impl_use_bytes = UDF_LVID_IMPL_BYTES,
	};
	struct udf_lvid_impl impl = {
		.n_files = 0, .n_directories = 1,
		.min_read_revision = plan->revision, .min_write_revision = plan->revision,
		.max_write_revision = plan->revision,
	};
	uint32_t n_free = plan->access_type == UDF_ACCESS_READ_ONLY ? 0 :
			  part->n_blocks - plan->n_used_blocks;
	uint8_t *free_table = ret + UDF_LVID_FIXED_BYTES, *size_table = free_table + 4, *impl_use = size_table + 4;

	udf_lvid_encode(&lvid, ret);
	put_le32(free_table, n_free);
	put_le32(size_table, part->n_blocks);
	udf_regid_set_impl(&impl.impl);
	udf_lvid_impl_encode(&impl, impl_use);
	seal(plan, ret, UDF_TAG_LVID, extent->lsn, (size_t)(impl_use - ret) + UDF_LVID_IMPL_BYTES);
	if (plan->ends_blank || extent->n_blocks < 2)
		return 1;
	emit_td(plan, extent->lsn + 1, ret + plan->block_bytes);
	return 2;
}

uint32_t udf_emit_sparing_bytes(const struct udf_plan *plan)
{
	return UDF_SPARING_FIXED_BYTES + plan->n_spare_packets * UDF_SPARING_ENTRY_BYTES;
}

void udf_emit_sparing_table(const struct udf_plan *plan, uint32_t lsn, uint8_t *ret)
{
	const struct udf_plan_extent *space = udf_plan_find(plan, UDF_ROLE_SPARE_SPACE, 0);
	struct udf_sparing_table table = { .n_entries = (uint16_t)plan->n_spare_packets };

	udf_regid_set_udf(&table.id, UDF_ID_SPARING_TABLE, plan->revision);
	udf_sparing_table_encode(&table, ret);
	for (uint32_t i = 0; i < plan->n_spare_packets; i++) {
		struct udf_sparing_entry entry = { UDF_SPARING_AVAILABLE,
						   space->lsn + i * plan->spare_packet_blocks };

		udf_sparing_entry_encode(&entry, ret + UDF_SPARING_FIXED_BYTES +
						 (size_t)i * UDF_SPARING_ENTRY_BYTES);
	}
	seal(plan, ret, UDF_TAG_SPARING, lsn, udf_emit_sparing_bytes(plan));
}

/* ---- partition ---- */

void udf_emit_sbd(const struct udf_plan *plan, uint8_t *ret)
{
	const struct udf_plan_extent *part = udf_plan_find(plan, UDF_ROLE_PARTITION, 0);
	struct udf_sbd sbd = { .n_bits = part->n_blocks,
			       .n_bytes = (uint32_t)udf_ceil_div(part->n_blocks, 8) };

	udf_sbd_encode(&sbd, ret);
	/* The CRC length is 8, so the CRC need not follow the bits (DCN-5108). */
	seal(plan, ret, UDF_TAG_SBD, plan->space_lbn, UDF_SBD_FIXED_BYTES);
}

static struct udf_icbtag icbtag(const struct udf_plan *plan, enum udf_file_type type, enum udf_ad_kind ad)
{
	return udf_icbtag_first(plan->strategy, (uint8_t)type, (uint16_t)ad);
}

static void emit_terminal(const struct udf_plan *plan, uint32_t lbn, uint8_t *ret)
{
	struct udf_te te = { .icb = icbtag(plan, UDF_FT_TE, UDF_AD_SHORT) };

	te.icb.prior_entries = 1;
	udf_te_encode(&te, ret);
	seal(plan, ret, UDF_TAG_TE, lbn, TE_BYTES);
}

/* Append the free blocks from LBN to END to the table's descriptors. */
static void add_free(const struct udf_plan *plan, uint32_t lbn, uint32_t end, struct udf_use *use, uint8_t *ret)
{
	const uint32_t max_blocks = (0x3FFFFFFFu - (plan->block_bytes - 1)) / plan->block_bytes;

	for (uint32_t n; lbn < end; lbn += n) {
		struct udf_short_ad ad;

		n = end - lbn < max_blocks ? end - lbn : max_blocks;
		ad.length = UDF_EXTENT_LENGTH(UDF_EXTENT_ALLOCATED, n * plan->block_bytes);
		ad.lbn = lbn;
		assert(UDF_USE_FIXED_BYTES + use->ad_bytes + UDF_SHORT_AD_BYTES <= plan->block_bytes);
		udf_short_ad_encode(&ad, ret + UDF_USE_FIXED_BYTES + use->ad_bytes);
		use->ad_bytes += UDF_SHORT_AD_BYTES;
	}
}

static void emit_space_table(const struct udf_plan *plan, uint8_t *ret)
{
	struct udf_use use = { .icb = icbtag(plan, UDF_FT_USE, UDF_AD_SHORT) };
	uint32_t lbn = 0;

	for (unsigned i = 0; i < plan->n_runs; i++) {
		add_free(plan, lbn, plan->runs[i].lbn, &use, ret);
		lbn = plan->runs[i].lbn + plan->runs[i].n_blocks;
	}
	add_free(plan, lbn, udf_plan_find(plan, UDF_ROLE_PARTITION, 0)->n_blocks, &use, ret);
	udf_use_encode(&use, ret);
	seal(plan, ret, UDF_TAG_USE, plan->space_lbn, UDF_USE_FIXED_BYTES + use.ad_bytes);
}

void udf_emit_fsd(const struct udf_plan *plan, uint8_t *ret)
{
	struct udf_fsd fsd = {
		.recording_time = timestamp(plan),
		.interchange_level = 3, .max_interchange_level = 3,
		.charset_list = 1, .max_charset_list = 1,
		.root_icb = { .length = icb_bytes(plan), .addr = { .lbn = plan->root_lbn } },
	};

	udf_charspec_set_cs0(&fsd.lvid_charset);
	memcpy(fsd.logical_volume_id, plan->lvid, sizeof(fsd.logical_volume_id));
	udf_charspec_set_cs0(&fsd.file_set_charset);
	memcpy(fsd.file_set_id, plan->fsid, sizeof(fsd.file_set_id));
	domain(plan, &fsd.domain);
	if (plan->stream_dir_lbn != UDF_PLAN_NOWHERE) {
		fsd.system_stream_icb.length = icb_bytes(plan);
		fsd.system_stream_icb.addr.lbn = plan->stream_dir_lbn;
	}
	udf_fsd_encode(&fsd, ret);
	seal(plan, ret, UDF_TAG_FSD, plan->fsd_lbn, UDF_DESCRIPTOR_BYTES);
}

/* Put the allocation descriptor of a directory's data, which is one FID.  Returns the descriptor's length. */
static uint32_t emit_directory_ad(const struct udf_plan *plan, uint32_t data_lbn, uint8_t *ret)
{
	uint32_t length = UDF_EXTENT_LENGTH(UDF_EXTENT_RECORDED, PARENT_FID_BYTES);
	struct udf_short_ad short_ad = { .length = length, .lbn = data_lbn };
	struct udf_long_ad long_ad = { .length = length, .addr = { .lbn = data_lbn } };

	if (plan->ad == UDF_AD_LONG) {
		udf_long_ad_encode(&long_ad, ret);
		return UDF_LONG_AD_BYTES;
	}
	udf_short_ad_encode(&short_ad, ret);
	return UDF_SHORT_AD_BYTES;
}

/* Make an empty directory at block LBN that is its own parent.  RET_DATA: the block DATA_LBN, if there is one. */
static void emit_directory(const struct udf_plan *plan, enum udf_file_type type, uint32_t lbn,
			   uint32_t data_lbn, uint32_t mode, uint8_t *ret, uint8_t *ret_data)
{
	bool embedded = data_lbn == UDF_PLAN_NOWHERE;
	struct udf_timestamp now = timestamp(plan);
	struct udf_fe fe = {
		.tag.id = plan->use_efe ? UDF_TAG_EFE : UDF_TAG_FE,
		.icb = icbtag(plan, type, plan->ad),
		.uid = plan->uid, .gid = plan->gid,
		.permissions = udf_permissions_from_mode(mode),
		.link_count = 1,
		.information_bytes = PARENT_FID_BYTES, .object_bytes = PARENT_FID_BYTES,
		.blocks_recorded = embedded ? 0 : 1,
		.access_time = now, .modification_time = now, .creation_time = now,
		.attribute_time = now,
		.checkpoint = 1,
	};
	struct udf_fid parent = {
		.tag = { .version = tag_version(plan), .serial = UDF_EMIT_TAG_SERIAL,
			 .location = embedded ? lbn : data_lbn },
		.version_number = 1,
		.characteristics = UDF_FID_DIRECTORY | UDF_FID_PARENT,
		.icb = { .length = icb_bytes(plan), .addr = { .lbn = lbn } },
	};
	size_t fixed_bytes = udf_fe_fixed_bytes(fe.tag.id);

	assert(udf_fid_n_bytes(0, 0) == PARENT_FID_BYTES);
	udf_regid_set_impl(&fe.impl);
	if (embedded) {
		udf_fid_encode(&parent, ret + fixed_bytes);
		fe.ad_bytes = PARENT_FID_BYTES;
	} else {
		udf_fid_encode(&parent, ret_data);
		fe.ad_bytes = emit_directory_ad(plan, data_lbn, ret + fixed_bytes);
	}
	udf_fe_encode(&fe, ret);
	seal(plan, ret, fe.tag.id, lbn, fixed_bytes + fe.ad_bytes);
}

struct file_blocks {
	const struct udf_plan *plan;
	const struct udf_plan_run *run;
	uint8_t *bytes;
	bool *recorded;
};

static bool is_in_run(const struct file_blocks *blocks, uint32_t lbn)
{
	return lbn >= blocks->run->lbn && lbn - blocks->run->lbn < blocks->run->n_blocks;
}

/* The bytes of block LBN, which must be recorded. */
static uint8_t *block_at(struct file_blocks *blocks, uint32_t lbn)
{
	assert(is_in_run(blocks, lbn));
	blocks->recorded[lbn - blocks->run->lbn] = true;
	return blocks->bytes + (size_t)(lbn - blocks->run->lbn) * blocks->plan->block_bytes;
}

/* The second block of a strategy 4096 ICB: a terminal entry, or blank. */
static void add_terminal(struct file_blocks *blocks, uint32_t lbn)
{
	if (blocks->plan->strategy == UDF_STRATEGY_4096 && !blocks->plan->ends_blank)
		emit_terminal(blocks->plan, lbn, block_at(blocks, lbn));
}

static void add_directory(struct file_blocks *blocks, enum udf_file_type type, uint32_t lbn,
			  uint32_t data_lbn, uint32_t mode)
{
	uint8_t *data;

	if (!is_in_run(blocks, lbn))
		return;
	data = data_lbn == UDF_PLAN_NOWHERE ? NULL : block_at(blocks, data_lbn);
	emit_directory(blocks->plan, type, lbn, data_lbn, mode, block_at(blocks, lbn), data);
	add_terminal(blocks, lbn + 1);
}

void udf_emit_files(const struct udf_plan *plan, const struct udf_plan_run *run, uint8_t *ret,
		    bool *ret_recorded)
{
	struct file_blocks blocks = { plan, run, ret, ret_recorded };
	bool is_table = plan->space == UDF_SPACE_UNALLOC_TABLE || plan->space == UDF_SPACE_FREED_TABLE;

	if (is_table && is_in_run(&blocks, plan->space_lbn)) {
		emit_space_table(plan, block_at(&blocks, plan->space_lbn));
		add_terminal(&blocks, plan->space_lbn + 1);
	}
	if (is_in_run(&blocks, plan->fsd_lbn))
		udf_emit_fsd(plan, block_at(&blocks, plan->fsd_lbn));
	if (plan->stream_dir_lbn != UDF_PLAN_NOWHERE)
		add_directory(&blocks, UDF_FT_STREAM_DIRECTORY, plan->stream_dir_lbn,
			      plan->stream_dir_data_lbn, 0755);
	add_directory(&blocks, UDF_FT_DIRECTORY, plan->root_lbn, plan->root_data_lbn, plan->mode);
}
