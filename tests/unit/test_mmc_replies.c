/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replies of drives, field by field, and what the parsers do with replies that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "hex.h"
#include "mmc/disc.h"
#include "mmc/status.h"

static uint8_t bytes[4096];

static uint32_t load(const char *text)
{
	return hex(text, bytes, sizeof(bytes));
}

static void inquiry_names_the_drive(void **state)
{
	struct mmc_inquiry inquiry;

	(void)state;
	assert_int_equal(mmc_inquiry_parse(bytes, load("05 80 00 32 1F 00 00 00 50 49 4F 4E 45 45 52 20 "
						       "44 56 44 2D 52 57 20 20 44 56 52 2D 31 31 31 20 31 2E 32 39"),
					   &inquiry), UDF_OK);
	assert_true(inquiry.is_optical);
	assert_string_equal(inquiry.vendor, "PIONEER");
	assert_string_equal(inquiry.product, "DVD-RW  DVR-111");
	assert_string_equal(inquiry.revision, "1.29");
	/* control bytes never reach a terminal */
	load("05 80 00 32 1F 00 00 00 1B 5B 32 4A 00 FF 41 20");
	assert_int_equal(mmc_inquiry_parse(bytes, 16, &inquiry), UDF_OK);
	assert_string_equal(inquiry.vendor, "?[2J??A");
	assert_string_equal(inquiry.product, "");
	assert_int_equal(mmc_inquiry_parse(bytes, 4, &inquiry), UDF_E_CORRUPT);
}

static void configuration_lists_features(void **state)
{
	struct mmc_configuration c;
	uint32_t n_bytes = load("00 00 00 48 00 00 00 12 "
				"00 00 03 08 00 12 01 00 00 0A 00 00 "
				"00 04 09 04 02 00 00 00 "
				"00 20 05 0C 00 22 21 1F 00 00 08 00 00 10 01 00 "
				"00 21 0C 08 3F 00 01 01 07 00 00 00 "
				"01 07 11 04 1F 00 00 00 "
				"01 08 03 08 4B 39 39 20 41 20 20 20");

	(void)state;
	assert_int_equal(mmc_configuration_size(bytes), 76);
	assert_int_equal(mmc_configuration_parse(bytes, n_bytes, &c), UDF_OK);
	assert_int_equal(c.profile, MMC_DVD_RAM);
	assert_int_equal(c.n_profiles, 2);
	assert_int_equal(c.profiles[1], MMC_CD_RW);
	assert_true(c.has_persistent_protection);
	assert_true(mmc_feature_is_current(&c, MMC_FEATURE_RANDOM_WRITABLE));
	assert_int_equal(c.random_last_lba, 2236703);
	assert_true(mmc_feature_is_present(&c, MMC_FEATURE_INCREMENTAL));
	assert_false(mmc_feature_is_current(&c, MMC_FEATURE_INCREMENTAL));
	assert_false(mmc_feature_is_present(&c, MMC_FEATURE_MRW));
	assert_true(c.has_write_speeds && c.has_set_cd_speed);
	assert_string_equal(c.serial, "K99 A");
	assert_true(c.is_complete);
	/* a bridge that cuts replies off: what is missing is not known to be missing */
	assert_int_equal(mmc_configuration_parse(bytes, 36, &c), UDF_OK);
	assert_int_equal(c.profile, MMC_DVD_RAM);
	assert_false(c.is_complete);
}

static void capacities_list_formats(void **state)
{
	struct mmc_format_capacities c;

	(void)state;
	assert_int_equal(mmc_format_capacities_parse(bytes,
						     load("00 00 00 30 00 BA 74 00 01 00 08 00 00 B4 74 00 00 00 30 00 "
								 "00 B4 74 00 C0 00 30 00  00 B0 74 00 C0 00 50 00 "
								 "00 B8 74 00 C0 00 10 00  00 BA 74 00 C4 00 08 00"),
						     &c), UDF_OK);
	assert_int_equal(c.type, MMC_CAPACITY_UNFORMATTED);
	assert_int_equal(c.n_blocks, 12219392);
	assert_int_equal(c.block_bytes, 2048);
	assert_int_equal(c.n_formats, 5);
	assert_int_equal(mmc_format_find(&c, MMC_FORMAT_SPARES)->n_blocks, 11826176);
	assert_int_equal(mmc_format_find(&c, MMC_FORMAT_SPARES)->parameter, 0x3000);
	assert_int_equal(mmc_format_find(&c, MMC_FORMAT_NO_SPARES)->n_blocks, 12219392);
	assert_null(mmc_format_find(&c, MMC_FORMAT_PACKETS));
	/* no medium */
	assert_int_equal(mmc_format_capacities_parse(bytes, load("00 00 00 08 00 00 00 00 03 00 08 00"), &c), UDF_OK);
	assert_int_equal(c.type, MMC_CAPACITY_UNKNOWN);
	assert_int_equal(c.n_formats, 0);
}

