/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is concluded from the replies of real drives.
 *
 * The rows are dumps that people published.  Where a dump was printed in words, the reply is rebuilt from them with the
 * standard's layout.  What a row expects is what such a disc can do, never what
 * this code happened to answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "hex.h"
#include "mmc/disc.h"

struct row {
	const char *name;
	uint16_t profile;
	const char *features;		/* the current ones, two bytes each; NULL: no GET CONFIGURATION */
	const char *information;	/* READ DISC INFORMATION */
	const char *tracks;		/* READ TRACK INFORMATION, one reply after the other, each of 36 bytes */
	const char *formats;		/* READ FORMAT CAPACITIES */
	const char *capacity;		/* READ CAPACITY */

	enum mmc_state state;
	uint32_t n_blocks, max_blocks, write_unit_blocks;
	bool can_overwrite, needs_whole_units, can_append;
	uint32_t next_writable_lba;	/* if it can append */
};

/* The rest of a reply to READ TRACK INFORMATION after the sizes */
#define REST " 00*4 00*4 "
#define NO_LBA "00 00 00 00 00 00 08 00"
#define CD_INFORMATION(byte2, sessions, first, last) \
	"00 20 " byte2 " 01 " sessions " " first " " last " 20 20 00*7 FF FF FF FF FF FF FF FF 00*10"
#define INFORMATION(byte2, sessions, first, last, byte7) \
	"00 20 " byte2 " 01 " sessions " " first " " last " " byte7 " 00*9 FF FF FF FF FF FF FF FF 00*10"

#define CD_RW_FP_FEATURES "0010 001E 0023 0026 0037 0107"
#define RANDOM_FEATURES "0010 001F 0020 0023 0107"
#define FP_TRACK "00 22 01 01 00 07 B2 00 00*12 00 00 00 20 00 04 81 60" REST

