/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A simulated CD-RW, with the bytes that real drives and the tables of MMC have for it. */
#include <stdio.h>
#include <string.h>

#include "sim_fixture.h"

#define TUR "00 00 00 00 00 00"
#define RDI "51 00 00 00 00 00 00 00 22 00"
#define RTI_1 "52 01 00 00 00 01 00 00 24 00"
#define RTI_NEXT "52 01 00 00 00 FF 00 00 24 00"
#define RFC "23 00 00 00 00 00 00 00 FC 00"
#define CAPACITY "25 00 00 00 00 00 00 00 00 00"
#define TOC "43 00 00 00 00 00 00 00 FC 00"
#define FULL_TOC "43 02 02 00 00 00 00 00 FC 00"
#define BLANK_FAST "A1 11 00 00 00 00 00 00 00 00 00 00"
#define SYNC "35 00 00 00 00 00 00 00 00 00"
#define CLOSE_TRACK "5B 00 01 00 00 FF 00 00 00 00"
#define CLOSE_SESSION "5B 00 02 00 00 00 00 00 00 00"
#define FORMAT "04 11 00 00 00 00"
#define WHOLE_DISC "00 02 00 08 00 04 81 60 40 00 00 20"
/* page 05: header, then the page with (byte 2, byte 3, byte 4, link size), 20h packets */
#define PAGE05(b2, b3, b4, link, format) "00*8 05 32 " b2 " " b3 " " b4 " " link " 00 00 " format \
	" 00 00 00 00 20 00 96 00*32 00 00 08 00"
#define SELECT "55 10 00 00 00 00 00 00 3C 00"
#define FIXED_PACKETS PAGE05("40", "25", "0A", "00", "20")
#define TRACK_AT_ONCE(multi) PAGE05("41", multi, "08", "00", "00")

static struct drive d;

static void is_blank_as_real_discs_are(void **state)
{
	(void)state;
	drive_start(&d, "cd-rw", NULL);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_reply(&d, "00 20 10 01 01 01 01 20 FF 00 00 00 00 00 00 00 00 61 0F 23 00 4F 3B 4A 00*10");
	assert_int_equal(drive_in(&d, RTI_NEXT, 36), 0);
	assert_reply(&d, "00 22 01 01 00 04 4F 01 00 00 00 00 00 00 00 00 00 05 7D A7 00 00 00 00 00 05 7D A7 00*8");
	assert_int_equal(drive_in(&d, RTI_1, 36), 0);
	assert_memory_equal(d.data + 5, "\x04\x4F\x01", 3);
	assert_int_equal(drive_in(&d, RFC, 252), 0);
	assert_reply(&d, "00 00 00 10 00 05 7D A7 01 00 08 00 00 04 81 60 40 00 00 20");
	assert_int_equal(drive_in(&d, CAPACITY, 8), 0);
	assert_reply(&d, "00 00 00 00 00 00 08 00");
	assert_int_equal(drive_in(&d, TOC, 252), 0x052400);
	assert_int_equal(drive_in(&d, "43 00 04 00 00 00 00 00 1C 00", 28), 0);
	assert_reply(&d, "00 1A 00 00 D1 00 CC 00 61 0F 23 00 4F 3B 4A 00 24 1A D8 00*9");
	assert_int_equal(drive_read(&d, 0, 1), 0x052100);
	drive_end(&d);
}

static void format(const char *list)
{
	assert_int_equal(drive_out_hex(&d, FORMAT, list), 0);
	assert_refused(&d, TUR, 0x020404);
	drive_wait(&d);
}

