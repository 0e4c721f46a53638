/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sense data, as published and as drives really send them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "hex.h"
#include "mmc/sense.h"

static struct mmc_sense parsed(const char *text)
{
	struct mmc_sense sense;
	uint8_t bytes[96];

	mmc_sense_parse(bytes, hex(text, bytes, sizeof(bytes)), &sense);
	return sense;
}

struct vector {
	const char *bytes;
	uint8_t key;
	uint16_t code;
	int64_t information;		/* -1: not valid */
	int progress;			/* -1: none */
	bool is_deferred;
	enum mmc_sense_class class;
	enum udf_err err;
};

static void check(const struct vector *v)
{
	struct mmc_sense sense = parsed(v->bytes);
	struct mmc_sense_meaning meaning = mmc_sense_meaning(&sense);

	print_message("%s: %s\n", v->bytes, meaning.text);
	assert_true(sense.is_present);
	assert_int_equal(sense.key, v->key);
	assert_int_equal(mmc_sense_code(&sense), v->code);
	assert_int_equal(sense.has_information ? (int64_t)sense.information : -1, v->information);
	assert_int_equal(sense.has_progress ? sense.progress : -1, v->progress);
	assert_int_equal(sense.is_deferred, v->is_deferred);
	assert_int_equal(meaning.class, v->class);
	assert_int_equal(meaning.err, v->err);
}

