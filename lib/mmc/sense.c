/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sense data read. */
#include "base/bytes.h"
#include "mmc/sense.h"

#define FIXED_CURRENT 0x70
#define FIXED_DEFERRED 0x71
#define DESCRIPTOR_CURRENT 0x72
#define DESCRIPTOR_DEFERRED 0x73

/* The three sense-key specific bytes: what they say depends on the key. */
static void specific_parse(const uint8_t *p, struct mmc_sense *sense)
{
	if (!(p[0] & 0x80))
		return;
	if (sense->key == MMC_KEY_NO_SENSE || sense->key == MMC_KEY_NOT_READY) {
		sense->has_progress = true;
		sense->progress = get_be16(p + 1);
	} else if (sense->key == MMC_KEY_ILLEGAL) {
		sense->has_field = true;
		sense->is_field_in_cdb = p[0] & 0x40;
		sense->field_byte = get_be16(p + 1);
	}
}

/*
 * The additional length in byte 7 is not looked at: drives put 0Ah to 13h there for the same 18 bytes.  What was
 * returned counts.
 */
static void fixed_parse(const uint8_t *p, size_t n_bytes, struct mmc_sense *sense)
{
	if (n_bytes > 2)
		sense->key = p[2] & 0x0F;
	if (n_bytes >= 7 && (p[0] & 0x80)) {
		sense->has_information = true;
		sense->information = get_be32(p + 3);
	}
	if (n_bytes > 12)
		sense->asc = p[12];
	if (n_bytes > 13)
		sense->ascq = p[13];
	if (n_bytes >= 18)
		specific_parse(p + 15, sense);
}

static void descriptor_parse(const uint8_t *p, size_t n_bytes, struct mmc_sense *sense)
{
	if (n_bytes > 1)
		sense->key = p[1] & 0x0F;
	if (n_bytes > 2)
		sense->asc = p[2];
	if (n_bytes > 3)
		sense->ascq = p[3];
	for (size_t at = 8; at + 2 <= n_bytes && at + 2 + p[at + 1] <= n_bytes; at += 2u + p[at + 1]) {
		const uint8_t *d = p + at;

		if (d[0] == 0x00 && d[1] >= 0x0A && (d[2] & 0x80)) {
			sense->has_information = true;
			sense->information = get_be64(d + 4);
		} else if (d[0] == 0x02 && d[1] >= 0x06) {
			specific_parse(d + 4, sense);
		}
	}
}

bool mmc_sense_parse(const uint8_t *bytes, size_t n_bytes, struct mmc_sense *ret_sense)
{
	struct mmc_sense sense = { 0 };
	uint8_t format = n_bytes ? bytes[0] & 0x7F : 0;

	sense.is_present = format >= FIXED_CURRENT && format <= DESCRIPTOR_DEFERRED;
	if (sense.is_present) {
		sense.is_deferred = format == FIXED_DEFERRED || format == DESCRIPTOR_DEFERRED;
		if (format <= FIXED_DEFERRED)
			fixed_parse(bytes, n_bytes, &sense);
		else
			descriptor_parse(bytes, n_bytes, &sense);
	}
	*ret_sense = sense;
	return sense.is_present;
}

uint16_t mmc_sense_code(const struct mmc_sense *sense)
{
	return (uint16_t)MMC_ASC(sense->asc, sense->ascq);
}
