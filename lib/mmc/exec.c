/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands, with all that may come between: a busy drive, unit attentions, errors that belong to earlier commands.
 *
 * Every wait has an end.  Nothing that was written is sent again blindly after the host gave a command up: the drive
 * may have been reset, and what became of the data is unknown.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "mmc/private.h"

#define SENSE_BYTES 18u
#define MAX_TIMEOUTS 2u			/* in a row; then the drive is given up */
#define MAX_ATTENTIONS 8u		/* several may be queued */
#define MAX_DEFERRED 64u
#define BUSY_LIMIT_MS 60000u
#define UNKNOWN_CAUSE_MS 5000u		/* 04/00: adapters say this for ever */
#define BUFFER_LIMIT_MS 900000u
#define SHORT_WAIT_MS 20u
#define LONG_WAIT_MS 1000u

const struct mmc_policy mmc_query_policy = {
	.n_retries = 3, .n_unreadable_retries = 3, .ready_ms = 60000, .work_ms = 4 * 3600 * 1000,
};

enum udf_err mmc_refuse(struct mmc_drive *drive, enum udf_err err, const char *advice, const char *format, ...)
{
	char text[MMC_TEXT_BYTES];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return mmc_failure_refuse(&drive->failure, err, advice, "%s", text);
}

void mmc_lost_note(struct mmc_drive *drive, bool has_lba, uint64_t lba)
{
	uint32_t unit = drive->disc.write_unit_blocks ? drive->disc.write_unit_blocks : 1;
	uint32_t first;

	if (!has_lba || lba >= MMC_LBA_LIMIT || (drive->disc.n_blocks && lba >= drive->disc.n_blocks) ||
	    drive->n_lost == MMC_MAX_LOST) {
		drive->is_all_lost = true;
		return;
	}
	first = (uint32_t)lba - (uint32_t)lba % unit;
	for (uint32_t i = 0; i < drive->n_lost; i++)
		if (drive->lost_lbas[i] == first)
			return;
	drive->lost_lbas[drive->n_lost++] = first;
}

/* The host gave the drive up, or it vanished. */
static void delivery_note(struct mmc_drive *drive, const struct mmc_command *command, enum mmc_delivery delivery)
{
	if (delivery == MMC_TIMED_OUT) {
		drive->n_timeouts++;
		drive->is_doubtful = drive->was_reset = true;
		drive->is_write_mode_set = false;
		if (drive->n_timeouts >= MAX_TIMEOUTS || command->direction == MMC_TO_DRIVE)
			drive->is_dead = true;
	} else {
		drive->n_timeouts = 0;
	}
	if (delivery == MMC_DRIVE_GONE)
		drive->is_dead = true;
}

static void attention_note(struct mmc_drive *drive, const struct mmc_sense *sense)
{
	bool is_reset = sense->asc == 0x29;

	if (!is_reset && sense->asc != 0x28 && sense->asc != 0x3F)
		return;
	drive->is_doubtful = true;
	drive->was_reset |= is_reset;
	drive->is_write_mode_set = false;
	drive->calibrated_session = 0;
	if (drive->has_unsynced)
		drive->is_all_lost = true;
}

/* Sense that the host did not fetch */
static void sense_fetch(struct mmc_drive *drive, struct mmc_reply *reply)
{
	uint8_t bytes[SENSE_BYTES];
	struct mmc_command command = mmc_cdb_request_sense(bytes, sizeof(bytes));
	struct mmc_reply sense_reply;

	mmc_run(drive->transport, &command, &sense_reply);
	if (drive->hooks.command)
		drive->hooks.command(drive->hooks.ctx, &command, &sense_reply);
	if (sense_reply.delivery != MMC_DELIVERED || sense_reply.status != MMC_STATUS_GOOD)
		return;
	reply->n_sense_bytes = (uint8_t)udf_min64(sense_reply.n_data_bytes, sizeof(bytes));
	memcpy(reply->sense, bytes, reply->n_sense_bytes);
}

void mmc_send(struct mmc_drive *drive, const struct mmc_command *command, struct mmc_reply *ret_reply,
	      struct mmc_sense *ret_sense)
{
	struct mmc_command sent = *command;

