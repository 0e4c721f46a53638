/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fs_fixture.h"

#include "check/check.h"
#include "mkfs/mkfs.h"

static void now(void *ctx, struct udf_time *ret_now)
{
	struct fsx *x = ctx;

	x->now.microseconds += 7;
	if (x->now.microseconds >= 1000000) {
		x->now.microseconds -= 1000000;
		x->now.seconds++;
	}
	*ret_now = x->now;
}

static void fixed_random(void *ctx, void *ret_bytes, size_t n_bytes)
{
	(void)ctx;
	memset(ret_bytes, 0x5A, n_bytes);
}

void fsx_mount(struct fsx *x)
{
	assert_int_equal(udf_vol_open(x->bio, NULL, &x->env, NULL, &x->vol), UDF_OK);
	assert_int_equal(udf_fs_open(x->vol, &x->options, &x->fs), UDF_OK);
	x->root = udf_fs_root(x->fs);
}

void fsx_unmount(struct fsx *x)
{
	assert_int_equal(udf_fs_close(x->fs), UDF_OK);
	udf_vol_close(x->vol);
	x->fs = NULL;
	x->vol = NULL;
}

void fsx_remount(struct fsx *x)
{
	fsx_unmount(x);
	fsx_mount(x);
	assert_null(udf_fs_why_read_only(x->fs));
}

/* PACKET_BLOCKS 0: what the medium has. */
static void init(struct fsx *x, struct bio *bio, enum udf_media_type media, uint16_t revision, uint32_t packet_blocks)
{
	struct udf_mkfs_params params;
	struct udf_plan plan;

	memset(x, 0, sizeof(*x));
	x->bio = bio;
	x->now = (struct udf_time){ .seconds = 1790000000 };
	x->env = (struct udf_env){ .ctx = x, .now = now, .random = fixed_random };
	udf_mkfs_defaults(&params, media, revision);
	params.block_bytes = bio->geometry.block_bytes;
	params.n_blocks = bio->geometry.n_blocks;
	if (packet_blocks)
		params.packet_blocks = packet_blocks;
	snprintf(params.uuid, sizeof(params.uuid), "0123456789abcdef");
	udf_mkfs_stamp(&params, &x->env);
	assert_int_equal(udf_mkfs_plan(&params, &plan, NULL), UDF_OK);
	assert_int_equal(udf_mkfs_emit(&plan, bio, &x->env), UDF_OK);
	fsx_mount(x);
	assert_null(udf_fs_why_read_only(x->fs));
}

void fsx_init_packets(struct fsx *x, struct bio *bio, uint16_t revision, uint32_t packet_blocks)
{
	init(x, bio, UDF_MEDIA_HD, revision, packet_blocks);
}

void fsx_init_media(struct fsx *x, struct bio *bio, enum udf_media_type media, uint16_t revision)
{
	init(x, bio, media, revision, 0);
}

void fsx_init_bio(struct fsx *x, struct bio *bio, uint16_t revision)
{
	init(x, bio, UDF_MEDIA_HD, revision, 1);
}

void fsx_init(struct fsx *x, uint32_t block_bytes, uint64_t n_blocks, uint16_t revision)
{
	struct bio *bio;

	assert_int_equal(bio_memory_new(block_bytes, n_blocks, &bio), UDF_OK);
	fsx_init_bio(x, bio, revision);
}

struct listener {
	struct udf_sink sink;
	const char *path;
	unsigned n;
};

static void hear(struct udf_sink *sink, const struct udf_finding *finding)
{
	struct listener *l = (struct listener *)(void *)sink;

	print_message("# found: %s, %s, block %lu, %s: %llu instead of %llu\n",
		      udf_problem_name(finding->problem), l->path ? l->path : "(no path)",
		      (unsigned long)finding->place.block_no,
		      finding->place.field ? finding->place.field : "(no field)",
		      (unsigned long long)finding->found, (unsigned long long)finding->expected);
	l->n++;
}

void fsx_check_clean(struct fsx *x)
{
	struct listener l = { .sink.report = hear };
	const struct chk_options options = { .ret_path = &l.path };
	struct chk_result result;
	struct udf_vol *vol;

	assert_int_equal(udf_vol_open(x->bio, NULL, &x->env, &l.sink, &vol), UDF_OK);
	assert_int_equal(chk_volume(vol, &options, &l.sink, &result), UDF_OK);
	udf_vol_close(vol);
	assert_int_equal(l.n, 0);
}

void fsx_drop(struct fsx *x)
{
	udf_fs_abandon(x->fs);
	udf_vol_close(x->vol);
	bio_close(x->bio);
}

