/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tracks: images and pipes, and what burn_dir.c makes. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/checked.h"
#include "base/iso9660.h"
#include "burn_request.h"
#include "front/image.h"
#include "names.h"

#define BLOCK_BYTES 2048u
#define POLL_MS 200
#define PREGAP_BLOCKS 150u
#define RUN_OUT_BLOCKS 2u		/* after a track at once */

/* An image that is open. */
struct image {
	int fd;
	const struct burn_image_options *options;
	bool may_be_empty;		/* it is no pipe, whose other end has died */
	const char *name;
	bool has_size;
	uint64_t n_bytes;		/* with has_size */
	uint64_t n_left;		/* to be read; UINT64_MAX: to the end */
	int error;			/* errno of a read that failed */
};

/* A pipe may keep us waiting for ever: look now and then whether it is still wanted. */
static enum udf_err image_read(struct image *image, const atomic_bool *must_stop, void *ret_data, size_t n_bytes,
			       size_t *ret_n_bytes)
{
	struct pollfd waiting = { .fd = image->fd, .events = POLLIN };
	ssize_t n;

	*ret_n_bytes = 0;
	if (n_bytes > image->n_left)
		n_bytes = (size_t)image->n_left;
	if (!n_bytes)
		return UDF_OK;
	do {
		if (burn_is_interrupted() || *must_stop)
			return UDF_E_CANCELLED;
	} while (poll(&waiting, 1, POLL_MS) == 0 || (waiting.revents == 0 && errno == EINTR));
	do {
		n = read(image->fd, ret_data, n_bytes);
	} while (n < 0 && errno == EINTR && !burn_is_interrupted());
	if (n < 0) {
		image->error = errno;
		return burn_is_interrupted() ? UDF_E_CANCELLED : UDF_E_IO;
	}
	if (n == 0 && image->n_left != UINT64_MAX && image->has_size) {
		image->error = 0;	/* it ended before its size: the rest becomes zeros */
		image->n_left = 0;
	}
	if (image->n_left != UINT64_MAX)
		image->n_left -= (uint64_t)n;
	*ret_n_bytes = (size_t)n;
	return UDF_OK;
}

/* What the primary volume descriptor says, if there is one. */
static bool iso_look(int fd, struct iso_volume *ret_volume)
{
	uint8_t sector[ISO_SECTOR_BYTES];

	return pread(fd, sector, sizeof(sector), ISO_FIRST_DESCRIPTOR * ISO_SECTOR_BYTES) == (ssize_t)sizeof(sector) &&
	       iso_descriptor_decode(sector, ret_volume) == ISO_PRIMARY;
}

/* The size that it gives; 0: there is none. */
static uint64_t iso_bytes(int fd)
{
	struct iso_volume volume;

	return iso_look(fd, &volume) ? (uint64_t)volume.n_blocks * volume.block_bytes : 0;
}

/* A system looks for the files of the last session where its image was made for. */
static void warn_of_place(struct burn_work *work, const struct image *image)
{
	const struct mmc_disc *disc = mmc_drive_disc(work->drive);
	struct iso_volume volume;
	char device[UDF_QUOTED_BYTES];

	if (work->req->blanks || disc->state != MMC_STATE_APPENDABLE || !disc->has_next_writable ||
	    !iso_look(image->fd, &volume) || volume.block_bytes != ISO_SECTOR_BYTES ||
	    volume.root_block >= disc->next_writable_lba)
		return;
	burn_work_say(work, "warning: %s was made for another place than block %" PRIu32 " on, so its files won't be "
		      "found there; 'isowrite --append dev=%s DIR' adds a directory, and -C makes such an image",
		      image->name, disc->next_writable_lba, udf_quoted(work->device, device));
}

/* "NAME: WHY" ends the job. */
static bool image_refuse(struct burn_work *work, const char *name, const char *why)
{
	snprintf(work->error, sizeof(work->error), "%s: %s", name, why);
	say("%s", work->error);
	return false;
}

