/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Simulated DVD-R, DVD+R and BD-R, with the bytes that real drives and the tables of MMC have for them. */
#include <string.h>

#include "sim_fixture.h"

#define RDI "51 00 00 00 00 00 00 00 22 00"
#define RTI(n) "52 01 00 00 00 " n " 00 00 30 00"
#define CAPACITY "25 00 00 00 00 00 00 00 00 00"
#define TOC "43 00 00 00 00 00 00 00 FC 00"
#define RFC "23 00 00 00 00 00 00 00 FC 00"
#define STREAMS "46 02 00 21 00 00 00 00 10 00"
#define CLOSE_TRACK(n) "5B 01 01 00 00 " n " 00 00 00 00"
#define CLOSE_SESSION "5B 01 02 00 00 00 00 00 00 00"
#define FINALIZE "5B 01 06 00 00 00 00 00 00 00"
#define FINALIZE_PLUS "5B 01 05 00 00 00 00 00 00 00"
#define RESERVE_32 "53 00 00 00 00 00 00 00 20 00"
#define SELECT "55 10 00 00 00 00 00 00 3C 00"
#define PAGE05(b2, b3) "00*8 05 32 " b2 " " b3 " 08 10 00 00 00 00 00 00 00 10 00 96 00*36"
#define FORMAT "04 11 00 00 00 00"

static struct drive d;

static void do_and_wait(const char *cdb)
{
	assert_int_equal(drive_do(&d, cdb), 0);
	drive_wait(&d);
}

static uint32_t number_at(unsigned at)
{
	return (uint32_t)d.data[at] << 24 | (uint32_t)d.data[at + 1] << 16 | (uint32_t)d.data[at + 2] << 8 |
	       d.data[at + 3];
}

static uint32_t next_writable(const char *rti)
{
	assert_int_equal(drive_in(&d, rti, 48), 0);
	assert_int_equal(d.data[7] & 1, 1);
	return number_at(12);
}

static void power_off_and_on(void)
{
	const struct sim_cut now = { .n_packets = 0 };

	sim_cut_power(d.sim, &now);
	sim_power_on(d.sim);
	drive_wait(&d);
}

/* ---- DVD-R ---- */

static void a_dvd_r_is_blank_as_real_ones_are(void **state)
{
	(void)state;
	drive_start(&d, "dvd-r", NULL);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_reply(&d, "00 20 00 01 01 01 01 20 00*8 FF FF FF FF 00 23 12 80 00*10");
	assert_int_equal(drive_in(&d, RTI("01"), 48), 0);
	assert_reply(&d, "00 2E 01 01 00 04 61 01 00*8 00 23 12 80 00 00 00 10 00 23 12 80 00*20");
	assert_int_equal(drive_in(&d, RFC, 252), 0);
	assert_reply(&d, "00 00 00 08 00 23 12 80 01 00 08 00");
	assert_int_equal(drive_in(&d, CAPACITY, 8), 0);
	assert_reply(&d, "00 00 00 00 00 00 08 00");
	assert_int_equal(drive_in(&d, TOC, 252), 0x052400);
	assert_int_equal(drive_in(&d, STREAMS, 16), 0);
	assert_int_equal(d.data[10] & 1, 1);
	assert_int_equal(drive_do(&d, "A1 11 00 00 00 00 00 00 00 00 00 00"), 0x053006);
	assert_int_equal(drive_out_hex(&d, FORMAT, "00 02 00 08 00 23 12 80 00 00 08 00"), 0x053006);
	drive_end(&d);
}