	if (sent.timeout_ms < drive->hooks.min_timeout_ms)
		sent.timeout_ms = drive->hooks.min_timeout_ms;
	mmc_run(drive->transport, &sent, ret_reply);
	drive->counts.n_commands++;
	if (ret_reply->delivery == MMC_DELIVERED && ret_reply->status == MMC_STATUS_CHECK && !ret_reply->n_sense_bytes)
		sense_fetch(drive, ret_reply);
	if (drive->hooks.command)
		drive->hooks.command(drive->hooks.ctx, command, ret_reply);
	mmc_sense_parse(ret_reply->sense, ret_reply->delivery == MMC_DELIVERED ? ret_reply->n_sense_bytes : 0,
			ret_sense);
	delivery_note(drive, command, ret_reply->delivery);
	if (ret_sense->is_deferred && ret_sense->key != MMC_KEY_RECOVERED && ret_sense->key != MMC_KEY_NO_SENSE) {
		mmc_lost_note(drive, ret_sense->has_information, ret_sense->information);
		mmc_failure_from_reply(&drive->failure, command, ret_reply, ret_sense);
		drive->failure.has_lba = ret_sense->has_information;
		drive->failure.lba = (uint32_t)ret_sense->information;
	} else if (ret_sense->is_present && ret_sense->key == MMC_KEY_ATTENTION) {
		attention_note(drive, ret_sense);
	}
}

enum udf_err mmc_pause(struct mmc_drive *drive, const char *what, const struct mmc_sense *sense, uint64_t since_ms,
		       uint32_t wait_ms)
{
	struct mmc_progress progress = { .what = what };

	mmc_wait(drive->transport, wait_ms);
	drive->counts.n_waits++;
	drive->counts.waited_ms += wait_ms;
	progress.elapsed_ms = mmc_now_ms(drive->transport) - since_ms;
	if (sense && sense->has_progress) {
		progress.has_fraction = true;
		progress.fraction = sense->progress;
	}
	if (drive->hooks.progress && wait_ms >= LONG_WAIT_MS && !drive->hooks.progress(drive->hooks.ctx, &progress))
		return mmc_refuse(drive, UDF_E_CANCELLED, NULL, "waiting for the drive was cancelled (%s)", what);
	return UDF_OK;
}

/* One command under way: what happened to it so far */
struct attempt {
	uint64_t since_ms;
	uint32_t n_retries, n_attentions, n_deferred;
	uint32_t wait_ms;
	bool was_started;
};

/* How long a drive that is not ready may stay so. */
static uint32_t wait_limit(const struct mmc_sense *sense, const struct mmc_policy *policy)
{
	switch (mmc_sense_code(sense)) {
	case MMC_ASC(0x04, 0x00):
		return policy->unknown_ms ? policy->unknown_ms : UNKNOWN_CAUSE_MS;
	case MMC_ASC(0x04, 0x01):
		return policy->ready_ms;
	case MMC_ASC(0x04, 0x08):
		return (uint32_t)udf_min64(policy->work_ms, BUFFER_LIMIT_MS);
	default:
		return policy->work_ms;
	}
}

static uint32_t retry_limit(const struct mmc_sense *sense, const struct mmc_policy *policy)
{
	return sense->asc == 0x11 ? policy->n_unreadable_retries : policy->n_retries;
}

static enum udf_err wait_once(struct mmc_drive *drive, struct attempt *attempt, const char *what,
			      const struct mmc_sense *sense)
{
	enum udf_err err = mmc_pause(drive, what, sense, attempt->since_ms, attempt->wait_ms);

	attempt->wait_ms = (uint32_t)udf_min64(attempt->wait_ms * 2u, LONG_WAIT_MS);
	return err;
}

/* Spin the medium up. */
static void start(struct mmc_drive *drive)
{
	struct mmc_command command = mmc_cdb_start_stop_unit(MMC_START, false);
	struct mmc_reply reply;
	struct mmc_sense sense;

	mmc_send(drive, &command, &reply, &sense);
}

/*
 * Writing may find the drive at something that only ends when its buffer is flushed: formatting in the background, or
 * closing.
 */