/* V-CDRW-FP-A of a real drive, but for the track mode, which is what page 05 says */
static void is_formatted_as_real_discs_are(void **state)
{
	(void)state;
	drive_start(&d, "cd-rw", NULL);
	assert_int_equal(drive_out_hex(&d, SELECT, FIXED_PACKETS), 0);
	format(WHOLE_DISC);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_reply(&d, "00 20 1E 01 01 01 01 20 20 00 00 00 00 00 00 00 FF FF FF FF FF FF FF FF 00*10");
	assert_int_equal(drive_in(&d, RTI_1, 36), 0);
	assert_reply(&d, "00 22 01 01 00 05 B2 00 00*12 00 00 00 20 00 04 81 60 00*8");
	assert_int_equal(drive_in(&d, RTI_NEXT, 36), 0x052400);
	assert_int_equal(drive_in(&d, RFC, 252), 0);
	assert_reply(&d, "00 00 00 10 00 04 81 60 02 00 08 00 00 04 81 60 40 00 00 20");
	assert_int_equal(drive_in(&d, CAPACITY, 8), 0);
	assert_reply(&d, "00 04 81 5F 00 00 08 00");
	assert_int_equal(drive_in(&d, TOC, 252), 0);
	assert_reply(&d, "00 12 01 01 00 15 01 00 00 00 00 00 00 15 AA 00 00 04 81 60");
	/* restricted overwrite, and neither streams nor tracks at once */
	assert_int_equal(drive_in(&d, "46 02 00 26 00 00 00 00 10 00", 16), 0);
	assert_int_equal(d.data[10] & 1, 1);
	assert_int_equal(drive_in(&d, "46 02 00 21 00 00 00 00 10 00", 16), 0);
	assert_int_equal(d.data[10] & 1, 0);
	/* nothing was written yet, and it can be read */
	assert_blocks(&d, 295263, 1, 0);
	assert_int_equal(drive_read(&d, 295264, 1), 0x052100);
	drive_end(&d);
}

static void takes_its_format_from_page_05(void **state)
{
	(void)state;
	drive_start(&d, "cd-rw", NULL);
	assert_int_equal(drive_out_hex(&d, SELECT, PAGE05("40", "27", "08", "07", "00")), 0);
	format(WHOLE_DISC);
	assert_int_equal(drive_in(&d, RTI_1, 36), 0);
	assert_memory_equal(d.data + 5, "\x07\xB1\x00", 3);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_int_equal(d.data[8], 0x00);
	drive_end(&d);
}

static void takes_whole_packets_only(void **state)
{
	(void)state;
	drive_start(&d, "cd-rw", NULL);
	format(WHOLE_DISC);
	assert_int_equal(drive_write(&d, 32, 32, 0x11), 0);
	assert_int_equal(drive_write(&d, 33, 32, 0x12), 0x052102);
	assert_int_equal(drive_write(&d, 32, 31, 0x12), 0x056401);
	assert_int_equal(drive_write(&d, 295264, 32, 0x12), 0x052100);
	assert_int_equal(drive_write(&d, 295232, 32, 0x13), 0);
	assert_blocks(&d, 32, 32, 0x11);
	assert_blocks(&d, 295232, 32, 0x13);
	drive_end(&d);
	drive_start(&d, "cd-rw", "rmw-cd");
	format(WHOLE_DISC);
	assert_int_equal(drive_write(&d, 33, 1, 0x14), 0);
	assert_blocks(&d, 33, 1, 0x14);
	drive_end(&d);
}

static void packets_fail_hard_and_heal_when_written_whole(void **state)
{
	(void)state;
	drive_start(&d, "cd-rw", NULL);
	format(WHOLE_DISC);
	SIM_OK(sim_set_defect(d.sim, 70, SIM_DEFECT_WRITE, 2));
	assert_int_equal(drive_write(&d, 64, 32, 0x21), 0);
	assert_int_equal(drive_sync(&d), 0x030C00);
	assert_int_equal(d.reply.sense[6], 64);
	assert_int_equal(drive_read(&d, 95, 1), 0x031105);
	assert_int_equal(drive_write(&d, 64, 32, 0x22), 0);
	assert_int_equal(drive_sync(&d), 0x030C00);
	assert_int_equal(drive_write(&d, 64, 32, 0x23), 0);
	assert_int_equal(drive_sync(&d), 0);
	assert_blocks(&d, 64, 32, 0x23);
	assert_int_equal(sim_packet_writes(d.sim, 2), 4);	/* the format wrote it, too */
	drive_end(&d);
	/* the drive that notices nothing */
	drive_start(&d, "cd-rw", "silent-write");
	format(WHOLE_DISC);
	SIM_OK(sim_set_defect(d.sim, 64, SIM_DEFECT_WRITE, SIM_DEFECT_FOR_GOOD));
	assert_int_equal(drive_write(&d, 64, 32, 0x24), 0);
	assert_int_equal(drive_sync(&d), 0);
	assert_int_equal(drive_read(&d, 64, 32), 0x031105);
	drive_end(&d);
}

