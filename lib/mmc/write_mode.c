/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "mmc/private.h"
#include "mmc/write_mode.h"

#define PACKET_BLOCKS 32u
#define CD_LINK_SIZE 7
#define DVD_LINK_SIZE 16
#define MAX_REPLY_BYTES (MMC_MODE_HEADER_BYTES + 8 + MMC_MAX_PAGE_BYTES)

/* Ask for mode page PAGE: first how long the reply is, and then for all of it. */
static enum udf_err page_ask(struct mmc_drive *drive, uint8_t page, uint8_t ret_reply[MAX_REPLY_BYTES],
			     uint32_t *ret_n_bytes)
{
	struct mmc_command command = mmc_cdb_mode_sense(MMC_PAGE_CURRENT, page, ret_reply, MMC_MODE_HEADER_BYTES);
	enum udf_err err = mmc_exec(drive, &command, &mmc_query_policy, ret_n_bytes);

	if (err)
		return err;
	command = mmc_cdb_mode_sense(MMC_PAGE_CURRENT, page, ret_reply,
				     (uint16_t)udf_min64(get_be16(ret_reply) + 2u, MAX_REPLY_BYTES));
	return mmc_exec(drive, &command, &mmc_query_policy, ret_n_bytes);
}

/* The page as the drive has it, at the place where MODE SELECT wants it: after a header of zeros. */
static enum udf_err page_get(struct mmc_drive *drive, uint8_t *ret_list, uint32_t *ret_n_bytes)
{
	uint8_t reply[MAX_REPLY_BYTES] = { 0 };
	uint32_t n_bytes, n_page_bytes;
	const uint8_t *page;
	enum udf_err err = page_ask(drive, MMC_PAGE_WRITE_PARAMETERS, reply, &n_bytes);

	if (err)
		return err;
	/* bridges that cut replies off leave out catalogue numbers; these are zeros unless somebody set them */
	if (n_bytes >= MMC_MODE_HEADER_BYTES + MMC_WRITE_PAGE_MIN_BYTES)
		n_bytes = sizeof(reply);
	if (mmc_mode_page_find(reply, n_bytes, MMC_PAGE_WRITE_PARAMETERS, &page, &n_page_bytes) ||
	    n_page_bytes < MMC_WRITE_PAGE_MIN_BYTES)
		return mmc_refuse(drive, UDF_E_UNSUPPORTED, NULL, "the drive has no write parameters");
	memset(ret_list, 0, MMC_MODE_HEADER_BYTES);
	memcpy(ret_list + MMC_MODE_HEADER_BYTES, page, n_page_bytes);
	*ret_n_bytes = MMC_MODE_HEADER_BYTES + n_page_bytes;
	return UDF_OK;
}

enum udf_err mmc_write_mode_get(struct mmc_drive *drive, struct mmc_write_parameters *ret_parameters)
{
	uint8_t list[MAX_REPLY_BYTES];
	uint32_t n_bytes;
	enum udf_err err = page_get(drive, list, &n_bytes);

	return err ? err : mmc_write_parameters_parse(list + MMC_MODE_HEADER_BYTES, n_bytes - MMC_MODE_HEADER_BYTES,
						      ret_parameters);
}

enum udf_err mmc_write_mode_set(struct mmc_drive *drive, const struct mmc_write_parameters *parameters)
{
	struct mmc_write_parameters variant = *parameters;
	uint8_t list[MAX_REPLY_BYTES];
	uint32_t n_bytes;
	enum udf_err err = page_get(drive, list, &n_bytes);

	if (err)
		return err;
	for (unsigned i = 0; i < 3; i++) {
		struct mmc_command command;

		if (i == 1) {		/* drives that insist on a link size */
			variant.is_link_size_valid = true;
			variant.link_size = drive->disc.profile->family == MMC_FAMILY_CD ? CD_LINK_SIZE : DVD_LINK_SIZE;
		} else if (i == 2) {	/* drives that insist on being free of buffer underruns,
				    or know nothing of it */
			variant = *parameters;
			variant.is_underrun_free = !variant.is_underrun_free;
		}
		mmc_write_parameters_encode(&variant, list + MMC_MODE_HEADER_BYTES, n_bytes - MMC_MODE_HEADER_BYTES);
		command = mmc_cdb_mode_select(list, (uint16_t)n_bytes);
		err = mmc_exec(drive, &command, &mmc_query_policy, NULL);
		if (!err || mmc_sense_meaning(&drive->failure.sense).class != MMC_SENSE_FALL_BACK)
			break;
	}
	return err;
}

enum udf_err mmc_capabilities_page_read(struct mmc_drive *drive, uint8_t ret_page[MMC_MAX_PAGE_BYTES],
					uint32_t *ret_n_bytes)
{
	uint8_t reply[MAX_REPLY_BYTES] = { 0 };
	uint32_t n_bytes, n_page_bytes;
	const uint8_t *page;
	enum udf_err err = page_ask(drive, MMC_PAGE_CAPABILITIES, reply, &n_bytes);

	if (err)
		return err;
	if (mmc_mode_page_find(reply, n_bytes, MMC_PAGE_CAPABILITIES, &page, &n_page_bytes))
		return mmc_refuse(drive, UDF_E_UNSUPPORTED, NULL, "the drive has no page of capabilities");
	memset(ret_page, 0, MMC_MAX_PAGE_BYTES);
	memcpy(ret_page, page, n_page_bytes);
	*ret_n_bytes = n_page_bytes;
	return UDF_OK;
}

struct mmc_write_parameters mmc_write_mode_packets(bool is_mode_2)
{
	return (struct mmc_write_parameters){
		.write_type = MMC_WRITE_PACKET, .is_underrun_free = true, .is_fixed_packet = true, .track_mode = 5,
		.data_block_type = is_mode_2 ? 10 : 8, .session_format = is_mode_2 ? 0x20 : 0,
		.packet_blocks = PACKET_BLOCKS,
	};
}

/*
 * A CD-RW that is formatted says by itself what its packets are.  The page only has to agree, and a drive that refuses
 * it in this state will judge the writes themselves.
 */
static enum udf_err prepare_packets(struct mmc_drive *drive)
{
	const struct mmc_track *track = &drive->disc.tracks[0];
	struct mmc_write_parameters parameters = mmc_write_mode_packets(track->data_mode != 1);
	enum udf_err err;

	parameters.packet_blocks = drive->disc.write_unit_blocks;
	parameters.track_mode = track->mode;
	err = mmc_write_mode_set(drive, &parameters);
	if (err && mmc_sense_meaning(&drive->failure.sense).class == MMC_SENSE_FALL_BACK) {
		udf_log(drive->env, UDF_LOG_DEBUG, "%s; going on without", drive->failure.text);
		return UDF_OK;
	}
	return err;
}

enum udf_err mmc_write_mode_prepare(struct mmc_drive *drive)
{
	enum udf_err err = UDF_OK;

	if (drive->is_write_mode_set)
		return UDF_OK;
	if (drive->disc.profile->number == MMC_CD_RW && drive->disc.can_overwrite)
		err = prepare_packets(drive);
	if (!err)
		drive->is_write_mode_set = true;
	return err;
}
