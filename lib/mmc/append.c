/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <string.h>

#include "base/bytes.h"
#include "base/checked.h"
#include "mmc/append.h"
#include "mmc/close.h"
#include "mmc/private.h"
#include "mmc/work.h"
#include "mmc/write_mode.h"

#define INVISIBLE_TRACK 0xFF
#define MAX_WRITE_BLOCKS 32u		/* 64 KiB: more than that some hosts don't transfer */
#define CD_PACKET_BLOCKS 32u
#define DVD_PACKET_BLOCKS 16u
#define DVD_LINK_SIZE 16u
#define XA_BLOCKS 10u			/* data block type: mode 2, form 1 */
#define XA_SESSION 0x20u
#define NO_NEXT_SESSION 0u
#define NEXT_SESSION 3u
#define CD_FRAMES_PER_SECOND 75u
#define CD_OFFSET_FRAMES 150u		/* of minute 0, second 2 */
#define MIN_WAIT_MS 5u
#define MAX_WAIT_MS 100u
#define UNKNOWN_RATE_KBS 1385u		/* 1x of DVD */
#define WRITE_LIMIT_MS 900000u
#define WORK_WAIT_MS 1000u
#define MAX_RETRIES 3u
#define MAX_REPEATS 64u			/* of what says nothing about this command */

static const struct mmc_policy step_policy = { .ready_ms = 60000, .work_ms = 1800000, .is_for_disc = true };

bool mmc_has_write_mode(const struct mmc_profile *profile)
{
	switch (profile->number) {
	case MMC_CD_R:
	case MMC_CD_RW:
	case MMC_DVD_R:
	case MMC_DVD_R_DL:
	case MMC_DVD_RW_SEQUENTIAL:
		return true;
	default:
		return false;
	}
}

static struct mmc_write_parameters cd_parameters(enum mmc_recording recording)
{
	struct mmc_write_parameters p = { .track_mode = 4, .data_block_type = 8 };

	switch (recording) {
	case MMC_RECORD_TRACK:
		p.write_type = MMC_WRITE_TRACK_AT_ONCE;
		break;
	case MMC_RECORD_AT_ONCE:
		/* what the blocks are is in the cue sheet */
		p.write_type = MMC_WRITE_SESSION_AT_ONCE;
		break;
	case MMC_RECORD_FIXED_PACKETS:
		p.is_fixed_packet = true;
		p.packet_blocks = CD_PACKET_BLOCKS;
		p.write_type = MMC_WRITE_PACKET;
		p.track_mode = 5;
		break;
	case MMC_RECORD_PACKETS:
		p.write_type = MMC_WRITE_PACKET;
		p.track_mode = 5;
		break;
	}
	return p;
}

/* Piece by piece, a DVD-R wants to hear of fixed packets of one ECC block. */
static struct mmc_write_parameters dvd_parameters(enum mmc_recording recording)
{
	struct mmc_write_parameters p = { .track_mode = 5, .data_block_type = 8 };

	if (recording == MMC_RECORD_AT_ONCE) {
		p.write_type = MMC_WRITE_SESSION_AT_ONCE;
		return p;
	}
	p.write_type = MMC_WRITE_PACKET;
	p.is_fixed_packet = true;
	p.packet_blocks = DVD_PACKET_BLOCKS;
	p.is_link_size_valid = true;
	p.link_size = DVD_LINK_SIZE;
	return p;
}

struct mmc_write_parameters mmc_recording_parameters(const struct mmc_profile *profile, enum mmc_recording recording,
						     const struct mmc_recording_options *options)
{
	struct mmc_write_parameters p = profile->family == MMC_FAMILY_CD ? cd_parameters(recording)
									  : dvd_parameters(recording);

	p.is_underrun_free = !options->may_underrun;
	p.is_test = options->is_test;
	p.multi_session = options->is_multi ? NEXT_SESSION : NO_NEXT_SESSION;
	if (options->is_xa && profile->family == MMC_FAMILY_CD) {
		p.data_block_type = XA_BLOCKS;
		p.session_format = XA_SESSION;
	}
	if (profile->family != MMC_FAMILY_CD && recording == MMC_RECORD_AT_ONCE)
		p.multi_session = NO_NEXT_SESSION;	/* nothing follows a disc at once */
	return p;
}

