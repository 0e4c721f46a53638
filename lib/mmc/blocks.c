/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Blocks read and written, and what is lost on the way. */
#include <inttypes.h>

#include "base/checked.h"
#include "mmc/private.h"

#define MAX_SYNC_ERRORS 64u
#define MAX_COMMAND_BLOCKS 256u
#define GAP_MS (2u * 3600 * 1000)

#define READ_TRIES 3u

static const struct mmc_policy read_policy = {
	.n_retries = 3, .ready_ms = 60000, .work_ms = 900000, .is_for_disc = true,
};
static const struct mmc_policy write_policy = {
	.n_retries = 3, .ready_ms = 60000, .work_ms = 900000, .is_for_disc = true,
};

/* How many blocks one command can carry. */
static uint32_t command_blocks(const struct mmc_drive *drive)
{
	return (uint32_t)udf_min64(drive->transport->max_data_bytes / MMC_BLOCK_BYTES, MAX_COMMAND_BLOCKS);
}

/* What is refused at an address means on reading that nothing can be read there. */
static enum udf_err read_error(struct mmc_drive *drive, enum udf_err err)
{
	uint16_t code = mmc_sense_code(&drive->failure.sense);

	if (drive->failure.sense.key == MMC_KEY_ILLEGAL &&
	    (code >> 8 == 0x21 || code >> 8 == 0x64 || code >> 8 == 0x2C))
		err = drive->failure.err = UDF_E_MEDIUM;
	return err;
}

enum udf_err mmc_drive_read_tries(struct mmc_drive *drive, uint64_t lba, uint32_t n_blocks, void *ret_data,
				  uint32_t n_tries)
{
	uint32_t max_blocks = command_blocks(drive);
	struct mmc_policy policy = read_policy;
	uint8_t *data = ret_data;
	enum udf_err err;

	if (drive->disc.state == MMC_STATE_NO_MEDIUM)
		return mmc_refuse(drive, UDF_E_NOT_FOUND, "Insert a medium.", "no medium is in the drive");
	if (lba > drive->disc.n_blocks || n_blocks > drive->disc.n_blocks - lba)
		return mmc_refuse(drive, UDF_E_RANGE, NULL, "block %" PRIu64 " is beyond the end of the medium",
				  lba + n_blocks);
	policy.n_unreadable_retries = n_tries - 1;
	while (n_blocks) {
		uint32_t n = n_blocks < max_blocks ? n_blocks : max_blocks;
		struct mmc_command command = mmc_cdb_read((uint32_t)lba, (uint16_t)n, data);

		err = mmc_exec_for_disc(drive, &command, &policy);
		if (err)
			return read_error(drive, err);
		mmc_prints_read(drive, lba, n, data);
		lba += n;
		n_blocks -= n;
		data += (size_t)n * MMC_BLOCK_BYTES;
	}
	return UDF_OK;
}

enum udf_err mmc_drive_read(struct mmc_drive *drive, uint64_t lba, uint32_t n_blocks, void *ret_data)
{
	return mmc_drive_read_tries(drive, lba, n_blocks, ret_data, READ_TRIES);
}

bool mmc_drive_found_nothing(const struct mmc_drive *drive)
{
	const struct mmc_sense *sense = &drive->failure.sense;
	uint16_t code = mmc_sense_code(sense);

	if (drive->failure.err != UDF_E_MEDIUM || drive->disc.state != MMC_STATE_FORMATTED)
		return false;
	/* 3/11/05 and its like stand for a damaged block as well. */
	return sense->key == MMC_KEY_BLANK ||
	       (sense->key == MMC_KEY_ILLEGAL && (code == MMC_ASC(0x21, 0x00) || code == MMC_ASC(0x64, 0x00)));
}

/* Where the write ends is where the medium ends, or the drive would not have refused the address. */
static enum udf_err write_error(struct mmc_drive *drive, enum udf_err err, uint64_t end_lba)
{
	uint16_t code = mmc_sense_code(&drive->failure.sense);

	if (drive->failure.sense.key != MMC_KEY_ILLEGAL)
		return err;
	if (code == MMC_ASC(0x21, 0x00) || (code == MMC_ASC(0x21, 0x02) && drive->disc.n_blocks &&
					    end_lba >= drive->disc.n_blocks))
		err = drive->failure.err = UDF_E_NOSPC;
	return err;
}

/* A drive may have to format all that lies before the block first. */
static bool is_partly_formatted(const struct mmc_disc *disc)
{
	return disc->background == MMC_BACKGROUND_RUNNING || disc->background == MMC_BACKGROUND_STOPPED;
}

static enum udf_err write_check(struct mmc_drive *drive, uint64_t lba, uint32_t n_blocks)
{
	const struct mmc_disc *disc = &drive->disc;
	uint32_t unit = disc->write_unit_blocks;

