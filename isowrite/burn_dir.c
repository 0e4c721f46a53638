/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Directories, mastered and burned at once: the image goes from libisofs through the buffer onto the disc, and is
 * stored nowhere else.  Its size and its place are known before the drive gets a command.
 */
#include "config.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "burn_previous.h"
#include "burn_request.h"
#include "burn_restore.h"
#include "check_udf.h"
#include "mastered.h"
#include "mmc/append.h"
#include "names.h"
#include "sources.h"
#include "udf.h"

#define PIECE_BLOCKS 32u

/* What the thread that reads has to say, until the other one says it. */
struct line {
	struct line *next;
	char text[];
};

struct burn_dir {
	struct sources sources;		/* the first member: the listener's ctx is this struct too */
	struct udf_iso_listener listener;
	struct udf_env env;
	struct bio *previous;
	struct udf_iso_image *image;
	struct mastered mastered;
	struct udf_iso_counts udf_counts;	/* with --udf, where there is no IMAGE */
	uint32_t first_lba;
	const char *name;		/* for messages */
	bool is_unchanged;		/* there is nothing to burn */
	uint8_t front[UDF_ISO_FRONT_BYTES];	/* where the disc is written in place and keeps what it has */
	bool front_was_lost;		/* a power cut has spoiled what the disc has there */
	uint8_t system_area[UDF_ISO_SYSTEM_AREA_BYTES];	/* what is left of it, then */
	uint8_t piece[PIECE_BLOCKS * UDF_ISO_BLOCK_BYTES];
	size_t piece_at, n_piece;	/* bytes that were taken from it, and all of them */
	pthread_mutex_t lock;
	struct line *first, **last;
	bool hangs;			/* threads that wait for a file still use all of this */
};

/* ---- messages of the thread that reads the files ---- */

static void keep_line(struct burn_dir *dir, const char *what, const char *why)
{
	size_t n = strlen(what) + strlen(why) + 3;
	struct line *line = malloc(sizeof(*line) + n);

	if (!line)
		return;
	line->next = NULL;
	snprintf(line->text, n, "%s%s%s", what, *what ? ": " : "", why);
	pthread_mutex_lock(&dir->lock);
	*dir->last = line;
	dir->last = &line->next;
	pthread_mutex_unlock(&dir->lock);
}

/* Called by the thread that talks to the drive, where a line of progress may be on the terminal. */
static void say_lines(struct burn_work *work)
{
	struct burn_dir *dir = work->dir;
	struct line *line, *next;

	pthread_mutex_lock(&dir->lock);
	line = dir->first;
	dir->first = NULL;
	dir->last = &dir->first;
	pthread_mutex_unlock(&dir->lock);
	if (line)
		cli_progress_done(&work->progress);
	for (; line; line = next) {
		next = line->next;
		say("%s", line->text);
		free(line);
	}
}

static void failed(void *ctx, const char *path, enum udf_err err, int host_errno, const char *why)
{
	keep_line(ctx, path, why ? why : host_errno ? strerror(host_errno) : udf_strerror(err));
}

static void logged(void *ctx, enum udf_log_level level, const char *line)
{
	(void)level;
	keep_line(ctx, "", line);
}

static void now(void *ctx, struct udf_time *ret_now)
{
	(void)ctx;
	cli_host_env()->now(cli_host_env()->ctx, ret_now);
}

static void random_bytes(void *ctx, void *ret_bytes, size_t n_bytes)
{
	(void)ctx;
	cli_host_env()->random(cli_host_env()->ctx, ret_bytes, n_bytes);
}

/* ---- where the session goes ---- */

/* Nothing may stand in the session before it: systems look for its tree where the session begins. */
static bool is_at_session_start(const struct mmc_disc *disc)
{
	const struct mmc_track *next = disc->n_tracks ? &disc->tracks[disc->n_tracks - 1] : NULL;

	return next && disc->has_next_writable && next->start_lba == disc->next_writable_lba &&
	       (disc->n_tracks == 1 || disc->tracks[disc->n_tracks - 2].session != next->session);
}

static bool find_previous(struct burn_work *work, struct udf_iso_plan *plan)
{
	const struct mmc_disc *disc = mmc_drive_disc(work->drive);
	struct mmc_session_addresses addresses;
	enum udf_err err = mmc_session_addresses_read(work->drive, &addresses);

	if (!err && !is_at_session_start(disc)) {
		burn_work_refuse(work, "the last session of the %s is not closed; --finalize closes the disc, and "
				 "nothing can be added then",
			      disc->profile->name);
		return false;
	}
	if (!err)
		err = burn_previous_new(work->drive, addresses.next_lba, &work->dir->previous);
	if (err) {
		burn_work_failed(work, "no session can be added", err);
		return false;
	}
	plan->previous = work->dir->previous;
	plan->previous_block = addresses.last_lba;
	work->dir->first_lba = addresses.next_lba;
	return true;
}

