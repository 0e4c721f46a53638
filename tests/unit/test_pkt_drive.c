/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The drive bio over simulated drives. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pkt/cache.h"
#include "pkt/drive.h"
#include "pkt/spare.h"
#include "sim_fixture.h"

#define BLOCK 2048u
#define UNIT 16u
#define PACKET (UNIT * BLOCK)

static struct drive d;	/* of sim_fixture.h */

static struct mmc_drive *mmc_open(void)
{
	struct mmc_transport *transport = NULL;
	struct mmc_failure failure;
	struct mmc_drive *mmc = NULL;

	SIM_OK(sim_transport_new(d.sim, false, &transport));
	if (mmc_drive_open(transport, NULL, NULL, &mmc, &failure))
		fail_msg("%s", failure.text);
	return mmc;
}

static struct bio *bio_open(void)
{
	struct bio *bio = NULL;

	SIM_OK(pkt_drive_new(mmc_open(), false, &bio));
	return bio;
}

static struct bio *start(const char *quirks)
{
	drive_start(&d, "dvd-ram", quirks);
	return bio_open();
}

static void end(struct bio *bio)
{
	bio_close(bio);
	drive_end(&d);
}

/* The drive no longer replaces bad packets by itself (AWRE off). */
static void report_errors(void)
{
	static const char no_awre[] = "00 00 00 00 00 00 00 00 01 0A 40 10 00 00 00 00 08 00 00 00";

	assert_int_equal(drive_out_hex(&d, "55 10 00 00 00 00 00 00 14 00", no_awre), 0);
}

static void bad_write(uint32_t lba)
{
	SIM_OK(sim_set_defect(d.sim, lba, SIM_DEFECT_WRITE, SIM_DEFECT_FOR_GOOD));
}

static enum udf_err fill(struct bio *bio, uint64_t at, uint32_t n_blocks, uint8_t byte)
{
	static uint8_t data[64 * BLOCK];

	memset(data, byte, n_blocks * BLOCK);
	return bio_write(bio, at, n_blocks, data);
}

static int byte_at(struct bio *bio, uint64_t at)
{
	uint8_t data[BLOCK];

	return bio_read(bio, at, 1, data) ? -1 : data[0];
}

/* What lies in the file of the disc, as any other tool reads it. */
static int in_file(uint64_t at)
{
	FILE *file = fopen(d.path, "r");
	int byte;

	assert_non_null(file);
	assert_int_equal(fseek(file, (long)(at * BLOCK), SEEK_SET), 0);
	byte = fgetc(file);
	fclose(file);
	return byte;
}

/* ---- what it is ---- */

static void geometry_is_that_of_the_disc(void **state)
{
	struct bio *bio = start(NULL);
	struct bio_media_info info;

	(void)state;
	assert_int_equal(bio->geometry.block_bytes, 2048);
	assert_int_equal(bio->geometry.n_blocks, 2236704);
	assert_int_equal(bio->geometry.write_unit_blocks, 16);
	assert_int_equal(bio->geometry.access, BIO_OVERWRITE);
	assert_true(bio->geometry.wears);
	assert_int_equal(bio_media_info(bio, &info), UDF_OK);
	assert_int_equal(info.recorded_end, 2236704);
	assert_int_equal(info.last_session_first, 0);
	assert_int_equal(info.n_tracks, 1);
	assert_int_equal(info.tracks[0].first, 0);
	assert_int_equal(info.tracks[0].session, 1);
	assert_true(info.tracks[0].next_writable == BIO_NO_BLOCK);
	end(bio);
}

static void a_protected_disc_can_only_be_read(void **state)
{
	const struct sim_create_options options = { .media = "dvd-ram", .write_protected = true };
	struct bio *bio;

	(void)state;
	drive_create(&d, &options);
	drive_wait(&d);
	bio = bio_open();
	assert_int_equal(bio->geometry.access, BIO_READ_ONLY);
	assert_int_equal(fill(bio, 0, 16, 1), UDF_E_READ_ONLY);
	assert_int_equal(byte_at(bio, 5), 0);
	end(bio);
}

