/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udffsck: check a UDF file system. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "front/front.h"
#include "medium/medium.h"
#include "report.h"
#include "vol/vol.h"

/* fsck(8) */
enum { EXIT_CLEAN = 0, EXIT_UNCORRECTED = 4, EXIT_OPERATIONAL = 8, EXIT_USAGE = 16, EXIT_CANCELLED = 32 };

enum { OPT_JSON = 256, OPT_MOUNTED };
enum { GROUP_MODE = 1 };

static const struct cli_option options[] = {
	{ 'n', "no-changes", NULL, "check everything, change nothing (this version never changes anything)", 0,
	  GROUP_MODE, NULL },
	{ 'p', "preen", NULL, "as at boot: trust a closed volume; status 4 only if data are at risk", 0, GROUP_MODE,
	  NULL },
	{ 'a', NULL, NULL, "the same as -p, as fsck(8) spells it", 'p', GROUP_MODE, NULL },
	{ 'f', "force", NULL, "check everything, even if the volume is marked as closed", 0, 0, NULL },
	{ 'b', "blocksize", "BYTES", "block size, 512 to 32768 (default: detected)", 0, 0,
	  "512 1024 2048 4096 8192 16384 32768" },
	{ 'C', NULL, "FD", "progress: 0 as a line on the terminal (default), else numbers to that descriptor", 0, 0,
	  NULL },
	{ 'v', "verbose", NULL, "print remarks too", 0, 0, NULL },
	{ 0, "json", NULL, "print the findings as JSON", OPT_JSON, 0, NULL },
	CLI_READ_IN_USE_OPTION(OPT_MOUNTED),
	{ 'y', "yes", NULL, NULL, 0, 0, NULL },
	{ 0, NULL, NULL, NULL, 0, 0, NULL },
};

static const struct cli_tool tool = {
	.name = "udffsck",
	.link_name = "fsck.udf",
	.synopsis = "[OPTION]... DEVICE",
	.summary = "Check a UDF file system on a device or in an image file.",
	.options = options,
	.usage_exit = EXIT_USAGE,
	.tail = "Exit status: 0 clean (with -p: may be mounted), 4 problems found, "
		"8 could not be checked, 16 usage, 32 cancelled.\n",
};

struct request {
	const char *device;
	uint32_t block_bytes;
	bool full, json, verbose;
	bool mounted;			/* check it even while it is mounted */
	bool preen;			/* at boot: the exit status says whether it may be mounted */
	int progress_fd;		/* 0: the terminal */
};

static volatile sig_atomic_t interrupted;

static void interrupt(int signal_number)
{
	(void)signal_number;
	interrupted = 1;
}

static bool is_interrupted(void *ctx)
{
	(void)ctx;
	return interrupted;
}

static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = interrupt, .sa_flags = SA_RESTART };

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static void read_request(struct request *req, int argc, char **argv)
{
	struct cli_parser *parser = cli_parser_new(&tool, argc, argv);
	const char *arg;
	uint64_t number;
	char **operands;
	int id, n;

	*req = (struct request){ 0 };
	while ((id = cli_next(parser, &arg)) != -1) {
		switch (id) {
		case 'n':
		case 'f':
			req->full = true;
			break;
		case 'p':
			req->preen = true;
			break;
		case 'b':
			if (cli_parse_block_bytes(arg, &req->block_bytes))
				cli_bad_usage(&tool, "--blocksize can't be '%s': not a power of two from 512 to 32768",
					      arg);
			break;
		case 'C':
			if (cli_parse_number(arg, 0, 1024, &number))
				cli_bad_usage(&tool, "-C can't be '%s'", arg);
			req->progress_fd = (int)number;
			break;
		case 'v':
			req->verbose = true;
			break;
		case OPT_JSON:
			req->json = true;
			break;
		case OPT_MOUNTED:
			req->mounted = true;
			break;
		default:
			cli_bad_usage(&tool, "%s: repair is not in this version; check with -n",
				      cli_option_name(parser));
		}
	}
	n = cli_operands(parser, &operands);
	if (n != 1)
		cli_bad_usage(&tool, n ? "one device at a time" : "no device given");
	req->device = operands[0];
	cli_parser_free(parser);
}

/* ---- progress ---- */

struct show {
	const struct request *req;
	struct cli_progress *progress;
	int last_percent;
};

/* Lines as e2fsck -C writes them: pass, how far, of how much, device. */
static void show_progress(void *ctx, const char *pass, uint64_t done, uint64_t total)
{
	struct show *show = ctx;
	int percent = total ? (int)(done * 100 / total) : 0;

	if (!show->req->progress_fd) {
		cli_progress_show(show->progress, pass, done, total);
		return;
	}
	if (percent == show->last_percent)
		return;
	show->last_percent = percent;
	dprintf(show->req->progress_fd, "%d %llu %llu %s\n", strcmp(pass, "space") ? 1 : 2,
		(unsigned long long)done, (unsigned long long)total, show->req->device);
}

