/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A drive and its disc: identified, read, written and synced, with all that real drives put in between. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "alloc.h"
#include "mmc/drive.h"
#include "mmc/record.h"
#include "mmc_drives.h"

static struct mmc_transport *replay;
static uint8_t data[128 * 2048];

static struct mmc_drive *open_with(const char *text, const struct mmc_hooks *hooks)
{
	struct mmc_drive *drive = NULL;
	struct mmc_failure failure = { 0 };
	enum udf_err err;

	assert_int_equal(mmc_replay_new(text, 65536, &replay), UDF_OK);
	err = mmc_drive_open(replay, NULL, hooks, &drive, &failure);
	if (err)
		print_message("%s; %s\n", failure.text, mmc_replay_mismatch(replay));
	assert_int_equal(err, UDF_OK);
	return drive;
}

/* The whole text was followed; nothing else was sent. */
static void close_whole(struct mmc_drive *drive)
{
	const char *mismatch = mmc_replay_mismatch(replay);

	if (mismatch)
		fail_msg("%s", mismatch);
	mmc_drive_close(drive);
}

/* ---- identification ---- */

static void identifies_dvd_ram(void **state)
{
	struct mmc_drive *drive = open_with(RAM, NULL);
	const struct mmc_disc *disc = mmc_drive_disc(drive);

	(void)state;
	assert_string_equal(mmc_drive_inquiry(drive)->vendor, "FAKE");
	assert_string_equal(disc->profile->name, "DVD-RAM");
	assert_int_equal(disc->state, MMC_STATE_FORMATTED);
	assert_int_equal(disc->n_blocks, 2236704);
	assert_true(disc->can_overwrite && !disc->needs_whole_units && disc->wears && disc->has_defect_management);
	assert_int_equal(disc->spare.n_primary_left, 12784);
	assert_int_equal(disc->n_formats, 4);
	assert_null(disc->trouble);
	close_whole(drive);
}

static void identifies_cd_rw(void **state)
{
	struct mmc_drive *drive = open_with(CD_RW_FORMATTED, NULL);

	(void)state;
	assert_true(mmc_drive_disc(drive)->can_overwrite && mmc_drive_disc(drive)->needs_whole_units);
	assert_int_equal(mmc_drive_disc(drive)->n_blocks, 295264);
	assert_string_equal(mmc_drive_disc(drive)->medium_id, "97:15:35");
	close_whole(drive);
	drive = open_with(CD_RW_BLANK, NULL);
	assert_int_equal(mmc_drive_disc(drive)->state, MMC_STATE_BLANK);
	assert_int_equal(mmc_drive_disc(drive)->max_blocks, 295264);
	close_whole(drive);
}

/* The three ways of saying that there is no medium */
static void opens_an_empty_drive(void **state)
{
	static const char *const senses[] = {
		SENSE("02", "3A", "00"), SENSE("02", "3A", "01"), SENSE("02", "3A", "02"),
	};
	char text[1000];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct mmc_drive *drive;

		snprintf(text, sizeof(text), "%s> 00*6\n%s%s%s", INQUIRY, senses[i],
			 "> 46 00*7 08 00\n< 00 00 00 04 00*4\n> 46 00*7 08 00\n< 00 00 00 04 00*4\n", NO_CAPABILITIES);
		drive = open_with(text, NULL);
		assert_int_equal(mmc_drive_disc(drive)->state, MMC_STATE_NO_MEDIUM);
		assert_int_equal(mmc_drive_read(drive, 0, 1, data), UDF_E_NOT_FOUND);
		close_whole(drive);
	}
}

/* A disc that was just inserted: unit attentions, spinning up, no reason at all; no sense at all */
static void waits_for_a_medium_that_was_just_inserted(void **state)
{
	struct mmc_drive *drive = open_with(
		INQUIRY "> 00*6\n" SENSE("06", "29", "00") "> 00*6\n" SENSE("06", "28", "00") "> 00*6\n"
		SENSE("02", "04", "01") "> 00*6\n" SENSE("02", "04", "01") "> 00*6\n" SENSE("02", "04", "00")
		"> 00*6\n< status 08\n> 00*6\n< status 02\n> 03 00 00 00 12 00\n< 70 00 02 00*4 0A 00*4 04 01 00*4\n"
		READY RAM_AFTER_READY, NULL);

	(void)state;
	assert_int_equal(mmc_drive_disc(drive)->state, MMC_STATE_FORMATTED);
	assert_true(mmc_drive_counts(drive)->waited_ms > 0);
	close_whole(drive);
}

