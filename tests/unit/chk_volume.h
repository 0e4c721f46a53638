/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A volume with a tree of everything that the checker knows, for tests that damage it. */
#ifndef TESTS_UNIT_CHK_VOLUME_H
#define TESTS_UNIT_CHK_VOLUME_H

#include "base/bytes.h"
#include "check/check.h"
#include "chk_tree.h"

/* Offsets in an Extended File Entry (ECMA-167 4/14.17) and in its ICB tag (4/14.6). */
enum {
	STRATEGY = 20, MAX_ENTRIES = 24, ICB_RESERVED = 26, FILE_TYPE = 27, PARENT_ICB = 28, FLAGS = 34,
	LINK_COUNT = 48, RECORD_FORMAT = 50, INFORMATION = 56, OBJECT_SIZE = 64, BLOCKS = 72, MODIFICATION = 92,
	CHECKPOINT = 128, EA_ICB = 136, STREAM_ICB = 152, UNIQUE_ID = 200, L_EA = 208, L_AD = 212, DATA = 216,
};
/* Offsets in a FID (ECMA-167 4/14.4). */
enum { FID_VERSION = 16, FID_FLAGS = 18, FID_ICB_LENGTH = 20, FID_ICB_LBN = 24, FID_UNIQUE_ID = 32, FID_NAME = 38 };

struct volume {
	struct fixture fx;
	struct tree t;
	uint32_t bs;
	int file, data, single, gaps, chain, dir, in_dir, sub, big, link, slink, fifo, device, times, ea, streams, s1,
		stream_of_dir, with_ea_file, old;
};

typedef void (*edit_fn)(struct volume *v);

/* The tree on an empty volume; PREPARE, if any, changes it before it is written. */
void volume_make(struct volume *v, const char *revision, uint32_t bs, const char *extra, edit_fn prepare);
/* What the checker says of it; findings are in v->fx.findings. */
struct chk_result volume_check(struct volume *v);
/* An impl-use attribute *UDF FreeEASpace of 52 bytes (UDF 3.3.4.5.1.1), after its header descriptor. */
void volume_put_free_ea(struct volume *v, int node);

/* ---- short ways to bytes ---- */

static inline uint32_t icb(const struct volume *v, int node)
{
	return tree_lsn(&v->t, v->t.nodes[node].lbn);
}

static inline void set32(struct volume *v, int node, uint32_t at, uint32_t value)
{
	fx_set32(&v->fx, icb(v, node), at, value);
}

/* Information length and ObjectSize. */
static inline void set_size(struct volume *v, int node, uint32_t n_bytes)
{
	set32(v, node, INFORMATION, n_bytes);
	set32(v, node, OBJECT_SIZE, n_bytes);
}

static inline void set_fid32(struct volume *v, int dir, const char *name, uint32_t at, uint32_t value)
{
	uint8_t bytes[4];

	put_le32(bytes, value);
	tree_set_fid(&v->t, dir, name, at, bytes, 4);
}

static inline void set_fid8(struct volume *v, int dir, const char *name, uint32_t at, uint8_t value)
{
	tree_set_fid(&v->t, dir, name, at, &value, 1);
}

static inline void set_lvid(struct volume *v, uint32_t at, uint32_t value)
{
	fx_set32(&v->fx, v->fx.vol->lvid_lsn, at, value);
}

/* Blocks that nothing refers to any more are free, for the LVID too. */
static inline void release(struct volume *v, uint32_t lbn, uint32_t n)
{
	tree_mark(&v->t, lbn, n, true);
	tree_add_free(&v->t, (int)n);
}

static inline uint32_t aed(const struct volume *v, int k)
{
	return tree_lsn(&v->t, v->t.nodes[v->chain].aed_lbn[k]);
}

#endif
