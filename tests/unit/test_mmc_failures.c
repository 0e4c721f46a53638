/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Failures that people have met with real drives, and what is done or said now.
 *
 * Each row is a session that ends as theirs did.  What it has to come to is what would have helped them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mmc/blank.h"
#include "mmc/close.h"
#include "mmc/format.h"
#include "mmc/recover.h"
#include "mmc/record.h"
#include "mmc_drives.h"

static uint8_t data[32 * 2048];

typedef enum udf_err (*job)(struct mmc_drive *drive);

static enum udf_err format(struct mmc_drive *drive) { return mmc_format(drive, NULL); }
static enum udf_err format_too_large(struct mmc_drive *drive)
{
	return mmc_format(drive, &(struct mmc_format_options){ .n_blocks = 3524075584 });
}
static enum udf_err blank(struct mmc_drive *drive) { return mmc_blank(drive, MMC_BLANK_MINIMAL, 0); }
static enum udf_err blank_fully(struct mmc_drive *drive) { return mmc_blank(drive, MMC_BLANK_DISC, 0); }
static enum udf_err write_first(struct mmc_drive *drive) { return mmc_drive_write(drive, 0, 32, data); }
static enum udf_err write_last(struct mmc_drive *drive) { return mmc_drive_write(drive, 2295104, 16, data); }
static enum udf_err read_last(struct mmc_drive *drive) { return mmc_drive_read(drive, 2295104, 1, data); }
static enum udf_err reserve(struct mmc_drive *drive) { return mmc_reserve_track(drive, 1600); }

#define WRITE_0(length, n_bytes) "> 2A 00*6 00 " length " 00 : 00*" n_bytes "\n"
#define LOOK(information) "> 00*6\n<\n> 51 00*7 22 00\n" information

/* A DVD-RW whose lead-in is lost: after a full blanking the drive finds no track any more. */
#define DVD_RW_LOST \
	INQUIRY READY DVD_RW_CONFIGURATION("14") NO_CAPABILITIES DISC_INFORMATION("1A 01 01 00 00 20 00*8 FF*8 00*10") \
	"> 52 01 00 00 00 01 00 00 04 00\n" SENSE("03", "57", "00") \
	"> 52 01 00 00 00 FF 00 00 04 00\n" SENSE("03", "57", "00") \
	CAPACITY("00 00 00 00") "> 23 00*7 0C 00\n" REFUSED NO_LEAD_IN NO_SPEEDS

/* A CD writer from before MMC-2 */
#define OLD_CD_RW \
	INQUIRY READY "> 46 00*7 08 00\n" SENSE("05", "20", "00") NO_CAPABILITIES \
	DISC_INFORMATION("1E 01 01 01 01 20 20 00*7 FF*8 00*10") \
	TRACK("01", "01 01 00 07 B2 00*13 00 00 00 20 00 04 81 60 00*8") CAPACITY("00 04 81 5F") \
	"> 23 00*7 0C 00\n" SENSE("05", "20", "00") ATIP

