/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dumping whole descriptors: the fixed part from its table, then what follows it. */
#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "ecma/codec.h"
#include "ecma/dump_internal.h"
#include "ecma/ea.h"
#include "ecma/internal.h"

/* After the fixed part: N_BYTES at P. */
struct tail {
	const uint8_t *p;
	size_t n_bytes;
};

/* The next N_BYTES of a tail.  Returns false at its end. */
static bool take(struct tail *tail, size_t n_bytes, const uint8_t **ret_p)
{
	if (n_bytes > tail->n_bytes)
		return false;
	*ret_p = tail->p;
	tail->p += n_bytes;
	tail->n_bytes -= n_bytes;
	return true;
}

static struct tail cut(struct tail tail, uint64_t n_bytes)
{
	if (n_bytes < tail.n_bytes)
		tail.n_bytes = (size_t)n_bytes;
	return tail;
}

static void dump_numbers(struct udf_dumper *d, const char *name, struct tail *tail, uint64_t n)
{
	const uint8_t *p;

	udf_dump_open(d, name, true);
	for (uint64_t i = 0; i < n && take(tail, 4, &p); i++)
		udf_dump_number(d, NULL, get_le32(p));
	udf_dump_close(d, true);
}

static void dump_record(struct udf_dumper *d, const char *name, const struct udf_layout *layout,
			const void *host)
{
	udf_dump_open(d, name, false);
	udf_dump_rows(d, layout, host);
	udf_dump_close(d, false);
}

static void dump_extents(struct udf_dumper *d, struct tail tail, uint64_t n)
{
	const uint8_t *p;

	udf_dump_open(d, "AllocationDescriptors", true);
	for (uint64_t i = 0; i < n && take(&tail, udf_layout_extent_ad.n_bytes, &p); i++) {
		struct udf_extent_ad ad;

		udf_extent_ad_decode(p, &ad);
		dump_record(d, NULL, &udf_layout_extent_ad, &ad);
	}
	udf_dump_close(d, true);
}

static void dump_ad(struct udf_dumper *d, uint32_t length, uint32_t lbn, const uint16_t *part_ref)
{
	static const char *const types[] = { "recorded", "allocated", "hole", "continuation" };

	udf_dump_open(d, NULL, false);
	udf_dump_text(d, "ExtentType", types[UDF_EXTENT_TYPE(length)]);
	udf_dump_number(d, "ExtentLength", UDF_EXTENT_BYTES(length));
	udf_dump_number(d, "LogicalBlockNumber", lbn);
	if (part_ref)
		udf_dump_number(d, "PartitionReferenceNumber", *part_ref);
	udf_dump_close(d, false);
}

static void dump_ads(struct udf_dumper *d, struct tail tail, unsigned ad_kind)
{
	const uint8_t *p;

	udf_dump_open(d, "AllocationDescriptors", true);
	while (ad_kind == UDF_AD_SHORT && take(&tail, UDF_SHORT_AD_BYTES, &p)) {
		struct udf_short_ad ad;

		udf_short_ad_decode(p, &ad);
		dump_ad(d, ad.length, ad.lbn, NULL);
	}
	while (ad_kind == UDF_AD_LONG && take(&tail, UDF_LONG_AD_BYTES, &p)) {
		struct udf_long_ad ad;

		udf_long_ad_decode(p, &ad);
		dump_ad(d, ad.length, ad.addr.lbn, &ad.addr.part_ref);
	}
	while (ad_kind == UDF_AD_EXTENDED && take(&tail, UDF_EXT_AD_BYTES, &p)) {
		struct udf_ext_ad ad;

		udf_ext_ad_decode(p, &ad);
		dump_record(d, NULL, &udf_layout_ext_ad, &ad);
	}
	udf_dump_close(d, true);
}

static void dump_map(struct udf_dumper *d, const struct udf_partition_map *map)
{
	const struct udf_layout *layout =
		map->type == 1 ? &udf_layout_partition_map1 : &udf_layout_partition_map2;
	enum udf_map_kind kind = udf_partition_map_kind(map);
	struct udf_sparable_map sparable;
	struct udf_metadata_map metadata;

	udf_dump_open(d, NULL, false);
	udf_dump_text(d, "Kind", udf_map_kind_name(kind));
	udf_dump_rows(d, layout, map);
	if (kind == UDF_MAP_SPARABLE) {
		udf_sparable_map_decode(map->specific, &sparable);
		udf_dump_rows(d, &udf_layout_sparable_map, &sparable);
	} else if (kind == UDF_MAP_METADATA) {
		udf_metadata_map_decode(map->specific, &metadata);
		udf_dump_rows(d, &udf_layout_metadata_map, &metadata);
	}
	udf_dump_close(d, false);
}

