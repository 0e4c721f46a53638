/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packet journal of a volume that is open (bio_set_journal()), and what a power cut left in it. */
#include "vol/internal.h"

static struct bio_journal bio_journal_of(const struct udf_vol *vol)
{
	return (struct bio_journal){ .first = (uint64_t)vol->journal.lsn * vol->bio_per_block,
				     .n_blocks = vol->journal.n_blocks * vol->bio_per_block,
				     .id = vol->journal.id,
				     .anchor = (uint64_t)vol->lvid_lsn * vol->bio_per_block };
}

bool udf_vol_can_journal(const struct udf_vol *vol)
{
	return vol->lvid_lsn != 0 && vol_lvid_has_room(vol);
}

enum udf_err udf_vol_begin_journal(struct udf_vol *vol)
{
	struct bio_journal journal = bio_journal_of(vol);

	return bio_set_journal(vol->bio, &journal);
}

enum udf_err udf_vol_end_journal(struct udf_vol *vol)
{
	enum udf_err err = bio_set_journal(vol->bio, NULL);

	if (err && err != UDF_E_UNSUPPORTED)
		return err;
	vol->journal.lsn = vol->journal.n_blocks = 0;
	return UDF_OK;
}

/* A journal is believed only where udfkit has opened the volume last, and it lies in a partition. */
void vol_recover(struct udf_vol *vol)
{
	struct bio_journal journal = bio_journal_of(vol);
	bool is_inside = false;
	enum udf_err err;

	for (uint16_t ref = 0; ref < vol->n_parts; ref++)
		is_inside |= vol->journal.lsn >= vol->parts[ref].start_lsn &&
			     vol->journal.lsn - vol->parts[ref].start_lsn < vol->parts[ref].n_blocks;
	if (vol->journal.n_blocks == 0 || !is_inside || !udf_vol_is_marked_open(vol) || !udf_vol_is_ours(vol) ||
	    vol->journal.n_blocks > UINT32_MAX / vol->bio_per_block)
		return;
	err = bio_recover(vol->bio, &journal, &vol->n_recovered);
	vol->is_unrecovered = err && err != UDF_E_UNSUPPORTED && err != UDF_E_INVAL;
}

void vol_log_recovered(const struct udf_vol *vol)
{
	if (vol->n_recovered)
		udf_log(vol->env, UDF_LOG_WARNING,
			"after a power cut, what was to be written to %u %s comes from the journal",
			vol->n_recovered, vol->n_recovered == 1 ? "packet" : "packets");
}
