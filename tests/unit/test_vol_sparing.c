// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sparable partitions, on volumes that udftools' mkudffs makes for cdrw: packets of 32 blocks, 32 spare ones from
 * sector 288 on, tables at sectors 160 and 5984, the partition at sector 1312.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "ecma/codec.h"
#include "vol_fixture.h"

#define N_BLOCKS 6000u
#define TABLE_1 160u
#define TABLE_2 5984u
#define SPARE 288u
#define PARTITION 1312u
#define PART_BLOCKS 4416u
#define N_SPARES 32u
#define PACKET 32u
#define ENTRIES_AT 56u
#define SEQUENCE_AT 52u
#define RATIO 4u			/* blocks of the bio in a sector */
#define FREE UDF_SPARING_AVAILABLE
#define BAD UDF_SPARING_DEFECTIVE

static void make_cdrw(struct fixture *fx)
{
	fx_mkudffs(fx, "cdrw", "2.01", 2048, N_BLOCKS, NULL);
}

static void set_entry(struct fixture *fx, uint32_t table, uint32_t at, uint32_t original, uint32_t mapped)
{
	fx_set32(fx, table, ENTRIES_AT + at * 8, original);
	fx_set32(fx, table, ENTRIES_AT + at * 8 + 4, mapped);
}

static void set_both(struct fixture *fx, uint32_t at, uint32_t original, uint32_t mapped)
{
	set_entry(fx, TABLE_1, at, original, mapped);
	set_entry(fx, TABLE_2, at, original, mapped);
}

/* What a writer leaves that has moved the packet of block LBN to the first spare one: the old place is destroyed. */
static void move_packet(struct fixture *fx, uint32_t lbn)
{
	uint8_t packet[PACKET * 2048];

	fx_read(fx, PARTITION + lbn, PACKET, packet);
	fx_write(fx, SPARE, PACKET, packet);
	memset(packet, 0xEE, sizeof(packet));
	fx_write(fx, PARTITION + lbn, PACKET, packet);
	set_both(fx, 0, lbn, SPARE);
}

static uint32_t table_word(struct fixture *fx, uint32_t table, uint32_t at)
{
	uint8_t block[2048];

	fx_read(fx, table, 1, block);
	return get_le32(block + at);
}

/* ---- reading ---- */

static void blocks_of_a_moved_packet_are_read_from_the_spare_one(void **state)
{
	struct fixture fx;
	uint64_t lsn = 0;
	uint32_t n = 0, fsd_lbn;

	(void)state;
	make_cdrw(&fx);
	assert_int_equal(fx_open(&fx), UDF_OK);
	fsd_lbn = fx.vol->fsd_at.lbn;
	assert_int_equal(fsd_lbn % PACKET, 0);
	move_packet(&fx, fsd_lbn);
	assert_int_equal(fx_open(&fx), UDF_OK);		/* it reads the file set descriptor and the root */
	assert_int_equal(fx.vol->fsd.tag.id, UDF_TAG_FSD);
	assert_null(udf_vol_why_read_only(fx.vol));
	/* Runs end where a packet has moved, and where it ends. */
	assert_int_equal(udf_vol_map(fx.vol, 0, 3, 1000, &lsn, &n), UDF_OK);
	assert_int_equal(lsn, PARTITION + 3);
	assert_int_equal(n, fsd_lbn - 3);
	assert_int_equal(udf_vol_map(fx.vol, 0, fsd_lbn + 5, 1000, &lsn, &n), UDF_OK);
	assert_int_equal(lsn, SPARE + 5);
	assert_int_equal(n, PACKET - 5);
	assert_int_equal(udf_vol_map(fx.vol, 0, fsd_lbn + PACKET, 100, &lsn, &n), UDF_OK);
	assert_int_equal(lsn, PARTITION + fsd_lbn + PACKET);
	assert_int_equal(n, 100);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_clean(&fx);
	fx_done(&fx);
}

