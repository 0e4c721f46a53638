/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands against the bytes that the standard and other programs use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "hex.h"
#include "mmc/append.h"
#include "mmc/cdb.h"

static uint8_t data[64 * MMC_BLOCK_BYTES];

static void is_command(struct mmc_command command, const char *text, enum mmc_direction direction,
		       uint32_t n_data_bytes)
{
	uint8_t bytes[MMC_MAX_CDB_BYTES];
	uint32_t n_bytes = hex(text, bytes, sizeof(bytes));

	print_message("%s\n", mmc_op_name(command.cdb[0]));
	assert_int_equal(command.n_cdb_bytes, n_bytes);
	assert_memory_equal(command.cdb, bytes, n_bytes);
	assert_int_equal(command.direction, direction);
	assert_int_equal(command.n_data_bytes, n_data_bytes);
	assert_true(command.timeout_ms >= 30000);
	assert_string_not_equal(mmc_op_name(command.cdb[0]), "command");
}

static void asks(void **state)
{
	const enum mmc_direction in = MMC_FROM_DRIVE;

	(void)state;
	is_command(mmc_cdb_test_unit_ready(), "00 00 00 00 00 00", MMC_NO_DATA, 0);
	is_command(mmc_cdb_request_sense(data, 18), "03 00 00 00 12 00", in, 18);
	is_command(mmc_cdb_inquiry(data, 36), "12 00 00 00 24 00", in, 36);
	is_command(mmc_cdb_read_capacity(data), "25 00*9", in, 8);
	is_command(mmc_cdb_read_format_capacities(data, 252), "23 00*6 00 FC 00", in, 252);
	is_command(mmc_cdb_get_configuration(0x0107, data, 8), "46 00 01 07 00 00 00 00 08 00", in, 8);
	is_command(mmc_cdb_get_event_status(0x10, data, 8), "4A 01 00 00 10 00 00 00 08 00", in, 8);
	is_command(mmc_cdb_read_disc_information(0, data, 34), "51 00*6 00 22 00", in, 34);
	is_command(mmc_cdb_read_disc_information(2, data, 16), "51 02 00*5 00 10 00", in, 16);
	is_command(mmc_cdb_read_track_information(0xFF, data, 48), "52 01 00 00 00 FF 00 00 30 00", in, 48);
	is_command(mmc_cdb_read_toc(0, 0, data, 12), "43 00 00 00 00 00 00 00 0C 00", in, 12);
	is_command(mmc_cdb_read_toc(4, 0, data, 28), "43 02 04 00 00 00 00 00 1C 00", in, 28);
	is_command(mmc_cdb_mode_sense(MMC_PAGE_CURRENT, 5, data, 60), "5A 08 05 00 00 00 00 00 3C 00", in, 60);
	is_command(mmc_cdb_mode_sense(MMC_PAGE_CHANGEABLE, 5, data, 60), "5A 08 45 00 00 00 00 00 3C 00", in, 60);
	is_command(mmc_cdb_read_buffer_capacity(data), "5C 00*6 00 0C 00", in, 12);
	is_command(mmc_cdb_get_performance(3, 2, data, 40), "AC 00 00 00 00 00 00 00 00 02 03 00", in, 40);
	is_command(mmc_cdb_read_disc_structure(false, 0xC0, data, 8), "AD 00 00 00 00 00 00 C0 00 08 00 00", in, 8);
	is_command(mmc_cdb_read_disc_structure(true, 0x0A, data, 16), "AD 01 00 00 00 00 00 0A 00 10 00 00", in, 16);
}

static void moves_and_tells(void **state)
{
	const enum mmc_direction none = MMC_NO_DATA, out = MMC_TO_DRIVE;

	(void)state;
	is_command(mmc_cdb_start_stop_unit(MMC_EJECT, true), "1B 01 00 00 02 00", none, 0);
	is_command(mmc_cdb_start_stop_unit(MMC_LOAD, false), "1B 00 00 00 03 00", none, 0);
	is_command(mmc_cdb_prevent_allow(true, false), "1E 00 00 00 01 00", none, 0);
	is_command(mmc_cdb_prevent_allow(true, true), "1E 00 00 00 03 00", none, 0);
	is_command(mmc_cdb_prevent_allow(false, false), "1E 00 00 00 00 00", none, 0);
	is_command(mmc_cdb_mode_select(data, 60), "55 10 00 00 00 00 00 00 3C 00", out, 60);
	is_command(mmc_cdb_set_cd_speed(0xFFFF, 12 * 176), "BB 00 FF FF 08 40 00*6", none, 0);
	is_command(mmc_cdb_set_streaming(data), "B6 00*8 00 1C 00", out, 28);
	is_command(mmc_cdb_send_disc_structure(0xC0, data, 8), "BF 00 00 00 00 00 00 C0 00 08 00 00", out, 8);
}

