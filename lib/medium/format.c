/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <stdio.h>

#include "medium/drive.h"
#include "medium/format.h"
#include "mmc/format.h"

static bool holds_nothing(const struct mmc_disc *disc)
{
	return disc->state == MMC_STATE_BLANK || disc->state == MMC_STATE_UNFORMATTED;
}

static void say(const struct mmc_failure *failure, char *ret_why)
{
	if (failure->text[0])
		snprintf(ret_why, MEDIUM_WHY_BYTES, "cannot format the disc: %s%s%s", failure->text,
			 failure->advice ? ".  " : "", failure->advice ? failure->advice : "");
}

enum udf_err medium_format_new(const char *path, const struct udf_env *env, const struct mmc_hooks *hooks,
			       char ret_why[MEDIUM_WHY_BYTES])
{
	struct mmc_transport *transport = NULL;
	struct mmc_failure failure = { .text = "" };
	struct mmc_drive *drive = NULL;
	enum udf_err err;

	ret_why[0] = '\0';
	err = medium_drive_open(path, &transport, ret_why);
	if (err)
		return err;
	err = mmc_drive_open(transport, env, hooks, &drive, &failure);
	if (err) {
		mmc_transport_close(transport);
		say(&failure, ret_why);
		return err;
	}
	if (holds_nothing(mmc_drive_disc(drive))) {
		err = mmc_format(drive, NULL);
		if (err)
			say(mmc_drive_failure(drive), ret_why);
		else if (medium_drive_renew(path, drive))
			snprintf(ret_why, MEDIUM_WHY_BYTES, "the kernel may still have the old size of the disc: take "
				 "it out and insert it again");
	}
	mmc_drive_close(drive);
	return err;
}
