/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "consent.h"
#include "describe.h"

static bool enter_pressed(void)
{
	int c;

	do {
		c = getchar();
	} while (c != '\n' && c != EOF);
	return c == '\n';
}

/* What libblkid sees on it, where the kernel shows it the blocks. */
static void say_signature(const struct work *work)
{
	char type[64] = "", label[256] = "", text[CLI_SIGNATURE_BYTES];
	const char *path = work->req->device;

	if (strncmp(path, "sim:", 4) == 0)
		path += 4;
	if (cli_probe(path, type, label) || !type[0])
		return;
	cli_signature_text(type, label, text);
	work_say(work, "it holds %s", text);
}

bool consent_given(const struct work *work)
{
	const struct mmc_disc *disc = mmc_drive_disc(work->drive);
	char text[DESCRIBE_BYTES];

	if (work->req->n_force || !describe_has_contents(disc))
		return true;
	/* Nobody is asked about what can't be done. */
	if (!disc->profile->is_rewritable) {
		work_say(work, "the %s can't be written again%s", disc->profile->name, disc->profile->is_write_once ?
			 "; use isowrite, which burns it if it is blank, or adds a session" : "");
		return false;
	}
	if (disc->protection != MMC_PROTECTION_NONE && disc->trouble) {
		work_say(work, "the %s can't be written now.  %s", disc->profile->name, disc->trouble);
		return false;
	}
	describe_disc(disc, text);
	work_say(work, "%s", text);
	say_signature(work);
	cli_say("cdrwtool: everything on this disc will be lost.  Press ENTER to continue, or Ctrl-C to stop.");
	if (enter_pressed())
		return true;
	work_say(work, "nothing was changed, because standard input ended before ENTER; --force does not ask");
	return false;
}
