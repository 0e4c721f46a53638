/* SPDX-License-Identifier: GPL-2.0-or-later */
/* udffsck: check a UDF file system. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "front/front.h"
#include "report.h"
#include "vol/vol.h"

/* fsck(8) */
enum { EXIT_CLEAN = 0, EXIT_UNCORRECTED = 4, EXIT_OPERATIONAL = 8, EXIT_USAGE = 16, EXIT_CANCELLED = 32 };

enum { OPT_JSON = 256, OPT_MOUNTED };
enum { GROUP_MODE = 1 };

static const struct cli_option options[] = {
	{ 'n', "no-changes", NULL, "check everything, and change nothing (this version never does)", 0,
	  GROUP_MODE, NULL },
	{ 'p', "preen", NULL, "check as at boot: quickly if closed; status 4 if data are at risk", 0, GROUP_MODE,
	  NULL },
	{ 'a', NULL, NULL, "the same as -p, as fsck(8) spells it", 'p', GROUP_MODE, NULL },
	{ 'f', "force", NULL, "check everything, even if the volume was unmounted cleanly", 0, 0, NULL },
	{ 'b', "blocksize", "BYTES", "set the block size, 512 to 32768 (default: detected)", 0, 0,
	  "512 1024 2048 4096 8192 16384 32768" },
	{ 'C', NULL, "FD", "show progress on the terminal (0, the default), or to descriptor FD", 0, 0,
	  NULL },
	{ 'v', "verbose", NULL, "print also remarks, and every problem", 0, 0, NULL },
	{ 0, "json", NULL, "print the problems as JSON", OPT_JSON, 0, NULL },
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
	.tail = "Exit status: 0 no problems (with -p: may be mounted), 4 problems, 8 could not be checked, 16 usage,\n"
		"32 interrupted.",
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
			req->block_bytes = cli_take_block_bytes(&tool, arg);
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

static int run(const struct request *req, struct front *front)
{
	const struct udf_vol_options how = { .block_bytes = req->block_bytes };
	struct cli_progress progress;
	struct report report;
	enum udf_err err;
	int status;

	cli_progress_init(&progress, stderr, !req->progress_fd);
	report_init(&report, req->device, req->json, req->verbose, &progress);
	report.preen = req->preen;
	err = front_open_volume(front, &how, &report.sink);
	if (err) {
		report_no_verdict(&report);
		status = err == UDF_E_CORRUPT ? EXIT_UNCORRECTED : EXIT_OPERATIONAL;
	} else {
		report.vol = front->vol;
		status = check(req, front->vol, &report);
	}
	if (!cli_flush_output("udffsck"))
		status |= EXIT_OPERATIONAL;
	return status;
}

int main(int argc, char **argv)
{
	struct front_options how = { .read_only = true, .override_option = CLI_READ_IN_USE };
	struct request req;
	struct front front;
	int status;

	read_request(&req, argc, argv);
	catch_signals();
	how.override = req.mounted;
	if (front_open_medium("udffsck", req.device, cli_host_env(), &how, &front))
		return EXIT_OPERATIONAL;
	status = run(&req, &front);
	if (status & (EXIT_UNCORRECTED | EXIT_OPERATIONAL))
		front_say_in_use(&front);
	(void)front_close(&front);
	return status;
}
