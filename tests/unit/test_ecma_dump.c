/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Extended attributes that UDF defines; dumps of whole descriptors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "base/cs0.h"
#include "ecma/dump.h"
#include "ecma/ea.h"
#include "golden.h"
#include "vectors.h"

/* ---- extended attributes ---- */

static void free_space_attribute_has_the_bytes_of_the_standard(void **state)
{
	uint8_t disc[52], want[52] = { 0 };
	const uint8_t area[4] = { 0 };

	(void)state;
	vector_from_hex("00 08 00 00 01 00 00 00 34 00 00 00 04 00 00 00"
			"00 2A 55 44 46 20 46 72 65 65 45 41 53 70 61 63"
			"65 00 00 00 00 00 00 00 01 02 04 05 00 00 00 00 6A 05", want, sizeof(want));
	assert_int_equal(udf_ea_use_total_bytes(4), sizeof(disc));
	udf_ea_make("*UDF FreeEASpace", 0x0201, area, 4, disc);
	assert_memory_equal(disc, want, sizeof(disc));
	assert_int_equal(udf_ea_checksum(disc), 0x056A);
}

static void attributes_are_padded_with_zeros(void **state)
{
	const uint8_t area[3] = { 0, 0, 0xAA };
	uint8_t disc[54];

	(void)state;
	memset(disc, 0xEE, sizeof(disc));
	udf_ea_make("*UDF FreeEASpace", 0x0201, area, 3, disc);
	assert_int_equal(get_le32(disc + 8), 52);
	assert_int_equal(disc[50], 0xAA);
	assert_int_equal(disc[51], 0);
	assert_int_equal(disc[52], 0xEE);
}

/* The use area of the first attribute of a space that begins with it. */
static enum udf_err get_use(const uint8_t *p, struct udf_ea_use *ret_use, const uint8_t **ret_area,
			    const struct udf_ea_kind **ret_kind)
{
	struct udf_ea ea;

	udf_ea_decode(p, &ea);
	return udf_ea_use_get(&ea, p, ret_use, ret_area, ret_kind);
}

