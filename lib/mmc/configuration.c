/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/bytes.h"
#include "base/checked.h"
#include "mmc/configuration.h"
#include "mmc/inquiry.h"

#define PRESENT 1u
#define CURRENT 2u
#define HEADER_BYTES 8u
#define FEATURE_PROFILE_LIST 0x0000

uint32_t mmc_configuration_size(const uint8_t reply[4])
{
	uint32_t n_bytes = get_be32(reply);

	return n_bytes > UINT32_MAX - 4 ? UINT32_MAX : (uint32_t)udf_max64(n_bytes + 4, HEADER_BYTES);
}

static void profiles_parse(const uint8_t *data, uint32_t n_bytes, struct mmc_configuration *configuration)
{
	for (uint32_t at = 0; at + 4 <= n_bytes && configuration->n_profiles < MMC_MAX_PROFILES; at += 4)
		configuration->profiles[configuration->n_profiles++] = get_be16(data + at);
}

/* DATA are the bytes after the four of a feature descriptor. */
static void feature_parse(uint16_t feature, const uint8_t *data, uint32_t n_bytes, struct mmc_configuration *c)
{
	uint32_t n_text = (uint32_t)udf_min64(n_bytes, sizeof(c->serial) - 1);

	if (feature == FEATURE_PROFILE_LIST)
		profiles_parse(data, n_bytes, c);
	if (feature == MMC_FEATURE_SERIAL_NUMBER)
		mmc_text_copy(data, n_text, c->serial);
	if (n_bytes < 4)
		return;
	switch (feature) {
	case MMC_FEATURE_WRITE_PROTECT:
		c->has_persistent_protection = data[0] & 0x02;
		break;
	case MMC_FEATURE_RANDOM_WRITABLE:
		c->random_last_lba = get_be32(data);
		break;
	case MMC_FEATURE_FORMATTABLE:
		c->can_certify = data[0] & 0x01;
		c->can_certify_quickly = data[0] & 0x02;
		c->can_format_without_spares = data[0] & 0x08;
		break;
	case MMC_FEATURE_CD_RW_SPEEDS:
		c->cd_rw_subtypes = data[1];
		break;
	case MMC_FEATURE_STREAMING:
		c->has_write_speeds = data[0] & 0x02;
		c->has_set_cd_speed = data[0] & 0x08;
		break;
	default:
		break;
	}
}

enum udf_err mmc_configuration_parse(const uint8_t *reply, size_t n_bytes,
				     struct mmc_configuration *ret_configuration)
{
	struct mmc_configuration c = { 0 };
	uint64_t end;

	if (n_bytes < HEADER_BYTES)
		return UDF_E_CORRUPT;
	end = udf_min64(n_bytes, mmc_configuration_size(reply));
	c.profile = get_be16(reply + 6);
	c.is_complete = mmc_configuration_size(reply) <= n_bytes;
	for (uint64_t at = HEADER_BYTES; at + 4 <= end; at += 4u + reply[at + 3]) {
		const uint8_t *d = reply + at;
		uint16_t feature = get_be16(d);

		if (at + 4 + d[3] > end) {
			c.is_complete = false;
			break;
		}
		if (feature < MMC_N_FEATURES)
			c.features[feature] = (uint8_t)(PRESENT | (d[2] & 1 ? CURRENT : 0));
		feature_parse(feature, d + 4, d[3], &c);
	}
	*ret_configuration = c;
	return UDF_OK;
}

bool mmc_feature_is_present(const struct mmc_configuration *configuration, enum mmc_feature feature)
{
	return configuration->features[feature] & PRESENT;
}

bool mmc_feature_is_current(const struct mmc_configuration *configuration, enum mmc_feature feature)
{
	return configuration->features[feature] & CURRENT;
}