/* The new session brings all of the first packet, which can't be completed by what is there. */
static void take_lost_front(struct burn_dir *dir, struct udf_iso_plan *plan)
{
	dir->front_was_lost = true;
	if (plan->system_area)
		return;
	memcpy(dir->system_area, dir->front, sizeof(dir->system_area));
	plan->system_area = dir->system_area;
}

/* Behind the image at its beginning, whose descriptors are replaced. */
static bool find_previous_in_place(struct burn_work *work, struct udf_iso_plan *plan)
{
	const struct mmc_disc *disc = mmc_drive_disc(work->drive);
	struct burn_dir *dir = work->dir;
	struct udf_iso_place place;
	char why[UDF_ISO_WHY_BYTES];

	if (burn_previous_new(work->drive, disc->n_blocks, &dir->previous)) {
		burn_work_refuse(work, "%s", udf_strerror(UDF_E_NOMEM));
		return false;
	}
	if (burn_front_find(work, dir->previous, dir->front, &place, why)) {
		burn_work_refuse(work, "no session can be added: %s", why);
		return false;
	}
	dir->first_lba = place.start_block;
	plan->previous = dir->previous;
	plan->previous_block = place.previous_block;
	plan->front = dir->front;
	if (place.was_lost)
		take_lost_front(dir, plan);
	return true;
}

static bool find_place(struct burn_work *work, struct request *iso)
{
	const struct mmc_disc *disc = mmc_drive_disc(work->drive);

	if (burn_is_in_place(work) && work->was_formatted) {
		request_default_ids(&iso->plan.ids);
	} else if (burn_is_in_place(work)) {
		if (work->req->append && !find_previous_in_place(work, &iso->plan))
			return false;
	} else if (work->req->append && disc->state != MMC_STATE_BLANK) {
		if (!find_previous(work, &iso->plan))
			return false;
	} else if (work->req->append) {
		request_default_ids(&iso->plan.ids);
		if (!iso->quiet)
			burn_work_say(work, "the %s is blank: this is its first session", disc->profile->name);
	} else if (!work->req->blanks && disc->state == MMC_STATE_APPENDABLE) {
		burn_work_refuse(work, iso->set ? "the %s is not blank, and a set needs blank discs; insert "
				 "another one" :
				 "the %s is not blank; --append adds a session, with the files that are there",
				 disc->profile->name);
		return false;
	} else if (!work->req->blanks && disc->has_next_writable) {
		work->dir->first_lba = disc->next_writable_lba;
	}
	iso->plan.start_block = work->dir->first_lba;
	return true;
}

/* ---- the image ---- */

static const struct udf_iso_counts *counts_of(struct burn_dir *dir)
{
	if (dir->mastered.udf)
		udf_volume_count(dir->mastered.udf, &dir->udf_counts);
	return dir->image ? udf_iso_counts(dir->image) : &dir->udf_counts;
}

static bool has_all(struct burn_work *work)
{
	uint64_t n_failed = counts_of(work->dir)->n_failed;

	if (n_failed)
		burn_work_refuse(work, "nothing was written, because some files or directories can't be read: %" PRIu64
				 ".  -m GLOB leaves them out", n_failed);
	return !n_failed;
}

static void keep_udf_line(void *ctx, const char *line)
{
	keep_line(ctx, "", line);
}

/* A UDF volume alone is laid out while its files are found. */
static bool make_udf(struct burn_work *work, const struct request *iso)
{
	struct burn_dir *dir = work->dir;

	if (dir->first_lba) {
		burn_work_refuse(work, "a UDF volume begins at block 0, where the disc holds data already; insert a "
				 "blank one");
		return false;
	}
	dir->mastered.udf = udf_volume_open(iso, keep_udf_line, dir);
	say_lines(work);
	return dir->mastered.udf && has_all(work);
}

static bool add_all(struct burn_work *work, struct request *iso)
{
	struct burn_dir *dir = work->dir;
	char why[UDF_ISO_WHY_BYTES];
	bool ok;

	if (udf_iso_image_new(&iso->plan, &dir->listener, &dir->env, &dir->image, why)) {
		burn_work_refuse(work, "%s%s", dir->previous ? "no session can be added: " : "", why);
		return false;
	}
	ok = sources_add(&dir->sources, dir->image);
	say_lines(work);
	if (!ok)
		return false;
	if (!sources_are_as_planned(work->req->iso, &dir->sources.progress))
		return false;
	return has_all(work);
}

