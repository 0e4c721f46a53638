/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A simulated BD-RE, with the bytes that real drives and the tables of MMC have for it. */
#include <string.h>

#include "sim_fixture.h"

#define TUR "00 00 00 00 00 00"
#define RDI "51 00 00 00 00 00 00 00 22 00"
#define RTI_1 "52 01 00 00 00 01 00 00 30 00"
#define RFC "23 00 00 00 00 00 00 00 FC 00"
#define CAPACITY "25 00 00 00 00 00 00 00 00 00"
#define SPARES "AD 01 00 00 00 00 00 0A 00 10 00 00"
#define FORMAT "04 11 00 00 00 00"
#define LIST "00 B4 74 00 00 00 30 00 00 B4 74 00 C0 00 30 00 00 B0 74 00 C0 00 50 00 00 B8 74 00 C0 00 10 00 " \
	"00 BA 74 00 C4 00 08 00"

static struct drive d;

static void format(const char *list)
{
	assert_int_equal(drive_out_hex(&d, FORMAT, list), 0);
	assert_refused(&d, TUR, 0x020404);
	assert_int_equal(d.reply.sense[15], 0x80);
	drive_wait(&d);
}

#define DEFAULT "00 82 00 08 00 B4 74 00 00 00 30 00"
#define WITHOUT_SPARES "00 82 00 08 00 BA 74 00 C4 00 08 00"

static void is_sold_unformatted(void **state)
{
	(void)state;
	drive_start(&d, "bd-re", NULL);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_reply(&d, "00 20 10 01 01 01 01 00 00*8 FF FF FF FF FF FF FF FF 00*10");
	assert_int_equal(drive_in(&d, RTI_1, 48), 0);
	assert_reply(&d, "00 2E 01 01 00 04 41 00 00*12 00 00 00 20 00 BA 74 00 00*20");
	assert_int_equal(drive_in(&d, RFC, 252), 0);
	assert_reply(&d, "00 00 00 30 00 BA 74 00 01 00 08 00 " LIST);
	assert_int_equal(drive_in(&d, CAPACITY, 8), 0);
	assert_reply(&d, "00 00 00 00 00 00 08 00");
	assert_int_equal(drive_write(&d, 0, 32, 1), 0x053010);
	assert_int_equal(drive_read(&d, 0, 1), 0x033100);
	assert_int_equal(drive_in(&d, SPARES, 16), 0x033100);
	assert_int_equal(drive_do(&d, "A1 11 00 00 00 00 00 00 00 00 00 00"), 0x053006);
	drive_end(&d);
}

static void is_formatted_with_spares(void **state)
{
	(void)state;
	drive_start(&d, "bd-re", NULL);
	format(DEFAULT);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_int_equal(d.data[2], 0x1E);
	assert_int_equal(drive_in(&d, RTI_1, 48), 0);
	assert_reply(&d, "00 2E 01 01 00 04 01 02 00*12 00 00 00 20 00 B4 74 00 00 B4 73 FF 00*16");
	assert_int_equal(drive_in(&d, RFC, 252), 0);
	assert_reply(&d, "00 00 00 30 00 B4 74 00 02 00 08 00 " LIST);
	assert_int_equal(drive_in(&d, CAPACITY, 8), 0);
	assert_reply(&d, "00 B4 73 FF 00 00 08 00");
	assert_int_equal(drive_in(&d, SPARES, 16), 0);
	assert_reply(&d, "00 0E 00 00 00 00 00 00 00 00 30 00 00 00 30 00");
	assert_int_equal(drive_do(&d, "5B 00 02 00 00 00 00 00 00 00"), 0x052400);
	drive_end(&d);
}

static void clusters_are_unreadable_until_written(void **state)
{
	(void)state;
	drive_start(&d, "bd-re", NULL);
	format(DEFAULT);
	assert_int_equal(drive_read(&d, 0, 1), 0x031105);
	/* a single block: the drive completes its cluster */
	assert_int_equal(drive_write(&d, 40, 1, 0x11), 0);
	assert_blocks(&d, 40, 1, 0x11);
	assert_int_equal(drive_sync(&d), 0);
	assert_blocks(&d, 41, 1, 0);
	assert_int_equal(drive_read(&d, 64, 1), 0x031105);
	drive_close(&d);
	drive_open(&d);
	assert_blocks(&d, 40, 1, 0x11);
	assert_int_equal(drive_read(&d, 31, 1), 0x031105);
	drive_end(&d);
	drive_start(&d, "bd-re", "unw=zero");
	format(DEFAULT);
	assert_blocks(&d, 64, 1, 0);
	drive_end(&d);
}

