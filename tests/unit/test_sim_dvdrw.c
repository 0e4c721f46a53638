/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A simulated DVD-RW, with the bytes that real drives and the tables of MMC have for it. */
#include <string.h>

#include "sim_fixture.h"

#define TUR "00 00 00 00 00 00"
#define RDI "51 00 00 00 00 00 00 00 22 00"
#define RTI_1 "52 01 00 00 00 01 00 00 30 00"
#define RTI_2 "52 01 00 00 00 02 00 00 30 00"
#define RFC "23 00 00 00 00 00 00 00 FC 00"
#define CAPACITY "25 00 00 00 00 00 00 00 00 00"
#define TOC "43 00 00 00 00 00 00 00 FC 00"
#define PROFILE "46 00 00 00 00 00 00 00 08 00"
#define STREAMS "46 02 00 21 00 00 00 00 10 00"
#define FORMAT "04 11 00 00 00 00"
#define FULL "00 02 00 08 00 23 10 20 00 00 08 00"
#define QUICK "00 02 00 08 00 00 00 00 54 00 00 10"
#define GROW "00 02 00 08 00 00 00 00 4C 00 00 10"
#define CLOSE_TRACK "5B 01 01 00 00 01 00 00 00 00"
#define CLOSE_SESSION "5B 01 02 00 00 00 00 00 00 00"
#define BLANK_FULL "A1 10 00 00 00 00 00 00 00 00 00 00"
#define BLANK_FAST "A1 11 00 00 00 00 00 00 00 00 00 00"
#define SELECT "55 10 00 00 00 00 00 00 3C 00"
#define PAGE05(b2, b3) "00*8 05 32 " b2 " " b3 " 08 10 00 00 00 00 00 00 00 10 00 96 00*36"

static struct drive d;

static void do_and_wait(const char *cdb)
{
	assert_int_equal(drive_do(&d, cdb), 0);
	drive_wait(&d);
}

static void format(const char *list)
{
	assert_int_equal(drive_out_hex(&d, FORMAT, list), 0);
	drive_wait(&d);
}

/* V-DVDRW-0 and V-RFC-1: four drives had it like this. */
static void is_blank_as_real_discs_are(void **state)
{
	(void)state;
	drive_start(&d, "dvd-rw", NULL);
	assert_int_equal(drive_in(&d, PROFILE, 8), 0);
	assert_int_equal(d.data[7], 0x14);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_reply(&d, "00 20 10 01 01 01 01 20 00*8 FF FF FF FF 00 23 10 20 00*10");
	assert_int_equal(drive_in(&d, RTI_1, 48), 0);
	assert_reply(&d, "00 2E 01 01 00 04 61 01 00*8 00 23 10 20 00 00 00 10 00 23 10 20 00*20");
	assert_int_equal(drive_in(&d, RFC, 252), 0);
	assert_reply(&d, "00 00 00 20 00 23 10 20 01 00 08 00 00 23 10 20 00 00 08 00 00 23 10 20 40 00 00 10 "
		     "00 23 10 20 54 00 00 10");
	assert_int_equal(drive_in(&d, CAPACITY, 8), 0);
	assert_reply(&d, "00 00 00 00 00 00 08 00");
	assert_int_equal(drive_in(&d, TOC, 252), 0x052400);
	assert_int_equal(drive_in(&d, STREAMS, 16), 0);
	assert_int_equal(d.data[10] & 1, 1);
	drive_end(&d);
}

