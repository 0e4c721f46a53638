/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The disc in an optical drive as a block device.  Commands, retries and waiting are the business of lib/mmc; what is
 * decided here is which write an error belongs to.
 */
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "pkt/drive.h"
#include "pkt/held.h"
#include "pkt/layer.h"

#define BLOCK_BYTES 2048u
#define MAX_SUSPECTS 64u
#define MAX_OTHERS 8u	/* how many errors of earlier writes one write may meet */

struct drive {
	struct bio bio;
	struct pkt_held *held;
	struct mmc_drive *mmc;	/* the held one; used only while it is taken */

	uint32_t n_unsynced_writes;	/* since the last sync that succeeded */
	bool has_lost;			/* something that was taken is lost, and no flush has said so yet */
	/* When one of these units is written again, that waits for the medium. */
	uint64_t suspects[MAX_SUSPECTS];
	size_t n_suspects;
	uint32_t n_suspect_writes;	/* so do that many writes: the drive does not know which unit it lost */

	struct bio_track tracks[MMC_MAX_TRACKS];
};

static struct drive *drive_of(struct bio *bio)
{
	return PKT_LAYER(bio, struct drive, bio);
}

/* The errors that a bio has.  What is about the state of the drive is an I/O error to everybody above. */
static enum udf_err to_bio(struct drive *d, enum udf_err err)
{
	if (err)
		__atomic_store_n(&d->bio.host_errno, mmc_drive_failure(d->mmc)->reply.host_errno, __ATOMIC_RELAXED);
	switch (err) {
	case UDF_OK:
	case UDF_E_NOMEM:
	case UDF_E_MEDIUM:
	case UDF_E_INVAL:
	case UDF_E_RANGE:
	case UDF_E_NOSPC:
	case UDF_E_READ_ONLY:
	case UDF_E_NO_PERMISSION:
	case UDF_E_CANCELLED:
		return err;
	case UDF_END:
	case UDF_E_IO:
	case UDF_E_CORRUPT:
	case UDF_E_NOT_UDF:
	case UDF_E_UNSUPPORTED:
	case UDF_E_NOT_FOUND:
	case UDF_E_EXISTS:
	case UDF_E_NOT_DIR:
	case UDF_E_IS_DIR:
	case UDF_E_NOT_EMPTY:
	case UDF_E_NAME_TOO_LONG:
	case UDF_E_BAD_NAME:
	case UDF_E_TOO_MANY_LINKS:
	case UDF_E_FILE_TOO_BIG:
	case UDF_E_BUSY:
	case UDF_E_NO_DATA:
	case UDF_E_HOST_FULL:
	case UDF_N_ERRORS:
		break;
	}
	return UDF_E_IO;
}

/* ---- what the drive took and then lost ---- */

static void add_suspect(struct drive *d, uint64_t unit_at)
{
	for (size_t i = 0; i < d->n_suspects; i++)
		if (d->suspects[i] == unit_at)
			return;
	if (d->n_suspects < MAX_SUSPECTS)
		d->suspects[d->n_suspects++] = unit_at;
	else
		d->n_suspect_writes = d->n_unsynced_writes;
}

/* Must a write of these blocks wait for the medium?  From now on it need not. */
static bool take_suspicion(struct drive *d, uint64_t at, uint32_t n_blocks)
{
	bool is_suspect = d->n_suspect_writes > 0;

	if (d->n_suspect_writes)
		d->n_suspect_writes--;
	for (size_t i = d->n_suspects; i-- > 0;) {
		if (d->suspects[i] < at || d->suspects[i] - at >= n_blocks)
			continue;
		d->suspects[i] = d->suspects[--d->n_suspects];
		is_suspect = true;
	}
	return is_suspect;
}

/* What a sync that failed says about the write of these blocks, which came last. */
enum blame { BLAME_OTHERS, BLAME_IT, BLAME_ANY };

static enum blame note_losses(struct drive *d, uint64_t at, uint32_t n_blocks)
{
	enum blame blame = BLAME_OTHERS;
	struct mmc_lost lost;

	while (mmc_drive_take_lost(d->mmc, &lost)) {
		if (lost.is_all && n_blocks && d->n_unsynced_writes == 1) {
			blame = BLAME_IT;
		} else if (lost.is_all) {
			blame = blame == BLAME_IT ? BLAME_IT : BLAME_ANY;
			d->n_suspect_writes = d->n_unsynced_writes;
			d->has_lost = true;
		} else if (n_blocks && lost.lba >= at && lost.lba - at < n_blocks) {
			blame = BLAME_IT;
		} else {
			add_suspect(d, lost.lba);
			d->has_lost = true;
		}
	}
	return blame;
}

