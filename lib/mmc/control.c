/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lock of the tray, events, speed. */
#include "base/bytes.h"
#include "base/checked.h"
#include "mmc/private.h"

#define CD_1X_KBS 177u			/* rounded up, so that a drive that rounds down finds its speed */
#define FASTEST 0xFFFFu

enum udf_err mmc_drive_lock(struct mmc_drive *drive, bool is_locked)
{
	struct mmc_command command = mmc_cdb_prevent_allow(is_locked, is_locked);
	enum udf_err err = mmc_exec(drive, &command, &mmc_query_policy, NULL);

	if (err && is_locked && drive->failure.sense.key == MMC_KEY_ILLEGAL) {
		/* without requests for ejection then */
		command = mmc_cdb_prevent_allow(true, false);
		err = mmc_exec(drive, &command, &mmc_query_policy, NULL);
	}
	if (!err && !is_locked) {
		/* the persistent lock has a key of its own; drives that don't know it have nothing to unlock */
		struct mmc_reply reply;
		struct mmc_sense sense;

		command = mmc_cdb_prevent_allow(false, true);
		mmc_send(drive, &command, &reply, &sense);
	}
	if (!err)
		drive->is_locked = is_locked;
	return err;
}

void mmc_drive_doubt(struct mmc_drive *drive)
{
	drive->is_doubtful = true;
}

bool mmc_drive_is_doubtful(const struct mmc_drive *drive)
{
	return drive->is_doubtful || drive->is_other_disc;
}

enum udf_err mmc_drive_poll(struct mmc_drive *drive, struct mmc_media_status *ret_status)
{
	uint8_t reply[8] = { 0 };
	struct mmc_command command = mmc_cdb_get_event_status(MMC_EVENT_CLASS_MEDIA, reply, sizeof(reply));
	struct mmc_media_status status;
	uint32_t n_bytes;
	enum udf_err err = mmc_exec(drive, &command, &mmc_query_policy, &n_bytes);

	if (!err)
		err = mmc_media_status_parse(reply, n_bytes, &status);
	if (err)
		return err;
	if (status.event == MMC_EVENT_NEW_MEDIUM || status.event == MMC_EVENT_REMOVAL ||
	    status.event == MMC_EVENT_CHANGED) {
		drive->is_doubtful = true;
		if (drive->has_unsynced)
			drive->is_all_lost = true;
	}
	*ret_status = status;
	return UDF_OK;
}

/* Media other than CD: the whole disc at the same speed, by data and time. */
static enum udf_err streaming_set(struct mmc_drive *drive, uint32_t write_kbs)
{
	const struct mmc_speeds *speeds = &drive->disc.speeds;
	uint32_t end_lba = drive->disc.n_blocks ? drive->disc.n_blocks - 1 : 0, read_kbs = write_kbs;
	uint8_t data[MMC_STREAMING_BYTES] = { 0 };
	struct mmc_command command = mmc_cdb_set_streaming(data);

	if (!write_kbs) {
		data[0] = 0x04;		/* the drive's own defaults */
	} else {
		for (uint32_t i = 0; i < speeds->n_speeds; i++) {
			if (speeds->speeds[i].end_lba)
				end_lba = speeds->speeds[i].end_lba;
			read_kbs = (uint32_t)udf_max64(read_kbs, speeds->speeds[i].read_kbs);
		}
		put_be32(data + 8, end_lba);
		put_be32(data + 12, read_kbs);
		put_be32(data + 16, 1000);
		put_be32(data + 20, write_kbs);
		put_be32(data + 24, 1000);
	}
	return mmc_exec(drive, &command, &mmc_query_policy, NULL);
}

enum udf_err mmc_drive_set_speed(struct mmc_drive *drive, uint32_t write_kbs)
{
	struct mmc_command command = mmc_cdb_set_cd_speed(FASTEST,
							  write_kbs && write_kbs < FASTEST ? (uint16_t)write_kbs
												    : FASTEST);
	enum udf_err err;

	if (drive->disc.profile->family == MMC_FAMILY_CD || drive->disc.profile->family == MMC_FAMILY_NONE) {
		err = mmc_exec(drive, &command, &mmc_query_policy, NULL);
		if (err && write_kbs && write_kbs < FASTEST &&
		    mmc_sense_code(&drive->failure.sense) == MMC_ASC(0x24, 0)) {
			/* drives that want the speed in another rounding */
			command = mmc_cdb_set_cd_speed(FASTEST, (uint16_t)(write_kbs / (CD_1X_KBS - 1) * CD_1X_KBS));
			err = mmc_exec(drive, &command, &mmc_query_policy, NULL);
		}
	} else {
		err = streaming_set(drive, write_kbs);
	}
	if (!err) {
		drive->has_speed = true;
		drive->write_kbs = write_kbs;
	}
	return err;
}

enum udf_err mmc_drive_limit_speed(struct mmc_drive *drive)
{
	const struct mmc_speeds *speeds = &drive->disc.speeds;

	if (!speeds->n_speeds || !drive->facts.has_capabilities ||
	    drive->facts.capabilities.write_kbs <= speeds->speeds[0].write_kbs)
		return UDF_OK;
	return mmc_drive_set_speed(drive, speeds->speeds[0].write_kbs);
}
