/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "base/quoted.h"
#include "medium/block_path.h"
#include "medium/drive.h"
#include "medium/kernel.h"
#include "medium/optical.h"
#include "mmc/drive.h"
#include "pkt/cache.h"
#include "pkt/drive.h"
#include "pkt/held.h"
#include "pkt/spare.h"

#define KERNEL_TIMEOUT_S 200u	/* DVD+RW in the background, a DVD-RAM that replaces bad blocks: sr has 30 */
#define MAX_DIRTY_S 8u		/* how long writing may take what the kernel holds back */
#define SLOWEST_KBS 1350u

void medium_describe_disc(const struct mmc_disc *disc, struct medium_info *ret_info)
{
	ret_info->is_optical = true;
	ret_info->sector_bytes = 2048;
	ret_info->disc_name = disc->profile->name;
	ret_info->write_unit_blocks = disc->write_unit_blocks;
	ret_info->can_overwrite = disc->can_overwrite;
	ret_info->needs_whole_units = disc->needs_whole_units;
	/* Many drives read again what they have written on a DVD-RAM: twice as slow as they say. */
	ret_info->write_kbs = disc->speeds.n_speeds ? disc->speeds.speeds[0].write_kbs : SLOWEST_KBS;
	if (disc->has_defect_management)
		ret_info->write_kbs = (uint32_t)udf_max64(ret_info->write_kbs / 2, SLOWEST_KBS);
}

/* Why DISC can't be written as a disk, with what to do. */
static void say_why(const char *path, const struct mmc_disc *disc, char ret_why[MEDIUM_WHY_BYTES])
{
	const char *name = disc->profile->name;
	char quoted[UDF_QUOTED_BYTES];

	path = udf_quoted(path, quoted);
	if (disc->state == MMC_STATE_NO_MEDIUM)
		snprintf(ret_why, MEDIUM_WHY_BYTES, "there is no disc in the drive");
	else if (disc->profile->is_write_once && disc->state == MMC_STATE_BLANK)
		snprintf(ret_why, MEDIUM_WHY_BYTES,
			 "the blank %s can be written only once, so it can't be used like a disk; 'isowrite --auto "
			 "dev=%s DIR' "
			 "burns a directory onto it, 'isowrite dev=%s IMAGE' an image", name, path, path);
	else if (disc->profile->is_write_once)
		snprintf(ret_why, MEDIUM_WHY_BYTES, "the %s can be written only once, so it can't be used like a "
			 "disk", name);
	else if (!disc->profile->is_rewritable)
		snprintf(ret_why, MEDIUM_WHY_BYTES, "the %s can't be written", name);
	else if (disc->state == MMC_STATE_FORMATTED && disc->trouble)
		snprintf(ret_why, MEDIUM_WHY_BYTES, "the %s can't be written now.  %s", name, disc->trouble);
	else
		snprintf(ret_why, MEDIUM_WHY_BYTES, "the %s is %s; 'cdrwtool -d %s -q' makes a volume on it, "
			 "'cdrwtool -d %s --format' only formats it", name, mmc_state_name(disc->state), path, path);
}

/*
 * Can the kernel write the disc block by block?  It reads pages before it changes a part of them, and on a fresh BD-RE
 * what was never written can't be read.
 */
static bool is_for_kernel(const struct mmc_disc *disc)
{
	return !disc->needs_whole_units && disc->profile->number != MMC_BD_RE;
}

/* The layers over the drive.  The packet cache also shows what a power cut left in a journal, to readers, too. */
static enum udf_err stack_up(struct bio *drive, const struct medium_options *options, struct bio **ret_bio,
			     struct medium_info *ret_info)
{
	const struct pkt_cache_options cache_options = {
		.drive_completes = options->drive_completes && !ret_info->needs_whole_units,
	};
	struct bio *spare = NULL;
	enum udf_err err = pkt_spare_new(drive, &spare);

	if (err) {
		bio_close(drive);
		return err;
	}
	*ret_bio = spare;
	if (drive->geometry.write_unit_blocks < 2)
		return UDF_OK;
	err = pkt_cache_new(spare, &cache_options, ret_bio);
	if (err)
		bio_close(spare);
	else if (!options->read_only)
		ret_info->cache = *ret_bio;
	return err;
}

/* Written by the kernel: the drive stays open beside it, and keeps others out. */
static enum udf_err open_block_path(const char *path, struct pkt_held *held, struct bio **ret_bio,
				    struct medium_info *ret_info, struct medium_refusal *ret_refusal)
{
	const struct bio_file_options options = {
		.write_unit_blocks = ret_info->write_unit_blocks,
		.wears = true,
		.block_bytes = ret_info->sector_bytes,
		.max_dirty_bytes = (uint64_t)ret_info->write_kbs * 1000 * MAX_DIRTY_S,
	};
	struct bio *file = NULL, *block_path = NULL;
	uint64_t offset_bytes;
	enum udf_err err = bio_file_open(path, &options, &file, &ret_refusal->host_errno);
	int fd;