enum udf_err mmc_recording_set(struct mmc_drive *drive, enum mmc_recording recording,
			       const struct mmc_recording_options *options, bool *ret_is_protected)
{
	struct mmc_write_parameters parameters;
	enum udf_err err;

	*ret_is_protected = true;
	if (!mmc_has_write_mode(drive->disc.profile))
		return UDF_OK;
	parameters = mmc_recording_parameters(drive->disc.profile, recording, options);
	err = mmc_write_mode_set(drive, &parameters);
	if (err)
		return err;
	/* what the drive made of it: some take the page and leave bits out */
	if (mmc_write_mode_get(drive, &parameters) == UDF_OK) {
		*ret_is_protected = parameters.is_underrun_free;
		if (parameters.is_test != options->is_test)
			return mmc_refuse(drive, UDF_E_UNSUPPORTED, "Leave the test out.",
					  "the drive can't write a %s with its laser off", drive->disc.profile->name);
	}
	drive->is_write_mode_set = true;
	return UDF_OK;
}

enum udf_err mmc_session_calibrate(struct mmc_drive *drive)
{
	uint32_t session = drive->disc.n_sessions;
	enum udf_err err;

	if (!mmc_has_write_mode(drive->disc.profile) || (session && drive->calibrated_session == session))
		return UDF_OK;
	err = mmc_calibrate(drive);
	if (!err)
		drive->calibrated_session = session;
	return err;
}

/* ---- session at once ---- */

static void msf_put(uint8_t *p, uint32_t frames)
{
	p[0] = (uint8_t)(frames / (60 * CD_FRAMES_PER_SECOND));
	p[1] = (uint8_t)(frames / CD_FRAMES_PER_SECOND % 60);
	p[2] = (uint8_t)(frames % CD_FRAMES_PER_SECOND);
}

void mmc_cue_sheet_encode(uint32_t start_lba, uint32_t n_blocks, uint8_t ret_bytes[MMC_CUE_SHEET_BYTES])
{
	static const uint8_t data_track[MMC_CUE_SHEET_BYTES] = {
		0x41, 0x00, 0x00, 0x14, 0, 0, 0, 0,	/* lead-in */
		0x41, 0x01, 0x00, 0x10, 0, 0, 0, 0,	/* pregap */
		0x41, 0x01, 0x01, 0x10, 0, 0, 0, 0,
		0x41, 0xAA, 0x01, 0x14, 0, 0, 0, 0,	/* lead-out */
	};

	memcpy(ret_bytes, data_track, MMC_CUE_SHEET_BYTES);
	msf_put(ret_bytes + 13, start_lba);
	msf_put(ret_bytes + 21, start_lba + CD_OFFSET_FRAMES);
	msf_put(ret_bytes + 29, start_lba + n_blocks + CD_OFFSET_FRAMES);
}

enum udf_err mmc_cue_sheet_send(struct mmc_drive *drive, uint32_t start_lba, uint32_t n_blocks)
{
	uint8_t sheet[MMC_CUE_SHEET_BYTES];
	struct mmc_command command;

	mmc_cue_sheet_encode(start_lba, n_blocks, sheet);
	command = mmc_cdb_send_cue_sheet(sheet, MMC_CUE_SHEET_BYTES);
	return mmc_exec(drive, &command, &step_policy, NULL);
}

/* ---- the stream ---- */

uint32_t mmc_append_max_blocks(const struct mmc_drive *drive)
{
	return (uint32_t)udf_min64(drive->transport->max_data_bytes / MMC_BLOCK_BYTES, MAX_WRITE_BLOCKS);
}