static void what_is_no_optical_drive_is_refused(void **state)
{
	struct mmc_drive *drive = NULL;
	struct mmc_failure failure;

	(void)state;
	assert_int_equal(mmc_replay_new("> 12 00 00 00 24 00\n< 00 80 00 32 1F 00*31\n", 65536, &replay), UDF_OK);
	assert_int_equal(mmc_drive_open(replay, NULL, NULL, &drive, &failure), UDF_E_UNSUPPORTED);
	assert_string_equal(failure.text, "the device is not an optical drive");
	assert_null(mmc_replay_mismatch(replay));
	mmc_transport_close(replay);
}

/* ---- reading ---- */

static void reads_in_commands_that_the_host_can_carry(void **state)
{
	struct mmc_drive *drive = open_with(RAM
		"> 28 00 00 00 00 10 00 00 20 00\n< 11*65536\n> 28 00 00 00 00 30 00 00 08 00\n< 22*16384\n", NULL);

	(void)state;
	assert_int_equal(mmc_drive_read(drive, 16, 40, data), UDF_OK);
	assert_int_equal(data[0], 0x11);
	assert_int_equal(data[32 * 2048], 0x22);
	assert_int_equal(mmc_drive_read(drive, 2236704, 1, data), UDF_E_RANGE);
	assert_int_equal(mmc_drive_read(drive, UINT64_MAX, 2, data), UDF_E_RANGE);
	close_whole(drive);
}

static void a_block_that_cannot_be_read_is_named(void **state)
{
	struct mmc_drive *drive = open_with(RAM
		"> 28 00 00 00 00 10 00 00 02 00\n" SENSE_AT("03", "00 00 00 11", "11", "05")
		"> 28 00 00 00 00 10 00 00 02 00\n" SENSE_AT("03", "00 00 00 11", "11", "05")
		"> 28 00 00 00 00 10 00 00 02 00\n" SENSE_AT("03", "00 00 00 11", "11", "05")
		"> 28 00 00 00 00 10 00 00 02 00\n" SENSE("03", "11", "00")
		"> 28 00 00 00 00 10 00 00 02 00\n< 33*4096\n"
		/* never recorded: drives call it an address out of range */
		"> 28 00 00 00 00 10 00 00 02 00\n" SENSE("05", "21", "00")
		/* the caller reads the blocks one by one then */
		"> 28 00 00 00 00 10 00 00 02 00\n" SENSE("03", "11", "00"), NULL);

	(void)state;
	assert_int_equal(mmc_drive_read(drive, 16, 2, data), UDF_E_MEDIUM);
	assert_true(mmc_drive_failure(drive)->has_lba);
	assert_int_equal(mmc_drive_failure(drive)->lba, 17);
	assert_string_equal(mmc_drive_failure(drive)->text, "READ(10) failed: the block can't be read (3/11/05)");
	assert_int_equal(mmc_drive_read(drive, 16, 2, data), UDF_OK);
	assert_int_equal(mmc_drive_read(drive, 16, 2, data), UDF_E_MEDIUM);
	assert_int_equal(mmc_drive_read_tries(drive, 16, 2, data, 1), UDF_E_MEDIUM);
	close_whole(drive);
}

/* ---- writing ---- */