static void a_dvd_r_takes_borders_and_ends(void **state)
{
	(void)state;
	drive_start(&d, "dvd-r", NULL);
	assert_int_equal(drive_out_hex(&d, SELECT, PAGE05("60", "E5")), 0);
	assert_int_equal(drive_write(&d, 0, 100, 0x11), 0);
	assert_int_equal(drive_sync(&d), 0);
	/* padded to 112 blocks */
	assert_int_equal(next_writable(RTI("01")), 112);
	assert_blocks(&d, 0, 100, 0x11);
	assert_int_equal(drive_do(&d, CLOSE_SESSION), 0x057203);
	do_and_wait(CLOSE_TRACK("01"));
	do_and_wait(CLOSE_SESSION);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_memory_equal(d.data + 2, "\x01\x01\x02\x02\x02", 5);
	assert_int_equal(next_writable(RTI("02")), 112 + 39072);
	assert_int_equal(drive_out_hex(&d, SELECT, PAGE05("60", "25")), 0);
	assert_int_equal(drive_write(&d, 39184, 16, 0x12), 0);
	do_and_wait(CLOSE_TRACK("02"));
	do_and_wait(CLOSE_SESSION);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_reply(&d, "00 20 0E 01 02 02 02 20 00*8 FF FF FF FF FF FF FF FF 00*10");
	assert_int_equal(drive_write(&d, 50000, 16, 1), 0x053005);
	assert_int_equal(drive_do(&d, CLOSE_SESSION), 0x052C00);
	assert_blocks(&d, 39184, 16, 0x12);
	drive_end(&d);
}

static void a_dvd_r_is_written_at_once(void **state)
{
	(void)state;
	drive_start(&d, "dvd-r", NULL);
	/* a test first: nothing happens */
	assert_int_equal(drive_out_hex(&d, SELECT, PAGE05("72", "05")), 0);
	assert_int_equal(drive_do(&d, RESERVE_32), 0);
	assert_int_equal(drive_write(&d, 0, 32, 0x21), 0);
	assert_int_equal(drive_sync(&d), 0);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_int_equal(d.data[2], 0);
	assert_int_equal(drive_out_hex(&d, SELECT, PAGE05("62", "05")), 0);
	assert_int_equal(drive_write(&d, 0, 16, 0x21), 0x052C00);
	assert_int_equal(drive_do(&d, RESERVE_32), 0);
	assert_int_equal(drive_in(&d, RTI("01"), 48), 0);
	assert_reply(&d, "00 2E 01 01 00 04 C1 01 00*8 00 00 00 20 00 00 00 10 00 00 00 20 00*20");
	/* no feature 21: nothing is written piece by piece now */
	assert_int_equal(drive_in(&d, STREAMS, 16), 0);
	assert_int_equal(d.data[10] & 1, 0);
	assert_int_equal(drive_write(&d, 0, 32, 0x21), 0);
	assert_int_equal(drive_sync(&d), 0);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_int_equal(d.data[2], 0x0E);
	assert_int_equal(drive_in(&d, CAPACITY, 8), 0);
	assert_reply(&d, "00 00 00 1F 00 00 08 00");
	assert_blocks(&d, 0, 32, 0x21);
	drive_end(&d);
}

static void a_cut_damages_a_dvd_r_until_it_is_repaired(void **state)
{
	(void)state;
	drive_start(&d, "dvd-r", NULL);
	assert_int_equal(drive_out_hex(&d, SELECT, PAGE05("60", "E5")), 0);
	assert_int_equal(drive_write(&d, 0, 32, 0x31), 0);
	assert_int_equal(drive_sync(&d), 0);
	assert_int_equal(drive_write(&d, 32, 64, 0x32), 0);
	power_off_and_on();
	assert_int_equal(drive_in(&d, RTI("01"), 48), 0);
	assert_memory_equal(d.data + 5, "\x24\x21\x01", 3);
	assert_int_equal(drive_write(&d, number_at(12), 16, 1), 0x052C00);
	assert_int_equal(drive_do(&d, "58 00 00 00 00 01 00 00 00 00"), 0);
	assert_in_range(next_writable(RTI("01")), 32, 96);
	assert_int_equal(drive_write(&d, number_at(12), 16, 0x33), 0);
	assert_blocks(&d, 0, 32, 0x31);
	drive_end(&d);
}

static void two_layers_have_one_session(void **state)
{
	(void)state;
	drive_start(&d, "dvd-r-dl", NULL);
	assert_int_equal(drive_in(&d, "46 00 00 00 00 00 00 00 08 00", 8), 0);
	assert_int_equal(d.data[7], 0x15);
	assert_int_equal(drive_out_hex(&d, SELECT, PAGE05("60", "E5")), 0);
	assert_int_equal(drive_write(&d, 0, 32, 0x34), 0);
	do_and_wait(CLOSE_TRACK("01"));
	do_and_wait(CLOSE_SESSION);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_int_equal(d.data[2], 0x0E);
	drive_end(&d);
}

