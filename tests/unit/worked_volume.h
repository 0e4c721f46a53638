/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A volume whose places are known, and the ways to change what it says. */
#ifndef TESTS_UNIT_WORKED_VOLUME_H
#define TESTS_UNIT_WORKED_VOLUME_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "base/cs0.h"
#include "ecma/codec.h"
#include "vol_fixture.h"

/* The worked volume of 2048-byte blocks: "mkudffs -m hd -r 2.01 -b 2048". */
#define N_BLOCKS 8192u
#define VRS_LSN 16u
#define MAIN_VDS 96u
#define PVD_LSN 96u
#define LVD_LSN 97u
#define PD_LSN 98u
#define USD_LSN 99u
#define IUVD_LSN 100u
#define TD_LSN 101u
#define RESERVE_VDS 8032u
#define LVID_LSN 128u
#define LVID_TD_LSN 129u
#define PARTITION 257u
#define FSD_LSN 258u
#define LVID_IMPL_AT 88u		/* implementation use of an LVID with one partition */

static inline void make_hd(struct fixture *fx)
{
	fx_mkudffs(fx, "hd", "2.01", 2048, N_BLOCKS, NULL);
}

static inline void make_labelled_hd(struct fixture *fx)
{
	fx_mkudffs(fx, "hd", "2.01", 2048, N_BLOCKS, "-l Label");
}

/* Blocks of 4096 bytes, and a recognition sequence that stands as for smaller ones. */
static inline void make_narrow_vrs(struct fixture *fx)
{
	uint8_t vsds[3 * 4096], narrow[3 * 4096] = { 0 };

	fx_mkudffs(fx, "hd", "2.01", 4096, 3000, NULL);
	fx_read(fx, 8, 3, vsds);
	for (unsigned i = 0; i < 3; i++)
		memcpy(narrow + i * 2048, vsds + i * 4096, 2048);
	fx_write(fx, 8, 3, narrow);
}

static inline void assert_label(const struct fixture *fx, const char *label)
{
	char text[260];

	assert_int_equal(udf_dstring_to_utf8(fx->vol->lvd.logical_volume_id, 128, text, sizeof(text)), UDF_OK);
	assert_string_equal(text, label);
}

/* Set a field in both copies of a volume descriptor. */
static inline void set_both16(struct fixture *fx, uint32_t main_lsn, uint32_t at, uint16_t value)
{
	fx_set16(fx, main_lsn, at, value);
	fx_set16(fx, RESERVE_VDS + (main_lsn - MAIN_VDS), at, value);
}

static inline void set_both32(struct fixture *fx, uint32_t main_lsn, uint32_t at, uint32_t value)
{
	fx_set32(fx, main_lsn, at, value);
	fx_set32(fx, RESERVE_VDS + (main_lsn - MAIN_VDS), at, value);
}

/* Put a copy of a main descriptor after the last one, with a change, in both sequences. */
static inline void append(struct fixture *fx, uint32_t from, uint32_t at, uint32_t value)
{
	uint32_t bases[] = { MAIN_VDS, RESERVE_VDS };
	uint8_t block[2048];
	unsigned i;

	for (i = 0; i < 2; i++) {
		fx_read(fx, bases[i] + 5, 1, block);
		put_le32(block + 12, bases[i] + 6);
		udf_tag_reseal(block);
		fx_write(fx, bases[i] + 6, 1, block);
		fx_read(fx, bases[i] + (from - MAIN_VDS), 1, block);
		put_le32(block + 12, bases[i] + 5);
		put_le32(block + at, value);
		udf_tag_reseal(block);
		fx_write(fx, bases[i] + 5, 1, block);
	}
}

/* Put a copy of the descriptor at FROM to TO with another sequence number. */
static inline void copy_desc(struct fixture *fx, uint64_t from, uint64_t to, uint32_t number)
{
	uint8_t block[2048];

	fx_read(fx, from, 1, block);
	put_le32(block + 12, (uint32_t)to);
	put_le32(block + 16, number);
	udf_tag_reseal(block);
	fx_write(fx, to, 1, block);
}

#endif