static bool image_measure(struct burn_work *work, struct image *image)
{
	const struct burn_image_options *options;
	struct stat st;
	off_t end;

	image->n_left = UINT64_MAX;
	options = image->options;
	if (fstat(image->fd, &st))
		return image_refuse(work, image->name, strerror(errno));
	if (S_ISDIR(st.st_mode)) {
		say("%s: is a directory; this burns it: isowrite -R dev=%s %s", image->name,
		    work->req->device, image->name);
		return false;
	}
	image->may_be_empty = options->n_pad_blocks && !S_ISFIFO(st.st_mode) && !S_ISSOCK(st.st_mode);
	if (options->has_size) {
		if (S_ISREG(st.st_mode) && (uint64_t)st.st_size > options->size_bytes)
			return image_refuse(work, image->name, "is larger than tsize=");
		image->n_bytes = options->size_bytes;
		image->has_size = true;
	} else if (options->iso_size && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) || S_ISCHR(st.st_mode))) {
		return image_refuse(work, image->name, "-isosize is for files and drives, which can be read twice; of "
				    "a pipe tsize= gives the size");
	} else if (options->iso_size) {
		image->n_bytes = iso_bytes(image->fd);
		image->has_size = image->n_bytes != 0;
		if (!image->has_size)
			return image_refuse(work, image->name, "is not an ISO 9660 image, so -isosize can't be used");
	} else if (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode)) {
		end = lseek(image->fd, 0, SEEK_END);
		image->has_size = end > 0 && lseek(image->fd, 0, SEEK_SET) == 0;
		image->n_bytes = end > 0 ? (uint64_t)end : 0;
	}
	/* what a pipe gives beyond tsize= is refused by pkt_track_write() */
	if (image->has_size && !(options->has_size && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode))))
		image->n_left = image->n_bytes;
	return true;
}

static bool image_open(struct burn_work *work, int n, struct image *image)
{
	const char *name = work->req->operands[n];

	*image = (struct image){ .fd = STDIN_FILENO, .name = "standard input", .options = &work->req->images[n] };
	if (strcmp(name, "-") != 0) {
		image->name = name;
		image->fd = open(name, O_RDONLY | O_CLOEXEC);
	} else if (isatty(STDIN_FILENO)) {
		say("standard input is a terminal; pipe an image into this command, such as 'isowrite -R DIR' makes");
		return false;
	}
	if (image->fd < 0)
		return image_refuse(work, name, strerror(errno));
	return image_measure(work, image);
}

static void image_close(struct image *image)
{
	if (image->fd > STDIN_FILENO)
		(void)close(image->fd);
}

/* ---- progress ---- */

/* "writing: 12% of 700MiB, 3.5MiB/s ..." on a terminal; with -v how full the buffers are, too. */
static bool show(void *ctx, const struct burn_progress *p)
{
	struct burn_work *work = ctx;
	uint64_t done = p->track.n_blocks * BLOCK_BYTES, total = p->track.n_total * BLOCK_BYTES;
	static char what[96];
	unsigned buffered = p->track.buffer_bytes ? 100 - (unsigned)((uint64_t)p->track.buffer_free_bytes * 100 /
								     p->track.buffer_bytes) : 0;

	if (p->is_verifying || (!work->req->verbose && !work->req->shown_commands) || !work->progress.on ||
	    strcmp(p->track.what, "writing") != 0) {
		cli_progress_bytes(&work->progress, p->track.what, done, total);
	} else {
		snprintf(what, sizeof(what), "writing (fifo %u%%, drive's buffer %u%%)", p->fifo_percent, buffered);
		cli_progress_bytes(&work->progress, what, done, total);
	}
	if (work->between)
		work->between(work);
	return !burn_is_interrupted();
}

/* ---- one track ---- */

/* The lowest speed that the drive lists for the disc; where it lists none it takes the lowest that it has. */
static uint32_t speed_kbs(const struct burn_request *req, const struct mmc_disc *disc)
{
	const struct mmc_speeds *speeds = &disc->speeds;

	if (req->is_slowest)
		return speeds->n_speeds ? speeds->speeds[speeds->n_speeds - 1].write_kbs : 1;
	return req->has_speed ? req->speed * burn_single_speed(disc) : 0;
}

static enum pkt_ending ending_of(const struct burn_request *req, bool is_last)
{
	if (req->no_close)
		return PKT_END_OPEN;
	return !is_last || req->no_fix ? PKT_END_TRACK : req->is_multi ? PKT_END_SESSION : PKT_END_DISC;
}

/* All sessions of a CD are of one kind: what cdrecord(1) has written with -multi goes on in mode 2. */
static bool is_xa(const struct burn_work *work)
{
	const struct burn_request *req = work->req;
	const struct mmc_disc *disc = mmc_drive_disc(work->drive);

	if (req->is_xa || req->is_mode_1 || req->blanks || req->recording == PKT_RECORD_AT_ONCE ||
	    disc->state != MMC_STATE_APPENDABLE || disc->n_tracks < 2)
		return req->is_xa;
	return disc->tracks[disc->n_tracks - 2].data_mode == 2;
}