static void transfers(void **state)
{
	(void)state;
	is_command(mmc_cdb_read(0x00048160, 32, data), "28 00 00 04 81 60 00 00 20 00", MMC_FROM_DRIVE, 65536);
	is_command(mmc_cdb_write(0x00BA73E0, 32, data), "2A 00 00 BA 73 E0 00 00 20 00", MMC_TO_DRIVE, 65536);
	is_command(mmc_cdb_write_streaming(0x10, 16, data), "AA 00 00 00 00 10 00 00 00 10 80 00", MMC_TO_DRIVE,
		   32768);
	is_command(mmc_cdb_verify(0x10, 16), "2F 00 00 00 00 10 00 00 10 00", MMC_NO_DATA, 0);
	is_command(mmc_cdb_synchronize_cache(true), "35 02 00*8", MMC_NO_DATA, 0);
	is_command(mmc_cdb_synchronize_cache(false), "35 00*9", MMC_NO_DATA, 0);
}

static void erases_and_closes(void **state)
{
	const enum mmc_direction none = MMC_NO_DATA;

	(void)state;
	is_command(mmc_cdb_blank(MMC_BLANK_MINIMAL, 0, true), "A1 11 00*10", none, 0);
	is_command(mmc_cdb_blank(MMC_BLANK_DISC, 0, false), "A1 00*11", none, 0);
	is_command(mmc_cdb_blank(MMC_BLANK_TAIL, 0x1234, true), "A1 14 00 00 12 34 00*6", none, 0);
	is_command(mmc_cdb_close(MMC_CLOSE_TRACK, 0xFF, true), "5B 01 01 00 00 FF 00*4", none, 0);
	is_command(mmc_cdb_close(MMC_CLOSE_SESSION, 0, true), "5B 01 02 00 00 00 00*4", none, 0);
	is_command(mmc_cdb_close(MMC_CLOSE_STOP_FORMAT, 0, true), "5B 01 00*8", none, 0);
	is_command(mmc_cdb_reserve_track(0x01020304), "53 00*4 01 02 03 04 00", none, 0);
	is_command(mmc_cdb_send_opc(), "54 01 00*8", none, 0);
	is_command(mmc_cdb_repair_track(1, true), "58 01 00 00 00 01 00*4", none, 0);
	is_command(mmc_cdb_format_unit(data, false), "04 11 00 00 00 00", MMC_TO_DRIVE, 12);
	is_command(mmc_cdb_format_unit(data, true), "04 19 00 00 00 00", MMC_TO_DRIVE, 12);
	is_command(mmc_cdb_format_unit_old(data), "04 17 00 00 00 00", MMC_TO_DRIVE, 12);
}

static void is_list(struct mmc_format_list list, const char *text)
{
	uint8_t expected[MMC_FORMAT_LIST_BYTES], bytes[MMC_FORMAT_LIST_BYTES];

	list.is_immediate = true;
	hex(text, expected, sizeof(expected));
	mmc_format_list_encode(&list, bytes);
	assert_memory_equal(bytes, expected, sizeof(bytes));
}

static void lists_what_to_format(void **state)
{
	(void)state;
	is_list((struct mmc_format_list){ .n_blocks = 295264, .type = 0x10, .parameter = 32 },
		"00 02 00 08 00 04 81 60 40 00 00 20");
	is_list((struct mmc_format_list){ .n_blocks = UINT32_MAX, .type = 0x26 },
		"00 02 00 08 FF FF FF FF 98 00 00 00");
	is_list((struct mmc_format_list){ .n_blocks = UINT32_MAX, .type = 0x26, .parameter = 1 },
		"00 02 00 08 FF FF FF FF 98 00 00 01");
	is_list((struct mmc_format_list){ .type = 0x15, .parameter = 16 }, "00 02 00 08 00 00 00 00 54 00 00 10");
	is_list((struct mmc_format_list){ .type = 0x13, .parameter = 16 }, "00 02 00 08 00 00 00 00 4C 00 00 10");
	is_list((struct mmc_format_list){ .has_options = true, .n_blocks = 2236704, .parameter = 0x800 },
		"00 82 00 08 00 22 21 20 00 00 08 00");
	is_list((struct mmc_format_list){ .has_options = true, .is_certification_off = true, .n_blocks = 2236704,
					  .parameter = 0x800 }, "00 A2 00 08 00 22 21 20 00 00 08 00");
	is_list((struct mmc_format_list){ .has_options = true, .n_blocks = 11826176, .type = 0x30, .subtype = 3,
					  .parameter = 0x3000 }, "00 82 00 08 00 B4 74 00 C3 00 30 00");
	is_list((struct mmc_format_list){ .has_options = true, .n_blocks = 12219392, .type = 0x31, .parameter = 0x800 },
		"00 82 00 08 00 BA 74 00 C4 00 08 00");
}