static const struct row rows[] = {
	/* ---- CD ---- */
	{ "V-CDR-0", MMC_CD_R, "0021 002D 002E 0107",
	  "00 20 00 01 01 01 01 20 FF 00*7 00 61 1A 42 00 4F 3B 47 00*10",
	  "00 22 01 01 00 04 4F 01 00*8 00 05 7D A4 00*4 00 05 7D A4" REST, "00 00 00 08 00 05 7D A4 01 00 08 00",
	  NO_LBA,
	  MMC_STATE_BLANK, 0, 359844, 1, false, false, true, 0 },
	{ "V-CDR-1", MMC_CD_R, "0010 001E 0021 002D 0107",
	  "00 20 01 01 03 03 03 20 00 00*7 00 07 15 00 00 4F 3B 47 00*10",
	  "00 22 01 01 00 04 01 00 00*16 00 00 02 60" REST
	  "00 22 02 02 00 04 01 00 00 00 2E EA 00*12 00 00 17 00" REST
	  "00 22 03 03 00 04 4F 01 00 00 60 E0 00 00 60 E0 00 05 1C C6 00*4 00 05 1C C6" REST,
	  NULL, "00 00 45 E9 00 00 08 00",
	  MMC_STATE_APPENDABLE, 17898, 359846, 1, false, false, true, 24800 },
	{ "V-CDRW-BLANK", MMC_CD_RW, "0021 0023 002D 002E 0037 0107",
	  "00 20 10 01 01 01 01 20 FF 00*7 00 61 0F 23 00 4F 3B 4A 00*10",
	  "00 22 01 01 00 04 4F 01 00*8 00 05 7D A7 00*4 00 05 7D A7" REST,
	  "00 00 00 10 00 05 7D A7 01 00 08 00 00 04 81 60 40 00 00 20", NO_LBA,
	  MMC_STATE_BLANK, 0, 295264, 32, false, true, true, 0 },
	{ "V-CDRW-BLANK, no list of formats, next writable address in the pregap", MMC_CD_RW, "0021 002D 0107",
	  "00 20 10 01 01 01 01 20 FF 00*7 00 61 0F 23 00 4F 3B 4A 00*10",
	  "00 22 01 01 00 04 4F 01 00*4 FF FF FF 6A 00 05 7D A7 00*4 00 05 7D A7" REST, NULL, NO_LBA,
	  MMC_STATE_BLANK, 0, 295264, 32, false, true, true, 0 },
	{ "V-CDRW-FP-A", MMC_CD_RW, CD_RW_FP_FEATURES, CD_INFORMATION("1E", "01", "01", "01"), FP_TRACK,
	  "00 00 00 10 00 04 81 60 02 00 08 00 00 04 81 60 40 00 00 20", "00 04 81 5F 00 00 08 00",
	  MMC_STATE_FORMATTED, 295264, 295264, 32, true, true, false, 0 },
	{ "V-CDRW-FP-B", MMC_CD_RW, CD_RW_FP_FEATURES,
	  "00 28 1E 01 01 01 01 80 20 00 00 00 12 34 56 78 00 FF FF FF 00 FF FF FF 00*8 00 01 02 C0 11 22 33 44 55 66",
	  FP_TRACK, NULL, "00 04 81 5F 00 00 08 00",
	  MMC_STATE_FORMATTED, 295264, 0, 32, true, true, false, 0 },
	{ "V-CDRW-FP-D", MMC_CD_RW, CD_RW_FP_FEATURES, CD_INFORMATION("0E", "01", "01", "01"), FP_TRACK, NULL,
	  "00 04 81 5F 00 00 08 00", MMC_STATE_FORMATTED, 295264, 0, 32, true, true, false, 0 },
	{ "V-CDRW-MULTI", MMC_CD_RW, CD_RW_FP_FEATURES, CD_INFORMATION("1E", "01", "01", "01"),
	  "00 22 01 01 00 05 21 00 00*12 00*4 00 04 00 00" REST, NULL, "00 03 FF FF 00 00 08 00",
	  MMC_STATE_COMPLETE, 262144, 0, 32, false, true, false, 0 },
	{ "V-CDRW-CLOSED", MMC_CD_RW, "0010 001E 0023 0037 0107", CD_INFORMATION("1E", "01", "01", "01"),
	  "00 22 01 01 00 04 01 00 00*16 00 00 85 81" REST,
	  "00 00 00 10 00 05 7D A7 01 00 08 00 00 04 81 60 40 00 00 20", "00 00 85 82 00 00 08 00",
	  MMC_STATE_COMPLETE, 34179, 295264, 32, false, true, false, 0 },
	{ "CD-RW, format was cut off", MMC_CD_RW, "0023 0037 0107",
	  "00 20 19 01 01 01 01 20 FF 00*7 00 61 0F 23 00 4F 3B 4A 00*10",
	  "00 22 01 01 00 24 0F 00 00*20" REST, "00 00 00 10 00 05 7D A7 01 00 08 00 00 04 81 60 40 00 00 20", NO_LBA,
	  MMC_STATE_DAMAGED, 0, 295264, 32, false, true, false, 0 },

	/* ---- DVD-R, DVD-RW ---- */
	{ "V-DVDR-0", MMC_DVD_R, "001F 0021 002F 0107", INFORMATION("00", "01", "01", "01", "20"),
	  "00 22 01 01 00 04 61 01 00*8 00 23 12 80 00 00 00 10 00 23 12 80" REST, NULL, NO_LBA,
	  MMC_STATE_BLANK, 0, 2298496, 16, false, false, true, 0 },
	{ "V-DVDRW-0", MMC_DVD_RW_SEQUENTIAL, "001F 0021 0023 002F 0107", INFORMATION("10", "01", "01", "01", "20"),
	  "00 22 01 01 00 04 61 01 00*8 00 23 10 20 00 00 00 10 00 23 10 20" REST,
	  "00 00 00 20 00 23 10 20 01 00 08 00 00 23 10 20 00 00 08 00 00 23 10 20 40 00 00 10 00 23 10 20 54 00 00 10",
	  NO_LBA, MMC_STATE_BLANK, 0, 2297888, 16, false, false, true, 0 },
	{ "V-DVDRW-1", MMC_DVD_RW_SEQUENTIAL, "001F 0021 0023 002F 0107", INFORMATION("19", "02", "02", "02", "20"),
	  "00 22 01 01 00 04 21 00 00*12 00 00 00 10 00 02 06 C0" REST
	  "00 22 02 02 00 24 21 01 00 02 76 D0 00 02 76 D0 00 20 99 50 00 00 00 10 00 20 99 50" REST,
	  "00 00 00 08 00 02 06 C0 02 00 08 00", "FF FD 00 00 00 00 08 00",
	  MMC_STATE_DAMAGED, 0, 132800, 16, false, false, false, 0 },
	{ "V-DVDRW-2", MMC_DVD_RW_SEQUENTIAL, "001F 0021 0023 002F 0107", INFORMATION("15", "01", "00", "00", "20"),
	 "",
	  "00 00 00 08 00 23 10 20 01 00 08 00", NO_LBA,
	  MMC_STATE_DAMAGED, 0, 2297888, 16, false, false, false, 0 },
	{ "V-DVDRW-3", MMC_DVD_RW_SEQUENTIAL, "001F 0023 0107", INFORMATION("1A", "01", "00", "00", "20"), "", NULL,
	 NO_LBA,
	  MMC_STATE_DAMAGED, 0, 0, 16, false, false, false, 0 },
	{ "V-DVDRW-5", MMC_DVD_RW_SEQUENTIAL, "0010 001F 0023 0107", INFORMATION("1E", "01", "01", "01", "20"),
	  "00 22 01 01 00 04 01 02 00*12 00 00 00 10 FF FD 00 00 00 22 E0 FD 00*4 ", NULL, "00 23 12 7F 00 00 08 00",
	  MMC_STATE_COMPLETE, 2298496, 0, 16, false, false, false, 0 },
	{ "V-DVDRW-6", MMC_DVD_RW_SEQUENTIAL, "001F 0023 002F 0107", INFORMATION("10", "01", "01", "01", "20"),
	  "00 22 01 01 00 04 41 01 00*8 00 23 10 20 00 00 00 10 00 23 10 20" REST,
	  "00 00 00 20 00 23 10 20 01 00 08 00 00 23 10 20 00 00 08 00 00 23 10 20 40 00 00 10 00 23 10 20 54 00 00 10",
	  NO_LBA, MMC_STATE_BLANK, 0, 2297888, 16, false, false, false, 0 },
	{ "V-DVDRW-7", MMC_DVD_RW_OVERWRITE, "0010 001F 0023 0026 002C 0107", INFORMATION("1E", "01", "01", "01",
											  "20"),
	  "00 22 01 01 00 04 31 02 00*12 00 00 00 10 00 08 35 00 00 08 34 FF 00*4 ", NULL, "00 08 34 FF 00 00 08 00",
	  MMC_STATE_FORMATTED, 537856, 0, 16, true, true, false, 0 },
	{ "DVD-RW, quick format, 1600 blocks written", MMC_DVD_RW_OVERWRITE, "0010 001F 0023 0026 002C 0107",
	  "00 20 15 01 01 01 01 20 00 00*7 FF FF FF FF 00 23 12 80 00*10",
	  "00 22 01 01 00 04 31 03 00 00 00 00 00 00 06 40 00 23 0C 40 00 00 00 10 00 23 12 80 00 00 06 3F 00*4",
	  "00 00 00 20 00 23 12 80 03 00 08 00 00 23 12 80 00 00 08 00 00 23 12 80 40 00 00 10 00 23 12 80 54 00 00 10",
	  NO_LBA, MMC_STATE_INTERMEDIATE, 0, 2298496, 16, false, true, true, 1600 },

	/* ---- DVD+RW, DVD+R ---- */
	{ "V-PRW-0", MMC_DVD_PLUS_RW, "001F 0020 0023 0026 002A 0107", INFORMATION("10", "01", "01", "01", "00"),
	  "00 22 01 01 00 04 61 00 00*8 00 23 05 40 00 00 00 10 00 23 05 40" REST,
	  "00 00 00 10 00 23 05 40 01 00 08 00 00 23 05 40 98 00 00 00", NO_LBA,
	  MMC_STATE_UNFORMATTED, 0, 2295104, 16, false, false, false, 0 },
	{ "V-PRW-1", MMC_DVD_PLUS_RW, "0010 001F 0020 0023 0026 002A 0107", INFORMATION("1E", "01", "01", "01", "01"),
	  "00 22 01 01 00 04 21 00 00*12 00 00 00 10 00 23 05 40" REST,
	  "00 00 00 10 00 23 05 40 02 00 08 00 00 23 05 40 98 00 00 00", "00 23 05 3F 00 00 08 00",
	  MMC_STATE_FORMATTED, 2295104, 2295104, 16, true, false, false, 0 },
	{ "V-PR-0", MMC_DVD_PLUS_R, "001F 002B 0107", INFORMATION("00", "01", "01", "01", "20"),
	  "00 22 01 01 00 04 61 01 00*8 00 23 05 40 00 00 00 10 00 23 05 40" REST, NULL, NO_LBA,
	  MMC_STATE_BLANK, 0, 2295104, 16, false, false, true, 0 },
	{ "V-PRDL-1", MMC_DVD_PLUS_R_DL, "0010 001F 003B 0107", INFORMATION("01", "05", "05", "05", "20"),
	  "00 22 01 01 00 04 21 00 00*12 00 00 00 10 00 00 00 C0" REST
	  "00 22 02 02 00 04 21 00 00 00 08 C0 00*8 00 00 00 10 00 0A 9B C0" REST
	  "00 22 03 03 00 04 21 00 00 0A AC 80 00*8 00 00 00 10 00 0F EC 40" REST
	  "00 22 04 04 00 04 21 00 00 1A A0 C0 00*8 00 00 00 10 00 0F EC 60" REST
	  "00 22 05 05 00 04 61 01 00 2A 95 20 00 2A 95 20 00 15 1A E0 00 00 00 10 00 15 1A E0" REST,
	  NULL, "00 2A 8D 1F 00 00 08 00",
	  MMC_STATE_APPENDABLE, 2788640, 4173824, 16, false, false, true, 2790688 },

	/* ---- DVD-RAM ---- */
	{ "V-RAM-0", MMC_DVD_RAM, RANDOM_FEATURES " 0024", INFORMATION("1F", "01", "01", "01", "00"),
	  "00 22 01 01 00 04 01 02 00*12 00 00 00 10 00 22 21 20 00 22 21 1F 00*4",
	  "00 00 00 28 00 22 21 20 02 00 08 00 00 22 21 20 00 00 08 00 00 23 05 20 00 00 08 00 "
	  "00 21 FB 20 04 00 08 00 00 21 D5 20 04 00 08 00", "00 22 21 1F 00 00 08 00",
	  MMC_STATE_FORMATTED, 2236704, 2295072, 16, true, false, false, 0 },
	{ "V-RAM-8cm", MMC_DVD_RAM, RANDOM_FEATURES " 0024", INFORMATION("1F", "01", "01", "01", "00"), "", NULL,
	  "00 0A A5 5F 00 00 08 00", MMC_STATE_FORMATTED, 697696, 0, 16, true, false, false, 0 },
	{ "DVD-RAM, format was cut off", MMC_DVD_RAM, "0010 001F 0023 0024 0107", INFORMATION("10", "01", "01",
											      "01", "00"),
	  "00 22 01 01 00 24 0F 00 00*12 00 00 00 10 00*4" REST,
	  "00 00 00 18 00 23 05 20 01 00 08 00 00 22 21 20 00 00 08 00 00 23 05 20 00 00 08 00", NO_LBA,
	  MMC_STATE_UNFORMATTED, 0, 2295072, 16, false, false, false, 0 },

	/* ---- BD ---- */
	{ "V-BDR-0", MMC_BD_R, "0021 0023 0040 0041 0107", INFORMATION("00", "01", "01", "01", "00"),
	  "00 22 01 01 00 04 61 01 00*8 00 BA 74 00 00 00 00 20 00 BA 74 00" REST,
	  "00 00 00 28 00 BA 74 00 01 00 08 00 00 B4 74 00 00 00 30 00 00 B4 74 00 C8 00 00 00 00 58 74 00 C8 00 00 00 "
	  "00 B8 74 00 C8 00 00 00", NO_LBA, MMC_STATE_BLANK, 0, 12219392, 32, false, false, true, 0 },
	{ "BD-R, formatted and not yet written", MMC_BD_R, "0021 0024 0040 0041 0107",
	  INFORMATION("01", "01", "01", "01", "00"),
	  "00 22 01 01 00 04 61 01 00*8 00 B4 74 00 00 00 00 20 00 B4 74 00" REST,
	  "00 00 00 08 00 B4 74 00 02 00 08 00", NO_LBA, MMC_STATE_BLANK, 0, 11826176, 32, false, false, true, 0 },
	{ "V-BDR-1", MMC_BD_R, "0010 0021 0024 0038 0040 0041 0107", INFORMATION("05", "01", "01", "03", "00"),
	  "00 22 01 01 00 04 21 02 00*12 00 00 00 20 00 0B 9D 40" REST
	  "00 22 02 01 00 04 21 02 00 0B 9D 40 00*8 00 00 00 20 00 1D 19 20" REST
	  "00 22 03 01 00 04 21 01 00 28 B6 60 00 78 F0 20 00 3F 83 E0 00 00 00 20 00 8F BD A0" REST,
	  NULL, "00 B8 73 FF 00 00 08 00",
	  MMC_STATE_APPENDABLE, 12088320, 12088320, 32, false, false, true, 7925792 },
	{ "V-BDRE-0", MMC_BD_RE, "0010 0020 0023 0024 0040 0041 0107", INFORMATION("1E", "01", "01", "01", "00"),
	  "00 22 01 01 00 04 01 02 00*12 00 00 00 20 00 B4 74 00 00 B4 73 FF 00*4", NULL, "00 B4 73 FF 00 00 08 00",
	  MMC_STATE_FORMATTED, 11826176, 0, 32, true, false, false, 0 },
	{ "BD-RE, unformatted", MMC_BD_RE, "0023 0040 0041 0107", INFORMATION("10", "01", "01", "01", "00"),
	  "00 22 01 01 00 04 41 00 00*12 00 00 00 20 00 BA 74 00" REST,
	  "00 00 00 30 00 BA 74 00 01 00 08 00 00 B4 74 00 00 00 30 00 00 B4 74 00 C0 00 30 00 00 B0 74 00 C0 00 50 00 "
	  "00 B8 74 00 C0 00 10 00 00 BA 74 00 C4 00 08 00", NO_LBA,
	  MMC_STATE_UNFORMATTED, 0, 12219392, 32, false, false, false, 0 },
};