static void a_last_block_of_zero_is_no_capacity(void **state)
{
	uint32_t n_blocks, block_bytes;

	(void)state;
	assert_int_equal(mmc_capacity_parse(bytes, load("00 B4 73 FF 00 00 08 00"), &n_blocks, &block_bytes), UDF_OK);
	assert_int_equal(n_blocks, 11826176);
	assert_int_equal(block_bytes, 2048);
	assert_int_equal(mmc_capacity_parse(bytes, load("00 00 00 00 00 00 08 00"), &n_blocks, &block_bytes), UDF_OK);
	assert_int_equal(n_blocks, 0);
	assert_int_equal(mmc_capacity_parse(bytes, load("FF FD 00 00 00 00 08 00"), &n_blocks, &block_bytes), UDF_OK);
	assert_int_equal(n_blocks, 0);
}

static void atip_knows_size_and_speed(void **state)
{
	struct mmc_atip atip;

	(void)state;
	/* 4x to 10x: A1 24h; and the lead-in that names the maker */
	assert_int_equal(mmc_atip_parse(bytes,
					load("00 1A 00 00 D1 00 CC 00 61 0F 23 00 4F 3B 4A 00 24 1A D8 00*9"), &atip),
			 UDF_OK);
	assert_true(atip.is_rewritable);
	assert_int_equal(atip.subtype, MMC_CD_RW_HIGH);
	assert_int_equal(atip.lead_out_lba, 359849);
	assert_int_equal(atip.highest_speed, 10);
	assert_int_equal(atip.lowest_speed, 4);
	assert_memory_equal(atip.lead_in_msf, "\x61\x0F\x23", 3);
	/* a maker's list: lead-in 97:34:24 is block -11076 */
	assert_int_equal(mmc_atip_parse(bytes,
					load("00 1A 00 00 D1 00 D4 00 61 22 18 00 4F 3B 4A 00 66 4A 99 00*9"), &atip),
			 UDF_OK);
	assert_int_equal(atip.lead_in_lba, -11076);
	assert_int_equal(atip.subtype, MMC_CD_RW_ULTRA);
}

/* V-CDRW-TOC, of a real disc: one closed session, and others may follow. */
static void full_toc_lists_sessions(void **state)
{
	struct mmc_full_toc toc;

	(void)state;
	assert_int_equal(mmc_full_toc_parse(bytes, load("00 44 01 01 01 14 00 A0 00 00 00 00 01 00 00 "
							"01 14 00 A1 00 00 00 00 01 00 00 "
							"01 14 00 A2 00 00 00 00 0E 37 2F "
							"01 14 00 01 00 00 00 00 00 02 00 "
							"01 54 00 B0 11 19 2F 02 4F 3B 4A "
							"01 54 00 C0 A0 00 40 00 61 11 06"), &toc), UDF_OK);
	assert_int_equal(toc.n_sessions, 1);
	assert_int_equal(toc.sessions[0].first_track, 1);
	assert_int_equal(toc.sessions[0].last_track, 1);
	/* 14:55:47 */
	assert_int_equal(toc.sessions[0].lead_out_lba, 67022);
	assert_true(toc.sessions[0].has_next);
	assert_int_equal(toc.sessions[0].next_lba, 67022 + 11250);
	assert_int_equal(toc.n_tracks, 1);
	assert_int_equal(toc.tracks[0].start_lba, 0);
	assert_int_equal(toc.tracks[0].control, 4);
	assert_int_equal(toc.max_lead_out_lba, 359849);
	assert_int_equal(mmc_full_toc_parse(bytes, load("00 02 01 01"), &toc), UDF_E_CORRUPT);
}