static void writes_packets_of_a_cd_rw_one_by_one(void **state)
{
	struct mmc_drive *drive = open_with(CD_RW_FORMATTED
		PAGE_05_READ PAGE_05_SET("27") GOOD
		"> 2A 00 00 00 00 20 00 00 20 00 : AB*65536\n" GOOD
		"> 2A 00 00 00 00 40 00 00 20 00 : AB*65536\n" GOOD
		"> 2A 00 00 00 00 00 00 00 20 00 : AB*65536\n" GOOD
		"> 35 00*9\n" GOOD, NULL);

	(void)state;
	memset(data, 0xAB, sizeof(data));
	assert_int_equal(mmc_drive_write(drive, 16, 32, data), UDF_E_INVAL);
	assert_int_equal(mmc_drive_write(drive, 32, 16, data), UDF_E_INVAL);
	assert_int_equal(mmc_drive_write(drive, 295264, 32, data), UDF_E_RANGE);
	assert_int_equal(mmc_drive_write(drive, 32, 64, data), UDF_OK);
	assert_int_equal(mmc_drive_write(drive, 0, 32, data), UDF_OK);
	assert_int_equal(mmc_drive_sync(drive), UDF_OK);
	assert_int_equal(mmc_drive_counts(drive)->n_written_blocks, 96);
	close_whole(drive);
}

/* Some drives refuse a write over the border of an ECC block. */
static void a_write_ends_where_an_ecc_block_does(void **state)
{
	struct mmc_drive *drive = open_with(RAM
		"> 2A 00 00 00 00 0E 00 00 02 00 : 00*4096\n" GOOD
		"> 2A 00 00 00 00 10 00 00 10 00 : 00*32768\n" GOOD
		"> 2A 00 00 00 00 20 00 00 01 00 : 00*2048\n" GOOD, NULL);

	(void)state;
	memset(data, 0, sizeof(data));
	assert_int_equal(mmc_drive_write(drive, 14, 19, data), UDF_OK);
	close_whole(drive);
}

/* A bridge that carries less than a packet cannot write a CD-RW. */
static void a_packet_is_never_sent_in_pieces(void **state)
{
	struct mmc_drive *drive = NULL;

	(void)state;
	assert_int_equal(mmc_replay_new(CD_RW_FORMATTED, 32768, &replay), UDF_OK);
	assert_int_equal(mmc_drive_open(replay, NULL, NULL, &drive, NULL), UDF_OK);
	assert_int_equal(mmc_drive_write(drive, 32, 32, data), UDF_E_UNSUPPORTED);
	close_whole(drive);
}

/* Drives that refuse the page in each of its forms still write a disc that is formatted. */
static void goes_on_if_write_parameters_are_refused(void **state)
{
	static const char parameters_26[] = SENSE("05", "26", "00");
	char text[8000];
	struct mmc_drive *drive;

	(void)state;
	snprintf(text, sizeof(text), "%s%s%s%s%s%s%s%s%s", CD_RW_FORMATTED, PAGE_05_READ, PAGE_05_SET("27"),
		 parameters_26,
		 "> 55 10 00 00 00 00 00 00 3C 00 : 00*8 05 32 60 27 0A 07 00 00 20 00*4 20 00 96 00*32 00 00 08 00\n",
		 parameters_26,
		 "> 55 10 00 00 00 00 00 00 3C 00 : 00*8 05 32 00 27 0A 00 00 00 20 00*4 20 00 96 00*32 00 00 08 00\n",
		 parameters_26, "> 2A 00 00 00 00 20 00 00 20 00 : AB*65536\n" GOOD);
	drive = open_with(text, NULL);
	memset(data, 0xAB, sizeof(data));
	assert_int_equal(mmc_drive_write(drive, 32, 32, data), UDF_OK);
	close_whole(drive);
}

static void waits_for_a_full_buffer(void **state)
{
	struct mmc_drive *drive = open_with(RAM
		"> 2A 00 00 00 00 20 00 00 10 00 : 00*32768\n" SENSE("02", "04", "08")
		"> 2A 00 00 00 00 20 00 00 10 00 : 00*32768\n" SENSE("02", "04", "08")
		"> 2A 00 00 00 00 20 00 00 10 00 : 00*32768\n" GOOD
		/* formatting in the background: flushing ends it */
		"> 2A 00 00 00 00 20 00 00 10 00 : 00*32768\n" SENSE("02", "04", "04") "> 35 00*9\n" GOOD
		"> 2A 00 00 00 00 20 00 00 10 00 : 00*32768\n" GOOD, NULL);

	(void)state;
	memset(data, 0, sizeof(data));
	assert_int_equal(mmc_drive_write(drive, 32, 16, data), UDF_OK);
	assert_int_equal(mmc_drive_write(drive, 32, 16, data), UDF_OK);
	close_whole(drive);
}

