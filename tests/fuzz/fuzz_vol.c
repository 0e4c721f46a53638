/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libFuzzer target: opening a volume.  The input is a list of changes to a good volume, so that small
 * inputs reach deep: byte 0 chooses the volume, then records of
 *	place (2 bytes: which block of interest), offset (2), flags and length (1), bytes (length).
 * Flag 0x80 makes the CRC and checksum of the block right again; 0x40 takes the block away (zeros).
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "ecma/codec.h"
#include "fuzz.h"
#include "vol/extent_map.h"
#include "vol/vol.h"
#include "volume.h"

#define N_BLOCKS 1200u
#define N_VOLUMES 6u
#define MAX_PLACES 128u
#define RESEAL 0x80u
#define ERASE 0x40u
#define LENGTH_MASK 0x3Fu

static const struct fuzz_volume *volume(unsigned i)
{
#define KIND(revision, block_bytes, space) { revision, block_bytes, N_BLOCKS, space, 0, MAX_PLACES, NULL, false }
	static const struct fuzz_kind kinds[N_VOLUMES + 1] = {
		KIND(0x0201, 2048, UDF_SPACE_UNALLOC_BITMAP),
		KIND(0x0102, 512, UDF_SPACE_UNALLOC_BITMAP),
		KIND(0x0150, 1024, UDF_SPACE_UNALLOC_TABLE),
		KIND(0x0200, 4096, UDF_SPACE_UNALLOC_TABLE),
		KIND(0x0201, 512, UDF_SPACE_UNALLOC_TABLE),
		KIND(0x0102, 4096, UDF_SPACE_UNALLOC_BITMAP),
		{ 0x0201, 2048, N_BLOCKS, UDF_SPACE_UNALLOC_BITMAP, 0, MAX_PLACES, NULL, true },
	};
#undef KIND
	static struct fuzz_volume all[N_VOLUMES + 1];

	if (!all[i].bio)
		fuzz_volume_make(&kinds[i], &all[i]);
	return &all[i];
}

/* Apply one record; the bytes that it took, 0 at the end. */
static size_t change(const struct fuzz_volume *v, struct bio *bio, const uint8_t *p, size_t n_left)
{
	static uint8_t frame[FUZZ_FRAME_BYTES];
	uint32_t at, n;
	uint64_t lsn;

	if (n_left < 5)
		return 0;
	lsn = get_le16(p) & 0x8000 ? get_le16(p) % N_BLOCKS : v->places[get_le16(p) % v->n_places];
	at = get_le16(p + 2) % v->block_bytes;
	n = p[4] & LENGTH_MASK;
	if (n > n_left - 5)
		n = (uint32_t)n_left - 5;
	fuzz_frame_read(v, bio, lsn, frame);
	if (p[4] & ERASE)
		memset(frame, 0, v->block_bytes);
	memcpy(frame + at, p + 5, n);
	if (p[4] & RESEAL)
		udf_tag_reseal(frame);
	fuzz_frame_write(v, bio, lsn, frame);
	return 5 + n;
}

static void read_icb(struct udf_vol *vol, struct udf_lb_addr at, struct udf_sink *sink)
{
	uint8_t *block = malloc(vol->block_bytes), data[512];
	struct udf_extent_map map;

	if (block && !udf_vol_read(vol, at.part_ref, at.lbn, 1, block) &&
	    !udf_extent_map_read(vol, block, at, sink, &map)) {
		(void)udf_extent_map_pread(vol, &map, block, 0,
					   map.body_bytes < sizeof(data) ? (size_t)map.body_bytes : sizeof(data),
					   data);
		udf_extent_map_done(&map);
	}
	free(block);
}

static void hear(struct udf_sink *sink, const struct udf_finding *finding)
{
	(void)sink;
	(void)finding;
}

static void open_volume(struct bio *bio, bool with_sink, bool partial)
{
	const struct udf_vol_options options = { .allow_partial = partial };
	struct udf_sink sink = { hear };
	struct udf_vol *vol;
	unsigned i;

	if (udf_vol_open(bio, &options, &fuzz_env, with_sink ? &sink : NULL, &vol))
		return;
	(void)udf_vol_why_read_only(vol);
	(void)udf_vol_is_ours(vol);
	read_icb(vol, vol->fsd.root_icb.addr, with_sink ? &sink : NULL);
	for (i = 0; i < vol->n_parts; i++)
		read_icb(vol, (struct udf_lb_addr){ vol->parts[i].header.unallocated_table.lbn, (uint16_t)i },
			 with_sink ? &sink : NULL);
	(void)udf_vol_mark_open(vol, vol->lvid.next_unique_id, 16, &(uint64_t){ 0 });
	udf_vol_close(vol);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
	const struct fuzz_volume *v;
	struct bio *bio;
	size_t at = 1, n;

	if (n_bytes == 0)
		return 0;
	v = volume(fuzz_volume_of(data[0], N_VOLUMES));
	MUST(!bio_overlay_new(v->bio, false, &bio));
	while (at < n_bytes && (n = change(v, bio, data + at, n_bytes - at)) > 0)
		at += n;
	open_volume(bio, true, false);
	open_volume(bio, false, true);
	open_volume(bio, false, false);
	bio_close(bio);
	return 0;
}
