/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole stack (packet cache, spare packets, drive bio) over a simulated drive: random work, defects, and the power
 * cut at every packet.  What was flushed is there.
 *
 * Only the packet in flight may be lost, and only if something in it was written since the last flush.  The same holds
 * for a packet that the medium could no longer write, before it has moved.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mmc/format.h"
#include "pkt/cache.h"
#include "pkt/drive.h"
#include "pkt/spare.h"
#include "sim_fixture.h"

#define BLOCK 2048u
#define MAX_UNIT 32u
#define N_BLOCKS 384u
#define SPARES_AT 4096u
#define N_SPARES 6u
#define N_COPIES 2u
static const uint64_t table_at[N_COPIES] = { 8005, 9005 };	/* not at the start of their packets */

static struct drive d;	/* of sim_fixture.h */

static const struct medium {
	const char *name;
	uint32_t unit_blocks;
} dvd_ram = { "dvd-ram-8cm", 16 }, cd_rw = { "cd-rw", 32 };
static const struct medium *medium;

struct session {
	struct bio *bio, *drive;	/* the top and the bottom of the stack */
	uint64_t table_seq;
	uint32_t random;
	/* What a block may hold: the value of the last flush, and those written since. */
	uint8_t newest[N_BLOCKS];
	uint8_t may_hold[N_BLOCKS][256 / 8];
	bool dirty[N_BLOCKS], defective[N_BLOCKS];	/* by packet */
};

struct table {
	char magic[8];
	uint64_t seq;
	struct bio_spare spares[N_SPARES];
};

static const char magic[8] = "spares";

/* ---- the table of spares, in two copies ---- */

static enum udf_err store(void *ctx, struct bio *direct, const struct bio_spare *spares, size_t n_spares)
{
	struct session *s = ctx;
	uint8_t block[BLOCK] = { 0 };
	struct table table = { .seq = ++s->table_seq };
	unsigned n_good = 0;

	assert_int_equal(n_spares, N_SPARES);
	memcpy(table.magic, magic, sizeof(magic));
	memcpy(table.spares, spares, sizeof(table.spares));
	memcpy(block, &table, sizeof(table));
	for (unsigned i = 0; i < N_COPIES; i++)
		if (!bio_write(direct, table_at[i], 1, block) && !bio_flush(direct))
			n_good++;
	return n_good ? UDF_OK : UDF_E_IO;
}

/* Only the table's own block of its packets is in use. */
static bool is_free(void *ctx, uint64_t at, uint32_t n_blocks, enum bio_free_when when)
{
	(void)ctx;
	for (unsigned i = 0; i < N_COPIES; i++)
		if (at / medium->unit_blocks == table_at[i] / medium->unit_blocks)
			return when != BIO_FREE_UNREAD && n_blocks == 1 && at != table_at[i];
	return false;
}

static void read_table(struct session *s, struct bio_spare *ret_spares)
{
	uint8_t block[BLOCK];
	struct table table;

	s->table_seq = 0;
	for (uint32_t i = 0; i < N_SPARES; i++)
		ret_spares[i] = (struct bio_spare){ 0, SPARES_AT + i * medium->unit_blocks, BIO_SPARE_FREE };
	for (unsigned i = 0; i < N_COPIES; i++) {
		if (bio_read(s->bio, table_at[i], 1, block))
			continue;
		memcpy(&table, block, sizeof(table));
		if (memcmp(table.magic, magic, sizeof(magic)) == 0 && table.seq > s->table_seq) {
			s->table_seq = table.seq;
			memcpy(ret_spares, table.spares, sizeof(table.spares));
		}
	}
}

/* ---- a session: from the opening to the cut ---- */

static struct mmc_drive *open_drive(void)
{
	struct mmc_transport *transport = NULL;
	struct mmc_drive *mmc = NULL;
	struct mmc_failure failure;

	drive_wait(&d);
	SIM_OK(sim_transport_new(d.sim, false, &transport));
	if (mmc_drive_open(transport, NULL, NULL, &mmc, &failure))
		fail_msg("%s", failure.text);
	return mmc;
}

static void start_disc(void)
{
	const struct mmc_format_options options = { .how = MMC_HOW_FULL, .n_blocks = 10240 };
	struct mmc_drive *mmc;

	drive_start(&d, medium->name, NULL);
	if (medium == &dvd_ram)
		return;
	mmc = open_drive();
	if (mmc_format(mmc, &options))
		fail_msg("%s", mmc_drive_failure(mmc)->text);
	mmc_drive_close(mmc);
}

