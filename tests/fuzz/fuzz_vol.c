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
#include "mkfs/mkfs.h"
#include "vol/extent_map.h"
#include "vol/vol.h"

#define N_BLOCKS 1200u
#define N_VOLUMES 6u
#define MAX_PLACES 128u
#define RESEAL 0x80u
#define ERASE 0x40u
#define LENGTH_MASK 0x3Fu
#define FRAME_BYTES (65536u + 4096u)	/* a block, and what a CRC of it may cover */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

struct volume {
	struct bio *bio;
	uint32_t block_bytes;
	unsigned n_places;
	uint32_t places[MAX_PLACES];	/* sectors that hold something */
};

static void now(void *ctx, struct udf_time *ret_now)
{
	(void)ctx;
	*ret_now = (struct udf_time){ 1700000000, 0, 0 };
}

static void fixed_random(void *ctx, void *ret_bytes, size_t n_bytes)
{
	(void)ctx;
	memset(ret_bytes, 0x5A, n_bytes);
}

static const struct udf_env env = { NULL, now, fixed_random, NULL };

static void must(enum udf_err err)
{
	if (err)
		abort();
}

static void make_volume(struct volume *v, uint16_t revision, uint32_t block_bytes, enum udf_space_kind space)
{
	struct udf_mkfs_params params;
	struct udf_plan plan;
	uint8_t block[4096];
	uint32_t lsn, ratio = block_bytes / 512;

	udf_mkfs_defaults(&params, UDF_MEDIA_HD, revision);
	params.block_bytes = block_bytes;
	params.n_blocks = N_BLOCKS;
	params.space = space;
	udf_mkfs_stamp(&params, &env);
	must(udf_mkfs_plan(&params, &plan, NULL));
	must(bio_memory_new(512, (uint64_t)N_BLOCKS * ratio, &v->bio));
	must(udf_mkfs_emit(&plan, v->bio, &env));
	v->block_bytes = block_bytes;
	for (lsn = 0; lsn < N_BLOCKS && v->n_places < MAX_PLACES; lsn++) {
		must(bio_read(v->bio, (uint64_t)lsn * ratio, ratio, block));
		if (block[0] || memcmp(block, block + 1, block_bytes - 1))
			v->places[v->n_places++] = lsn;
	}
}

static struct volume *volumes(void)
{
	static struct volume all[N_VOLUMES];

	if (all[0].bio)
		return all;
	make_volume(&all[0], 0x0201, 2048, UDF_SPACE_UNALLOC_BITMAP);
	make_volume(&all[1], 0x0102, 512, UDF_SPACE_UNALLOC_BITMAP);
	make_volume(&all[2], 0x0150, 1024, UDF_SPACE_UNALLOC_TABLE);
	make_volume(&all[3], 0x0200, 4096, UDF_SPACE_UNALLOC_TABLE);
	make_volume(&all[4], 0x0201, 512, UDF_SPACE_UNALLOC_TABLE);
	make_volume(&all[5], 0x0102, 4096, UDF_SPACE_UNALLOC_BITMAP);
	return all;
}

/* Apply one record; the bytes that it took, 0 at the end. */
static size_t change(const struct volume *v, struct bio *bio, const uint8_t *p, size_t n_left)
{
	static uint8_t frame[FRAME_BYTES];
	uint32_t ratio = v->block_bytes / 512, at, n;
	uint64_t lsn;

	if (n_left < 5)
		return 0;
	lsn = get_le16(p) & 0x8000 ? get_le16(p) % N_BLOCKS : v->places[get_le16(p) % v->n_places];
	at = get_le16(p + 2) % v->block_bytes;
	n = p[4] & LENGTH_MASK;
	if (n > n_left - 5)
		n = (uint32_t)n_left - 5;
	memset(frame, 0, sizeof(frame));
	must(bio_read(bio, lsn * ratio, ratio, frame));
	if (p[4] & ERASE)
		memset(frame, 0, v->block_bytes);
	memcpy(frame + at, p + 5, n);
	if (p[4] & RESEAL)
		udf_tag_reseal(frame);
	must(bio_write(bio, lsn * ratio, ratio, frame));
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

	if (udf_vol_open(bio, &options, &env, with_sink ? &sink : NULL, &vol))
		return;
	(void)udf_vol_why_read_only(vol);
	(void)udf_vol_is_ours(vol);
	read_icb(vol, vol->fsd.root_icb.addr, with_sink ? &sink : NULL);
	for (i = 0; i < vol->n_parts; i++)
		read_icb(vol, (struct udf_lb_addr){ vol->parts[i].header.unallocated_table.lbn, (uint16_t)i },
			 with_sink ? &sink : NULL);
	(void)udf_vol_write_lvid(vol, UDF_LVID_OPEN);
	udf_vol_close(vol);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
	const struct volume *v;
	struct bio *bio;
	size_t at = 1, n;

	if (n_bytes == 0)
		return 0;
	v = &volumes()[data[0] % N_VOLUMES];
	must(bio_overlay_new(v->bio, false, &bio));
	while (at < n_bytes && (n = change(v, bio, data + at, n_bytes - at)) > 0)
		at += n;
	open_volume(bio, true, false);
	open_volume(bio, false, true);
	open_volume(bio, false, false);
	bio_close(bio);
	return 0;
}