static const struct {
	const char *what;
	const char *text;
	job run;
	enum udf_err err;
	const char *word;		/* in the text or the advice */
} rows[] = {
	{ "formatting fails without a reason, on a laptop's drive",
	  CD_RW_BLANK PAGE_05_READ PAGE_05_SET("25") GOOD
	  "> 04 11 00*4 : 00 02 00 08 00 04 81 60 40 00 00 20\n" SENSE("00", "00", "02")
	  "> 04 11 00*4 : 00 02 00 08 00 04 81 60 40 00 00 20\n" SENSE("00", "00", "02"),
	  format, UDF_E_IO, "insert it and try again" },
	{ "the drive was given another kind of disc (key 5)", CD_RW_FORMATTED "> A1 11 00*10\n" SENSE("05", "30",
												      "00"),
	  blank, UDF_E_UNSUPPORTED, "can't handle this medium" },
	{ "the same with key 2", CD_RW_FORMATTED "> A1 11 00*10\n" SENSE("02", "30", "00"),
	  blank, UDF_E_UNSUPPORTED, "can't handle this medium" },
	{ "a write-once disc is to be blanked", CD_R_CLOSED, blank, UDF_E_UNSUPPORTED, "write-once" },
	{ "packets are written to a CD-RW that is not formatted", CD_RW_BLANK,
	  write_first, UDF_E_INVAL, "cdrwtool -q" },
	{ "a size was computed from a field that is no time", DVD_RW_BLANK,
	  format_too_large, UDF_E_INVAL, "only to 2297888" },
	{ "a write times out, and the bus with it", CD_RW_FORMATTED PAGE_05_READ PAGE_05_SET("27") GOOD
	  WRITE_0("20", "65536") "< timeout\n", write_first, UDF_E_IO, "in time" },
	{ "the drive is too old for the speed of a DVD-RW",
	  DVD_RW_BLANK "> 04 11 00*4 : 00 02 00 08 00 23 10 20 40 00 00 10\n" SENSE("05", "30", "08"),
	  format, UDF_E_UNSUPPORTED, "medium or its speed" },
	{ "the firmware does not know the medium",
	  DVD_RW_BLANK "> 04 11 00*4 : 00 02 00 08 00 23 10 20 40 00 00 10\n" SENSE("05", "30", "05"),
	  format, UDF_E_UNSUPPORTED, "can't write this medium" },
	{ "a DVD-RW is worn out: blanking fails quickly, and fully too",
	  DVD_RW_FULL "> A1 11 00*10\n" GOOD "> 00*6\n" SENSE("03", "51", "00")
	  "> A1 10 00*10\n" GOOD "> 00*6\n" SENSE("02", "04", "07") "> 03 00 00 00 12 00\n< 00*18\n"
	  "> 00*6\n" SENSE("03", "51", "00"), blank, UDF_E_MEDIUM, "worn out" },
	{ "a DVD-RW is dead after it was blanked, which the drive calls done",
	  DVD_RW_FULL "> A1 10 00*10\n" GOOD "> 00*6\n" SENSE("02", "04", "07") "> 03 00 00 00 12 00\n< 00*18\n"
	  LOOK("< 00 20 1A 01 01 00 00 20 00*8 FF*8 00*10\n") LOOK("< 00 20 1A 01 01 00 00 20 00*8 FF*8 00*10\n")
	  DVD_RW_LOST, blank_fully, UDF_E_MEDIUM, "not blank" },
	{ "no track can be reserved on a damaged DVD-RW", DVD_RW_BLANK "> 53 00*4 00 00 06 40 00\n" SENSE("05",
													  "72", "05"),
	  reserve, UDF_E_NOSPC, "no more tracks" },
	{ "a DVD+RW that is half formatted can't be closed, which spoils nothing",
	  PLUS_RW_RUNNING "> 35 00*9\n" GOOD "> 5B 01 00*8\n" GOOD LOOK("< 00 20 1E 01 01 01 01 05 00*8 FF*8 00*10\n")
	  LOOK("< 00 20 1E 01 01 01 01 05 00*8 FF*8 00*10\n") "> 5B 01 02 00*7\n" SENSE("05", "30",
											"10") PLUS_RW_STOPPED,
	  mmc_format_stop, UDF_OK, NULL },
	{ "nothing is closed on a DVD+RW that was never formatted", PLUS_RW_BLANK, mmc_format_stop, UDF_OK, NULL },
	{ "a DVD+RW is written past its end", PLUS_RW_DONE, write_last, UDF_E_RANGE, "beyond the end" },
	{ "a DVD+RW is read past its end, which lenient drives allow", PLUS_RW_DONE,
	  read_last, UDF_E_RANGE, "beyond the end" },
	{ "the drive refuses a medium as if that were protected",
	  PLUS_RW_DONE WRITE_0("10", "32768") SENSE("05", "27", "00"), write_first, UDF_E_READ_ONLY,
	  "drive refuses to write this medium" },
	{ "a drive from before profiles writes all the same",
	  OLD_CD_RW PAGE_05_READ PAGE_05_SET("27") GOOD WRITE_0("20", "65536") GOOD, write_first, UDF_OK, NULL },
	{ "blanking is not for this disc in this drive", CD_RW_FORMATTED "> A1 11 00*10\n" SENSE("05", "30", "05"),
	  blank, UDF_E_UNSUPPORTED, "can't write this medium" },
};

static void what_people_met_is_dealt_with(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mmc_transport *replay = NULL;
		const struct mmc_failure *failure;
		struct mmc_drive *drive = NULL;
		enum udf_err err;

		print_message("%s\n", rows[i].what);
		assert_int_equal(mmc_replay_new(rows[i].text, 65536, &replay), UDF_OK);
		if (mmc_drive_open(replay, NULL, NULL, &drive, NULL))
			fail_msg("%s", mmc_replay_mismatch(replay));
		err = rows[i].run(drive);
		if (mmc_replay_mismatch(replay))
			fail_msg("%s; %s", mmc_replay_mismatch(replay), mmc_drive_failure(drive)->text);
		assert_int_equal(err, rows[i].err);
		failure = mmc_drive_failure(drive);
		if (rows[i].word && !strstr(failure->text, rows[i].word) &&
		    !(failure->advice && strstr(failure->advice, rows[i].word)))
			fail_msg("%s; %s", failure->text, failure->advice);
		mmc_drive_close(drive);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_people_met_is_dealt_with),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