static struct pkt_track_plan track_plan_of(struct burn_work *work, bool is_last)
{
	const struct burn_request *req = work->req;

	return (struct pkt_track_plan){
		.recording = req->recording, .is_test = req->is_test, .may_overburn = req->overburn,
		.is_xa = is_xa(work), .may_underrun = req->may_underrun,
		.speed_kbs = speed_kbs(req, mmc_drive_disc(work->drive)), .ending = ending_of(req, is_last) };
}

bool burn_track_check(struct burn_work *work, bool is_last, bool has_size)
{
	const struct burn_request *req = work->req;
	struct pkt_track_plan plan = track_plan_of(work, is_last);
	struct pkt_track *track = NULL;
	enum udf_err err;

	plan.has_size = has_size;
	plan.n_blocks = 1;
	if (req->blanks) {
		err = pkt_track_blanked_check(work->drive, req->blanking, &plan);
	} else {
		err = pkt_track_new(work->drive, &plan, &track);
		pkt_track_free(track);
	}
	if (err)
		burn_work_failed(work, req->blanks ? "nothing is blanked" : "nothing can be written", err);
	return !err;
}

bool burn_track_room(struct burn_work *work, uint64_t *ret_n_blocks)
{
	struct pkt_track_plan plan = track_plan_of(work, true);
	struct pkt_track *track = NULL;
	enum udf_err err;

	if (!work->req->blanks) {
		plan.has_size = true;
		plan.n_blocks = 1;
		err = pkt_track_new(work->drive, &plan, &track);
		if (err)
			burn_work_failed(work, "nothing can be written", err);
		else
			*ret_n_blocks = pkt_track_free_blocks(track);
		pkt_track_free(track);
		return !err;
	}
	*ret_n_blocks = burn_work_capacity(work);
	if (*ret_n_blocks != UINT32_MAX)
		return true;
	burn_work_refuse(work, "the drive does not say how large the disc will be; give --span=SIZE");
	return false;
}

static struct burn_plan plan_of(struct burn_work *work, const struct burn_item *item, bool is_last)
{
	const struct burn_request *req = work->req;
	struct burn_plan plan = {
		.track = track_plan_of(work, is_last), .may_be_empty = item->may_be_empty,
		.has_first_lba = item->has_first_lba, .first_lba = item->first_lba,
		.fifo_bytes = req->fifo_bytes, .n_pad_blocks = item->n_pad_blocks, .verify = req->verify,
		.refuses = front_image_start_unsuited, .progress = show, .ctx = work };

	plan.track.has_size = item->has_size;
	plan.track.n_blocks = (uint32_t)((item->n_bytes + BLOCK_BYTES - 1) / BLOCK_BYTES);
	return plan;
}

static void tell(struct burn_work *work, const struct burn_item *item, const struct burn_report *report)
{
	const struct mmc_disc *disc = mmc_drive_disc(work->drive);
	uint64_t n_blocks = report->track.n_blocks + report->track.n_padding;

	if (work->req->json)
		return;
	if (work->req->is_test) {
		burn_work_say(work, "%s: %" PRIu64 " blocks written with the laser off; the disc is as it was",
			      item->name, n_blocks);
		return;
	}
	burn_work_say(work, "%s: %" PRIu64 " blocks from block %" PRIu32 " on%s; the %s is %s", item->name, n_blocks,
		      report->track.first_lba, report->was_verified ? ", read back and the same" : "",
		      disc->profile->name, mmc_state_name(disc->state));
	if (!report->track.was_protected && !work->req->may_underrun)
		burn_work_say(work, "the drive has no protection from underruns, so it wrote at its lowest speed");
}

static void tell_failure(struct burn_work *work, const struct burn_item *item, const struct burn_report *report,
			 enum udf_err err)
{
	const char *text = report->text[0] ? report->text : udf_strerror(err);
	const char *why = report->source_failed && item->why ? item->why(item->source.ctx) : NULL;

	if (why)
		burn_work_refuse(work, "%s: %s", why, text);
	else
		burn_work_refuse(work, "%s: %s", item->name, text);
}

/* As far as can be known without the data. */
static enum udf_err check_only(struct burn_work *work, const struct burn_item *item, const struct burn_plan *plan)
{
	struct pkt_track_plan track_plan = plan->track;
	struct pkt_track *writer = NULL;
	enum udf_err err;

