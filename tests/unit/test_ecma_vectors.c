/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes that the standards and worked examples of them give. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "ecma/codec.h"
#include "ecma/symlink.h"
#include "vectors.h"

static void assert_bytes(const uint8_t *got, size_t n_got, const char *hex)
{
	uint8_t want[1024];
	size_t n = vector_from_hex(hex, want, sizeof(want));

	assert_int_equal(n_got, n);
	assert_memory_equal(got, want, n);
}

static void an_anchor_has_the_bytes_of_the_standard(void **state)
{
	const struct udf_avdp avdp = {
		.main_vds = { 32768, 32 },
		.reserve_vds = { 32768, 64 },
	};
	uint8_t disc[512];

	(void)state;
	udf_avdp_encode(&avdp, disc);
	udf_tag_seal(disc, UDF_TAG_AVDP, 2, 1, 256, 496);
	assert_bytes(disc, 32, "02 00 02 00 A6 00 01 00 54 5B F0 01 00 01 00 00"
			       "00 80 00 00 20 00 00 00 00 80 00 00 40 00 00 00");
	for (size_t i = 32; i < sizeof(disc); i++)
		assert_int_equal(disc[i], 0);
	udf_tag_seal(disc, UDF_TAG_AVDP, 3, 1, 256, 496);
	assert_bytes(disc, 16, "02 00 03 00 A7 00 01 00 54 5B F0 01 00 01 00 00");
}

static void a_terminating_descriptor_has_the_bytes_of_the_standard(void **state)
{
	const struct udf_td td = { .tag = { 0 } };
	uint8_t disc[512];

	(void)state;
	udf_td_encode(&td, disc);
	udf_tag_seal(disc, UDF_TAG_TD, 3, 1, 38, 496);
	assert_bytes(disc, 16, "08 00 03 00 23 00 01 00 00 00 F0 01 26 00 00 00");
}

static void a_space_bitmap_has_the_bytes_of_the_standard(void **state)
{
	const struct udf_sbd sbd = { .n_bits = 20, .n_bytes = 3 };
	uint8_t disc[27];

	(void)state;
	udf_sbd_encode(&sbd, disc);
	memcpy(disc + UDF_SBD_FIXED_BYTES, "\xE0\xFD\x0F", 3);
	udf_tag_seal(disc, UDF_TAG_SBD, 3, 1, 0, 8);
	assert_bytes(disc, sizeof(disc), "08 01 03 00 C3 00 01 00 05 A9 08 00 00 00 00 00"
					 "14 00 00 00 03 00 00 00 E0 FD 0F");
}

static void an_extended_attribute_header_has_the_bytes_of_the_standard(void **state)
{
	const struct udf_eahd eahd = { .impl_at = 24, .app_at = UDF_EA_NONE };
	uint8_t disc[UDF_EAHD_BYTES];

	(void)state;
	udf_eahd_encode(&eahd, disc);
	udf_tag_seal(disc, UDF_TAG_EAHD, 3, 1, 5, 8);
	assert_bytes(disc, sizeof(disc), "06 01 03 00 73 00 01 00 A1 BA 08 00 05 00 00 00"
					 "18 00 00 00 FF FF FF FF");
}

static void entity_identifiers_have_the_bytes_of_the_standard(void **state)
{
	struct udf_regid id;
	uint8_t disc[32];

	(void)state;
	udf_regid_set_domain(&id, 0x0201, 0);
	udf_regid_encode(&id, disc);
	assert_bytes(disc, 32, "00 2A 4F 53 54 41 20 55 44 46 20 43 6F 6D 70 6C"
			       "69 61 6E 74 00 00 00 00 01 02 00 00 00 00 00 00");
	udf_regid_set_udf(&id, UDF_ID_VAT150, 0x0150);
	udf_regid_encode(&id, disc);
	assert_bytes(disc, 32, "00 2A 55 44 46 20 56 69 72 74 75 61 6C 20 41 6C"
			       "6C 6F 63 20 54 62 6C 00 50 01 04 05 00 00 00 00");
	/* All 23 bytes in use: no terminating zero. */
	udf_regid_set_udf(&id, UDF_ID_METADATA, 0x0250);
	udf_regid_encode(&id, disc);
	assert_bytes(disc, 32, "00 2A 55 44 46 20 4D 65 74 61 64 61 74 61 20 50"
			       "61 72 74 69 74 69 6F 6E 50 02 04 05 00 00 00 00");
	assert_true(udf_regid_is(&id, UDF_ID_METADATA));
	assert_false(udf_regid_is(&id, UDF_ID_METADATA "s"));
	assert_false(udf_regid_is(&id, "*UDF Metadata"));
	assert_int_equal(udf_regid_revision(&id), 0x0250);
}