void mmc_buffer_read(struct mmc_drive *drive, struct mmc_buffer *ret_buffer)
{
	uint8_t bytes[12] = { 0 };
	struct mmc_command command = mmc_cdb_read_buffer_capacity(bytes);
	struct mmc_reply reply;
	struct mmc_sense sense;

	*ret_buffer = (struct mmc_buffer){ 0 };
	mmc_send(drive, &command, &reply, &sense);
	if (reply.delivery == MMC_DELIVERED && reply.status == MMC_STATUS_GOOD)
		(void)mmc_buffer_parse(bytes, reply.n_data_bytes, &ret_buffer->n_bytes, &ret_buffer->n_free_bytes);
}

/* The drive takes as long to make room as it takes to write what must leave the buffer first. */
static uint32_t wait_for_room_ms(struct mmc_drive *drive, uint32_t n_bytes)
{
	const struct mmc_speeds *speeds = &drive->disc.speeds;
	uint32_t rate_kbs = drive->has_speed && drive->write_kbs ? drive->write_kbs
			  : speeds->n_speeds ? speeds->speeds[0].write_kbs : UNKNOWN_RATE_KBS;
	struct mmc_buffer buffer;
	uint64_t ms;

	mmc_buffer_read(drive, &buffer);
	if (!buffer.n_bytes || buffer.n_free_bytes >= n_bytes || !rate_kbs)
		return MIN_WAIT_MS * 4;
	ms = (uint64_t)(n_bytes - buffer.n_free_bytes) / rate_kbs;
	return (uint32_t)udf_min64(udf_max64(ms, MIN_WAIT_MS), MAX_WAIT_MS);
}

static bool has_succeeded(const struct mmc_reply *reply, const struct mmc_sense *sense)
{
	return reply->delivery == MMC_DELIVERED && !sense->is_deferred &&
	       (reply->status == MMC_STATUS_GOOD ||
		(reply->status == MMC_STATUS_CHECK && sense->key == MMC_KEY_RECOVERED));
}

/* An error of a write that the drive accepted before.  The command that brought it was not executed. */
static enum udf_err earlier_error(struct mmc_drive *drive)
{
	drive->failure.err = UDF_E_MEDIUM;
	return UDF_E_MEDIUM;
}

/* Decide about a command of the stream that did not succeed.  UDF_OK: send it again. */
static enum udf_err stream_judge(struct mmc_drive *drive, const struct mmc_command *command,
				 const struct mmc_reply *reply, const struct mmc_sense *sense, uint64_t since_ms,
				 uint32_t *n_retries, uint32_t *n_repeats)
{
	struct mmc_sense_meaning meaning = mmc_sense_meaning(sense);
	bool may_wait = mmc_now_ms(drive->transport) - since_ms < WRITE_LIMIT_MS;
	enum udf_err err;

	/* an earlier write succeeded after all: this command was not carried out, and is sent again */
	if (reply->delivery == MMC_DELIVERED && sense->is_deferred) {
		bool is_harmless = sense->key == MMC_KEY_RECOVERED || sense->key == MMC_KEY_NO_SENSE;

		if (is_harmless && (*n_repeats)++ < MAX_REPEATS)
			return UDF_OK;
		return earlier_error(drive);
	}
	err = mmc_failure_from_reply(&drive->failure, command, reply, sense);
	if (reply->delivery != MMC_DELIVERED)
		return err;
	if (reply->status == MMC_STATUS_BUSY && may_wait)
		return mmc_pause(drive, "the drive is busy", NULL, since_ms, MAX_WAIT_MS);
	if (!sense->is_present)
		return (*n_retries)++ < 1 ? UDF_OK : err;
	switch (meaning.class) {
	case MMC_SENSE_WAIT:
		if (!may_wait)
			return err;
		if (mmc_sense_code(sense) == MMC_ASC(0x04, 0x08))
			return mmc_pause(drive, meaning.text, sense, since_ms,
					 wait_for_room_ms(drive, command->n_data_bytes));
		return mmc_pause(drive, meaning.text, sense, since_ms, WORK_WAIT_MS);
	case MMC_SENSE_ATTENTION:
		if (!drive->is_doubtful)
			return (*n_repeats)++ < MAX_REPEATS ? UDF_OK : err;
		return mmc_refuse(drive, UDF_E_IO, NULL,
				  "the drive was reset or got another medium while it was written");
	case MMC_SENSE_RETRY:
		/* only what never reached the medium can be sent again */
		if (sense->key == MMC_KEY_MEDIUM || (*n_retries)++ >= MAX_RETRIES)
			return err;
		drive->counts.n_retries++;
		return UDF_OK;
	case MMC_SENSE_IGNORE:
	case MMC_SENSE_START:
	case MMC_SENSE_FALL_BACK:
	case MMC_SENSE_USER:
	case MMC_SENSE_REPORT:
		break;
	}
	return err;
}

