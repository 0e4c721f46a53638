/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "append_file.h"

#include <inttypes.h>
#include <string.h>
#include <udfkit/bio.h>

#include "burn_request.h"
#include "in_place.h"
#include "master.h"
#include "medium/medium.h"
#include "names.h"

struct appending {
	struct master master;
	struct cli_progress progress;
	uint8_t front[UDF_ISO_FRONT_BYTES];
};

static enum udf_err read_session(void *source, void *ret_data, size_t n_bytes, size_t *ret_n_bytes)
{
	struct appending *a = source;
	uint32_t n_blocks = 0;
	enum udf_err err = mastered_read(&a->master.mastered, (uint32_t)(n_bytes / UDF_ISO_BLOCK_BYTES), ret_data,
					 &n_blocks);

	*ret_n_bytes = (size_t)n_blocks * UDF_ISO_BLOCK_BYTES;
	return err;
}

static bool show(void *ctx, const char *what, uint64_t done_bytes, uint64_t total_bytes)
{
	struct appending *a = ctx;

	cli_progress_bytes(&a->progress, what, done_bytes, total_bytes);
	return !burn_is_interrupted();
}

/* The image that is there; NULL, after a message. */
static struct bio *open_previous(const char *path, struct request *req, uint8_t *front)
{
	const struct medium_options read_only = { .read_only = true, .block_bytes = UDF_ISO_BLOCK_BYTES };
	struct medium_refusal refusal;
	struct udf_iso_place place;
	char why[UDF_ISO_WHY_BYTES];
	struct bio *bio = NULL;
	enum udf_err err = medium_open(path, &read_only, &bio, NULL, &refusal);

	if (err) {
		cli_error(own_name(), path, refusal.why ? refusal.why : "cannot open", err, refusal.host_errno);
		return NULL;
	}
	/* a file has no packets that a power cut spoils as a whole */
	err = udf_iso_front_read(bio, NULL, front, &place, why);
	if (err || place.was_lost) {
		say("%s: no session can be added: %s", path, err ? why : "its first blocks can't be read");
		bio_close(bio);
		return NULL;
	}
	req->plan.start_block = place.start_block;
	req->plan.previous = bio;
	req->plan.previous_block = 0;
	req->plan.front = front;
	return bio;
}

static int write_session(struct appending *a, const struct request *req, const char *path, bool verify,
			 bool check_only)
{
	uint64_t n_blocks = mastered_blocks(&a->master.mastered);
	const struct in_place job = {
		.target = path, .force_option = "-use-the-force-luke=tty", .first_block = req->plan.start_block,
		.head = a->front, .has_system_area = req->plan.system_area != NULL, .check_only = check_only,
		.stream = { .read = read_session, .source = a, .n_bytes = n_blocks * UDF_ISO_BLOCK_BYTES,
			    .verify = verify, .progress = show, .ctx = a } };
	static struct front_stream_report report;
	enum udf_err err;

	cli_progress_init(&a->progress, stderr, !req->quiet);
	err = in_place_write(&job, &report);
	cli_progress_done(&a->progress);
	if (report.source_failed || err == UDF_E_CANCELLED)
		cli_error(own_name(), path, "the session can't be made", err, 0);
	if (err)
		return 1;
	if (!req->quiet)
		say("%s: %" PRIu64 " blocks from block %" PRIu32 " on%s", path, n_blocks, req->plan.start_block,
		    check_only ? " can be written; nothing was" : report.is_verified ? ", read back and the same" : "");
	return udf_iso_counts(a->master.image)->n_failed ? EXIT_INCOMPLETE : 0;
}

int append_to_file(struct request *req, const char *path, bool verify, bool check_only)
{
	static struct appending a;
	struct bio *previous;
	uint64_t n_failed;
	int status = 1;

	boot_read_mbr(req);
	previous = open_previous(path, req, a.front);
	if (!previous)
		return 1;
	req->plan.opens_first = true;
	burn_die_of_interrupts(path, NULL);
	if (master_find(&a.master, req)) {
		burn_catch_interrupts();
		n_failed = udf_iso_counts(a.master.image)->n_failed;
		if (n_failed)
			say("%s: nothing was written, because some files or directories can't be read: %" PRIu64
			    ".  -m GLOB leaves them out", path, n_failed);
		else if (master_lay_out(&a.master, false))
			status = write_session(&a, req, path, verify, check_only);
	}
	master_done(&a.master);
	bio_close(previous);
	return status;
}
