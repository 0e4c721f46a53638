/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "base/cs0.h"
#include "ecma/codec.h"
#include "model.h"
#include "pack.h"
#include "vol/vol.h"

#define MAX_BLOCKS 64u
#define MAX_DIRS 64u
#define MIN_FID_BYTES 40u

struct packing {
	struct udf_vol *vol;
	uint8_t icb[32768];
	uint32_t lbn[MAX_BLOCKS], n_blocks;
	uint8_t *old_bytes, *new_bytes;
	uint64_t size_bytes, used_bytes;
};

struct packed_fid packed[MAX_PACKED];
unsigned n_packed;

/* The number of blocks of the directory at ICB_LBN; 0: it is embedded. */
static void read_directory(struct packing *p, uint32_t icb_lbn)
{
	uint32_t bs = p->vol->block_bytes, at, i;
	struct udf_short_ad ad;
	struct udf_fe fe;

	assert_int_equal(udf_vol_read(p->vol, 0, icb_lbn, 1, p->icb), UDF_OK);
	udf_fe_decode(p->icb, &fe);
	p->n_blocks = 0;
	p->size_bytes = fe.information_bytes;
	if ((fe.icb.flags & UDF_ICB_AD_MASK) == UDF_AD_EMBEDDED)
		return;
	assert_int_equal(fe.icb.flags & UDF_ICB_AD_MASK, UDF_AD_SHORT);
	for (at = 0; at < fe.ad_bytes; at += UDF_SHORT_AD_BYTES) {
		udf_short_ad_decode(p->icb + udf_fe_fixed_bytes(fe.tag.id) + fe.ea_bytes + at, &ad);
		assert_int_equal(UDF_EXTENT_TYPE(ad.length), UDF_EXTENT_RECORDED);
		for (i = 0; i < udf_ceil_div(UDF_EXTENT_BYTES(ad.length), bs); i++) {
			assert_true(p->n_blocks < MAX_BLOCKS);
			p->lbn[p->n_blocks++] = ad.lbn + i;
		}
	}
	for (i = 0; i < p->n_blocks; i++)
		assert_int_equal(udf_vol_read(p->vol, 0, p->lbn[i], 1, p->old_bytes + (size_t)i * bs), UDF_OK);
}

static void note(const struct packing *p, const struct udf_fid *fid, uint64_t at, uint32_t n_bytes)
{
	uint32_t bs = p->vol->block_bytes;
	struct packed_fid *f = &packed[n_packed];
	size_t n;

	if (at / bs == (at + n_bytes - 1) / bs || (fid->characteristics & UDF_FID_PARENT) ||
	    n_packed == MAX_PACKED)
		return;
	*f = (struct packed_fid){ .is_dir = fid->characteristics & UDF_FID_DIRECTORY,
				  .is_deleted = fid->characteristics & UDF_FID_DELETED,
				  .in_tag = at % bs + UDF_TAG_BYTES > bs,
				  .n_bytes = n_bytes };
	if (udf_host_name(fid->name, fid->name_bytes, f->name, &n))
		n = 0;
	f->name[n] = 0;
	n_packed++;
}

static void put(struct packing *p, struct udf_fid *fid)
{
	uint32_t n_bytes = udf_fid_n_bytes(fid->name_bytes, fid->impl_use_bytes);

	assert_true(p->used_bytes + n_bytes <= p->size_bytes);
	fid->tag.location = p->lbn[p->used_bytes / p->vol->block_bytes];
	udf_fid_encode(fid, p->new_bytes + p->used_bytes);
	note(p, fid, p->used_bytes, n_bytes);
	p->used_bytes += n_bytes;
}

/* Shorten the directory at ICB_LBN by N_BYTES, within the same block. */
static void shorten(struct packing *p, uint32_t icb_lbn, uint64_t n_bytes)
{
	struct udf_short_ad ad;
	struct udf_fe fe;
	uint8_t *last;

	udf_fe_decode(p->icb, &fe);
	fe.information_bytes -= n_bytes;
	fe.object_bytes -= n_bytes;
	udf_fe_encode(&fe, p->icb);
	last = p->icb + udf_fe_fixed_bytes(fe.tag.id) + fe.ea_bytes + fe.ad_bytes - UDF_SHORT_AD_BYTES;
	udf_short_ad_decode(last, &ad);
	ad.length -= (uint32_t)n_bytes;
	udf_short_ad_encode(&ad, last);
	udf_tag_reseal(p->icb);
	assert_int_equal(udf_vol_write(p->vol, 0, icb_lbn, 1, p->icb), UDF_OK);
	p->size_bytes -= n_bytes;
}