static void is_overwritten_in_whole_ecc_blocks(void **state)
{
	(void)state;
	drive_start(&d, "dvd-rw", NULL);
	assert_int_equal(drive_out_hex(&d, FORMAT, FULL), 0);
	assert_refused(&d, TUR, 0x020404);
	drive_wait(&d);
	assert_int_equal(drive_in(&d, PROFILE, 8), 0);
	assert_int_equal(d.data[7], 0x13);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_int_equal(d.data[2], 0x1E);
	assert_int_equal(drive_in(&d, RTI_1, 48), 0);
	assert_reply(&d, "00 2E 01 01 00 04 31 02 00*12 00 00 00 10 00 23 10 20 00 23 10 1F 00*16");
	assert_int_equal(drive_in(&d, RFC, 252), 0);
	assert_reply(&d, "00 00 00 28 00 23 10 20 02 00 08 00 00 23 10 20 00 00 08 00 00 23 10 20 40 00 00 10 "
		     "00 23 10 20 54 00 00 10 00 00 00 00 4C 00 00 10");
	assert_int_equal(drive_write(&d, 16, 16, 0x11), 0);
	assert_int_equal(drive_write(&d, 17, 16, 0x12), 0x052102);
	assert_int_equal(drive_write(&d, 16, 8, 0x12), 0x056401);
	assert_int_equal(drive_write(&d, 2297888, 16, 0x12), 0x052100);
	assert_blocks(&d, 16, 16, 0x11);
	assert_blocks(&d, 2297887, 1, 0);
	assert_int_equal(drive_do(&d, CLOSE_SESSION), 0);
	assert_int_equal(drive_do(&d, CLOSE_TRACK), 0x052400);
	drive_end(&d);
}

static void grows_from_a_quick_format(void **state)
{
	(void)state;
	drive_start(&d, "dvd-rw", NULL);
	format(QUICK);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_reply(&d, "00 20 15 01 01 01 01 20 00*8 FF FF FF FF 00 23 10 20 00*10");
	assert_int_equal(drive_in(&d, RTI_1, 48), 0);
	assert_reply(&d, "00 2E 01 01 00 04 71 01 00*8 00 23 10 20 00 00 00 10 00 23 10 20 00*20");
	assert_int_equal(drive_in(&d, RFC, 252), 0);
	assert_reply(&d, "00 00 00 20 00 23 10 20 03 00 08 00 00 23 10 20 00 00 08 00 00 23 10 20 40 00 00 10 "
		     "00 23 10 20 54 00 00 10");
	/* at the end only, and again what is there */
	assert_int_equal(drive_write(&d, 16, 16, 0x21), 0x052102);
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(drive_write(&d, i * 16, 16, 0x21), 0);
	assert_int_equal(drive_write(&d, 32, 16, 0x22), 0);
	assert_int_equal(drive_in(&d, RTI_1, 48), 0);
	/* 1600 blocks are written */
	assert_reply(&d, "00 2E 01 01 00 04 31 03 00 00 00 00 00 00 06 40 00 23 09 E0 00 00 00 10 00 23 10 20 "
		     "00 00 06 3F 00*16");
	assert_int_equal(drive_read(&d, 0, 1), 0x052100);
	do_and_wait(CLOSE_SESSION);
	assert_int_equal(drive_in(&d, CAPACITY, 8), 0);
	assert_reply(&d, "00 00 06 3F 00 00 08 00");
	assert_blocks(&d, 16, 16, 0x21);
	assert_blocks(&d, 32, 16, 0x22);
	/* it has room to grow: 2297888 - 1600 */
	assert_int_equal(drive_in(&d, RFC, 252), 0);
	assert_int_equal(d.reply.n_data_bytes, 44);
	assert_memory_equal(d.data + 36, "\x00\x23\x09\xE0\x4C\x00\x00\x10", 8);
	format(GROW);
	assert_int_equal(drive_read(&d, 0, 1), 0x052C00);
	assert_int_equal(drive_write(&d, 1600, 16, 0x23), 0);
	do_and_wait(CLOSE_SESSION);
	assert_blocks(&d, 1600, 16, 0x23);
	assert_blocks(&d, 0, 16, 0x21);
	assert_int_equal(drive_read(&d, 1616, 1), 0x052100);
	drive_end(&d);
}

