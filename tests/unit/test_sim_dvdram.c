/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A simulated DVD-RAM, with the bytes that real drives and the tables of MMC have for it. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim_fixture.h"

#define TUR "00 00 00 00 00 00"
#define RDI "51 00 00 00 00 00 00 00 22 00"
#define RTI "52 01 00 00 00 01 00 00 30 00"
#define RFC "23 00 00 00 00 00 00 00 FC 00"
#define CAPACITY "25 00 00 00 00 00 00 00 00 00"
#define SPARES "AD 00 00 00 00 00 00 0A 00 10 00 00"
/* FORMAT UNIT of a DVD-RAM: FOV and IMMED, with certification */
#define FORMAT "04 11 00 00 00 00"
#define CERTIFY "00 82 00 08 00 22 21 20 00 00 08 00"

static struct drive d;

/* What a TSST SH-S182M was seen to answer. */
static void has_the_replies_of_a_real_disc(void **state)
{
	(void)state;
	drive_start(&d, "dvd-ram", NULL);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_reply(&d, "00 20 1F 01 01 01 01 00 00*8 FF FF FF FF FF FF FF FF 00*10");
	assert_int_equal(drive_in(&d, RTI, 48), 0);
	assert_reply(&d, "00 2E 01 01 00 04 01 02 00*15 10 00 22 21 20 00 22 21 1F 00*16");
	assert_int_equal(drive_in(&d, RFC, 252), 0);
	assert_reply(&d, "00 00 00 28 00 22 21 20 02 00 08 00 00 22 21 20 00 00 08 00 00 23 05 20 00 00 08 00 "
		     "00 21 FB 20 04 00 08 00 00 21 D5 20 04 00 08 00");
	assert_int_equal(drive_in(&d, CAPACITY, 8), 0);
	assert_reply(&d, "00 22 21 1F 00 00 08 00");
	assert_int_equal(drive_in(&d, "43 00 00 00 00 00 00 00 FC 00", 252), 0);
	assert_reply(&d, "00 12 01 01 00 14 01 00 00 00 00 00 00 14 AA 00 00 22 21 20");
	/* spares: 12784 of 12800 primary, 58368 of 58368 supplementary */
	assert_int_equal(drive_in(&d, SPARES, 16), 0);
	assert_reply(&d, "00 0E 00 00 00 00 31 F0 00 00 E4 00 00 00 E4 00");
	drive_end(&d);
}

static void is_read_short_without_failing(void **state)
{
	(void)state;
	drive_start(&d, "dvd-ram", NULL);
	assert_int_equal(drive_in(&d, "51 00 00 00 00 00 00 00 02 00", 2), 0);
	assert_reply(&d, "00 20");
	assert_int_equal(drive_in(&d, "46 00 00 00 00 00 00 00 08 00", 8), 0);
	assert_int_equal(d.data[7], 0x12);
	/* random writable, in the way in which the kernel asks */
	assert_int_equal(drive_in(&d, "46 00 00 20 00 00 00 00 18 00", 24), 0);
	assert_memory_equal(d.data + 8, "\x00\x20\x05\x0C\x00\x22\x21\x1F\x00\x00\x08\x00\x00\x10\x01\x00", 16);
	drive_end(&d);
}

/* Power-on before medium change, each reported once, and never by INQUIRY; then spin-up */
static void reports_attentions_in_order_and_spins_up(void **state)
{
	const struct sim_create_options options = { .media = "dvd-ram" };

	(void)state;
	drive_create(&d, &options);
	assert_int_equal(drive_in(&d, "12 00 00 00 24 00", 36), 0);
	assert_int_equal(d.data[0], 5);
	assert_refused(&d, TUR, 0x062900);
	assert_refused(&d, TUR, 0x062800);
	assert_refused(&d, TUR, 0x020401);
	assert_int_equal(drive_read(&d, 0, 1), 0x020401);
	assert_refused(&d, TUR, 0x020401);
	assert_refused(&d, TUR, 0);
	assert_refused(&d, "02 00 00 00 00 00", 0x052000);
	drive_end(&d);
}

