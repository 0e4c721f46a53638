/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <udfkit/bio.h>

#include "base/checked.h"
#include "cli/cli.h"
#include "ecma/codec.h"
#include "front/image.h"
#include "front/stream.h"
#include "medium/medium.h"
#include "vol/vol.h"

#define ANCHOR_BLOCK 256u
#define DISC_BLOCK_BYTES 2048u		/* what every optical drive transfers; no system mounts other blocks on it */

struct writing {
	const struct front_image *job;
	int fd;
	struct stat image;
	uint64_t n_bytes, n_read;
	struct front_target target;
	struct cli_progress progress;
	struct front_stream_report report;
};

static enum udf_err image_failed(const struct writing *w, const char *what, int host_errno)
{
	cli_error(w->job->tool, w->job->image, what, udf_err_from_errno(host_errno), host_errno);
	return udf_err_from_errno(host_errno);
}

/* The size must be known, so that what does not fit is refused before anything is written. */
static enum udf_err open_image(struct writing *w)
{
	struct stat *st = &w->image;

	if (!w->job->image)
		return UDF_OK;
	w->fd = open(w->job->image, O_RDONLY | O_CLOEXEC);
	if (w->fd < 0 || fstat(w->fd, st) < 0)
		return image_failed(w, "cannot open", errno);
	if (!S_ISREG(st->st_mode)) {
		cli_say("%s: %s: not an image file", w->job->tool, w->job->image);
		return UDF_E_INVAL;
	}
	if (st->st_size == 0) {
		cli_say("%s: %s: is empty", w->job->tool, w->job->image);
		return UDF_E_INVAL;
	}
	w->n_bytes = (uint64_t)st->st_size;
	return UDF_OK;
}

bool front_image_suits_disc(const char *tool, const char *image)
{
	const struct medium_options read_only = { .read_only = true };
	const struct udf_vol_options how = { .allow_partial = true };
	char quoted[UDF_QUOTED_BYTES];
	struct udf_vol *vol = NULL;
	struct bio *bio = NULL;
	bool ok = true;

	if (medium_open(image, &read_only, &bio, NULL, NULL))
		return true;
	if (!udf_vol_open(bio, &how, NULL, NULL, &vol) && vol->block_bytes != DISC_BLOCK_BYTES) {
		cli_say("%s: %s: its blocks have %u bytes; on an optical disc only volumes with blocks of %u bytes can "
			"be mounted; 'mkudffs -b %u %s' makes such an image", tool, image, vol->block_bytes,
			DISC_BLOCK_BYTES, DISC_BLOCK_BYTES, udf_quoted(image, quoted));
		ok = false;
	}
	udf_vol_close(vol);
	bio_close(bio);
	return ok;
}

static bool has_anchor(const uint8_t *data, size_t n_bytes, uint32_t block_bytes)
{
	const struct udf_place place = { .part_ref = UDF_PART_VOLUME, .block_no = ANCHOR_BLOCK };
	size_t at = (size_t)ANCHOR_BLOCK * block_bytes;

	return at < n_bytes && udf_tag_verify(data + at, n_bytes - at, UDF_TAG_AVDP, place, NULL, NULL) == UDF_OK;
}

const char *front_image_start_unsuited(const uint8_t *data, size_t n_bytes)
{
	if (n_bytes <= (size_t)ANCHOR_BLOCK * DISC_BLOCK_BYTES || has_anchor(data, n_bytes, DISC_BLOCK_BYTES))
		return NULL;
	for (uint32_t block_bytes = 512; block_bytes <= 32768; block_bytes *= 2)
		if (has_anchor(data, n_bytes, block_bytes))
			return "the UDF volume does not have blocks of 2048 bytes, and others can't be mounted on an "
			       "optical disc; 'mkudffs -b 2048' makes such an image";
	return NULL;
}

/* Is the target the image, or a loop device over it?  Its beginning would be lost before it is read. */
static bool is_image_itself(const struct writing *w)
{
	const char *path = medium_host_path(w->job->target);
	struct stat target, behind;
	char text[PATH_MAX];

	if (!w->job->image || stat(path, &target) < 0)
		return false;
	if (S_ISBLK(target.st_mode) && cli_behind_loop(target.st_rdev, text, &behind))
		target = behind;
	return target.st_dev == w->image.st_dev && target.st_ino == w->image.st_ino;
}

/* Make no file unasked: a mistyped device would become one, and fill the host's memory. */
static enum udf_err check_target(struct writing *w)
{
	const char *path = w->job->target;
	enum udf_err err = front_target_inspect(w->job->tool, path, &w->target);