/* ---- DVD+R ---- */

static void a_dvd_plus_r_is_blank_as_real_ones_are(void **state)
{
	(void)state;
	drive_start(&d, "dvd+r", NULL);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_reply(&d, "00 20 00 01 01 01 01 20 00*8 00 00 00 00 00 23 05 40 00*10");
	assert_int_equal(drive_in(&d, RTI("FF"), 48), 0);
	assert_reply(&d, "00 2E 01 01 00 04 61 01 00*8 00 23 05 40 00 00 00 10 00 23 05 40 00*20");
	assert_int_equal(drive_do(&d, CLOSE_TRACK("01")), 0);
	assert_int_equal(drive_do(&d, CLOSE_SESSION), 0);
	assert_int_equal(drive_do(&d, FINALIZE), 0x052C00);
	assert_int_equal(drive_do(&d, "5B 00 03 00 00 00 00 00 00 00"), 0x052400);
	assert_int_equal(drive_do(&d, "A1 11 00 00 00 00 00 00 00 00 00 00"), 0x053006);
	drive_end(&d);
}

/* V-PRDL-1: each session starts 2048 blocks behind the end of the one before. */
static void a_dvd_plus_r_appends_where_a_real_one_does(void **state)
{
	(void)state;
	drive_start(&d, "dvd+r-dl", NULL);
	assert_int_equal(drive_write(&d, 0, 192, 0x41), 0);
	assert_int_equal(drive_sync(&d), 0);
	assert_blocks(&d, 0, 192, 0x41);
	assert_int_equal(drive_do(&d, CLOSE_SESSION), 0x057203);
	do_and_wait(CLOSE_TRACK("01"));
	do_and_wait(CLOSE_SESSION);
	assert_int_equal(next_writable(RTI("02")), 2240);
	assert_int_equal(drive_in(&d, CAPACITY, 8), 0);
	assert_reply(&d, "00 00 00 BF 00 00 08 00");
	assert_int_equal(drive_write(&d, 2256, 16, 1), 0x052102);
	/* 20 blocks become 32 */
	assert_int_equal(drive_write(&d, 2240, 20, 0x42), 0);
	assert_int_equal(drive_sync(&d), 0);
	assert_int_equal(next_writable(RTI("02")), 2272);
	do_and_wait(CLOSE_TRACK("02"));
	do_and_wait(FINALIZE_PLUS);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_reply(&d, "00 20 0E 01 02 02 02 20 00*8 FF FF FF FF FF FF FF FF 00*10");
	assert_int_equal(drive_write(&d, 10000, 16, 1), 0x053005);
	assert_int_equal(drive_do(&d, FINALIZE), 0);
	assert_blocks(&d, 2240, 20, 0x42);
	drive_end(&d);
}

static void a_dvd_plus_r_has_15_fragments_in_a_session_and_153_sessions(void **state)
{
	(void)state;
	drive_start(&d, "dvd+r", NULL);
	for (unsigned i = 0; i < 15; i++) {
		assert_int_equal(drive_write(&d, next_writable(RTI("FF")), 16, (uint8_t)i), 0);
		assert_int_equal(drive_do(&d, "5B 00 01 00 00 FF 00 00 00 00"), 0);
	}
	assert_int_equal(drive_write(&d, next_writable(RTI("FF")), 16, 1), 0x057205);
	do_and_wait(CLOSE_SESSION);
	drive_end(&d);
	drive_start(&d, "dvd+r", NULL);
	for (unsigned i = 0; i < 153; i++) {
		assert_int_equal(drive_write(&d, next_writable(RTI("FF")), 16, (uint8_t)i), 0);
		assert_int_equal(drive_do(&d, "5B 00 01 00 00 FF 00 00 00 00"), 0);
		assert_int_equal(drive_do(&d, "5B 00 02 00 00 00 00 00 00 00"), 0);
	}
	assert_int_equal(drive_write(&d, next_writable(RTI("FF")), 16, 1), 0x057205);
	drive_end(&d);
}