static void spares_are_told_apart(void **state)
{
	struct udf_spare_counts counts;
	struct fixture fx;

	(void)state;
	make_cdrw(&fx);
	set_both(&fx, 0, 320, SPARE + 5 * PACKET);
	set_both(&fx, 1, 960, SPARE);
	set_both(&fx, 2, BAD, SPARE + PACKET);
	set_both(&fx, 5, FREE, SPARE + 2 * PACKET);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_clean(&fx);
	counts = udf_vol_count_spares(fx.vol->sparing);
	assert_int_equal(counts.n_used, 2);
	assert_int_equal(counts.n_bad, 1);
	assert_int_equal(counts.n_free, N_SPARES - 3);
	fx_done(&fx);
}

static void the_newest_table_that_verifies_prevails(void **state)
{
	struct fixture fx;

	(void)state;
	make_cdrw(&fx);
	set_entry(&fx, TABLE_2, 0, 64, SPARE);
	fx_set32(&fx, TABLE_2, SEQUENCE_AT, 7);
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_int_equal(fx.vol->sparing->sequence_number, 7);
	assert_int_equal(fx.vol->sparing->n_moved, 1);
	assert_null(udf_vol_why_read_only(fx.vol));
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_SPARING_COPIES_DIFFER);

	fx_break(&fx, TABLE_2, 100);
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_int_equal(fx.vol->sparing->sequence_number, 0);
	assert_int_equal(fx.vol->sparing->n_moved, 0);
	assert_null(udf_vol_why_read_only(fx.vol));
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_TAG_CRC);
	fx_done(&fx);
}

static void the_first_change_writes_copies_that_are_stale(void **state)
{
	struct fixture fx;
	uint64_t end_id;

	(void)state;
	make_cdrw(&fx);
	set_entry(&fx, TABLE_2, 0, 640, SPARE);
	fx_set32(&fx, TABLE_2, SEQUENCE_AT, 7);
	fx_break(&fx, TABLE_1, 20);
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_int_equal(table_word(&fx, TABLE_2, SEQUENCE_AT), 7);
	assert_int_equal(udf_vol_mark_open(fx.vol, 16, 16, &end_id), UDF_OK);
	assert_int_equal(table_word(&fx, TABLE_1, SEQUENCE_AT), 8);
	assert_int_equal(table_word(&fx, TABLE_1, ENTRIES_AT), 640);
	assert_int_equal(table_word(&fx, TABLE_2, SEQUENCE_AT), 8);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_LVID_OPEN);
	/* Equal ones are left alone. */
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_int_equal(udf_vol_mark_open(fx.vol, 16, 16, &end_id), UDF_OK);
	assert_int_equal(table_word(&fx, TABLE_1, SEQUENCE_AT), 8);
	fx_done(&fx);
}

static void a_volume_without_a_readable_table_is_read_only(void **state)
{
	struct fixture fx;

	(void)state;
	make_cdrw(&fx);
	fx_zero(&fx, TABLE_1, 1);
	fx_zero(&fx, TABLE_2, 1);
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_string_equal(udf_vol_why_read_only(fx.vol), "no copy of its sparing table can be read");
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_int_equal(fx.findings.n[UDF_P_SPARING_LOST], 1);
	fx_done(&fx);
}

/* ---- tables that lie ---- */

static void damaged_entries_make_the_volume_read_only(void **state)
{
	static const struct { uint32_t original, mapped; enum udf_problem problem; } lies[] = {
		{ 64, N_BLOCKS - PACKET + 1, UDF_P_SPARING_PACKET },	/* past the end */
		{ 64, 0xFFFFFFF0, UDF_P_SPARING_PACKET },
		{ FREE, 0, UDF_P_SPARING_PACKET },			/* the system area */
		{ FREE, 96, UDF_P_SPARING_PACKET },			/* the main sequence */
		{ FREE, 128, UDF_P_SPARING_PACKET },			/* integrity */
		{ FREE, TABLE_1 - PACKET + 1, UDF_P_SPARING_PACKET },
		{ FREE, 256, UDF_P_SPARING_PACKET },			/* an anchor */
		{ FREE, SPARE + PACKET, UDF_P_SPARING_PACKET },		/* another one's */
		{ 64, SPARE + PACKET / 2, UDF_P_SPARING_PACKET },	/* half of it */
		{ 65, SPARE, UDF_P_SPARING_ENTRY },
		{ PART_BLOCKS, SPARE, UDF_P_SPARING_ENTRY },
	};
	unsigned i;

	(void)state;
	for (i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct fixture fx;

		make_cdrw(&fx);
		set_both(&fx, 0, lies[i].original, lies[i].mapped);
		assert_int_equal(fx_open(&fx), UDF_OK);
		assert_string_equal(udf_vol_why_read_only(fx.vol), "its sparing table is damaged");
		assert_int_equal(fx_check(&fx), UDF_OK);
		assert_true(fx.findings.n[lies[i].problem] > 0);
		fx_done(&fx);
	}
}

