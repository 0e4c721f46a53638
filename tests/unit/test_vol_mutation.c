/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every field of every volume descriptor, through the field tables, gets values that an attacker would
 * choose, with CRC and checksum made right again: the volume opens or is refused, with and without a
 * sink, after a bounded number of reads; and what opened can be used.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "ecma/codec.h"
#include "ecma/layout.h"
#include "vol/extent_map.h"
#include "vol_fixture.h"

#define SEED 20260921u
/* The longest chains that lib/vol follows, and room; the bound is what keeps an opening short. */
#define MAX_READS 250000u
#define N_RANDOM 2u		/* random values a field, besides the chosen ones */
#define FRAME_BYTES (65536u + 32768u)	/* a block, and what a CRC of it may cover */

/* A layer that counts what is read. */
struct counter {
	struct bio bio;		/* first */
	struct bio *below;
	uint64_t n_reads;
	bool moves_packets;		/* takes the sparing table */
	struct bio_remap remap;
	struct bio_spare spares[64];
};

static struct counter *counter_of(struct bio *bio)
{
	return (struct counter *)(void *)bio;
}

static enum udf_err count_read(struct bio *bio, uint64_t at, uint32_t n_blocks, void *ret_data)
{
	counter_of(bio)->n_reads++;
	return bio_read(counter_of(bio)->below, at, n_blocks, ret_data);
}

static enum udf_err count_write(struct bio *bio, uint64_t at, uint32_t n_blocks, const void *data)
{
	return bio_write(counter_of(bio)->below, at, n_blocks, data);
}

static enum udf_err count_set_remap(struct bio *bio, const struct bio_remap *remap)
{
	struct counter *c = counter_of(bio);

	if (!c->moves_packets)
		return UDF_E_UNSUPPORTED;
	memset(&c->remap, 0, sizeof(c->remap));
	if (!remap || remap->n_spares > sizeof(c->spares) / sizeof(c->spares[0]))
		return remap ? UDF_E_UNSUPPORTED : UDF_OK;
	c->remap = *remap;
	memcpy(c->spares, remap->spares, remap->n_spares * sizeof(c->spares[0]));
	c->remap.spares = c->spares;
	return UDF_OK;
}

static const struct bio_ops count_ops = {
	.read = count_read, .write = count_write, .set_remap = count_set_remap,
};

struct target {
	struct fixture fx;
	uint32_t random;		/* xorshift state */
	unsigned n_cases, n_opened, n_refused, n_moved;
	uint64_t most_reads;
	const char *descriptor;		/* under work, for the message */
};

static uint32_t next_random(struct target *t)
{
	t->random ^= t->random << 13;
	t->random ^= t->random >> 17;
	t->random ^= t->random << 5;
	return t->random;
}

/* Everything that a driver or checker does with what it found, short of the files. */
static void use(struct udf_vol *vol)
{
	uint8_t *block = malloc(vol->block_bytes);
	struct udf_extent_map map;
	struct udf_lb_addr root = vol->fsd.root_icb.addr;
	uint64_t lsn;
	uint32_t n;
	unsigned i;

	assert_non_null(block);
	(void)udf_vol_why_read_only(vol);
	(void)udf_vol_is_ours(vol);
	for (i = 0; i < vol->n_parts; i++)
		if (!udf_vol_map(vol, (uint16_t)i, vol->parts[i].n_blocks - 1, 5, &lsn, &n))
			(void)udf_vol_read(vol, (uint16_t)i, vol->parts[i].n_blocks - 1, 1, block);
	if (!udf_vol_read(vol, root.part_ref, root.lbn, 1, block) &&
	    !udf_extent_map_read(vol, block, root, NULL, &map)) {
		(void)udf_extent_map_pread(vol, &map, block, 0, map.body_bytes < 4096 ? (size_t)map.body_bytes : 1,
					   (uint8_t[4096]){ 0 });
		udf_extent_map_done(&map);
	}
	(void)udf_vol_mark_open(vol, vol->lvid.next_unique_id, 16, &(uint64_t){ 0 });
	free(block);
}

