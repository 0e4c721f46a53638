/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "udf.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive.h"
#include "master/master.h"
#include "names.h"
#include "output.h"
#include "sources.h"
#include "udf_set.h"
#include "udf_sums.h"

#define BLOCK_BYTES 2048u
#define CHUNK_BLOCKS 64u

struct udf_volume {
	const struct request *req;
	struct udf_mkfs_params params;
	struct udf_master_source *sources;
	struct udf_tar *tar;
	const char **excludes;
	struct udf_set_dir *dirs;	/* of a set; else NULL */
	struct udf_set_list list;
	struct udf_master_options options;
	struct udf_master *master;
	struct cli_progress progress;
	uint64_t n_done, n_failed;
	void (*say)(void *ctx, const char *line);	/* NULL: messages are printed */
	void *say_ctx;
};

/* ---- what the library reports ---- */

/* "DIR/PATH: WHAT", and of an archive "ARCHIVE: PATH: WHAT". */
static void say_of(struct udf_volume *job, size_t source, const char *path, const char *what)
{
	bool is_list = source >= (size_t)job->req->n_operands && !job->tar;
	const char *of = is_list ? "" : job->tar ? job->req->tar : job->req->operands[source];
	const char *between = is_list ? "" : job->tar ? ": " : "/";
	char *line;

	if (!job->say) {
		cli_progress_done(&job->progress);
		say("%s%s%s: %s", of, between, path, what);
	} else if (asprintf(&line, "%s%s%s: %s", of, between, path, what) >= 0) {
		job->say(job->say_ctx, line);
		free(line);
	}
}

static void failed(void *ctx, size_t source, const char *path, enum udf_err err, int host_errno)
{
	struct udf_volume *job = ctx;
	const char *reason = host_errno == ESTALE ? "it changed meanwhile" :
			     host_errno ? strerror(host_errno) : udf_strerror(err);

	job->n_failed++;
	say_of(job, source, path, reason);
}

static void renamed(void *ctx, size_t source, const char *path, const char *name)
{
	char what[PATH_MAX + 64];

	snprintf(what, sizeof(what), "warning: UDF can't record a name; the volume has %s instead", name);
	say_of(ctx, source, path, what);
}

static void left_out(void *ctx, size_t source, const char *path)
{
	say_of(ctx, source, path, "left out");
}

static void done(void *ctx, size_t source, const char *path)
{
	struct udf_volume *job = ctx;

	(void)source;
	(void)path;
	cli_progress_show(&job->progress, "files found", ++job->n_done, 0);
}

/* ---- what is wanted ---- */

void udf_volume_params(const struct request *req, struct udf_mkfs_params *ret_params)
{
	uint16_t revision = req->udf_revision ? req->udf_revision : 0x0201;
	const char *why = NULL;

	if (!udf_mkfs_is_supported(UDF_MEDIA_DVD, revision, &why))
		cli_bad_usage(&isowrite_tool, "--udfrev %x.%02x: %s", (unsigned)revision >> 8,
			      (unsigned)revision & 0xFF, why);
	udf_mkfs_defaults(ret_params, UDF_MEDIA_DVD, revision);
	ret_params->block_bytes = BLOCK_BYTES;
	udf_mkfs_set_label(ret_params, req->plan.ids.volume ? req->plan.ids.volume : "LinuxUDF");
	udf_mkfs_stamp(ret_params, cli_host_env());
}

static bool open_archive(struct udf_volume *job)
{
	job->sources = calloc(2, sizeof(*job->sources));
	job->tar = job->sources ? tar_source_open(job->req, &job->progress, &job->n_failed) : NULL;
	if (!job->tar)
		return false;
	job->sources->dir_fd = -1;
	tar_source_walk(job->tar, job->sources);
	job->options.sources = job->sources;
	job->options.n_sources = 1;
	return true;
}

static bool open_sources(struct udf_volume *job)
{
	size_t n = (size_t)job->req->n_operands;

	job->sources = calloc(n + 1, sizeof(*job->sources));
	for (size_t i = 0; job->sources && i < n; i++) {
		const char *path = job->req->operands[i];

		job->sources[i].dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (job->sources[i].dir_fd < 0) {
			say("%s: %s", path, errno != ENOTDIR ? strerror(errno) :
				"is not a directory; --udf stores directories only");
			return false;
		}
		job->options.n_sources = i + 1;
	}
	job->options.sources = job->sources;
	return job->sources != NULL;
}

/* One more source, for which there is room: the list. */
static bool add_list(struct udf_volume *job, const char *text, size_t n_bytes)
{
	if (!udf_set_list_open(text, n_bytes, job->params.time.seconds, &job->list))
		return false;
	job->sources[job->options.n_sources++] = (struct udf_master_source){ .dir_fd = -1, .walk = udf_set_list_walk,
									     .walk_ctx = &job->list };
	return true;
}