static void a_drive_without_a_disc_and_an_unformatted_one_are_refused(void **state)
{
	const struct sim_create_options options = { .media = "dvd-ram-2.6", .unformatted = true };
	struct mmc_drive *mmc;
	struct bio *bio = NULL;
	char why[SIM_WHY_BYTES];

	(void)state;
	drive_create(&d, &options);
	mmc = mmc_open();
	assert_int_equal(pkt_drive_new(mmc, false, &bio), UDF_E_UNSUPPORTED);
	SIM_OK(sim_eject(d.sim, false, why));
	SIM_OK(mmc_drive_refresh(mmc));
	assert_int_equal(pkt_drive_new(mmc, false, &bio), UDF_E_NOT_FOUND);
	mmc_drive_close(mmc);
	drive_end(&d);
}

/* No drive should have such a disc, and what a drive says may be wrong. */
static void a_disc_for_whole_units_ends_with_the_last_of_them(void **state)
{
	struct mmc_drive *mmc;
	struct mmc_disc *disc;
	struct bio *bio = NULL;

	(void)state;
	drive_start(&d, "dvd-ram", NULL);
	mmc = mmc_open();
	disc = (struct mmc_disc *)(uintptr_t)mmc_drive_disc(mmc);
	disc->needs_whole_units = true;
	disc->n_blocks = 15;
	assert_int_equal(pkt_drive_new(mmc, false, &bio), UDF_E_UNSUPPORTED);
	disc->n_blocks = 50;
	assert_int_equal(pkt_drive_new(mmc, false, &bio), UDF_OK);
	assert_int_equal(bio->geometry.n_blocks, 48);
	end(bio);
	drive_start(&d, "dvd-ram", NULL);
	mmc = mmc_open();
	disc = (struct mmc_disc *)(uintptr_t)mmc_drive_disc(mmc);
	disc->needs_whole_units = true;
	disc->n_blocks = 50;
	assert_int_equal(pkt_drive_new(mmc, true, &bio), UDF_OK);
	assert_int_equal(bio->geometry.n_blocks, 50);
	end(bio);
}

/* ---- reading and writing ---- */

static void what_is_flushed_is_on_the_disc(void **state)
{
	struct bio *bio = start(NULL);

	(void)state;
	assert_int_equal(fill(bio, 4096, 40, 0xAB), UDF_OK);
	assert_int_equal(byte_at(bio, 4096), 0xAB);
	assert_int_equal(bio_flush(bio), UDF_OK);
	assert_int_equal(in_file(4096), 0xAB);
	assert_int_equal(in_file(4135), 0xAB);
	assert_int_equal(in_file(4136), 0);
	end(bio);
}

static void a_block_that_cannot_be_read_is_a_medium_error(void **state)
{
	struct bio *bio = start(NULL);

	(void)state;
	SIM_OK(sim_set_defect(d.sim, 100, SIM_DEFECT_READ, SIM_DEFECT_FOR_GOOD));
	assert_int_equal(byte_at(bio, 100), -1);
	assert_int_equal(byte_at(bio, 112), 0);
	assert_int_equal(fill(bio, 100, 1, 1), UDF_E_MEDIUM);	/* a part of what can't be read */
	end(bio);
}

/* What was never written is zeros where the drive says that it was not.  A medium error may be a damaged block. */
static void only_what_the_drive_calls_blank_reads_as_zeros(void **state)
{
	static const struct {
		const char *quirk;
		int byte;
	} drives[] = {
		{ "unw=blank", 0 }, { "unw=2100", 0 }, { "unw=6400", 0 }, { "unw=1105", -1 }, { "unw=0200", -1 },
	};
	uint8_t data[4 * BLOCK];
	struct bio *bio;

	(void)state;
	for (size_t i = 0; i < sizeof(drives) / sizeof(drives[0]); i++) {
		bio = start(drives[i].quirk);
		assert_int_equal(fill(bio, 16, 16, 7), UDF_OK);
		assert_int_equal(bio_flush(bio), UDF_OK);
		assert_int_equal(byte_at(bio, 4000), drives[i].byte);
		assert_int_equal(byte_at(bio, 16), 7);
		assert_int_equal(bio_read(bio, 30, 4, data), drives[i].byte ? UDF_E_MEDIUM : UDF_OK);
		if (drives[i].byte == 0) {
			assert_int_equal(data[0], 7);
			assert_int_equal(data[2 * BLOCK], 0);
		}
		SIM_OK(sim_set_defect(d.sim, 16, SIM_DEFECT_READ, SIM_DEFECT_FOR_GOOD));
		assert_int_equal(byte_at(bio, 16), -1);
		end(bio);
	}
}