static void a_metadata_partition_map_has_the_bytes_that_netbsd_records(void **state)
{
	const struct udf_metadata_map tail = {
		.main_lbn = 1,
		.mirror_lbn = 7487,
		.bitmap_lbn = 2,
		.allocation_unit_blocks = 32,
		.alignment_unit_blocks = 32,
	};
	struct udf_partition_map map = { .type = 2, .n_bytes = 64, .volume_sequence_number = 1 };
	uint8_t disc[64];

	(void)state;
	udf_regid_set_udf(&map.type_id, UDF_ID_METADATA, 0x0250);
	map.type_id.suffix[3] = 8;	/* as NetBSD recorded it */
	udf_metadata_map_encode(&tail, map.specific);
	udf_partition_map_encode(&map, disc);
	assert_bytes(disc, 64, "02 40 00 00 00 2A 55 44 46 20 4D 65 74 61 64 61 74 61 20 50"
			       "61 72 74 69 74 69 6F 6E 50 02 04 08 00 00 00 00 01 00 00 00"
			       "01 00 00 00 3F 1D 00 00 02 00 00 00 20 00 00 00 20 00 00"
			       "00 00 00 00 00");
	assert_int_equal(udf_partition_map_kind(&map), UDF_MAP_METADATA);
}

static void file_identifier_descriptors_have_the_bytes_of_the_standard(void **state)
{
	const struct udf_fid hello = {
		.tag = { .version = 3, .serial = 1, .location = 3 },
		.version_number = 1,
		.name_bytes = 10,
		.icb = { .length = 0x800, .addr = { 5, 0 }, .unique_id = 17 },
		.name = (const uint8_t *)"\x08hello.txt",
	};
	const struct udf_fid parent = {
		.tag = { .version = 3, .serial = 1, .location = 3 },
		.version_number = 1,
		.characteristics = UDF_FID_PARENT | UDF_FID_DIRECTORY,
		.icb = { .length = 0x800, .addr = { 2, 0 } },
	};
	uint8_t disc[48];
	struct udf_fid fid;
	uint32_t n_bytes;

	(void)state;
	assert_int_equal(udf_fid_n_bytes(10, 0), 48);
	udf_fid_encode(&hello, disc);
	assert_bytes(disc, 48, "01 01 03 00 C0 00 01 00 6A 2D 20 00 03 00 00 00"
			       "01 00 00 0A 00 08 00 00 05 00 00 00 00 00 00 00"
			       "11 00 00 00 00 00 08 68 65 6C 6C 6F 2E 74 78 74");
	assert_int_equal(udf_fid_decode(disc, 48, &fid, &n_bytes), UDF_OK);
	assert_int_equal(n_bytes, 48);
	assert_int_equal(fid.icb.unique_id, 17);
	assert_int_equal(fid.name_bytes, 10);
	assert_memory_equal(fid.name, "\x08hello.txt", 10);

	assert_int_equal(udf_fid_n_bytes(0, 0), 40);
	memset(disc, 0xEE, sizeof(disc));
	udf_fid_encode(&parent, disc);
	assert_bytes(disc, 40, "01 01 03 00 CA 00 01 00 47 62 18 00 03 00 00 00"
			       "01 00 0A 00 00 08 00 00 02 00 00 00 00 00 00 00"
			       "00 00 00 00 00 00 00 00");
	assert_int_equal(disc[40], 0xEE);
}

