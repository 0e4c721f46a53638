/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The drive that cdrwtool works with, its messages, and how long work is shown. */
#ifndef CDRWTOOL_DRIVE_H
#define CDRWTOOL_DRIVE_H

#include "mmc/drive.h"
#include "request.h"

struct bio;

struct work {
	const struct request *req;
	struct cli_guard *guard;	/* NULL for a simulated drive, which guards itself */
	struct cli_about about;
	struct cli_progress progress;
	struct mmc_hooks hooks;
	struct mmc_drive *drive;
};

/**
 * Take hold of the drive that REQ names, and identify what is in it.  Nobody else may be using it.
 * What fails is said on stderr.  WORK stays where it is until work_close().
 */
enum udf_err work_open(const struct request *req, struct work *work);
void work_close(struct work *work);

/** Let go of the drive and open its medium for blocks.  What fails is said on stderr.  The caller closes RET_BIO. */
enum udf_err work_open_medium(struct work *work, struct bio **ret_bio);

/** "cdrwtool: DEVICE: WHAT: what the drive said; what to do", for the call on the drive that failed with ERR. */
void work_failed(const struct work *work, const char *what, enum udf_err err);

/** "cdrwtool: DEVICE: ..." */
void work_say(const struct work *work, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
