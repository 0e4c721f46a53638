/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "archive.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#ifdef HAVE_ARCHIVE

#include "names.h"
#include "tar/tar.h"

struct archive_job {
	const struct request *req;
	struct cli_progress *progress;
	uint64_t *n_failed, n_bytes;
};

static void failed(void *ctx, const char *path, const char *why)
{
	struct archive_job *job = ctx;

	++*job->n_failed;
	cli_progress_done(job->progress);
	say("%s: %s: %s", job->req->tar, path, why);
}

static void progress(void *ctx, uint64_t n_bytes)
{
	struct archive_job *job = ctx;

	job->n_bytes += n_bytes;
	cli_progress_bytes(job->progress, "reading", job->n_bytes, 0);
}

struct udf_tar *tar_source_open(const struct request *req, struct cli_progress *shown, uint64_t *n_failed)
{
	struct archive_job job = { .req = req, .progress = shown, .n_failed = n_failed };
	const struct udf_tar_options options = { .spool_dir = cli_spool_dir(), .failed = failed, .progress = progress,
						 .ctx = &job };
	int fd = strcmp(req->tar, "-") == 0 ? STDIN_FILENO : open(req->tar, O_RDONLY | O_CLOEXEC);
	char why[UDF_TAR_WHY_BYTES];
	struct udf_tar *tar = NULL;
	enum udf_err err;

	if (fd < 0) {
		cli_error(own_name(), req->tar, "cannot open", UDF_E_IO, errno);
		return NULL;
	}
	if (!req->quiet)
		say("%s: the data are first copied to a temporary file in %s", req->tar, options.spool_dir);
	err = udf_tar_open(fd, &options, &tar, why);
	cli_progress_done(shown);
	if (fd != STDIN_FILENO)
		close(fd);
	if (err)
		say("%s: %s", req->tar, why);
	return tar;
}

void tar_source_walk(struct udf_tar *tar, struct udf_master_source *source)
{
	source->walk = udf_tar_walk;
	source->walk_ctx = tar;
}

void tar_source_close(struct udf_tar *tar)
{
	udf_tar_close(tar);
}

#else

struct udf_tar *tar_source_open(const struct request *req, struct cli_progress *progress, uint64_t *n_failed)
{
	(void)req;
	(void)progress;
	(void)n_failed;
	cli_bad_usage(&isowrite_tool, "--tar: this isowrite was built without libarchive");
}

void tar_source_walk(struct udf_tar *tar, struct udf_master_source *source)
{
	(void)tar;
	(void)source;
}

void tar_source_close(struct udf_tar *tar)
{
	(void)tar;
}

#endif
