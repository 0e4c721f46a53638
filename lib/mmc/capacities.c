/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/bytes.h"
#include "base/checked.h"
#include "mmc/capacities.h"
#include "mmc/track_information.h"

#define DESCRIPTOR_BYTES 8u

enum udf_err mmc_capacity_parse(const uint8_t *reply, size_t n_bytes, uint32_t *ret_n_blocks,
				uint32_t *ret_block_bytes)
{
	uint32_t last_lba;

	if (n_bytes < 8)
		return UDF_E_CORRUPT;
	last_lba = get_be32(reply);
	*ret_n_blocks = last_lba && last_lba < MMC_LBA_LIMIT ? last_lba + 1 : 0;
	*ret_block_bytes = get_be32(reply + 4);
	return UDF_OK;
}

enum udf_err mmc_format_capacities_parse(const uint8_t *reply, size_t n_bytes,
					 struct mmc_format_capacities *ret_capacities)
{
	struct mmc_format_capacities c = { 0 };
	uint64_t end;

	if (n_bytes < 4)
		return UDF_E_CORRUPT;
	end = udf_min64(n_bytes, reply[3] + 4u);
	if (end < 4 + DESCRIPTOR_BYTES)
		return UDF_E_CORRUPT;
	c.n_blocks = get_be32(reply + 4);
	if (c.n_blocks >= MMC_LBA_LIMIT)
		c.n_blocks = 0;
	c.type = reply[8] & 3 ? (enum mmc_capacity_type)(reply[8] & 3) : MMC_CAPACITY_UNKNOWN;
	c.block_bytes = get_be24(reply + 9);
	for (uint64_t at = 4 + DESCRIPTOR_BYTES; at + DESCRIPTOR_BYTES <= end && c.n_formats < MMC_MAX_FORMATS;
	     at += DESCRIPTOR_BYTES) {
		struct mmc_format *format = &c.formats[c.n_formats++];

		format->n_blocks = get_be32(reply + at);
		format->type = reply[at + 4] >> 2;
		format->parameter = get_be24(reply + at + 5);
	}
	*ret_capacities = c;
	return UDF_OK;
}

const struct mmc_format *mmc_format_find(const struct mmc_format_capacities *capacities, enum mmc_format_type type)
{
	for (uint32_t i = 0; i < capacities->n_formats; i++)
		if (capacities->formats[i].type == type)
			return &capacities->formats[i];
	return NULL;
}