	track_plan.n_blocks = (uint32_t)udf_min64((uint64_t)plan->track.n_blocks + plan->n_pad_blocks, UINT32_MAX);
	err = pkt_track_new(work->drive, &track_plan, &writer);
	pkt_track_free(writer);
	if (err)
		burn_work_failed(work, item->name, err);
	else
		burn_work_say(work, "%s: can be written; this was a test, so nothing was", item->name);
	return err;
}

enum udf_err burn_track_write(struct burn_work *work, const struct burn_item *item, bool is_last,
			      struct burn_report *ret_report)
{
	struct burn_plan plan = plan_of(work, item, is_last);
	enum udf_err err;

	memset(ret_report, 0, sizeof(*ret_report));
	if (item->has_size && item->n_bytes > (uint64_t)UINT32_MAX * BLOCK_BYTES) {
		burn_work_refuse(work, "%s: is larger than any disc", item->name);
		return UDF_E_NOSPC;
	}
	if (burn_is_in_place(work))
		return burn_in_place_write(work, item, ret_report);
	if (work->req->check_only)
		return check_only(work, item, &plan);
	err = burn_run(work->drive, &plan, &item->source, ret_report);
	work->outcome.was_touched |= ret_report->track.is_touched;
	cli_progress_done(&work->progress);
	if (work->between)
		work->between(work);
	if (err)
		tell_failure(work, item, ret_report, err);
	else
		tell(work, item, ret_report);
	burn_json_track(work, item->name, ret_report, !err);
	return err;
}

/* ---- images ---- */

/* The images of a track: one, or with --concat all. */
struct track {
	struct image *images;
	int n_images, at;
	atomic_bool must_stop;
	bool has_size, may_be_empty;
	uint64_t n_bytes;		/* with has_size */
	uint32_t n_pad_blocks;
	const char *name;
};

static enum udf_err track_read(void *ctx, void *ret_data, size_t n_bytes, size_t *ret_n_bytes)
{
	struct track *track = ctx;
	enum udf_err err = image_read(&track->images[track->at], &track->must_stop, ret_data, n_bytes, ret_n_bytes);

	while (!err && *ret_n_bytes == 0 && track->at + 1 < track->n_images)
		err = image_read(&track->images[++track->at], &track->must_stop, ret_data, n_bytes, ret_n_bytes);
	return err;
}

static void track_stop(void *ctx)
{
	struct track *track = ctx;

	track->must_stop = true;
}

static void track_close(struct track *track)
{
	for (int i = 0; i < track->n_images; i++)
		image_close(&track->images[i]);
	free(track->images);
	free(track);
}

/* NULL, after a message, if it can't be done. */
static struct track *track_open(struct burn_work *work, int first, int n_images)
{
	struct track *track = calloc(1, sizeof(*track));

	if (track)
		track->images = calloc((size_t)n_images, sizeof(*track->images));
	if (!track || !track->images) {
		cli_error(own_name(), NULL, NULL, UDF_E_NOMEM, 0);
		free(track);
		return NULL;
	}
	track->has_size = true;
	track->may_be_empty = true;
	for (; track->n_images < n_images; track->n_images++) {
		struct image *image = &track->images[track->n_images];

		if (!image_open(work, first + track->n_images, image)) {
			image_close(image);
			track_close(track);
			return NULL;
		}
		track->has_size &= image->has_size;
		track->may_be_empty &= image->may_be_empty;
		track->n_bytes += image->n_bytes;
		track->n_pad_blocks += image->options->n_pad_blocks;
	}
	track->name = n_images == 1 ? track->images[0].name : "all images";
	return track;
}

/* Why the image that was read last could not be. */
static const char *track_why(void *ctx)
{
	const struct track *track = ctx;
	const struct image *image = &track->images[track->at];
	static char why[1024];

	if (!image->error)
		return NULL;
	snprintf(why, sizeof(why), "%s: %s", image->name, strerror(image->error));
	return why;
}

static bool burn_one(struct burn_work *work, int first, int n_images)
{
	struct track *track = track_open(work, first, n_images);
	struct burn_report report;
	struct burn_item item;
	enum udf_err err;

	if (!track)
		return false;
	warn_of_place(work, &track->images[0]);
	item = (struct burn_item){ .name = track->name, .has_size = track->has_size, .n_bytes = track->n_bytes,
				   .may_be_empty = track->may_be_empty, .n_pad_blocks = track->n_pad_blocks,
				   .source = { .ctx = track, .read = track_read, .stop = track_stop },
				   .why = track_why };
	err = burn_track_write(work, &item, first + n_images == work->req->n_operands, &report);
	if (!report.source_hangs)
		track_close(track);
	return !err;
}