static void two_spare_packets_for_one_packet_are_not_believed(void **state)
{
	struct fixture fx;

	(void)state;
	make_cdrw(&fx);
	set_both(&fx, 0, 64, SPARE);
	set_both(&fx, 1, 64, SPARE + PACKET);
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_string_equal(udf_vol_why_read_only(fx.vol), "its sparing table is damaged");
	assert_int_equal(fx.vol->sparing->n_moved, 0);
	fx_done(&fx);
}

static void unsorted_tables_are_honoured(void **state)
{
	struct fixture fx;
	uint64_t lsn = 0;
	uint32_t n;

	(void)state;
	make_cdrw(&fx);
	set_both(&fx, 3, 640, SPARE + 3 * PACKET);
	set_both(&fx, 9, 320, SPARE + 9 * PACKET);
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_null(udf_vol_why_read_only(fx.vol));
	assert_int_equal(udf_vol_map(fx.vol, 0, 320, 1, &lsn, &n), UDF_OK);
	assert_int_equal(lsn, SPARE + 9 * PACKET);
	assert_int_equal(udf_vol_map(fx.vol, 0, 671, 1, &lsn, &n), UDF_OK);
	assert_int_equal(lsn, SPARE + 3 * PACKET + 31);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_only(&fx, UDF_P_SPARING_ENTRY);
	fx_done(&fx);
}

static void tables_of_any_length_are_read_in_bounded_memory(void **state)
{
	struct fixture fx;
	uint64_t lvd;

	(void)state;
	make_cdrw(&fx);
	fx_set16(&fx, TABLE_1, 48, 0xFFFF);
	fx_set16(&fx, TABLE_2, 48, 33);		/* one more than the map has room for */
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_string_equal(udf_vol_why_read_only(fx.vol), "no copy of its sparing table can be read");
	/* A map that allows 4 GiB allows no more than what a table can have. */
	for (lvd = fx_find(&fx, 96, UDF_TAG_LVD); lvd; lvd = lvd < 5000 ? fx_find(&fx, 5824, UDF_TAG_LVD) : 0)
		fx_set32(&fx, lvd, 440 + 44, 0xFFFFFFF8);
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_non_null(udf_vol_why_read_only(fx.vol));
	assert_int_equal(fx_check(&fx), UDF_OK);
	fx_done(&fx);
}

/* ---- places ---- */

static void set_map_word(struct fixture *fx, uint32_t at, uint32_t value)
{
	fx_set32(fx, fx_find(fx, 96, UDF_TAG_LVD), 440 + at, value);
	fx_set32(fx, fx_find(fx, 5824, UDF_TAG_LVD), 440 + at, value);
}

static void copy_table(struct fixture *fx, uint32_t to)
{
	uint8_t block[2048];

	fx_read(fx, TABLE_1, 1, block);
	fx_write(fx, to, 1, block);
	fx_set32(fx, to, 12, to);
}

static void places_of_tables_are_checked(void **state)
{
	struct fixture fx;

	(void)state;
	make_cdrw(&fx);
	copy_table(&fx, 192);
	set_map_word(&fx, 52, 192);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_int_equal(fx.findings.n[UDF_P_SPARING_TABLES_NEAR], 1);
	assert_int_equal(fx.findings.n[UDF_P_SPARING_TABLE_PACKET], 0);

	copy_table(&fx, 170);
	set_map_word(&fx, 52, 170);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_int_equal(fx.findings.n[UDF_P_SPARING_TABLE_PACKET], 1);
	fx_done(&fx);
}