static void keeps_what_was_written(void **state)
{
	uint8_t byte;
	int fd;

	(void)state;
	drive_start(&d, "dvd-ram", NULL);
	assert_blocks(&d, 2236703, 1, 0);
	assert_int_equal(drive_write(&d, 5, 3, 0x11), 0);
	assert_int_equal(drive_write(&d, 30, 40, 0x22), 0);
	assert_blocks(&d, 5, 3, 0x11);
	assert_blocks(&d, 30, 40, 0x22);
	assert_int_equal(drive_sync(&d), 0);
	drive_close(&d);
	fd = open(d.path, O_RDONLY);
	assert_int_equal(pread(fd, &byte, 1, 7 * 2048 + 2047), 1);
	assert_int_equal(byte, 0x11);
	close(fd);
	drive_open(&d);
	assert_blocks(&d, 4, 1, 0);
	assert_blocks(&d, 69, 1, 0x22);
	drive_end(&d);
}

static void refuses_blocks_after_its_end(void **state)
{
	static const uint8_t want[18] = { 0xF0, 0, 5, 0x00, 0x22, 0x21, 0x20, 10, 0, 0, 0, 0, 0x21, 0x00 };

	(void)state;
	drive_start(&d, "dvd-ram", NULL);
	assert_int_equal(drive_write(&d, 2236703, 2, 1), 0x052100);
	assert_memory_equal(d.reply.sense, want, 18);
	assert_int_equal(d.reply.n_data_bytes, 0);
	assert_int_equal(drive_read(&d, 2236704, 1), 0x052100);
	/* nothing of the refused write is there */
	assert_blocks(&d, 2236703, 1, 0);
	drive_end(&d);
}

/* growisofs and libburn rely on the code and on the field pointer */
static void names_the_field_that_is_wrong(void **state)
{
	(void)state;
	drive_start(&d, "dvd-ram", NULL);
	assert_int_equal(drive_in(&d, "46 03 00 00 00 00 00 00 08 00", 8), 0x052400);
	assert_memory_equal(d.reply.sense + 15, "\xC9\x00\x01", 3);
	assert_int_equal(drive_do(&d, "A1 01 00 00 00 00 00 00 00 00 00 00"), 0x053006);
	assert_int_equal(drive_do(&d, "5B 00 02 00 00 00 00 00 00 00"), 0x052400);
	assert_int_equal(drive_do(&d, "53 00 00 00 00 00 00 00 10 00"), 0x052C00);
	drive_end(&d);
}

/* ---- formatting ---- */

static void formats_with_progress_in_virtual_time(void **state)
{
	struct sim_status before, after;
	uint32_t last = 0, progress;
	unsigned n = 0;

	(void)state;
	drive_start(&d, "dvd-ram", NULL);
	assert_int_equal(drive_write(&d, 0, 16, 0x33), 0);
	assert_int_equal(drive_sync(&d), 0);
	sim_get_status(d.sim, &before);
	assert_int_equal(drive_out_hex(&d, FORMAT, CERTIFY), 0);
	assert_int_equal(drive_in(&d, RDI, 34), 0x020404);
	assert_int_equal(drive_read(&d, 0, 1), 0x020404);
	assert_int_equal(drive_do(&d, "1B 00 00 00 02 00"), 0x055302);
	for (; drive_do(&d, TUR) == 0x020404; n++) {
		assert_int_equal(d.reply.sense[15], 0x80);
		progress = (uint32_t)d.reply.sense[16] << 8 | d.reply.sense[17];
		assert_true(progress > last);
		last = progress;
	}
	assert_int_equal(last, 0xffff);
	assert_in_range(n, 10, 30);
	sim_get_status(d.sim, &after);
	/* certification of 4.7 GB takes more than half an hour */
	assert_true(after.clock_ms - before.clock_ms > 1800000);
	assert_blocks(&d, 0, 16, 0);
	drive_end(&d);
}

