/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What single drives do otherwise, and answers that a drive is told to give. */
#include <string.h>

#include "sim_fixture.h"

#define TUR "00 00 00 00 00 00"
#define RDI "51 00 00 00 00 00 00 00 22 00"
#define RTI_1 "52 01 00 00 00 01 00 00 30 00"
#define TOC "43 00 00 00 00 00 00 00 FC 00"
#define FORMAT "04 11 00 00 00 00"
#define CD_FORMAT "00 02 00 08 00 04 81 60 40 00 00 20"
#define CLOSE_SESSION "5B 01 02 00 00 00 00 00 00 00"
#define EJECT "1B 00 00 00 02 00"
#define LOAD "1B 00 00 00 03 00"
#define MEDIA_EVENT "4A 01 00 00 10 00 00 00 08 00"

static struct drive d;

static void attentions_and_media_are_checked_in_another_order(void **state)
{
	const struct sim_create_options plain = { .media = "dvd-ram" };
	struct sim_create_options options = plain;

	(void)state;
	drive_create(&d, &plain);
	assert_refused(&d, "02 00 00 00 00 00", 0x062900);
	drive_end(&d);
	options.quirks = "opcode-first";
	drive_create(&d, &options);
	assert_refused(&d, "02 00 00 00 00 00", 0x052000);
	drive_end(&d);
	options.quirks = "nomedium-first,3a00";
	drive_create(&d, &options);
	SIM_OK(sim_eject(d.sim, true, NULL));
	assert_refused(&d, TUR, 0x023A00);
	assert_refused(&d, TUR, 0x023A00);
	drive_end(&d);
}

static void write_protection_is_found_late(void **state)
{
	const char *const protect = "BF 00 00 00 00 00 00 C0 00 08 00 00";

	(void)state;
	drive_start(&d, "dvd-ram", NULL);
	assert_int_equal(drive_out_hex(&d, protect, "00 06 00 00 02 00 00 00"), 0);
	assert_int_equal(drive_write(&d, 99999999, 1, 1), 0x072704);
	drive_end(&d);
	drive_start(&d, "dvd-ram", "wp-late,wp-1f");
	assert_int_equal(drive_out_hex(&d, protect, "00 06 00 00 02 00 00 00"), 0);
	assert_int_equal(drive_write(&d, 99999999, 1, 1), 0x052100);
	assert_int_equal(drive_write(&d, 0, 1, 1), 0x072704);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_int_equal(d.data[2], 0x1F);
	drive_end(&d);
}

/* Pioneer: only READ DISC INFORMATION knows that a session is being closed. */
static void a_drive_seems_ready_while_it_closes(void **state)
{
	(void)state;
	drive_start(&d, "dvd+rw", "tur-good-close");
	assert_int_equal(drive_out_hex(&d, FORMAT, "00 02 00 08 FF FF FF FF 98 00 00 00"), 0);
	drive_wait(&d);
	assert_int_equal(drive_do(&d, CLOSE_SESSION), 0);
	assert_refused(&d, TUR, 0);
	assert_int_equal(drive_in(&d, RDI, 34), 0x020407);
	assert_int_equal(drive_do(&d, CLOSE_SESSION), 0x020408);
	drive_end(&d);
}

static void a_bridge_hides_why_the_drive_is_not_ready(void **state)
{
	const struct sim_create_options options = { .media = "cd-rw", .drive = "usb-bridge" };

	(void)state;
	drive_create(&d, &options);
	drive_wait(&d);
	assert_int_equal(drive_out_hex(&d, FORMAT, CD_FORMAT), 0);
	assert_refused(&d, TUR, 0x020400);
	assert_int_equal(d.reply.sense[15], 0);
	drive_wait(&d);
	assert_int_equal(drive_in(&d, "5A 08 3F 00 00 00 00 00 FF 00", 255), 0);
	assert_int_equal(d.reply.n_data_bytes, 36);
	drive_end(&d);
	drive_start(&d, "cd-rw", "early-good");
	assert_int_equal(drive_out_hex(&d, FORMAT, CD_FORMAT), 0);
	assert_refused(&d, TUR, 0);
	assert_refused(&d, TUR, 0x020404);
	drive_end(&d);
}