static void a_partition_of_broken_packets_is_reported(void **state)
{
	struct fixture fx;

	(void)state;
	make_cdrw(&fx);
	fx_set32(&fx, fx_find(&fx, 96, UDF_TAG_PD), 192, PART_BLOCKS - 8);
	fx_set32(&fx, fx_find(&fx, 5824, UDF_TAG_PD), 192, PART_BLOCKS - 8);
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_int_equal(fx.findings.n[UDF_P_PART_PACKETS], 1);
	fx_done(&fx);
}

/* ---- a bio that can move packets ---- */

struct mover {
	struct bio bio;			/* first */
	struct bio *below;
	bool is_set;
	struct bio_remap remap;
	struct bio_spare spares[N_SPARES];
};

static enum udf_err mover_read(struct bio *bio, uint64_t at, uint32_t n_blocks, void *ret_data)
{
	return bio_read(((struct mover *)(void *)bio)->below, at, n_blocks, ret_data);
}

static enum udf_err mover_write(struct bio *bio, uint64_t at, uint32_t n_blocks, const void *data)
{
	return bio_write(((struct mover *)(void *)bio)->below, at, n_blocks, data);
}

static enum udf_err mover_set_remap(struct bio *bio, const struct bio_remap *remap)
{
	struct mover *m = (struct mover *)(void *)bio;

	m->is_set = remap != NULL;
	if (!remap)
		return UDF_OK;
	assert_true(remap->n_spares <= N_SPARES);
	m->remap = *remap;
	memcpy(m->spares, remap->spares, remap->n_spares * sizeof(m->spares[0]));
	m->remap.spares = m->spares;
	return UDF_OK;
}

static const struct bio_ops mover_ops = {
	.read = mover_read, .write = mover_write, .set_remap = mover_set_remap,
};

static void mover_init(struct mover *m, struct fixture *fx, struct udf_vol **ret_vol)
{
	memset(m, 0, sizeof(*m));
	m->bio.ops = &mover_ops;
	m->bio.geometry = fx->bio->geometry;
	m->below = fx->bio;
	assert_int_equal(udf_vol_open(&m->bio, NULL, &fx->env, NULL, ret_vol), UDF_OK);
}

static struct bio_spare *spare_at(struct mover *m, uint32_t mapped_lsn)
{
	for (size_t i = 0; i < m->remap.n_spares; i++)
		if (m->spares[i].mapped == (uint64_t)mapped_lsn * RATIO)
			return &m->spares[i];
	fail_msg("no spare packet at %u", mapped_lsn);
	return NULL;
}

static void the_bio_is_told_what_has_moved(void **state)
{
	struct udf_vol *vol = NULL;
	struct fixture fx;
	struct mover m;
	uint64_t lsn = 0;
	uint32_t n = 0;

	(void)state;
	make_cdrw(&fx);
	set_both(&fx, 0, 96, SPARE + 4 * PACKET);
	set_both(&fx, 1, BAD, SPARE);
	set_both(&fx, 4, FREE, SPARE + PACKET);
	mover_init(&m, &fx, &vol);
	assert_true(m.is_set);
	assert_int_equal(m.remap.first, PARTITION * RATIO);
	assert_int_equal(m.remap.n_blocks, PART_BLOCKS * RATIO);
	assert_int_equal(m.remap.packet_blocks, PACKET * RATIO);
	assert_int_equal(m.remap.n_spares, N_SPARES);
	assert_non_null(m.remap.store);
	assert_int_equal(spare_at(&m, SPARE + 4 * PACKET)->state, BIO_SPARE_USED);
	assert_int_equal(spare_at(&m, SPARE + 4 * PACKET)->original, (PARTITION + 96) * RATIO);
	assert_int_equal(spare_at(&m, SPARE)->state, BIO_SPARE_BAD);
	assert_int_equal(spare_at(&m, SPARE + PACKET)->state, BIO_SPARE_FREE);
	/* Only one of the two may lead elsewhere. */
	assert_int_equal(udf_vol_map(vol, 0, 96, 1, &lsn, &n), UDF_OK);
	assert_int_equal(lsn, PARTITION + 96);
	udf_vol_close(vol);
	assert_false(m.is_set);
	fx_done(&fx);
}

