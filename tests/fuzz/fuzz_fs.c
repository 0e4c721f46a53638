/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libFuzzer target: work on a mounted volume, damaged or not.  Byte 0 chooses the volume, byte 1 how
 * many records of changes follow:
 *	place (1 byte: which used block), offset (2), length (1), bytes (length); what was changed is
 *	sealed again.
 * The rest are operations of 4 bytes: which, name, name, size.
 *
 * Whatever the volume holds, each operation ends; and where nothing was changed, the check finds
 * nothing afterwards.
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

#define BS 512u
#define N_BLOCKS 1200u
#define N_VOLUMES 2u
#define MAX_PLACES 256u
#define MAX_OPERATIONS 400u

static const uint8_t data_bytes[65536] = { 'd', 'a', 't', 'a' };

static udf_ino make(struct udf_fs *fs, udf_ino dir, const char *name, uint32_t mode)
{
	const struct udf_new what = { .mode = mode, .rdev_major = 5, .rdev_minor = 1,
				      .symlink_target = "../n0", .symlink_target_bytes = 5 };
	struct udf_attr attr;

	MUST(!udf_create(fs, dir, name, strlen(name), &what, &attr));
	udf_forget(fs, attr.ino, 1);
	return attr.ino;
}

static void fill(struct udf_fs *fs)
{
	udf_ino root = udf_fs_root(fs), dir = make(fs, root, "n0", S_IFDIR | 0755), file;
	struct udf_attr attr;
	char name[16];
	size_t n;

	for (int i = 1; i < 14; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		file = make(fs, dir, name, S_IFREG | 0644);
		MUST(!udf_write(fs, file, 0, (size_t)i * 100, data_bytes, &n));
	}
	MUST(!udf_link(fs, file, root, "n1", 2, &attr));
	udf_forget(fs, attr.ino, 1);
	file = make(fs, root, "n2", S_IFREG | 0600);
	for (uint64_t i = 0; i < 100; i++)
		MUST(!udf_write(fs, file, i * 2 * BS, 5, "holes", &n));
	make(fs, root, "n3", S_IFLNK | 0777);
	make(fs, root, "n4", S_IFCHR | 0600);
	make(fs, make(fs, root, "n5", S_IFDIR | 0700), "n0", S_IFDIR | 0700);
}

static void fill_volume(struct bio *bio, uint32_t block_bytes)
{
	struct udf_vol *vol;
	struct udf_fs *fs;

	(void)block_bytes;
	MUST(!udf_vol_open(bio, NULL, &fuzz_env, NULL, &vol));
	MUST(!udf_fs_open(vol, NULL, &fs));
	fill(fs);
	MUST(!udf_fs_close(fs));
	udf_vol_close(vol);
}

static const struct fuzz_volume *volume(unsigned i)
{
	const struct fuzz_kind kind = { .revision = i == 0 ? 0x0201 : 0x0102, .block_bytes = BS, .n_blocks = N_BLOCKS,
					.space = UDF_SPACE_UNALLOC_BITMAP, .first_lsn = 257, .max_places = MAX_PLACES,
					.fill = fill_volume };
	static struct fuzz_volume all[N_VOLUMES];

	if (!all[i].bio)
		fuzz_volume_make(&kind, &all[i]);
	return &all[i];
}

/* Apply one record; the bytes that it took, 0 at the end. */
static size_t change(const struct fuzz_volume *v, struct bio *bio, const uint8_t *p, size_t n_left)
{
	static uint8_t frame[FUZZ_FRAME_BYTES];
	uint32_t lsn, at, n;

	if (n_left < 4)
		return 0;
	lsn = v->places[p[0] % v->n_places];
	at = get_le16(p + 1) % BS;
	n = (uint32_t)p[3] < n_left - 4 ? p[3] : (uint32_t)n_left - 4;
	fuzz_frame_read(v, bio, lsn, frame);
	memcpy(frame + at, p + 4, n);
	udf_tag_reseal(frame);
	fuzz_frame_write(v, bio, lsn, frame);
	return 4 + n;
}

/* Names of a listing; each takes a reference once it was emitted, which is given back afterwards. */
struct listing {
	udf_ino inos[64];
	unsigned n;
};

static bool take(void *ctx, const struct udf_dirent *entry)
{
	struct listing *l = ctx;

	MUST(entry->name_bytes && entry->name_bytes <= 255 && !memchr(entry->name, '/', entry->name_bytes));
	if (l->n == 64)
		return false;
	if (entry->attr->mode)
		l->inos[l->n++] = entry->attr->ino;
	return true;
}