/* Let a packet move to a spare one, if there is one; it is found again. */
static void move_packet(struct target *t, struct counter *c, struct udf_vol *vol)
{
	size_t i, n_moved = vol->sparing->n_moved;
	struct udf_vol *again = NULL;

	if (!c->remap.store)
		return;
	for (i = 0; i < c->remap.n_spares && c->spares[i].state != BIO_SPARE_FREE; i++)
		;
	if (i == c->remap.n_spares)
		return;
	c->spares[i].state = BIO_SPARE_USED;
	c->spares[i].original = c->remap.first + c->remap.n_blocks - c->remap.n_blocks % c->remap.packet_blocks -
				c->remap.packet_blocks;
	if (c->remap.n_blocks < c->remap.packet_blocks ||
	    c->remap.store(c->remap.ctx, c->below, c->spares, c->remap.n_spares))
		return;
	t->n_moved++;
	assert_int_equal(udf_vol_open(c->below, NULL, &t->fx.env, NULL, &again), UDF_OK);
	assert_null(again->sparing->why_read_only);
	assert_int_equal(again->sparing->n_moved, n_moved + 1);
	udf_vol_close(again);
}

/* Open the volume as it is now, in all four ways. */
static void try_open(struct target *t, const char *field)
{
	const struct udf_vol_options partial = { .allow_partial = true };
	struct counter counter = { .bio = { .ops = &count_ops, .geometry = t->fx.bio->geometry } };
	unsigned way;

	for (way = 0; way < 4; way++) {
		struct udf_vol *vol = NULL;
		struct bio *overlay;
		enum udf_err err;

		assert_int_equal(bio_overlay_new(t->fx.bio, false, &overlay), UDF_OK);
		counter.below = overlay;
		counter.n_reads = 0;
		counter.moves_packets = way == 3;
		err = udf_vol_open(&counter.bio, way == 2 ? &partial : NULL, &t->fx.env,
				   way == 1 ? &t->fx.findings.sink : NULL, &vol);
		if (err == UDF_OK)
			use(vol);
		if (err == UDF_OK && way == 3 && vol->sparing)
			move_packet(t, &counter, vol);
		t->n_cases++;
		t->n_opened += err == UDF_OK;
		t->n_refused += err != UDF_OK;
		if (counter.n_reads > t->most_reads)
			t->most_reads = counter.n_reads;
		if (counter.n_reads > MAX_READS)
			fail_msg("%s %s: %llu reads", t->descriptor, field, (unsigned long long)counter.n_reads);
		/* A refusal is one of those that the contract names. */
		if (err && err != UDF_E_CORRUPT && err != UDF_E_NOT_UDF && err != UDF_E_UNSUPPORTED)
			fail_msg("%s %s: %s", t->descriptor, field, udf_strerror(err));
		udf_vol_close(vol);
		bio_close(overlay);
	}
	t->fx.findings.text[0] = 0;
}

/* Write the block at LSN with BYTES at AT, sealed anew. */
static void put_field(struct target *t, uint64_t lsn, const uint8_t *original, uint32_t at,
		      const uint8_t *bytes, size_t n_bytes)
{
	static uint8_t frame[FRAME_BYTES];

	memset(frame, 0, sizeof(frame));
	memcpy(frame, original, t->fx.block_bytes);
	memcpy(frame + at, bytes, n_bytes);
	udf_tag_reseal(frame);
	fx_write(&t->fx, lsn, 1, frame);
}