static void wears_out(void **state)
{
	const struct sim_create_options options = { .media = "cd-rw", .endurance = 5 };

	(void)state;
	drive_create(&d, &options);
	drive_wait(&d);
	format(WHOLE_DISC);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(drive_write(&d, 0, 32, (uint8_t)i), 0);
		assert_int_equal(drive_sync(&d), 0);
	}
	assert_int_equal(drive_write(&d, 0, 32, 9), 0);
	assert_int_equal(drive_sync(&d), 0x030C00);
	drive_end(&d);
}

/* ---- page 05 ---- */

static void checks_page_05_by_value(void **state)
{
	(void)state;
	drive_start(&d, "cd-rw", NULL);
	assert_int_equal(drive_out_hex(&d, SELECT, FIXED_PACKETS), 0);
	assert_int_equal(drive_in(&d, "5A 08 05 00 00 00 00 00 3C 00", 60), 0);
	assert_memory_equal(d.data + 8, "\x05\x32\x40\x25\x0A\x00\x00\x00\x20\x00\x00\x00\x00\x20", 14);
	/* link size valid with the size 0 is tolerated, with 5 not */
	assert_int_equal(drive_out_hex(&d, SELECT, PAGE05("60", "25", "0A", "00", "20")), 0);
	assert_int_equal(drive_out_hex(&d, SELECT, PAGE05("60", "25", "0A", "05", "20")), 0x052600);
	assert_int_equal(drive_out_hex(&d, SELECT, PAGE05("40", "25", "04", "00", "20")), 0x052600);
	assert_int_equal(drive_out_hex(&d, SELECT, PAGE05("40", "21", "08", "00", "20")), 0x052600);
	assert_int_equal(drive_out_hex(&d, SELECT, PAGE05("43", "04", "08", "00", "00")), 0x052600);
	assert_int_equal(drive_out_hex(&d, SELECT, PAGE05("40", "25", "0A", "00", "30")), 0x052600);
	assert_int_equal(drive_out_hex(&d, "55 11 00 00 00 00 00 00 3C 00", FIXED_PACKETS), 0x052400);
	assert_int_equal(drive_out_hex(&d, "55 10 00 00 00 00 00 00 0C 00", FIXED_PACKETS), 0x051A00);
	drive_end(&d);
}

static void write_and_close_a_session(const char *multi)
{
	assert_int_equal(drive_out_hex(&d, SELECT, multi), 0);
	assert_int_equal(drive_in(&d, RTI_NEXT, 36), 0);
	assert_int_equal(drive_write(&d, (uint32_t)d.data[13] << 16 | (uint32_t)d.data[14] << 8 | d.data[15], 32, 0x31),
			 0);
	assert_int_equal(drive_do(&d, SYNC), 0);
	assert_int_equal(drive_do(&d, CLOSE_SESSION), 0);
	drive_wait(&d);
}

static void reload(void)
{
	assert_int_equal(drive_do(&d, "1B 00 00 00 02 00"), 0);
	assert_int_equal(drive_do(&d, "1B 00 00 00 03 00"), 0);
	drive_wait(&d);
}

/* The failure that users of ASUS and LG drives met, and the way around it that they found. */
static void refuses_fixed_packets_until_complete(void **state)
{
	const struct sim_create_options options = { .media = "cd-rw", .drive = "asus-lg-2019" };

	(void)state;
	drive_create(&d, &options);
	drive_wait(&d);
	assert_int_equal(drive_out_hex(&d, SELECT, FIXED_PACKETS), 0x052600);
	write_and_close_a_session(TRACK_AT_ONCE("C4"));
	assert_int_equal(drive_out_hex(&d, SELECT, FIXED_PACKETS), 0x052600);
	assert_int_equal(drive_do(&d, BLANK_FAST), 0);
	drive_wait(&d);
	write_and_close_a_session(TRACK_AT_ONCE("04"));
	assert_int_equal(drive_out_hex(&d, SELECT, FIXED_PACKETS), 0x052600);
	reload();
	assert_int_equal(drive_out_hex(&d, SELECT, FIXED_PACKETS), 0);
	format(WHOLE_DISC);
	assert_int_equal(drive_write(&d, 0, 32, 0x32), 0);
	drive_end(&d);
}