/* A write that failed after the drive had accepted it is reported with the next command, which was not carried out. */
static void late_errors_belong_to_earlier_writes(void **state)
{
	struct mmc_drive *drive = open_with(RAM
		"> 2A 00 00 00 00 20 00 00 10 00 : 00*32768\n" GOOD
		"> 2A 00 00 00 00 40 00 00 10 00 : 00*32768\n" DEFERRED_AT("03", "00 00 00 23", "0C", "00")
		"> 2A 00 00 00 00 40 00 00 10 00 : 00*32768\n" GOOD
		"> 35 00*9\n" GOOD
		"> 35 00*9\n" GOOD, NULL);
	struct mmc_lost lost;

	(void)state;
	memset(data, 0, sizeof(data));
	assert_int_equal(mmc_drive_write(drive, 32, 16, data), UDF_OK);
	assert_int_equal(mmc_drive_write(drive, 64, 16, data), UDF_OK);
	assert_int_equal(mmc_drive_sync(drive), UDF_E_MEDIUM);
	assert_true(mmc_drive_failure(drive)->has_lba);
	assert_int_equal(mmc_drive_failure(drive)->lba, 32);
	assert_true(mmc_drive_take_lost(drive, &lost));
	assert_false(lost.is_all);
	assert_int_equal(lost.lba, 32);
	assert_false(mmc_drive_take_lost(drive, &lost));
	assert_int_equal(mmc_drive_sync(drive), UDF_OK);
	close_whole(drive);
}

/* A sync reports one unit at a time. */
static void a_sync_finds_all_that_is_lost(void **state)
{
	struct mmc_drive *drive = open_with(RAM
		"> 2A 00 00 00 00 20 00 00 10 00 : 00*32768\n" GOOD
		"> 2A 00 00 00 00 30 00 00 10 00 : 00*32768\n" GOOD
		"> 35 00*9\n" SENSE_AT("03", "00 00 00 20", "0C", "00")
		"> 35 00*9\n" SENSE_AT("03", "00 00 00 30", "0C", "00")
		"> 35 00*9\n" GOOD
		/* and one without an address: all that was written may be lost */
		"> 35 00*9\n" SENSE("03", "0C", "00") "> 35 00*9\n" GOOD, NULL);
	struct mmc_lost lost;

	(void)state;
	memset(data, 0, sizeof(data));
	assert_int_equal(mmc_drive_write(drive, 32, 32, data), UDF_OK);
	assert_int_equal(mmc_drive_sync(drive), UDF_E_MEDIUM);
	assert_true(mmc_drive_take_lost(drive, &lost) && lost.lba == 48);
	assert_true(mmc_drive_take_lost(drive, &lost) && lost.lba == 32);
	assert_false(mmc_drive_take_lost(drive, &lost));
	assert_int_equal(mmc_drive_sync(drive), UDF_E_MEDIUM);
	assert_true(mmc_drive_take_lost(drive, &lost) && lost.is_all);
	assert_int_equal(mmc_drive_sync(drive), UDF_OK);
	close_whole(drive);
}

static void a_packet_that_cannot_be_written_is_named(void **state)
{
	struct mmc_drive *drive = open_with(CD_RW_FORMATTED PAGE_05_READ PAGE_05_SET("27") GOOD
		"> 2A 00 00 00 00 20 00 00 20 00 : 00*65536\n" SENSE_AT("03", "00 00 00 2A", "0C", "00"), NULL);

	(void)state;
	memset(data, 0, sizeof(data));
	assert_int_equal(mmc_drive_write(drive, 32, 32, data), UDF_E_MEDIUM);
	assert_int_equal(mmc_drive_failure(drive)->lba, 42);
	assert_non_null(mmc_drive_failure(drive)->advice);
	close_whole(drive);
}