static void errors_of_writes_come_in_other_ways(void **state)
{
	(void)state;
	drive_start(&d, "cd-rw", "write-through");
	assert_int_equal(drive_out_hex(&d, FORMAT, CD_FORMAT), 0);
	drive_wait(&d);
	SIM_OK(sim_set_defect(d.sim, 0, SIM_DEFECT_WRITE, 1));
	assert_int_equal(drive_write(&d, 0, 32, 1), 0x030C00);
	assert_int_equal(d.reply.sense[0], 0xF0);
	drive_end(&d);
	drive_start(&d, "cd-rw", "deferred-drop");
	assert_int_equal(drive_out_hex(&d, FORMAT, CD_FORMAT), 0);
	drive_wait(&d);
	SIM_OK(sim_set_defect(d.sim, 0, SIM_DEFECT_WRITE, 1));
	assert_int_equal(drive_write(&d, 0, 32, 1), 0);
	assert_int_equal(drive_do(&d, "35 02 00 00 00 00 00 00 00 00"), 0);
	drive_wait(&d);
	assert_int_equal(drive_write(&d, 32, 32, 1), 0);
	assert_int_equal(drive_read(&d, 0, 32), 0x031105);
	drive_end(&d);
	drive_start(&d, "cd-rw", "deferred-tur");
	assert_int_equal(drive_out_hex(&d, FORMAT, CD_FORMAT), 0);
	drive_wait(&d);
	SIM_OK(sim_set_defect(d.sim, 0, SIM_DEFECT_WRITE, 1));
	assert_int_equal(drive_write(&d, 0, 32, 1), 0);
	assert_int_equal(drive_do(&d, "35 02 00 00 00 00 00 00 00 00"), 0);
	for (uint32_t sense; (sense = drive_do(&d, TUR)) != 0x030C00;)
		assert_int_equal(sense, 0x020408);
	assert_int_equal(d.reply.sense[0], 0xF1);
	drive_end(&d);
}

static void a_silent_failure_is_found_by_reading(void **state)
{
	(void)state;
	drive_start(&d, "cd-rw", "silent-write");
	assert_int_equal(drive_out_hex(&d, FORMAT, CD_FORMAT), 0);
	drive_wait(&d);
	SIM_OK(sim_set_defect(d.sim, 0, SIM_DEFECT_WRITE, 1));
	assert_int_equal(drive_write(&d, 0, 32, 1), 0);
	assert_int_equal(drive_sync(&d), 0);
	assert_int_equal(drive_read(&d, 0, 1), 0x031105);
	assert_int_equal(drive_write(&d, 0, 32, 2), 0);
	assert_int_equal(drive_sync(&d), 0);
	assert_blocks(&d, 0, 32, 2);
	drive_end(&d);
}

static void a_stale_read_shows_what_the_medium_has(void **state)
{
	(void)state;
	drive_start(&d, "dvd-ram", "stale-read");
	assert_int_equal(drive_write(&d, 0, 16, 0x11), 0);
	assert_blocks(&d, 0, 16, 0);
	assert_int_equal(drive_sync(&d), 0);
	assert_blocks(&d, 0, 16, 0x11);
	drive_end(&d);
}

static void information_is_busy_while_writes_wait(void **state)
{
	(void)state;
	drive_start(&d, "dvd-ram", "rti-busy");
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_int_equal(drive_write(&d, 0, 16, 0x11), 0);
	assert_int_equal(drive_in(&d, RDI, 34), 0x020407);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	drive_end(&d);
}

static void a_write_stays_within_one_packet(void **state)
{
	(void)state;
	drive_start(&d, "cd-rw", "one-packet");
	assert_int_equal(drive_out_hex(&d, FORMAT, CD_FORMAT), 0);
	drive_wait(&d);
	assert_int_equal(drive_write(&d, 0, 64, 1), 0x056401);
	assert_int_equal(drive_write(&d, 0, 32, 1), 0);
	drive_end(&d);
}

