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
#include "front/image.h"
#include "medium/medium.h"
#include "vol/vol.h"

#define CHUNK_BYTES (1u << 20)
/*
 * Written last, so that nobody takes half an image for a volume: the blocks by which a system knows what is on a disc.
 * It is a whole packet of any medium.
 */
#define HEAD_BYTES (128u << 10)
#define DISC_BLOCK_BYTES 2048u		/* what every optical drive transfers; no system mounts other blocks on it */

struct writing {
	const struct front_image *job;
	int fd;
	struct stat image;
	uint64_t n_bytes;
	struct front_target target;
	struct cli_progress progress;
	uint8_t *chunk, *there;
	bool is_partial;		/* the target has only a part of the image */
	bool is_cleared;		/* and no beginning */
	bool is_written;		/* it has all of it */
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

/* A UDF volume whose blocks the medium's readers don't look for. */
static enum udf_err check_blocks(const struct writing *w)
{
	const struct medium_options read_only = { .read_only = true };
	const struct udf_vol_options how = { .allow_partial = true };
	char quoted[CLI_QUOTED_BYTES];
	struct udf_vol *vol = NULL;
	struct bio *bio = NULL;
	enum udf_err err = UDF_OK;

	if (!w->job->image || !w->target.is_optical || medium_open(w->job->image, &read_only, &bio, NULL, NULL))
		return UDF_OK;
	if (!udf_vol_open(bio, &how, NULL, NULL, &vol) && vol->block_bytes != DISC_BLOCK_BYTES) {
		cli_say("%s: %s: its blocks have %u bytes; on an optical disc only volumes with blocks of %u bytes can "
			"be mounted; 'mkudffs -b %u %s' makes such an image", w->job->tool, w->job->image,
			vol->block_bytes, DISC_BLOCK_BYTES, DISC_BLOCK_BYTES, cli_quoted(w->job->image, quoted));
		err = UDF_E_UNSUPPORTED;
	}
	udf_vol_close(vol);
	bio_close(bio);
	return err;
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

/* Never make a file: a mistyped device would become one, and fill the host's memory. */
static enum udf_err check_target(struct writing *w)
{
	const char *path = w->job->target;
	enum udf_err err = front_target_inspect(w->job->tool, path, &w->target);