	if (err)
		return err;
	if (!w->target.exists && !w->job->makes_file) {
		cli_say("%s: %s: there is no such device or file, and this command does not make one",
			w->job->tool, path);
		return UDF_E_NOT_FOUND;
	}
	if (!w->target.exists)
		return UDF_OK;
	if (is_image_itself(w)) {
		cli_say("%s: %s: is the image itself", w->job->tool, path);
		return UDF_E_INVAL;
	}
	if (!w->job->image)
		w->n_bytes = w->target.size_bytes;
	if (w->n_bytes > w->target.size_bytes && !(w->job->may_grow && !w->target.is_block && !w->target.is_optical)) {
		cli_say("%s: %s: has %" PRIu64 " bytes, and the image has %" PRIu64, w->job->tool, path,
			w->target.size_bytes, w->n_bytes);
		return UDF_E_NOSPC;
	}
	if (w->job->image && w->target.is_optical && !front_image_suits_disc(w->job->tool, w->job->image))
		return UDF_E_UNSUPPORTED;
	return UDF_OK;
}

/* The next bytes of the image, or of as many zeros as the target has. */
static enum udf_err read_image(void *source, void *ret_data, size_t n_bytes, size_t *ret_n_bytes)
{
	struct writing *w = source;
	ssize_t n = (ssize_t)udf_min64(n_bytes, w->n_bytes - w->n_read);

	if (!w->job->image) {
		memset(ret_data, 0, (size_t)n);
	} else if (n > 0) {
		do {
			n = pread(w->fd, ret_data, (size_t)n, (off_t)w->n_read);
		} while (n < 0 && errno == EINTR);
		if (n < 0)
			return image_failed(w, "cannot read", errno);
		if (n == 0) {
			cli_say("%s: %s: became shorter while it was read", w->job->tool, w->job->image);
			return UDF_E_IO;
		}
	}
	w->n_read += (uint64_t)n;
	*ret_n_bytes = (size_t)n;
	return UDF_OK;
}

static bool show(void *ctx, const char *what, uint64_t done_bytes, uint64_t total_bytes)
{
	struct writing *w = ctx;

	cli_progress_bytes(&w->progress, what, done_bytes, total_bytes);
	return !w->job->is_interrupted || !w->job->is_interrupted();
}

/* What the target holds now, and what to do. */
static void say_what_is_left(const struct writing *w)
{
	char image[UDF_QUOTED_BYTES], path[UDF_QUOTED_BYTES];

	if (!w->job->image)
		return;
	if (!w->report.is_written && w->target.is_zero && !w->target.is_block)
		cli_say("%s: %s: holds only zeros again", w->job->tool, w->target.path);
	else if (w->report.is_written)
		cli_say("%s: %s: has the whole image; it was not compared to its end", w->job->tool, w->target.path);
	else
		cli_say("%s: %s: has only a part of the image%s; this writes it again: udf dd --force %s %s",
			w->job->tool, w->target.path,
			w->report.is_cleared ? ", and nothing that can be mounted" : "",
			udf_quoted(w->job->image, image), udf_quoted(w->target.path, path));
}

static enum udf_err run(struct writing *w)
{
	const struct front_stream stream = { .target = &w->target, .options = &w->job->options, .read = read_image,
					     .source = w, .n_bytes = w->n_bytes, .verify = w->job->verify,
					     .progress = show, .ctx = w };
	bool exists = w->target.exists;
	enum udf_err err = front_target_claim(&w->target, &w->job->options, w->n_bytes);

	if (!err && !exists)
		err = front_target_create(&w->target, &w->job->options);
	return err ? err : front_stream_write(&stream, &w->report);
}

enum udf_err front_image_write(const struct front_image *job)
{
	struct writing *w = calloc(1, sizeof(*w));
	enum udf_err err;

	if (!w) {
		cli_say("%s: %s", job->tool, udf_strerror(UDF_E_NOMEM));
		return UDF_E_NOMEM;
	}
	w->job = job;
	w->fd = -1;
	cli_progress_init(&w->progress, stderr, true);
	err = open_image(w);
	if (!err)
		err = check_target(w);
	if (!err && !job->check_only)
		err = run(w);
	cli_progress_done(&w->progress);
	if (w->report.is_partial || (w->report.is_written && err == UDF_E_CANCELLED))
		say_what_is_left(w);
	front_target_close(&w->target, err != UDF_OK && !w->report.is_written);
	if (w->fd >= 0)
		close(w->fd);
	free(w);
	return err;
}