static void fid_keeps_its_implementation_use(void **state)
{
	uint8_t impl_use[32], disc[80];
	struct udf_fid fid = {
		.tag = { .version = 3, .serial = 1, .location = 9 },
		.version_number = 1,
		.name_bytes = 4,
		.icb = { .length = 0x800, .addr = { 5, 0 } },
		.impl_use_bytes = 32,
		.impl_use = impl_use,
		.name = (const uint8_t *)"\x08" "abc",
	};
	struct udf_fid back;
	uint32_t n_bytes;

	(void)state;
	random_start();
	random_fill(impl_use, sizeof(impl_use));
	udf_fid_encode(&fid, disc);
	assert_int_equal(udf_fid_decode(disc, sizeof(disc), &back, &n_bytes), UDF_OK);
	assert_int_equal(n_bytes, 76);
	assert_memory_equal(back.impl_use, impl_use, 32);
	assert_memory_equal(back.name, "\x08" "abc", 4);
	/* Encoded where it was read from, and with zeros for its implementation use. */
	back.characteristics = UDF_FID_HIDDEN;
	udf_fid_encode(&back, disc);
	assert_int_equal(udf_tag_verify(disc, 76, UDF_TAG_FID, (struct udf_place){ .block_no = 9 },
					NULL, NULL), UDF_OK);
	assert_memory_equal(disc + 38, impl_use, 32);
	fid.impl_use = NULL;
	udf_fid_encode(&fid, disc);
	for (size_t i = 38; i < 70; i++)
		assert_int_equal(disc[i], 0);
}

/* ---- timestamps ---- */

static void assert_time(int64_t seconds, uint32_t microseconds, int16_t zone, const char *hex)
{
	const struct udf_time time = { seconds, microseconds, zone };
	struct udf_timestamp ts;
	struct udf_time back;
	uint8_t disc[12];

	udf_timestamp_from_time(&time, &ts);
	udf_timestamp_encode(&ts, disc);
	assert_bytes(disc, 12, hex);
	assert_int_equal(udf_timestamp_to_time(&ts, &back), UDF_OK);
	assert_int_equal(back.seconds, seconds);
	assert_int_equal(back.microseconds, microseconds);
	assert_int_equal(back.zone_minutes, zone);
}

/* Seconds are those of date(1): date -u -d '2024-02-29 12:45:07' +%s. */
static void timestamps_convert_to_seconds_and_back(void **state)
{
	(void)state;
	assert_time(1709210707, 123456, 60, "3C 10 E8 07 02 1D 0D 2D 07 0C 22 38");
	assert_time(946702799, 999999, -300, "D4 1E CF 07 0C 1F 17 3B 3B 63 63 63");
	assert_time(1109635200, 0, UDF_ZONE_UNKNOWN, "01 18 D5 07 03 01 00 00 00 00 00 00");
	assert_time(0, 0, 0, "00 10 B2 07 01 01 00 00 00 00 00 00");
	assert_time(0, 999900, 0, "00 10 B2 07 01 01 00 00 00 63 63 00");
	assert_time(-1, 0, 0, "00 10 B1 07 0C 1F 17 3B 3B 00 00 00");
	assert_time(-62135596800, 0, 0, "00 10 01 00 01 01 00 00 00 00 00 00");
}

