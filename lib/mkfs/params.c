/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Media types: what can be made, and the defaults of each (as udftools 2.3 has them). */
#include <string.h>

#include "mkfs/mkfs.h"
#include "vol/vol.h"

static const char *const media_names[UDF_N_MEDIA] = {
	[UDF_MEDIA_HD] = "hd",	     [UDF_MEDIA_DVD] = "dvd",	[UDF_MEDIA_DVDRAM] = "dvdram",
	[UDF_MEDIA_DVDRW] = "dvdrw", [UDF_MEDIA_DVDR] = "dvdr", [UDF_MEDIA_WORM] = "worm",
	[UDF_MEDIA_MO] = "mo",	     [UDF_MEDIA_CDRW] = "cdrw", [UDF_MEDIA_CDR] = "cdr",
	[UDF_MEDIA_CD] = "cd",	     [UDF_MEDIA_BDR] = "bdr", [UDF_MEDIA_BDRE] = "bdre",
};

const char *udf_media_name(enum udf_media_type media)
{
	return (unsigned)media < UDF_N_MEDIA ? media_names[media] : NULL;
}

/* Media that the drive does not relieve of bad packets. */
static bool is_spared(enum udf_media_type media)
{
	return media == UDF_MEDIA_CDRW || media == UDF_MEDIA_DVDRW;
}

/* How much of the medium is written at once, at least where that is more than a block. */
static uint32_t packet_blocks_of(enum udf_media_type media)
{
	switch (media) {
	case UDF_MEDIA_CDRW:
	case UDF_MEDIA_BDRE:
		return 32;
	case UDF_MEDIA_DVDRW:
	case UDF_MEDIA_DVDRAM:
		return 16;
	case UDF_MEDIA_HD:
	case UDF_MEDIA_DVD:
	case UDF_MEDIA_DVDR:
	case UDF_MEDIA_WORM:
	case UDF_MEDIA_MO:
	case UDF_MEDIA_CDR:
	case UDF_MEDIA_CD:
	case UDF_MEDIA_BDR:
	case UDF_N_MEDIA:
		break;
	}
	return 1;
}

enum udf_media_type udf_mkfs_media_for(bool needs_whole_units, uint32_t write_unit_blocks)
{
	if (needs_whole_units)
		return write_unit_blocks == 32 ? UDF_MEDIA_CDRW : UDF_MEDIA_DVDRW;
	if (write_unit_blocks < 2)
		return UDF_MEDIA_HD;
	return write_unit_blocks == 32 ? UDF_MEDIA_BDRE : UDF_MEDIA_DVDRAM;
}

bool udf_mkfs_is_supported(enum udf_media_type media, uint16_t revision, const char **ret_why)
{
	const char *why = NULL;

	if (media == UDF_MEDIA_CDR || media == UDF_MEDIA_DVDR || media == UDF_MEDIA_BDR)
		why = "this media type needs a virtual partition (VAT), which this version does not make";
	else if (revision == 0x0250 || revision == 0x0260)
		why = "UDF 2.50 and 2.60 need a metadata partition, which this version does not make";
	else if (revision != 0x0101 && revision != 0x0102 && revision != 0x0150 &&
		 revision != 0x0200 && revision != 0x0201)
		why = "there is no such UDF revision";
	else if (is_spared(media) && revision < 0x0150)
		why = "sparing tables, which this media type needs, need UDF 1.50 or later";
	if (why && ret_why)
		*ret_why = why;
	return !why;
}

void udf_mkfs_defaults(struct udf_mkfs_params *params, enum udf_media_type media, uint16_t revision)
{
	bool write_once_or_mo = media == UDF_MEDIA_WORM || media == UDF_MEDIA_MO;

	memset(params, 0, sizeof(*params));
	params->media = media;
	params->revision = revision;
	strcpy(params->lvid, "LinuxUDF");
	strcpy(params->vid, "LinuxUDF");
	strcpy(params->vsid, "LinuxUDF");
	strcpy(params->fsid, "LinuxUDF");
	params->mode = 0755;
	params->strategy = write_once_or_mo ? UDF_STRATEGY_4096 : UDF_STRATEGY_4;
	params->space = UDF_SPACE_UNALLOC_BITMAP;
	params->ad = UDF_AD_EMBEDDED;
	params->use_efe = revision >= 0x0200;
	params->packet_blocks = packet_blocks_of(media);
	params->n_sparing_tables = is_spared(media) ? 2 : 0;
	params->spare_blocks = UDF_MKFS_SPARE_BLOCKS;
	params->boot_area = media == UDF_MEDIA_HD ? UDF_BOOT_ERASE : UDF_BOOT_PRESERVE;
}

void udf_mkfs_stamp(struct udf_mkfs_params *params, const struct udf_env *env)
{
	env->now(env->ctx, &params->time);
	if (!params->uuid[0])
		udf_vol_new_uuid(&params->time, env, params->uuid);
}
