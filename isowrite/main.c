/* SPDX-License-Identifier: GPL-2.0-or-later */
/* isowrite: ISO 9660 images and UDF volumes of directories and files. */
#include "config.h"

#include <inttypes.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <udfkit/bio.h>

#include "burn.h"
#include "burn_table.h"
#include "check.h"
#include "completion.h"
#include "growisofs.h"
#include "master.h"
#include "names.h"
#include "output.h"
#include "set.h"
#include "udf.h"

#define CHUNK_BLOCKS 64u

static bool copy(struct mastered *mastered, struct output *out, struct cli_progress *progress)
{
	static uint8_t buffer[CHUNK_BLOCKS * UDF_ISO_BLOCK_BYTES];
	uint64_t total = mastered_blocks(mastered), done = 0;
	uint32_t n;
	enum udf_err err;

	while (done < total) {
		err = mastered_read(mastered, CHUNK_BLOCKS, buffer, &n);
		if (err) {
			cli_progress_done(progress);
			cli_error(own_name(), NULL, "the image can't be made", err, 0);
			return false;
		}
		if (!output_write(out, buffer, n * UDF_ISO_BLOCK_BYTES))
			return false;
		done += n;
		cli_progress_bytes(progress, "writing", done * UDF_ISO_BLOCK_BYTES, total * UDF_ISO_BLOCK_BYTES);
	}
	return true;
}

static void report_json(const struct request *req, uint64_t n_blocks, const struct udf_iso_counts *counts)
{
	struct cli_json json = { .out = stdout };

	cli_json_object(&json, NULL);
	if (req->output)
		cli_json_text(&json, "image", req->output);
	cli_json_number(&json, "blocks", n_blocks);
	cli_json_number(&json, "block_size", UDF_ISO_BLOCK_BYTES);
	cli_json_number(&json, "files", counts->n_files);
	cli_json_number(&json, "directories", counts->n_dirs);
	cli_json_number(&json, "symlinks", counts->n_symlinks);
	cli_json_number(&json, "special_files", counts->n_special);
	cli_json_number(&json, "kept_files", counts->n_kept);
	cli_json_number(&json, "left_out", counts->n_left_out);
	cli_json_number(&json, "failed", counts->n_failed);
	cli_json_object_end(&json);
}

/* Standard output may be the image. */
static void report(const struct request *req, uint64_t n_blocks, const struct udf_iso_counts *counts)
{
	char size[CLI_SIZE_BYTES];

	if (counts->n_left_out)
		say("warning: symbolic links and special files left out: %" PRIu64 "; -R or -r "
			"records them", counts->n_left_out);
	if (counts->n_failed)
		say("files and directories missing or incomplete in the image: %" PRIu64,
			counts->n_failed);
	if (req->json) {
		report_json(req, n_blocks, counts);
		return;
	}
	if (req->quiet)
		return;
	cli_size_text(n_blocks * UDF_ISO_BLOCK_BYTES, size);
	cli_say("%s: %" PRIu64 " blocks (%s): %" PRIu64 " file%s, %" PRIu64 " director%s%s",
		req->output ? req->output : "standard output", n_blocks, size, counts->n_files + counts->n_kept,
		counts->n_files + counts->n_kept == 1 ? "" : "s", counts->n_dirs, counts->n_dirs == 1 ? "y" : "ies",
		counts->n_kept ? ", with those of the previous session" : "");
}

/* As genisoimage(1) has it: the number on standard output, and with words on standard error. */
static int print_size(const struct request *req, uint64_t n_blocks, const struct udf_iso_counts *counts)
{
	if (req->json) {
		report_json(req, n_blocks, counts);
	} else {
		if (!req->quiet)
			cli_say("Total extents scheduled to be written = %" PRIu64, n_blocks);
		printf("%" PRIu64 "\n", n_blocks);
	}
	return counts->n_failed ? EXIT_INCOMPLETE : 0;
}

/* The new session refers to the files of the previous one: it can't take its place. */
static bool is_previous(const struct request *req)
{
	struct stat old, new;

	return req->previous && req->output && stat(req->previous, &old) == 0 && S_ISREG(old.st_mode) &&
	       stat(req->output, &new) == 0 && old.st_dev == new.st_dev && old.st_ino == new.st_ino;
}