static void dump_maps(struct udf_dumper *d, struct tail tail, uint32_t n_maps)
{
	struct udf_partition_map map;
	const uint8_t *p;

	udf_dump_open(d, "PartitionMaps", true);
	for (uint32_t i = 0; i < n_maps; i++) {
		if (udf_partition_map_decode(tail.p, tail.n_bytes, &map))
			break;
		dump_map(d, &map);
		take(&tail, map.n_bytes, &p);
	}
	udf_dump_close(d, true);
}

static void dump_lvid_tail(struct udf_dumper *d, struct tail tail, const struct udf_lvid *lvid)
{
	struct udf_lvid_impl impl;
	const uint8_t *p;

	dump_numbers(d, "FreeSpaceTable", &tail, lvid->n_partitions);
	dump_numbers(d, "SizeTable", &tail, lvid->n_partitions);
	tail = cut(tail, lvid->impl_use_bytes);
	if (!take(&tail, UDF_LVID_IMPL_BYTES, &p))
		return;
	udf_lvid_impl_decode(p, &impl);
	dump_record(d, "ImplementationUse", &udf_layout_lvid_impl, &impl);
}

static void dump_sparing_tail(struct udf_dumper *d, struct tail tail, uint16_t n_entries)
{
	const uint8_t *p;

	udf_dump_open(d, "MapEntries", true);
	for (uint16_t i = 0; i < n_entries && take(&tail, 8, &p); i++) {
		udf_dump_open(d, NULL, false);
		udf_dump_number(d, "OriginalLocation", get_le32(p));
		udf_dump_number(d, "MappedLocation", get_le32(p + 4));
		udf_dump_close(d, false);
	}
	udf_dump_close(d, true);
}

/* Implementation use or application use.  What UDF does not define is shown as bytes. */
static bool dump_ea_use(struct udf_dumper *d, const struct udf_ea *ea, const uint8_t *p)
{
	const struct udf_ea_kind *kind;
	struct udf_ea_use use;
	const uint8_t *area;
	union {
		struct udf_ea_mac_volume volume;
		struct udf_ea_mac_finder_file finder;
		struct udf_ea_os400_dir os400;
		struct udf_ea_vat_extension vat;
	} host;
	size_t fixed_bytes = 0;

	if (udf_ea_use_get(ea, p, &use, &area, &kind))
		return false;
	udf_dump_rows(d, &udf_layout_ea_use, &use);
	if (kind) {
		fixed_bytes = kind->fixed_bytes;
		assert(kind->layout->host_bytes <= sizeof(host));
		udf_layout_decode(kind->layout, area, &host);
		udf_dump_rows(d, kind->layout, &host);
	}
	if (use.use_bytes > fixed_bytes)
		udf_dump_bytes(d, "Use", area + fixed_bytes, use.use_bytes - fixed_bytes);
	return true;
}

static void dump_ea_times(struct udf_dumper *d, struct tail tail)
{
	struct udf_ea_times times;
	const uint8_t *p;

	if (!take(&tail, udf_layout_ea_times.n_bytes, &p))
		return;
	udf_ea_times_decode(p, &times);
	udf_dump_rows(d, &udf_layout_ea_times, &times);
	tail = cut(tail, times.data_bytes);
	udf_dump_open(d, "Times", true);
	while (take(&tail, udf_layout_timestamp.n_bytes, &p)) {
		struct udf_timestamp ts;

		udf_timestamp_decode(p, &ts);
		udf_dump_timestamp(d, NULL, &ts);
	}
	udf_dump_close(d, true);
}

static void dump_ea_body(struct udf_dumper *d, const struct udf_ea *ea, const uint8_t *p)
{
	struct tail tail = { p + UDF_EA_HEADER_BYTES, ea->n_bytes - UDF_EA_HEADER_BYTES };
	struct udf_ea_device device;
	const uint8_t *body;

	if (ea->type == UDF_EA_FILE_TIMES || ea->type == UDF_EA_INFO_TIMES) {
		dump_ea_times(d, tail);
		return;
	}
	if (ea->type == UDF_EA_DEVICE && take(&tail, udf_layout_ea_device.n_bytes, &body)) {
		udf_ea_device_decode(body, &device);
		udf_dump_rows(d, &udf_layout_ea_device, &device);
	} else if (dump_ea_use(d, ea, p)) {
		return;
	}
	if (tail.n_bytes)
		udf_dump_bytes(d, "AttributeData", tail.p, tail.n_bytes);
}