/* A FIFO is not opened: its writer would be ended by the first close(). */
static bool can_be_tried(const char *name)
{
	struct stat st;

	return strcmp(name, "-") == 0 || stat(name, &st) < 0 ||
	       S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) || S_ISBLK(st.st_mode);
}

/* A UDF volume that no system could mount would waste the disc.  What a pipe has is looked at when it has begun. */
static bool suits_disc(const char *name)
{
	return strcmp(name, "-") == 0 || !can_be_tried(name) || front_image_suits_disc(own_name(), name);
}

/* What is known of operand N before it is burned; RET_IMAGE is closed.  False, after a message, if it can't be read. */
static bool image_try(struct burn_work *work, int n, struct image *ret_image)
{
	const struct burn_image_options *options = &work->req->images[n];
	bool ok = true;

	*ret_image = (struct image){ .has_size = options->has_size, .n_bytes = options->size_bytes };
	if (can_be_tried(work->req->operands[n])) {
		ok = image_open(work, n, ret_image);
		image_close(ret_image);
	}
	return ok;
}

/* What can't work after blanking is refused before it. */
static bool blanked_check(struct burn_work *work, uint64_t n_blocks, bool all_have_sizes)
{
	const struct burn_request *req = work->req;
	bool is_one = req->concat || req->n_operands == 1;

	return burn_track_check(work, is_one, all_have_sizes) && burn_work_fits_blanked(work, n_blocks);
}

/* If the last of several tracks does not fit, the first one is not written, either. */
static bool tracks_fit(struct burn_work *work, uint64_t n_blocks)
{
	struct pkt_track_plan plan = track_plan_of(work, false);
	struct pkt_track *track = NULL;
	enum udf_err err;

	plan.n_blocks = (uint32_t)udf_min64(n_blocks, UINT32_MAX);
	err = pkt_track_new(work->drive, &plan, &track);
	pkt_track_free(track);
	if (err)
		burn_work_failed(work, "nothing can be written", err);
	return !err;
}

/* What a track of so much data takes from the disc, at least.  A CD has a pause before each track but the first. */
static uint64_t blocks_of_track(const struct burn_work *work, uint64_t n_blocks, bool is_first)
{
	enum mmc_family family = mmc_drive_disc(work->drive)->profile->family;
	uint64_t unit = family == MMC_FAMILY_DVD ? 16 : 32;

	if (family == MMC_FAMILY_CD)
		return udf_max64(n_blocks, PKT_CD_MIN_TRACK_BLOCKS) + (is_first ? 0 : PREGAP_BLOCKS + RUN_OUT_BLOCKS);
	return udf_ceil_div(n_blocks, unit) * unit;
}

bool burn_tracks_check(struct burn_work *work)
{
	bool all_have_sizes = true, is_one = work->req->concat || work->req->n_operands == 1;
	uint64_t n_blocks = 0, n;
	struct image image;

	for (int i = 0; i < work->req->n_operands; i++) {
		if (!image_try(work, i, &image) || !suits_disc(work->req->operands[i]))
			return false;
		all_have_sizes &= image.has_size;
		n = udf_ceil_div(image.n_bytes, BLOCK_BYTES) + work->req->images[i].n_pad_blocks;
		n_blocks += is_one ? n : blocks_of_track(work, n, i == 0);
	}
	if (work->req->n_operands > 1 && !work->req->concat && burn_is_in_place(work)) {
		burn_work_refuse(work, "a %s has no tracks, so it takes one image; --concat makes one of several",
				 mmc_drive_disc(work->drive)->profile->name);
		return false;
	}
	if (work->req->n_operands && work->req->blanks)
		return blanked_check(work, n_blocks, all_have_sizes);
	return is_one || !work->req->n_operands || burn_is_in_place(work) || tracks_fit(work, n_blocks);
}

int burn_tracks(struct burn_work *work)
{
	int n_images = work->req->concat ? work->req->n_operands : 1;

	for (int i = 0; i < work->req->n_operands; i += n_images)
		if (!burn_one(work, i, n_images))
			return 1;
	return 0;
}
