/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Volumes for tests, made by udftools' mkudffs and genisoimage and held in memory, so that a test
 * can damage them.  Findings are collected.
 */
#ifndef TESTS_UNIT_VOL_FIXTURE_H
#define TESTS_UNIT_VOL_FIXTURE_H

#include <stdbool.h>
#include <stdint.h>
#include <udfkit/bio.h>
#include <udfkit/env.h>
#include <udfkit/problem.h>

#include "vol/vol.h"

#define FX_MKUDFFS "/usr/sbin/mkudffs"
#define FX_GENISOIMAGE "/usr/bin/genisoimage"

struct fx_findings {
	struct udf_sink sink;		/* first */
	unsigned n[UDF_N_PROBLEMS];
	unsigned n_all;			/* but for those of severity info */
	char text[4096];		/* one line a finding, for the log of a failing case */
};

struct fixture {
	struct bio *bio;		/* memory, blocks of 512 bytes */
	uint32_t block_bytes;		/* of the volume: unit of the helpers below */
	struct udf_env env;		/* a clock that stands in the year 2100; remembers the last log line */
	char log[256];
	struct fx_findings findings;
	struct udf_vol *vol;
};

/* A line of TAP that skips the whole program, and exit, where PEER can't be run. */
void fx_need(const char *peer);

/* An image of N_BLOCKS blocks by "mkudffs -m MEDIA -r REVISION -b BLOCK_BYTES EXTRA". */
void fx_mkudffs(struct fixture *fx, const char *media, const char *revision, uint32_t block_bytes,
		uint32_t n_blocks, const char *extra);
/* A bridge disc by "genisoimage -udf" with one small file. */
void fx_genisoimage(struct fixture *fx);
/* N_BLOCKS empty blocks. */
void fx_empty(struct fixture *fx, uint32_t block_bytes, uint32_t n_blocks);
void fx_done(struct fixture *fx);

/* Open fx->vol with fx->env; the second with a sink, and findings cleared before. */
enum udf_err fx_open(struct fixture *fx);
enum udf_err fx_check(struct fixture *fx);
enum udf_err fx_open_with(struct fixture *fx, const struct udf_vol_options *options, struct udf_sink *sink);

void fx_read(struct fixture *fx, uint64_t lsn, uint32_t n_blocks, uint8_t *ret);
void fx_write(struct fixture *fx, uint64_t lsn, uint32_t n_blocks, const uint8_t *data);
void fx_zero(struct fixture *fx, uint64_t lsn, uint32_t n_blocks);

/* Change bytes of the descriptor at LSN; the tag is made right again. */
void fx_set(struct fixture *fx, uint64_t lsn, uint32_t at, const void *bytes, size_t n_bytes);
void fx_set8(struct fixture *fx, uint64_t lsn, uint32_t at, uint8_t value);
void fx_set16(struct fixture *fx, uint64_t lsn, uint32_t at, uint16_t value);
void fx_set32(struct fixture *fx, uint64_t lsn, uint32_t at, uint32_t value);
/* Change one byte and leave the tag as it is. */
void fx_break(struct fixture *fx, uint64_t lsn, uint32_t at);

/* The sector of the first descriptor with tag ID in [FIRST, FIRST + 64); fails the test if none. */
uint64_t fx_find(struct fixture *fx, uint64_t first, uint16_t id);

/* PROBLEM was found, and nothing else above severity info. */
#define assert_only(fx, problem) fx_assert_only((fx), (problem), __FILE__, __LINE__)
#define assert_clean(fx) fx_assert_only((fx), UDF_N_PROBLEMS, __FILE__, __LINE__)
void fx_assert_only(struct fixture *fx, enum udf_problem problem, const char *file, int line);

#endif
