/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libFuzzer target: the whole check.  The input is a list of changes to a volume with files, as for
 * fuzz_vol: byte 0 chooses the volume, then records of
 *	place (2 bytes: which used block), offset (2), flags and length (1), bytes (length).
 * Flag 0x80 makes tag and CRC of the block right again, 0x40 those of the descriptor at the offset.
 *
 * Whatever it finds, the check runs to its end; and a space that it calls safe is safe.
 */
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <udfkit/fs.h>

#include "base/bytes.h"
#include "check/check.h"
#include "ecma/codec.h"
#include "fuzz.h"
#include "vol/vol.h"
#include "volume.h"

#define N_BLOCKS 2000u
#define N_VOLUMES 4u
#define RESEAL_BLOCK 0x80u
#define RESEAL_HERE 0x40u
#define LENGTH_MASK 0x3Fu

static udf_ino make(struct udf_fs *fs, udf_ino dir, const char *name, uint32_t mode, const char *target)
{
	const struct udf_new what = { .mode = mode, .rdev_major = 5, .rdev_minor = 1, .symlink_target = target,
				      .symlink_target_bytes = target ? strlen(target) : 0 };
	struct udf_attr attr;

	MUST(!udf_create(fs, dir, name, strlen(name), &what, &attr));
	return attr.ino;
}

/* Files of every kind: embedded, in extents, with so many holes that descriptors chain. */
static void fill(struct udf_fs *fs, uint32_t block_bytes)
{
	udf_ino root = udf_fs_root(fs), dir = make(fs, root, "dir", S_IFDIR | 0755, NULL), file;
	struct udf_attr attr;
	char name[32];
	size_t n;

	for (int i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "a file with number %d", i);
		file = make(fs, dir, name, S_IFREG | 0644, NULL);
		MUST(!udf_write(fs, file, 0, strlen(name), name, &n));
		if (i % 20 == 0)
			MUST(!udf_link(fs, file, root, name, strlen(name), &attr));
	}
	file = make(fs, make(fs, dir, "sub", S_IFDIR | 0700, NULL), "sparse", S_IFREG | 0600, NULL);
	for (uint64_t i = 0; i < 300; i++)
		MUST(!udf_write(fs, file, i * 2 * block_bytes, 5, "sparse", &n));
	make(fs, dir, "link", S_IFLNK | 0777, "../dir/sub");
	make(fs, dir, "tty", S_IFCHR | 0600, NULL);
	make(fs, dir, "fifo", S_IFIFO | 0600, NULL);
}

static void fill_volume(struct bio *bio, uint32_t block_bytes)
{
	const struct udf_fs_options options = { 0 };
	struct udf_vol *vol;
	struct udf_fs *fs;

	MUST(!udf_vol_open(bio, NULL, &fuzz_env, NULL, &vol));
	MUST(!udf_fs_open(vol, &options, &fs));
	if (!udf_fs_why_read_only(fs))
		fill(fs, block_bytes);
	MUST(!udf_fs_close(fs));
	udf_vol_close(vol);
}

static const struct fuzz_volume *volume(unsigned i)
{
#define KIND(revision, block_bytes, space) \
	{ revision, block_bytes, N_BLOCKS, space, 257, FUZZ_MAX_PLACES, fill_volume, false }
	static const struct fuzz_kind kinds[N_VOLUMES + 1] = {
		KIND(0x0201, 2048, UDF_SPACE_UNALLOC_BITMAP),
		KIND(0x0102, 512, UDF_SPACE_UNALLOC_BITMAP),
		KIND(0x0150, 1024, UDF_SPACE_UNALLOC_TABLE),
		KIND(0x0200, 512, UDF_SPACE_UNALLOC_BITMAP),
		{ 0x0201, 2048, N_BLOCKS, UDF_SPACE_UNALLOC_BITMAP, 96, FUZZ_MAX_PLACES, fill_volume, true },
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
	uint32_t lsn, at, n;

	if (n_left < 5)
		return 0;
	lsn = v->places[get_le16(p) % v->n_places];
	at = get_le16(p + 2) % v->block_bytes;
	n = p[4] & LENGTH_MASK;
	if (n > n_left - 5)
		n = (uint32_t)n_left - 5;
	fuzz_frame_read(v, bio, lsn, frame);
	memcpy(frame + at, p + 5, n);
	if (p[4] & RESEAL_HERE && at + UDF_TAG_BYTES + get_le16(frame + at + 10) <= FUZZ_FRAME_BYTES)
		udf_tag_reseal(frame + at);
	if (p[4] & RESEAL_BLOCK)
		udf_tag_reseal(frame);
	fuzz_frame_write(v, bio, lsn, frame);
	return 5 + n;
}

struct listener {
	struct udf_sink sink;
	const char *path;
	unsigned n_dangerous;
};

static void hear(struct udf_sink *sink, const struct udf_finding *finding)
{
	struct listener *l = (struct listener *)(void *)sink;

	MUST(udf_problem_text(finding->problem)[0]);
	MUST(!l->path || strlen(l->path) < 8192);
	l->n_dangerous += finding->problem == UDF_P_USED_MARKED_FREE;
}

/* Returns how many blocks are in danger. */
static unsigned check(struct bio *bio)
{
	struct listener l = { .sink.report = hear };
	const struct chk_options options = { .ret_path = &l.path };
	struct chk_result result;
	struct udf_vol *vol;

	if (udf_vol_open(bio, NULL, &fuzz_env, &l.sink, &vol))
		return 0;
	MUST(!chk_volume(vol, &options, &l.sink, &result));
	udf_vol_close(vol);
	return l.n_dangerous;
}

static bool make_safe(struct bio *bio)
{
	struct udf_vol *vol;
	uint64_t n_marked;
	bool safe;

	if (udf_vol_open(bio, NULL, &fuzz_env, NULL, &vol))
		return false;
	MUST(!chk_make_space_safe(vol, NULL, &safe, &n_marked));
	udf_vol_close(vol);
	return safe;
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
	check(bio);
	if (make_safe(bio))
		MUST(!check(bio));
	bio_close(bio);
	return 0;
}