static enum udf_err stream_run(struct mmc_drive *drive, const struct mmc_command *command)
{
	uint64_t since_ms = mmc_now_ms(drive->transport);
	uint32_t n_retries = 0, n_repeats = 0;
	struct mmc_reply reply;
	struct mmc_sense sense;
	enum udf_err err;

	for (;;) {
		if (drive->is_dead)
			return mmc_refuse(drive, UDF_E_IO, "Switch the drive off and on, or plug it in again.",
					  "the drive does not answer any more");
		if (drive->is_doubtful)
			return mmc_refuse(drive, UDF_E_IO, NULL,
					  "the drive was reset or got another medium while it was written");
		mmc_send(drive, command, &reply, &sense);
		if (has_succeeded(&reply, &sense))
			return UDF_OK;
		err = stream_judge(drive, command, &reply, &sense, since_ms, &n_retries, &n_repeats);
		if (err)
			return err;
	}
}

enum udf_err mmc_append_write(struct mmc_drive *drive, int64_t lba, uint32_t n_blocks, const void *data)
{
	struct mmc_command command = mmc_cdb_write((uint32_t)lba, (uint16_t)n_blocks, data);
	enum udf_err err = stream_run(drive, &command);

	if (err == UDF_E_RANGE)		/* beyond the last block that can be written */
		err = drive->failure.err = UDF_E_NOSPC;
	if (err)
		return err;
	drive->has_unsynced = true;
	drive->counts.n_write_commands++;
	drive->counts.n_written_blocks += n_blocks;
	return UDF_OK;
}

enum udf_err mmc_append_sync(struct mmc_drive *drive)
{
	struct mmc_command command = mmc_cdb_synchronize_cache(false);
	enum udf_err err = stream_run(drive, &command);

	drive->counts.n_syncs++;
	if (!err)
		err = mmc_work_wait(drive, "writing what is in the drive's buffer");
	if (!err)
		drive->has_unsynced = false;
	return err;
}

enum udf_err mmc_append_track_read(struct mmc_drive *drive, struct mmc_track *ret_track)
{
	const struct mmc_disc *disc = &drive->disc;
	uint16_t last = disc->n_tracks ? disc->tracks[disc->n_tracks - 1].number : 1;
	enum udf_err err;

	if (disc->profile->family == MMC_FAMILY_CD)
		return mmc_track_read(drive, INVISIBLE_TRACK, ret_track);
	err = mmc_track_read(drive, last, ret_track);
	/* that one was closed, and the next one has begun */
	if (!err && !ret_track->has_next_writable && !ret_track->is_damaged)
		err = mmc_track_read(drive, (uint16_t)(last + 1), ret_track);
	return err;
}

/* ---- the end ---- */

static enum udf_err multi_session_set(struct mmc_drive *drive, uint8_t multi_session)
{
	struct mmc_write_parameters parameters;
	enum udf_err err = mmc_write_mode_get(drive, &parameters);

	if (err)
		return err;
	parameters.multi_session = multi_session;
	parameters.is_test = false;
	return mmc_write_mode_set(drive, &parameters);
}

enum udf_err mmc_more_sessions_allow(struct mmc_drive *drive)
{
	return mmc_has_write_mode(drive->disc.profile) ? multi_session_set(drive, NEXT_SESSION) : UDF_OK;
}