	if (err)
		return err;
	if (!w->target.exists) {
		cli_say("%s: %s: there is no such device or file; this command makes none", w->job->tool, path);
		return UDF_E_NOT_FOUND;
	}
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
	return check_blocks(w);
}

/* Read one chunk of the image, up to END_BYTES; what it lacks of a whole block of BLOCK_BYTES is zeros. */
static enum udf_err read_chunk(struct writing *w, uint64_t at_bytes, uint64_t end_bytes, uint32_t block_bytes,
			       uint32_t *ret_n_blocks)
{
	size_t want = (size_t)udf_min64(CHUNK_BYTES, end_bytes - at_bytes), done = 0;

	if (!w->job->image) {
		memset(w->chunk, 0, want);
		done = want;
	}
	while (done < want) {
		ssize_t n = pread(w->fd, w->chunk + done, want - done, (off_t)(at_bytes + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return image_failed(w, "cannot read", errno);
		if (n == 0) {
			cli_say("%s: %s: became shorter while it was read", w->job->tool, w->job->image);
			return UDF_E_IO;
		}
		done += (size_t)n;
	}
	*ret_n_blocks = (uint32_t)udf_ceil_div(want, block_bytes);
	memset(w->chunk + want, 0, (size_t)*ret_n_blocks * block_bytes - want);
	return UDF_OK;
}

static enum udf_err target_failed(const struct writing *w, const char *what, uint64_t lbn, struct bio *bio,
				  enum udf_err err)
{
	char text[64];

	snprintf(text, sizeof(text), "cannot %s block %" PRIu64, what, lbn);
	cli_error(w->job->tool, w->target.path, text, err, bio_host_errno(bio));
	return err;
}

/* Write the bytes [FROM, END) of the image to BIO, or with VERIFY compare what is there. */
static enum udf_err pass(struct writing *w, struct bio *bio, bool verify, uint64_t from, uint64_t end)
{
	uint32_t block_bytes = bio->geometry.block_bytes, n_blocks = 0;
	enum udf_err err = UDF_OK;

	for (uint64_t at = from; at < end; at += CHUNK_BYTES) {
		if (w->job->is_interrupted && w->job->is_interrupted())
			return UDF_E_CANCELLED;
		err = read_chunk(w, at, end, block_bytes, &n_blocks);
		if (err)
			return err;
		if (verify)
			err = bio_read(bio, at / block_bytes, n_blocks, w->there);
		else
			err = bio_write(bio, at / block_bytes, n_blocks, w->chunk);
		if (err)
			return target_failed(w, verify ? "read back" : "write", at / block_bytes, bio, err);
		if (verify && memcmp(w->there, w->chunk, (size_t)n_blocks * block_bytes) != 0) {
			cli_say("%s: %s: what is read back from block %" PRIu64 " on is not what was written",
				w->job->tool, w->target.path, at / block_bytes);
			return UDF_E_MEDIUM;
		}
		cli_progress_bytes(&w->progress, verify ? "reading back" : "writing",
				   udf_min64(at + CHUNK_BYTES, end), w->n_bytes);
	}
	return UDF_OK;
}

static enum udf_err flush(struct writing *w, uint64_t end_bytes)
{
	struct bio *bio = w->target.bio;
	enum udf_err err = bio_flush(bio);

	return err ? target_failed(w, "make durable what was written before", end_bytes / bio->geometry.block_bytes,
				   bio, err) : UDF_OK;
}

/* Zeros where the head will be: what was there before is no volume any more either. */
static enum udf_err clear_head(struct writing *w)
{
	struct bio *bio = w->target.bio;
	enum udf_err err;

	memset(w->chunk, 0, HEAD_BYTES);
	err = bio_write(bio, 0, HEAD_BYTES / bio->geometry.block_bytes, w->chunk);
	return err ? target_failed(w, "write", 0, bio, err) : flush(w, HEAD_BYTES);
}

static enum udf_err write_image(struct writing *w)
{
	uint64_t head = w->job->image && w->n_bytes > HEAD_BYTES ? HEAD_BYTES : 0;
	enum udf_err err = front_target_open(&w->target, &w->job->options, w->n_bytes);

	if (err)
		return err;
	w->is_partial = true;
	if (head)
		err = clear_head(w);
	w->is_cleared = head && !err;
	if (!err)
		err = pass(w, w->target.bio, false, head, w->n_bytes);
	if (!err)
		err = flush(w, w->n_bytes);
	if (!err && head) {
		err = pass(w, w->target.bio, false, 0, head);
		if (!err)
			err = flush(w, head);
	}
	cli_progress_done(&w->progress);
	w->is_partial = err != UDF_OK;
	w->is_written = !err;
	return err;
}

/* What the target holds now, and what to do. */
static void say_what_is_left(const struct writing *w)
{
	char image[CLI_QUOTED_BYTES], path[CLI_QUOTED_BYTES];

	if (!w->job->image)
		return;
	if (!w->is_written && w->target.is_zero && !w->target.is_block)
		cli_say("%s: %s: holds nothing but zeros again", w->job->tool, w->target.path);
	else if (w->is_written)
		cli_say("%s: %s: has the whole image; it was not compared to its end", w->job->tool, w->target.path);
	else
		cli_say("%s: %s: has only a part of the image%s; this writes it again: udf dd --force %s %s",
			w->job->tool, w->target.path,
			w->is_cleared ? ", and nothing that can be mounted" : "", cli_quoted(w->job->image, image),
			cli_quoted(w->target.path, path));
}

/* Open it anew, so that no cache of ours answers. */
static enum udf_err verify_image(struct writing *w)
{
	const struct medium_options read_only = { .read_only = true };
	struct medium_refusal refusal;
	struct bio *bio = NULL;
	enum udf_err err;

	bio_close(w->target.bio);
	w->target.bio = NULL;
	err = medium_open(w->target.path, &read_only, &bio, NULL, &refusal);
	if (err) {
		cli_error(w->job->tool, w->target.path, refusal.why ? refusal.why : "cannot open it to read back",
			  err, refusal.host_errno);
		return err;
	}
	err = pass(w, bio, true, 0, w->n_bytes);
	cli_progress_done(&w->progress);
	bio_close(bio);
	return err;
}

static enum udf_err run(struct writing *w)
{
	enum udf_err err = open_image(w);

	if (!err)
		err = check_target(w);
	if (err || w->job->check_only)
		return err;
	w->chunk = malloc(CHUNK_BYTES);
	w->there = malloc(CHUNK_BYTES);
	if (!w->chunk || !w->there) {
		cli_say("%s: %s", w->job->tool, udf_strerror(UDF_E_NOMEM));
		return UDF_E_NOMEM;
	}
	err = front_target_claim(&w->target, &w->job->options, w->n_bytes);
	if (!err)
		err = write_image(w);
	if (!err && w->job->verify)
		err = verify_image(w);
	return err;
}

enum udf_err front_image_write(const struct front_image *job)
{
	struct writing w = { .job = job, .fd = -1 };
	enum udf_err err;

	cli_progress_init(&w.progress, stderr, true);
	err = run(&w);
	cli_progress_done(&w.progress);
	if (w.is_partial || (w.is_written && err == UDF_E_CANCELLED))
		say_what_is_left(&w);
	front_target_close(&w.target, err != UDF_OK && !w.is_written);
	if (w.fd >= 0)
		close(w.fd);
	free(w.chunk);
	free(w.there);
	return err;
}