static void no_packet_may_move_where_the_table_is_damaged(void **state)
{
	struct udf_vol *vol = NULL;
	struct fixture fx;
	struct mover m;

	(void)state;
	make_cdrw(&fx);
	set_both(&fx, 0, 96, SPARE);
	set_both(&fx, 1, FREE, 96);
	mover_init(&m, &fx, &vol);
	assert_null(m.remap.store);
	assert_int_equal(m.remap.n_spares, N_SPARES - 1);
	assert_int_equal(spare_at(&m, SPARE)->state, BIO_SPARE_USED);
	udf_vol_close(vol);
	fx_done(&fx);
}

static void moved_packets_are_stored_sorted_in_every_copy(void **state)
{
	const struct bio_event *events;
	struct udf_vol *vol = NULL;
	struct bio *fault = NULL;
	struct fixture fx;
	struct mover m;
	size_t n_events = 0;

	(void)state;
	make_cdrw(&fx);
	set_both(&fx, 0, 640, SPARE);
	mover_init(&m, &fx, &vol);
	assert_int_equal(bio_fault_new(fx.bio, &fault), UDF_OK);
	bio_fault_record(fault, true);
	spare_at(&m, SPARE + 3 * PACKET)->state = BIO_SPARE_USED;
	spare_at(&m, SPARE + 3 * PACKET)->original = (PARTITION + 64) * RATIO;
	spare_at(&m, SPARE + 2 * PACKET)->state = BIO_SPARE_BAD;
	assert_int_equal(m.remap.store(m.remap.ctx, fault, m.spares, m.remap.n_spares), UDF_OK);
	/* Copy by copy, each durable before the next one is touched. */
	bio_fault_log(fault, &events, &n_events);
	assert_int_equal(n_events, 4);
	assert_int_equal(events[0].kind, BIO_EVENT_WRITE);
	assert_int_equal(events[0].at, TABLE_1 * RATIO);
	assert_int_equal(events[1].kind, BIO_EVENT_FLUSH);
	assert_int_equal(events[2].at, TABLE_2 * RATIO);
	assert_int_equal(events[3].kind, BIO_EVENT_FLUSH);
	udf_vol_close(vol);
	fx.bio = fault;
	assert_int_equal(fx_check(&fx), UDF_OK);
	assert_clean(&fx);
	for (unsigned i = 0; i < 2; i++) {
		uint32_t table = i ? TABLE_2 : TABLE_1;

		assert_int_equal(table_word(&fx, table, SEQUENCE_AT), 1);
		assert_int_equal(table_word(&fx, table, ENTRIES_AT), 64);
		assert_int_equal(table_word(&fx, table, ENTRIES_AT + 4), SPARE + 3 * PACKET);
		assert_int_equal(table_word(&fx, table, ENTRIES_AT + 8), 640);
		assert_int_equal(table_word(&fx, table, ENTRIES_AT + 12), SPARE);
		assert_int_equal(table_word(&fx, table, ENTRIES_AT + 16), BAD);
		assert_int_equal(table_word(&fx, table, ENTRIES_AT + 20), SPARE + 2 * PACKET);
		assert_int_equal(table_word(&fx, table, ENTRIES_AT + 24), FREE);
	}
	fx_done(&fx);
}

static void one_copy_that_can_be_written_is_enough(void **state)
{
	struct udf_vol *vol = NULL;
	struct bio *fault = NULL;
	struct fixture fx;
	struct mover m;

	(void)state;
	make_cdrw(&fx);
	mover_init(&m, &fx, &vol);
	assert_int_equal(bio_fault_new(fx.bio, &fault), UDF_OK);
	fx.bio = fault;
	assert_int_equal(bio_fault_bad_block(fault, TABLE_1 * RATIO, false, true), UDF_OK);
	spare_at(&m, SPARE)->state = BIO_SPARE_USED;
	spare_at(&m, SPARE)->original = (PARTITION + 640) * RATIO;
	assert_int_equal(m.remap.store(m.remap.ctx, fault, m.spares, m.remap.n_spares), UDF_OK);
	assert_int_equal(bio_fault_bad_block(fault, TABLE_2 * RATIO, false, true), UDF_OK);
	assert_int_equal(m.remap.store(m.remap.ctx, fault, m.spares, m.remap.n_spares), UDF_E_MEDIUM);
	udf_vol_close(vol);
	assert_int_equal(fx_open(&fx), UDF_OK);
	assert_int_equal(fx.vol->sparing->n_moved, 1);
	assert_null(udf_vol_why_read_only(fx.vol));
	fx_done(&fx);
}