static void gives_up_its_spare_area_for_more_blocks(void **state)
{
	(void)state;
	drive_start(&d, "dvd-ram", NULL);
	assert_int_equal(drive_out_hex(&d, FORMAT, "00 82 00 08 00 23 05 20 00 00 08 00"), 0);
	drive_wait(&d);
	assert_int_equal(drive_in(&d, CAPACITY, 8), 0);
	assert_reply(&d, "00 23 05 1F 00 00 08 00");
	/* what is offered then */
	assert_int_equal(drive_in(&d, RFC, 252), 0);
	assert_reply(&d, "00 00 00 28 00 23 05 20 02 00 08 00 00 22 21 20 00 00 08 00 00 23 05 20 00 00 08 00 "
		     "00 22 21 20 04 00 08 00 00 21 FB 20 04 00 08 00");
	assert_int_equal(drive_write(&d, 2295071, 1, 7), 0);
	drive_end(&d);
}

static void takes_only_the_formats_that_it_offers(void **state)
{
	(void)state;
	drive_start(&d, "dvd-ram", NULL);
	assert_int_equal(drive_out_hex(&d, FORMAT, "00 82 00 08 00 22 21 21 00 00 08 00"), 0x052600);
	assert_int_equal(drive_out_hex(&d, FORMAT, "00 82 00 08 00 22 21 20 40 00 08 00"), 0x052600);
	/* no certification without FOV */
	assert_int_equal(drive_out_hex(&d, FORMAT, "00 22 00 08 00 22 21 20 00 00 08 00"), 0x052600);
	assert_int_equal(drive_out_hex(&d, FORMAT, "00 82 00 08 00 22 21 20"), 0x051A00);
	assert_int_equal(drive_out_hex(&d, "04 17 00 00 00 00", CERTIFY), 0x052400);
	assert_int_equal(drive_write(&d, 0, 1, 1), 0);
	drive_end(&d);
}

static void is_unformatted_after_a_cut_in_formatting(void **state)
{
	const struct sim_cut now = { .n_packets = 0 };

	(void)state;
	drive_start(&d, "dvd-ram", NULL);
	assert_int_equal(drive_out_hex(&d, FORMAT, CERTIFY), 0);
	assert_refused(&d, TUR, 0x020404);
	sim_cut_power(d.sim, &now);
	assert_int_equal(drive_do(&d, TUR), 0xff0000 + MMC_DRIVE_GONE);
	sim_power_on(d.sim);
	drive_wait(&d);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_int_equal(d.data[2], 0x10);
	assert_int_equal(drive_in(&d, RTI, 48), 0);
	assert_memory_equal(d.data + 5, "\x24\x0F\x00", 3);
	assert_int_equal(drive_in(&d, RFC, 252), 0);
	assert_memory_equal(d.data + 4, "\x00\x23\x05\x20\x01\x00\x08\x00", 8);
	assert_int_equal(drive_write(&d, 0, 1, 1), 0x053010);
	assert_int_equal(drive_read(&d, 0, 1), 0x033100);
	assert_int_equal(drive_out_hex(&d, FORMAT, CERTIFY), 0);
	drive_wait(&d);
	assert_int_equal(drive_write(&d, 0, 1, 1), 0);
	drive_end(&d);
}

/* ---- write protection ---- */