/* No success without a reason, and no endless loop */
static void a_failure_without_a_reason_is_tried_twice(void **state)
{
	struct mmc_drive *drive = open_with(RAM
		"> 2A 00 00 00 00 20 00 00 10 00 : 00*32768\n" SENSE("00", "00", "02")
		"> 2A 00 00 00 00 20 00 00 10 00 : 00*32768\n" SENSE("00", "00", "02"), NULL);

	(void)state;
	memset(data, 0, sizeof(data));
	assert_int_equal(mmc_drive_write(drive, 32, 16, data), UDF_E_IO);
	close_whole(drive);
}

static void write_protection_is_named_before_anything_is_sent(void **state)
{
	struct mmc_drive *drive = open_with(RAM_BEFORE_PROTECTION RAM_PROTECTION("04") RAM_AFTER_PROTECTION, NULL);

	(void)state;
	assert_int_equal(mmc_drive_write(drive, 32, 16, data), UDF_E_READ_ONLY);
	assert_non_null(strstr(mmc_drive_failure(drive)->text, "cartridge"));
	close_whole(drive);
}

/* ---- the same disc ---- */

static bool says_no(void *ctx)
{
	(*(int *)ctx)++;
	return false;
}

static void a_reset_drive_gets_its_settings_and_loses_its_cache(void **state)
{
	struct mmc_drive *drive = open_with(CD_RW_FORMATTED
		"> BB 00 FF FF 02 C3 00*6\n" GOOD
		PAGE_05_READ PAGE_05_SET("27") GOOD
		"> 2A 00 00 00 00 20 00 00 20 00 : 00*65536\n" GOOD
		"> 2A 00 00 00 00 40 00 00 20 00 : 00*65536\n" SENSE("06", "29", "00")
		CD_RW_FORMATTED "> BB 00 FF FF 02 C3 00*6\n" GOOD PAGE_05_READ PAGE_05_SET("27") GOOD
		"> 2A 00 00 00 00 40 00 00 20 00 : 00*65536\n" GOOD
		"> 35 00*9\n" GOOD, NULL);
	struct mmc_lost lost;

	(void)state;
	memset(data, 0, sizeof(data));
	assert_int_equal(mmc_drive_set_speed(drive, 707), UDF_OK);
	assert_int_equal(mmc_drive_write(drive, 32, 32, data), UDF_OK);
	assert_int_equal(mmc_drive_write(drive, 64, 32, data), UDF_OK);
	assert_int_equal(mmc_drive_sync(drive), UDF_E_MEDIUM);
	assert_true(mmc_drive_take_lost(drive, &lost) && lost.is_all);
	close_whole(drive);
}

static void nothing_is_written_to_another_disc(void **state)
{
	int n_asked = 0;
	struct mmc_hooks hooks = { .ctx = &n_asked, .is_same_disc = says_no };
	struct mmc_drive *drive = open_with(RAM
		"> 2A 00 00 00 00 20 00 00 10 00 : 00*32768\n" SENSE("06", "28", "00") RAM RAM, &hooks);

	(void)state;
	memset(data, 0, sizeof(data));
	assert_int_equal(mmc_drive_write(drive, 32, 16, data), UDF_E_IO);
	assert_string_equal(mmc_drive_failure(drive)->text, "another medium is in the drive");
	assert_int_equal(mmc_drive_write(drive, 32, 16, data), UDF_E_IO);
	assert_int_equal(mmc_drive_read(drive, 32, 16, data), UDF_E_IO);
	assert_int_equal(n_asked, 1);
	/* until it is taken for the disc that is meant */
	assert_int_equal(mmc_drive_refresh(drive), UDF_OK);
	close_whole(drive);
}

static void another_kind_of_disc_is_noticed_without_asking(void **state)
{
	struct mmc_drive *drive = open_with(RAM CD_RW_FORMATTED, NULL);

	(void)state;
	mmc_drive_doubt(drive);
	assert_int_equal(mmc_drive_read(drive, 0, 1, data), UDF_E_IO);
	close_whole(drive);
}