static void goes_back_to_be_written_in_order(void **state)
{
	(void)state;
	drive_start(&d, "dvd-rw", NULL);
	format(FULL);
	assert_int_equal(drive_do(&d, BLANK_FAST), 0);
	assert_refused(&d, TUR, 0x020407);
	drive_wait(&d);
	assert_int_equal(drive_in(&d, PROFILE, 8), 0);
	assert_int_equal(d.data[7], 0x14);
	/* after the minimal blanking there is no incremental writing */
	assert_int_equal(drive_in(&d, STREAMS, 16), 0);
	assert_int_equal(d.data[10] & 1, 0);
	assert_int_equal(drive_in(&d, RTI_1, 48), 0);
	assert_memory_equal(d.data + 5, "\x04\x41\x01", 3);
	assert_int_equal(drive_write(&d, 0, 16, 1), 0x056400);
	do_and_wait(BLANK_FULL);
	assert_int_equal(drive_write(&d, 0, 16, 1), 0);
	drive_end(&d);
}

static void writes_borders_in_order(void **state)
{
	(void)state;
	drive_start(&d, "dvd-rw", NULL);
	assert_int_equal(drive_out_hex(&d, SELECT, PAGE05("60", "E5")), 0);
	for (uint32_t at = 0; at < 100; at += 20)
		assert_int_equal(drive_write(&d, at, 20, 0x31), 0);
	assert_int_equal(drive_sync(&d), 0);
	/* 100 blocks are padded to 112 */
	assert_int_equal(drive_in(&d, RTI_1, 48), 0);
	assert_memory_equal(d.data + 5, "\x04\x21\x01\x00\x00\x00\x00\x00\x00\x00\x70", 11);
	assert_blocks(&d, 0, 96, 0x31);
	assert_int_equal(drive_do(&d, CLOSE_SESSION), 0x057203);
	do_and_wait(CLOSE_TRACK);
	do_and_wait(CLOSE_SESSION);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_reply(&d, "00 20 11 01 02 02 02 20 00*8 FF FF FF FF 00 23 10 20 00*10");
	assert_int_equal(drive_in(&d, RTI_1, 48), 0);
	assert_reply(&d, "00 2E 01 01 00 04 21 02 00*12 00 00 00 10 00 00 00 70 00 00 00 6F 00*16");
	assert_int_equal(drive_in(&d, RTI_2, 48), 0);
	/* 112 + 39072 = 9910h */
	assert_memory_equal(d.data + 5, "\x04\x61\x01\x00\x00\x99\x10\x00\x00\x99\x10", 11);
	assert_int_equal(drive_in(&d, CAPACITY, 8), 0);
	assert_reply(&d, "00 00 00 6F 00 00 08 00");
	assert_int_equal(drive_read(&d, 112, 1), 0x052100);
	/* the last border closes the disc */
	assert_int_equal(drive_out_hex(&d, SELECT, PAGE05("60", "25")), 0);
	assert_int_equal(drive_write(&d, 0x9910, 16, 0x32), 0);
	do_and_wait("5B 01 01 00 00 02 00 00 00 00");
	do_and_wait(CLOSE_SESSION);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_int_equal(d.data[2], 0x1E);
	assert_int_equal(drive_write(&d, 0x9920, 16, 0x32), 0x053005);
	assert_blocks(&d, 0x9910, 16, 0x32);
	/* the border zone */
	assert_int_equal(drive_read(&d, 112, 1), 0x030200);
	drive_end(&d);
}

static void writes_the_disc_at_once(void **state)
{
	(void)state;
	drive_start(&d, "dvd-rw", NULL);
	do_and_wait(BLANK_FAST);
	assert_int_equal(drive_out_hex(&d, SELECT, PAGE05("62", "05")), 0);
	assert_int_equal(drive_write(&d, 0, 16, 0x41), 0x052C00);
	assert_int_equal(drive_do(&d, "53 00 00 00 00 00 00 00 20 00"), 0);
	assert_int_equal(drive_write(&d, 0, 16, 0x41), 0);
	assert_int_equal(drive_sync(&d), 0);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_int_equal(d.data[2], 0x15);
	assert_int_equal(drive_write(&d, 16, 32, 0x41), 0x056300);
	assert_int_equal(drive_write(&d, 16, 16, 0x41), 0);
	assert_int_equal(drive_sync(&d), 0);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_int_equal(d.data[2], 0x1E);
	assert_blocks(&d, 0, 32, 0x41);
	drive_end(&d);
}