static void needs_page_05_in_a_pioneer(void **state)
{
	const struct sim_create_options options = { .media = "cd-rw", .drive = "pioneer-r11" };

	(void)state;
	drive_create(&d, &options);
	drive_wait(&d);
	assert_int_equal(drive_out_hex(&d, FORMAT, WHOLE_DISC), 0x052600);
	assert_int_equal(drive_out_hex(&d, SELECT, PAGE05("60", "25", "0A", "00", "20")), 0x052600);
	assert_int_equal(drive_out_hex(&d, SELECT, FIXED_PACKETS), 0);
	format(WHOLE_DISC);
	drive_end(&d);
}

static void leaves_a_session_open_in_an_old_writer(void **state)
{
	const struct sim_create_options options = { .media = "cd-rw", .drive = "old-cdrw" };

	(void)state;
	drive_create(&d, &options);
	drive_wait(&d);
	/* IMMED is ignored: the command ends when the disc is formatted */
	assert_int_equal(drive_out_hex(&d, FORMAT, WHOLE_DISC), 0);
	assert_refused(&d, TUR, 0);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_reply(&d, "00 20 15 01 01 01 02 20 20 00 00 00 00 00 00 00 00 61 0F 23 00 4F 3B 4A 00*10");
	assert_int_equal(drive_in(&d, TOC, 252), 0x052400);
	assert_int_equal(drive_in(&d, RTI_1, 36), 0);
	assert_reply(&d, "00 1A 01 01 00 05 B2 00 00*12 00 00 00 20 00 04 81 60");
	assert_int_equal(drive_do(&d, CLOSE_SESSION), 0);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_int_equal(d.data[2], 0x1E);
	assert_int_equal(drive_in(&d, TOC, 252), 0);
	drive_end(&d);
}

/* ---- formatting ---- */

static void takes_the_lists_that_programs_send(void **state)
{
	(void)state;
	drive_start(&d, "cd-rw", NULL);
	/* cdrwtool: 16 bytes, and the old way with the size at the end */
	format("00 02 00 08 00 04 81 60 40 00 00 20 00 00 00 00");
	assert_int_equal(drive_out_hex(&d, "04 17 00 00 00 00", "00 02 00 08 00 00 00 00 00 00 00 00 00 04 81 60"), 0);
	drive_wait(&d);
	/* fewer blocks, rounded down to whole packets */
	format("00 02 00 08 00 00 01 01 40 00 00 20");
	assert_int_equal(drive_in(&d, CAPACITY, 8), 0);
	assert_reply(&d, "00 00 00 FF 00 00 08 00");
	assert_int_equal(drive_out_hex(&d, FORMAT, "00 02 00 08 00 04 81 80 40 00 00 20"), 0x052600);
	assert_int_equal(drive_out_hex(&d, FORMAT, "00 02 00 08 00 04 81 60 40 00 00 10"), 0x052600);
	assert_int_equal(drive_out_hex(&d, FORMAT, "00 02 00 08 FF FF FF FF 40 00 00 20"), 0x052600);
	assert_int_equal(drive_out_hex(&d, FORMAT, "00 02 00 08 00 04 81 60 00 00 08 00"), 0x052600);
	assert_int_equal(drive_out_hex(&d, FORMAT, "00 82 00 07 00 04 81 60 40 00 00 20"), 0x052600);
	drive_end(&d);
}

static void is_damaged_after_a_cut_and_blanking_cures_it(void **state)
{
	const struct sim_cut now = { .n_packets = 0 };

	(void)state;
	drive_start(&d, "cd-rw", NULL);
	assert_int_equal(drive_out_hex(&d, FORMAT, WHOLE_DISC), 0);
	sim_cut_power(d.sim, &now);
	sim_power_on(d.sim);
	drive_wait(&d);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_reply(&d, "00 20 19 01 01 01 01 20 FF 00 00 00 00 00 00 00 00 61 0F 23 00 4F 3B 4A 00*10");
	assert_int_equal(drive_in(&d, RTI_1, 36), 0);
	assert_reply(&d, "00 22 01 01 00 24 0F 00 00*28");
	assert_int_equal(drive_read(&d, 0, 1), 0x033100);
	assert_int_equal(drive_in(&d, TOC, 252), 0x052400);
	assert_int_equal(drive_do(&d, BLANK_FAST), 0);
	assert_refused(&d, TUR, 0x020407);
	drive_wait(&d);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_int_equal(d.data[2], 0x10);
	drive_end(&d);
}