/* Attributes after the EAHD, as far as they can be walked. */
static void dump_eas(struct udf_dumper *d, struct tail tail)
{
	struct udf_ea_iter it = { .space = tail.p, .n_bytes = tail.n_bytes, .at = UDF_EAHD_BYTES };
	struct udf_eahd eahd;
	struct udf_ea ea;
	const uint8_t *p;

	if (tail.n_bytes < UDF_EAHD_BYTES)
		return;
	udf_eahd_decode(tail.p, &eahd);
	dump_record(d, "ExtendedAttributeHeader", &udf_layout_eahd, &eahd);
	udf_dump_open(d, "ExtendedAttributes", true);
	while (udf_ea_next(&it, &ea, &p) == UDF_OK) {
		udf_dump_open(d, NULL, false);
		udf_dump_rows(d, &udf_layout_ea, &ea);
		dump_ea_body(d, &ea, p);
		udf_dump_close(d, false);
	}
	udf_dump_close(d, true);
}

static void dump_fe_tail(struct udf_dumper *d, struct tail tail, const struct udf_fe *fe)
{
	unsigned ad_kind = fe->icb.flags & UDF_ICB_AD_MASK;
	struct tail eas = cut(tail, fe->ea_bytes);
	const uint8_t *p;

	dump_eas(d, eas);
	if (!take(&tail, fe->ea_bytes, &p))
		return;
	tail = cut(tail, fe->ad_bytes);
	if (ad_kind == UDF_AD_EMBEDDED)
		udf_dump_bytes(d, "EmbeddedData", tail.p, tail.n_bytes);
	else
		dump_ads(d, tail, ad_kind);
}

static void dump_fid_tail(struct udf_dumper *d, struct tail tail, const struct udf_fid *fid)
{
	const uint8_t *p;

	if (!take(&tail, fid->impl_use_bytes, &p))
		return;
	if (fid->impl_use_bytes)
		udf_dump_bytes(d, "ImplementationUse", p, fid->impl_use_bytes);
	if (take(&tail, fid->name_bytes, &p))
		udf_dump_name(d, "FileIdentifier", p, fid->name_bytes);
}

/* Room for the host form of any descriptor with a tag. */
union host {
	struct udf_tag tag;
	struct udf_pvd pvd;
	struct udf_avdp avdp;
	struct udf_vdp vdp;
	struct udf_iuvd iuvd;
	struct udf_pd pd;
	struct udf_lvd lvd;
	struct udf_usd usd;
	struct udf_td td;
	struct udf_lvid lvid;
	struct udf_sparing_table sparing;
	struct udf_fsd fsd;
	struct udf_fid fid;
	struct udf_aed aed;
	struct udf_ie ie;
	struct udf_te te;
	struct udf_fe fe;
	struct udf_eahd eahd;
	struct udf_use use;
	struct udf_sbd sbd;
};

static void dump_tail(struct udf_dumper *d, struct tail tail, unsigned ad_kind,
		      const union host *host)
{
	switch (host->tag.id) {
	case UDF_TAG_LVD:
		dump_maps(d, cut(tail, host->lvd.map_table_bytes), host->lvd.n_maps);
		break;
	case UDF_TAG_USD:
		dump_extents(d, tail, host->usd.n_extents);
		break;
	case UDF_TAG_LVID:
		dump_lvid_tail(d, tail, &host->lvid);
		break;
	case UDF_TAG_SPARING:
		dump_sparing_tail(d, tail, host->sparing.n_entries);
		break;
	case UDF_TAG_FE:
	case UDF_TAG_EFE:
		dump_fe_tail(d, tail, &host->fe);
		break;
	case UDF_TAG_FID:
		dump_fid_tail(d, tail, &host->fid);
		break;
	case UDF_TAG_AED:
		dump_ads(d, cut(tail, host->aed.ad_bytes), ad_kind);
		break;
	case UDF_TAG_USE:
		dump_ads(d, cut(tail, host->use.ad_bytes), UDF_AD_SHORT);
		break;
	default:
		break;
	}
}

enum udf_err udf_descriptor_dump(const uint8_t *buf, size_t n_bytes, unsigned ad_kind,
				 udf_emit_fn emit, void *ctx)
{
	struct udf_dumper d = { .emit = emit, .ctx = ctx };
	const struct udf_layout *layout;
	union host host;

	if (n_bytes < UDF_TAG_BYTES)
		return UDF_E_CORRUPT;
	layout = udf_layout_by_tag(get_le16(buf));
	if (!layout)
		return UDF_E_UNSUPPORTED;
	if (n_bytes < layout->n_bytes)
		return UDF_E_CORRUPT;
	memset(&host, 0, sizeof(host));
	udf_layout_decode(layout, buf, &host);
	udf_dump_open(&d, layout->name, false);
	udf_dump_rows(&d, layout, &host);
	dump_tail(&d, (struct tail){ buf + layout->n_bytes, n_bytes - layout->n_bytes }, ad_kind,
		  &host);
	udf_dump_close(&d, false);
	return UDF_OK;
}