static void features_set(struct mmc_configuration *c, const char *text)
{
	uint8_t numbers[256];
	uint32_t n_bytes = hex(text, numbers, sizeof(numbers));

	for (uint32_t i = 0; i + 2 <= n_bytes; i += 2)
		c->features[numbers[i] << 8 | numbers[i + 1]] = 3;
}

static void facts_from(const struct row *row, struct mmc_facts *facts)
{
	uint8_t bytes[1024];
	uint32_t n_bytes;

	memset(facts, 0, sizeof(*facts));
	facts->has_medium = true;
	if (row->features) {
		facts->has_configuration = true;
		facts->configuration.profile = row->profile;
		facts->configuration.is_complete = true;
		features_set(&facts->configuration, row->features);
		/* every drive of the dumps can write something */
		facts->configuration.features[MMC_FEATURE_CD_TAO] |= 1;
	}
	if (row->information) {
		n_bytes = hex(row->information, bytes, sizeof(bytes));
		assert_int_equal(mmc_disc_information_parse(bytes, n_bytes, &facts->disc_information), UDF_OK);
		facts->has_disc_information = true;
	}
	n_bytes = hex(row->tracks, bytes, sizeof(bytes));
	assert_int_equal(n_bytes % 36, 0);
	for (uint32_t at = 0; at < n_bytes; at += 36)
		assert_int_equal(mmc_track_parse(bytes + at, 36, &facts->tracks[facts->n_tracks++]), UDF_OK);
	if (row->formats) {
		n_bytes = hex(row->formats, bytes, sizeof(bytes));
		assert_int_equal(mmc_format_capacities_parse(bytes, n_bytes, &facts->format_capacities), UDF_OK);
		facts->has_format_capacities = true;
	}
	n_bytes = hex(row->capacity, bytes, sizeof(bytes));
	assert_int_equal(mmc_capacity_parse(bytes, n_bytes, &facts->capacity_blocks, &facts->capacity_block_bytes),
			 UDF_OK);
	facts->has_capacity = true;
	facts->is_capacity_lost = bytes[0] == 0xFF;
}