static void time_zones_are_signed_twelve_bit_numbers(void **state)
{
	const struct { int16_t zone; uint16_t type_and_zone; } cases[] = {
		{ -720, 0x1D30 }, { 840, 0x1348 }, { -1, 0x1FFF }, { UDF_ZONE_UNKNOWN, 0x1801 },
		{ 1441, 0x1801 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct udf_time time = { 1000000000, 0, cases[i].zone };
		struct udf_timestamp ts;

		udf_timestamp_from_time(&time, &ts);
		assert_int_equal(ts.type_and_zone, cases[i].type_and_zone);
	}
}

static void times_outside_the_calendar_are_clamped(void **state)
{
	struct udf_time time = { INT64_MAX, 5, 840 };
	struct udf_timestamp ts;

	(void)state;
	udf_timestamp_from_time(&time, &ts);
	assert_int_equal(ts.year, 9999);
	assert_int_equal(ts.second, 59);
	time.seconds = INT64_MIN;
	time.zone_minutes = -720;
	udf_timestamp_from_time(&time, &ts);
	assert_int_equal(ts.year, 1);
	assert_int_equal(ts.month, 1);
	assert_int_equal(ts.hour, 0);
	assert_int_equal(ts.microseconds, 0);
}

static void assert_no_time(struct udf_timestamp ts, enum udf_err want)
{
	struct udf_time time = { 77, 0, 0 };

	assert_int_equal(udf_timestamp_to_time(&ts, &time), want);
	assert_int_equal(time.seconds, 77);
}

static void dates_that_do_not_exist_are_refused(void **state)
{
	const struct udf_timestamp good = { 0x1000, 2023, 6, 15, 12, 30, 30, 0, 0, 0 };
	struct udf_timestamp ts;
	struct udf_time time;

	(void)state;
	assert_int_equal(udf_timestamp_to_time(&good, &time), UDF_OK);
	assert_no_time((struct udf_timestamp){ 0 }, UDF_END);
	ts = good; ts.month = 2; ts.day = 29;
	assert_no_time(ts, UDF_E_CORRUPT);
	ts = good; ts.hour = 24;
	assert_no_time(ts, UDF_E_CORRUPT);
	ts = good; ts.second = 60;
	assert_no_time(ts, UDF_E_CORRUPT);
	ts = good; ts.microseconds = 100;
	assert_no_time(ts, UDF_E_CORRUPT);
	ts = good; ts.year = 0;
	assert_no_time(ts, UDF_E_CORRUPT);
	ts = good; ts.year = 10000;
	assert_no_time(ts, UDF_E_CORRUPT);
	ts = good; ts.type_and_zone = 0x1000 | 1441;
	assert_no_time(ts, UDF_E_CORRUPT);
	ts = good; ts.type_and_zone = 0x1802;	/* -2046 */
	assert_no_time(ts, UDF_E_CORRUPT);
}

static void permissions_convert_to_modes_and_back(void **state)
{
	const struct { uint32_t mode, permissions; } cases[] = {
		{ 0644, 0x7884 }, { 0755, 0x7CA5 }, { 0777, 0x7EF7 }, { 0600, 0x7800 }, { 0, 0x2000 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(udf_permissions_from_mode(cases[i].mode), cases[i].permissions);
		assert_int_equal(udf_permissions_to_mode(cases[i].permissions), cases[i].mode);
	}
	assert_int_equal(udf_permissions_to_mode(0x1884), 0644);
	assert_int_equal(udf_permissions_from_mode(0107644), 0x7884);	/* type and setuid ignored */
}

/* ---- extended attributes ---- */

static void device_node_attributes_have_the_bytes_of_the_standard(void **state)
{
	uint8_t disc[UDF_DEVICE_EA_BYTES];
	struct udf_ea_iter it;
	struct udf_ea ea;
	struct udf_ea_device device;
	const uint8_t *p;

	(void)state;
	udf_device_ea_encode(8, 17, 3, 1, 33, 0x0201, disc);
	assert_bytes(disc + 16, 8, "FF FF FF FF FF FF FF FF");
	assert_bytes(disc + 24, 24, "0C 00 00 00 01 00 00 00 38 00 00 00"
				    "20 00 00 00 08 00 00 00 11 00 00 00");
	assert_int_equal(udf_ea_iter_init(&it, disc, sizeof(disc),
					  (struct udf_place){ .block_no = 33 }, NULL), UDF_OK);
	assert_int_equal(udf_ea_next(&it, &ea, &p), UDF_OK);
	assert_int_equal(ea.type, UDF_EA_DEVICE);
	udf_ea_device_decode(p + UDF_EA_HEADER_BYTES, &device);
	assert_int_equal(device.major, 8);
	assert_int_equal(device.minor, 17);
	assert_int_equal(udf_ea_next(&it, &ea, &p), UDF_END);
	udf_device_ea_encode(8, 17, 3, 1, 33, 0x0200, disc);
	assert_bytes(disc + 16, 8, "FF FF FF FF FF FF FF FF");
	/* UDF 1.x says "none" by the length of the space. */
	udf_device_ea_encode(8, 17, 2, 1, 33, 0x0150, disc);
	assert_bytes(disc + 16, 8, "50 00 00 00 50 00 00 00");
}

static void a_creation_time_attribute_has_the_bytes_of_the_standard(void **state)
{
	const struct udf_timestamp creation = { 0x103C, 2024, 2, 29, 13, 45, 7, 12, 34, 56 };
	uint8_t disc[UDF_CREATION_EA_BYTES];

	(void)state;
	udf_creation_ea_encode(&creation, 2, 1, 33, 0x0102, disc);
	assert_bytes(disc + 16, 40, "38 00 00 00 38 00 00 00"
				    "05 00 00 00 01 00 00 00 20 00 00 00"
				    "0C 00 00 00 01 00 00 00"
				    "3C 10 E8 07 02 1D 0D 2D 07 0C 22 38");
	assert_int_equal(udf_tag_verify(disc, sizeof(disc), UDF_TAG_EAHD,
					(struct udf_place){ .block_no = 33 }, NULL, NULL), UDF_OK);
}

static void attributes_that_leave_their_space_are_corrupt(void **state)
{
	static const uint32_t lengths[] = { 0, 8, 11, 13, 36, 0xFFFFFFFC };
	uint8_t disc[UDF_CREATION_EA_BYTES];
	struct udf_ea_iter it;
	struct udf_ea ea;
	const uint8_t *p;

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		udf_creation_ea_encode(&(struct udf_timestamp){ 0 }, 2, 1, 0, 0x0102, disc);
		put_le32(disc + UDF_EAHD_BYTES + 8, lengths[i]);
		assert_int_equal(udf_ea_iter_init(&it, disc, sizeof(disc), (struct udf_place){ 0 },
						  NULL), UDF_OK);
		assert_int_equal(udf_ea_next(&it, &ea, &p), UDF_E_CORRUPT);
	}
	for (size_t n = 0; n < UDF_EAHD_BYTES; n++)
		assert_int_equal(udf_ea_iter_init(&it, disc, n, (struct udf_place){ 0 }, NULL),
				 UDF_E_CORRUPT);
	assert_int_equal(udf_ea_iter_init(&it, disc, UDF_EAHD_BYTES + 4, (struct udf_place){ 0 },
					  NULL), UDF_OK);
	assert_int_equal(udf_ea_next(&it, &ea, &p), UDF_E_CORRUPT);
}

/* ---- symbolic links ---- */

static void assert_link(const char *path, const char *hex, const char *back)
{
	uint8_t data[256];
	char text[256];
	size_t n;

	assert_int_equal(udf_symlink_from_path(path, strlen(path), data, sizeof(data), &n), UDF_OK);
	assert_bytes(data, n, hex);
	assert_int_equal(udf_symlink_to_path(data, n, text, sizeof(text)), UDF_OK);
	assert_string_equal(text, back);
}

static void symbolic_links_have_the_bytes_of_the_standard(void **state)
{
	(void)state;
	assert_link("/usr/../lib", "01 00 00 00  05 04 00 00 08 75 73 72  03 00 00 00"
				   "05 04 00 00 08 6C 69 62", "/usr/../lib");
	assert_link("a", "05 02 00 00 08 61", "a");
	assert_link("./a//b", "04 00 00 00 05 02 00 00 08 61 05 02 00 00 08 62", "./a/b");
	assert_link("/", "01 00 00 00", "/");
	assert_link("//", "01 00 00 00", "/");
	assert_link("..", "03 00 00 00", "..");
	assert_link("...", "05 04 00 00 08 2E 2E 2E", "...");
	assert_link("a/", "05 02 00 00 08 61 04 00 00 00", "a/.");
	assert_link("\u65E5/\u00E9", "05 03 00 00 10 65 E5 05 02 00 00 08 E9", "\u65E5/\u00E9");
}

static void assert_path(const char *hex, enum udf_err err, const char *want)
{
	uint8_t data[64];
	size_t n = vector_from_hex(hex, data, sizeof(data));
	char text[64] = "before";

	assert_int_equal(udf_symlink_to_path(data, n, text, sizeof(text)), err);
	if (!err)
		assert_string_equal(text, want);
}

static void symbolic_links_of_other_systems_are_read(void **state)
{
	(void)state;
	assert_path("02 00 00 00 05 02 00 00 08 61", UDF_OK, "/a");
	assert_path("01 02 00 00 08 78 05 02 00 00 08 61", UDF_OK, "/a");	/* agreed root */
	assert_path("05 02 00 00 08 62 02 00 00 00 05 02 00 00 08 61", UDF_OK, "/a");
	assert_path("05 03 00 00 10 00 61", UDF_OK, "a");
	/* Names that would mean something else to the host. */
	assert_path("05 03 00 00 08 2E 2E", UDF_OK, "_#586B");
	assert_path("05 05 00 00 08 62 61 64 2F", UDF_OK, "bad_#F252");
}

static void malformed_symbolic_links_are_corrupt(void **state)
{
	(void)state;
	assert_path("", UDF_E_CORRUPT, NULL);
	assert_path("05", UDF_E_CORRUPT, NULL);
	assert_path("05 02 00", UDF_E_CORRUPT, NULL);
	assert_path("05 02 00 00 08", UDF_E_CORRUPT, NULL);
	assert_path("05 00 00 00", UDF_E_CORRUPT, NULL);
	assert_path("05 01 00 00 08", UDF_E_CORRUPT, NULL);
	assert_path("05 02 00 00 09 61", UDF_E_CORRUPT, NULL);
	assert_path("00 00 00 00", UDF_E_CORRUPT, NULL);
	assert_path("06 00 00 00", UDF_E_CORRUPT, NULL);
	assert_path("FF 00 00 00", UDF_E_CORRUPT, NULL);
	assert_path("03 00 00 00 00", UDF_E_CORRUPT, NULL);
}

static void symbolic_links_never_exceed_the_buffer(void **state)
{
	uint8_t data[64];
	char text[64], long_name[256];
	size_t n;

	(void)state;
	assert_int_equal(udf_symlink_from_path("", 0, data, sizeof(data), &n), UDF_E_INVAL);
	assert_int_equal(udf_symlink_from_path("/ab", 3, data, 10, &n), UDF_E_NAME_TOO_LONG);
	assert_int_equal(udf_symlink_from_path("/ab", 3, data, 11, &n), UDF_OK);
	assert_int_equal(n, 11);
	assert_int_equal(udf_symlink_to_path(data, n, text, 3), UDF_E_NAME_TOO_LONG);
	assert_int_equal(udf_symlink_to_path(data, n, text, 4), UDF_OK);
	assert_int_equal(udf_symlink_to_path(data, n, text, 0), UDF_E_NAME_TOO_LONG);
	memset(long_name, 'x', sizeof(long_name));
	assert_int_equal(udf_symlink_from_path(long_name, 255, data, sizeof(data), &n),
			 UDF_E_NAME_TOO_LONG);
	assert_int_equal(udf_symlink_from_path("a\0b", 3, data, sizeof(data), &n), UDF_E_BAD_NAME);
	assert_int_equal(udf_symlink_from_path("\xFF", 1, data, sizeof(data), &n), UDF_E_BAD_NAME);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_anchor_has_the_bytes_of_the_standard),
		cmocka_unit_test(a_terminating_descriptor_has_the_bytes_of_the_standard),
		cmocka_unit_test(a_space_bitmap_has_the_bytes_of_the_standard),
		cmocka_unit_test(an_extended_attribute_header_has_the_bytes_of_the_standard),
		cmocka_unit_test(entity_identifiers_have_the_bytes_of_the_standard),
		cmocka_unit_test(a_metadata_partition_map_has_the_bytes_that_netbsd_records),
		cmocka_unit_test(file_identifier_descriptors_have_the_bytes_of_the_standard),
		cmocka_unit_test(fid_keeps_its_implementation_use),
		cmocka_unit_test(timestamps_convert_to_seconds_and_back),
		cmocka_unit_test(time_zones_are_signed_twelve_bit_numbers),
		cmocka_unit_test(times_outside_the_calendar_are_clamped),
		cmocka_unit_test(dates_that_do_not_exist_are_refused),
		cmocka_unit_test(permissions_convert_to_modes_and_back),
		cmocka_unit_test(device_node_attributes_have_the_bytes_of_the_standard),
		cmocka_unit_test(a_creation_time_attribute_has_the_bytes_of_the_standard),
		cmocka_unit_test(attributes_that_leave_their_space_are_corrupt),
		cmocka_unit_test(symbolic_links_have_the_bytes_of_the_standard),
		cmocka_unit_test(symbolic_links_of_other_systems_are_read),
		cmocka_unit_test(malformed_symbolic_links_are_corrupt),
		cmocka_unit_test(symbolic_links_never_exceed_the_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
