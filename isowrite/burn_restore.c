/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "burn_restore.h"

#include <inttypes.h>
#include <udfkit/bio.h>

#include "burn_previous.h"
#include "in_place.h"

static bool show_search(void *ctx, uint64_t done_blocks, uint64_t total_blocks)
{
	struct burn_work *work = ctx;

	cli_progress_bytes(&work->progress, "looking for the newest session", done_blocks * UDF_ISO_BLOCK_BYTES,
			   total_blocks * UDF_ISO_BLOCK_BYTES);
	return !burn_is_interrupted();
}

enum udf_err burn_front_find(struct burn_work *work, struct bio *previous, uint8_t *front,
			     struct udf_iso_place *ret_place, char ret_why[UDF_ISO_WHY_BYTES])
{
	const struct udf_iso_search search = { .goes_on = show_search, .ctx = work };
	enum udf_err err = udf_iso_front_read(previous, &search, front, ret_place, ret_why);

	cli_progress_done(&work->progress);
	if (!err && ret_place->was_lost)
		burn_work_say(work, "the descriptors at the beginning of the disc can't be read; the newest session, "
			      "from block %" PRIu32 " on, was found", ret_place->previous_block);
	return err;
}

static enum udf_err read_nothing(void *source, void *ret_data, size_t n_bytes, size_t *ret_n_bytes)
{
	(void)source;
	(void)ret_data;
	(void)n_bytes;
	*ret_n_bytes = 0;
	return UDF_OK;
}

static bool front_write(struct burn_work *work, const uint8_t *front, const struct udf_iso_place *place)
{
	const struct in_place job = { .target = work->device, .first_block = place->start_block, .head = front,
				      .has_system_area = true, .stream = { .read = read_nothing } };
	static struct front_stream_report report;

	if (burn_in_place_do(work, &job, &report))
		return false;
	burn_work_say(work, "its descriptors are written anew, and lead to that session");
	return true;
}

bool burn_front_restore(struct burn_work *work)
{
	static uint8_t front[UDF_ISO_FRONT_BYTES];
	const struct mmc_disc *disc = mmc_drive_disc(work->drive);
	bool is_test = work->req->is_test || work->req->check_only;
	struct udf_iso_place place = { .was_lost = false };
	char why[UDF_ISO_WHY_BYTES];
	struct bio *bio = NULL;
	uint8_t block[UDF_ISO_BLOCK_BYTES];
	bool is_lost, is_found;

	if (burn_previous_new(work->drive, disc->n_blocks, &bio)) {
		burn_work_refuse(work, "%s", udf_strerror(UDF_E_NOMEM));
		return false;
	}
	/* what holds no image, or one of another kind, has nothing to be restored */
	is_lost = bio_read(bio, UDF_ISO_SYSTEM_AREA_BYTES / UDF_ISO_BLOCK_BYTES, 1, block) == UDF_E_MEDIUM;
	is_found = is_lost && burn_front_find(work, bio, front, &place, why) == UDF_OK;
	bio_close(bio);
	if (!is_lost)
		burn_work_say(work, "the %s has no sessions, so there is nothing to close", disc->profile->name);
	else if (!is_found)
		burn_work_refuse(work, "the descriptors at the beginning of the disc can't be restored: %s", why);
	else if (is_test)
		burn_work_say(work, "in a test they are not written anew");
	return !is_lost || (is_found && (is_test || front_write(work, front, &place)));
}