static void published_dumps_are_understood(void **state)
{
	static struct mmc_facts facts;
	static struct mmc_disc disc;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];

		facts_from(row, &facts);
		mmc_disc_conclude(&facts, &disc);
		print_message("%s: %s, %s; %s\n", row->name, disc.profile->name, mmc_state_name(disc.state),
			      disc.trouble ? disc.trouble : "can be written");
		assert_int_equal(disc.profile->number, row->profile);
		assert_int_equal(disc.state, row->state);
		assert_int_equal(disc.n_blocks, row->n_blocks);
		assert_int_equal(disc.max_blocks, row->max_blocks);
		assert_int_equal(disc.write_unit_blocks, row->write_unit_blocks);
		assert_int_equal(disc.can_overwrite, row->can_overwrite);
		assert_int_equal(disc.needs_whole_units, row->needs_whole_units);
		assert_int_equal(disc.can_append, row->can_append);
		if (row->can_append)
			assert_int_equal(disc.next_writable_lba, row->next_writable_lba);
		/* what can't be written says why */
		assert_int_equal(disc.trouble == NULL, disc.can_overwrite || (disc.can_append &&
									      disc.state != MMC_STATE_INTERMEDIATE));
	}
}

static const struct row *row_find(const char *name)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!strcmp(rows[i].name, name))
			return &rows[i];
	fail_msg("no row %s", name);
	return NULL;
}