static void obeys_the_protection_that_a_host_sets(void **state)
{
	(void)state;
	drive_start(&d, "dvd-ram", NULL);
	assert_int_equal(drive_out_hex(&d, "BF 00 00 00 00 00 00 C0 00 08 00 00", "00 06 00 00 02 00 00 00"), 0);
	assert_int_equal(drive_write(&d, 0, 1, 1), 0x072704);
	assert_int_equal(drive_out_hex(&d, FORMAT, CERTIFY), 0x072704);
	assert_int_equal(drive_in(&d, "AD 00 00 00 00 00 00 C0 00 08 00 00", 8), 0);
	assert_reply(&d, "00 06 00 00 02 00 00 00");
	assert_int_equal(drive_in(&d, "AD 00 00 00 00 00 00 09 00 08 00 00", 8), 0);
	assert_reply(&d, "00 06 00 00 81 00 00 00");
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_int_equal(d.data[2], 0x1E);
	/* the feature is there, and not current */
	assert_int_equal(drive_in(&d, "46 02 00 20 00 00 00 00 18 00", 24), 0);
	assert_int_equal(d.data[10] & 1, 0);
	assert_int_equal(drive_out_hex(&d, "BF 00 00 00 00 00 00 C0 00 08 00 00", "00 06 00 00 00 00 00 00"), 0);
	assert_int_equal(drive_write(&d, 0, 1, 1), 0);
	drive_end(&d);
}

static void obeys_the_tab_of_the_cartridge(void **state)
{
	const struct sim_create_options options = { .media = "dvd-ram", .write_protected = true };
	char why[SIM_WHY_BYTES];

	(void)state;
	drive_create(&d, &options);
	drive_wait(&d);
	assert_int_equal(drive_write(&d, 0, 1, 1), 0x072700);
	assert_int_equal(drive_out_hex(&d, "BF 00 00 00 00 00 00 C0 00 08 00 00", "00 06 00 00 00 00 00 00"),
			 0x072700);
	assert_int_equal(sim_set_tab(d.sim, false, why), UDF_E_BUSY);
	SIM_OK(sim_eject(d.sim, false, why));
	SIM_OK(sim_set_tab(d.sim, false, why));
	SIM_OK(sim_insert(d.sim, NULL, why));
	drive_wait(&d);
	assert_int_equal(drive_write(&d, 0, 1, 1), 0);
	drive_end(&d);
}

/* ---- defects ---- */

static uint32_t free_primary_spares(void)
{
	assert_int_equal(drive_in(&d, SPARES, 16), 0);
	return (uint32_t)d.data[6] << 8 | d.data[7];
}

static void replaces_a_defect_silently(void **state)
{
	(void)state;
	drive_start(&d, "dvd-ram", NULL);
	SIM_OK(sim_set_defect(d.sim, 100, SIM_DEFECT_WRITE, SIM_DEFECT_FOR_GOOD));
	assert_int_equal(drive_write(&d, 96, 16, 0x44), 0);
	assert_int_equal(drive_sync(&d), 0);
	assert_blocks(&d, 96, 16, 0x44);
	assert_int_equal(free_primary_spares(), 12768);
	drive_end(&d);
}

/* Page 01 without AWRE: the drive only reports. */
static void reports_a_failed_write_at_the_sync_or_later(void **state)
{
	static const char no_awre[] = "00 00 00 00 00 00 00 00 01 0A 40 10 00 00 00 00 08 00 00 00";

	(void)state;
	drive_start(&d, "dvd-ram", NULL);
	assert_int_equal(drive_out_hex(&d, "55 10 00 00 00 00 00 00 14 00", no_awre), 0);
	SIM_OK(sim_set_defect(d.sim, 100, SIM_DEFECT_WRITE, SIM_DEFECT_FOR_GOOD));
	assert_int_equal(drive_write(&d, 96, 16, 0x44), 0);
	assert_int_equal(drive_sync(&d), 0x030C00);
	assert_int_equal(d.reply.sense[0], 0xF0);
	assert_int_equal(d.reply.sense[6], 96);
	assert_int_equal(drive_read(&d, 100, 1), 0x031105);
	assert_int_equal(drive_write(&d, 101, 1, 1), 0x031105);
	/* with SYNC IMMED it comes with the next command, which is not executed */
	assert_int_equal(drive_write(&d, 96, 16, 0x45), 0);
	assert_int_equal(drive_do(&d, "35 02 00 00 00 00 00 00 00 00"), 0);
	drive_wait(&d);
	assert_int_equal(drive_write(&d, 0, 1, 0x46), 0x030C00);
	assert_int_equal(d.reply.sense[0], 0xF1);
	assert_int_equal(d.reply.sense[6], 96);
	assert_blocks(&d, 0, 1, 0);
	drive_end(&d);
}