/* A blank DVD-R: book 2, version 5, one layer, 2298496 blocks */
static void dvd_format_is_read(void **state)
{
	struct mmc_dvd_format format;

	(void)state;
	assert_int_equal(mmc_dvd_format_parse(bytes, load("08 02 00 00 25 0F 02 10 00 03 00 00 00 26 12 7F 00*2036"),
					      &format), UDF_OK);
	assert_int_equal(format.book, 2);
	assert_int_equal(format.version, 5);
	assert_int_equal(format.n_layers, 1);
	assert_int_equal(format.n_blocks, 2298496);
	assert_false(format.is_8cm);
}

static void toc_lists_tracks(void **state)
{
	uint32_t lba = 0;
	struct mmc_toc toc;

	(void)state;
	assert_int_equal(mmc_toc_parse(bytes, load("00 12 01 01  00 14 01 00 00 00 00 00  00 14 AA 00 00 04 81 60"),
				       &toc),
			 UDF_OK);
	assert_int_equal(toc.n_entries, 2);
	assert_int_equal(toc.entries[1].track, MMC_TOC_LEAD_OUT);
	assert_int_equal(toc.entries[1].start_lba, 295264);
	assert_int_equal(mmc_toc_sessions_parse(bytes, load("00 0A 01 02 00 14 02 00 00 00 2E EA"), &lba), UDF_OK);
	assert_int_equal(lba, 12010);
}

static void structures_tell_protection_and_spares(void **state)
{
	struct mmc_write_protection p;
	struct mmc_medium_status status;
	struct mmc_spare spare;
	uint8_t expected[8], list[MMC_PROTECTION_BYTES];

	(void)state;
	assert_int_equal(mmc_write_protection_parse(bytes, load("00 06 00 00 02 00 00 00"), &p), UDF_OK);
	assert_true(p.is_persistent && !p.is_by_cartridge && !p.is_by_software && !p.is_by_medium);
	assert_int_equal(mmc_write_protection_parse(bytes, load("00 06 00 00 04 00 00 00"), &p), UDF_OK);
	assert_true(p.is_by_cartridge && !p.is_persistent);
	/* the same two in 09h, which has another order */
	assert_int_equal(mmc_medium_status_parse(bytes, load("00 06 00 00 84 00 10 00"), &status), UDF_OK);
	assert_true(status.has_cartridge && status.is_write_protected && !status.was_taken_out);
	assert_int_equal(mmc_medium_status_parse(bytes, load("00 06 00 00 C2 00 10 00"), &status), UDF_OK);
	assert_true(status.was_taken_out && !status.is_write_protected);
	assert_int_equal(mmc_spare_parse(false, bytes, load("00 0E 00 00 00 00 31 F0 00 00 E4 00 00 00 E4 00"),
					 &spare), UDF_OK);
	assert_int_equal(spare.n_primary_left, 12784);
	assert_int_equal(spare.n_left, 58368);
	assert_int_equal(spare.n_all, 58368);
	mmc_write_protection_encode(true, list);
	hex("00 06 00 00 02 00 00 00", expected, sizeof(expected));
	assert_memory_equal(list, expected, sizeof(expected));
}

static void speeds_have_no_duplicates(void **state)
{
	struct mmc_speeds speeds;

	(void)state;
	assert_int_equal(mmc_speeds_parse(bytes, load("00 00 00 34 00 00 00 00 "
						      "00 00 00 00 00 22 21 1F 00 00 10 3B 00 00 0A D2 "
						      "00 00 00 00 00 22 21 1F 00 00 10 3B 00 00 10 3B "
						      "00 00 00 00 00 22 21 1F 00 00 10 3B 00 00 0A D2"),
					  &speeds), UDF_OK);
	assert_int_equal(mmc_speeds_count(bytes), 3);
	assert_int_equal(speeds.n_speeds, 2);
	assert_int_equal(speeds.speeds[0].write_kbs, 4155);
	assert_int_equal(speeds.speeds[1].write_kbs, 2770);
}