static int write_image(const struct request *req, struct mastered *mastered, struct udf_iso_image *image)
{
	struct cli_progress progress;
	struct output *out;
	bool ok;

	if (!req->output && isatty(STDOUT_FILENO)) {
		say("standard output is a terminal; give -o FILE, or pipe the image into another program");
		return 1;
	}
	if (is_previous(req)) {
		say("%s: is also the image of -M; give another file with -o", req->output);
		return 1;
	}
	out = output_open(req->output, req->split_output);
	if (!out)
		return 1;
	cli_progress_init(&progress, stderr, !req->quiet);
	ok = copy(mastered, out, &progress);
	cli_progress_done(&progress);
	ok = ok && output_finish(out);
	output_close(out);
	if (!ok)
		return 1;
	report(req, mastered_blocks(mastered), udf_iso_counts(image));
	return udf_iso_counts(image)->n_failed ? EXIT_INCOMPLETE : 0;
}

/* The tree, and then the image. */
static int master_image(struct request *req)
{
	struct master master;
	int status = 1;

	if (master_find(&master, req) && master_lay_out(&master, req->print_size))
		status = req->print_size ? print_size(req, mastered_blocks(&master.mastered),
						      udf_iso_counts(master.image)) :
					   write_image(req, &master.mastered, master.image);
	master_done(&master);
	return status;
}

/* What needs a drive, or else files. */
static void check_set(const struct request *req)
{
	if (req->spans_media)
		cli_bad_usage(&isowrite_tool, "--span=media needs dev=DEVICE: the drive says how large its disc is");
	if (!req->print_size && !req->output)
		cli_bad_usage(&isowrite_tool, "--span needs dev=DEVICE, or -o FILE.iso, which becomes FILE-01.iso, "
			      "FILE-02.iso and so on");
	if (req->next_disc)
		cli_bad_usage(&isowrite_tool, "--next-disc is for dev=DEVICE");
}

/* --span: one image after another. */
static int make_set(const struct request *req)
{
	static struct set set;
	struct request *one;
	int status;

	check_set(req);
	status = set_plan(&set, req, NULL, 0) ? 0 : 1;
	if (status == 0 && req->print_size)
		set_print_sizes(&set);
	for (unsigned disc = req->first_disc ? req->first_disc : 1;
	     status == 0 && !req->print_size && disc <= set_n_discs(&set); disc++) {
		one = set_disc(&set, disc);
		status = !one ? 1 : one->udf ? udf_volume(one) : master_image(one);
		if (status)
			set_say_how_to_go_on(&set, disc, status == EXIT_INCOMPLETE);
	}
	if (status == 0 && !req->print_size)
		set_report_others(&set);
	set_done(&set);
	return status;
}

int main(int argc, char **argv)
{
	static struct request req;
	enum called called = names_take(argv[0]);
	char **words = NULL;
	int status = 1;

	setlocale(LC_CTYPE, "");
	isowrite_tool.name = burn_tool.name = own_name();
	if (completion_print(argc, argv))
		return cli_flush_output(own_name()) ? 0 : 1;
	if (called == CALLED_GROWISOFS) {
		growisofs_main(argc, argv, &status, &words);
		if (!words)
			return cli_flush_output(own_name()) ? status : 1;
		argv = words;
		for (argc = 0; argv[argc]; argc++)
			;
		status = 1;
	}
	if (called == CALLED_CDRECORD || (called == CALLED_ISOWRITE && burn_is_wanted(argc, argv)))
		return burn_main(argc, argv);
	request_read(&req, called, argc, argv);
	if (req.chooses)
		cli_bad_usage(&isowrite_tool, "--auto needs dev=DEVICE: it looks at the drive and its disc");
	req.plan.is_reproducible = getenv("SOURCE_DATE_EPOCH") != NULL;
	if (req.check) {
		status = check_images(&req);
	} else if (req.udf && !request_spans(&req)) {
		status = udf_volume(&req);
	} else {
		boot_read_mbr(&req);
		if (req.previous)
			req.plan.previous = open_image(req.previous);
		if (!req.previous || req.plan.previous)
			status = request_spans(&req) ? make_set(&req) : master_image(&req);
		bio_close(req.plan.previous);
	}
	request_done(&req);
	free(words);
	return cli_flush_output(own_name()) ? status : 1;
}