static void runs_out_of_spares(void **state)
{
	uint32_t unit = 0, n_warnings = 0, sense = 0;

	(void)state;
	drive_start(&d, "dvd-ram-2.6", NULL);
	/* 12800 blocks of spares are 800 units; the factory has used one */
	for (; unit < 799 && !sense; unit++) {
		SIM_OK(sim_set_defect(d.sim, unit * 16, SIM_DEFECT_WRITE, SIM_DEFECT_FOR_GOOD));
		sense = drive_write(&d, unit * 16, 16, 0x55);
		if (sense == 0x065D03) {
			n_warnings++;
			sense = drive_write(&d, unit * 16, 16, 0x55);
		}
		if (!sense)
			sense = drive_sync(&d);
		if (sense == 0x065D03) {
			n_warnings++;
			sense = drive_sync(&d);
		}
	}
	assert_int_equal(sense, 0);
	assert_int_equal(n_warnings, 1);
	for (; unit < 801; unit++) {
		SIM_OK(sim_set_defect(d.sim, unit * 16, SIM_DEFECT_WRITE, SIM_DEFECT_FOR_GOOD));
		assert_int_equal(drive_write(&d, unit * 16, 16, 0x55), 0);
		assert_int_equal(drive_sync(&d), unit == 799 ? 0x030C02 : 0x033200);
	}
	/* elsewhere it still works */
	assert_int_equal(drive_write(&d, 900 * 16, 16, 0x56), 0);
	assert_int_equal(drive_sync(&d), 0);
	assert_blocks(&d, 0, 16, 0x55);
	drive_end(&d);
}

static void transfers_what_stands_before_an_unreadable_block(void **state)
{
	(void)state;
	drive_start(&d, "dvd-ram", NULL);
	SIM_OK(sim_set_defect(d.sim, 16, SIM_DEFECT_READ, SIM_DEFECT_FOR_GOOD));
	assert_int_equal(drive_write(&d, 8, 8, 0x66), 0);
	assert_int_equal(drive_read(&d, 8, 16), 0x031105);
	assert_int_equal(d.reply.n_data_bytes, 8 * 2048);
	assert_int_equal(d.reply.sense[0], 0xF0);
	assert_int_equal(d.reply.sense[6], 16);
	/* writing it whole heals it */
	assert_int_equal(drive_write(&d, 16, 16, 0x67), 0);
	assert_int_equal(drive_sync(&d), 0);
	assert_blocks(&d, 8, 8, 0x66);
	assert_blocks(&d, 16, 16, 0x67);
	drive_end(&d);
}

/* ---- power ---- */

static void loses_only_what_was_not_synced(void **state)
{
	unsigned n_lost = 0, n_kept = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= 8; seed++) {
		const struct sim_cut cut = { .n_packets = 3, .seed = seed };
		unsigned n_unreadable = 0;

		drive_start(&d, "dvd-ram", NULL);
		for (uint32_t unit = 0; unit < 8; unit++)
			assert_int_equal(drive_write(&d, unit * 16, 16, 0x77), 0);
		assert_int_equal(drive_sync(&d), 0);
		for (uint32_t unit = 8; unit < 16; unit++)
			assert_int_equal(drive_write(&d, unit * 16, 16, 0x78), 0);
		sim_cut_power(d.sim, &cut);
		assert_int_equal(drive_sync(&d), 0xff0000 + MMC_DRIVE_GONE);
		drive_close(&d);
		drive_open(&d);
		assert_refused(&d, TUR, 0x062900);
		drive_wait(&d);
		for (uint32_t unit = 0; unit < 8; unit++)
			assert_blocks(&d, unit * 16, 16, 0x77);
		for (uint32_t unit = 8; unit < 16; unit++) {
			uint32_t sense = drive_read(&d, unit * 16, 16);

			n_unreadable += sense == 0x031105;
			n_kept += sense == 0 && d.data[0] == 0x78;
			n_lost += sense == 0 && d.data[0] == 0;
		}
		/* the one in flight */
		assert_int_equal(n_unreadable, 1);
		drive_end(&d);
	}
	assert_true(n_lost > 8);
	assert_true(n_kept > 8);
}