static void flush_if_writing(struct mmc_drive *drive, const struct mmc_command *command,
			     const struct mmc_sense *sense)
{
	struct mmc_command flush = mmc_cdb_synchronize_cache(false);
	struct mmc_reply reply;
	struct mmc_sense flush_sense;

	if (command->cdb[0] != MMC_WRITE_10 && command->cdb[0] != MMC_WRITE_12)
		return;
	if (mmc_sense_code(sense) == MMC_ASC(0x04, 0x04) || mmc_sense_code(sense) == MMC_ASC(0x04, 0x07))
		mmc_send(drive, &flush, &reply, &flush_sense);
}

/* Decide about a command that did not simply succeed.  UDF_OK: send it again. */
static enum udf_err judge(struct mmc_drive *drive, const struct mmc_command *command, const struct mmc_policy *policy,
			  const struct mmc_reply *reply, const struct mmc_sense *sense, struct attempt *attempt)
{
	struct mmc_sense_meaning meaning = mmc_sense_meaning(sense);
	uint64_t elapsed_ms = mmc_now_ms(drive->transport) - attempt->since_ms;
	enum udf_err err;

	if (reply->delivery != MMC_DELIVERED)
		return mmc_failure_from_reply(&drive->failure, command, reply, sense);
	if (sense->is_deferred) {
		if (attempt->n_deferred++ < MAX_DEFERRED)
			return UDF_OK;
		return mmc_failure_from_reply(&drive->failure, command, reply, sense);
	}
	if (reply->status == MMC_STATUS_BUSY && elapsed_ms < BUSY_LIMIT_MS)
		return wait_once(drive, attempt, "the drive is busy", NULL);
	err = mmc_failure_from_reply(&drive->failure, command, reply, sense);
	/* the status says that it failed, and there is no reason */
	if (!sense->is_present || (sense->key == MMC_KEY_NO_SENSE && meaning.class != MMC_SENSE_WAIT))
		return attempt->n_retries++ < 1 ? UDF_OK : err;
	switch (meaning.class) {
	case MMC_SENSE_WAIT:
		if (elapsed_ms >= wait_limit(sense, policy))
			return err;
		flush_if_writing(drive, command, sense);
		return wait_once(drive, attempt, meaning.text, sense);
	case MMC_SENSE_ATTENTION:
		if (attempt->n_attentions++ >= MAX_ATTENTIONS)
			return err;
		return policy->is_for_disc && drive->is_doubtful ? UDF_E_BUSY : UDF_OK;
	case MMC_SENSE_RETRY:
		if (attempt->n_retries++ >= retry_limit(sense, policy))
			return err;
		drive->counts.n_retries++;
		return UDF_OK;
	case MMC_SENSE_START:
		if (attempt->was_started)
			return err;
		attempt->was_started = true;
		start(drive);
		return UDF_OK;
	case MMC_SENSE_IGNORE:
	case MMC_SENSE_FALL_BACK:
	case MMC_SENSE_USER:
	case MMC_SENSE_REPORT:
		break;
	}
	return err;
}

enum udf_err mmc_exec(struct mmc_drive *drive, const struct mmc_command *command, const struct mmc_policy *policy,
		      uint32_t *ret_n_bytes)
{
	struct attempt attempt = { .since_ms = mmc_now_ms(drive->transport), .wait_ms = SHORT_WAIT_MS };
	struct mmc_reply reply;
	struct mmc_sense sense;
	enum udf_err err;

	for (;;) {
		if (drive->is_dead)
			return mmc_refuse(drive, UDF_E_IO, "Switch the drive off and on, or plug it in again.",
					  "the drive does not answer any more");
		mmc_send(drive, command, &reply, &sense);
		if (reply.delivery == MMC_DELIVERED && !sense.is_deferred &&
		    (reply.status == MMC_STATUS_GOOD ||
		     (reply.status == MMC_STATUS_CHECK && sense.key == MMC_KEY_RECOVERED)))
			break;
		err = judge(drive, command, policy, &reply, &sense, &attempt);
		if (err)
			return err;
	}
	if (ret_n_bytes)
		*ret_n_bytes = reply.n_data_bytes;
	return UDF_OK;
}