static void cut(void)
{
	const struct sim_cut now = { .n_packets = 0 };

	sim_cut_power(d.sim, &now);
	sim_power_on(d.sim);
	drive_wait(&d);
}

static void comes_back_from_a_cut_by_state(void **state)
{
	(void)state;
	drive_start(&d, "dvd-rw", NULL);
	assert_int_equal(drive_out_hex(&d, FORMAT, FULL), 0);
	cut();
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_int_equal(d.data[2], 0x19);
	assert_int_equal(drive_in(&d, RTI_1, 48), 0);
	assert_memory_equal(d.data + 5, "\x24\x31\x00", 3);
	assert_int_equal(drive_write(&d, 0, 16, 1), 0x053010);
	assert_int_equal(drive_read(&d, 0, 1), 0x033100);
	assert_int_equal(drive_do(&d, CLOSE_SESSION), 0x057203);
	format(QUICK);
	assert_int_equal(drive_write(&d, 0, 32, 0x51), 0);
	assert_int_equal(drive_sync(&d), 0);
	assert_int_equal(drive_write(&d, 32, 32, 0x52), 0);
	cut();
	/* the end is where the last SYNC was */
	assert_int_equal(drive_in(&d, RTI_1, 48), 0);
	assert_memory_equal(d.data + 5, "\x04\x31\x03\x00\x00\x00\x00\x00\x00\x00\x20", 11);
	assert_int_equal(drive_do(&d, BLANK_FULL), 0);
	cut();
	assert_int_equal(drive_in(&d, RTI_1, 48), 0);
	assert_memory_equal(d.data + 5, "\x24\x41\x00", 3);
	do_and_wait(BLANK_FULL);
	/* in a track: damaged, until it is repaired */
	assert_int_equal(drive_write(&d, 0, 16, 0x53), 0);
	assert_int_equal(drive_sync(&d), 0);
	cut();
	assert_int_equal(drive_in(&d, RTI_1, 48), 0);
	assert_memory_equal(d.data + 5, "\x24\x21\x01", 3);
	assert_int_equal(drive_write(&d, 16, 16, 0x54), 0x052C00);
	assert_int_equal(drive_do(&d, "58 00 00 00 00 01 00 00 00 00"), 0);
	assert_int_equal(drive_write(&d, 16, 16, 0x54), 0);
	drive_end(&d);
}

static void takes_no_other_formats(void **state)
{
	(void)state;
	drive_start(&d, "dvd-rw", NULL);
	assert_int_equal(drive_out_hex(&d, FORMAT, GROW), 0x052600);
	assert_int_equal(drive_out_hex(&d, FORMAT, "00 02 00 08 00 00 00 00 44 00 00 10"), 0x052600);
	assert_int_equal(drive_out_hex(&d, FORMAT, "00 02 00 08 00 23 10 30 00 00 08 00"), 0x052600);
	/* test writing is switched on */
	assert_int_equal(drive_out_hex(&d, SELECT, PAGE05("70", "25")), 0);
	assert_int_equal(drive_out_hex(&d, FORMAT, FULL), 0x052600);
	assert_int_equal(drive_out_hex(&d, SELECT, PAGE05("61", "25")), 0x052600);
	drive_end(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_blank_as_real_discs_are),
		cmocka_unit_test(is_overwritten_in_whole_ecc_blocks),
		cmocka_unit_test(grows_from_a_quick_format),
		cmocka_unit_test(goes_back_to_be_written_in_order),
		cmocka_unit_test(writes_borders_in_order),
		cmocka_unit_test(writes_the_disc_at_once),
		cmocka_unit_test(comes_back_from_a_cut_by_state),
		cmocka_unit_test(takes_no_other_formats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
