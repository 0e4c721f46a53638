/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mmc/format.h"
#include "mmc/private.h"
#include "mmc/work.h"
#include "mmc/write_mode.h"

#define POLL_MS 1000u
#define BACKGROUND_LIMIT_MS (4u * 3600 * 1000)
#define SMALL_SESSION \
	"Write a small session on it with a burning program and close it, eject it, insert it and format it again."

static enum udf_err check(struct mmc_drive *drive)
{
	const struct mmc_disc *disc = &drive->disc;

	if (disc->state == MMC_STATE_NO_MEDIUM)
		return mmc_refuse(drive, UDF_E_NOT_FOUND, "Insert a medium.", "no medium is in the drive");
	if (disc->can_format)
		return UDF_OK;
	if (disc->profile->is_write_once)
		return mmc_refuse(drive, UDF_E_UNSUPPORTED, "Use a rewritable medium.",
				  "a %s is write-once and can't be formatted", disc->profile->name);
	return mmc_refuse(drive, disc->protection ? UDF_E_READ_ONLY : UDF_E_UNSUPPORTED, NULL,
			  "the %s can't be formatted: %s", disc->profile->name,
			  disc->trouble ? disc->trouble : "the drive does not say why");
}

/* The drive points at the byte with Immed. */
static bool is_immediate_refused(const struct mmc_drive *drive)
{
	const struct mmc_sense *sense = &drive->failure.sense;

	return mmc_can_fall_back(drive) && sense->has_field && !sense->is_field_in_cdb && sense->field_byte == 1;
}

static enum udf_err format_unit(struct mmc_drive *drive, const struct mmc_format_choice *choice)
{
	struct mmc_format_list options = choice->list;
	uint8_t list[MMC_FORMAT_LIST_BYTES] = { 0 };
	struct mmc_command command = mmc_cdb_format_unit(list, choice->is_complete_list);
	enum udf_err err;

	mmc_format_list_encode(&options, list);
	err = mmc_work_run(drive, "formatting", &command, NULL);
	if (err && !options.has_options && is_immediate_refused(drive)) {
		udf_log(drive->env, UDF_LOG_NOTICE,
			"The drive is busy until it is done, without saying how far it is.");
		options.is_immediate = false;
		command = mmc_cdb_format_unit(list, choice->is_complete_list);
		mmc_format_list_encode(&options, list);
		err = mmc_work_run(drive, "formatting", &command, NULL);
	}
	return err;
}

/* One choice after the other, until the drive takes one. */
static enum udf_err choices_try(struct mmc_drive *drive, const struct mmc_format_choices *choices)
{
	enum udf_err err = UDF_E_UNSUPPORTED;

	for (uint32_t i = 0; i < choices->n_choices; i++) {
		err = format_unit(drive, &choices->choices[i]);
		if (!err || !mmc_can_fall_back(drive))
			break;
	}
	return err;
}

/* The drive says that it is done.  Is the disc what was asked for? */
static enum udf_err result_check(struct mmc_drive *drive, enum mmc_state wanted)
{
	if (drive->disc.state == wanted)
		return UDF_OK;
	return mmc_refuse(drive, UDF_E_MEDIUM, "Try again, at a lower speed or with another medium.",
			  "the drive reports that it has finished, but the %s is %s", drive->disc.profile->name,
			  mmc_state_name(drive->disc.state));
}

/* Close something that a drive may call closed already, or not formatted: neither spoils what is on the disc. */
static enum udf_err close_quietly(struct mmc_drive *drive, enum mmc_closing function, const char *what)
{
	struct mmc_command immediate = mmc_cdb_close(function, 0, true), blocking = mmc_cdb_close(function, 0, false);
	enum udf_err err = mmc_work_run(drive, what, &immediate, &blocking);

	if (err && (drive->failure.sense.key == MMC_KEY_ILLEGAL ||
		    mmc_sense_code(&drive->failure.sense) == MMC_ASC(0x30, 0x10))) {
		udf_log(drive->env, UDF_LOG_WARNING, "%s; other drives may not read this disc", drive->failure.text);
		err = UDF_OK;
	}
	return err;
}