static void a_cut_leaves_a_dvd_plus_r_open_at_a_whole_ecc_block(void **state)
{
	(void)state;
	drive_start(&d, "dvd+r", NULL);
	assert_int_equal(drive_write(&d, 0, 32, 0x51), 0);
	assert_int_equal(drive_sync(&d), 0);
	assert_int_equal(drive_write(&d, 32, 100, 0x52), 0);
	power_off_and_on();
	assert_int_equal(drive_in(&d, RTI("01"), 48), 0);
	assert_memory_equal(d.data + 5, "\x04\x21\x01", 3);
	assert_int_equal(number_at(12) % 16, 0);
	assert_in_range(number_at(12), 32, 132);
	assert_int_equal(drive_write(&d, number_at(12), 16, 0x53), 0);
	do_and_wait(CLOSE_TRACK("01"));
	do_and_wait(CLOSE_SESSION);
	assert_blocks(&d, 0, 32, 0x51);
	drive_end(&d);
}

static void a_dvd_plus_r_goes_on_behind_what_cannot_be_written(void **state)
{
	(void)state;
	drive_start(&d, "dvd+r", NULL);
	SIM_OK(sim_set_defect(d.sim, 40, SIM_DEFECT_WRITE, SIM_DEFECT_FOR_GOOD));
	assert_int_equal(drive_write(&d, 0, 64, 0x61), 0);
	assert_int_equal(drive_sync(&d), 0x030C00);
	assert_int_equal(d.reply.sense[0], 0xF1);
	assert_int_equal(d.reply.sense[6], 32);
	assert_int_equal(next_writable(RTI("FF")), 48);
	assert_int_equal(drive_write(&d, 48, 16, 0x62), 0);
	assert_int_equal(drive_sync(&d), 0);
	assert_blocks(&d, 0, 32, 0x61);
	assert_int_equal(drive_read(&d, 32, 1), 0x031105);
	assert_blocks(&d, 48, 16, 0x62);
	drive_end(&d);
}

/* ---- BD-R ---- */

static void a_bd_r_is_blank_as_real_ones_are(void **state)
{
	(void)state;
	drive_start(&d, "bd-r", NULL);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_memory_equal(d.data, "\x00\x20\x00\x01\x01\x01\x01\x20", 8);
	assert_int_equal(drive_in(&d, RTI("01"), 48), 0);
	assert_reply(&d, "00 2E 01 01 00 04 61 01 00*8 00 BA 74 00 00 00 00 20 00 BA 74 00 00*20");
	/* V-RFC-BDR */
	assert_int_equal(drive_in(&d, RFC, 252), 0);
	assert_reply(&d, "00 00 00 28 00 BA 74 00 01 00 08 00 00 B4 74 00 00 00 30 00 00 B4 74 00 C8 00 00 00 "
		     "00 58 74 00 C8 00 00 00 00 B8 74 00 C8 00 00 00");
	assert_int_equal(drive_in(&d, CAPACITY, 8), 0);
	assert_reply(&d, "00 00 00 00 00 00 08 00");
	/* no spare area yet, and the last track has a number */
	assert_int_equal(drive_in(&d, "AD 01 00 00 00 00 00 0A 00 10 00 00", 16), 0x052400);
	assert_int_equal(drive_in(&d, RTI("FF"), 48), 0x052400);
	drive_end(&d);
}

static void a_bd_r_is_written_in_clusters(void **state)
{
	(void)state;
	drive_start(&d, "bd-r", NULL);
	assert_int_equal(drive_write(&d, 0, 40, 0x71), 0);
	assert_int_equal(drive_sync(&d), 0);
	assert_int_equal(next_writable(RTI("01")), 64);
	assert_int_equal(drive_do(&d, CLOSE_SESSION), 0x057203);
	assert_int_equal(drive_do(&d, FINALIZE_PLUS), 0x052400);
	do_and_wait(CLOSE_TRACK("01"));
	do_and_wait(CLOSE_SESSION);
	/* without a gap */
	assert_int_equal(next_writable(RTI("02")), 64);
	assert_int_equal(drive_write(&d, 64, 32, 0x72), 0);
	do_and_wait(CLOSE_TRACK("02"));
	do_and_wait(FINALIZE);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_int_equal(d.data[2], 0x0E);
	assert_blocks(&d, 0, 40, 0x71);
	assert_blocks(&d, 64, 32, 0x72);
	assert_int_equal(drive_do(&d, CLOSE_SESSION), 0x052C00);
	assert_int_equal(drive_do(&d, FINALIZE), 0);
	drive_end(&d);
}

