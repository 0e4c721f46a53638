/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <stdio.h>
#include <unistd.h>

#include "consent.h"
#include "jobs.h"
#include "medium/medium.h"
#include "mkfs/mkfs.h"
#include "mmc/blank.h"
#include "quick.h"

/* A disc that is formatted is formatted again only for what another format would change. */
static bool is_format_wanted(const struct request *req)
{
	return req->has_number || req->has_spare || req->certify;
}

/* Blank and format, as far as the disc needs it. */
static enum udf_err prepare(struct work *work)
{
	const struct mmc_disc *disc = mmc_drive_disc(work->drive);
	bool is_cd = disc->profile->number == MMC_CD_RW;
	enum udf_err err;

	if (disc->state == MMC_STATE_FORMATTED && !is_cd && !is_format_wanted(work->req))
		return UDF_OK;
	if (is_cd && disc->state != MMC_STATE_BLANK) {
		set_speed(work);
		err = mmc_blank(work->drive, MMC_BLANK_MINIMAL, 0);
		cli_progress_done(&work->progress);
		if (err) {
			work_failed(work, "cannot blank the disc", err);
			return err;
		}
	}
	return format_disc(work);
}

/* Parameters as mkudffs would take them for this disc, but the revision of twenty years of CD-RW. */
static void choose(const struct work *work, const struct mmc_disc *disc, uint64_t n_blocks,
		   struct udf_mkfs_params *params)
{
	enum udf_media_type media = udf_mkfs_media_for(disc->needs_whole_units, disc->write_unit_blocks);
	uint16_t usual = disc->needs_whole_units ? 0x0150 : 0x0201;

	udf_mkfs_defaults(params, media, work->req->revision ? work->req->revision : usual);
	/* Else an ordinary user could prepare a disc, but write nothing on it. */
	if (geteuid() != 0) {
		params->uid = geteuid();
		params->gid = getegid();
	}
	params->block_bytes = 2048;
	params->n_blocks = n_blocks;
	udf_mkfs_stamp(params, cli_host_env());
}

static enum udf_err write_volume(struct work *work, const struct udf_plan *plan)
{
	struct bio *bio = NULL;
	enum udf_err err;

	err = work_open_medium(work, &bio);
	if (err)
		return err;
	err = udf_mkfs_emit(plan, bio, &work->about.env);
	if (!err)
		err = bio_flush(bio);
	if (err)
		work_say(work, "cannot write the volume: %s", udf_strerror(err));
	bio_close(bio);
	return err;
}

static enum udf_err make_volume(struct work *work, uint64_t n_blocks)
{
	const struct mmc_disc *disc = mmc_drive_disc(work->drive);
	char quoted[UDF_QUOTED_BYTES];
	struct udf_mkfs_params params;
	const char *why = NULL;
	struct udf_plan plan;
	enum udf_err err;

	if (!disc->can_overwrite) {
		work_say(work, "a volume can't be made on this disc%s%s", disc->trouble ? ".  " : "; ",
			 disc->trouble ? disc->trouble : "--quick formats it first");
		return UDF_E_UNSUPPORTED;
	}
	if (n_blocks == 0)
		n_blocks = disc->n_blocks;
	choose(work, disc, n_blocks, &params);
	err = udf_mkfs_plan(&params, &plan, &why);
	if (err) {
		work_say(work, "cannot make a volume: %s", why ? why : udf_strerror(err));
		return err;
	}
	err = write_volume(work, &plan);
	if (!err)
		printf("%s: a UDF %x.%02x volume of %llu blocks was made; mount it with: udffuse %s DIRECTORY\n",
		       work->req->device, params.revision >> 8, params.revision & 0xffu,
		       (unsigned long long)params.n_blocks, udf_quoted(work->req->device, quoted));
	return err;
}

enum udf_err job_udf(struct work *work)
{
	const struct mmc_disc *disc = mmc_drive_disc(work->drive);

	if (disc->can_overwrite && work->req->number > disc->n_blocks) {
		work_say(work, "the disc has only %u blocks of 2048 bytes; give no more than that", disc->n_blocks);
		return UDF_E_NOSPC;
	}
	return consent_given(work) ? make_volume(work, work->req->number) : UDF_E_CANCELLED;
}

/* Before anything is destroyed: can it be formatted as it shall be, and is the size enough for a volume? */
static enum udf_err check_result(const struct work *work)
{
	const struct mmc_profile *profile = mmc_drive_disc(work->drive)->profile;
	bool is_dvd_rw = profile->number == MMC_DVD_RW_SEQUENTIAL || profile->number == MMC_DVD_RW_OVERWRITE;
	struct mmc_disc then = { .needs_whole_units = is_dvd_rw || profile->number == MMC_CD_RW,
				 .write_unit_blocks = profile->write_unit_blocks };
	struct udf_mkfs_params params;
	const char *why = NULL;
	struct udf_plan plan;
	enum udf_err err;

	if (!is_format_wanted(work->req))
		return UDF_OK;
	err = check_format(work);
	if (err || !work->req->has_number)
		return err;
	choose(work, &then, work->req->number, &params);
	err = udf_mkfs_plan(&params, &plan, &why);
	if (err)
		work_say(work, "cannot make a volume: %s; nothing was changed", why ? why : udf_strerror(err));
	return err;
}

enum udf_err job_quick(struct work *work)
{
	enum udf_err err = check_packets(work);

	if (!err)
		err = check_result(work);
	if (err)
		return err;
	if (!consent_given(work))
		return UDF_E_CANCELLED;
	err = prepare(work);
	return err ? err : make_volume(work, 0);
}
