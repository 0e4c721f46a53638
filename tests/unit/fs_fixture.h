/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A mounted volume in memory for the tests of lib/fs, and a check of what an unmount leaves. */
#ifndef TESTS_UNIT_FS_FIXTURE_H
#define TESTS_UNIT_FS_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>
#include <udfkit/bio.h>
#include <udfkit/fs.h>

#include "mkfs/mkfs.h"
#include "vol/vol.h"

struct fsx {
	struct bio *bio;
	struct udf_env env;
	struct udf_time now;		/* 7 microseconds later at each call */
	struct udf_fs_options options;
	struct udf_vol *vol;
	struct udf_fs *fs;
	udf_ino root;
};

/** An empty volume of N_BLOCKS blocks, mounted. */
void fsx_init(struct fsx *x, uint32_t block_bytes, uint64_t n_blocks, uint16_t revision);
/** The same on BIO (owned from now on), which may lie in a file. */
void fsx_init_bio(struct fsx *x, struct bio *bio, uint16_t revision);
/** The same, laid out for packets of PACKET_BLOCKS. */
void fsx_init_packets(struct fsx *x, struct bio *bio, uint16_t revision, uint32_t packet_blocks);
/** The same as mkudffs makes it for another medium. */
void fsx_init_media(struct fsx *x, struct bio *bio, enum udf_media_type media, uint16_t revision);
void fsx_mount(struct fsx *x);
void fsx_unmount(struct fsx *x);
void fsx_remount(struct fsx *x);
/** The check finds nothing at all on the (unmounted) volume; the mounted file system may go on. */
void fsx_check_clean(struct fsx *x);
/** Unmount, check that nothing is found, free everything. */
void fsx_done(struct fsx *x);
/** The same without a check. */
void fsx_drop(struct fsx *x);

enum udf_err fsx_try_make(struct fsx *x, udf_ino dir, const char *name, uint32_t mode, udf_ino *ret_ino);
/** Make NAME, and give its reference back. */
udf_ino fsx_make(struct fsx *x, udf_ino dir, const char *name, uint32_t mode);
static inline udf_ino fsx_file(struct fsx *x, const char *name)
{
	return fsx_make(x, x->root, name, S_IFREG | 0644);
}
/** The inode of NAME (its reference given back), 0 if it is not there. */
udf_ino fsx_find(struct fsx *x, udf_ino dir, const char *name);
struct udf_attr fsx_attr(struct fsx *x, udf_ino ino);
enum udf_err fsx_link(struct fsx *x, udf_ino ino, udf_ino dir, const char *name);
enum udf_err fsx_unlink(struct fsx *x, udf_ino dir, const char *name);
enum udf_err fsx_rmdir(struct fsx *x, udf_ino dir, const char *name);
enum udf_err fsx_rename(struct fsx *x, udf_ino dir, const char *name, udf_ino to_dir, const char *to,
			unsigned flags);
enum udf_err fsx_truncate(struct fsx *x, udf_ino ino, uint64_t n_bytes);
uint64_t fsx_n_free(struct fsx *x);

/** Write N_BYTES of the pattern SEED at AT; fsx_assert_pattern() reads them back. */
void fsx_write(struct fsx *x, udf_ino ino, uint64_t at, size_t n_bytes, uint8_t seed);
void fsx_assert_pattern(struct fsx *x, udf_ino ino, uint64_t at, size_t n_bytes, uint8_t seed);
void fsx_assert_zero(struct fsx *x, udf_ino ino, uint64_t at, size_t n_bytes);

#define OK(call) assert_int_equal(call, UDF_OK)
#define FAILS(err, call) assert_int_equal(call, err)

#endif