static void survives_a_killed_process(void **state)
{
	int status;

	(void)state;
	drive_start(&d, "dvd-ram", NULL);
	drive_close(&d);
	if (fork() == 0) {
		drive_open(&d);
		(void)drive_write(&d, 0, 16, 0x79);
		(void)drive_sync(&d);
		(void)drive_write(&d, 16, 16, 0x7A);
		_exit(0);
	}
	assert_true(wait(&status) > 0);
	assert_int_equal(status, 0);
	drive_open(&d);
	assert_refused(&d, TUR, 0x062900);
	drive_wait(&d);
	assert_blocks(&d, 0, 16, 0x79);
	assert_blocks(&d, 16, 16, 0);
	drive_end(&d);
}

static void keeps_mode_pages_until_the_power_fails(void **state)
{
	static const char per[] = "00 00 00 00 00 00 00 00 01 0A C4 10 00 00 00 00 08 00 00 00";

	(void)state;
	drive_start(&d, "dvd-ram", NULL);
	assert_int_equal(drive_out_hex(&d, "55 10 00 00 00 00 00 00 14 00", per), 0);
	drive_close(&d);
	drive_open(&d);
	assert_refused(&d, TUR, 0);
	assert_int_equal(drive_in(&d, "5A 08 01 00 00 00 00 00 14 00", 20), 0);
	assert_reply(&d, "00 12 00*6 01 0A C4 10 00 00 00 00 08 00 00 00");
	sim_power_on(d.sim);
	drive_wait(&d);
	assert_int_equal(drive_in(&d, "5A 08 01 00 00 00 00 00 14 00", 20), 0);
	assert_reply(&d, "00 12 00*6 01 0A C0 10 00 00 00 00 08 00 00 00");
	drive_end(&d);
}

/* ---- tray ---- */

static void says_that_the_disc_is_gone(void **state)
{
	char why[SIM_WHY_BYTES];

	(void)state;
	drive_start(&d, "dvd-ram", NULL);
	assert_int_equal(drive_in(&d, "4A 01 00 00 10 00 00 00 08 00", 8), 0);
	assert_reply(&d, "00 06 04 16 02 02 00 00");
	assert_int_equal(drive_in(&d, "4A 01 00 00 10 00 00 00 08 00", 8), 0);
	assert_reply(&d, "00 06 04 16 00 02 00 00");
	/* locked: the press of the button becomes an event */
	assert_int_equal(drive_do(&d, "1E 00 00 00 01 00"), 0);
	assert_int_equal(drive_do(&d, "1B 00 00 00 02 00"), 0x055302);
	assert_int_equal(sim_eject(d.sim, false, why), UDF_E_BUSY);
	assert_int_equal(drive_in(&d, "4A 01 00 00 10 00 00 00 08 00", 8), 0);
	assert_reply(&d, "00 06 04 16 01 02 00 00");
	assert_int_equal(drive_do(&d, "1E 00 00 00 00 00"), 0);
	assert_int_equal(drive_write(&d, 0, 1, 0x7B), 0);
	assert_int_equal(drive_do(&d, "1B 00 00 00 02 00"), 0);
	assert_refused(&d, TUR, 0x023A02);
	assert_int_equal(drive_in(&d, "4A 01 00 00 10 00 00 00 08 00", 8), 0);
	assert_reply(&d, "00 06 04 16 03 01 00 00");
	assert_int_equal(drive_in(&d, "46 00 00 00 00 00 00 00 08 00", 8), 0);
	assert_memory_equal(d.data + 6, "\0\0", 2);
	assert_int_equal(drive_do(&d, "1B 00 00 00 03 00"), 0);
	assert_refused(&d, TUR, 0x062800);
	drive_wait(&d);
	assert_blocks(&d, 0, 1, 0x7B);
	drive_end(&d);
}