static void a_cut_tears_one_packet_and_loses_others(void **state)
{
	unsigned n_lost = 0;

	(void)state;
	for (uint64_t seed = 1; seed < 6; seed++) {
		const struct sim_cut cut = { .n_packets = 2, .seed = seed };
		unsigned n_torn = 0;

		drive_start(&d, "cd-rw", NULL);
		format(WHOLE_DISC);
		for (uint32_t i = 0; i < 6; i++)
			assert_int_equal(drive_write(&d, 32 * i, 32, 0x41), 0);
		assert_int_equal(drive_sync(&d), 0);
		for (uint32_t i = 0; i < 6; i++)
			assert_int_equal(drive_write(&d, 32 * i, 32, 0x42), 0);
		sim_cut_power(d.sim, &cut);
		assert_int_equal(drive_sync(&d), 0xff0000 + MMC_DRIVE_GONE);
		sim_power_on(d.sim);
		drive_wait(&d);
		for (uint32_t i = 0; i < 6; i++) {
			uint32_t sense = drive_read(&d, 32 * i, 32);

			n_torn += sense == 0x031105;
			n_lost += sense == 0 && d.data[0] == 0x41;
			assert_true(sense == 0x031105 || sense == 0);
		}
		assert_int_equal(n_torn, 1);
		drive_end(&d);
	}
	assert_true(n_lost > 0);
}

/* ---- tracks and sessions ---- */

static void writes_tracks_at_once(void **state)
{
	(void)state;
	drive_start(&d, "cd-rw", NULL);
	assert_int_equal(drive_out_hex(&d, SELECT, TRACK_AT_ONCE("C4")), 0);
	assert_int_equal(drive_write(&d, 1, 32, 0x51), 0x052102);
	for (uint32_t i = 0; i < 20; i++)
		while (drive_write(&d, 32 * i, 32, 0x51) == 0x020408)
			;
	assert_int_equal(drive_read(&d, 0, 1), 0x052C00);
	assert_int_equal(drive_in(&d, RTI_1, 36), 0);
	/* track 1 is open: mode 1, 640 blocks are written */
	assert_reply(&d, "00 22 01 01 00 04 01 01 00 00 00 00 00 00 02 80 00 05 7B 27 00 00 00 00 00 05 7D A7 00*8");
	/* the end of the data is the end of the track */
	assert_int_equal(drive_do(&d, SYNC), 0);
	assert_blocks(&d, 639, 1, 0x51);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_reply(&d, "00 20 15 01 01 01 02 20 00 00 00 00 00 00 00 00 00 61 0F 23 00 4F 3B 4A 00*10");
	assert_int_equal(drive_in(&d, RTI_NEXT, 36), 0);
	/* 640 + 152 */
	assert_int_equal(d.data[14] << 8 | d.data[15], 792);
	assert_int_equal(drive_do(&d, CLOSE_SESSION), 0);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	/* the next lead-in begins at 642 + 6750 = 1:40:42 */
	assert_reply(&d, "00 20 11 01 02 02 02 20 00 00 00 00 00 00 00 00 00 01 28 2A 00 4F 3B 4A 00*10");
	assert_int_equal(drive_in(&d, RTI_NEXT, 36), 0);
	assert_int_equal(d.data[14] << 8 | d.data[15], 642 + 11400);
	/* the capacity includes two run-out blocks, which can't be read */
	assert_int_equal(drive_in(&d, CAPACITY, 8), 0);
	assert_reply(&d, "00 00 02 81 00 00 08 00");
	assert_int_equal(drive_read(&d, 640, 1), 0x031105);
	assert_int_equal(drive_read(&d, 642, 1), 0x052100);
	drive_end(&d);
}

/* As a real disc with one session has it: 17:25:47 is 2:30:00 after the lead-out at 14:55:47. */
static void has_the_table_of_contents_of_a_real_disc(void **state)
{
	(void)state;
	drive_start(&d, "cd-rw", NULL);
	assert_int_equal(drive_out_hex(&d, SELECT, TRACK_AT_ONCE("C4")), 0);
	for (uint32_t at = 0; at < 67020; at += 60)
		while (drive_write(&d, at, 60, 0x52) == 0x020408)
			;
	assert_int_equal(drive_do(&d, SYNC), 0);
	assert_int_equal(drive_do(&d, CLOSE_SESSION), 0);
	assert_int_equal(drive_in(&d, FULL_TOC, 252), 0);
	assert_reply(&d, "00 44 01 01 01 14 00 A0 00 00 00 00 01 00 00 01 14 00 A1 00 00 00 00 01 00 00 "
		     "01 14 00 A2 00 00 00 00 0E 37 2F 01 14 00 01 00 00 00 00 00 02 00 "
		     "01 54 00 B0 11 19 2F 02 4F 3B 4A 01 54 00 C0 A0 00 40 00 61 0F 23");
	drive_end(&d);
}