static void events_are_those_of_the_media_class(void **state)
{
	static const struct {
		const char *reply;
		enum mmc_event event;
		bool has_medium, is_tray_open;
	} rows[] = {
		{ "00 06 04 10 00 02 00 00", MMC_EVENT_NONE, true, false },
		{ "00 06 04 10 02 02 00 00", MMC_EVENT_NEW_MEDIUM, true, false },
		{ "00 06 04 10 03 01 00 00", MMC_EVENT_REMOVAL, false, true },
		{ "00 06 04 10 01 02 00 00", MMC_EVENT_EJECT_REQUEST, true, false },
	};
	struct mmc_media_status status;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(mmc_media_status_parse(bytes, load(rows[i].reply), &status), UDF_OK);
		assert_int_equal(status.event, rows[i].event);
		assert_int_equal(status.has_medium, rows[i].has_medium);
		assert_int_equal(status.is_tray_open, rows[i].is_tray_open);
	}
	assert_int_equal(mmc_media_status_parse(bytes, load("00 02 80 10"), &status), UDF_E_UNSUPPORTED);
}

static void nonsense_about_the_buffer_is_refused(void **state)
{
	uint32_t all, left;

	(void)state;
	assert_int_equal(mmc_buffer_parse(bytes, load("00 0A 00 00 00 13 18 00 00 02 00 00"), &all, &left), UDF_OK);
	assert_int_equal(all, 0x131800);
	assert_int_equal(left, 0x20000);
	assert_int_equal(mmc_buffer_parse(bytes, load("00 0A 00 00 00 13 18 00 00 13 18 01"), &all, &left),
			 UDF_E_CORRUPT);
}

static void page_05_takes_our_parameters(void **state)
{
	/* what a drive has, and the same page with the parameters of packet writing in mode 2 */
	const char *reply = "00 3A 00 00 00 00 00 00 85 32 60 C4 08 07 00 00 00 00 00 00 00 00 00 96 00*36";
	struct mmc_write_parameters p;
	const uint8_t *page = NULL;
	uint32_t n_bytes = 0;
	uint8_t copy[64], expected[64];

	(void)state;
	assert_int_equal(mmc_mode_page_find(bytes, load(reply), 5, &page, &n_bytes), UDF_OK);
	assert_int_equal(n_bytes, 52);
	assert_int_equal(mmc_write_parameters_parse(page, n_bytes, &p), UDF_OK);
	assert_true(p.is_underrun_free && p.is_link_size_valid && !p.is_fixed_packet && !p.is_test);
	assert_int_equal(p.multi_session, 3);
	assert_int_equal(p.track_mode, 4);
	assert_int_equal(p.link_size, 7);
	p = (struct mmc_write_parameters){ .is_fixed_packet = true, .track_mode = 5, .data_block_type = 10,
					   .session_format = 0x20, .packet_blocks = 32 };
	memcpy(copy, page, n_bytes);
	mmc_write_parameters_encode(&p, copy, n_bytes);
	hex("05 32 00 25 0A 00 00 00 20 00 00 00 00 20 00 96 00*32 00 00 08 00", expected, sizeof(expected));
	assert_memory_equal(copy, expected, 52);
	/* block descriptors before the page, and a page that ends after the reply */
	assert_int_equal(mmc_mode_page_find(bytes, load("00 16 00 00 00 00 00 08 00*8 2A 06 3F 37 F1 63 29 23"), 0x2A,
					    &page, &n_bytes), UDF_OK);
	assert_int_equal(n_bytes, 8);
	assert_int_equal(mmc_mode_page_find(bytes, load("00 16 00 00 00 00 00 08 00*8 2A 07 3F 37 F1 63 29 23"), 0x2A,
					    &page, &n_bytes), UDF_E_NOT_FOUND);
}

/* ---- replies that lie ---- */