/* A session with the same tree would only take room, and one of a few that the medium can have. */
static bool is_unchanged(struct burn_work *work)
{
	const struct burn_request *req = work->req;

	if (!req->append || req->appends_always || req->force || work->dir->front_was_lost ||
	    !udf_iso_is_unchanged(work->dir->image))
		return false;
	if (!req->iso->quiet && !req->json)
		burn_work_say(work, "nothing has changed since the last session, so nothing is burned; -force adds a "
			      "session anyway");
	return true;
}

static bool lay_out(struct burn_work *work, struct request *iso)
{
	struct burn_dir *dir = work->dir;
	char why[UDF_ISO_WHY_BYTES];
	enum udf_err err = mastered_new(&dir->mastered, iso, dir->image, &dir->env, false, why);

	if (dir->previous)
		burn_previous_freeze(dir->previous);
	say_lines(work);
	if (err)
		burn_work_refuse(work, "%s", why);
	return !err;
}

static bool fits_later(struct burn_work *work)
{
	uint64_t n_blocks = mastered_blocks(&work->dir->mastered) + work->req->iso_options.n_pad_blocks;

	return !work->req->blanks || burn_work_fits_blanked(work, n_blocks);
}

static void announce(struct burn_work *work, const struct request *iso)
{
	const struct udf_iso_counts *counts = counts_of(work->dir);
	uint64_t n_blocks = mastered_blocks(&work->dir->mastered), n_files = counts->n_files + counts->n_kept;
	char size[CLI_SIZE_BYTES];

	if (counts->n_left_out)
		burn_work_say(work, "warning: symbolic links and special files left out: %" PRIu64 "; -R or -r "
			      "records them", counts->n_left_out);
	if (iso->quiet || work->req->json)
		return;
	cli_size_text(n_blocks * UDF_ISO_BLOCK_BYTES, size);
	burn_work_say(work, "%s: %" PRIu64 " blocks (%s) from block %" PRIu32 " on: %" PRIu64 " file%s, %" PRIu64
		      " director%s%s", work->dir->name, n_blocks, size, work->dir->first_lba, n_files,
		      n_files == 1 ? "" : "s", counts->n_dirs, counts->n_dirs == 1 ? "y" : "ies",
		      counts->n_kept ? ", with those of the previous session" : "");
}

static struct burn_dir *dir_new(struct request *iso)
{
	struct burn_dir *dir = calloc(1, sizeof(*dir));

	if (!dir)
		return NULL;
	iso->plan.fine_times = iso->bridge;
	sources_init(&dir->sources, iso);
	dir->listener = sources_listener(&dir->sources);
	dir->listener.failed = failed;
	dir->env = (struct udf_env){ dir, now, random_bytes, logged };
	dir->name = iso->n_operands == 1 ? iso->operands[0] : iso->tar ? iso->tar : "the files";
	pthread_mutex_init(&dir->lock, NULL);
	dir->last = &dir->first;
	return dir;
}

/* What no session can be written to is refused before the files are looked for. */
static bool can_be_written(struct burn_work *work)
{
	const struct mmc_disc *disc = mmc_drive_disc(work->drive);
	char quoted[UDF_QUOTED_BYTES];
	const char *device = udf_quoted(work->device, quoted);

	if (burn_is_in_place(work))
		return true;
	if (work->req->blanks || !disc->can_overwrite)
		return burn_track_check(work, true, true);
	burn_work_refuse(work, "this %s is written like a disk: make an image with -o IMAGE, and write that "
			 "with 'udf dd IMAGE %s'%s", disc->profile->name, device,
			 disc->can_blank ? "; or blank the disc first, with blank=fast" : "");
	return false;
}

/*
 * Who forgets to change the disc of a set that is blanked first or written in place would lose one that was just made.
 * Not even -force is meant for that: it is given for what older discs hold.
 */
static bool may_be_replaced(struct burn_work *work)
{
	const struct mmc_disc *disc = mmc_drive_disc(work->drive);
	const struct set_view *set = work->req->iso->set;
	struct udf_disc_list list;
	struct bio *bio = NULL;
	bool is_other = false;

	if (!set || !(work->req->blanks || burn_is_in_place(work)) || !disc->n_blocks ||
	    burn_previous_new(work->drive, disc->n_blocks, &bio) != UDF_OK)
		return true;
	if (udf_iso_list_read(bio, NULL, &list) == UDF_OK || check_udf_list_read(bio, NULL, &list) == UDF_OK) {
		is_other = strcmp(list.id, set->id) == 0 && list.here != set->disc;
		if (is_other)
			burn_work_refuse(work, "holds disc %02u of this very set, which would be lost; insert another "
					 "one", list.here);
		udf_disc_list_done(&list);
	}
	bio_close(bio);
	return !is_other;
}