static void makes_the_sender_wait_when_the_buffer_is_full(void **state)
{
	uint32_t n_busy = 0, n_written = 0;

	(void)state;
	drive_start(&d, "cd-rw", NULL);
	assert_int_equal(drive_in(&d, "5C 00 00 00 00 00 00 00 0C 00", 12), 0);
	assert_reply(&d, "00 0A 00 00 00 13 18 00 00 13 18 00");
	assert_int_equal(drive_out_hex(&d, SELECT, TRACK_AT_ONCE("04")), 0);
	while (n_busy == 0 && n_written < 4000) {
		uint32_t sense = drive_write(&d, n_written, 32, 1);

		assert_true(sense == 0 || sense == 0x020408);
		n_busy += sense != 0;
		n_written += sense ? 0 : 32;
	}
	/* 131800h bytes are 611 blocks */
	assert_in_range(n_written, 600, 620);
	drive_end(&d);
}

static void loses_its_place_when_the_power_fails_in_a_track(void **state)
{
	const struct sim_cut cut = { .n_packets = 3, .seed = 4 };

	(void)state;
	drive_start(&d, "cd-rw", NULL);
	assert_int_equal(drive_out_hex(&d, SELECT, TRACK_AT_ONCE("04")), 0);
	sim_cut_power(d.sim, &cut);
	for (uint32_t i = 0; i < 2; i++)
		assert_int_equal(drive_write(&d, 32 * i, 32, 1), 0);
	assert_int_equal(drive_write(&d, 64, 32, 1), 0xff0000 + MMC_DRIVE_GONE);
	sim_power_on(d.sim);
	drive_wait(&d);
	assert_int_equal(drive_in(&d, RTI_1, 36), 0);
	assert_memory_equal(d.data + 5, "\x24\x01\x00", 3);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_int_equal(d.data[2], 0x15);
	assert_int_equal(drive_do(&d, CLOSE_TRACK), 0);
	assert_int_equal(drive_do(&d, CLOSE_SESSION), 0);
	/* a track has 4 seconds at least */
	assert_int_equal(drive_in(&d, CAPACITY, 8), 0);
	assert_reply(&d, "00 00 01 2D 00 00 08 00");
	drive_end(&d);
}

static void is_blanked_and_closed_by_the_rules(void **state)
{
	(void)state;
	drive_start(&d, "cd-rw", NULL);
	assert_int_equal(drive_do(&d, CLOSE_TRACK), 0);
	assert_int_equal(drive_do(&d, CLOSE_SESSION), 0);
	assert_int_equal(drive_do(&d, "5B 00 06 00 00 00 00 00 00 00"), 0x052400);
	assert_int_equal(drive_do(&d, "A1 12 00 00 00 00 00 00 00 00 00 00"), 0x052400);
	write_and_close_a_session(TRACK_AT_ONCE("04"));
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_reply(&d, "00 20 1E 01 01 01 01 20 00 00 00 00 00 00 00 00 FF FF FF FF FF FF FF FF 00*10");
	assert_int_equal(drive_write(&d, 12000, 32, 1), 0x053005);
	assert_int_equal(drive_do(&d, CLOSE_SESSION), 0x052C00);
	assert_int_equal(drive_do(&d, BLANK_FAST), 0);
	drive_wait(&d);
	format(WHOLE_DISC);
	assert_int_equal(drive_do(&d, CLOSE_TRACK), 0x052C00);
	assert_int_equal(drive_do(&d, CLOSE_SESSION), 0);
	assert_int_equal(drive_do(&d, BLANK_FAST), 0);
	drive_wait(&d);
	assert_int_equal(drive_in(&d, RFC, 252), 0);
	assert_memory_equal(d.data + 4, "\x00\x05\x7D\xA7\x01\x00\x08\x00", 8);
	drive_end(&d);
}