static void a_drive_that_is_gone_is_not_asked_again(void **state)
{
	struct mmc_drive *drive = open_with(RAM "> 28 00 00 00 00 00 00 00 01 00\n< gone\n", NULL);

	(void)state;
	assert_int_equal(mmc_drive_read(drive, 0, 1, data), UDF_E_IO);
	assert_int_equal(mmc_drive_read(drive, 0, 1, data), UDF_E_IO);
	assert_int_equal(mmc_drive_sync(drive), UDF_E_IO);
	close_whole(drive);
}

/* After a write timed out, nobody knows what the drive holds. */
static void a_write_that_timed_out_is_not_sent_again(void **state)
{
	struct mmc_drive *drive = open_with(RAM "> 2A 00 00 00 00 20 00 00 10 00 : 00*32768\n< timeout\n", NULL);

	(void)state;
	memset(data, 0, sizeof(data));
	assert_int_equal(mmc_drive_write(drive, 32, 16, data), UDF_E_IO);
	assert_non_null(strstr(mmc_drive_failure(drive)->text, "in time"));
	assert_int_equal(mmc_drive_write(drive, 32, 16, data), UDF_E_IO);
	close_whole(drive);
}

static void events_are_reported_and_raise_doubt(void **state)
{
	struct mmc_drive *drive = open_with(RAM
		"> 4A 01 00 00 10 00 00 00 08 00\n< 00 06 04 10 01 02 00 00\n"
		"> 28 00 00 00 00 00 00 00 01 00\n< 00*2048\n"
		"> 4A 01 00 00 10 00 00 00 08 00\n< 00 06 04 10 02 02 00 00\n"
		RAM "> 28 00 00 00 00 00 00 00 01 00\n< 00*2048\n", NULL);
	struct mmc_media_status status;

	(void)state;
	assert_int_equal(mmc_drive_poll(drive, &status), UDF_OK);
	assert_int_equal(status.event, MMC_EVENT_EJECT_REQUEST);
	assert_int_equal(mmc_drive_read(drive, 0, 1, data), UDF_OK);
	assert_int_equal(mmc_drive_poll(drive, &status), UDF_OK);
	assert_int_equal(status.event, MMC_EVENT_NEW_MEDIUM);
	assert_int_equal(mmc_drive_read(drive, 0, 1, data), UDF_OK);
	close_whole(drive);
}

static bool cancels(void *ctx, const struct mmc_progress *progress)
{
	print_message("%s, %u ms\n", progress->what, (unsigned)progress->elapsed_ms);
	return --*(int *)ctx > 0;
}

/* As a drive of BenQ did, which wrote a disc for 5540 kB/s with 11080, and spoiled it */
static void a_drive_that_is_too_fast_for_its_disc_is_slowed_down(void **state)
{
	static const char *const page = "> 5A 08 2A 00 00 00 00 00 08 00\n< 00 26 00*6\n"
		"> 5A 08 2A 00 00 00 00 00 28 00\n< 00 26 00*6 2A 1E 2F 3F 00*14 2B 48 2B 48 00*6 2B 48 00 00\n";
	static const char *const speeds = "> AC 00*9 03 00\n< 00 00 00 14 00 00 00 00\n"
		"> AC 00*8 01 03 00\n< 00 00 00 14 00*8 00 22 21 1F 00 00 15 A4 00 00 15 A4\n";
	static const char *const set = "> B6 00*9 1C 00 : 00*8 00 22 21 1F 00 00 15 A4 00 00 03 E8 00 00 15 A4 "
		"00 00 03 E8\n" GOOD;
	char text[4000];
	const char *at_page = strstr(RAM, "> 5A 08 2A"), *at_speeds = strstr(RAM, "> AC 00*9 03");
	size_t n_page = strlen(NO_CAPABILITIES), n_speeds = strlen(NO_SPEEDS);
	struct mmc_drive *drive;

	(void)state;
	snprintf(text, sizeof(text), "%.*s%s%.*s%s%s%s", (int)(at_page - RAM), RAM, page,
		 (int)(at_speeds - at_page - (ptrdiff_t)n_page), at_page + n_page, speeds, at_speeds + n_speeds, set);
	drive = open_with(text, NULL);
	assert_int_equal(mmc_drive_limit_speed(drive), UDF_OK);
	close_whole(drive);
	/* one that says nothing of its speeds is left alone */
	drive = open_with(RAM, NULL);
	assert_int_equal(mmc_drive_limit_speed(drive), UDF_OK);
	close_whole(drive);
}