void fsx_done(struct fsx *x)
{
	fsx_unmount(x);
	fsx_check_clean(x);
	bio_close(x->bio);
}

enum udf_err fsx_try_make(struct fsx *x, udf_ino dir, const char *name, uint32_t mode, udf_ino *ret_ino)
{
	const struct udf_new what = { .mode = mode, .uid = 1000, .gid = 1000 };
	struct udf_attr attr;
	enum udf_err err = udf_create(x->fs, dir, name, strlen(name), &what, &attr);

	if (err)
		return err;
	udf_forget(x->fs, attr.ino, 1);
	if (ret_ino)
		*ret_ino = attr.ino;
	return UDF_OK;
}

udf_ino fsx_make(struct fsx *x, udf_ino dir, const char *name, uint32_t mode)
{
	udf_ino ino = 0;

	assert_int_equal(fsx_try_make(x, dir, name, mode, &ino), UDF_OK);
	return ino;
}

udf_ino fsx_find(struct fsx *x, udf_ino dir, const char *name)
{
	struct udf_attr attr;
	enum udf_err err = udf_lookup(x->fs, dir, name, strlen(name), &attr);

	if (err == UDF_E_NOT_FOUND)
		return 0;
	assert_int_equal(err, UDF_OK);
	udf_forget(x->fs, attr.ino, 1);
	return attr.ino;
}

struct udf_attr fsx_attr(struct fsx *x, udf_ino ino)
{
	struct udf_attr attr;

	assert_int_equal(udf_getattr(x->fs, ino, &attr), UDF_OK);
	return attr;
}

enum udf_err fsx_link(struct fsx *x, udf_ino ino, udf_ino dir, const char *name)
{
	struct udf_attr attr;
	enum udf_err err = udf_link(x->fs, ino, dir, name, strlen(name), &attr);

	if (!err)
		udf_forget(x->fs, attr.ino, 1);
	return err;
}

enum udf_err fsx_unlink(struct fsx *x, udf_ino dir, const char *name)
{
	return udf_unlink(x->fs, dir, name, strlen(name));
}

enum udf_err fsx_rmdir(struct fsx *x, udf_ino dir, const char *name)
{
	return udf_rmdir(x->fs, dir, name, strlen(name));
}

enum udf_err fsx_rename(struct fsx *x, udf_ino dir, const char *name, udf_ino to_dir, const char *to,
			unsigned flags)
{
	return udf_rename(x->fs, dir, name, strlen(name), to_dir, to, strlen(to), flags);
}

enum udf_err fsx_truncate(struct fsx *x, udf_ino ino, uint64_t n_bytes)
{
	struct udf_attr attr = { .size_bytes = n_bytes };

	return udf_setattr(x->fs, ino, &attr, UDF_SET_SIZE, &attr);
}

uint64_t fsx_n_free(struct fsx *x)
{
	struct udf_statfs st;

	udf_fs_statfs(x->fs, &st);
	return st.n_free_blocks;
}

static void pattern(uint8_t *p, uint64_t at, size_t n_bytes, uint8_t seed)
{
	size_t i;

	for (i = 0; i < n_bytes; i++)
		p[i] = (uint8_t)((at + i) * 31 + (at + i) / 251 + seed) | 1;
}

void fsx_write(struct fsx *x, udf_ino ino, uint64_t at, size_t n_bytes, uint8_t seed)
{
	uint8_t *p = malloc(n_bytes);
	size_t n;

	pattern(p, at, n_bytes, seed);
	assert_int_equal(udf_write(x->fs, ino, at, n_bytes, p, &n), UDF_OK);
	assert_int_equal(n, n_bytes);
	free(p);
}

static void assert_bytes(struct fsx *x, udf_ino ino, uint64_t at, size_t n_bytes, const uint8_t *expected)
{
	uint8_t *p = malloc(n_bytes);
	size_t n;

	memset(p, 0xEE, n_bytes);
	assert_int_equal(udf_read(x->fs, ino, at, n_bytes, p, &n), UDF_OK);
	assert_int_equal(n, n_bytes);
	assert_memory_equal(p, expected, n_bytes);
	free(p);
}

void fsx_assert_pattern(struct fsx *x, udf_ino ino, uint64_t at, size_t n_bytes, uint8_t seed)
{
	uint8_t *p = malloc(n_bytes);

	pattern(p, at, n_bytes, seed);
	assert_bytes(x, ino, at, n_bytes, p);
	free(p);
}

void fsx_assert_zero(struct fsx *x, udf_ino ino, uint64_t at, size_t n_bytes)
{
	uint8_t *p = calloc(1, n_bytes);

	assert_bytes(x, ino, at, n_bytes, p);
	free(p);
}