static void keeps_its_tracks_when_closed_and_opened(void **state)
{
	uint8_t before[36];

	(void)state;
	drive_start(&d, "cd-rw", NULL);
	write_and_close_a_session(TRACK_AT_ONCE("C4"));
	assert_int_equal(drive_in(&d, RTI_NEXT, 36), 0);
	memcpy(before, d.data, sizeof(before));
	drive_close(&d);
	drive_open(&d);
	assert_int_equal(drive_in(&d, RTI_NEXT, 36), 0);
	assert_memory_equal(d.data, before, sizeof(before));
	assert_blocks(&d, 0, 32, 0x31);
	drive_end(&d);
}

/* ---- session at once ---- */

#define SESSION_AT_ONCE(multi) PAGE05("42", multi, "08", "00", "00")
#define SEND_CUE "5D 00 00 00 00 00 00 00 20 00"
/* As mmc.md 2.11 has it: lead-in, pre-gap, track 1 at 0:02:00, lead-out at 0:06:40, which is block 340 */
#define CUE_PARTS(pre_gap, track, lead_out) "41 00 00 14 00 00 00 00 " pre_gap track lead_out
#define CUE CUE_PARTS("41 01 00 10 00 00 00 00 ", "41 01 01 10 00 00 02 00 ", "41 AA 01 14 00 00 06 28")
#define PRE_GAP 0xFFFFFF6Au	/* -150 */

static void start_session(const char *multi)
{
	drive_start(&d, "cd-rw", NULL);
	assert_int_equal(drive_out_hex(&d, SELECT, multi), 0);
	assert_int_equal(drive_out_hex(&d, SEND_CUE, CUE), 0);
}

static void writes_a_session_at_once(void **state)
{
	(void)state;
	start_session(SESSION_AT_ONCE("04"));
	/* writing begins in the pre-gap, and goes on without a hole */
	assert_int_equal(drive_write(&d, 0, 32, 0x61), 0x052102);
	assert_int_equal(drive_write(&d, PRE_GAP, 160, 0x61), 0);
	assert_int_equal(drive_write(&d, 11, 32, 0x61), 0x052102);
	assert_int_equal(drive_write(&d, 10, 160, 0x61), 0);
	assert_int_equal(drive_write(&d, 170, 171, 0x61), 0x052100);
	assert_int_equal(drive_write(&d, 170, 170, 0x62), 0);
	assert_int_equal(drive_do(&d, CLOSE_SESSION), 0x052C00);
	/* the lead-out and the lead-in come with the sync; no run-out blocks follow the track */
	assert_int_equal(drive_do(&d, SYNC), 0);
	assert_blocks(&d, 0, 170, 0x61);
	assert_blocks(&d, 170, 170, 0x62);
	assert_int_equal(drive_read(&d, 340, 1), 0x052100);
	assert_int_equal(drive_in(&d, CAPACITY, 8), 0);
	assert_reply(&d, "00 00 01 53 00 00 08 00");
	assert_int_equal(drive_in(&d, TOC, 252), 0);
	assert_reply(&d, "00 12 01 01 00 14 01 00 00 00 00 00 00 14 AA 00 00 00 01 54");
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_int_equal(d.data[2], 0x1E);
	drive_close(&d);
	drive_open(&d);
	drive_wait(&d);
	assert_int_equal(drive_in(&d, CAPACITY, 8), 0);
	assert_reply(&d, "00 00 01 53 00 00 08 00");
	drive_end(&d);
}

static void may_let_another_session_follow(void **state)
{
	(void)state;
	start_session(SESSION_AT_ONCE("C4"));
	assert_int_equal(drive_write(&d, PRE_GAP, 150, 0), 0);
	for (uint32_t i = 0; i < 2; i++)
		assert_int_equal(drive_write(&d, 170 * i, 170, 0x63), 0);
	assert_int_equal(drive_do(&d, SYNC), 0);
	assert_int_equal(drive_in(&d, RTI_NEXT, 36), 0);
	/* 340 + 11400 */
	assert_int_equal(d.data[14] << 8 | d.data[15], 11740);
	drive_end(&d);
}

