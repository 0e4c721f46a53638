/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which disc is in the drive, and whether it is still the same. */
#include <stdlib.h>
#include <string.h>

#include "mmc/private.h"
#include "mmc/write_mode.h"

#define MAX_ROUNDS 4u
#define MAX_DOUBTS 4u			/* how often a command lets the disc prove itself */

/* The disc may have another size than when its losses were noted.  A block that it no longer has may be any. */
static void losses_check(struct mmc_drive *drive)
{
	for (uint32_t i = 0; i < drive->n_lost; i++) {
		if (drive->disc.n_blocks && drive->lost_lbas[i] >= drive->disc.n_blocks) {
			drive->is_all_lost = true;
			drive->lost_lbas[i--] = drive->lost_lbas[--drive->n_lost];
		}
	}
}

static void adopt(struct mmc_drive *drive, const struct mmc_facts *facts)
{
	drive->facts = *facts;
	mmc_disc_conclude(&drive->facts, &drive->disc);
	drive->is_doubtful = drive->was_reset = drive->is_other_disc = false;
	losses_check(drive);
}

enum udf_err mmc_drive_refresh(struct mmc_drive *drive)
{
	struct mmc_facts *facts = malloc(sizeof(*facts));
	enum udf_err err;

	if (!facts)
		return mmc_refuse(drive, UDF_E_NOMEM, NULL, "out of memory");
	err = mmc_facts_gather(drive, facts);
	if (!err) {
		adopt(drive, facts);
		drive->is_write_mode_set = drive->has_unsynced = drive->is_all_lost = false;
		drive->n_lost = drive->n_prints = 0;
	}
	free(facts);
	return err;
}

/* What does not change while a disc is written; for more, its user is asked. */
static bool looks_the_same(const struct mmc_disc *a, const struct mmc_disc *b)
{
	if (a->profile != b->profile || a->write_unit_blocks != b->write_unit_blocks || strcmp(a->medium_id,
											       b->medium_id))
		return false;
	if (a->can_overwrite && a->n_blocks != b->n_blocks)
		return false;
	return !a->has_disc_id || !b->has_disc_id || a->disc_id == b->disc_id;
}

/* Give the drive again what a reset or a new medium takes from it. */
static void restore(struct mmc_drive *drive)
{
	if (drive->is_locked)
		mmc_drive_lock(drive, true);
	if (drive->has_speed)
		mmc_drive_set_speed(drive, drive->write_kbs);
}

static enum udf_err other_disc(struct mmc_drive *drive)
{
	drive->is_other_disc = true;
	return mmc_refuse(drive, UDF_E_IO, "Insert the medium again that was in it.",
			  "another medium is in the drive");
}

enum udf_err mmc_identity_prove(struct mmc_drive *drive)
{
	unsigned n_rounds = 0;
	struct mmc_facts *facts;
	struct mmc_disc *disc;
	bool is_same = false;
	enum udf_err err;

	if (drive->is_proving || !drive->is_doubtful)
		return UDF_OK;
	facts = malloc(sizeof(*facts));
	disc = malloc(sizeof(*disc));
	drive->is_proving = true;
	if (!facts || !disc) {
		err = mmc_refuse(drive, UDF_E_NOMEM, NULL, "out of memory");
		goto out;
	}
	do {			/* another unit attention while we ask: ask again */
		drive->is_doubtful = false;
		err = mmc_facts_gather(drive, facts);
		if (err)
			goto out;
		mmc_disc_conclude(facts, disc);
		is_same = looks_the_same(&drive->disc, disc) && mmc_prints_match(drive);
		if (is_same && drive->hooks.is_same_disc)
			is_same = drive->hooks.is_same_disc(drive->hooks.ctx);
	} while (drive->is_doubtful && is_same && ++n_rounds < MAX_ROUNDS);
	if (disc->state == MMC_STATE_NO_MEDIUM) {
		err = mmc_refuse(drive, UDF_E_NOT_FOUND, "Insert the medium again.", "no medium is in the drive");
	} else if (!is_same) {
		err = other_disc(drive);
	} else {
		adopt(drive, facts);
		drive->is_write_mode_set = false;
		restore(drive);
	}
out:
	drive->is_proving = false;
	if (err)
		drive->is_doubtful = true;
	free(facts);
	free(disc);
	return err;
}

static bool is_write(const struct mmc_command *command)
{
	return command->cdb[0] == MMC_WRITE_10 || command->cdb[0] == MMC_WRITE_12;
}

enum udf_err mmc_exec_for_disc(struct mmc_drive *drive, const struct mmc_command *command,
			       const struct mmc_policy *policy)
{
	enum udf_err err;

	for (unsigned i = 0; ; i++) {
		if (drive->is_other_disc)
			return other_disc(drive);
		err = mmc_identity_prove(drive);
		if (err)
			return err;
		if (is_write(command)) {
			err = mmc_write_mode_prepare(drive);
			if (err)
				return err;
		}
		err = mmc_exec(drive, command, policy, NULL);
		if (!err || !drive->is_doubtful || i == MAX_DOUBTS || drive->is_dead)
			return err;
	}
}