/* The write of these blocks was taken.  Wait until it is on the medium. */
static enum udf_err sync_write(struct drive *d, uint64_t at, uint32_t n_blocks)
{
	enum udf_err err = mmc_drive_sync(d->mmc);
	enum blame blame;

	if (!err)
		d->n_unsynced_writes = 0;
	if (err != UDF_E_MEDIUM)
		return err;
	blame = note_losses(d, at, n_blocks);
	if (blame == BLAME_IT) {
		/* the next attempt finds out at once, too */
		add_suspect(d, at - at % d->bio.geometry.write_unit_blocks);
		return UDF_E_MEDIUM;
	}
	/* Others are to be written again, and the next flush says so. */
	return blame == BLAME_ANY ? UDF_E_IO : UDF_OK;
}

/* A drive may blame a write for what it could not do with an earlier one: it names the block. */
static bool is_about_another(struct drive *d, uint64_t at, uint32_t n_blocks)
{
	const struct mmc_failure *failure = mmc_drive_failure(d->mmc);
	uint32_t unit_blocks = d->bio.geometry.write_unit_blocks;

	if (!failure->has_lba || (failure->lba >= at && failure->lba - at < n_blocks) ||
	    failure->lba >= d->bio.geometry.n_blocks)
		return false;
	add_suspect(d, failure->lba - failure->lba % unit_blocks);
	d->has_lost = true;
	return true;
}

/* ---- the layer ---- */

/* A block that the drive says was never recorded is one of zeros: the drive writes it as such, too. */
static enum udf_err read_each(struct drive *d, uint64_t at, uint32_t n_blocks, uint8_t *data)
{
	for (uint32_t i = 0; i < n_blocks; i++, data += BLOCK_BYTES) {
		enum udf_err err = mmc_drive_read_tries(d->mmc, at + i, 1, data, 2);

		if (err && mmc_drive_found_nothing(d->mmc))
			memset(data, 0, BLOCK_BYTES);
		else if (err)
			return err;
	}
	return UDF_OK;
}

static enum udf_err drive_read(struct bio *bio, uint64_t at, uint32_t n_blocks, void *ret_data)
{
	struct drive *d = drive_of(bio);
	/* Where a packet can't be read, the cache above reads the blocks that are wanted by themselves. */
	bool has_cache = bio->geometry.write_unit_blocks > 1;
	enum udf_err err;

	(void)pkt_held_take(d->held);
	err = has_cache ? mmc_drive_read_tries(d->mmc, at, n_blocks, ret_data, n_blocks > 1 ? 1 : 2)
			: mmc_drive_read(d->mmc, at, n_blocks, ret_data);
	if (err && mmc_drive_found_nothing(d->mmc))
		err = read_each(d, at, n_blocks, ret_data);
	err = to_bio(d, err);
	pkt_held_give_back(d->held);
	return err;
}

static enum udf_err drive_write(struct bio *bio, uint64_t at, uint32_t n_blocks, const void *data)
{
	struct drive *d = drive_of(bio);
	enum udf_err err;

	(void)pkt_held_take(d->held);
	d->n_unsynced_writes++;
	err = mmc_drive_write(d->mmc, at, n_blocks, data);
	for (unsigned i = 0; err == UDF_E_MEDIUM && i < MAX_OTHERS && is_about_another(d, at, n_blocks); i++)
		err = mmc_drive_write(d->mmc, at, n_blocks, data);
	if (!err && take_suspicion(d, at, n_blocks))
		err = sync_write(d, at, n_blocks);
	err = to_bio(d, err);
	pkt_held_give_back(d->held);
	return err;
}

static enum udf_err drive_flush(struct bio *bio)
{
	struct drive *d = drive_of(bio);
	enum udf_err err;

	(void)pkt_held_take(d->held);
	err = mmc_drive_sync(d->mmc);
	if (err == UDF_E_MEDIUM)
		(void)note_losses(d, 0, 0);
	if (!err && d->has_lost)
		err = UDF_E_MEDIUM;
	if (err != UDF_E_CANCELLED)
		d->has_lost = false;
	d->n_unsynced_writes = 0;
	err = to_bio(d, err);
	pkt_held_give_back(d->held);
	return err;
}

/* The last session in which nothing can be appended any more. */
static uint32_t last_complete_session(const struct mmc_disc *disc)
{
	uint32_t session = 0, open = UINT32_MAX;

	for (uint32_t i = 0; i < disc->n_tracks; i++)
		if (disc->tracks[i].has_next_writable || disc->tracks[i].is_blank)
			open = (uint32_t)udf_min64(open, disc->tracks[i].session);
	for (uint32_t i = 0; i < disc->n_tracks; i++)
		if (disc->tracks[i].session < open && disc->tracks[i].session > session)
			session = disc->tracks[i].session;
	return session;
}