/* Of a set each directory has only what is on the disc, and there is the list. */
static bool open_set(struct udf_volume *job)
{
	size_t n = (size_t)job->req->n_operands;

	if (!job->req->set)
		return true;
	job->dirs = calloc(n, sizeof(*job->dirs));
	for (size_t i = 0; job->dirs && i < n; i++) {
		job->dirs[i] = (struct udf_set_dir){ .req = job->req, .dir_fd = job->sources[i].dir_fd };
		job->sources[i].walk = udf_set_walk;
		job->sources[i].walk_ctx = &job->dirs[i];
	}
	return job->dirs && add_list(job, job->req->set->list, job->req->set->n_list_bytes);
}

/* The list of all files with their checksums is in the root directory, too. */
static bool add_sums(struct udf_volume *job)
{
	char *text = NULL;
	size_t n_bytes = 0;
	bool ok;

	if (!job->req->md5 || job->req->set)
		return true;
	ok = udf_sums_make(job->req, &job->options, &job->progress, &text, &n_bytes) && add_list(job, text, n_bytes);
	free(text);
	return ok;
}

static bool set_options(struct udf_volume *job)
{
	const struct patterns *excludes = &job->req->excludes;
	struct tree_populate_options *tree = &job->options.tree;
	struct stat st;

	job->excludes = calloc(excludes->n + 1, sizeof(*job->excludes));
	if (!job->excludes)
		return false;
	for (size_t i = 0; i < excludes->n; i++)
		job->excludes[i] = excludes->list[i].text;
	tree->excludes = job->excludes;
	tree->n_excludes = excludes->n;
	tree->skips = true;
	tree->mtime_only = getenv("SOURCE_DATE_EPOCH") != NULL;
	tree->latest = job->params.time;
	tree->root_mask = UDF_SET_MODE | UDF_SET_UID | UDF_SET_GID;
	if (job->req->output && stat(job->req->output, &st) == 0) {
		tree->skip_dev = st.st_dev;
		tree->skip_ino = st.st_ino;
	}
	job->options.failed = failed;
	job->options.renamed = renamed;
	job->options.left_out = job->req->verbose ? left_out : NULL;
	job->options.done = done;
	job->options.ctx = job;
	return true;
}

/* ---- the result ---- */

static void report_json(const struct udf_volume *job)
{
	const struct tree_totals *totals = udf_master_totals(job->master);
	struct cli_json json = { .out = stdout };

	cli_json_object(&json, NULL);
	if (job->req->output)
		cli_json_text(&json, "image", job->req->output);
	cli_json_number(&json, "blocks", udf_master_blocks(job->master));
	cli_json_number(&json, "block_size", BLOCK_BYTES);
	cli_json_number(&json, "files", totals->n_files);
	cli_json_number(&json, "directories", totals->n_directories);
	cli_json_number(&json, "hard_links", totals->n_links);
	cli_json_number(&json, "bytes", totals->n_bytes);
	cli_json_number(&json, "failed", job->n_failed);
	cli_json_object_end(&json);
}

/* As the size of an ISO 9660 image is printed. */
static void print_size(const struct udf_volume *job)
{
	if (job->req->json) {
		report_json(job);
		return;
	}
	if (!job->req->quiet)
		cli_say("Total extents scheduled to be written = %" PRIu64, udf_master_blocks(job->master));
	printf("%" PRIu64 "\n", udf_master_blocks(job->master));
}

/* Standard output may be the volume. */
static void report(const struct udf_volume *job)
{
	const struct tree_totals *totals = udf_master_totals(job->master);
	uint64_t n_blocks = udf_master_blocks(job->master);
	char size[CLI_SIZE_BYTES];

	if (job->n_failed)
		say("files and directories missing or incomplete in the volume: %" PRIu64, job->n_failed);
	if (job->req->json) {
		report_json(job);
	} else if (!job->req->quiet) {
		cli_size_text(n_blocks * BLOCK_BYTES, size);
		cli_say("%s: UDF %x.%02x, %" PRIu64 " blocks (%s): %" PRIu64 " file%s, %" PRIu64 " director%s",
			job->req->output ? job->req->output : "standard output", (unsigned)job->params.revision >> 8,
			(unsigned)job->params.revision & 0xFF, n_blocks, size, totals->n_files,
			totals->n_files == 1 ? "" : "s", totals->n_directories,
			totals->n_directories == 1 ? "y" : "ies");
	}
}

