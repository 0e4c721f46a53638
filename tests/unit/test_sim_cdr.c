/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A simulated CD-R, with the bytes that real drives and the tables of MMC have for it. */
#include <string.h>

#include "sim_fixture.h"

#define RDI "51 00 00 00 00 00 00 00 22 00"
#define RTI(n) "52 01 00 00 00 " n " 00 00 24 00"
#define RTI_NEXT RTI("FF")
#define CAPACITY "25 00 00 00 00 00 00 00 00 00"
#define TOC "43 00 00 00 00 00 00 00 FC 00"
#define SESSIONS "43 00 01 00 00 00 00 00 0C 00"
#define CLOSE_TRACK "5B 00 01 00 00 FF 00 00 00 00"
#define CLOSE_SESSION "5B 00 02 00 00 00 00 00 00 00"
#define OPC "54 01 00 00 00 00 00 00 00 00"
#define SELECT "55 10 00 00 00 00 00 00 3C 00"
#define PAGE05(b2, b3, b4) "00*8 05 32 " b2 " " b3 " " b4 " 00 00 00 00 00 00 00 00 20 00 96 00*32 00 00 08 00"
#define TAO(multi) PAGE05("41", multi, "08")
#define TAO_TEST PAGE05("51", "04", "08")
#define TAO_NO_PROTECTION PAGE05("01", "04", "08")
#define SAO PAGE05("42", "04", "08")
#define PACKETS PAGE05("40", "C5", "08")
#define FIXED_PACKETS PAGE05("40", "E5", "08")
#define CUE "41 00 00 14 00 00 00 00 41 01 00 10 00 00 00 00 41 01 01 10 00 00 02 00 41 AA 01 14 00 00 06 28"
#define SEND_CUE "5D 00 00 00 00 00 00 00 20 00"
#define PRE_GAP 0xFFFFFF6Au

static struct drive d;

static void select_page(const char *page)
{
	assert_int_equal(drive_out_hex(&d, SELECT, page), 0);
}

static void start(const char *quirks, const char *page)
{
	drive_start(&d, "cd-r", quirks);
	select_page(page);
}

static uint32_t number_at(unsigned at)
{
	return (uint32_t)d.data[at] << 24 | (uint32_t)d.data[at + 1] << 16 | (uint32_t)d.data[at + 2] << 8 |
	       d.data[at + 3];
}

static void write_blocks(uint32_t lba, uint32_t n_blocks, uint8_t byte)
{
	for (uint32_t n, done = 0; done < n_blocks; done += n) {
		n = n_blocks - done < 32 ? n_blocks - done : 32;
		while (drive_write(&d, lba + done, n, byte) == 0x020408)
			;
		assert_int_equal(d.reply.status, MMC_STATUS_GOOD);
	}
}

static void do_and_wait(const char *cdb)
{
	assert_int_equal(drive_do(&d, cdb), 0);
	drive_wait(&d);
}

static void is_blank_as_real_discs_are(void **state)
{
	(void)state;
	drive_start(&d, "cd-r", NULL);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_reply(&d, "00 20 00 01 01 01 01 20 FF 00 00 00 00 00 00 00 00 61 0F 23 00 4F 3B 4A 00*10");
	assert_int_equal(drive_in(&d, RTI_NEXT, 36), 0);
	assert_reply(&d, "00 22 01 01 00 04 4F 01 00 00 00 00 00 00 00 00 00 05 7D A7 00 00 00 00 00 05 7D A7 00*8");
	assert_int_equal(drive_in(&d, CAPACITY, 8), 0);
	assert_reply(&d, "00 00 00 00 00 00 08 00");
	assert_int_equal(drive_in(&d, TOC, 252), 0x052400);
	assert_int_equal(drive_do(&d, "A1 11 00 00 00 00 00 00 00 00 00 00"), 0x053006);
	assert_int_equal(drive_out_hex(&d, "04 11 00 00 00 00", "00 02 00 08 00 04 81 60 40 00 00 20"), 0x053006);
	/* moulded into it: not rewritable */
	assert_int_equal(drive_in(&d, "43 00 04 00 00 00 00 00 1C 00", 28), 0);
	assert_int_equal(d.data[6] & 0x40, 0);
	drive_end(&d);
}