/* A DVD-RAM drive would replace bad packets by itself (AWRE). */
static void report_errors(void)
{
	static const char no_awre[] = "00 00 00 00 00 00 00 00 01 0A 40 10 00 00 00 00 08 00 00 00";

	if (medium == &dvd_ram)
		assert_int_equal(drive_out_hex(&d, "55 10 00 00 00 00 00 00 14 00", no_awre), 0);
}

static void open_stack(struct session *s, size_t n_cached, bool no_thread)
{
	const struct pkt_cache_options options = { .cache_bytes = n_cached * medium->unit_blocks * BLOCK,
						   .no_thread = no_thread };
	struct bio_spare spares[N_SPARES];
	struct bio_remap remap = { .n_blocks = N_BLOCKS, .packet_blocks = medium->unit_blocks, .spares = spares,
				   .n_spares = N_SPARES, .store = store, .ctx = s };

	SIM_OK(pkt_drive_new(open_drive(), false, &s->drive));
	report_errors();
	SIM_OK(pkt_spare_new(s->drive, &s->bio));
	SIM_OK(pkt_cache_new(s->bio, &options, &s->bio));
	SIM_OK(bio_set_free_query(s->bio, is_free, NULL));
	read_table(s, spares);
	SIM_OK(bio_set_remap(s->bio, &remap));
}

static uint32_t next_random(struct session *s)
{
	s->random = s->random * 1664525u + 1013904223u;
	return s->random >> 8;
}

static void only_newest(struct session *s)
{
	memset(s->dirty, 0, sizeof(s->dirty));
	memset(s->may_hold, 0, sizeof(s->may_hold));
	for (uint32_t i = 0; i < N_BLOCKS; i++)
		s->may_hold[i][s->newest[i] / 8] |= (uint8_t)(1 << s->newest[i] % 8);
}

static enum udf_err write_some(struct session *s)
{
	static uint8_t data[40 * BLOCK];
	uint32_t at = next_random(s) % N_BLOCKS, n = 1 + next_random(s) % (next_random(s) % 3 ? 4 : 40);
	uint8_t byte = (uint8_t)(1 + next_random(s) % 255);

	n = at + n > N_BLOCKS ? N_BLOCKS - at : n;
	memset(data, byte, n * BLOCK);
	for (uint32_t i = at; i < at + n; i++) {	/* even if it fails */
		s->may_hold[i][byte / 8] |= (uint8_t)(1 << byte % 8);
		s->dirty[i / medium->unit_blocks] = true;
	}
	if (bio_write(s->bio, at, n, data))
		return UDF_E_IO;
	memset(s->newest + at, byte, n);
	return UDF_OK;
}

static enum udf_err read_some(struct session *s)
{
	static uint8_t data[40 * BLOCK];
	uint32_t at = next_random(s) % N_BLOCKS, n = 1 + next_random(s) % 40;

	n = at + n > N_BLOCKS ? N_BLOCKS - at : n;
	if (bio_read(s->bio, at, n, data))
		return UDF_E_IO;
	for (uint32_t i = 0; i < n * BLOCK; i += BLOCK - 1)
		assert_int_equal(data[i], s->newest[at + i / BLOCK]);
	return UDF_OK;
}

static enum udf_err flush(struct session *s)
{
	enum udf_err err = bio_flush(s->bio);

	if (!err)
		only_newest(s);
	return err;
}

static void make_defect(struct session *s)
{
	uint32_t packet = next_random(s) % N_BLOCKS / medium->unit_blocks;

	pkt_held_take(pkt_drive_held(s->drive));
	SIM_OK(sim_set_defect(d.sim, packet * medium->unit_blocks, SIM_DEFECT_WRITE, SIM_DEFECT_FOR_GOOD));
	pkt_held_give_back(pkt_drive_held(s->drive));
	s->defective[packet] = true;
}

static bool is_powered(struct session *s)
{
	bool is;

	pkt_held_take(pkt_drive_held(s->drive));
	is = sim_is_powered(d.sim);
	pkt_held_give_back(pkt_drive_held(s->drive));
	return is;
}