static void a_drive_that_is_gone_is_an_io_error(void **state)
{
	const struct sim_cut cut = { 0 };
	struct bio *bio = start(NULL);

	(void)state;
	assert_int_equal(fill(bio, 0, 16, 1), UDF_OK);
	sim_cut_power(d.sim, &cut);
	assert_int_equal(bio_flush(bio), UDF_E_IO);
	assert_int_equal(fill(bio, 0, 16, 1), UDF_E_IO);
	assert_int_equal(byte_at(bio, 0), -1);
	end(bio);
}

/* ---- errors that come late ---- */

static void a_unit_that_was_lost_fails_the_flush_and_then_its_own_write(void **state)
{
	struct bio *bio = start(NULL);

	(void)state;
	report_errors();
	bad_write(100);
	assert_int_equal(fill(bio, 80, 16, 1), UDF_OK);
	assert_int_equal(fill(bio, 96, 16, 2), UDF_OK);
	assert_int_equal(fill(bio, 112, 16, 3), UDF_OK);
	assert_int_equal(bio_flush(bio), UDF_E_MEDIUM);
	assert_int_equal(fill(bio, 80, 16, 1), UDF_OK);
	assert_int_equal(fill(bio, 96, 16, 2), UDF_E_MEDIUM);
	assert_int_equal(fill(bio, 112, 16, 3), UDF_OK);
	assert_int_equal(bio_flush(bio), UDF_OK);
	assert_int_equal(in_file(80), 1);
	assert_int_equal(in_file(112), 3);
	end(bio);
}

static void a_write_that_waits_is_not_blamed_for_another(void **state)
{
	struct bio *bio = start(NULL);

	(void)state;
	report_errors();
	bad_write(100);
	assert_int_equal(fill(bio, 96, 16, 1), UDF_OK);
	assert_int_equal(bio_flush(bio), UDF_E_MEDIUM);
	SIM_OK(sim_set_defect(d.sim, 100, SIM_DEFECT_WRITE, 0));
	bad_write(200);
	assert_int_equal(fill(bio, 192, 16, 2), UDF_OK);
	assert_int_equal(fill(bio, 96, 16, 3), UDF_OK);	/* waits, and finds the other lost */
	assert_int_equal(in_file(96), 3);
	assert_int_equal(bio_flush(bio), UDF_E_MEDIUM);
	assert_int_equal(fill(bio, 96, 16, 3), UDF_OK);
	assert_int_equal(fill(bio, 192, 16, 2), UDF_E_MEDIUM);
	assert_int_equal(bio_flush(bio), UDF_OK);
	end(bio);
}

/* The whole stack: the cache writes it again, and the spare layer moves it. */
static enum udf_err store(void *ctx, struct bio *direct, const struct bio_spare *spares, size_t n_spares)
{
	(void)direct;
	assert_int_equal(n_spares, 1);
	*(struct bio_spare *)ctx = spares[0];
	return UDF_OK;
}

static void a_unit_that_was_lost_moves_to_a_spare_one(void **state)
{
	static const struct bio_spare spares[] = { { 0, 8000, BIO_SPARE_FREE } };
	struct bio_spare stored = { 0 };
	struct bio_remap remap = { .n_blocks = 4096, .packet_blocks = UNIT, .spares = spares, .n_spares = 1,
				   .store = store, .ctx = &stored };
	const struct pkt_cache_options options = { .no_thread = true };
	struct bio *bio = start(NULL);

	(void)state;
	SIM_OK(pkt_spare_new(bio, &bio));
	SIM_OK(pkt_cache_new(bio, &options, &bio));
	SIM_OK(bio_set_remap(bio, &remap));
	report_errors();
	bad_write(100);
	for (uint64_t at = 0; at < 320; at++)
		assert_int_equal(fill(bio, at, 1, (uint8_t)at), UDF_OK);
	assert_int_equal(bio_flush(bio), UDF_OK);
	assert_int_equal(stored.state, BIO_SPARE_USED);
	assert_int_equal(stored.original, 96);
	for (uint64_t at = 0; at < 320; at++) {
		assert_int_equal(byte_at(bio, at), (uint8_t)at);
		assert_int_equal(in_file(at >= 96 && at < 112 ? at - 96 + 8000 : at), (uint8_t)at);
	}
	end(bio);
}