/* V-CDR-1: 608 blocks, 12010 + 5888, and the next track at 24800. */
static void appends_sessions_where_a_real_disc_has_them(void **state)
{
	(void)state;
	start(NULL, TAO("C4"));
	write_blocks(0, 608, 0x11);
	assert_int_equal(drive_sync(&d), 0);
	do_and_wait(CLOSE_SESSION);
	assert_int_equal(drive_in(&d, RTI_NEXT, 36), 0);
	assert_int_equal(number_at(12), 12010);
	write_blocks(12010, 5888, 0x12);
	assert_int_equal(drive_sync(&d), 0);
	do_and_wait(CLOSE_SESSION);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_memory_equal(d.data + 2, "\x01\x01\x03\x03\x03", 5);
	assert_int_equal(drive_in(&d, RTI_NEXT, 36), 0);
	assert_int_equal(number_at(8), 24800);
	assert_int_equal(number_at(12), 24800);
	assert_int_equal(number_at(8) + number_at(24) - 1, 359846);
	assert_int_equal(drive_in(&d, RTI("02"), 36), 0);
	assert_reply(&d, "00 22 02 02 00 04 01 00 00 00 2E EA 00*12 00 00 17 00 00*8");
	/* the last session starts at its track */
	assert_int_equal(drive_in(&d, SESSIONS, 12), 0);
	assert_reply(&d, "00 0A 01 02 00 14 02 00 00 00 2E EA");
	assert_blocks(&d, 12010, 100, 0x12);
	assert_blocks(&d, 0, 32, 0x11);
	/* without a next session the disc is complete */
	select_page(TAO("04"));
	write_blocks(24800, 300, 0x13);
	assert_int_equal(drive_sync(&d), 0);
	do_and_wait(CLOSE_SESSION);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_reply(&d, "00 20 0E 01 03 03 03 20 00 00 00 00 00 00 00 00 FF FF FF FF FF FF FF FF 00*10");
	assert_int_equal(drive_write(&d, 40000, 32, 1), 0x053005);
	drive_end(&d);
}

/* The vector of mmc-states 12.3: 100 blocks in a packet, written and synced; 7 link blocks follow. */
static void writes_packets_of_variable_length(void **state)
{
	(void)state;
	start(NULL, PACKETS);
	write_blocks(0, 100, 0x21);
	assert_int_equal(drive_in(&d, RTI_NEXT, 36), 0);
	assert_int_equal(number_at(12), 100);
	assert_int_equal(drive_sync(&d), 0);
	assert_int_equal(drive_in(&d, RTI_NEXT, 36), 0);
	assert_reply(&d, "00 22 01 01 00 05 21 01 00 00 00 00 00 00 00 6B 00 05 7D 3C 00 00 00 00 00 05 7D A7 00*8");
	assert_int_equal(drive_write(&d, 100, 1, 1), 0x052102);
	write_blocks(107, 10, 0x22);
	assert_int_equal(drive_sync(&d), 0);
	assert_blocks(&d, 0, 100, 0x21);
	assert_blocks(&d, 107, 10, 0x22);
	assert_int_equal(drive_read(&d, 99, 2), 0x031105);
	assert_int_equal(drive_read(&d, 106, 1), 0x031105);
	/* the session needs its track closed */
	assert_int_equal(drive_do(&d, CLOSE_SESSION), 0x057203);
	/* what links there are is in the state */
	drive_close(&d);
	drive_open(&d);
	assert_int_equal(drive_read(&d, 100, 1), 0x031105);
	do_and_wait(CLOSE_TRACK);
	do_and_wait(CLOSE_SESSION);
	assert_blocks(&d, 107, 10, 0x22);
	drive_end(&d);
}

static void writes_fixed_packets_without_links_in_between(void **state)
{
	(void)state;
	start(NULL, FIXED_PACKETS);
	assert_int_equal(drive_write(&d, 0, 16, 1), 0x056401);
	write_blocks(0, 64, 0x31);
	assert_int_equal(drive_sync(&d), 0);
	assert_int_equal(drive_in(&d, RTI_NEXT, 36), 0);
	assert_memory_equal(d.data + 5, "\x05\x31\x01", 3);
	assert_int_equal(number_at(12), 64);
	assert_int_equal(number_at(20), 32);
	/* ((359847 + 7) / 39) * 32 blocks fit */
	assert_int_equal(number_at(24), 295264);
	assert_blocks(&d, 0, 64, 0x31);
	assert_int_equal(drive_write(&d, 32, 32, 1), 0x052102);
	drive_end(&d);
}

