/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the request and the device to the parameters of a volume. */
#include "config.h"

#include <errno.h>
#include <string.h>

#include "base/checked.h"
#include "fill.h"
#include "target.h"
#include "say.h"
#include "table.h"

#define MIN_BLOCKS_BEFORE_END 257u	/* an anchor at 256 is found without the end of the device */

#define SPARED_PACKET_BLOCKS 32u	/* for media that have no packets, with --spartable */

static uint64_t count_blocks(const struct request *req, const struct front_target *target, uint32_t block_bytes)
{
	uint64_t n_blocks = target->size_bytes / block_bytes, size_bytes;
	char why[CLI_OPEN_BYTES];

	if (req->blocks_text) {
		if (cli_parse_number(req->blocks_text, 1, UINT64_MAX / 32768, &n_blocks))
			cli_bad_usage(&mkudffs_tool, "the number of blocks can't be '%s'; give a number from 1 on",
				      req->blocks_text);
	} else if (req->size_text) {
		if (cli_parse_size(req->size_text, block_bytes, &size_bytes) || size_bytes == 0)
			cli_bad_usage(&mkudffs_tool, "--size can't be '%s'; give a number of bytes, "
				      "or a number with K, M, G or T, such as 700M", req->size_text);
		n_blocks = size_bytes / block_bytes;
	} else if (req->to_stdout) {
		die("standard output: how large should the volume be? Give --size=SIZE, or -d DIR, whose size it gets");
	} else if (!target->exists && cli_is_device_name(req->device)) {
		cli_open_text(req->device, UDF_E_NOT_FOUND, ENOENT, why);
		die("%s: %s", req->device, why);
	} else if (front_target_is_empty(target)) {
		die("%s: %s; to make an image file, say how large: --size=SIZE", req->device,
		    target->exists ? "is empty" : "does not exist");
	}
	if (target->is_block && n_blocks > target->size_bytes / block_bytes)
		die("%s: has only %llu blocks of %u bytes", req->device,
		    (unsigned long long)(target->size_bytes / block_bytes), block_bytes);
	if (n_blocks < MIN_BLOCKS_BEFORE_END + req->start_lsn && front_target_goes_on(target, n_blocks, block_bytes))
		die("%s: %llu blocks of %u bytes are too few on what is larger: readers would not find the volume; "
		    "give at least %llu, or a new image", req->device, (unsigned long long)n_blocks, block_bytes,
		    (unsigned long long)MIN_BLOCKS_BEFORE_END + req->start_lsn);
	return n_blocks;
}

static uint32_t choose_block_size(const struct request *req, const struct front_target *target,
				  enum udf_media_type media)
{
	uint32_t sector_bytes = target->sector_bytes;

	if (req->block_bytes)
		return req->block_bytes;
	if (sector_bytes >= 512 && sector_bytes <= 32768 && udf_is_power_of_two(sector_bytes))
		return sector_bytes;
	return media == UDF_MEDIA_HD ? 512 : 2048;
}

/* An optical disc has the blocks that its drive transfers, and no system mounts a volume of others on it. */
static void check_block_size(const struct request *req, const struct front_target *target, uint32_t block_bytes)
{
	char quoted[UDF_QUOTED_BYTES];

	if (!target->is_block || (!target->is_optical && !target->disc_name) || target->sector_bytes == 0 ||
	    block_bytes == target->sector_bytes)
		return;
	die("%s: the blocks of the disc have %u bytes, and no system mounts a volume with blocks of %u bytes on it; "
	    "'mkudffs -b %u %s' makes one that fits", req->device, target->sector_bytes, block_bytes,
	    target->sector_bytes, udf_quoted(req->device, quoted));
}

static void choose_boot_area(const struct request *req, const struct front_target *target,
			     struct udf_mkfs_params *params)
{
	if (req->boot_area >= 0)
		params->boot_area = (enum udf_boot_area)req->boot_area;
	else if (params->start_lsn)
		params->boot_area = UDF_BOOT_PRESERVE;
	else if (params->media == UDF_MEDIA_HD && target->is_fixed_disk)
		params->boot_area = UDF_BOOT_MBR;
	params->sector_bytes = req->mbr_sector_bytes ? req->mbr_sector_bytes : target->sector_bytes;
}

/* A drive says what is in it, unless the kernel's own driver is all that there is. */
static enum udf_media_type choose_media(const struct request *req, const struct front_target *target)
{
	if (req->media >= 0)
		return (enum udf_media_type)req->media;
	if (target->disc_name)
		return udf_mkfs_media_for(target->needs_whole_units, target->write_unit_blocks);
	if (target->is_optical)
		die("%s: an optical drive; name the medium with --media-type", req->device);
	return UDF_MEDIA_HD;
}

void make_params(const struct request *req, const struct front_target *target,
			struct udf_mkfs_params *params)
{
	enum udf_media_type media = choose_media(req, target);
	const char *why = NULL;

	if (!udf_mkfs_is_supported(media, req->revision ? req->revision : 0x0201, &why))
		die("media type %s, UDF revision %x.%02x: %s", udf_media_name(media),
		    (unsigned)(req->revision ? req->revision : 0x0201) >> 8,
		    (unsigned)(req->revision ? req->revision : 0x0201) & 0xFF, why);
	udf_mkfs_defaults(params, media, req->revision ? req->revision : 0x0201);
	request_set_texts(req, params);
	if (req->uuid)
		strcpy(params->uuid, req->uuid);
	params->block_bytes = choose_block_size(req, target, media);
	check_block_size(req, target, params->block_bytes);
	params->to_be_filled = req->directory != NULL;
	params->start_lsn = req->start_lsn;
	params->uid = req->uid;
	params->gid = req->gid;
	params->read_only = req->read_only;
	if (req->mode >= 0)
		params->mode = (uint32_t)req->mode;
	if (req->strategy)
		params->strategy = (uint16_t)req->strategy;
	if (req->space >= 0)
		params->space = (enum udf_space_kind)req->space;
	if (req->ad >= 0)
		params->ad = (enum udf_ad_kind)req->ad;
	if (req->no_efe)
		params->use_efe = false;
	if (req->n_sparing_tables) {
		params->n_sparing_tables = req->n_sparing_tables;
		/* Packets of one block would need a table that no system reads. */
		if (params->packet_blocks == 1)
			params->packet_blocks = SPARED_PACKET_BLOCKS;
	}
	if (req->spare_blocks && !params->n_sparing_tables)
		cli_bad_usage(&mkudffs_tool, "--sparspace needs --spartable with media type %s", udf_media_name(media));
	if (req->packet_blocks)
		params->packet_blocks = req->packet_blocks;
	/* A table that Linux reads is no larger than a block. */
	params->spare_blocks = (uint32_t)udf_min64(params->spare_blocks, params->packet_blocks *
		(uint64_t)((params->block_bytes - UDF_SPARING_FIXED_BYTES) / UDF_SPARING_ENTRY_BYTES));
	if (req->spare_blocks)
		params->spare_blocks = req->spare_blocks;
	choose_boot_area(req, target, params);
	if (fill_decides_size(req, target))
		fill_fit(req, target, params);
	else
		params->n_blocks = count_blocks(req, target, params->block_bytes);
}