/* The block after the last one that is recorded in a track. */
static uint64_t recorded_end(const struct mmc_track *track)
{
	if (track->has_next_writable)
		return track->next_writable_lba;
	if (track->has_last_recorded)
		return (uint64_t)track->last_recorded_lba + 1;
	return track->is_blank ? track->start_lba : (uint64_t)track->start_lba + track->n_blocks;
}

static struct bio_track track_of(const struct mmc_track *from)
{
	return (struct bio_track){
		.first = from->start_lba,
		.n_blocks = from->n_blocks,
		.next_writable = from->has_next_writable ? from->next_writable_lba : BIO_NO_BLOCK,
		.n_free = from->n_free_blocks,
		.last_recorded = from->has_last_recorded ? from->last_recorded_lba : BIO_NO_BLOCK,
		.session = from->session,
	};
}

static enum udf_err drive_media_info(struct bio *bio, struct bio_media_info *ret_info)
{
	struct drive *d = drive_of(bio);
	const struct mmc_disc *disc = mmc_drive_disc(d->mmc);
	uint32_t session = last_complete_session(disc);
	uint64_t first = UINT64_MAX, end = 0;

	(void)pkt_held_take(d->held);
	for (uint32_t i = 0; i < disc->n_tracks; i++) {
		d->tracks[i] = track_of(&disc->tracks[i]);
		end = udf_max64(end, recorded_end(&disc->tracks[i]));
		if (disc->tracks[i].session == session)
			first = udf_min64(first, disc->tracks[i].start_lba);
	}
	/* What can be overwritten has no end but its own. */
	if (disc->state == MMC_STATE_FORMATTED || disc->n_tracks == 0)
		end = bio->geometry.n_blocks;
	*ret_info = (struct bio_media_info){
		.last_session_first = first == UINT64_MAX ? 0 : first,
		.recorded_end = udf_min64(end, bio->geometry.n_blocks),
		.n_tracks = disc->n_tracks,
		.tracks = d->tracks,
	};
	pkt_held_give_back(d->held);
	return UDF_OK;
}

static void drive_close(struct bio *bio)
{
	struct drive *d = drive_of(bio);

	pkt_held_unref(d->held);
	free(d);
}

static const struct bio_ops drive_ops = {
	.read = drive_read,
	.write = drive_write,
	.flush = drive_flush,
	.media_info = drive_media_info,
	.close = drive_close,
};

struct pkt_held *pkt_drive_held(struct bio *bio)
{
	return drive_of(bio)->held;
}

enum udf_err pkt_drive_new_on(struct pkt_held *held, bool read_only, struct bio **ret_bio)
{
	struct mmc_drive *drive = pkt_held_look(held);
	const struct mmc_disc *disc = mmc_drive_disc(drive);
	bool is_written = disc->can_overwrite && !read_only;
	uint64_t n_blocks = disc->n_blocks;
	struct drive *d;

	if (disc->state == MMC_STATE_NO_MEDIUM)
		return UDF_E_NOT_FOUND;
	/* Blocks after the last whole unit could never be written. */
	if (is_written && disc->needs_whole_units && disc->write_unit_blocks)
		n_blocks -= n_blocks % disc->write_unit_blocks;
	if (n_blocks == 0)
		return UDF_E_UNSUPPORTED;
	d = calloc(1, sizeof(*d));
	if (!d)
		return UDF_E_NOMEM;
	d->bio.ops = &drive_ops;
	d->bio.geometry = (struct bio_geometry){
		.block_bytes = BLOCK_BYTES,
		.n_blocks = n_blocks,
		.write_unit_blocks = disc->write_unit_blocks ? disc->write_unit_blocks : 1,
		.access = is_written ? BIO_OVERWRITE : BIO_READ_ONLY,
		.volatile_cache = true,
		.wears = disc->wears,
	};
	d->held = pkt_held_ref(held);
	d->mmc = drive;
	*ret_bio = &d->bio;
	return UDF_OK;
}

enum udf_err pkt_drive_new(struct mmc_drive *drive, bool read_only, struct bio **ret_bio)
{
	struct pkt_held *held = NULL;
	enum udf_err err = pkt_held_new(drive, &held);

	if (err)
		return err;
	err = pkt_drive_new_on(held, read_only, ret_bio);
	if (err)
		pkt_held_give_up(held);
	else
		pkt_held_unref(held);
	return err;
}