static void keeps_the_disc_as_it_is_in_a_test(void **state)
{
	uint8_t before[36];

	(void)state;
	start(NULL, TAO_TEST);
	assert_int_equal(drive_in(&d, RTI_NEXT, 36), 0);
	memcpy(before, d.data, sizeof(before));
	write_blocks(0, 608, 0x41);
	assert_int_equal(drive_write(&d, 1000, 32, 1), 0x052102);
	assert_int_equal(drive_sync(&d), 0);
	assert_int_equal(drive_do(&d, CLOSE_TRACK), 0);
	assert_int_equal(drive_do(&d, CLOSE_SESSION), 0);
	assert_int_equal(drive_in(&d, RTI_NEXT, 36), 0);
	assert_memory_equal(d.data, before, sizeof(before));
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_int_equal(d.data[2], 0);
	/* a session at once as well */
	select_page(PAGE05("52", "04", "08"));
	assert_int_equal(drive_out_hex(&d, SEND_CUE, CUE), 0);
	assert_int_equal(drive_write(&d, PRE_GAP, 150, 0), 0);
	write_blocks(0, 340, 0);
	assert_int_equal(drive_sync(&d), 0);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_int_equal(d.data[2], 0);
	/* then for good */
	select_page(TAO("04"));
	write_blocks(0, 300, 0x42);
	assert_int_equal(drive_sync(&d), 0);
	assert_blocks(&d, 100, 200, 0x42);
	drive_end(&d);
}

static void breaks_off_when_the_buffer_runs_empty(void **state)
{
	(void)state;
	start(NULL, TAO_NO_PROTECTION);
	write_blocks(0, 32, 0x51);
	sim_advance(d.sim, 1000);
	assert_int_equal(drive_write(&d, 32, 32, 0x51), 0x030C09);
	assert_int_equal(drive_in(&d, RTI("01"), 36), 0);
	assert_memory_equal(d.data + 5, "\x24\x01\x00", 3);
	assert_int_equal(drive_write(&d, 32, 32, 0x51), 0x052C00);
	do_and_wait(CLOSE_TRACK);
	assert_blocks(&d, 0, 32, 0x51);
	drive_end(&d);
	/* with the protection it waits */
	start(NULL, TAO("04"));
	write_blocks(0, 32, 0x52);
	sim_advance(d.sim, 1000);
	write_blocks(32, 32, 0x52);
	drive_end(&d);
}

static void reports_what_cannot_be_written_with_the_next_command(void **state)
{
	(void)state;
	start(NULL, TAO("C4"));
	SIM_OK(sim_set_defect(d.sim, 320, SIM_DEFECT_WRITE, 1));
	write_blocks(0, 320, 0x61);
	write_blocks(320, 32, 0x61);
	/* deferred, with the block */
	assert_int_equal(drive_write(&d, 352, 32, 0x61), 0x030C00);
	assert_int_equal(d.reply.sense[0], 0xF1);
	assert_int_equal(d.reply.sense[5] << 8 | d.reply.sense[6], 320);
	assert_int_equal(drive_write(&d, 352, 32, 0x61), 0x052C00);
	assert_int_equal(drive_in(&d, RTI("01"), 36), 0);
	assert_memory_equal(d.data + 5, "\x24\x01\x00", 3);
	do_and_wait(CLOSE_TRACK);
	assert_blocks(&d, 100, 220, 0x61);
	assert_int_equal(drive_read(&d, 320, 1), 0x031105);
	drive_end(&d);
}

static void power_off_and_on(void)
{
	const struct sim_cut now = { .n_packets = 0 };

	sim_cut_power(d.sim, &now);
	sim_power_on(d.sim);
	drive_wait(&d);
}

