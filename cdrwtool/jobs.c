/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "consent.h"
#include "describe.h"
#include "jobs.h"
#include "medium/drive.h"
#include "mmc/blank.h"
#include "mmc/close.h"
#include "mmc/protect.h"
#include "mmc/write_mode.h"

/* 1x in kB/s of 1000 bytes */
static const uint32_t single_speed_kbs[] = {
	[MMC_FAMILY_NONE] = 0, [MMC_FAMILY_CD] = 176, [MMC_FAMILY_DVD] = 1385, [MMC_FAMILY_BD] = 4496,
	[MMC_FAMILY_OTHER] = 0,
};

void set_speed(struct work *work)
{
	uint32_t kbs = single_speed_kbs[mmc_drive_disc(work->drive)->profile->family];

	if (work->req->speed_x && kbs && mmc_drive_set_speed(work->drive, work->req->speed_x * kbs))
		work_failed(work, "cannot set the speed; the drive chooses its own", UDF_OK);
}

/* Report ERR as WHAT that can't be done.  A drive goes on with what it was told to do. */
static enum udf_err finish(struct work *work, const char *what, enum udf_err err)
{
	cli_progress_done(&work->progress);
	if (err == UDF_E_CANCELLED)
		work_say(work, "interrupted; the drive may continue by itself, so leave the disc in it until it is "
			 "ready");
	else if (err)
		work_failed(work, what, err);
	return err;
}

/* The same after what may have changed the disc's size */
static enum udf_err finish_change(struct work *work, const char *what, enum udf_err err)
{
	err = finish(work, what, err);
	if (!err && medium_drive_renew(work->req->device, work->drive))
		work_say(work, "the kernel may still have the old size of the disc: take it out and insert it again");
	return err;
}

void say_result(const struct work *work, const char *what)
{
	char text[DESCRIBE_BYTES];

	describe_disc(mmc_drive_disc(work->drive), text);
	printf("%s: %s: %s\n", work->req->device, what, text);
}

static struct mmc_format_options format_options(const struct request *req)
{
	struct mmc_format_options options = { .how = MMC_HOW_USUAL, .spares = req->spares,
					      .is_test_wanted = req->certify, .is_mode_1 = !req->is_mode_2,
					      .waits_for_background = !req->background };
	bool is_full = req->certify || (req->kind && strcmp(req->kind, "full") == 0);

	if (is_full)
		options.how = MMC_HOW_FULL;
	else if (req->kind && strcmp(req->kind, "quick") == 0)
		options.how = MMC_HOW_QUICK;
	options.n_blocks = (uint32_t)req->number;
	options.multi_session = req->multi_session;
	return options;
}

/* A disc has packets of one size, and -p and -z can only agree with that. */
enum udf_err check_packets(const struct work *work)
{
	const struct request *req = work->req;
	uint32_t unit_blocks = mmc_drive_disc(work->drive)->profile->write_unit_blocks;

	if (req->is_variable) {
		work_say(work, "%s writes in fixed packets only; leave out '-p 0'", req->job_option);
		return UDF_E_INVAL;
	}
	if (req->packet_blocks && req->packet_blocks != unit_blocks) {
		work_say(work, "a %s has packets of %u blocks; leave out -z",
			 mmc_drive_disc(work->drive)->profile->name, unit_blocks);
		return UDF_E_INVAL;
	}
	return UDF_OK;
}

enum udf_err check_format(const struct work *work)
{
	struct mmc_format_options options = format_options(work->req);
	struct mmc_format_choices choices;
	struct mmc_failure failure = { .text = "" };
	enum udf_err err = mmc_format_choose(mmc_drive_disc(work->drive), &options, &choices, &failure);

	if (err)
		work_say(work, "cannot format the disc: %s%s%s", failure.text, failure.advice ? ".  " : "",
			 failure.advice ? failure.advice : "");
	return err;
}

enum udf_err format_disc(struct work *work)
{
	struct mmc_format_options options = format_options(work->req);

	set_speed(work);
	return finish_change(work, "cannot format the disc", mmc_format(work->drive, &options));
}

enum udf_err job_format(struct work *work)
{
	enum udf_err err = check_packets(work);

	if (!err)
		err = consent_given(work) ? format_disc(work) : UDF_E_CANCELLED;
	if (!err)
		say_result(work, "formatted");
	return err;
}

enum udf_err job_blank(struct work *work)
{
	static const struct {
		const char *kind;
		enum mmc_blanking type;
	} kinds[] = {
		{ "fast", MMC_BLANK_MINIMAL }, { "full", MMC_BLANK_DISC }, { "track", MMC_BLANK_TRACK },
		{ "tail", MMC_BLANK_TAIL }, { "unclose", MMC_BLANK_UNCLOSE }, { "session", MMC_BLANK_SESSION },
	};
	enum mmc_blanking type = MMC_BLANK_MINIMAL;
	enum udf_err err;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].kind, work->req->kind) == 0)
			type = kinds[i].type;
	/* An unclosed session loses nothing. */
	if (type != MMC_BLANK_UNCLOSE && !consent_given(work))
		return UDF_E_CANCELLED;
	set_speed(work);
	err = finish_change(work, "cannot blank the disc", mmc_blank(work->drive, type, work->req->offset));
	if (!err)
		say_result(work, "blanked");
	return err;
}

enum udf_err job_reopen(struct work *work)
{
	enum udf_err err = finish(work, "cannot reopen the last session", mmc_blank(work->drive, MMC_BLANK_UNCLOSE, 0));

	if (!err)
		say_result(work, "reopened");
	return err;
}

enum udf_err job_close_track(struct work *work)
{
	return finish(work, "cannot close the track", mmc_close_track(work->drive, (uint16_t)work->req->number));
}

enum udf_err job_close_session(struct work *work)
{
	return finish(work, "cannot close the session", mmc_close_session(work->drive));
}

enum udf_err job_reserve(struct work *work)
{
	return finish(work, "cannot reserve a track", mmc_reserve_track(work->drive, (uint32_t)work->req->number));
}

enum udf_err job_set_parameters(struct work *work)
{
	const struct request *req = work->req;
	struct mmc_write_parameters parameters = mmc_write_mode_packets(req->is_mode_2);

	parameters.multi_session = req->multi_session;
	parameters.is_fixed_packet = !req->is_variable;
	parameters.packet_blocks = req->is_variable ? 0 : req->packet_blocks ? req->packet_blocks : 32;
	return finish(work, "cannot set the write parameters", mmc_write_mode_set(work->drive, &parameters));
}

enum udf_err job_protect(struct work *work)
{
	bool on = work->req->protect;

	return finish(work, on ? "cannot write-protect the disc" : "cannot lift the write protection",
		      mmc_protect(work->drive, on));
}

enum udf_err job_eject(struct work *work)
{
	return finish(work, "cannot open the tray", mmc_drive_eject(work->drive));
}

enum udf_err job_load(struct work *work)
{
	return finish(work, "cannot close the tray", mmc_drive_load(work->drive));
}