/* udftools' second table shares a packet with the last anchor. */
static void tables_are_written_in_whole_packets_where_the_medium_wants_it(void **state)
{
	const struct bio_event *events;
	struct udf_vol *vol = NULL;
	struct bio *fault = NULL;
	struct fixture fx;
	struct mover m;
	size_t n_events = 0;
	uint8_t anchor[2048], again[2048];

	(void)state;
	make_cdrw(&fx);
	fx_read(&fx, N_BLOCKS - 1, 1, anchor);
	mover_init(&m, &fx, &vol);
	assert_int_equal(bio_fault_new(fx.bio, &fault), UDF_OK);
	fx.bio = fault;
	bio_fault_record(fault, true);
	fault->geometry.write_unit_blocks = PACKET * RATIO;
	assert_int_equal(bio_fault_bad_block(fault, (TABLE_1 + 20) * RATIO, true, false), UDF_OK);
	assert_int_equal(m.remap.store(m.remap.ctx, fault, m.spares, m.remap.n_spares), UDF_OK);
	bio_fault_log(fault, &events, &n_events);
	assert_int_equal(n_events, 4);
	assert_int_equal(events[0].at, TABLE_1 * RATIO);	/* its packet can't be read, and holds nothing else */
	assert_int_equal(events[0].n_blocks, PACKET * RATIO);
	assert_int_equal(events[2].at, TABLE_2 * RATIO);
	assert_int_equal(events[2].n_blocks, (N_BLOCKS - TABLE_2) * RATIO);
	fx_read(&fx, N_BLOCKS - 1, 1, again);
	assert_memory_equal(again, anchor, sizeof(anchor));
	assert_int_equal(table_word(&fx, TABLE_2, SEQUENCE_AT), 1);
	/* Where the anchor can't be read, zeros must not replace it. */
	assert_int_equal(bio_fault_bad_block(fault, (N_BLOCKS - 1) * RATIO, true, false), UDF_OK);
	assert_int_equal(m.remap.store(m.remap.ctx, fault, m.spares, m.remap.n_spares), UDF_OK);
	bio_fault_log(fault, &events, &n_events);
	assert_int_equal(n_events, 6);
	udf_vol_close(vol);
	fx_done(&fx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_of_a_moved_packet_are_read_from_the_spare_one),
		cmocka_unit_test(spares_are_told_apart),
		cmocka_unit_test(the_newest_table_that_verifies_prevails),
		cmocka_unit_test(the_first_change_writes_copies_that_are_stale),
		cmocka_unit_test(a_volume_without_a_readable_table_is_read_only),
		cmocka_unit_test(damaged_entries_make_the_volume_read_only),
		cmocka_unit_test(two_spare_packets_for_one_packet_are_not_believed),
		cmocka_unit_test(unsorted_tables_are_honoured),
		cmocka_unit_test(tables_of_any_length_are_read_in_bounded_memory),
		cmocka_unit_test(places_of_tables_are_checked),
		cmocka_unit_test(a_partition_of_broken_packets_is_reported),
		cmocka_unit_test(the_bio_is_told_what_has_moved),
		cmocka_unit_test(no_packet_may_move_where_the_table_is_damaged),
		cmocka_unit_test(moved_packets_are_stored_sorted_in_every_copy),
		cmocka_unit_test(one_copy_that_can_be_written_is_enough),
		cmocka_unit_test(tables_are_written_in_whole_packets_where_the_medium_wants_it),
	};

	fx_need(FX_MKUDFFS);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