static void a_bd_r_with_spares_replaces_what_cannot_be_written(void **state)
{
	(void)state;
	drive_start(&d, "bd-r", NULL);
	/* random recording and clusters as no list has them are refused */
	assert_int_equal(drive_out_hex(&d, FORMAT, "00 02 00 08 00 B4 74 00 02 00 30 00"), 0x052600);
	assert_int_equal(drive_out_hex(&d, FORMAT, "00 02 00 08 00 B4 74 20 C8 00 00 00"), 0x052600);
	assert_int_equal(drive_out_hex(&d, FORMAT, "00 02 00 08 00 B4 74 00 00 00 30 00"), 0);
	drive_wait(&d);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_int_equal(d.data[2], 0x01);
	assert_int_equal(drive_in(&d, RTI("01"), 48), 0);
	assert_reply(&d, "00 2E 01 01 00 04 61 01 00*8 00 B4 74 00 00 00 00 20 00 B4 74 00 00*20");
	assert_int_equal(drive_in(&d, RFC, 252), 0);
	assert_reply(&d, "00 00 00 08 00 B4 74 00 02 00 08 00");
	assert_int_equal(drive_out_hex(&d, FORMAT, "00 02 00 08 00 B4 74 00 00 00 30 00"), 0x053006);
	SIM_OK(sim_set_defect(d.sim, 32, SIM_DEFECT_WRITE, SIM_DEFECT_FOR_GOOD));
	assert_int_equal(drive_write(&d, 0, 96, 0x81), 0);
	assert_int_equal(drive_sync(&d), 0);
	assert_blocks(&d, 0, 96, 0x81);
	/* 3000h clusters, one is used */
	assert_int_equal(drive_in(&d, "AD 01 00 00 00 00 00 0A 00 10 00 00", 16), 0);
	assert_reply(&d, "00 0E 00 00 00 00 00 00 00 00 2F FF 00 00 30 00");
	drive_end(&d);
}

static void reserved_tracks_are_written_before_the_session_closes(void **state)
{
	(void)state;
	drive_start(&d, "bd-r", NULL);
	assert_int_equal(drive_do(&d, "53 00 00 00 00 00 00 00 40 00"), 0);
	assert_int_equal(next_writable(RTI("01")), 0);
	assert_int_equal(number_at(24), 64);
	assert_int_equal(next_writable(RTI("02")), 64);
	assert_int_equal(drive_write(&d, 64, 32, 0x91), 0);
	assert_int_equal(drive_write(&d, 0, 32, 0x92), 0);
	assert_int_equal(drive_write(&d, 96, 32, 0x91), 0);
	assert_int_equal(drive_sync(&d), 0);
	do_and_wait(CLOSE_TRACK("02"));
	assert_int_equal(drive_do(&d, CLOSE_SESSION), 0x057204);
	do_and_wait(CLOSE_TRACK("01"));
	do_and_wait(CLOSE_SESSION);
	assert_blocks(&d, 0, 32, 0x92);
	assert_blocks(&d, 64, 64, 0x91);
	drive_end(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_dvd_r_is_blank_as_real_ones_are),
		cmocka_unit_test(a_dvd_r_takes_borders_and_ends),
		cmocka_unit_test(a_dvd_r_is_written_at_once),
		cmocka_unit_test(a_cut_damages_a_dvd_r_until_it_is_repaired),
		cmocka_unit_test(two_layers_have_one_session),
		cmocka_unit_test(a_dvd_plus_r_is_blank_as_real_ones_are),
		cmocka_unit_test(a_dvd_plus_r_appends_where_a_real_one_does),
		cmocka_unit_test(a_dvd_plus_r_has_15_fragments_in_a_session_and_153_sessions),
		cmocka_unit_test(a_cut_leaves_a_dvd_plus_r_open_at_a_whole_ecc_block),
		cmocka_unit_test(a_dvd_plus_r_goes_on_behind_what_cannot_be_written),
		cmocka_unit_test(a_bd_r_is_blank_as_real_ones_are),
		cmocka_unit_test(a_bd_r_is_written_in_clusters),
		cmocka_unit_test(a_bd_r_with_spares_replaces_what_cannot_be_written),
		cmocka_unit_test(reserved_tracks_are_written_before_the_session_closes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