/* Fill up to the old size with deleted FIDs.  Where none fits, the directory gets shorter. */
static void put_rest(struct packing *p, uint32_t icb_lbn, struct udf_tag tag)
{
	uint8_t name[MIN_FID_BYTES * 2] = { tag.version >= 3 ? 254 : 8 };
	struct udf_fid fid = { .tag = tag,
			       .version_number = 1,
			       .characteristics = UDF_FID_DELETED,
			       .name = name };
	uint64_t rest = p->size_bytes - p->used_bytes;

	memset(name + 1, '_', sizeof(name) - 1);
	if (rest < MIN_FID_BYTES) {
		shorten(p, icb_lbn, rest);
		rest = 0;
	}
	for (; rest; rest = p->size_bytes - p->used_bytes) {
		uint64_t n_bytes = rest >= 2 * MIN_FID_BYTES ? MIN_FID_BYTES : rest;

		fid.name_bytes = (uint8_t)(n_bytes - UDF_FID_FIXED_BYTES);
		put(p, &fid);
	}
}

/* Does this FID only fill up a block? */
static bool is_filler(const struct udf_fid *fid)
{
	return (fid->characteristics & UDF_FID_DELETED) && fid->name_bytes > 1 && fid->name[1] == '_';
}

static void pack_one(struct packing *p, uint32_t icb_lbn)
{
	uint32_t bs, n_bytes, i;
	struct udf_tag tag = { 0 };
	uint64_t at;

	read_directory(p, icb_lbn);
	bs = p->vol->block_bytes;
	p->used_bytes = 0;
	if (p->n_blocks == 0)
		return;
	for (at = 0; at < p->size_bytes; at += n_bytes) {
		struct udf_fid fid;

		assert_int_equal(udf_fid_decode(p->old_bytes + at, (size_t)(p->size_bytes - at), &fid, &n_bytes),
				 UDF_OK);
		tag = fid.tag;
		fid.impl_use_bytes = 0;
		fid.impl_use = NULL;
		if (!is_filler(&fid))
			put(p, &fid);
	}
	put_rest(p, icb_lbn, tag);
	for (i = 0; i < p->n_blocks; i++)
		assert_int_equal(udf_vol_write(p->vol, 0, p->lbn[i], 1, p->new_bytes + (size_t)i * bs), UDF_OK);
}

struct found_dirs {
	uint32_t lbn[MAX_DIRS];
	unsigned n;
};

static bool find_dir(void *ctx, const char *path, const struct udf_attr *attr)
{
	struct found_dirs *f = ctx;

	(void)path;
	if (S_ISDIR(attr->mode) && f->n < MAX_DIRS)
		f->lbn[f->n++] = (uint32_t)attr->ino;
	return true;
}

void pack_directories(struct bio *bio)
{
	const struct udf_fs_options options = { .read_only = true };
	struct packing *p = calloc(1, sizeof(*p));
	struct found_dirs dirs = { .n = 1 };
	struct mounted m;
	unsigned i;

	n_packed = 0;
	mount_volume(bio, &options, &m);
	dirs.lbn[0] = (uint32_t)udf_fs_root(m.fs);
	assert_true(walk_volume(&m, find_dir, &dirs));
	abandon_volume(&m);
	assert_int_equal(udf_vol_open(bio, NULL, NULL, NULL, &p->vol), UDF_OK);
	p->old_bytes = malloc((size_t)MAX_BLOCKS * p->vol->block_bytes);
	p->new_bytes = calloc(MAX_BLOCKS, p->vol->block_bytes);
	for (i = 0; i < dirs.n; i++)
		pack_one(p, dirs.lbn[i]);
	udf_vol_close(p->vol);
	free(p->old_bytes);
	free(p->new_bytes);
	free(p);
}