static void manages_defects_only_with_spares(void **state)
{
	(void)state;
	drive_start(&d, "bd-re", NULL);
	format(DEFAULT);
	SIM_OK(sim_set_defect(d.sim, 0, SIM_DEFECT_WRITE, SIM_DEFECT_FOR_GOOD));
	assert_int_equal(drive_write(&d, 0, 32, 0x21), 0);
	assert_int_equal(drive_sync(&d), 0);
	assert_blocks(&d, 0, 32, 0x21);
	assert_int_equal(drive_in(&d, SPARES, 16), 0);
	assert_int_equal(d.data[11], 0xFF);
	format(WITHOUT_SPARES);
	assert_int_equal(drive_in(&d, CAPACITY, 8), 0);
	assert_reply(&d, "00 BA 73 FF 00 00 08 00");
	SIM_OK(sim_set_defect(d.sim, 0, SIM_DEFECT_WRITE, SIM_DEFECT_FOR_GOOD));
	assert_int_equal(drive_write(&d, 0, 32, 0x22), 0);
	assert_int_equal(drive_sync(&d), 0x030C00);
	/* no feature for it */
	assert_int_equal(drive_in(&d, "46 02 00 24 00 00 00 00 10 00", 16), 0);
	assert_int_equal(d.data[10] & 1, 0);
	drive_end(&d);
}

static void takes_sizes_with_enough_spares(void **state)
{
	(void)state;
	drive_start(&d, "bd-re", NULL);
	/* 0FFFh clusters are too few, 5001h too many */
	assert_int_equal(drive_out_hex(&d, FORMAT, "00 82 00 08 00 B8 74 20 C0 00 10 00"), 0x052600);
	assert_int_equal(drive_out_hex(&d, FORMAT, "00 82 00 08 00 B0 73 E0 C0 00 50 00"), 0x052600);
	assert_int_equal(drive_out_hex(&d, FORMAT, "00 82 00 08 00 B4 74 00 98 00 00 00"), 0x052600);
	format("00 82 00 08 00 B8 74 00 C2 00 10 00");
	assert_int_equal(drive_in(&d, CAPACITY, 8), 0);
	assert_reply(&d, "00 B8 73 FF 00 00 08 00");
	drive_end(&d);
}

static void is_protected_and_damaged_as_others(void **state)
{
	const struct sim_cut now = { .n_packets = 0 };

	(void)state;
	drive_start(&d, "bd-re", NULL);
	assert_int_equal(drive_out_hex(&d, "BF 00 00 00 00 00 00 C0 00 08 00 00", "00 06 00 00 02 00 00 00"), 0x052400);
	format(DEFAULT);
	assert_int_equal(drive_out_hex(&d, "BF 00 00 00 00 00 00 C0 00 08 00 00", "00 06 00 00 02 00 00 00"), 0);
	assert_int_equal(drive_write(&d, 0, 32, 1), 0x072704);
	assert_int_equal(drive_out_hex(&d, "BF 00 00 00 00 00 00 C0 00 08 00 00", "00 06 00 00 00 00 00 00"), 0);
	assert_int_equal(drive_out_hex(&d, FORMAT, DEFAULT), 0);
	sim_cut_power(d.sim, &now);
	sim_power_on(d.sim);
	drive_wait(&d);
	assert_int_equal(drive_in(&d, RTI_1, 48), 0);
	assert_memory_equal(d.data + 5, "\x24\x0F\x00", 3);
	assert_int_equal(drive_write(&d, 0, 32, 1), 0x053010);
	format(DEFAULT);
	assert_int_equal(drive_write(&d, 0, 32, 1), 0);
	drive_end(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_sold_unformatted),
		cmocka_unit_test(is_formatted_with_spares),
		cmocka_unit_test(clusters_are_unreadable_until_written),
		cmocka_unit_test(manages_defects_only_with_spares),
		cmocka_unit_test(takes_sizes_with_enough_spares),
		cmocka_unit_test(is_protected_and_damaged_as_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