/* The pages that burning programs send (mmc.md 2.17): bytes 0 to 15, the rest is zeros. */
static void tells_how_to_write_in_order(void **state)
{
	static const struct {
		uint16_t profile;
		enum mmc_recording recording;
		bool is_test, is_multi;
		const char *page;
	} rows[] = {
		{ MMC_CD_R, MMC_RECORD_TRACK, false, true, "05 32 41 C4 08 00 00 00 00 00 00 00 00 00 00 96" },
		{ MMC_CD_R, MMC_RECORD_TRACK, false, false, "05 32 41 04 08 00 00 00 00 00 00 00 00 00 00 96" },
		{ MMC_CD_RW, MMC_RECORD_TRACK, true, false, "05 32 51 04 08 00 00 00 00 00 00 00 00 00 00 96" },
		{ MMC_CD_R, MMC_RECORD_AT_ONCE, false, true, "05 32 42 C4 08 00 00 00 00 00 00 00 00 00 00 96" },
		{ MMC_CD_R, MMC_RECORD_PACKETS, false, true, "05 32 40 C5 08 00 00 00 00 00 00 00 00 00 00 96" },
		{ MMC_CD_R, MMC_RECORD_FIXED_PACKETS, false, false,
		  "05 32 40 25 08 00 00 00 00 00 00 00 00 20 00 96" },
		{ MMC_DVD_R, MMC_RECORD_PACKETS, false, true, "05 32 60 E5 08 10 00 00 00 00 00 00 00 10 00 96" },
		{ MMC_DVD_RW_SEQUENTIAL, MMC_RECORD_PACKETS, false, false,
		  "05 32 60 25 08 10 00 00 00 00 00 00 00 10 00 96" },
		{ MMC_DVD_R, MMC_RECORD_AT_ONCE, false, true, "05 32 42 05 08 00 00 00 00 00 00 00 00 00 00 96" },
		{ MMC_DVD_R, MMC_RECORD_AT_ONCE, true, false, "05 32 52 05 08 00 00 00 00 00 00 00 00 00 00 96" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		uint8_t page[52] = { 0x05, 0x32, [15] = 0x96 }, expected[16];
		const struct mmc_recording_options options = { .is_test = rows[i].is_test,
							       .is_multi = rows[i].is_multi };
		struct mmc_write_parameters p = mmc_recording_parameters(mmc_profile_find(rows[i].profile),
									 rows[i].recording, &options);

		mmc_write_parameters_encode(&p, page, sizeof(page));
		hex(rows[i].page, expected, sizeof(expected));
		assert_memory_equal(page, expected, sizeof(expected));
		assert_true(mmc_has_write_mode(mmc_profile_find(rows[i].profile)));
	}
	assert_false(mmc_has_write_mode(mmc_profile_find(MMC_DVD_PLUS_R)));
	assert_false(mmc_has_write_mode(mmc_profile_find(MMC_BD_R)));
}

static void writes_mode_2_on_cds_only(void **state)
{
	const struct mmc_recording_options options = { .is_xa = true, .may_underrun = true };
	struct mmc_write_parameters p;

	(void)state;
	p = mmc_recording_parameters(mmc_profile_find(MMC_CD_R), MMC_RECORD_TRACK, &options);
	assert_int_equal(p.data_block_type, 10);
	assert_int_equal(p.session_format, 0x20);
	assert_false(p.is_underrun_free);
	p = mmc_recording_parameters(mmc_profile_find(MMC_DVD_R), MMC_RECORD_PACKETS, &options);
	assert_int_equal(p.data_block_type, 8);
	assert_int_equal(p.session_format, 0);
}

/* mmc.md 7.11: one data track; the lead-out is at 0:06:40, which is block 340 */
static void sends_cue_sheets(void **state)
{
	uint8_t sheet[MMC_CUE_SHEET_BYTES], expected[MMC_CUE_SHEET_BYTES];

	(void)state;
	mmc_cue_sheet_encode(0, 340, sheet);
	hex("41 00 00 14 00 00 00 00 41 01 00 10 00 00 00 00 41 01 01 10 00 00 02 00 41 AA 01 14 00 00 06 28", expected,
	    sizeof(expected));
	assert_memory_equal(sheet, expected, sizeof(expected));
	/* behind a first session: block 12010 is at 2:42:10 */
	mmc_cue_sheet_encode(12010, 75, sheet);
	hex("41 00 00 14 00 00 00 00 41 01 00 10 00 02 28 0A 41 01 01 10 00 02 2A 0A 41 AA 01 14 00 02 2B 0A", expected,
	    sizeof(expected));
	assert_memory_equal(sheet, expected, sizeof(expected));
	is_command(mmc_cdb_send_cue_sheet(data, 32), "5D 00 00 00 00 00 00 00 20 00", MMC_TO_DRIVE, 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks),
		cmocka_unit_test(moves_and_tells),
		cmocka_unit_test(transfers),
		cmocka_unit_test(erases_and_closes),
		cmocka_unit_test(lists_what_to_format),
		cmocka_unit_test(tells_how_to_write_in_order),
		cmocka_unit_test(writes_mode_2_on_cds_only),
		cmocka_unit_test(sends_cue_sheets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