static void protection_is_named(void **state)
{
	static struct mmc_facts facts;
	static struct mmc_disc disc;

	(void)state;
	facts_from(row_find("V-RAM-0"), &facts);
	facts.has_protection = true;
	facts.protection.is_persistent = true;
	mmc_disc_conclude(&facts, &disc);
	assert_int_equal(disc.state, MMC_STATE_FORMATTED);
	assert_int_equal(disc.protection, MMC_PROTECTION_PERSISTENT);
	assert_false(disc.can_overwrite || disc.can_format);
	assert_non_null(strstr(disc.trouble, "--write-protect=off"));
	facts.protection.is_by_cartridge = true;
	mmc_disc_conclude(&facts, &disc);
	assert_int_equal(disc.protection, MMC_PROTECTION_CARTRIDGE);
	assert_non_null(strstr(disc.trouble, "tab"));
}

/* A DVD-ROM drive reads DVD-RAM, under the same profile. */
static void a_drive_that_only_reads_is_named(void **state)
{
	static struct mmc_facts facts;
	static struct mmc_disc disc;

	(void)state;
	facts_from(row_find("V-RAM-0"), &facts);
	memset(facts.configuration.features, 0, sizeof(facts.configuration.features));
	mmc_disc_conclude(&facts, &disc);
	assert_int_equal(disc.n_blocks, 2236704);
	assert_false(disc.can_overwrite || disc.can_format);
	assert_non_null(strstr(disc.trouble, "drive can't write"));
}