static void refuses_a_cue_sheet_that_it_cannot_write(void **state)
{
	static const char *const sheets[] = {
		/* audio; pre-gap of another length; another start; 299 blocks; more than the disc holds; no lead-out */
		CUE_PARTS("01 01 00 00 00 00 00 00 ", "01 01 01 00 00 00 02 00 ", "01 AA 01 01 00 00 06 28"),
		CUE_PARTS("41 01 00 10 00 00 01 00 ", "41 01 01 10 00 00 02 00 ", "41 AA 01 14 00 00 06 28"),
		CUE_PARTS("41 01 00 10 00 00 00 00 ", "41 01 01 10 00 00 03 00 ", "41 AA 01 14 00 00 06 28"),
		CUE_PARTS("41 01 00 10 00 00 00 00 ", "41 01 01 10 00 00 02 00 ", "41 AA 01 14 00 00 05 4A"),
		CUE_PARTS("41 01 00 10 00 00 00 00 ", "41 01 01 10 00 00 02 00 ", "41 AA 01 14 00 63 00 00"),
		CUE_PARTS("41 01 00 10 00 00 00 00 ", "41 01 01 10 00 00 02 00 ", "41 02 01 10 00 00 06 28"),
	};

	(void)state;
	drive_start(&d, "cd-rw", NULL);
	/* without the write type; and nothing can be written without a sheet */
	assert_int_equal(drive_out_hex(&d, SEND_CUE, CUE), 0x052C00);
	assert_int_equal(drive_out_hex(&d, SELECT, SESSION_AT_ONCE("04")), 0);
	assert_int_equal(drive_write(&d, PRE_GAP, 150, 0), 0x052C00);
	for (size_t i = 0; i < sizeof(sheets) / sizeof(sheets[0]); i++)
		assert_int_equal(drive_out_hex(&d, SEND_CUE, sheets[i]), 0x052600);
	assert_int_equal(drive_out_hex(&d, "5D 00 00 00 00 00 00 00 18 00", CUE), 0x051A00);
	assert_int_equal(drive_out_hex(&d, "5D 00 00 00 00 00 00 00 1F 00", CUE), 0x051A00);
	assert_int_equal(drive_write(&d, PRE_GAP, 150, 0), 0x052C00);
	drive_end(&d);
}

static void is_damaged_when_the_power_fails_in_a_session(void **state)
{
	const struct sim_cut cut = { .n_packets = 0 };

	(void)state;
	start_session(SESSION_AT_ONCE("04"));
	assert_int_equal(drive_write(&d, PRE_GAP, 150, 0), 0);
	assert_int_equal(drive_write(&d, 0, 100, 0x64), 0);
	sim_cut_power(d.sim, &cut);
	sim_power_on(d.sim);
	drive_wait(&d);
	assert_int_equal(drive_in(&d, RTI_1, 36), 0);
	assert_memory_equal(d.data + 5, "\x24\x0F", 2);
	assert_int_equal(drive_do(&d, BLANK_FAST), 0);
	drive_wait(&d);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_int_equal(d.data[2], 0x10);
	drive_end(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_blank_as_real_discs_are),
		cmocka_unit_test(is_formatted_as_real_discs_are),
		cmocka_unit_test(takes_its_format_from_page_05),
		cmocka_unit_test(takes_whole_packets_only),
		cmocka_unit_test(packets_fail_hard_and_heal_when_written_whole),
		cmocka_unit_test(wears_out),
		cmocka_unit_test(checks_page_05_by_value),
		cmocka_unit_test(refuses_fixed_packets_until_complete),
		cmocka_unit_test(needs_page_05_in_a_pioneer),
		cmocka_unit_test(leaves_a_session_open_in_an_old_writer),
		cmocka_unit_test(takes_the_lists_that_programs_send),
		cmocka_unit_test(is_damaged_after_a_cut_and_blanking_cures_it),
		cmocka_unit_test(a_cut_tears_one_packet_and_loses_others),
		cmocka_unit_test(writes_tracks_at_once),
		cmocka_unit_test(has_the_table_of_contents_of_a_real_disc),
		cmocka_unit_test(makes_the_sender_wait_when_the_buffer_is_full),
		cmocka_unit_test(loses_its_place_when_the_power_fails_in_a_track),
		cmocka_unit_test(is_blanked_and_closed_by_the_rules),
		cmocka_unit_test(keeps_its_tracks_when_closed_and_opened),
		cmocka_unit_test(writes_a_session_at_once),
		cmocka_unit_test(may_let_another_session_follow),
		cmocka_unit_test(refuses_a_cue_sheet_that_it_cannot_write),
		cmocka_unit_test(is_damaged_when_the_power_fails_in_a_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
