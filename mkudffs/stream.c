/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/checked.h"
#include "fill.h"
#include "master/master.h"
#include "say.h"

#define CHUNK_BYTES (128u << 10)

struct stream {
	struct fill fill;
	struct tree_populate_options tree;	/* what FILL has for them */
	struct udf_master_source source;
	struct udf_master_options options;
	struct udf_master *master;
	bool is_laid_out;
};

static void failed(void *ctx, size_t source, const char *path, enum udf_err err, int host_errno)
{
	struct stream *stream = ctx;
	const struct request *req = stream->fill.req;

	(void)source;
	if (!stream->is_laid_out) {
		stream->tree.failed(&stream->fill, path, err, host_errno);
		return;
	}
	stream->fill.failed = true;
	cli_progress_done(&stream->fill.progress);
	cli_say("mkudffs: %s/%s: %s: zeros are in its place", req->directory, path,
		host_errno == ESTALE ? "it changed meanwhile" : host_errno ? strerror(host_errno) : udf_strerror(err));
}

static void done(void *ctx, size_t source, const char *path)
{
	struct stream *stream = ctx;

	(void)source;
	stream->tree.done(&stream->fill, path, 0);
}

static void copy(struct stream *stream, uint32_t block_bytes, int fd)
{
	static uint8_t buffer[CHUNK_BYTES];
	uint64_t total = udf_master_blocks(stream->master), n_copied = 0;
	const struct request *req = stream->fill.req;
	struct cli_holes out;
	uint32_t n;

	cli_holes_begin(&out, fd);
	for (; n_copied < total; n_copied += n) {
		enum udf_err err = udf_master_read(stream->master, CHUNK_BYTES / block_bytes, buffer, &n);

		if (err)
			die("%s: cannot write: %s", req->device, udf_strerror(err));
		if (!cli_holes_write(&out, buffer, (size_t)n * block_bytes))
			die("%s: cannot write: %s", req->device, strerror(errno));
		cli_progress_bytes(&stream->fill.progress, "writing", (n_copied + n) * block_bytes,
				   total * block_bytes);
	}
	cli_progress_done(&stream->fill.progress);
	if (!cli_holes_end(&out) || close(fd) != 0)
		die("%s: cannot write: %s", req->device, strerror(errno));
}

static void set_source(struct stream *stream, const struct front_target *target, const struct udf_mkfs_params *params)
{
	const struct request *req = stream->fill.req;

	if (!req->directory)
		return;
	stream->tree = fill_tree_options(req, target, params, &stream->fill);
	stream->source = (struct udf_master_source){ req->directory_fd, stream->tree.walk, stream->tree.walk_ctx };
	stream->options = (struct udf_master_options){ .sources = &stream->source, .n_sources = 1,
						       .tree = stream->tree, .failed = failed, .done = done,
						       .ctx = stream };
}

int stream_take_stdout(void)
{
	int fd;

	if (isatty(STDOUT_FILENO))
		die("the volume would go to the terminal; give a file, or redirect standard output");
	fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (fd < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		die("standard output: cannot write: %s", strerror(errno));
	return fd;
}

void stream_volume(const struct request *req, const struct front_target *target, const struct udf_mkfs_params *params,
		   const struct udf_plan *plan, int fd, struct tree_totals *ret_totals)
{
	struct stream stream = { .fill = { .req = req, .lists_skipped = true } };
	char why[FILL_WHY_BYTES];
	enum udf_err err;

	cli_progress_init(&stream.fill.progress, stderr, !req->quiet);
	set_source(&stream, target, params);
	err = udf_master_new_planned(plan, &stream.options, cli_host_env(), &stream.master);
	if (err) {
		fill_explain(req, target, params, plan, &stream.fill, err, why);
		die("%s: cannot write: %s", req->device, why[0] ? why : udf_strerror(err));
	}
	stream.is_laid_out = true;
	*ret_totals = *udf_master_totals(stream.master);
	copy(&stream, plan->block_bytes, fd);
	udf_master_free(stream.master);
	if (stream.fill.failed)
		die("%s: the volume is incomplete: not all of %s could be copied", req->device, req->directory);
}