/* The value number CHOICE of a field; false after the last one. */
static bool choose(struct target *t, unsigned choice, const uint8_t *was, size_t n_bytes, uint8_t *ret)
{
	static const uint8_t patterns[] = { 0x00, 0xFF, 0x7F, 0x80, 0x01 };
	size_t i;

	memcpy(ret, was, n_bytes);
	switch (choice) {
	case 0:			/* patterns: zero, all ones, borders of the sign, one */
	case 1:
		memset(ret, patterns[choice], n_bytes);
		return true;
	case 2:
		memset(ret, 0xFF, n_bytes);
		ret[n_bytes - 1] = patterns[choice];
		return true;
	case 3:
		memset(ret, 0, n_bytes);
		ret[n_bytes - 1] = patterns[choice];
		return true;
	case 4:
		memset(ret, 0, n_bytes);
		ret[0] = patterns[choice];
		return true;
	case 5:			/* one more, one less, twice */
		for (i = 0; i < n_bytes && ++ret[i] == 0; i++)
			;
		return true;
	case 6:
		for (i = 0; i < n_bytes && ret[i]-- == 0; i++)
			;
		return true;
	case 7:
		for (i = n_bytes; i-- > 0;)
			ret[i] = (uint8_t)(ret[i] << 1 | (i > 0 ? ret[i - 1] >> 7 : 0));
		return true;
	default:
		for (i = 0; i < n_bytes; i++)
			ret[i] = (uint8_t)next_random(t);
		return choice < 8 + N_RANDOM;
	}
}

/* Where a descriptor and its copy lie; 0: no copy. */
struct spot {
	uint64_t lsn, copy_lsn;
};

static void mutate_field(struct target *t, const struct spot *spot, const uint8_t *block,
			 const uint8_t *copy, const char *name, uint32_t at, size_t n_bytes)
{
	static uint8_t bytes[512];
	unsigned choice;

	for (choice = 0; choose(t, choice, block + at, n_bytes, bytes); choice++) {
		put_field(t, spot->lsn, block, at, bytes, n_bytes);
		if (copy)
			put_field(t, spot->copy_lsn, copy, at, bytes, n_bytes);
		try_open(t, name);
	}
	fx_write(&t->fx, spot->lsn, 1, block);
	if (copy)
		fx_write(&t->fx, spot->copy_lsn, 1, copy);
}

/* As deep as the tables are. */
static void mutate_rows(struct target *t, const struct spot *spot, const uint8_t *block,
			const uint8_t *copy, const struct udf_layout *layout, uint32_t at)
{
	unsigned i;

	for (i = 0; i < layout->n_rows; i++) {
		const struct udf_row *row = &layout->rows[i];

		if (row->kind == UDF_ROW_STRUCT)
			mutate_rows(t, spot, block, copy, row->sub, at + row->at);
		else
			mutate_field(t, spot, block, copy, row->name, at + row->at, row->n_bytes);
	}
}

/* The descriptor at LSN in both its copies, or (COPY_LSN 0) alone. */
static void mutate(struct target *t, const char *name, uint64_t lsn, uint64_t copy_lsn)
{
	const struct spot spot = { lsn, copy_lsn };
	uint8_t *block = malloc(t->fx.block_bytes), *copy = NULL;
	const struct udf_layout *layout;

	assert_non_null(block);
	fx_read(&t->fx, lsn, 1, block);
	if (copy_lsn) {
		copy = malloc(t->fx.block_bytes);
		assert_non_null(copy);
		fx_read(&t->fx, copy_lsn, 1, copy);
	}
	t->descriptor = name;
	layout = udf_layout_by_tag(get_le16(block));
	assert_non_null(layout);
	mutate_rows(t, &spot, block, copy, layout, 0);
	if (get_le16(block) == UDF_TAG_LVD && block[UDF_LVD_FIXED_BYTES] == 1)		/* the map after it */
		mutate_rows(t, &spot, block, copy, &udf_layout_partition_map1, UDF_LVD_FIXED_BYTES);
	if (get_le16(block) == UDF_TAG_LVD && block[UDF_LVD_FIXED_BYTES] == 2) {
		mutate_rows(t, &spot, block, copy, &udf_layout_partition_map2, UDF_LVD_FIXED_BYTES);
		mutate_rows(t, &spot, block, copy, &udf_layout_sparable_map, UDF_LVD_FIXED_BYTES + 40);
	}
	if (layout == &udf_layout_sparing_table)
		for (unsigned i = 0; i < 4; i++)
			mutate_rows(t, &spot, block, copy, &udf_layout_sparing_entry,
				    UDF_SPARING_FIXED_BYTES + i * UDF_SPARING_ENTRY_BYTES);
	if (get_le16(block) == UDF_TAG_USD)
		mutate_rows(t, &spot, block, copy, &udf_layout_extent_ad, UDF_USD_FIXED_BYTES);
	if (get_le16(block) == UDF_TAG_LVID)		/* tables and implementation use of one partition */
		mutate_rows(t, &spot, block, copy, &udf_layout_lvid_impl, UDF_LVID_FIXED_BYTES + 8);
	free(copy);
	free(block);
}