/* Some drives format a DVD-RAM quickly and leave its size as it was. */
static enum udf_err size_check(struct mmc_drive *drive, const struct mmc_format_choices *choices)
{
	if (drive->disc.profile->number != MMC_DVD_RAM || drive->disc.n_blocks == choices->choices[0].list.n_blocks)
		return UDF_OK;
	return mmc_refuse(drive, UDF_E_UNSUPPORTED, "Format it fully to change its size.",
			  "the drive formatted the DVD-RAM, but left its size at %u blocks", drive->disc.n_blocks);
}

/* ---- CD-RW ---- */

/*
 * Drives take the packets from mode page 05h, from the list, or from both.  Some refuse the page in most states of a
 * disc and format rightly all the same, so what counts is the track that comes out.
 */
static enum udf_err cd_rw_format(struct mmc_drive *drive, const struct mmc_format_options *options,
				 const struct mmc_format_choices *choices)
{
	struct mmc_write_parameters packets = mmc_write_mode_packets(!options->is_mode_1);
	enum udf_err err;
	bool is_page_refused;

	packets.multi_session = options->multi_session;
	err = mmc_write_mode_set(drive, &packets);
	is_page_refused = err && mmc_can_fall_back(drive);
	if (err && !is_page_refused)
		return err;
	err = choices_try(drive, choices);
	if (err && mmc_can_fall_back(drive)) {
		uint8_t list[MMC_FORMAT_LIST_BYTES] = { 0 };
		struct mmc_command command = mmc_cdb_format_unit_old(list);
		struct mmc_failure refused = drive->failure;

		mmc_format_list_encode_old(choices->choices[0].list.n_blocks, list);
		err = mmc_work_run(drive, "formatting", &command, NULL);
		if (err && mmc_can_fall_back(drive))
			drive->failure = refused;
	}
	if (err) {
		if (is_page_refused)
			drive->failure.advice = SMALL_SESSION;
		return err;
	}
	err = mmc_drive_refresh(drive);
	/* old drives leave the session open; others refuse to close it */
	if (!err && drive->facts.disc_information.status == MMC_STATUS_INCOMPLETE) {
		err = close_quietly(drive, MMC_CLOSE_SESSION, "closing the session");
		if (!err)
			err = mmc_drive_refresh(drive);
	}
	if (!err)
		err = result_check(drive, MMC_STATE_FORMATTED);
	if (err == UDF_E_MEDIUM && is_page_refused)
		drive->failure.advice = SMALL_SESSION;
	return err;
}

/* ---- DVD+RW ---- */

static enum udf_err dvd_plus_rw_check(struct mmc_drive *drive)
{
	enum udf_err err = check(drive);

	if (!err && drive->disc.profile->number != MMC_DVD_PLUS_RW &&
	    drive->disc.profile->number != MMC_DVD_PLUS_RW_DL)
		err = mmc_refuse(drive, UDF_E_UNSUPPORTED, NULL, "a %s is not formatted in the background",
				 drive->disc.profile->name);
	return err;
}

enum udf_err mmc_format_restart(struct mmc_drive *drive)
{
	static const struct mmc_format_choice restart = {
		.list = { .is_immediate = true, .type = MMC_FORMAT_DVD_PLUS_RW, .n_blocks = UINT32_MAX,
			  .parameter = 1 },
	};
	enum udf_err err = dvd_plus_rw_check(drive);

	if (err)
		return err;
	if (drive->disc.state != MMC_STATE_FORMATTED)
		return mmc_refuse(drive, UDF_E_INVAL, "Format it with cdrwtool --format.", "the %s is not formatted",
				  drive->disc.profile->name);
	if (drive->disc.background != MMC_BACKGROUND_STOPPED)
		return UDF_OK;
	err = format_unit(drive, &restart);
	return err ? err : mmc_drive_refresh(drive);
}

enum udf_err mmc_format_stop(struct mmc_drive *drive)
{
	enum udf_err err = dvd_plus_rw_check(drive);

	if (err || drive->disc.state != MMC_STATE_FORMATTED)
		return err;
	if (!drive->disc.is_dirty && drive->disc.background != MMC_BACKGROUND_RUNNING)
		return UDF_OK;
	err = mmc_drive_sync(drive);
	if (!err)
		err = close_quietly(drive, MMC_CLOSE_STOP_FORMAT, "stopping the formatting");
	if (!err)
		err = close_quietly(drive, MMC_CLOSE_SESSION, "closing the disc");
	return err ? err : mmc_drive_refresh(drive);
}

