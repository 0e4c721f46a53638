/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/checked.h"
#include "consent.h"
#include "file.h"
#include "jobs.h"

#define BLOCK_BYTES 2048u

struct source {
	const struct work *work;
	int fd;
	uint64_t n_bytes;
};

static enum udf_err host_failed(const struct source *source, const char *what)
{
	int host_errno = errno;

	cli_error("cdrwtool", source->work->req->file, what, udf_err_from_errno(host_errno), host_errno);
	return udf_err_from_errno(host_errno);
}

/* Open the file; its size must be known, so that what does not fit is refused before anything is written. */
static enum udf_err open_source(struct source *source)
{
	const struct work *work = source->work;
	const struct mmc_disc *disc = mmc_drive_disc(work->drive);
	uint64_t room_blocks;
	struct stat st;

	source->fd = open(work->req->file, O_RDONLY | O_CLOEXEC);
	if (source->fd < 0 || fstat(source->fd, &st) < 0)
		return host_failed(source, "cannot open");
	if (!S_ISREG(st.st_mode)) {
		cli_say("cdrwtool: %s: not a regular file", work->req->file);
		return UDF_E_INVAL;
	}
	source->n_bytes = (uint64_t)st.st_size;
	room_blocks = disc->n_blocks > work->req->offset ? disc->n_blocks - work->req->offset : 0;
	if (udf_ceil_div(source->n_bytes, BLOCK_BYTES) > room_blocks) {
		work_say(work, "%s has %llu blocks, and there are %llu from block %u on", work->req->file,
			 (unsigned long long)udf_ceil_div(source->n_bytes, BLOCK_BYTES),
			 (unsigned long long)room_blocks, work->req->offset);
		return UDF_E_NOSPC;
	}
	return UDF_OK;
}

/* Read N_BYTES; the file may have become shorter. */
static enum udf_err read_source(const struct source *source, uint8_t *data, size_t n_bytes)
{
	while (n_bytes) {
		ssize_t n = read(source->fd, data, n_bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return host_failed(source, "cannot read");
		if (n == 0) {
			cli_say("cdrwtool: %s: became shorter while it was read", source->work->req->file);
			return UDF_E_IO;
		}
		data += n;
		n_bytes -= (size_t)n;
	}
	return UDF_OK;
}

/* Unit by unit; the last one is filled with zeros. */
static enum udf_err copy(struct work *work, struct source *source, uint8_t *unit, uint32_t unit_blocks)
{
	size_t unit_bytes = (size_t)unit_blocks * BLOCK_BYTES;
	uint64_t done_bytes = 0;
	uint32_t lba = work->req->offset;
	enum udf_err err = UDF_OK;

	while (!err && done_bytes < source->n_bytes) {
		size_t n = (size_t)udf_min64(unit_bytes, source->n_bytes - done_bytes);

		memset(unit + n, 0, unit_bytes - n);
		err = read_source(source, unit, n);
		if (err)
			return err;
		err = mmc_drive_write(work->drive, lba, unit_blocks, unit);
		if (err)
			break;
		lba += unit_blocks;
		done_bytes += n;
		cli_progress_bytes(&work->progress, "writing", done_bytes, source->n_bytes);
	}
	if (!err)
		err = mmc_drive_sync(work->drive);
	cli_progress_done(&work->progress);
	if (err)
		work_failed(work, "cannot write the file", err);
	return err;
}

enum udf_err job_write_file(struct work *work)
{
	const struct mmc_disc *disc = mmc_drive_disc(work->drive);
	uint32_t unit_blocks = disc->write_unit_blocks ? disc->write_unit_blocks : 1;
	struct source source = { .work = work, .fd = -1 };
	uint8_t *unit = NULL;
	enum udf_err err;

	if (!disc->can_overwrite) {
		work_say(work, "the disc can't be overwritten now%s%s", disc->trouble ? ".  " : "; ",
			 disc->trouble ? disc->trouble : "--format makes it so, if it is rewritable");
		return UDF_E_UNSUPPORTED;
	}
	if (work->req->offset % unit_blocks) {
		work_say(work, "--offset must be a multiple of %u, which the disc writes at once", unit_blocks);
		return UDF_E_INVAL;
	}
	err = check_packets(work);
	if (!err)
		err = open_source(&source);
	if (!err && !consent_given(work))
		err = UDF_E_CANCELLED;
	if (!err)
		unit = malloc((size_t)unit_blocks * BLOCK_BYTES);
	if (!err && !unit)
		err = UDF_E_NOMEM;
	if (!err) {
		set_speed(work);
		err = copy(work, &source, unit, unit_blocks);
	}
	free(unit);
	if (source.fd >= 0)
		close(source.fd);
	return err;
}
