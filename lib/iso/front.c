/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The second beginning of an image, for block 0 of the medium. */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <udfkit/bio.h>

#include "base/bytes.h"
#include "base/iso9660.h"
#include "iso/internal.h"

#define HEX_BYTES 33u
#define TYPE_PRIMARY 1u			/* of volume descriptors (ECMA-119 8.4, 8.5) */
#define TYPE_SUPPLEMENTARY 2u
#define SIZE_AT 80u			/* the volume space size, in both byte orders */

uint32_t udf_iso_front_end(const uint8_t *front)
{
	struct iso_volume volume;

	for (uint32_t at = ISO_FIRST_DESCRIPTOR; at < UDF_ISO_FRONT_BLOCKS; at++) {
		enum iso_descriptor what = iso_descriptor_decode(front + (size_t)at * UDF_ISO_BLOCK_BYTES, &volume);

		if (what == ISO_TERMINATOR)
			return at + 1;
		if (what == ISO_NO_DESCRIPTOR)
			break;
	}
	return 0;
}

void udf_iso_front_resize(uint8_t *front, uint32_t n_blocks)
{
	for (uint32_t at = ISO_FIRST_DESCRIPTOR, end = udf_iso_front_end(front); at < end; at++) {
		uint8_t *p = front + (size_t)at * UDF_ISO_BLOCK_BYTES;

		if (p[0] != TYPE_PRIMARY && p[0] != TYPE_SUPPLEMENTARY)
			continue;
		put_le32(p + SIZE_AT, n_blocks);
		put_be32(p + SIZE_AT + 4, n_blocks);
	}
}

/* Its descriptors, from the end of those of ISO 9660 on (ECMA-167 3/9.1). */
static bool is_udf(const uint8_t *front)
{
	for (uint32_t at = udf_iso_front_end(front); at && at < UDF_ISO_FRONT_BLOCKS; at++)
		if (memcmp(front + (size_t)at * UDF_ISO_BLOCK_BYTES + 1, "NSR0", 4) == 0)
			return true;
	return false;
}

/* What a power cut has left of the first packet, and the descriptors of the newest session. */
static enum udf_err front_restore(struct bio *previous, const struct udf_iso_search *search, uint8_t *front,
				  struct udf_iso_place *ret_place)
{
	uint32_t block, end_block;
	size_t end;
	enum udf_err err = iso_newest_find(previous, search, &block, &end_block);

	if (err)
		return err;
	if (bio_read(previous, 0, ISO_FIRST_DESCRIPTOR, front))
		memset(front, 0, UDF_ISO_SYSTEM_AREA_BYTES);
	err = bio_read(previous, (uint64_t)block + ISO_FIRST_DESCRIPTOR, UDF_ISO_FRONT_BLOCKS - ISO_FIRST_DESCRIPTOR,
		       front + UDF_ISO_SYSTEM_AREA_BYTES);
	if (err)
		return err;
	/* what a session has after its descriptors stands for nothing here */
	end = (size_t)udf_iso_front_end(front) * UDF_ISO_BLOCK_BYTES;
	memset(front + end, 0, UDF_ISO_FRONT_BYTES - end);
	udf_iso_front_resize(front, end_block);
	*ret_place = (struct udf_iso_place){ .previous_block = block, .was_lost = true };
	return UDF_OK;
}

static enum udf_err front_check(const uint8_t *front, uint64_t capacity, struct udf_iso_place *place,
				char ret_why[UDF_ISO_WHY_BYTES])
{
	struct iso_volume volume;

	if (iso_descriptor_decode(front + UDF_ISO_SYSTEM_AREA_BYTES, &volume) != ISO_PRIMARY ||
	    udf_iso_front_end(front) == 0 || volume.block_bytes != UDF_ISO_BLOCK_BYTES) {
		snprintf(ret_why, UDF_ISO_WHY_BYTES, "no ISO 9660 image begins at block 0");
		return UDF_E_CORRUPT;
	}
	if (is_udf(front)) {
		snprintf(ret_why, UDF_ISO_WHY_BYTES, "the image is also a UDF volume, which would not get the files");
		return UDF_E_UNSUPPORTED;
	}
	if (volume.n_blocks < UDF_ISO_FRONT_BLOCKS / 2 || volume.n_blocks > capacity) {
		snprintf(ret_why, UDF_ISO_WHY_BYTES, "the image there has %" PRIu32 " blocks, of which %" PRIu64
			 " can exist", volume.n_blocks, capacity);
		return UDF_E_CORRUPT;
	}
	place->start_block = (volume.n_blocks + UDF_ISO_FRONT_BLOCKS - 1) / UDF_ISO_FRONT_BLOCKS * UDF_ISO_FRONT_BLOCKS;
	return UDF_OK;
}

enum udf_err udf_iso_front_read(struct bio *previous, const struct udf_iso_search *search, uint8_t *front,
				struct udf_iso_place *ret_place, char ret_why[UDF_ISO_WHY_BYTES])
{
	uint64_t capacity = previous->geometry.n_blocks;
	struct udf_iso_place place = { .previous_block = 0 };
	enum udf_err err = UDF_OK;

	if (capacity < UDF_ISO_FRONT_BLOCKS) {
		snprintf(ret_why, UDF_ISO_WHY_BYTES, "no ISO 9660 image begins at block 0");
		return UDF_E_CORRUPT;
	}
	if (bio_read(previous, 0, UDF_ISO_FRONT_BLOCKS, front))
		err = front_restore(previous, search, front, &place);
	if (err) {
		snprintf(ret_why, UDF_ISO_WHY_BYTES, err == UDF_E_CANCELLED ? "looking for the newest one was stopped" :
			 "the first blocks can't be read, and no session was found after them");
		return err;
	}
	err = front_check(front, capacity, &place, ret_why);
	if (!err)
		*ret_place = place;
	return err;
}

static enum udf_err md5_of(const void *data, size_t n_bytes, char ret_hex[HEX_BYTES])
{
	void *md5 = NULL;
	char sum[16];

	if (iso_md5_start(&md5) < 0)
		return UDF_E_NOMEM;
	iso_md5_compute(md5, (char *)(uintptr_t)data, (int)n_bytes);
	iso_md5_end(&md5, sum);
	for (unsigned i = 0; i < sizeof(sum); i++)
		sprintf(ret_hex + 2 * (size_t)i, "%02x", (unsigned)(uint8_t)sum[i]);
	return UDF_OK;
}

/* A line as libisofs writes it (its file doc/checksums.txt): about all blocks before it, and at last about itself. */
enum udf_err udf_iso_front_seal(uint8_t *front, uint32_t start_block, uint32_t at)
{
	char hex[HEX_BYTES], *line = (char *)front + (size_t)at * UDF_ISO_BLOCK_BYTES;
	enum udf_err err = md5_of(front, (size_t)at * UDF_ISO_BLOCK_BYTES, hex);
	int n;

	if (err)
		return err;
	memset(line, 0, UDF_ISO_BLOCK_BYTES);
	n = snprintf(line, UDF_ISO_BLOCK_BYTES, "libisofs_rlsb32_checksum_tag_v1 pos=%" PRIu32 " range_start=0 "
		     "range_size=%" PRIu32 " session_start=%" PRIu32 " md5=%s", at, at, start_block, hex);
	err = md5_of(line, (size_t)n, hex);
	if (!err)
		snprintf(line + n, UDF_ISO_BLOCK_BYTES - (size_t)n, " self=%s\n", hex);
	return err;
}
