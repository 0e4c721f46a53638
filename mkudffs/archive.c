/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "archive.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "say.h"
#include "skipped.h"
#include "table.h"

#ifdef HAVE_ARCHIVE

#include "tar/tar.h"

struct archive_job {
	struct request *req;
	struct cli_progress progress;
	uint64_t n_bytes;
	bool failed;
};

static void failed(void *ctx, const char *path, const char *why)
{
	struct archive_job *job = ctx;

	if (job->req->skipped) {
		skipped_add(job->req->skipped, path, why);
		return;
	}
	job->failed = true;
	cli_progress_done(&job->progress);
	cli_say("mkudffs: %s: %s: cannot copy: %s", job->req->directory, path, why);
}

static void progress(void *ctx, uint64_t n_bytes)
{
	struct archive_job *job = ctx;

	job->n_bytes += n_bytes;
	cli_progress_bytes(&job->progress, "reading", job->n_bytes, 0);
}

void tar_source_read(struct request *req)
{
	struct archive_job job = { .req = req };
	const struct udf_tar_options options = { .spool_dir = cli_spool_dir(), .failed = failed, .progress = progress,
						 .ctx = &job };
	int fd = strcmp(req->directory, "-") == 0 ? STDIN_FILENO : open(req->directory, O_RDONLY | O_CLOEXEC);
	char why[UDF_TAR_WHY_BYTES];
	enum udf_err err;

	if (fd < 0)
		die("%s: cannot open: %s", req->directory, strerror(errno));
	if (!req->quiet)
		cli_say("mkudffs: %s: the data are first copied to a temporary file in %s", req->directory,
			options.spool_dir);
	cli_progress_init(&job.progress, stderr, !req->quiet);
	err = udf_tar_open(fd, &options, &req->tar, why);
	cli_progress_done(&job.progress);
	if (fd != STDIN_FILENO)
		close(fd);
	if (err)
		die("%s: %s", req->directory, why);
	if (job.failed)
		die("%s: cannot write: not all of %s could be copied", req->device, req->directory);
}

void tar_source_walk(const struct request *req, struct tree_populate_options *options)
{
	options->walk = req->tar ? udf_tar_walk : NULL;
	options->walk_ctx = req->tar;
}

void tar_source_free(struct request *req)
{
	udf_tar_close(req->tar);
}

#else

void tar_source_read(struct request *req)
{
	(void)req;
	cli_bad_usage(&mkudffs_tool, "--tar: this mkudffs was built without libarchive");
}

void tar_source_walk(const struct request *req, struct tree_populate_options *options)
{
	(void)req;
	(void)options;
}

void tar_source_free(struct request *req)
{
	(void)req;
}

#endif