/* Returns false once the power is off. */
static bool work(struct session *s, unsigned n_steps)
{
	for (unsigned i = 0; i < n_steps; i++) {
		uint32_t kind = next_random(s) % 10;
		enum udf_err err = kind < 6 ? write_some(s) : kind < 8 ? read_some(s) : kind < 9 ? flush(s) : UDF_OK;

		if (kind == 9 && next_random(s) % 4 == 0)
			make_defect(s);
		if (!is_powered(s))
			return false;
		assert_int_equal(err, UDF_OK);
	}
	return flush(s) == UDF_OK;
}

/* ---- after the cut ---- */

/* Compare the disc with what it may hold; take over what it does hold, and repair the packet in flight. */
static void look(struct session *s, uint32_t n_may_be_lost)
{
	static uint8_t data[MAX_UNIT * BLOCK];
	uint32_t unit = medium->unit_blocks;

	for (uint32_t packet = 0; packet < N_BLOCKS / unit; packet++) {
		uint32_t first = packet * unit;

		if (bio_read(s->bio, first, unit, data)) {
			if (!s->dirty[packet] || (!s->defective[packet] && n_may_be_lost-- == 0))
				fail_msg("packet %u is lost", packet);
			memset(data, 0, sizeof(data));
			SIM_OK(bio_write(s->bio, first, unit, data));
			memset(s->newest + first, 0, unit);
			continue;
		}
		for (uint32_t i = 0; i < unit; i++) {
			uint8_t byte = data[i * BLOCK];

			if (!(s->may_hold[first + i][byte / 8] >> byte % 8 & 1))
				fail_msg("block %u holds %u, which is neither old nor new", first + i, byte);
			assert_int_equal(data[(i + 1) * BLOCK - 1], byte);
			s->newest[first + i] = byte;
		}
	}
	SIM_OK(bio_flush(s->bio));
	only_newest(s);
}

/* One run: two sessions, the first of which is cut while packet N_CUT is written.  False: no cut came. */
static bool run(uint32_t seed, uint32_t n_cut, bool no_thread)
{
	const struct sim_cut cut = { .n_packets = n_cut, .seed = seed * 1000 + n_cut,
				     .torn = (enum sim_torn)(n_cut % SIM_N_TORN) };
	static struct session s;
	bool was_cut;

	memset(&s, 0, sizeof(s));
	s.random = seed;
	only_newest(&s);
	start_disc();
	open_stack(&s, 4 + seed % 9, no_thread);
	sim_cut_power(d.sim, &cut);
	was_cut = !work(&s, 40);
	bio_close(s.bio);
	sim_cut_power(d.sim, NULL);
	sim_power_on(d.sim);
	open_stack(&s, 8, no_thread);
	look(&s, cut.torn == SIM_TORN_UNREADABLE ? 1 : 0);
	if (!work(&s, 10))
		fail_msg("the second session failed");
	bio_close(s.bio);
	drive_end(&d);
	return was_cut;
}

static void cut_at_each_packet(const struct medium *on, uint32_t first_seed, uint32_t n_seeds, bool no_thread)
{
	uint32_t n_cuts = 0;

	medium = on;
	for (uint32_t seed = first_seed; seed < first_seed + n_seeds; seed++) {
		uint32_t n_cut = 1;

		do
			print_message("seed %u, cut at packet %u\n", seed, n_cut);
		while (run(seed, n_cut++, no_thread));
		n_cuts += n_cut - 2;
	}
	print_message("%u cuts\n", n_cuts);
	assert_true(n_cuts > 10 * n_seeds);
}

static void what_was_flushed_to_a_dvd_ram_survives_a_power_cut_at_any_packet(void **state)
{
	(void)state;
	cut_at_each_packet(&dvd_ram, 1, 2, true);
}

static void what_was_flushed_to_a_cd_rw_survives_a_power_cut_at_any_packet(void **state)
{
	(void)state;
	cut_at_each_packet(&cd_rw, 1, 2, true);
}

/* The thread and the flush write in turns, and either may be the one that meets the error. */
static void what_was_flushed_survives_it_with_the_thread_too(void **state)
{
	(void)state;
	cut_at_each_packet(&cd_rw, 11, 1, false);
	cut_at_each_packet(&dvd_ram, 12, 1, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_flushed_to_a_dvd_ram_survives_a_power_cut_at_any_packet),
		cmocka_unit_test(what_was_flushed_to_a_cd_rw_survives_a_power_cut_at_any_packet),
		cmocka_unit_test(what_was_flushed_survives_it_with_the_thread_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