static void drives_without_profiles_are_told_by_atip(void **state)
{
	static struct mmc_facts facts;
	static struct mmc_disc disc;

	(void)state;
	facts_from(row_find("V-CDRW-FP-A"), &facts);
	facts.has_configuration = false;
	mmc_disc_conclude(&facts, &disc);
	assert_non_null(strstr(disc.trouble, "too old"));
	facts.has_atip = true;
	facts.atip.is_rewritable = true;
	facts.atip.lead_out_lba = 359849;
	mmc_disc_conclude(&facts, &disc);
	assert_int_equal(disc.profile->number, MMC_CD_RW);
	assert_true(disc.can_overwrite);
}

static void an_empty_drive_is_no_error(void **state)
{
	static const struct mmc_facts facts;
	static struct mmc_disc disc;

	(void)state;
	mmc_disc_conclude(&facts, &disc);
	assert_int_equal(disc.state, MMC_STATE_NO_MEDIUM);
	assert_int_equal(disc.profile->number, MMC_PROFILE_NONE);
	assert_non_null(disc.trouble);
}

/* Lead-outs as discs have them: 80, 74 and 21 minutes; sizes that formatted discs have */
static void packets_fit_before_the_lead_out(void **state)
{
	(void)state;
	assert_int_equal(mmc_cd_packets_blocks(359849, 32), 295264);
	assert_int_equal(mmc_cd_packets_blocks(336075, 32), 275744);
	assert_int_equal(mmc_cd_packets_blocks(94350, 32), 77408);
	assert_int_equal(mmc_cd_packets_blocks(103350, 32), 84800);
	assert_int_equal(mmc_cd_packets_blocks(0, 32), 0);
	assert_int_equal(mmc_cd_packets_blocks(UINT32_MAX, 32), 0);
	assert_int_equal(mmc_cd_packets_blocks(359849, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_dumps_are_understood),
		cmocka_unit_test(protection_is_named),
		cmocka_unit_test(a_drive_that_only_reads_is_named),
		cmocka_unit_test(drives_without_profiles_are_told_by_atip),
		cmocka_unit_test(an_empty_drive_is_no_error),
		cmocka_unit_test(packets_fit_before_the_lead_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
