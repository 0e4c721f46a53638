/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A simulated DVD+RW, with the bytes that real drives and the tables of MMC have for it. */
#include <string.h>

#include "sim_fixture.h"

#define TUR "00 00 00 00 00 00"
#define RDI "51 00 00 00 00 00 00 00 22 00"
#define RTI_1 "52 01 00 00 00 01 00 00 30 00"
#define RFC "23 00 00 00 00 00 00 00 FC 00"
#define CAPACITY "25 00 00 00 00 00 00 00 00 00"
#define TOC "43 00 00 00 00 00 00 00 FC 00"
#define FORMAT "04 11 00 00 00 00"
#define NEW "00 02 00 08 FF FF FF FF 98 00 00 00"
#define RESTART "00 02 00 08 FF FF FF FF 98 00 00 01"
#define STOP "5B 01 00 00 00 00 00 00 00 00"
#define CLOSE "5B 01 02 00 00 00 00 00 00 00"
#define MEDIA_EVENT "4A 01 00 00 10 00 00 00 08 00"

static struct drive d;

static uint8_t background(void)
{
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	return d.data[7];
}

static void format(void)
{
	assert_int_equal(drive_out_hex(&d, FORMAT, NEW), 0);
	assert_refused(&d, TUR, 0x020404);
	/* drives say nothing about the progress of the foreground */
	assert_int_equal(d.reply.sense[15], 0);
	drive_wait(&d);
}

/* V-PRW-0, an ASUS DRW-1608P2 */
static void is_unformatted_as_real_discs_are(void **state)
{
	(void)state;
	drive_start(&d, "dvd+rw", NULL);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_reply(&d, "00 20 10 01 01 01 01 00 00*8 FF FF FF FF 00 23 05 40 00*10");
	assert_int_equal(drive_in(&d, RTI_1, 48), 0);
	assert_reply(&d, "00 2E 01 01 00 04 61 00 00*8 00 23 05 40 00 00 00 10 00 23 05 40 00*20");
	assert_int_equal(drive_in(&d, RFC, 252), 0);
	assert_reply(&d, "00 00 00 10 00 23 05 40 01 00 08 00 00 23 05 40 98 00 00 00");
	assert_int_equal(drive_in(&d, CAPACITY, 8), 0);
	assert_reply(&d, "00 00 00 00 00 00 08 00");
	assert_int_equal(drive_in(&d, TOC, 252), 0x052400);
	assert_int_equal(drive_write(&d, 0, 16, 1), 0x053010);
	assert_int_equal(drive_read(&d, 0, 1), 0x052100);
	assert_int_equal(drive_do(&d, CLOSE), 0x053010);
	assert_int_equal(drive_do(&d, STOP), 0);
	assert_int_equal(drive_out_hex(&d, FORMAT, RESTART), 0x052600);
	assert_int_equal(drive_do(&d, "A1 11 00 00 00 00 00 00 00 00 00 00"), 0x053006);
	drive_end(&d);
}

static void is_formatted_in_the_background(void **state)
{
	(void)state;
	drive_start(&d, "dvd+rw", NULL);
	format();
	assert_int_equal(background(), 2);
	assert_int_equal(drive_in(&d, RTI_1, 48), 0);
	assert_reply(&d, "00 2E 01 01 00 04 21 00 00*12 00 00 00 10 00 23 05 40 00*20");
	assert_int_equal(drive_in(&d, RFC, 252), 0);
	assert_reply(&d, "00 00 00 10 00 23 05 40 02 00 08 00 00 23 05 40 98 00 00 00");
	assert_int_equal(drive_in(&d, CAPACITY, 8), 0);
	assert_reply(&d, "00 23 05 3F 00 00 08 00");
	assert_int_equal(drive_in(&d, TOC, 252), 0);
	assert_reply(&d, "00 12 01 01 00 14 01 00 00 00 00 00 00 14 AA 00 00 23 05 40");
	/* cdrom_id reads the first 32 blocks; far from there nothing is formatted yet */
	assert_blocks(&d, 0, 32, 0);
	assert_int_equal(drive_read(&d, 2000000, 1), 0x031105);
	/* how far it is, in REQUEST SENSE */
	assert_int_equal(drive_in(&d, "03 00 00 00 12 00", 18), 0);
	assert_memory_equal(d.data + 12, "\x04\x04", 2);
	assert_int_equal(d.data[15], 0x80);
	assert_int_equal(drive_write(&d, 10, 1, 0x11), 0);
	assert_int_equal(background(), 6);
	assert_int_equal(drive_in(&d, MEDIA_EVENT, 8), 0);
	sim_advance(d.sim, 3 * 3600 * 1000);
	assert_int_equal(background(), 3);
	assert_int_equal(drive_in(&d, MEDIA_EVENT, 8), 0);
	assert_reply(&d, "00 06 04 16 05 02 00 00");
	assert_blocks(&d, 2000000, 1, 0);
	assert_blocks(&d, 10, 1, 0x11);
	drive_end(&d);
}