static void a_cut_spoils_a_session_at_once_and_no_packet(void **state)
{
	(void)state;
	start(NULL, SAO);
	assert_int_equal(drive_out_hex(&d, SEND_CUE, CUE), 0);
	assert_int_equal(drive_write(&d, PRE_GAP, 160, 0x71), 0);
	power_off_and_on();
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_int_equal(d.data[2], 0x05);
	assert_int_equal(drive_in(&d, RTI("01"), 36), 0);
	assert_memory_equal(d.data + 5, "\x24\x0F\x00", 3);
	assert_int_equal(drive_read(&d, 0, 1), 0x031105);
	drive_end(&d);
	/* of packets only the last is lost; the next WRITE goes on */
	start(NULL, PACKETS);
	write_blocks(0, 32, 0x72);
	assert_int_equal(drive_sync(&d), 0);
	write_blocks(39, 20, 0x73);
	power_off_and_on();
	assert_int_equal(drive_in(&d, RTI_NEXT, 36), 0);
	assert_memory_equal(d.data + 5, "\x25\x21\x01", 3);
	assert_int_equal(number_at(12), 39);
	select_page(PACKETS);
	write_blocks(39, 20, 0x74);
	assert_int_equal(drive_sync(&d), 0);
	assert_blocks(&d, 0, 32, 0x72);
	assert_blocks(&d, 39, 20, 0x74);
	drive_end(&d);
}

static void reserves_a_track_and_writes_behind_it(void **state)
{
	(void)state;
	start(NULL, TAO("C4"));
	assert_int_equal(drive_do(&d, "53 00 00 00 00 00 00 02 00 00"), 0);
	assert_int_equal(drive_in(&d, RTI("01"), 36), 0);
	/* 512 blocks */
	assert_reply(&d, "00 22 01 01 00 04 CF 01 00 00 00 00 00 00 00 00 00 00 02 00 00 00 00 00 00 00 02 00 00*8");
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_memory_equal(d.data + 2, "\x05\x01\x01\x01\x02", 5);
	assert_int_equal(drive_in(&d, RTI_NEXT, 36), 0);
	assert_int_equal(number_at(12), 512 + 152);
	write_blocks(664, 300, 0x81);
	assert_int_equal(drive_sync(&d), 0);
	assert_int_equal(drive_do(&d, CLOSE_SESSION), 0x057204);
	write_blocks(0, 512, 0x82);
	assert_int_equal(drive_write(&d, 512, 32, 1), 0x056300);
	assert_int_equal(drive_sync(&d), 0);
	do_and_wait(CLOSE_SESSION);
	assert_blocks(&d, 300, 212, 0x82);
	assert_blocks(&d, 764, 200, 0x81);
	drive_end(&d);
}

static void has_99_tracks_and_no_more(void **state)
{
	(void)state;
	start(NULL, TAO("C4"));
	for (uint32_t i = 0; i < 99; i++) {
		assert_int_equal(drive_in(&d, RTI_NEXT, 36), 0);
		assert_int_equal(drive_write(&d, number_at(12), 10, (uint8_t)i), 0);
		assert_int_equal(drive_sync(&d), 0);
	}
	assert_int_equal(drive_in(&d, RTI_NEXT, 36), 0);
	assert_int_equal(drive_write(&d, number_at(12), 10, 1), 0x057205);
	do_and_wait(CLOSE_SESSION);
	assert_int_equal(drive_in(&d, TOC, 252), 0);
	assert_int_equal(d.data[3], 99);
	drive_end(&d);
}

static void its_calibration_area_fills_up(void **state)
{
	struct sim_status status;

	(void)state;
	drive_start(&d, "cd-r", "pca-n");
	for (unsigned i = 0; i < 4; i++) {
		uint32_t sense = drive_out(&d, OPC, "", 0);

		assert_int_equal(sense, i < 2 ? 0 : i == 2 ? 0x017301 : 0x037302);
	}
	sim_get_status(d.sim, &status);
	assert_int_equal(status.n_calibrations, 3);
	drive_end(&d);
	/* who does not ask gets one with the first write */
	start(NULL, TAO("C4"));
	write_blocks(0, 300, 1);
	sim_get_status(d.sim, &status);
	assert_int_equal(status.n_calibrations, 1);
	drive_end(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_blank_as_real_discs_are),
		cmocka_unit_test(appends_sessions_where_a_real_disc_has_them),
		cmocka_unit_test(writes_packets_of_variable_length),
		cmocka_unit_test(writes_fixed_packets_without_links_in_between),
		cmocka_unit_test(keeps_the_disc_as_it_is_in_a_test),
		cmocka_unit_test(breaks_off_when_the_buffer_runs_empty),
		cmocka_unit_test(reports_what_cannot_be_written_with_the_next_command),
		cmocka_unit_test(a_cut_spoils_a_session_at_once_and_no_packet),
		cmocka_unit_test(reserves_a_track_and_writes_behind_it),
		cmocka_unit_test(has_99_tracks_and_no_more),
		cmocka_unit_test(its_calibration_area_fills_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
