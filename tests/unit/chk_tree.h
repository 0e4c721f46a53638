/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tree of files on an empty volume of udftools' mkudffs, written descriptor by descriptor from
 * the figures of the standard, so that a test knows where everything lies and can damage it.
 */
#ifndef TESTS_UNIT_CHK_TREE_H
#define TESTS_UNIT_CHK_TREE_H

#include "ecma/codec.h"
#include "vol_fixture.h"

enum tree_data { TREE_EMBEDDED, TREE_SHORT, TREE_LONG, TREE_CHAIN };

#define TREE_MAX_NODES 64
#define TREE_MAX_FIDS 160
#define TREE_MAX_EXTENTS 8
#define TREE_NONE (-1)

struct tree_fid {
	char name[64];			/* "": the parent */
	int target;
	uint8_t characteristics;
	uint32_t unique_id;
	uint32_t at;			/* byte in the directory, once written */
	uint32_t n_bytes;
};

struct tree_node {
	enum udf_file_type type;
	enum tree_data data;
	int owner;			/* directory or main file */
	bool is_stream;
	uint64_t n_bytes;		/* of data; directories: once written */
	uint64_t stream_bytes;		/* of its streams */
	uint64_t unique_id;
	uint16_t link_count;
	uint16_t flags;			/* further ICB flags */
	int stream_dir, ea_file;
	uint8_t eas[256];
	uint32_t n_ea_bytes;
	uint16_t strategy;
	struct tree_fid fids[TREE_MAX_FIDS];
	unsigned n_fids;
	/* Where it lies, once written: blocks of the partition. */
	uint32_t lbn;
	uint32_t data_lbn[TREE_MAX_EXTENTS];
	uint32_t aed_lbn[2];
};

struct tree {
	struct fixture *fx;
	struct tree_node nodes[TREE_MAX_NODES];
	int n_nodes;
	uint64_t next_unique_id;
	uint32_t next_lbn, n_files, n_directories;
	uint32_t start_lsn, bs;
	uint16_t revision;
	uint32_t bitmap_lbn, table_lbn;	/* 0xFFFFFFFF: none */
};

/* The root is node 0. */
void tree_init(struct tree *t, struct fixture *fx);
int tree_add(struct tree *t, int dir, const char *name, enum udf_file_type type, enum tree_data data,
	     uint64_t n_bytes);
void tree_link(struct tree *t, int dir, const char *name, int target);
int tree_stream(struct tree *t, int owner, const char *name, uint64_t n_bytes);
int tree_ea_file(struct tree *t, int owner);
/* Write everything: data, ICBs, directories, space set, integrity descriptor. */
void tree_write(struct tree *t);

/* Sector of block LBN. */
static inline uint32_t tree_lsn(const struct tree *t, uint32_t lbn)
{
	return t->start_lsn + lbn;
}

/* The FID NAME of directory DIR; fails the test if there is none. */
struct tree_fid *tree_fid(struct tree *t, int dir, const char *name);
/* Change bytes of a FID, and make its tag (and the directory's ICB) right again. */
void tree_set_fid(struct tree *t, int dir, const char *name, uint32_t at, const void *bytes, size_t n);
/* Change one byte of a FID and leave its tag as it is. */
void tree_break_fid(struct tree *t, int dir, const char *name, uint32_t at);

/* Mark blocks free or used in the space bitmap. */
void tree_mark(struct tree *t, uint32_t lbn, uint32_t n, bool is_free);
/* Change the LVID's free space by N. */
void tree_add_free(struct tree *t, int n);

#endif