/* Vectors that were built from the standard's layouts */
static void reads_both_formats(void **state)
{
	static const struct vector vectors[] = {
		{ "70 00 02 00 00 00 00 0A 00 00 00 00 04 04 00 80 7F FF", 2, 0x0404, -1, 0x7FFF, false,
		  MMC_SENSE_WAIT, UDF_E_BUSY },
		{ "70 00 06 00 00 00 00 0A 00 00 00 00 28 00 00 00 00 00", 6, 0x2800, -1, -1, false,
		  MMC_SENSE_ATTENTION, UDF_E_IO },
		{ "F0 00 03 00 00 12 34 0A 00 00 00 00 11 05 00 00 00 00", 3, 0x1105, 0x1234, -1, false,
		  MMC_SENSE_RETRY, UDF_E_MEDIUM },
		{ "72 03 11 05 00 00 00 0C 00 0A 80 00 00 00 00 00 00 00 12 34", 3, 0x1105, 0x1234, -1, false,
		  MMC_SENSE_RETRY, UDF_E_MEDIUM },
		{ "72 02 04 04 00 00 00 08 02 06 00 00 80 40 00 00", 2, 0x0404, -1, 0x4000, false,
		  MMC_SENSE_WAIT, UDF_E_BUSY },
		{ "F1 00 03 00 00 12 34 0A 00 00 00 00 0C 00 00 00 00 00", 3, 0x0C00, 0x1234, -1, true,
		  MMC_SENSE_REPORT, UDF_E_MEDIUM },
		{ "70 00 02 00 00 00 00 0A 00 00 00 00 04 07 00 80 40 00", 2, 0x0407, -1, 0x4000, false,
		  MMC_SENSE_WAIT, UDF_E_BUSY },
		{ "F0 00 05 00 04 81 60 0A 00 00 00 00 21 00 00 00 00 00", 5, 0x2100, 0x48160, -1, false,
		  MMC_SENSE_REPORT, UDF_E_RANGE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		check(&vectors[i]);
}

static void names_the_wrong_field(void **state)
{
	struct mmc_sense sense = parsed("70 00 05 00 00 00 00 0A 00 00 00 00 24 00 00 C0 00 02");

	(void)state;
	assert_true(sense.has_field && sense.is_field_in_cdb);
	assert_int_equal(sense.field_byte, 2);
	assert_int_equal(mmc_sense_meaning(&sense).class, MMC_SENSE_FALL_BACK);
}

/* What drives were seen to send */
static void takes_sense_as_drives_send_it(void **state)
{
	static const struct vector vectors[] = {
		/* INFORMATION is filled, but not said to be valid */
		{ "70 00 05 00 00 09 99 0A 00 00 00 00 21 00 00 00 00 00", 5, 0x2100, -1, -1, false,
		  MMC_SENSE_REPORT, UDF_E_RANGE },
		/* ILI beside the key */
		{ "F0 00 25 00 00 00 10 0A 00 00 00 00 64 01", 5, 0x6401, 0x10, -1, false,
		  MMC_SENSE_REPORT, UDF_E_INVAL },
		/* after an underrun; the additional length is odd */
		{ "F0 00 03 00 00 01 2F 13 00 00 00 00 0C 07", 3, 0x0C07, 0x12F, -1, false,
		  MMC_SENSE_REPORT, UDF_E_MEDIUM },
		/* vendor bytes from 8 to 11, and an additional length of nothing */
		{ "70 00 05 00 00 00 00 00 2A 30 02 80 26 00 00 00 00 00", 5, 0x2600, -1, -1, false,
		  MMC_SENSE_FALL_BACK, UDF_E_UNSUPPORTED },
		/* vendors' codes: the key decides */
		{ "70 00 03 00 00 00 00 0A 00 00 00 00 64 C0", 3, 0x64C0, -1, -1, false,
		  MMC_SENSE_REPORT, UDF_E_MEDIUM },
		{ "70 00 05 00 00 00 00 0A 00 00 00 00 A0 80", 5, 0xA080, -1, -1, false,
		  MMC_SENSE_REPORT, UDF_E_UNSUPPORTED },
		/* 27h with the key of an illegal request */
		{ "70 00 05 00 00 00 00 0A 00 00 00 00 27 00", 5, 0x2700, -1, -1, false,
		  MMC_SENSE_USER, UDF_E_READ_ONLY },
		{ "70 00 07 00 00 00 00 0A 00 00 00 00 27 04", 7, 0x2704, -1, -1, false,
		  MMC_SENSE_USER, UDF_E_READ_ONLY },
		/* no medium, in the three ways that drives have */
		{ "70 00 02 00 00 00 00 0A 00 00 00 00 3A 00", 2, 0x3A00, -1, -1, false,
		  MMC_SENSE_USER, UDF_E_NOT_FOUND },
		{ "70 00 02 00 00 00 00 0A 00 00 00 00 3A 01", 2, 0x3A01, -1, -1, false,
		  MMC_SENSE_USER, UDF_E_NOT_FOUND },
		{ "70 00 02 00 00 00 00 0A 00 00 00 00 3A 02", 2, 0x3A02, -1, -1, false,
		  MMC_SENSE_USER, UDF_E_NOT_FOUND },
		/* BD-R with spares is full */
		{ "70 00 05 00 00 00 00 0A 00 00 00 00 63 00", 5, 0x6300, -1, -1, false,
		  MMC_SENSE_REPORT, UDF_E_NOSPC },
		{ "70 00 02 00 00 00 00 0A 00 00 00 00 30 00", 2, 0x3000, -1, -1, false,
		  MMC_SENSE_USER, UDF_E_UNSUPPORTED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
		check(&vectors[i]);
}

/* A reason that is none is not success: the status said that the command failed. */
static void no_reason_is_an_error(void **state)
{
	struct mmc_sense sense = parsed("70 00 00 00 00 00 00 0A 00 00 00 00 00 02");

	(void)state;
	assert_int_equal(mmc_sense_meaning(&sense).class, MMC_SENSE_REPORT);
	assert_int_equal(mmc_sense_meaning(&sense).err, UDF_E_IO);
}

static void nothing_is_read_behind_the_end(void **state)
{
	static const char *const texts[] = {
		"70 00 03 00 00 00 00 FF 00 00 00 00 11 05 00 80 12 34", "F0 00 03 00 00 12 34 0A",
		"72 03 11 05 00 00 00 FF 00 0A 80 00 00 00 00 00 00 00 12 34", "72 03 11 05 00 00 00 0C 00 FF 80",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		uint8_t bytes[96];
		uint32_t n_bytes = hex(texts[i], bytes, sizeof(bytes));

		/* each length in a buffer of its own, so that a sanitizer sees a step too far */
		for (uint32_t n = 0; n <= n_bytes; n++) {
			uint8_t *copy = malloc(n ? n : 1);
			struct mmc_sense sense;

			assert_non_null(copy);
			memcpy(copy, bytes, n);
			assert_int_equal(mmc_sense_parse(copy, n, &sense), n > 0);
			free(copy);
		}
	}
}

static void other_bytes_are_no_sense(void **state)
{
	struct mmc_sense sense = parsed("00 00 03 00 00 00 00 0A 00 00 00 00 11 05");

	(void)state;
	assert_false(sense.is_present);
	assert_int_equal(sense.key, 0);
	assert_int_equal(mmc_sense_meaning(&sense).class, MMC_SENSE_REPORT);
}

/* Every code has words, whatever a drive sends. */
static void every_code_has_words(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 16u << 16; i++) {
		struct mmc_sense sense = { .is_present = true, .key = (uint8_t)(i >> 16),
					   .asc = (uint8_t)(i >> 8), .ascq = (uint8_t)i };
		struct mmc_sense_meaning meaning = mmc_sense_meaning(&sense);

		assert_true(meaning.text[0]);
		assert_int_equal(meaning.class == MMC_SENSE_IGNORE, meaning.err == UDF_OK);
		assert_true(!meaning.advice || meaning.advice[strlen(meaning.advice) - 1] == '.');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_both_formats),
		cmocka_unit_test(names_the_wrong_field),
		cmocka_unit_test(takes_sense_as_drives_send_it),
		cmocka_unit_test(no_reason_is_an_error),
		cmocka_unit_test(nothing_is_read_behind_the_end),
		cmocka_unit_test(other_bytes_are_no_sense),
		cmocka_unit_test(every_code_has_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
