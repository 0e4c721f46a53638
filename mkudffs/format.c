/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --format: a blank or unformatted disc is formatted first. */
#include "config.h"

#include <stdlib.h>

#include "format.h"
#include "medium/format.h"
#include "mmc/drive.h"
#include "say.h"

static volatile bool is_interrupted;

static void on_interrupt(int signal_number)
{
	(void)signal_number;
	is_interrupted = true;
}

static bool show(void *ctx, const struct mmc_progress *progress)
{
	if (progress->has_fraction)
		cli_progress_show(ctx, progress->what, progress->fraction, 65536);
	else
		cli_progress_show(ctx, progress->what, progress->elapsed_ms / 1000, 0);
	return !is_interrupted;
}

void format_if_new(const struct request *req)
{
	struct cli_progress progress;
	struct mmc_hooks hooks = { .ctx = &progress, .progress = show };
	struct cli_guard *guard = NULL;
	char why[MEDIUM_WHY_BYTES];
	enum udf_err err = UDF_OK;

	cli_on_interrupt(on_interrupt);
	cli_progress_init(&progress, stderr, !req->quiet);
	if (!medium_is_simulated(req->device) &&
	    cli_guard("mkudffs", req->device, CLI_WRITE, NULL, false, &guard))
		exit(1);
	err = medium_format_new(req->device, cli_host_env(), &hooks, why);
	cli_progress_done(&progress);
	cli_guard_done(guard);
	if (err == UDF_E_CANCELLED)
		die("%s: interrupted; the drive may continue by itself, so leave the disc in it until it is ready",
		    req->device);
	if (err)
		die("%s: %s", req->device, why[0] ? why : udf_strerror(err));
	if (why[0])
		warn("%s: %s", req->device, why);
}