/* ---- work ---- */

static void say_not_opened(const struct request *req, struct bio *bio, const struct udf_vol_options *how,
			   enum udf_err err)
{
	char text[CLI_QUOTED_BYTES + 256];

	/* The findings have reported what is damaged. */
	if (err == UDF_E_CORRUPT) {
		cli_error("udffsck", req->device, "cannot read the volume", err, 0);
	} else {
		front_no_volume_text("udffsck", req->device, bio, how, err, text, sizeof(text));
		cli_say("udffsck: %s: %s", req->device, text);
	}
}

static int check(const struct request *req, struct udf_vol *vol, struct report *report)
{
	struct show show = { req, report->progress, -1 };
	const struct chk_options chk_options = {
		.progress = show_progress,
		.progress_ctx = &show,
		.cancelled = is_interrupted,
		.ret_path = &report->path,
	};
	struct chk_result result;
	enum udf_err err;

	if (!req->full && !report_has_problems(report)) {
		report_end(report, NULL, false);
		return EXIT_CLEAN;
	}
	err = chk_volume(vol, &chk_options, &report->sink, &result);
	if (err && err != UDF_E_CANCELLED)
		report_no_verdict(report);
	else
		report_end(report, err ? NULL : &result, err == UDF_E_CANCELLED);
	if (err == UDF_E_CANCELLED)
		return EXIT_CANCELLED;
	if (err) {
		cli_error("udffsck", req->device, "cannot check", err, 0);
		return EXIT_OPERATIONAL;
	}
	if (req->preen)
		return report_may_be_mounted(report) ? EXIT_CLEAN : EXIT_UNCORRECTED;
	return report_has_problems(report) ? EXIT_UNCORRECTED : EXIT_CLEAN;
}

static int run(const struct request *req, struct bio *bio)
{
	const struct udf_vol_options vol_options = { .block_bytes = req->block_bytes };
	struct cli_about about;
	struct cli_progress progress;
	struct report report;
	struct udf_vol *vol = NULL;
	enum udf_err err;
	int status;

	cli_progress_init(&progress, stderr, !req->progress_fd);
	report_init(&report, req->device, req->json, req->verbose, &progress);
	report.preen = req->preen;
	cli_about_init(&about, cli_host_env(), req->device);
	/*
	 * Remains of an older volume may be complete enough to be checked.  Repairing them would destroy the newer file
	 * system.
	 */
	err = udf_vol_open(bio, &vol_options, NULL, NULL, &vol);
	udf_vol_close(vol);
	vol = NULL;
	if (err && front_is_foreign(req->device))
		err = UDF_E_NOT_UDF;
	else
		err = udf_vol_open(bio, &vol_options, &about.env, &report.sink, &vol);
	if (err) {
		report_no_verdict(&report);
		if (!about.logged_error)
			say_not_opened(req, bio, &vol_options, err);
		status = err == UDF_E_CORRUPT ? EXIT_UNCORRECTED : EXIT_OPERATIONAL;
	} else {
		report.vol = vol;
		status = check(req, vol, &report);
	}
	udf_vol_close(vol);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "udffsck: cannot write to standard output: %s\n", strerror(errno));
		status |= EXIT_OPERATIONAL;
	}
	return status;
}

int main(int argc, char **argv)
{
	const struct medium_options medium_options = { .read_only = true };
	struct medium_refusal refusal;
	struct cli_guard *guard = NULL;
	struct request req;
	struct bio *bio;
	enum udf_err err;
	int status;

	read_request(&req, argc, argv);
	catch_signals();
	if (cli_guard("udffsck", req.device, CLI_READ, CLI_READ_IN_USE, req.mounted, &guard))
		return EXIT_OPERATIONAL;
	err = medium_open(req.device, &medium_options, &bio, NULL, &refusal);
	if (err) {
		if (refusal.why)
			fprintf(stderr, "udffsck: %s: cannot open: %s\n", req.device, refusal.why);
		else
			cli_error("udffsck", req.device, "cannot open", err, refusal.host_errno);
		cli_guard_done(guard);
		return EXIT_OPERATIONAL;
	}
	status = run(&req, bio);
	if (status & (EXIT_UNCORRECTED | EXIT_OPERATIONAL))
		front_say_in_use("udffsck", req.device, guard);
	bio_close(bio);
	cli_guard_done(guard);
	return status;
}