static void after_a_reset_the_flush_fails_once(void **state)
{
	struct bio *bio = start(NULL);

	(void)state;
	assert_int_equal(fill(bio, 0, 16, 1), UDF_OK);
	assert_int_equal(fill(bio, 16, 16, 2), UDF_OK);
	sim_power_on(d.sim);	/* it was off for a moment */
	assert_int_equal(fill(bio, 32, 16, 3), UDF_OK);
	assert_int_equal(bio_flush(bio), UDF_E_MEDIUM);
	assert_int_equal(fill(bio, 0, 16, 1), UDF_OK);
	assert_int_equal(fill(bio, 16, 16, 2), UDF_OK);
	assert_int_equal(fill(bio, 32, 16, 3), UDF_OK);
	assert_int_equal(bio_flush(bio), UDF_OK);
	assert_int_equal(in_file(0), 1);
	assert_int_equal(in_file(16), 2);
	assert_int_equal(in_file(32), 3);
	end(bio);
}

static void nothing_is_written_to_another_disc(void **state)
{
	const struct sim_create_options options = { .media = "dvd-ram-2.6" };
	struct bio *bio = start(NULL);
	char other[128], why[SIM_WHY_BYTES];

	(void)state;
	snprintf(other, sizeof(other), "%s/other.disc", d.dir);
	SIM_OK(sim_create(other, &options, why));
	assert_int_equal(fill(bio, 0, 16, 1), UDF_OK);
	assert_int_equal(bio_flush(bio), UDF_OK);
	SIM_OK(sim_eject(d.sim, true, why));
	SIM_OK(sim_insert(d.sim, other, why));
	assert_int_equal(fill(bio, 0, 16, 2), UDF_E_IO);
	assert_int_equal(byte_at(bio, 0), -1);
	end(bio);
}

static void the_drive_itself_can_be_used_beside_the_device(void **state)
{
	struct bio *bio = start(NULL);
	struct mmc_drive *mmc;
	char why[SIM_WHY_BYTES];

	(void)state;
	mmc = pkt_held_take(pkt_drive_held(bio));
	assert_int_equal(mmc_drive_lock(mmc, true), UDF_OK);
	pkt_held_give_back(pkt_drive_held(bio));
	assert_int_equal(sim_eject(d.sim, false, why), UDF_E_BUSY);
	assert_int_equal(fill(bio, 0, 16, 1), UDF_OK);
	end(bio);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(geometry_is_that_of_the_disc),
		cmocka_unit_test(a_protected_disc_can_only_be_read),
		cmocka_unit_test(a_drive_without_a_disc_and_an_unformatted_one_are_refused),
		cmocka_unit_test(a_disc_for_whole_units_ends_with_the_last_of_them),
		cmocka_unit_test(what_is_flushed_is_on_the_disc),
		cmocka_unit_test(a_block_that_cannot_be_read_is_a_medium_error),
		cmocka_unit_test(only_what_the_drive_calls_blank_reads_as_zeros),
		cmocka_unit_test(a_drive_that_is_gone_is_an_io_error),
		cmocka_unit_test(a_unit_that_was_lost_fails_the_flush_and_then_its_own_write),
		cmocka_unit_test(a_write_that_waits_is_not_blamed_for_another),
		cmocka_unit_test(a_unit_that_was_lost_moves_to_a_spare_one),
		cmocka_unit_test(after_a_reset_the_flush_fails_once),
		cmocka_unit_test(nothing_is_written_to_another_disc),
		cmocka_unit_test(the_drive_itself_can_be_used_beside_the_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