static bool copy(struct udf_volume *job, struct output *out)
{
	static uint8_t buffer[CHUNK_BLOCKS * BLOCK_BYTES];
	uint64_t total = udf_master_blocks(job->master), n_copied = 0;
	uint32_t n;
	enum udf_err err;

	while (n_copied < total) {
		err = udf_master_read(job->master, CHUNK_BLOCKS, buffer, &n);
		if (err) {
			cli_progress_done(&job->progress);
			cli_error(own_name(), NULL, "the volume can't be made", err, 0);
			return false;
		}
		if (!output_write(out, buffer, (size_t)n * BLOCK_BYTES))
			return false;
		n_copied += n;
		cli_progress_bytes(&job->progress, "writing", n_copied * BLOCK_BYTES, total * BLOCK_BYTES);
	}
	return true;
}

static bool write_volume(struct udf_volume *job)
{
	const struct request *req = job->req;
	struct output *out = output_open(req->output, req->split_output);
	bool ok;

	if (!out)
		return false;
	ok = copy(job, out);
	cli_progress_done(&job->progress);
	ok = ok && output_finish(out);
	output_close(out);
	return ok;
}

/* Give everything its place.  False, after a message, if that can't be. */
static bool lay_out(struct udf_volume *job)
{
	const char *why = NULL;
	enum udf_err err;

	udf_volume_params(job->req, &job->params);
	if (!(job->req->tar ? open_archive(job) : open_sources(job) && open_set(job)) || !set_options(job) ||
	    !add_sums(job))
		return false;
	err = udf_master_new(&job->params, &job->options, cli_host_env(), &job->master, &why);
	cli_progress_done(&job->progress);
	if (err) {
		say("the volume can't be made: %s", why ? why : udf_strerror(err));
		return false;
	}
	return sources_are_as_planned(job->req, &job->progress);
}

static int make(struct udf_volume *job)
{
	if (!job->req->output && !job->req->print_size && isatty(STDOUT_FILENO)) {
		say("standard output is a terminal; give -o FILE, or pipe the volume into another program");
		return 1;
	}
	if (!lay_out(job))
		return 1;
	if (job->req->print_size)
		print_size(job);
	else if (write_volume(job))
		report(job);
	else
		return 1;
	return job->n_failed ? EXIT_INCOMPLETE : 0;
}

static void job_init(struct udf_volume *job, const struct request *req)
{
	*job = (struct udf_volume){ .req = req, .list = { .fd = -1 } };
	cli_progress_init(&job->progress, stderr, !req->quiet);
}

static void job_done(struct udf_volume *job)
{
	cli_progress_done(&job->progress);
	udf_master_free(job->master);
	tar_source_close(job->tar);
	for (size_t i = 0; i < job->options.n_sources; i++)
		if (job->sources[i].dir_fd >= 0)
			close(job->sources[i].dir_fd);
	if (job->list.fd >= 0)
		close(job->list.fd);
	free(job->dirs);
	free(job->sources);
	free(job->excludes);
}

struct udf_volume *udf_volume_open(const struct request *req, void (*say_line)(void *ctx, const char *line), void *ctx)
{
	struct udf_volume *volume = malloc(sizeof(*volume));

	if (!volume) {
		cli_error(own_name(), NULL, NULL, UDF_E_NOMEM, 0);
		return NULL;
	}
	job_init(volume, req);
	volume->say = say_line;
	volume->say_ctx = ctx;
	if (lay_out(volume))
		return volume;
	udf_volume_close(volume);
	return NULL;
}

uint64_t udf_volume_blocks(const struct udf_volume *volume)
{
	return udf_master_blocks(volume->master);
}

enum udf_err udf_volume_read(struct udf_volume *volume, uint32_t n_blocks, void *ret_data, uint32_t *ret_n_blocks)
{
	*ret_n_blocks = 0;
	return udf_master_read(volume->master, n_blocks, ret_data, ret_n_blocks);
}

void udf_volume_count(const struct udf_volume *volume, struct udf_iso_counts *ret_counts)
{
	const struct tree_totals *totals = udf_master_totals(volume->master);

	*ret_counts = (struct udf_iso_counts){ .n_files = totals->n_files, .n_dirs = totals->n_directories,
					       .n_failed = volume->n_failed };
}

void udf_volume_close(struct udf_volume *volume)
{
	if (!volume)
		return;
	job_done(volume);
	free(volume);
}

int udf_volume(const struct request *req)
{
	struct udf_volume job;
	int status;

	job_init(&job, req);
	status = make(&job);
	job_done(&job);
	return status;
}

bool udf_volume_measure(const struct request *req, uint64_t *ret_n_blocks)
{
	struct udf_volume job;
	bool ok;

	job_init(&job, req);
	ok = lay_out(&job);
	if (ok && job.n_failed) {
		say("nothing was written, because the set would lack files or directories: %" PRIu64 ".  -m GLOB "
		    "leaves them out", job.n_failed);
		ok = false;
	}
	if (ok)
		*ret_n_blocks = udf_master_blocks(job.master);
	job_done(&job);
	return ok;
}