/* The button does nothing while the drive formats; a pin opens the tray, and the disc has no format then. */
static void is_unformatted_when_forced_out(void **state)
{
	char why[SIM_WHY_BYTES];

	(void)state;
	drive_start(&d, "dvd-ram", NULL);
	assert_int_equal(drive_out_hex(&d, FORMAT, CERTIFY), 0);
	assert_int_equal(sim_eject(d.sim, false, why), UDF_E_BUSY);
	assert_string_equal(why, "the drive is formatting and does not obey the button");
	SIM_OK(sim_eject(d.sim, true, why));
	SIM_OK(sim_insert(d.sim, NULL, why));
	drive_wait(&d);
	assert_int_equal(drive_write(&d, 0, 1, 1), 0x053010);
	drive_end(&d);
}

static void takes_another_disc(void **state)
{
	const struct sim_create_options small = { .media = "dvd-ram-8cm" };
	char other[128], why[SIM_WHY_BYTES];

	(void)state;
	drive_start(&d, "dvd-ram", NULL);
	snprintf(other, sizeof(other), "%s/other.disc", d.dir);
	SIM_OK(sim_create(other, &small, why));
	assert_int_equal(sim_insert(d.sim, other, why), UDF_E_BUSY);
	SIM_OK(sim_eject(d.sim, false, why));
	SIM_OK(sim_insert(d.sim, other, why));
	assert_refused(&d, TUR, 0x062800);
	drive_wait(&d);
	/* a real disc of 8 cm has 697696 blocks */
	assert_int_equal(drive_in(&d, CAPACITY, 8), 0);
	assert_reply(&d, "00 0A A5 5F 00 00 08 00");
	assert_int_equal(drive_write(&d, 0, 1, 0x7C), 0);
	drive_close(&d);
	drive_open(&d);
	assert_blocks(&d, 0, 1, 0x7C);
	SIM_OK(sim_eject(d.sim, false, why));
	SIM_OK(sim_insert(d.sim, d.path, why));
	drive_wait(&d);
	assert_blocks(&d, 0, 1, 0);
	drive_end(&d);
}

/* ---- files ---- */

static void is_used_by_one_process_at_a_time(void **state)
{
	struct sim_status status;
	struct sim *second;
	char why[SIM_WHY_BYTES];

	(void)state;
	drive_start(&d, "dvd-ram", NULL);
	assert_int_equal(sim_open(d.path, SIM_USE, why, &second), UDF_E_BUSY);
	SIM_OK(sim_open(d.path, SIM_LOOK, why, &second));
	sim_get_status(second, &status);
	assert_true(status.in_use);
	assert_string_equal(status.media, "dvd-ram");
	SIM_OK(sim_close(second));
	/* what others ask for happens before the next command */
	SIM_OK(sim_request(d.path, "eject"));
	assert_refused(&d, TUR, 0x023A02);
	drive_end(&d);
}

static void takes_no_request_that_is_still_being_written(void **state)
{
	char name[128];
	int fd;

	(void)state;
	drive_start(&d, "dvd-ram", NULL);
	snprintf(name, sizeof(name), "%s.request", d.path);
	fd = open(name, O_WRONLY | O_CREAT | O_APPEND, 0666);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(drive_do(&d, TUR), 0);
	assert_int_equal(write(fd, "eject\n", 6), 6);
	close(fd);
	assert_refused(&d, TUR, 0x023A02);
	drive_end(&d);
}