	/* other media need to be set up for writing in order, which is not done here */
	if (!disc->can_overwrite && disc->can_append && disc->state != MMC_STATE_INTERMEDIATE)
		return disc->can_format
			       ? mmc_refuse(drive, UDF_E_INVAL, "Format it with cdrwtool -q.",
					    "the %s is not formatted for overwriting", disc->profile->name)
			       : mmc_refuse(drive, UDF_E_UNSUPPORTED, NULL,
					    "a %s is write-once, which udfkit does not write yet", disc->profile->name);
	if (!disc->can_overwrite && !disc->can_append)
		return mmc_refuse(drive, UDF_E_READ_ONLY, NULL, "the %s can't be written: %s", disc->profile->name,
				  disc->trouble ? disc->trouble : "the drive does not say why");
	if (disc->can_overwrite && (lba > disc->n_blocks || n_blocks > disc->n_blocks - lba))
		return mmc_refuse(drive, UDF_E_RANGE, NULL, "block %" PRIu64 " is beyond the end of the medium",
				  lba + n_blocks);
	if (lba + n_blocks > UINT32_MAX)
		return mmc_refuse(drive, UDF_E_RANGE, NULL, "block %" PRIu64 " is beyond the end of any medium", lba);
	if (disc->needs_whole_units && (lba % unit || n_blocks % unit))
		return mmc_refuse(drive, UDF_E_INVAL, NULL, "the %s takes whole packets of %u blocks only",
				  disc->profile->name,
				  unit);
	return UDF_OK;
}

enum udf_err mmc_drive_write(struct mmc_drive *drive, uint64_t lba, uint32_t n_blocks, const void *data)
{
	const uint8_t *bytes = data;
	enum udf_err err = write_check(drive, lba, n_blocks);
	uint32_t max_blocks = command_blocks(drive), unit = drive->disc.write_unit_blocks;

	if (!err && drive->disc.needs_whole_units && max_blocks < unit)
		err = mmc_refuse(drive, UDF_E_UNSUPPORTED, "Use another adapter for the drive.",
				 "the host can't transfer a packet of %u blocks at once", unit);
	while (!err && n_blocks) {
		uint32_t n = n_blocks < max_blocks ? n_blocks : max_blocks;
		struct mmc_command command;

		if (unit > 1)		/* some drives refuse a command that goes over the border of a unit */
			n = (uint32_t)udf_min64(n, unit - lba % unit);
		command = mmc_cdb_write((uint32_t)lba, (uint16_t)n, bytes);
		if (is_partly_formatted(&drive->disc))
			command.timeout_ms = GAP_MS;
		err = mmc_exec_for_disc(drive, &command, &write_policy);
		if (!drive->is_other_disc) {
			drive->has_unsynced = true;
			mmc_prints_write(drive, lba, n, err ? NULL : bytes);
		}
		if (err)
			return write_error(drive, err, lba + n);
		drive->counts.n_write_commands++;
		drive->counts.n_written_blocks += n;
		lba += n;
		n_blocks -= n;
		bytes += (size_t)n * MMC_BLOCK_BYTES;
	}
	return err;
}

enum udf_err mmc_drive_prove(struct mmc_drive *drive)
{
	struct mmc_command command = mmc_cdb_test_unit_ready();

	return mmc_exec_for_disc(drive, &command, &read_policy);
}

void mmc_drive_note_read(struct mmc_drive *drive, uint64_t lba, uint32_t n_blocks, const void *data)
{
	mmc_prints_read(drive, lba, n_blocks, data);
}

void mmc_drive_note_write(struct mmc_drive *drive, uint64_t lba, uint32_t n_blocks, const void *data)
{
	drive->has_unsynced = true;
	mmc_prints_write(drive, lba, n_blocks, data);
}

/* Make the failure say what was lost: the sense data that reported it may have been replaced long ago. */
static enum udf_err loss_report(struct mmc_drive *drive)
{
	enum udf_err err;

	if (drive->n_lost)
		err = mmc_refuse(drive, UDF_E_MEDIUM, NULL,
				 "%" PRIu32 " write%s could not be completed, one of them at block %" PRIu32,
				 drive->n_lost, drive->n_lost == 1 ? "" : "s", drive->lost_lbas[0]);
	else
		err = mmc_refuse(drive, UDF_E_MEDIUM, NULL, "the drive lost data that it had accepted");
	drive->failure.has_lba = drive->n_lost;
	drive->failure.lba = drive->n_lost ? drive->lost_lbas[0] : 0;
	return err;
}

enum udf_err mmc_drive_sync(struct mmc_drive *drive)
{
	struct mmc_command command = mmc_cdb_synchronize_cache(false);
	enum udf_err err;

	drive->counts.n_syncs++;
	for (unsigned i = 0; ; i++) {
		uint32_t n_lost = drive->n_lost;

		err = mmc_exec_for_disc(drive, &command, &write_policy);
		if (err != UDF_E_MEDIUM || i == MAX_SYNC_ERRORS)
			break;
		/* one unit failed; the others after it have yet to be written */
		mmc_lost_note(drive, drive->failure.sense.has_information, drive->failure.sense.information);
		if (drive->n_lost == n_lost)
			break;
	}
	if (err && err != UDF_E_MEDIUM)
		return err;
	if (drive->n_lost || drive->is_all_lost)
		return loss_report(drive);
	if (!err) {
		drive->has_unsynced = false;
		mmc_prints_sync(drive);
	}
	return err;
}

bool mmc_drive_take_lost(struct mmc_drive *drive, struct mmc_lost *ret_lost)
{
	if (drive->n_lost) {
		*ret_lost = (struct mmc_lost){ .lba = drive->lost_lbas[--drive->n_lost] };
		return true;
	}
	if (drive->is_all_lost) {
		*ret_lost = (struct mmc_lost){ .is_all = true };
		drive->is_all_lost = false;
		return true;
	}
	return false;
}