/* How far the background is, where the drive says it. */
static void background_ask(struct mmc_drive *drive, struct mmc_sense *ret_sense)
{
	uint8_t bytes[18];
	struct mmc_command command = mmc_cdb_request_sense(bytes, sizeof(bytes));
	struct mmc_reply reply;
	struct mmc_sense ignored;

	mmc_send(drive, &command, &reply, &ignored);
	if (reply.delivery != MMC_DELIVERED || reply.status != MMC_STATUS_GOOD || reply.n_data_bytes > sizeof(bytes) ||
	    !mmc_sense_parse(bytes, reply.n_data_bytes, ret_sense))
		*ret_sense = (struct mmc_sense){ 0 };
}

enum udf_err mmc_format_wait(struct mmc_drive *drive)
{
	uint64_t since_ms = mmc_now_ms(drive->transport);
	enum udf_err err = mmc_format_restart(drive);

	while (!err && drive->disc.background == MMC_BACKGROUND_RUNNING) {
		struct mmc_sense sense;

		if (mmc_now_ms(drive->transport) - since_ms > BACKGROUND_LIMIT_MS)
			return mmc_refuse(drive, UDF_E_BUSY, NULL, "formatting in the background does not end");
		background_ask(drive, &sense);
		err = mmc_pause(drive, "formatting in the background", &sense, since_ms, POLL_MS);
		if (!err)
			err = mmc_background_read(drive, &drive->disc.background);
	}
	return err ? err : mmc_drive_refresh(drive);
}

static enum udf_err dvd_plus_rw_format(struct mmc_drive *drive, const struct mmc_format_options *options,
				       const struct mmc_format_choices *choices)
{
	enum udf_err err;

	if (drive->disc.state == MMC_STATE_FORMATTED && options->how != MMC_HOW_FULL) {
		err = mmc_format_restart(drive);
	} else {
		err = choices_try(drive, choices);
		if (!err)
			err = mmc_drive_refresh(drive);
	}
	if (!err)
		err = result_check(drive, MMC_STATE_FORMATTED);
	if (!err && options->waits_for_background)
		err = mmc_format_wait(drive);
	return err;
}

/* ---- all ---- */

enum udf_err mmc_format_grow(struct mmc_drive *drive)
{
	static const struct mmc_format_choice grow = {
		.list = { .is_immediate = true, .type = MMC_FORMAT_GROW, .parameter = 16 },
	};
	enum udf_err err = check(drive);

	if (!err && drive->disc.profile->number != MMC_DVD_RW_OVERWRITE)
		err = mmc_refuse(drive, UDF_E_UNSUPPORTED, NULL, "a %s does not grow", drive->disc.profile->name);
	if (!err && drive->disc.state == MMC_STATE_INTERMEDIATE)
		return UDF_OK;
	if (!err)
		err = format_unit(drive, &grow);
	if (!err)
		err = mmc_drive_refresh(drive);
	return err ? err : result_check(drive, MMC_STATE_INTERMEDIATE);
}

enum udf_err mmc_format(struct mmc_drive *drive, const struct mmc_format_options *options)
{
	static const struct mmc_format_options usual;
	struct mmc_format_choices choices;
	enum udf_err err = check(drive);

	if (!options)
		options = &usual;
	if (!err)
		err = mmc_format_choose(&drive->disc, options, &choices, &drive->failure);
	if (err)
		return err;
	switch (drive->disc.profile->number) {
	case MMC_CD_RW:
		return cd_rw_format(drive, options, &choices);
	case MMC_DVD_PLUS_RW:
	case MMC_DVD_PLUS_RW_DL:
		return dvd_plus_rw_format(drive, options, &choices);
	default:
		break;
	}
	err = choices_try(drive, &choices);
	if (!err)
		err = mmc_drive_refresh(drive);
	if (!err)
		err = size_check(drive, &choices);
	if (err)
		return err;
	return result_check(drive,
			    drive->disc.profile->number == MMC_DVD_RW_OVERWRITE && options->how == MMC_HOW_QUICK
					   ? MMC_STATE_INTERMEDIATE : MMC_STATE_FORMATTED);
}