	if (err)
		return err;
	err = medium_block_path_new(file, held, &block_path);
	if (err) {
		bio_close(file);
		return err;
	}
	if (!bio_fd_range(file, 0, 0, &fd, &offset_bytes) && medium_kernel_timeout_file(fd, ret_info->timeout_file)) {
		uint32_t timeout_s = medium_kernel_set_timeout(ret_info->timeout_file, KERNEL_TIMEOUT_S);

		ret_info->short_timeout_s = timeout_s < KERNEL_TIMEOUT_S ? timeout_s : 0;
	}
	err = pkt_spare_new(block_path, ret_bio);
	if (err)
		bio_close(block_path);
	else
		ret_info->block_path = block_path;
	return err;
}

/* Written by us. */
static enum udf_err open_packets(struct pkt_held *held, const struct medium_options *options, struct bio **ret_bio,
				 struct medium_info *ret_info)
{
	struct bio *bio = NULL;
	enum udf_err err = pkt_drive_new_on(held, options->read_only, &bio);

	return err ? err : stack_up(bio, options, ret_bio, ret_info);
}

/* Open the drive and ask it what it is and holds. */
static enum udf_err hold_drive(const char *path, bool must_have_drive, struct pkt_held **ret_held,
			       struct medium_refusal *ret_refusal)
{
	struct mmc_transport *transport = NULL;
	struct mmc_drive *drive = NULL;
	struct mmc_failure failure = { .text = "" };
	enum udf_err err = medium_drive_open(path, &transport, ret_refusal->text);

	if (err && err != UDF_E_BUSY && !must_have_drive) {
		ret_refusal->text[0] = '\0';
		return UDF_END;
	}
	if (err)
		return err;
	err = mmc_drive_open(transport, NULL, NULL, &drive, &failure);
	if (err) {
		mmc_transport_close(transport);
		snprintf(ret_refusal->text, MEDIUM_WHY_BYTES, "%s", failure.text);
		return err;
	}
	err = pkt_held_new(drive, ret_held);
	if (err)
		mmc_drive_close(drive);
	return err;
}

enum udf_err medium_optical_open(const char *path, const struct medium_options *options, struct bio **ret_bio,
				 struct medium_info *ret_info, struct medium_refusal *ret_refusal)
{
	bool is_simulated = medium_is_simulated(path);
	struct pkt_held *held = NULL;
	const struct mmc_disc *disc;
	enum udf_err err = UDF_OK;

	if (options->beside && options->beside->drive)
		held = pkt_held_ref(options->beside->drive);
	else
		err = hold_drive(path, is_simulated || options->by_commands, &held, ret_refusal);
	if (err)
		return err;
	disc = mmc_drive_disc(pkt_held_look(held));
	medium_describe_disc(disc, ret_info);
	if (!options->read_only && !disc->can_overwrite) {
		say_why(path, disc, ret_refusal->text);
		ret_refusal->host_errno = EROFS;
		/* What is on it may be read all the same. */
		err = disc->n_blocks && disc->state != MMC_STATE_DAMAGED ? UDF_E_READ_ONLY : UDF_E_UNSUPPORTED;
		goto out;
	}
	/* Not every drive can; then the disc may be taken out, and what is written next fails. */
	(void)mmc_drive_lock(pkt_held_take(held), true);
	if (!options->read_only)
		(void)mmc_drive_limit_speed(pkt_held_look(held));
	pkt_held_give_back(held);
	if (!is_simulated && !options->by_commands && is_for_kernel(disc)) {
		err = open_block_path(path, held, ret_bio, ret_info, ret_refusal);
	} else {
		err = open_packets(held, options, ret_bio, ret_info);
		if (err)
			say_why(path, disc, ret_refusal->text);
	}
	if (!err)
		ret_info->drive = held;
out:
	pkt_held_unref(held);
	return err;
}

enum udf_err medium_optical_inspect(const char *path, struct medium_info *ret_info, struct medium_refusal *ret_refusal)
{
	struct mmc_transport *transport = NULL;
	struct mmc_drive *drive = NULL;
	struct mmc_failure failure = { .text = "" };
	char why[MEDIUM_WHY_BYTES];
	enum udf_err err = UDF_OK;
	const struct mmc_disc *disc;

	/* Somebody may be using it, or it is a drive that can't be asked: whoever opens it next says what is wrong. */
	if (medium_drive_open(path, &transport, why))
		return UDF_OK;
	if (mmc_drive_open(transport, NULL, NULL, &drive, &failure)) {
		mmc_transport_close(transport);
		return UDF_OK;
	}
	disc = mmc_drive_disc(drive);
	if (disc->state == MMC_STATE_BLANK || disc->state == MMC_STATE_UNFORMATTED) {
		say_why(path, disc, ret_refusal->text);
		ret_refusal->host_errno = EROFS;
		err = UDF_E_UNSUPPORTED;
	} else if (disc->can_overwrite) {
		medium_describe_disc(disc, ret_info);
	} else {
		ret_info->disc_name = disc->profile->name;
	}
	mmc_drive_close(drive);
	return err;
}