static void unwritten_blocks_read_as_the_quirk_says(void **state)
{
	static const struct {
		const char *quirk;
		uint32_t sense;
	} rows[] = {
		{ "unw=zero", 0 }, { "unw=1105", 0x031105 }, { "unw=2100", 0x052100 }, { "unw=6400", 0x056400 },
		{ "unw=0200", 0x030200 }, { "unw=blank", 0x080000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		drive_start(&d, "dvd-ram", rows[i].quirk);
		assert_int_equal(drive_read(&d, 1000, 1), rows[i].sense);
		assert_int_equal(drive_write(&d, 1000, 1, 1), 0);
		assert_blocks(&d, 1000, 1, 1);
		drive_end(&d);
	}
}

static void a_stopped_drive_is_started_first(void **state)
{
	(void)state;
	drive_start(&d, "dvd-ram", "stop-needs-start");
	assert_int_equal(drive_do(&d, "1B 00 00 00 00 00"), 0);
	assert_refused(&d, TUR, 0x020402);
	assert_int_equal(drive_do(&d, "1B 00 00 00 01 00"), 0);
	assert_refused(&d, TUR, 0);
	drive_end(&d);
}

static void small_things_differ(void **state)
{
	(void)state;
	drive_start(&d, "dvd+rw", "aa17,plus-no-packet,no-event3");
	assert_int_equal(drive_in(&d, MEDIA_EVENT, 8), 0);
	assert_int_equal(drive_out_hex(&d, FORMAT, "00 02 00 08 FF FF FF FF 98 00 00 00"), 0);
	drive_wait(&d);
	assert_int_equal(drive_in(&d, TOC, 252), 0);
	assert_reply(&d, "00 12 01 01 00 14 01 00 00 00 00 00 00 17 AA 00 00 23 05 40");
	assert_int_equal(drive_in(&d, RTI_1, 48), 0);
	assert_int_equal(d.data[6], 0x01);
	assert_int_equal(drive_do(&d, EJECT), 0);
	assert_int_equal(drive_in(&d, MEDIA_EVENT, 8), 0);
	assert_int_equal(d.data[4], 0);
	drive_end(&d);
	drive_start(&d, "dvd-rw", "profile-ua");
	assert_int_equal(drive_out_hex(&d, FORMAT, "00 02 00 08 00 00 00 00 54 00 00 10"), 0);
	assert_refused(&d, TUR, 0x062800);
	drive_end(&d);
	drive_start(&d, "dvd-rw", "toc-dvd-blank,rw-2c-seq");
	assert_int_equal(drive_in(&d, TOC, 252), 0);
	assert_reply(&d, "00 0A 01 01 00 14 AA 00 00 00 00 00");
	assert_int_equal(drive_in(&d, "46 02 00 2C 00 00 00 00 10 00", 16), 0);
	assert_int_equal(d.data[10] & 1, 1);
	drive_end(&d);
	drive_start(&d, "cd-rw", "toc-5700,cap-blank-err,nwa-150,rti-1a");
	assert_int_equal(drive_in(&d, TOC, 252), 0x035700);
	assert_int_equal(drive_in(&d, "25 00 00 00 00 00 00 00 00 00", 8), 0x052400);
	assert_int_equal(drive_in(&d, RTI_1, 48), 0);
	assert_int_equal(d.reply.n_data_bytes, 28);
	assert_memory_equal(d.data + 12, "\xFF\xFF\xFF\x6A", 4);
	drive_end(&d);
	drive_start(&d, "cd-rw", "not-erasable,fmt-ua");
	assert_int_equal(drive_out_hex(&d, FORMAT, CD_FORMAT), 0);
	while (drive_do(&d, TUR) == 0x020404)
		;
	assert_memory_equal(d.reply.sense + 12, "\x28\x00", 2);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_int_equal(d.data[2], 0x0E);
	assert_int_equal(drive_do(&d, EJECT), 0);
	assert_int_equal(drive_do(&d, LOAD), 0);
	drive_wait(&d);
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_int_equal(d.data[2], 0x1E);
	drive_end(&d);
}

/* Discs after an aborted burn, as owners of an ASUS DRW-1608P2 and an LG GH22LS40 had them. */
static void a_cut_off_dvd_confuses_its_drive(void **state)
{
	const struct sim_cut now = { .n_packets = 0 };

	(void)state;
	drive_start(&d, "dvd-rw", "lost-lead-in,zero-tracks,cut-nwa0");
	assert_int_equal(drive_write(&d, 0, 16, 1), 0);
	assert_int_equal(drive_sync(&d), 0);
	sim_cut_power(d.sim, &now);
	sim_power_on(d.sim);
	drive_wait(&d);
	assert_int_equal(drive_in(&d, "25 00 00 00 00 00 00 00 00 00", 8), 0);
	assert_reply(&d, "FF FD 00 00 00 00 08 00");
	assert_int_equal(drive_in(&d, RDI, 34), 0);
	assert_memory_equal(d.data + 4, "\x01\x00\x00", 3);
	assert_int_equal(drive_in(&d, "52 01 00 00 00 00 00 00 30 00", 48), 0x052400);
	assert_int_equal(drive_in(&d, RTI_1, 48), 0x052400);
	assert_int_equal(drive_do(&d, "A1 10 00 00 00 00 00 00 00 00 00 00"), 0);
	drive_wait(&d);
	assert_int_equal(drive_in(&d, RTI_1, 48), 0);
	drive_end(&d);
}

static void sense_data_have_bytes_of_their_own(void **state)
{
	(void)state;
	drive_start(&d, "dvd-ram", "vendor-sense,lba-not-valid");
	assert_int_equal(drive_read(&d, 2236704, 1), 0x052100);
	assert_memory_equal(d.reply.sense, "\x70\x00\x05\x00\x22\x21\x20\x0A\x2A\x30\x02\x80\x21\x00", 14);
	drive_end(&d);
	drive_start(&d, "cd-rw", "no-configuration");
	assert_int_equal(drive_in(&d, "46 00 00 00 00 00 00 00 08 00", 8), 0x052000);
	drive_end(&d);
	drive_start(&d, "dvd-ram", "wp-key5");
	assert_int_equal(drive_out_hex(&d, "BF 00 00 00 00 00 00 C0 00 08 00 00", "00 06 00 00 02 00 00 00"), 0);
	assert_int_equal(drive_write(&d, 0, 1, 1), 0x052704);
	drive_end(&d);
}

static void a_format_without_immed_hangs(void **state)
{
	(void)state;
	drive_start(&d, "cd-rw", "immed-hangs,rbc-needs-write");
	assert_int_equal(drive_out_hex(&d, FORMAT, "00 00 00 08 00 04 81 60 40 00 00 20"), 0xff0000 + MMC_TIMED_OUT);
	assert_int_equal(drive_out_hex(&d, FORMAT, CD_FORMAT), 0);
	drive_wait(&d);
	assert_int_equal(drive_in(&d, "5C 00 00 00 00 00 00 00 0C 00", 12), 0x052400);
	assert_int_equal(drive_write(&d, 0, 32, 1), 0);
	assert_int_equal(drive_in(&d, "5C 00 00 00 00 00 00 00 0C 00", 12), 0);
	drive_end(&d);
}

static void set_answer(const char *line)
{
	char why[SIM_WHY_BYTES] = "";

	if (sim_do(d.sim, line, why))
		fail_msg("%s: %s", line, why);
}

/* Sense data as real drives were seen to send them. */
static void answers_as_it_is_told(void **state)
{
	char why[SIM_WHY_BYTES];

	(void)state;
	drive_start(&d, "dvd-ram", NULL);
	set_answer("answer 2A sense F0002500000000 2");
	set_answer("answer 2A sense 7000050000099916000000002102000000 1");
	set_answer("answer 28 busy");
	set_answer("answer 35 timeout 1");
	set_answer("answer 00 sense none");
	drive_close(&d);
	drive_open(&d);
	for (int i = 0; i < 2; i++) {
		struct mmc_command write = { .cdb = { 0x2A, [8] = 1 }, .n_cdb_bytes = 10, .direction = MMC_TO_DRIVE,
					     .data = d.data, .n_data_bytes = 2048 };

		mmc_run(d.transport, &write, &d.reply);
		assert_int_equal(d.reply.status, MMC_STATUS_CHECK);
		assert_int_equal(d.reply.n_sense_bytes, 7);
		assert_memory_equal(d.reply.sense, "\xF0\x00\x25\x00\x00\x00\x00", 7);
	}
	SIM_OK(sim_do(d.sim, "answer 2A sense 0/00/00 0", why));
	assert_int_equal(drive_write(&d, 0, 1, 0x21), 0);
	{
		struct mmc_command read = { .cdb = { 0x28, [8] = 1 }, .n_cdb_bytes = 10, .direction = MMC_FROM_DRIVE,
					    .data = d.data, .n_data_bytes = 2048 };

		mmc_run(d.transport, &read, &d.reply);
		assert_int_equal(d.reply.status, MMC_STATUS_BUSY);
	}
	assert_int_equal(drive_sync(&d), 0xff0000 + MMC_TIMED_OUT);
	assert_int_equal(drive_sync(&d), 0);
	{
		struct mmc_command ready = { .cdb = { 0 }, .n_cdb_bytes = 6 };

		mmc_run(d.transport, &ready, &d.reply);
		assert_int_equal(d.reply.status, MMC_STATUS_CHECK);
		assert_int_equal(d.reply.n_sense_bytes, 0);
	}
	/* executed, though nobody gets to know */
	set_answer("answer 2A lost");
	assert_int_equal(drive_write(&d, 0, 1, 0x22), 0xff0000 + MMC_TIMED_OUT);
	assert_blocks(&d, 0, 1, 0x22);
	assert_int_equal(sim_do(d.sim, "answer 2A sense 5/21", why), UDF_E_INVAL);
	assert_int_equal(sim_do(d.sim, "answer 2A wrong", why), UDF_E_INVAL);
	assert_int_equal(sim_do(d.sim, "answer 2A sense 701", why), UDF_E_INVAL);
	drive_end(&d);
}

static void every_family_is_a_set_of_quirks(void **state)
{
	(void)state;
	for (const struct sim_trait *family = sim_drive_families(); family->name; family++) {
		const struct sim_create_options options = { .media = "cd-rw", .drive = family->name };
		struct sim_status status;

		drive_create(&d, &options);
		sim_get_status(d.sim, &status);
		assert_true(strlen(status.quirks) > 4);
		drive_end(&d);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attentions_and_media_are_checked_in_another_order),
		cmocka_unit_test(write_protection_is_found_late),
		cmocka_unit_test(a_drive_seems_ready_while_it_closes),
		cmocka_unit_test(a_bridge_hides_why_the_drive_is_not_ready),
		cmocka_unit_test(errors_of_writes_come_in_other_ways),
		cmocka_unit_test(a_silent_failure_is_found_by_reading),
		cmocka_unit_test(a_stale_read_shows_what_the_medium_has),
		cmocka_unit_test(information_is_busy_while_writes_wait),
		cmocka_unit_test(a_write_stays_within_one_packet),
		cmocka_unit_test(unwritten_blocks_read_as_the_quirk_says),
		cmocka_unit_test(a_stopped_drive_is_started_first),
		cmocka_unit_test(small_things_differ),
		cmocka_unit_test(a_cut_off_dvd_confuses_its_drive),
		cmocka_unit_test(sense_data_have_bytes_of_their_own),
		cmocka_unit_test(a_format_without_immed_hangs),
		cmocka_unit_test(answers_as_it_is_told),
		cmocka_unit_test(every_family_is_a_set_of_quirks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