static void list(struct udf_fs *fs, udf_ino dir)
{
	struct listing l = { .n = 0 };

	(void)udf_readdir(fs, dir, 0, true, take, &l);
	while (l.n)
		udf_forget(fs, l.inos[--l.n], 1);
}

static void one_operation(struct udf_fs *fs, udf_ino *dir, const uint8_t *p)
{
	const struct udf_new what = { .mode = p[0] & 0x80 ? S_IFDIR | 0755 : S_IFREG | 0644 };
	struct udf_attr attr, set = { .size_bytes = p[3] * 70u };
	static uint8_t buf[20000];
	char a[16], b[16];
	size_t na = (size_t)snprintf(a, sizeof(a), "n%u", p[1] % 16), n;
	size_t nb = (size_t)snprintf(b, sizeof(b), "n%u", p[2] % 16);
	bool found = udf_lookup(fs, *dir, a, na, &attr) == UDF_OK;
	udf_ino ino = found ? attr.ino : udf_fs_root(fs);

	switch (p[0] & 15) {
	case 0: case 1:
		if (udf_create(fs, *dir, b, nb, &what, &attr) == UDF_OK)
			udf_forget(fs, attr.ino, 1);
		break;
	case 2:
		(void)udf_unlink(fs, *dir, a, na);
		break;
	case 3:
		(void)udf_rmdir(fs, *dir, a, na);
		break;
	case 4:
		(void)udf_rename(fs, *dir, a, na, p[3] & 1 ? udf_fs_root(fs) : *dir, b, nb, p[3] >> 6);
		break;
	case 5:
		if (udf_link(fs, ino, *dir, b, nb, &attr) == UDF_OK)
			udf_forget(fs, attr.ino, 1);
		break;
	case 6: case 7:
		(void)udf_write(fs, ino, p[2] * 300u, p[3] * 50u, data_bytes, &n);
		break;
	case 8:
		(void)udf_setattr(fs, ino, &set, UDF_SET_SIZE, &attr);
		break;
	case 9:
		(void)udf_fallocate(fs, ino, p[3] & 7, p[2] * 300u, 1 + p[3] * 100u);
		break;
	case 10:
		(void)udf_read(fs, ino, p[2] * 300u, sizeof(buf), buf, &n);
		break;
	case 11:
		list(fs, *dir);
		break;
	case 12:
		(void)udf_readlink(fs, ino, (char *)buf, sizeof(buf));
		break;
	case 13:
		(void)udf_fs_sync(fs);
		break;
	case 14:
		(void)udf_fsync(fs, ino, p[3] & 1);
		break;
	default:	/* go there; who leaves gives the reference back */
		if (found && S_ISDIR(attr.mode) && *dir != ino) {
			udf_forget(fs, *dir, *dir != udf_fs_root(fs));
			*dir = ino;
			return;
		}
	}
	if (found)
		udf_forget(fs, ino, 1);
}

static void count(struct udf_sink *sink, const struct udf_finding *finding)
{
	(void)sink;
	fprintf(stderr, "found: %s\n", udf_problem_name(finding->problem));
	abort();
}

static void check(struct bio *bio)
{
	struct udf_sink sink = { .report = count };
	struct chk_result result;
	struct udf_vol *vol;

	MUST(!udf_vol_open(bio, NULL, &fuzz_env, &sink, &vol));
	MUST(!chk_volume(vol, NULL, &sink, &result));
	udf_vol_close(vol);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
	const struct udf_fs_options options = { .cache_bytes = 32768 };
	const struct fuzz_volume *v;
	struct udf_vol *vol;
	struct udf_fs *fs;
	struct bio *bio;
	size_t at = 2, n, i;
	udf_ino dir;

	if (n_bytes < 2)
		return 0;
	v = volume(data[0] % N_VOLUMES);
	MUST(!bio_overlay_new(v->bio, false, &bio));
	for (i = 0; i < data[1] && (n = change(v, bio, data + at, n_bytes - at)) > 0; i++)
		at += n;
	if (udf_vol_open(bio, NULL, &fuzz_env, NULL, &vol) == UDF_OK) {
		if (udf_fs_open(vol, &options, &fs) == UDF_OK) {
			enum udf_err err;

			dir = udf_fs_root(fs);
			for (i = 0; i < MAX_OPERATIONS && at + 4 <= n_bytes; i++, at += 4)
				one_operation(fs, &dir, data + at);
			udf_forget(fs, dir, dir != udf_fs_root(fs));
			err = udf_fs_close(fs);
			MUST(data[1] || !err);
		}
		udf_vol_close(vol);
		if (!data[1])
			check(bio);
	}
	bio_close(bio);
	return 0;
}