static void is_stopped_closed_and_restarted(void **state)
{
	(void)state;
	drive_start(&d, "dvd+rw", NULL);
	format();
	assert_int_equal(drive_write(&d, 0, 16, 0x21), 0);
	assert_int_equal(drive_sync(&d), 0);
	assert_int_equal(drive_do(&d, STOP), 0);
	drive_wait(&d);
	assert_int_equal(background(), 5);
	assert_int_equal(drive_do(&d, CLOSE), 0);
	assert_refused(&d, TUR, 0x020407);
	assert_int_equal(drive_in(&d, RDI, 34), 0x020407);
	assert_int_equal(drive_write(&d, 0, 16, 0x21), 0x020408);
	drive_wait(&d);
	assert_int_equal(background(), 1);
	/* what the kernel sends after writing: good in every state */
	assert_int_equal(drive_do(&d, STOP), 0);
	assert_int_equal(drive_out_hex(&d, FORMAT, RESTART), 0);
	assert_refused(&d, TUR, 0);
	assert_int_equal(background(), 2);
	assert_blocks(&d, 0, 16, 0x21);
	assert_int_equal(drive_do(&d, "5B 01 01 00 00 01 00 00 00 00"), 0x052400);
	assert_int_equal(drive_out_hex(&d, FORMAT, "00 02 00 08 00 23 05 40 98 00 00 02"), 0x052600);
	assert_int_equal(drive_out_hex(&d, FORMAT, "00 02 00 08 00 23 05 40 00 00 08 00"), 0x052600);
	drive_end(&d);
}

static void a_write_beyond_the_front_restarts_it(void **state)
{
	(void)state;
	drive_start(&d, "dvd+rw", NULL);
	format();
	assert_int_equal(drive_do(&d, CLOSE), 0);
	drive_wait(&d);
	assert_int_equal(drive_in(&d, MEDIA_EVENT, 8), 0);
	assert_int_equal(drive_write(&d, 1000000, 1, 0x31), 0);
	assert_int_equal(background(), 6);
	assert_int_equal(drive_in(&d, MEDIA_EVENT, 8), 0);
	assert_reply(&d, "00 06 04 16 06 02 00 00");
	/* the gap is formatted */
	assert_blocks(&d, 999999, 1, 0);
	assert_blocks(&d, 1000000, 1, 0x31);
	assert_int_equal(drive_read(&d, 1000016, 1), 0x031105);
	drive_end(&d);
	drive_start(&d, "dvd+rw", "bg1-refuse");
	format();
	assert_int_equal(drive_do(&d, CLOSE), 0);
	drive_wait(&d);
	assert_int_equal(drive_write(&d, 1000000, 1, 0x31), 0x052102);
	drive_end(&d);
}

static void a_cut_stops_it_and_tears_one_block(void **state)
{
	const struct sim_cut cut = { .n_packets = 1 };

	(void)state;
	drive_start(&d, "dvd+rw", NULL);
	format();
	assert_int_equal(drive_write(&d, 0, 16, 0x41), 0);
	assert_int_equal(drive_write(&d, 100000, 16, 0x42), 0);
	assert_int_equal(drive_sync(&d), 0);
	assert_int_equal(drive_write(&d, 32, 16, 0x43), 0);
	sim_cut_power(d.sim, &cut);
	assert_int_equal(drive_sync(&d), 0xff0000 + MMC_DRIVE_GONE);
	sim_power_on(d.sim);
	drive_wait(&d);
	assert_int_equal(background(), 5);
	assert_blocks(&d, 0, 16, 0x41);
	/* written and synced, though the drive has forgotten that the front was there */
	assert_blocks(&d, 100000, 16, 0x42);
	assert_int_equal(drive_read(&d, 32, 1), 0x031105);
	/* a part of it can't be written, all of it can */
	assert_int_equal(drive_write(&d, 33, 1, 0x44), 0x031105);
	assert_int_equal(drive_write(&d, 32, 16, 0x44), 0);
	assert_blocks(&d, 32, 16, 0x44);
	drive_end(&d);
}

static void is_unformatted_after_a_cut_in_the_foreground(void **state)
{
	const struct sim_cut now = { .n_packets = 0 };

	(void)state;
	drive_start(&d, "dvd+rw", NULL);
	assert_int_equal(drive_out_hex(&d, FORMAT, NEW), 0);
	sim_cut_power(d.sim, &now);
	sim_power_on(d.sim);
	drive_wait(&d);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_int_equal(d.data[2], 0x10);
	drive_end(&d);
}

static void ejecting_stops_it(void **state)
{
	(void)state;
	drive_start(&d, "dvd+rw", NULL);
	format();
	assert_int_equal(drive_write(&d, 0, 16, 0x51), 0);
	assert_int_equal(drive_do(&d, "1B 00 00 00 02 00"), 0);
	assert_int_equal(drive_do(&d, "1B 00 00 00 03 00"), 0);
	drive_wait(&d);
	assert_int_equal(background(), 5);
	assert_blocks(&d, 0, 16, 0x51);
	drive_end(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_unformatted_as_real_discs_are),
		cmocka_unit_test(is_formatted_in_the_background),
		cmocka_unit_test(is_stopped_closed_and_restarted),
		cmocka_unit_test(a_write_beyond_the_front_restarts_it),
		cmocka_unit_test(a_cut_stops_it_and_tears_one_block),
		cmocka_unit_test(is_unformatted_after_a_cut_in_the_foreground),
		cmocka_unit_test(ejecting_stops_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