static void begin(struct target *t, uint32_t block_bytes)
{
	memset(t, 0, sizeof(*t));
	t->random = SEED;
	fx_mkudffs(&t->fx, "hd", "2.01", block_bytes, 3000, NULL);
	assert_int_equal(fx_open(&t->fx), UDF_OK);
	print_message("seed %u\n", t->random);
}

static void end(struct target *t)
{
	print_message("%u openings, %u refused, at most %llu reads\n", t->n_cases, t->n_refused,
		      (unsigned long long)t->most_reads);
	/* else the fields were not those that are read */
	assert_true(t->n_opened > 0);
	assert_true(t->n_refused > 0);
	fx_done(&t->fx);
}

static void mutating_any_field_of_an_anchor_is_survived(void **state)
{
	struct target t;

	(void)state;
	begin(&t, 2048);
	fx_zero(&t.fx, 2999, 1);	/* so that the one at 256 is the only one */
	mutate(&t, "AVDP", 256, 0);
	end(&t);
}

static void mutating_any_field_of_both_descriptor_sequences_is_survived(void **state)
{
	static const struct { uint16_t id; const char *name; } kinds[] = {
		{ UDF_TAG_PVD, "PVD" }, { UDF_TAG_LVD, "LVD" }, { UDF_TAG_PD, "PD" },
		{ UDF_TAG_USD, "USD" }, { UDF_TAG_IUVD, "IUVD" }, { UDF_TAG_TD, "TD" },
	};
	struct target t;
	unsigned i;

	(void)state;
	begin(&t, 2048);
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		mutate(&t, kinds[i].name, fx_find(&t.fx, t.fx.vol->anchor.main_vds.lsn, kinds[i].id),
		       fx_find(&t.fx, t.fx.vol->anchor.reserve_vds.lsn, kinds[i].id));
	end(&t);
}

static void mutating_any_field_of_the_integrity_descriptor_is_survived(void **state)
{
	struct target t;

	(void)state;
	begin(&t, 512);
	t.n_refused++;		/* without one the volume opens all the same */
	mutate(&t, "LVID", t.fx.vol->lvid_lsn, 0);
	end(&t);
}

static void mutating_any_field_of_the_file_set_and_the_root_is_survived(void **state)
{
	struct target t;
	uint64_t lsn;

	(void)state;
	begin(&t, 2048);
	lsn = t.fx.vol->parts[0].start_lsn;
	mutate(&t, "FSD", lsn + t.fx.vol->fsd_at.lbn, 0);
	mutate(&t, "EFE", lsn + t.fx.vol->fsd.root_icb.addr.lbn, 0);
	end(&t);
}