static void udf_attributes_are_known_by_identifier_and_length(void **state)
{
	static const struct { const char *id; uint32_t use_bytes, fixed_bytes; } cases[] = {
		{ "*UDF FreeEASpace", 10, 2 },		{ "*UDF DVD CGMS Info", 8, 8 },
		{ "*UDF OS/2 EALength", 6, 6 },		{ "*UDF OS/2 EA", 30, 2 },
		{ "*UDF Mac VolumeInfo", 58, 58 },	{ "*UDF Mac FinderInfo", 40, 40 },
		{ "*UDF Mac FinderInfo", 48, 48 },	{ "*UDF Mac UniqueIDTable", 24, 8 },
		{ "*UDF Mac ResourceFork", 200, 2 },	{ "*UDF OS/400 DirInfo", 48, 48 },
		{ "*UDF VAT LVExtension", 146, 146 },	{ "*UDF FreeAppEASpace", 2, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t disc[256], area[208];
		const struct udf_ea_kind *kind;
		const uint8_t *found;
		struct udf_ea_use use;

		memset(area, 0x5A, sizeof(area));
		udf_ea_make(cases[i].id, 0x0150, area, cases[i].use_bytes, disc);
		assert_int_equal(get_use(disc, &use, &found, &kind), UDF_OK);
		assert_non_null(kind);
		assert_string_equal(kind->id, cases[i].id);
		assert_int_equal(kind->fixed_bytes, cases[i].fixed_bytes);
		assert_int_equal(kind->layout->n_bytes, cases[i].fixed_bytes);
		assert_int_equal(use.use_bytes, cases[i].use_bytes);
		assert_memory_equal(found + 2, area + 2, cases[i].use_bytes - 2);
		assert_int_equal(get_le32(disc), i == 11 ? UDF_EA_APP_USE : UDF_EA_IMPL_USE);
		/* With a wrong checksum it counts for nothing. */
		disc[48] ^= 1;
		assert_int_equal(get_use(disc, &use, &found, &kind), UDF_E_CORRUPT);
	}
}

static void attributes_shorter_than_their_kind_are_corrupt(void **state)
{
	uint8_t disc[256], area[146] = { 0 };
	const struct udf_ea_kind *kind;
	const uint8_t *found;
	struct udf_ea_use use;

	(void)state;
	udf_ea_make("*UDF VAT LVExtension", 0x0150, area, 144, disc);
	assert_int_equal(get_use(disc, &use, &found, &kind), UDF_E_CORRUPT);
	udf_ea_make("*UDF Mac FinderInfo", 0x0150, area, 39, disc);
	assert_int_equal(get_use(disc, &use, &found, &kind), UDF_E_CORRUPT);
	/* A use length that leaves the attribute. */
	udf_ea_make("*UDF FreeEASpace", 0x0150, area, 8, disc);
	put_le32(disc + 12, 9);
	put_le16(disc + 48, udf_ea_checksum(disc));
	assert_int_equal(get_use(disc, &use, &found, &kind), UDF_E_CORRUPT);
	put_le32(disc + 12, 0xFFFFFFFF);
	assert_int_equal(get_use(disc, &use, &found, &kind), UDF_E_CORRUPT);
}

static void attributes_of_other_developers_are_opaque(void **state)
{
	uint8_t disc[64], area[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	const struct udf_ea_kind *kind;
	const uint8_t *found;
	struct udf_ea_use use;

	(void)state;
	udf_ea_make("*Somebody", 0x0150, area, 8, disc);
	disc[48] ^= 0xFF;	/* has no checksum for us */
	assert_int_equal(get_use(disc, &use, &found, &kind), UDF_OK);
	assert_null(kind);
	assert_int_equal(found[7], 8);
}

static void vat_extension_of_another_tool_is_read(void **state)
{
	struct golden g;
	struct udf_fe fe;
	struct udf_ea_iter it;
	struct udf_ea ea;
	struct udf_ea_use use;
	struct udf_ea_vat_extension extension;
	const struct udf_ea_kind *kind;
	const uint8_t *p, *area;
	char label[64];

	(void)state;
	golden_find("vat150", UDF_TAG_FE, 1, &g);
	udf_fe_decode(g.bytes, &fe);
	assert_int_equal(udf_ea_iter_init(&it, g.bytes + UDF_FE_FIXED_BYTES, fe.ea_bytes,
					  (struct udf_place){ .block_no = fe.tag.location }, NULL),
			 UDF_OK);
	assert_int_equal(udf_ea_next(&it, &ea, &p), UDF_OK);
	assert_int_equal(udf_ea_use_get(&ea, p, &use, &area, &kind), UDF_OK);
	assert_string_equal(kind->id, "*UDF VAT LVExtension");
	udf_ea_vat_extension_decode(area, &extension);
	assert_int_equal(extension.verification_id, fe.unique_id);
	assert_int_equal(extension.n_directories, 1);
	assert_int_equal(udf_dstring_to_utf8(extension.logical_volume_id, 128, label, sizeof(label)),
			 UDF_OK);
	assert_string_equal(label, LABEL);
}

static void file_times_are_found_by_the_order_of_their_bits(void **state)
{
	uint8_t space[24 + 20 + 24] = { 0 };
	struct udf_timestamp ts;

	(void)state;
	vector_from_hex("05 00 00 00 01 00 00 00 2C 00 00 00 18 00 00 00 24 00 00 00"
			"00 10 E8 07 01 01 00 00 00 00 00 00  00 10 E9 07 02 02 00 00 00 00 00 00",
			space + 24, sizeof(space) - 24);
	assert_int_equal(udf_ea_file_time_get(space, sizeof(space), 0, &ts), UDF_E_NOT_FOUND);
	assert_int_equal(udf_ea_file_time_get(space, sizeof(space), 2, &ts), UDF_OK);
	assert_int_equal(ts.year, 2024);
	assert_int_equal(udf_ea_file_time_get(space, sizeof(space), 5, &ts), UDF_OK);
	assert_int_equal(ts.year, 2025);
	assert_int_equal(udf_ea_file_time_get(space, sizeof(space), 32, &ts), UDF_E_NOT_FOUND);
	put_le32(space + 24 + 12, 12);	/* room for one only */
	assert_int_equal(udf_ea_file_time_get(space, sizeof(space), 5, &ts), UDF_E_CORRUPT);
	put_le32(space + 24 + 12, 0xFFFFFFFF);
	put_le32(space + 24 + 16, 0xFFFFFFFF);
	assert_int_equal(udf_ea_file_time_get(space, sizeof(space), 1, &ts), UDF_OK);
	assert_int_equal(udf_ea_file_time_get(space, sizeof(space), 2, &ts), UDF_E_CORRUPT);
	assert_int_equal(udf_ea_file_time_get(space, sizeof(space), 31, &ts), UDF_E_CORRUPT);
	put_le32(space + 24 + 8, 16);
	assert_int_equal(udf_ea_file_time_get(space, sizeof(space), 1, &ts), UDF_E_CORRUPT);
	assert_int_equal(udf_ea_file_time_get(space, 24, 0, &ts), UDF_E_NOT_FOUND);
	assert_int_equal(udf_ea_file_time_get(space, 23, 0, &ts), UDF_E_CORRUPT);
}

static void creation_time_that_we_write_is_found(void **state)
{
	const struct udf_timestamp creation = { 0x103C, 2024, 2, 29, 13, 45, 7, 12, 34, 56 };
	uint8_t space[UDF_CREATION_EA_BYTES];
	struct udf_timestamp ts;

	(void)state;
	udf_creation_ea_encode(&creation, 2, 1, 33, 0x0102, space);
	assert_int_equal(udf_ea_file_time_get(space, sizeof(space), 0, &ts), UDF_OK);
	assert_int_equal(ts.day, 29);
	assert_int_equal(ts.microseconds, 56);
}

/* ---- dump ---- */

struct text {
	char bytes[65536];
	size_t n;
	int open;
};

static void keep(void *ctx, const struct udf_item *item)
{
	struct text *text = ctx;
	char piece[UDF_ITEM_MAX_BYTES];

	text->open += item->kind == UDF_ITEM_OPEN;
	text->open -= item->kind == UDF_ITEM_CLOSE;
	assert_true(text->open >= 0);
	assert_int_equal(item->depth, text->open - (item->kind == UDF_ITEM_OPEN));
	udf_item_to_text(item, piece);
	if (!*piece)
		return;
	assert_true(strlen(piece) < sizeof(piece));
	assert_true(text->n + strlen(piece) + 2 < sizeof(text->bytes));
	text->n += (size_t)sprintf(text->bytes + text->n, "%s\n", piece);
}

static struct text *dump(const uint8_t *bytes, size_t n_bytes)
{
	static struct text text;

	memset(&text, 0, sizeof(text));
	assert_int_equal(udf_descriptor_dump(bytes, n_bytes, UDF_AD_SHORT, keep, &text), UDF_OK);
	assert_int_equal(text.open, 0);
	return &text;
}

static void assert_line(const struct text *text, const char *line)
{
	char with_ends[200];

	snprintf(with_ends, sizeof(with_ends), "%s\n", line);
	if (!strstr(text->bytes, with_ends)) {
		fputs(text->bytes, stderr);
		fail_msg("no line \"%s\"", line);
	}
}

static void dump_shows_fields_by_the_standards_names(void **state)
{
	struct golden g;
	struct text *text;

	(void)state;
	golden_find("hd201", UDF_TAG_LVD, 0, &g);
	text = dump(g.bytes, g.n_bytes);
	assert_line(text, "Logical Volume Descriptor");
	assert_line(text, "\t\tTagLocation: 97");
	assert_line(text, "\tLogicalVolumeIdentifier: " LABEL);
	assert_line(text, "\tLogicalBlockSize: 2048");
	assert_line(text, "\t\tIdentifier: *OSTA UDF Compliant");
	assert_line(text, "\t\tIdentifierSuffix: 0102");
	assert_line(text, "\t\tCharacterSetInfo: OSTA Compressed Unicode");
	assert_line(text, "\t\t\tKind: type 1");
	golden_find("spar201", UDF_TAG_LVD, 0, &g);
	text = dump(g.bytes, g.n_bytes);
	assert_line(text, "\t\t\tKind: sparable");
	assert_line(text, "\t\t\tPacketLength: 32");
	golden_find("hd201", UDF_TAG_LVID, 0, &g);
	text = dump(g.bytes, g.n_bytes);
	assert_line(text, "\t\t-: 7668");
	assert_line(text, "\t\tMinimumUDFReadRevision: 0x201");
	golden_find("bridge102", UDF_TAG_FID, 4, &g);
	assert_line(dump(g.bytes, g.n_bytes), "\tFileIdentifier: na\u00EFve \u65E5\u672C");
	golden_find("vat150", UDF_TAG_FE, 1, &g);
	text = dump(g.bytes, g.n_bytes);
	assert_line(text, "\t\t\tNumberOfDirectories: 1");
	assert_line(text, "\t\t\tLogicalVolumeIdentifier: " LABEL);
	golden_find("short150", UDF_TAG_FE, 0, &g);
	text = dump(g.bytes, g.n_bytes);
	assert_line(text, "\t\t\tExtentType: recorded");
}

static void dump_shows_timestamps_as_recorded(void **state)
{
	struct udf_lvid lvid = { .tag = { .id = UDF_TAG_LVID },
				 .recording_time = { 0x1ED4, 1999, 12, 31, 23, 59, 59, 99, 9, 99 } };
	uint8_t disc[UDF_LVID_FIXED_BYTES];

	(void)state;
	udf_lvid_encode(&lvid, disc);
	assert_line(dump(disc, sizeof(disc)),
		    "\tRecordingDateAndTime: 1999-12-31 23:59:59.990999 -05:00");
	lvid.recording_time.type_and_zone = 0x1801;
	lvid.recording_time.month = 77;
	udf_lvid_encode(&lvid, disc);
	assert_line(dump(disc, sizeof(disc)),
		    "\tRecordingDateAndTime: 1999-77-31 23:59:59.990999");
}

static void every_golden_descriptor_gives_lines(void **state)
{
	static const char *const names[] = { "bdr260", "bridge102", "hd102", "hd201", "icb4096",
					     "short150", "spar201", "table201", "vat150", "vat201" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		FILE *file = golden_open(names[i]);
		struct golden g;

		while (golden_next(file, &g))
			assert_true(dump(g.bytes, g.n_bytes)->n > 0);
		fclose(file);
	}
}

static void dump_of_random_bytes_reads_nothing_outside_them(void **state)
{
	static const uint16_t ids[] = { 0, 1, 4, 6, 7, 9, 256, 257, 258, 261, 262, 263, 264, 266 };

	(void)state;
	random_start();
	for (int round = 0; round < 3000; round++) {
		uint16_t id = ids[random_next() % (sizeof(ids) / sizeof(ids[0]))];
		size_t fixed = udf_layout_by_tag(id)->n_bytes;
		size_t n_bytes = fixed + (size_t)(random_next() % 200);
		uint8_t *bytes = malloc(n_bytes);

		assert_non_null(bytes);
		random_fill(bytes, n_bytes);
		for (size_t i = 16; i < n_bytes; i++)	/* small numbers reach further */
			if (random_next() % 2)
				bytes[i] = 0;
		put_le16(bytes, id);
		assert_true(dump(bytes, n_bytes)->n > 0);
		free(bytes);
	}
}

static void unknown_or_short_descriptors_are_not_dumped(void **state)
{
	uint8_t bytes[512] = { 0x09, 0x01 };	/* 265, not of UDF */
	static struct text text;

	(void)state;
	assert_int_equal(udf_descriptor_dump(bytes, 512, 0, keep, &text), UDF_E_UNSUPPORTED);
	put_le16(bytes, UDF_TAG_PVD);
	assert_int_equal(udf_descriptor_dump(bytes, 511, 0, keep, &text), UDF_E_CORRUPT);
	assert_int_equal(udf_descriptor_dump(bytes, 15, 0, keep, &text), UDF_E_CORRUPT);
	assert_int_equal(text.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(free_space_attribute_has_the_bytes_of_the_standard),
		cmocka_unit_test(attributes_are_padded_with_zeros),
		cmocka_unit_test(udf_attributes_are_known_by_identifier_and_length),
		cmocka_unit_test(attributes_shorter_than_their_kind_are_corrupt),
		cmocka_unit_test(attributes_of_other_developers_are_opaque),
		cmocka_unit_test(vat_extension_of_another_tool_is_read),
		cmocka_unit_test(file_times_are_found_by_the_order_of_their_bits),
		cmocka_unit_test(creation_time_that_we_write_is_found),
		cmocka_unit_test(dump_shows_fields_by_the_standards_names),
		cmocka_unit_test(dump_shows_timestamps_as_recorded),
		cmocka_unit_test(every_golden_descriptor_gives_lines),
		cmocka_unit_test(dump_of_random_bytes_reads_nothing_outside_them),
		cmocka_unit_test(unknown_or_short_descriptors_are_not_dumped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
