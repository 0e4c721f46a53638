/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting until a drive is ready, or done with what it was asked to do. */
#include "mmc/private.h"

#define POLL_MS 1000u
#define WORK_LIMIT_MS (8u * 3600 * 1000)	/* a full format of a slow medium takes three hours */
#define UNKNOWN_CAUSE MMC_ASC(0x04, 0x00)

/* Some adapters say 04/00 while a disc spins up, and others for ever. */
static const struct mmc_policy ready_policy = {
	.n_retries = 3, .n_unreadable_retries = 3, .ready_ms = 60000, .unknown_ms = 30000, .work_ms = 4 * 3600 * 1000,
};

enum udf_err mmc_ready_wait(struct mmc_drive *drive, bool *ret_has_medium)
{
	struct mmc_command command = mmc_cdb_test_unit_ready();
	enum udf_err err = mmc_exec(drive, &command, &ready_policy, NULL);
	bool has_medium = true;

	if (err == UDF_E_NOT_FOUND) {
		has_medium = false;
	} else if (err && !drive->is_dead && drive->failure.reply.delivery == MMC_DELIVERED) {
		/* whatever else is wrong with the medium, the next commands will say it */
		has_medium = true;
	} else if (err) {
		return err;
	}
	*ret_has_medium = has_medium;
	return UDF_OK;
}

/* Whether the drive is still at work, by what it says to one command. */
static bool is_at_work(const struct mmc_reply *reply, const struct mmc_sense *sense)
{
	if (reply->delivery != MMC_DELIVERED)
		return false;
	return reply->status == MMC_STATUS_BUSY ||
	       (sense->is_present && !sense->is_deferred && mmc_sense_meaning(sense).class == MMC_SENSE_WAIT);
}

/* REQUEST SENSE knows the progress of some drives whose TEST UNIT READY does not. */
static void progress_ask(struct mmc_drive *drive, struct mmc_sense *sense)
{
	uint8_t bytes[18];
	struct mmc_command command = mmc_cdb_request_sense(bytes, sizeof(bytes));
	struct mmc_reply reply;
	struct mmc_sense ignored, asked;

	mmc_send(drive, &command, &reply, &ignored);
	if (reply.delivery == MMC_DELIVERED && reply.status == MMC_STATUS_GOOD && reply.n_data_bytes <= sizeof(bytes) &&
	    mmc_sense_parse(bytes, reply.n_data_bytes, &asked) && asked.has_progress) {
		sense->has_progress = true;
		sense->progress = asked.progress;
	}
}

/* One look at the drive.  RET_IS_DONE is set if it is neither at work nor has failed. */
static enum udf_err work_look(struct mmc_drive *drive, struct mmc_sense *ret_sense, bool *ret_is_done)
{
	struct mmc_command ready = mmc_cdb_test_unit_ready();
	uint8_t bytes[34];
	struct mmc_command information = mmc_cdb_read_disc_information(0, bytes, sizeof(bytes));
	struct mmc_sense sense;
	struct mmc_reply reply;

	*ret_is_done = false;
	mmc_send(drive, &ready, &reply, ret_sense);
	/* adapters that hide the reason say so for ever: what the other command gets counts then */
	if (is_at_work(&reply, ret_sense) && mmc_sense_code(ret_sense) != UNKNOWN_CAUSE) {
		if (!ret_sense->has_progress && reply.status != MMC_STATUS_BUSY)
			progress_ask(drive, ret_sense);
		return UDF_OK;
	}
	if (reply.delivery != MMC_DELIVERED)
		return mmc_failure_from_reply(&drive->failure, &ready, &reply, ret_sense);
	if (ret_sense->is_present && (ret_sense->is_deferred || ret_sense->key == MMC_KEY_ATTENTION))
		return UDF_OK;		/* look again */
	if (reply.status != MMC_STATUS_GOOD && ret_sense->key != MMC_KEY_RECOVERED && !is_at_work(&reply, ret_sense))
		return mmc_failure_from_reply(&drive->failure, &ready, &reply, ret_sense);
	mmc_send(drive, &information, &reply, &sense);
	if (is_at_work(&reply, &sense)) {
		*ret_sense = sense;
		return UDF_OK;
	}
	*ret_is_done = true;
	return UDF_OK;
}

enum udf_err mmc_work_wait(struct mmc_drive *drive, const char *what)
{
	uint64_t since_ms = mmc_now_ms(drive->transport);
	uint32_t n_done = 0;
	struct mmc_sense sense = { 0 };
	bool is_done;
	enum udf_err err;

	drive->was_at_work = false;
	/* a drive may say that it is ready before it even begins: two looks in a row count */
	while (n_done < 2) {
		err = mmc_pause(drive, what, &sense, since_ms, POLL_MS);
		if (err)
			return err;
		err = work_look(drive, &sense, &is_done);
		if (err)
			return err;
		n_done = is_done ? n_done + 1 : 0;
		drive->was_at_work |= !is_done;
		if (mmc_now_ms(drive->transport) - since_ms > WORK_LIMIT_MS)
			return mmc_refuse(drive, UDF_E_BUSY, "Switch the drive off and on.", "%s does not end", what);
	}
	return UDF_OK;
}
