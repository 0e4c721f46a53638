/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The prints of a disc: what stood in the blocks that were read first.
 *
 * Whoever mounts a disc first reads what tells it apart from others: its volume's names, numbers and times.  So the
 * first blocks that are read are remembered as a number each, and compared when the disc may be another one.  It costs
 * no reading until then.  What is written meanwhile changes the print; until it is synced, the print says nothing.
 */
#include "base/bytes.h"
#include "mmc/private.h"

#define MAX_PER_UNIT 4u			/* the first blocks of a volume are spread over many units */
#define MAX_COMPARED 16u

static uint32_t hash(const uint8_t *block)
{
	uint32_t h = 2166136261u;	/* FNV-1a */

	for (uint32_t i = 0; i < MMC_BLOCK_BYTES; i++)
		h = (h ^ block[i]) * 16777619u;
	return h;
}

static struct mmc_print *print_find(struct mmc_drive *drive, uint64_t lba)
{
	for (uint32_t i = 0; i < drive->n_prints; i++)
		if (drive->prints[i].lba == lba)
			return &drive->prints[i];
	return NULL;
}

static uint32_t prints_in_unit(const struct mmc_drive *drive, uint64_t lba)
{
	uint32_t unit = drive->disc.write_unit_blocks ? drive->disc.write_unit_blocks : 1, n = 0;

	for (uint32_t i = 0; i < drive->n_prints; i++)
		n += drive->prints[i].lba / unit == lba / unit;
	return n;
}

void mmc_prints_read(struct mmc_drive *drive, uint64_t lba, uint32_t n_blocks, const uint8_t *data)
{
	if (drive->is_proving)
		return;
	for (uint32_t i = 0; i < n_blocks && drive->n_prints < MMC_MAX_PRINTS; i++, data += MMC_BLOCK_BYTES) {
		/* blocks of zeros are the same on all discs */
		if (bytes_are_zero(data, MMC_BLOCK_BYTES) || print_find(drive, lba + i) ||
		    prints_in_unit(drive, lba + i) >= MAX_PER_UNIT)
			continue;
		drive->prints[drive->n_prints++] = (struct mmc_print){ .lba = (uint32_t)(lba + i),
								      .hash = hash(data) };
	}
}

void mmc_prints_write(struct mmc_drive *drive, uint64_t lba, uint32_t n_blocks, const uint8_t *data)
{
	for (uint32_t i = 0; i < drive->n_prints; i++) {
		struct mmc_print *print = &drive->prints[i];

		if (print->lba < lba || print->lba - lba >= n_blocks)
			continue;
		if (data) {
			print->hash = hash(data + (print->lba - lba) * MMC_BLOCK_BYTES);
			print->is_unsynced = true;
		} else {
			*print = drive->prints[--drive->n_prints];
			i--;
		}
	}
}

void mmc_prints_sync(struct mmc_drive *drive)
{
	for (uint32_t i = 0; i < drive->n_prints; i++)
		drive->prints[i].is_unsynced = false;
}

/* Read one block past everything that notes and proves. */
static bool block_read(struct mmc_drive *drive, uint32_t lba, uint8_t *ret_data)
{
	struct mmc_command command = mmc_cdb_read(lba, 1, ret_data);

	return mmc_exec(drive, &command, &mmc_query_policy, NULL) == UDF_OK;
}

bool mmc_prints_match(struct mmc_drive *drive)
{
	uint8_t block[MMC_BLOCK_BYTES] = { 0 };
	uint32_t n_compared = 0;

	for (uint32_t i = 0; i < drive->n_prints && n_compared < MAX_COMPARED && !drive->is_dead; i++) {
		const struct mmc_print *print = &drive->prints[i];

		/* a block that can't be read any more says nothing either */
		if (print->is_unsynced || !block_read(drive, print->lba, block))
			continue;
		n_compared++;
		if (hash(block) != print->hash)
			return false;
	}
	return true;
}