bool burn_dir_prepare(struct burn_work *work)
{
	struct request *iso = work->req->iso;
	bool ok;

	if (!iso)
		return true;
	if (!can_be_written(work) || !may_be_replaced(work))
		return false;
	work->dir = dir_new(iso);
	if (!work->dir) {
		burn_work_refuse(work, "%s", udf_strerror(UDF_E_NOMEM));
		return false;
	}
	iso->plan.is_reproducible = getenv("SOURCE_DATE_EPOCH") != NULL;
	iso->plan.opens_first = true;
	if (!find_place(work, iso))
		return false;
	burn_die_of_interrupts(work->device, work->req->how_to_go_on);
	if (burn_is_interrupted()) {
		burn_work_refuse(work, "interrupted; nothing was written");
		return false;
	}
	ok = iso->udf ? make_udf(work, iso) : add_all(work, iso);
	work->dir->is_unchanged = ok && is_unchanged(work);
	if (work->dir->is_unchanged) {
		burn_catch_interrupts();
		return true;
	}
	ok = ok && (iso->udf || lay_out(work, iso));
	burn_catch_interrupts();
	if (!ok || !fits_later(work))
		return false;
	announce(work, iso);
	return true;
}

/* ---- burning ---- */

static enum udf_err dir_read(void *ctx, void *ret_data, size_t n_bytes, size_t *ret_n_bytes)
{
	struct burn_dir *dir = ctx;
	enum udf_err err = UDF_OK;
	uint32_t n_blocks = 0;

	if (dir->piece_at == dir->n_piece) {
		err = burn_is_interrupted() ? UDF_E_CANCELLED :
		      mastered_read(&dir->mastered, PIECE_BLOCKS, dir->piece, &n_blocks);
		dir->piece_at = 0;
		dir->n_piece = (size_t)n_blocks * UDF_ISO_BLOCK_BYTES;
	}
	if (n_bytes > dir->n_piece - dir->piece_at)
		n_bytes = dir->n_piece - dir->piece_at;
	memcpy(ret_data, dir->piece + dir->piece_at, n_bytes);
	dir->piece_at += n_bytes;
	*ret_n_bytes = n_bytes;
	return err;
}

int burn_dir_burn(struct burn_work *work)
{
	struct burn_dir *dir = work->dir;
	const uint64_t n_blocks = dir->is_unchanged ? 0 : mastered_blocks(&dir->mastered);
	const struct burn_item item = { .name = dir->name, .has_size = true,
					.n_bytes = n_blocks * UDF_ISO_BLOCK_BYTES,
					.n_pad_blocks = work->req->iso_options.n_pad_blocks, .has_first_lba = true,
					.first_lba = dir->first_lba,
					.head = work->req->iso->plan.front,
					.source = { .ctx = dir, .read = dir_read } };
	struct burn_report report;
	enum udf_err err;

	if (dir->is_unchanged)
		return 0;
	work->between = say_lines;
	err = burn_track_write(work, &item, true, &report);
	work->between = NULL;
	dir->hangs = report.source_hangs;
	say_lines(work);
	if (err)
		return 1;
	if (!counts_of(dir)->n_failed)
		return 0;
	burn_work_say(work, "files that are incomplete on the disc: %" PRIu64, counts_of(dir)->n_failed);
	return EXIT_INCOMPLETE;
}

const struct udf_iso_counts *burn_dir_counts(const struct burn_work *work)
{
	return work->dir && (work->dir->image || work->dir->mastered.udf) ? counts_of(work->dir) : NULL;
}

void burn_dir_done(struct burn_work *work)
{
	struct burn_dir *dir = work->dir;

	if (!dir)
		return;
	/* what a thread still uses stays until the program ends */
	if (dir->hangs || !mastered_done(&dir->mastered)) {
		work->dir = NULL;
		work->outcome.hangs = true;
		return;
	}
	udf_iso_image_free(dir->image);
	say_lines(work);
	bio_close(dir->previous);
	sources_done(&dir->sources);
	pthread_mutex_destroy(&dir->lock);
	free(dir);
	work->dir = NULL;
}
