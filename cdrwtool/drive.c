/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "drive.h"
#include "medium/drive.h"
#include "medium/medium.h"

static volatile bool is_interrupted;

static void on_interrupt(int signal_number)
{
	(void)signal_number;
	is_interrupted = true;
}

/* Show how far it is.  A drive that does not say it shows how long it has taken. */
static bool show_progress(void *ctx, const struct mmc_progress *progress)
{
	struct work *work = ctx;

	if (progress->has_fraction)
		cli_progress_show(&work->progress, progress->what, progress->fraction, 65536);
	else
		cli_progress_show(&work->progress, progress->what, progress->elapsed_ms / 1000, 0);
	return !is_interrupted;
}

/* With --verbose: every command that the drive refused. */
static void show_command(void *ctx, const struct mmc_command *command, const struct mmc_reply *reply)
{
	struct work *work = ctx;
	char text[512];

	if (reply->delivery == MMC_DELIVERED && reply->status == MMC_STATUS_GOOD)
		return;
	cli_progress_done(&work->progress);
	mmc_command_describe(command, reply, text, sizeof(text));
	work_say(work, "%s", text);
}

void work_say(const struct work *work, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	cli_say("cdrwtool: %s: %s", work->req->device, text);
}

void work_failed(const struct work *work, const char *what, enum udf_err err)
{
	const struct mmc_failure *failure = mmc_drive_failure(work->drive);

	if (err == UDF_E_NOMEM)
		work_say(work, "%s: %s", what, udf_strerror(err));
	else if (failure->advice)
		work_say(work, "%s: %s.  %s", what, failure->text, failure->advice);
	else
		work_say(work, "%s: %s", what, failure->text);
}

static enum udf_err identify(struct work *work, struct mmc_transport *transport)
{
	struct mmc_failure failure = { .text = "" };
	enum udf_err err;

	work->hooks = (struct mmc_hooks){ .ctx = work, .progress = show_progress,
					  .command = work->req->verbose ? show_command : NULL };
	err = mmc_drive_open(transport, &work->about.env, &work->hooks, &work->drive, &failure);
	cli_progress_done(&work->progress);
	if (err == UDF_E_CANCELLED)
		work_say(work, "interrupted");
	else if (err)
		work_say(work, "%s%s%s", failure.text[0] ? failure.text : udf_strerror(err),
			 failure.advice ? ".  " : "", failure.advice ? failure.advice : "");
	return err;
}

enum udf_err work_open(const struct request *req, struct work *work)
{
	struct mmc_transport *transport = NULL;
	char why[MEDIUM_WHY_BYTES];
	enum udf_err err = UDF_OK;

	*work = (struct work){ .req = req };
	cli_on_interrupt(on_interrupt);
	cli_about_init(&work->about, cli_host_env(), req->device);
	cli_progress_init(&work->progress, stderr, true);
	if (!medium_is_simulated(req->device))
		err = cli_guard("cdrwtool", req->device, CLI_WRITE, NULL, false, &work->guard);
	if (err)
		return err;
	err = medium_drive_open(req->device, &transport, why);
	if (err)
		work_say(work, "%s", why);
	else
		err = identify(work, transport);
	if (err && transport)
		mmc_transport_close(transport);
	if (err)
		work_close(work);
	return err;
}

void work_close(struct work *work)
{
	cli_progress_done(&work->progress);
	mmc_drive_close(work->drive);
	cli_guard_done(work->guard);
	work->drive = NULL;
	work->guard = NULL;
}

enum udf_err work_open_medium(struct work *work, struct bio **ret_bio)
{
	struct medium_refusal refusal;
	enum udf_err err;

	mmc_drive_close(work->drive);
	work->drive = NULL;
	err = medium_open(work->req->device, NULL, ret_bio, NULL, &refusal);
	if (err)
		cli_error("cdrwtool", work->req->device, refusal.why ? refusal.why : "cannot open", err,
			  refusal.host_errno);
	return err;
}