/* Both copies at once, and one of them beside a good one; the first two packets have moved. */
static void mutating_any_field_of_a_sparing_table_is_survived(void **state)
{
	static const uint32_t tables[] = { 160, 5984 };
	struct target t = { .random = SEED };
	unsigned i;

	(void)state;
	fx_mkudffs(&t.fx, "cdrw", "2.01", 2048, 6000, "--sparspace=256");
	for (i = 0; i < 2; i++) {
		fx_set32(&t.fx, tables[i], 56, 640);
		fx_set32(&t.fx, tables[i], 64, 1280);
	}
	assert_int_equal(fx_open(&t.fx), UDF_OK);
	assert_int_equal(t.fx.vol->sparing->n_moved, 2);
	mutate(&t, "LVD", fx_find(&t.fx, t.fx.vol->anchor.main_vds.lsn, UDF_TAG_LVD),
	       fx_find(&t.fx, t.fx.vol->anchor.reserve_vds.lsn, UDF_TAG_LVD));
	mutate(&t, "PD", fx_find(&t.fx, t.fx.vol->anchor.main_vds.lsn, UDF_TAG_PD),
	       fx_find(&t.fx, t.fx.vol->anchor.reserve_vds.lsn, UDF_TAG_PD));
	mutate(&t, "sparing tables", tables[0], tables[1]);
	mutate(&t, "first sparing table", tables[0], 0);
	mutate(&t, "second sparing table", tables[1], 0);
	print_message("%u packets moved\n", t.n_moved);
	assert_true(t.n_moved > 100);
	end(&t);
}

/* A pointer to the next extent, in the place of the last descriptor of each sequence. */
static void mutating_any_field_of_a_sequence_pointer_is_survived(void **state)
{
	struct udf_vdp vdp = { .sequence_number = 7, .next_vds = { 16 * 2048, 140 } };
	uint8_t block[2048] = { 0 };
	struct target t;
	uint64_t lsn;

	(void)state;
	begin(&t, 2048);
	lsn = fx_find(&t.fx, t.fx.vol->anchor.main_vds.lsn, UDF_TAG_TD);
	udf_vdp_encode(&vdp, block);
	udf_tag_seal(block, UDF_TAG_VDP, 3, 1, (uint32_t)lsn, 496);
	fx_write(&t.fx, lsn, 1, block);
	t.n_refused++;		/* the reserve sequence serves */
	mutate(&t, "VDP", lsn, 0);
	end(&t);
}

/* Whole blocks of noise, and every truncation at a structure's border. */
static void noise_and_truncation_are_survived(void **state)
{
	struct target t;
	uint8_t block[2048];
	uint32_t lsn, i, round;

	(void)state;
	begin(&t, 2048);
	t.descriptor = "noise";
	for (round = 0; round < 300; round++) {
		uint8_t original[2048];

		lsn = (round % 2 ? 96 : 2983) + next_random(&t) % 6;
		if (round % 7 == 0)
			lsn = 256 + next_random(&t) % 5;
		fx_read(&t.fx, lsn, 1, original);
		memcpy(block, original, sizeof(block));
		for (i = 0; i < 1 + round % 16; i++)
			block[next_random(&t) % 512] = (uint8_t)next_random(&t);
		put_le16(block + 10, get_le16(block + 10) % 2032);
		udf_tag_reseal(block);
		fx_write(&t.fx, lsn, 1, block);
		try_open(&t, "block");
		if (round % 3)
			fx_write(&t.fx, lsn, 1, original);
	}
	end(&t);
	begin(&t, 2048);
	t.descriptor = "truncated";
	for (lsn = 1; lsn < 3000; lsn += lsn < 300 ? 1 : 97) {
		t.fx.bio->geometry.n_blocks = (uint64_t)lsn * 4;
		try_open(&t, "device");
	}
	end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mutating_any_field_of_an_anchor_is_survived),
		cmocka_unit_test(mutating_any_field_of_both_descriptor_sequences_is_survived),
		cmocka_unit_test(mutating_any_field_of_the_integrity_descriptor_is_survived),
		cmocka_unit_test(mutating_any_field_of_the_file_set_and_the_root_is_survived),
		cmocka_unit_test(mutating_any_field_of_a_sparing_table_is_survived),
		cmocka_unit_test(mutating_any_field_of_a_sequence_pointer_is_survived),
		cmocka_unit_test(noise_and_truncation_are_survived),
	};

	fx_need(FX_MKUDFFS);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