static void parse_all(const uint8_t *reply, size_t n_bytes)
{
	static union {
		struct mmc_inquiry inquiry;
		struct mmc_configuration configuration;
		struct mmc_disc_information information;
		struct mmc_track track;
		struct mmc_format_capacities capacities;
		struct mmc_toc toc;
		struct mmc_full_toc full_toc;
		struct mmc_dvd_format dvd_format;
		struct mmc_atip atip;
		struct mmc_write_protection protection;
		struct mmc_medium_status medium_status;
		struct mmc_spare spare;
		struct mmc_speeds speeds;
		struct mmc_media_status media_status;
		struct mmc_capabilities capabilities;
		struct mmc_write_parameters parameters;
		char id[MMC_MEDIUM_ID_BYTES];
	} u;
	const uint8_t *page;
	uint32_t a, b;

	mmc_inquiry_parse(reply, n_bytes, &u.inquiry);
	mmc_configuration_parse(reply, n_bytes, &u.configuration);
	mmc_disc_information_parse(reply, n_bytes, &u.information);
	mmc_track_parse(reply, n_bytes, &u.track);
	mmc_capacity_parse(reply, n_bytes, &a, &b);
	mmc_format_capacities_parse(reply, n_bytes, &u.capacities);
	mmc_toc_parse(reply, n_bytes, &u.toc);
	mmc_toc_sessions_parse(reply, n_bytes, &a);
	mmc_full_toc_parse(reply, n_bytes, &u.full_toc);
	mmc_dvd_format_parse(reply, n_bytes, &u.dvd_format);
	mmc_atip_parse(reply, n_bytes, &u.atip);
	mmc_write_protection_parse(reply, n_bytes, &u.protection);
	mmc_medium_status_parse(reply, n_bytes, &u.medium_status);
	mmc_spare_parse(n_bytes & 1, reply, n_bytes, &u.spare);
	mmc_speeds_parse(reply, n_bytes, &u.speeds);
	mmc_media_status_parse(reply, n_bytes, &u.media_status);
	mmc_buffer_parse(reply, n_bytes, &a, &b);
	for (uint8_t format = 0; format < 0x20; format++) {
		mmc_medium_id_parse(true, format, reply, n_bytes, u.id);
		mmc_medium_id_parse(false, format, reply, n_bytes, u.id);
	}
	if (mmc_mode_page_find(reply, n_bytes, 0x2A, &page, &a) == UDF_OK)
		mmc_capabilities_parse(page, a, &u.capabilities);
	if (mmc_mode_page_find(reply, n_bytes, 5, &page, &a) == UDF_OK)
		mmc_write_parameters_parse(page, a, &u.parameters);
}

/* Replies of every length, in a buffer of exactly that size, with bytes that claim more: for the sanitizers. */
static void lengths_that_lie_are_harmless(void **state)
{
	static const uint8_t fills[] = { 0x00, 0x01, 0x02, 0x10, 0x2A, 0x05, 0x7F, 0x80, 0xFE, 0xFF };
	uint32_t random = 1;

	(void)state;
	for (size_t n_bytes = 0; n_bytes < 300; n_bytes++) {
		uint8_t *reply = malloc(n_bytes ? n_bytes : 1);

		assert_non_null(reply);
		for (size_t i = 0; i < sizeof(fills); i++) {
			memset(reply, fills[i], n_bytes);
			parse_all(reply, n_bytes);
		}
		for (int round = 0; round < 50; round++) {
			for (size_t i = 0; i < n_bytes; i++) {
				random = random * 1664525 + 1013904223;
				reply[i] = (uint8_t)(random >> 24);
				if (round & 1 && i < 4)
					reply[i] = 0;
			}
			parse_all(reply, n_bytes);
		}
		free(reply);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inquiry_names_the_drive),
		cmocka_unit_test(configuration_lists_features),
		cmocka_unit_test(capacities_list_formats),
		cmocka_unit_test(a_last_block_of_zero_is_no_capacity),
		cmocka_unit_test(atip_knows_size_and_speed),
		cmocka_unit_test(toc_lists_tracks),
		cmocka_unit_test(full_toc_lists_sessions),
		cmocka_unit_test(dvd_format_is_read),
		cmocka_unit_test(structures_tell_protection_and_spares),
		cmocka_unit_test(speeds_have_no_duplicates),
		cmocka_unit_test(events_are_those_of_the_media_class),
		cmocka_unit_test(nonsense_about_the_buffer_is_refused),
		cmocka_unit_test(page_05_takes_our_parameters),
		cmocka_unit_test(lengths_that_lie_are_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