static void waiting_can_be_cancelled(void **state)
{
	int n_waits = 2;
	struct mmc_hooks hooks = { .ctx = &n_waits, .progress = cancels };
	char text[20000] = RAM;
	struct mmc_drive *drive;

	(void)state;
	for (int i = 0; i < 8; i++)
		strcat(text, "> 28 00 00 00 00 00 00 00 01 00\n" SENSE("02", "04", "07"));
	drive = open_with(text, &hooks);
	assert_int_equal(mmc_drive_read(drive, 0, 1, data), UDF_E_CANCELLED);
	assert_int_equal(n_waits, 0);
	close_whole(drive);
}

/* Each allocation fails once; nothing is lost but the call. */
static void memory_may_run_out(void **state)
{
	bool has_failed = true;

	(void)state;
	for (uint64_t nth = 1; has_failed; nth++) {
		struct mmc_transport *transport = NULL;
		struct mmc_drive *drive = NULL;
		struct mmc_failure failure = { 0 };
		enum udf_err err;

		alloc_fail_nth(nth);
		err = mmc_replay_new(RAM RAM "> 28 00*7 01 00\n< 00*2048\n", 65536, &transport);
		if (!err)
			err = mmc_drive_open(transport, NULL, NULL, &drive, &failure);
		if (!err) {
			mmc_drive_doubt(drive);
			err = mmc_drive_read(drive, 0, 1, data);
		}
		has_failed = alloc_has_failed();
		alloc_fail_nth(0);
		assert_int_equal(err, has_failed ? UDF_E_NOMEM : UDF_OK);
		if (drive)
			mmc_drive_close(drive);
		else
			mmc_transport_close(transport);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(identifies_dvd_ram),
		cmocka_unit_test(identifies_cd_rw),
		cmocka_unit_test(opens_an_empty_drive),
		cmocka_unit_test(waits_for_a_medium_that_was_just_inserted),
		cmocka_unit_test(what_is_no_optical_drive_is_refused),
		cmocka_unit_test(reads_in_commands_that_the_host_can_carry),
		cmocka_unit_test(a_block_that_cannot_be_read_is_named),
		cmocka_unit_test(writes_packets_of_a_cd_rw_one_by_one),
		cmocka_unit_test(a_write_ends_where_an_ecc_block_does),
		cmocka_unit_test(a_packet_is_never_sent_in_pieces),
		cmocka_unit_test(goes_on_if_write_parameters_are_refused),
		cmocka_unit_test(waits_for_a_full_buffer),
		cmocka_unit_test(late_errors_belong_to_earlier_writes),
		cmocka_unit_test(a_sync_finds_all_that_is_lost),
		cmocka_unit_test(a_packet_that_cannot_be_written_is_named),
		cmocka_unit_test(a_failure_without_a_reason_is_tried_twice),
		cmocka_unit_test(write_protection_is_named_before_anything_is_sent),
		cmocka_unit_test(a_reset_drive_gets_its_settings_and_loses_its_cache),
		cmocka_unit_test(nothing_is_written_to_another_disc),
		cmocka_unit_test(another_kind_of_disc_is_noticed_without_asking),
		cmocka_unit_test(a_drive_that_is_gone_is_not_asked_again),
		cmocka_unit_test(a_write_that_timed_out_is_not_sent_again),
		cmocka_unit_test(events_are_reported_and_raise_doubt),
		cmocka_unit_test(a_drive_that_is_too_fast_for_its_disc_is_slowed_down),
		cmocka_unit_test(waiting_can_be_cancelled),
		cmocka_unit_test(memory_may_run_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