/* Media whose last session says by the write parameters that it is the last. */
static enum udf_err finalize_by_page(struct mmc_drive *drive)
{
	enum udf_err err;

	if (drive->facts.disc_information.last_session == MMC_SESSION_EMPTY)
		return mmc_refuse(drive, UDF_E_INVAL, "Write a session after which none may follow.",
				  "a %s whose sessions are all closed can't be closed any further",
				  drive->disc.profile->name);
	err = multi_session_set(drive, NO_NEXT_SESSION);
	return err ? err : mmc_close_session(drive);
}

static enum udf_err finalize_by_function(struct mmc_drive *drive, enum mmc_closing function)
{
	struct mmc_command immediate = mmc_cdb_close(function, 0, true), blocking = mmc_cdb_close(function, 0, false);

	return mmc_work_run(drive, "closing the disc", &immediate, &blocking);
}

enum udf_err mmc_finalize(struct mmc_drive *drive)
{
	enum udf_err err;

	switch (drive->disc.profile->number) {
	case MMC_CD_R:
	case MMC_CD_RW:
	case MMC_DVD_R:
	case MMC_DVD_R_DL:
	case MMC_DVD_RW_SEQUENTIAL:
		return finalize_by_page(drive);
	case MMC_DVD_PLUS_R:
	case MMC_DVD_PLUS_R_DL:
		err = finalize_by_function(drive, MMC_CLOSE_FINALIZE_MINIMAL);
		if (err && mmc_can_fall_back(drive))
			err = finalize_by_function(drive, MMC_CLOSE_FINALIZE);
		break;
	case MMC_BD_R:
		err = finalize_by_function(drive, MMC_CLOSE_FINALIZE);
		break;
	default:
		return mmc_refuse(drive, UDF_E_UNSUPPORTED, NULL, "a %s is never closed for good",
				  drive->disc.profile->name);
	}
	return err ? err : mmc_drive_refresh(drive);
}

/* By the tracks: the first one of the last session before the one that is open. */
static bool last_session_find(const struct mmc_disc *disc, uint32_t *ret_lba)
{
	uint32_t open = disc->n_tracks ? disc->tracks[disc->n_tracks - 1].session : 0;
	const struct mmc_track *found = NULL;

	for (uint32_t i = 0; i < disc->n_tracks && disc->tracks[i].session < open; i++)
		if (!disc->tracks[i].is_lost && (!found || disc->tracks[i].session != found->session))
			found = &disc->tracks[i];
	if (found)
		*ret_lba = found->start_lba;
	return found;
}

enum udf_err mmc_session_addresses_read(struct mmc_drive *drive, struct mmc_session_addresses *ret_addresses)
{
	const struct mmc_disc *disc = &drive->disc;
	struct mmc_session_addresses addresses;
	uint8_t bytes[12];
	struct mmc_command command = mmc_cdb_read_toc(1, 0, bytes, sizeof(bytes));
	uint32_t n_bytes;

	if (disc->state == MMC_STATE_NO_MEDIUM)
		return mmc_refuse(drive, UDF_E_NOT_FOUND, "Insert a medium.", "no medium is in the drive");
	if (disc->state != MMC_STATE_APPENDABLE || !disc->has_next_writable)
		return mmc_refuse(drive, UDF_E_INVAL, disc->trouble ? disc->trouble : disc->can_overwrite ?
				  "It is written in place; 'isowrite --append' adds files to it." : "It is blank.",
				  "the %s has no session that can be appended to", disc->profile->name);
	addresses.next_lba = disc->next_writable_lba;
	/* other drives than those for CD are known to answer with the first session always */
	if (last_session_find(disc, &addresses.last_lba)) {
		*ret_addresses = addresses;
		return UDF_OK;
	}
	if (mmc_exec(drive, &command, &mmc_query_policy, &n_bytes) ||
	    mmc_toc_sessions_parse(bytes, n_bytes, &addresses.last_lba))
		return mmc_refuse(drive, UDF_E_INVAL, NULL, "the %s has no complete session", disc->profile->name);
	*ret_addresses = addresses;
	return UDF_OK;
}