static void refuses_a_state_that_makes_no_sense(void **state)
{
	static const char *const lines[] = { "disc.blocks 99999999", "disc.units 7-3 1", "disc.state happy",
					     "disc.units 0-99999999 1", "drive.pages 00", "disc.defect 1 gone 3",
					     "operation.kind 77", "nonsense 1", "drive.quirks no-such-quirk" };

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		char why[SIM_WHY_BYTES], name[128];
		struct sim *sim;
		FILE *f;

		drive_start(&d, "dvd-ram", NULL);
		drive_close(&d);
		snprintf(name, sizeof(name), "%s.state", d.path);
		f = fopen(name, "a");
		fprintf(f, "%s\n", lines[i]);
		fclose(f);
		assert_int_equal(sim_open(d.path, SIM_USE, why, &sim), UDF_E_CORRUPT);
		assert_true(why[0]);
		drive_end(&d);
	}
}

static void ignores_a_line_that_was_cut_off(void **state)
{
	char name[128];
	FILE *f;

	(void)state;
	drive_start(&d, "dvd-ram", NULL);
	drive_close(&d);
	snprintf(name, sizeof(name), "%s.state", d.path);
	f = fopen(name, "a");
	fprintf(f, "disc.blo");
	fclose(f);
	drive_open(&d);
	assert_refused(&d, TUR, 0);
	drive_close(&d);
	drive_open(&d);
	drive_end(&d);
}

static void a_disc_takes_no_room_on_the_host(void **state)
{
	struct stat st;

	(void)state;
	drive_start(&d, "dvd-ram", NULL);
	drive_close(&d);
	assert_int_equal(stat(d.path, &st), 0);
	assert_int_equal(st.st_size, 2236704ll * 2048);
	assert_true(st.st_blocks < 64);
	drive_end(&d);
}

static void wears(void **state)
{
	(void)state;
	drive_start(&d, "dvd-ram", NULL);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(drive_write(&d, 160, 1, (uint8_t)i), 0);
		assert_int_equal(drive_write(&d, 161, 1, (uint8_t)i), 0);
		assert_int_equal(drive_sync(&d), 0);
	}
	drive_close(&d);
	drive_open(&d);
	assert_int_equal(sim_packet_writes(d.sim, 10), 3);
	assert_int_equal(sim_packet_writes(d.sim, 11), 0);
	drive_end(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_the_replies_of_a_real_disc),
		cmocka_unit_test(is_read_short_without_failing),
		cmocka_unit_test(reports_attentions_in_order_and_spins_up),
		cmocka_unit_test(keeps_what_was_written),
		cmocka_unit_test(refuses_blocks_after_its_end),
		cmocka_unit_test(names_the_field_that_is_wrong),
		cmocka_unit_test(formats_with_progress_in_virtual_time),
		cmocka_unit_test(gives_up_its_spare_area_for_more_blocks),
		cmocka_unit_test(takes_only_the_formats_that_it_offers),
		cmocka_unit_test(is_unformatted_after_a_cut_in_formatting),
		cmocka_unit_test(obeys_the_protection_that_a_host_sets),
		cmocka_unit_test(obeys_the_tab_of_the_cartridge),
		cmocka_unit_test(replaces_a_defect_silently),
		cmocka_unit_test(reports_a_failed_write_at_the_sync_or_later),
		cmocka_unit_test(runs_out_of_spares),
		cmocka_unit_test(transfers_what_stands_before_an_unreadable_block),
		cmocka_unit_test(loses_only_what_was_not_synced),
		cmocka_unit_test(survives_a_killed_process),
		cmocka_unit_test(keeps_mode_pages_until_the_power_fails),
		cmocka_unit_test(says_that_the_disc_is_gone),
		cmocka_unit_test(is_unformatted_when_forced_out),
		cmocka_unit_test(takes_another_disc),
		cmocka_unit_test(is_used_by_one_process_at_a_time),
		cmocka_unit_test(takes_no_request_that_is_still_being_written),
		cmocka_unit_test(refuses_a_state_that_makes_no_sense),
		cmocka_unit_test(ignores_a_line_that_was_cut_off),
		cmocka_unit_test(a_disc_takes_no_room_on_the_host),
		cmocka_unit_test(wears),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
