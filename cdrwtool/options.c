/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The option table of cdrwtool (letters of udftools 2.3, and names of ours) and what each option means. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "request.h"

enum {
	OPT_LIST = 256, OPT_FORMAT, OPT_SPARE, OPT_CERTIFY, OPT_BACKGROUND, OPT_REOPEN, OPT_PROTECT, OPT_EJECT,
	OPT_LOAD, OPT_RECOVER, OPT_FORCE, OPT_JSON,
};

static const struct cli_option options[] = {
	{ 'd', "device", "DEVICE", "use this drive: /dev/sr0, or sim:FILE", 0, 0, NULL },
	{ 0, "list", NULL, "list all drives and the discs in them", OPT_LIST, 0, NULL },
	{ 'i', "info", NULL, "show everything about the drive, the disc and its tracks", 0, 0, NULL },
	{ 'q', "quick", "[BLOCKS]", "make a UDF volume; blank and format the disc first if needed", 0, 0, NULL },
	{ 0, "format", "[KIND]", "format the disc: full or quick (default: as usual for the medium)", OPT_FORMAT, 0,
	  "full quick" },
	{ 'm', "format-blocks", "BLOCKS", "format that many blocks", 0, 0, NULL },
	{ 0, "spare", "HOW-MANY", "keep spare blocks (DVD-RAM, BD-RE): none, min, max or default", OPT_SPARE, 0,
	  "none min max default" },
	{ 0, "certify", NULL, "test every block when formatting (DVD-RAM, BD-RE)", OPT_CERTIFY, 0, NULL },
	{ 0, "background", NULL, "don't wait until the disc is formatted (DVD+RW)", OPT_BACKGROUND, 0,
	  NULL },
	{ 0, "reopen", NULL, "open the last session of a CD-RW or DVD-RW again", OPT_REOPEN, 0, NULL },
	{ 'u', "udf", "BLOCKS", "make a UDF volume of that many blocks on a formatted disc", 0, 0, NULL },
	{ 'b', "blank", "KIND", "erase the disc: fast, full, track, tail, unclose, session", 0, 0,
	  "fast full track tail unclose session" },
	{ 'c', "close-track", "TRACK", "close a track", 0, 0, NULL },
	{ 'C', "close-session", "SESSION", "close the last session", 0, 0, NULL },
	{ 'r', "reserve", "BLOCKS", "reserve a track of that many blocks", 0, 0, NULL },
	{ 'f', "file", "FILE", "write FILE to the disc, beginning at --offset", 0, 0, NULL },
	{ 0, "write-protect", "on|off", "turn the write protection of a DVD-RAM on or off", OPT_PROTECT, 0, "on off" },
	{ 0, "eject", NULL, "open the tray", OPT_EJECT, 0, NULL },
	{ 0, "load", NULL, "close the tray", OPT_LOAD, 0, NULL },
	{ 0, "recover", NULL, "make a disc usable again after writing was interrupted", OPT_RECOVER, 0, NULL },
	{ 'g', "get-parameters", NULL, "show the write parameters of the drive", 0, 0, NULL },
	{ 's', "set-parameters", NULL, "set the write parameters to those of -l, -p, -w and -z", 0, 0, NULL },
	{ 'o', "offset", "LBA", "the first block for --file (0); the track or block for --blank", 0, 0,
	  NULL },
	{ 't', "speed", "X", "write at X times the single speed of the medium (highest)", 0, 0, NULL },
	{ 'v', "udfrev", "REVISION", "set the UDF revision: 1.50, 2.00 or 2.01", 0, 0, "1.50 2.00 2.01" },
	{ 'z', "packet-size", "BLOCKS", "set the size of fixed packets (32)", 0, 0, NULL },
	{ 'p', "packet-type", "0|1", "use variable packets (0) or fixed packets (1) (default 1)", 0, 0, "0 1" },
	{ 'w', "write-mode", "MODE", "set the mode of the blocks: mode1 or mode2 (mode2)", 0, 0, "mode1 mode2" },
	{ 'l', "multi-session", "0|1|3", "set the multi-session field (0)", 0, 0, "0 1 3" },
	{ 0, "force", NULL, "don't ask before data are destroyed", OPT_FORCE, 0, NULL },
	{ 0, "json", NULL, "print the output of --info or --list as JSON", OPT_JSON, 0, NULL },
	{ 'V', "verbose", NULL, "print each command that the drive refuses, and its sense data", 0, 0, NULL },
	{ 0, NULL, NULL, NULL, 0, 0, NULL },
};

const struct cli_tool cdrwtool_tool = {
	.name = "cdrwtool",
	.synopsis = "-d DEVICE [OPTION]...",
	.summary = "Blank, format and prepare rewritable discs for packet writing.",
	.options = options,
	.usage_exit = 1,
	.tail = "--quick, --format, --format-blocks, --udf and --blank destroy the data on the disc.\n"
		"If the disc holds any, they print what it holds, and wait until you press ENTER.",
};

/* ARG is one of the words of CHOICES. */
static const char *choice(const char *option, const char *arg, const char *choices)
{
	size_t n = strlen(arg);

	for (const char *word = choices; *word; word += strspn(word, " ")) {
		size_t n_word = strcspn(word, " ");

		if (n_word == n && strncmp(word, arg, n) == 0)
			return arg;
		word += n_word;
	}
	cli_bad_usage(&cdrwtool_tool, "%s can't be '%s': give one of %s", option, arg, choices);
}

/* "2.01", "0x0201" and "0201" are the same. */
static uint16_t revision(const char *arg)
{
	static const struct {
		const char *text;
		uint16_t number;
	} known[] = { { "1.50", 0x0150 }, { "2.00", 0x0200 }, { "2.01", 0x0201 } };
	char *end;
	unsigned long value;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(arg, known[i].text) == 0)
			return known[i].number;
	value = strtoul(arg, &end, 16);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (end != arg && !*end && value == known[i].number)
			return known[i].number;
	cli_bad_usage(&cdrwtool_tool, "-v can't be '%s': give 1.50, 2.00 or 2.01", arg);
}

static enum mmc_spares spares(const char *word)
{
	if (strcmp(word, "none") == 0)
		return MMC_SPARES_NONE;
	if (strcmp(word, "min") == 0)
		return MMC_SPARES_MIN;
	return strcmp(word, "max") == 0 ? MMC_SPARES_MAX : MMC_SPARES_DEFAULT;
}

static void set_job(struct request *req, enum job job, const char *option)
{
	if (req->job != JOB_NONE && req->job != job)
		cli_bad_usage(&cdrwtool_tool, "%s and %s can't be done in one run", req->job_option, option);
	req->job = job;
	snprintf(req->job_option, sizeof(req->job_option), "%s", option);
}

static void set_number(struct request *req, const char *option, const char *arg, uint64_t min, uint64_t max)
{
	if (!arg)
		return;
	req->number = cli_take_number(&cdrwtool_tool, option, arg, min, max);
	req->has_number = true;
}

static bool read_job(struct request *req, int id, const char *name, const char *arg)
{
	static const struct {
		int id;
		enum job job;
		uint32_t min;		/* of its number; max 0: it takes none */
		uint32_t max;
	} jobs[] = {
		{ 'i', JOB_INFO, 0, 0 }, { 'g', JOB_GET_PARAMETERS, 0, 0 }, { 's', JOB_SET_PARAMETERS, 0, 0 },
		{ OPT_LIST, JOB_LIST, 0, 0 }, { 'q', JOB_QUICK, 1, UINT32_MAX }, { OPT_FORMAT, JOB_FORMAT, 0, 0 },
		{ 'm', JOB_FORMAT, 1, UINT32_MAX }, { 'u', JOB_UDF, 1, UINT32_MAX }, { 'b', JOB_BLANK, 0, 0 },
		{ 'c', JOB_CLOSE_TRACK, 1, 0xffff }, { 'C', JOB_CLOSE_SESSION, 0, 0xffff },
		{ 'r', JOB_RESERVE, 1, UINT32_MAX }, { 'f', JOB_WRITE_FILE, 0, 0 }, { OPT_PROTECT, JOB_PROTECT, 0, 0 },
		{ OPT_EJECT, JOB_EJECT, 0, 0 }, { OPT_LOAD, JOB_LOAD, 0, 0 }, { OPT_REOPEN, JOB_REOPEN, 0, 0 },
		{ OPT_RECOVER, JOB_RECOVER, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
		if (jobs[i].id != id)
			continue;
		set_job(req, jobs[i].job, name);
		if (jobs[i].max)
			set_number(req, name, arg, jobs[i].min, jobs[i].max);
		return true;
	}
	return false;
}

/* What the job takes besides a number */
static void read_job_word(struct request *req, int id, const char *name, const char *arg)
{
	if (id == 'b')
		req->kind = choice(name, arg, "fast full track tail unclose session");
	else if (id == OPT_FORMAT && arg)
		req->kind = choice(name, arg, "full quick");
	else if (id == 'f')
		req->file = arg;
	else if (id == OPT_PROTECT)
		req->protect = strcmp(choice(name, arg, "on off"), "on") == 0;
}

static void read_detail(struct request *req, int id, const char *name, const char *arg)
{
	req->has_parameters |= strchr("lpwz", id) != NULL && id;
	switch (id) {
	case 'o':
		req->offset = (uint32_t)cli_take_number(&cdrwtool_tool, name, arg, 0, UINT32_MAX);
		req->has_offset = true;
		break;
	case 't':
		req->speed_x = (uint32_t)cli_take_number(&cdrwtool_tool, name, arg, 0, 1000);
		break;
	case 'v':
		req->revision = revision(arg);
		break;
	case 'z':
		req->packet_blocks = (uint32_t)cli_take_number(&cdrwtool_tool, name, arg, 1, 255);
		break;
	case 'p':
		req->is_variable = strcmp(choice(name, arg, "0 1"), "0") == 0;
		break;
	case 'w':
		req->is_mode_2 = strcmp(choice(name, arg, "mode1 mode2"), "mode2") == 0;
		break;
	case 'l':
		req->multi_session = (uint8_t)(choice(name, arg, "0 1 3")[0] - '0');
		break;
	case OPT_SPARE:
		req->spares = spares(choice(name, arg, "none min max default"));
		req->has_spare = true;
		break;
	default:
		break;
	}
}

static void read_option(struct request *req, int id, const char *name, const char *arg)
{
	if (read_job(req, id, name, arg)) {
		read_job_word(req, id, name, arg);
		return;
	}
	switch (id) {
	case 'd':
		req->device = arg;
		break;
	case OPT_CERTIFY:
		req->certify = true;
		break;
	case OPT_BACKGROUND:
		req->background = true;
		break;
	case OPT_FORCE:
		req->n_force++;
		break;
	case OPT_JSON:
		req->json = true;
		break;
	case 'V':
		req->verbose = true;
		break;
	default:
		read_detail(req, id, name, arg);
		break;
	}
}

static bool blank_number_missing(const struct request *req)
{
	return req->job == JOB_BLANK && !req->has_offset && (strcmp(req->kind, "track") == 0 ||
		strcmp(req->kind, "tail") == 0);
}

/* Options that mean nothing for the job are more likely a mistake than a wish. */
static void check(const struct request *req)
{
	bool formats = req->job == JOB_FORMAT || req->job == JOB_QUICK;

	if (req->job == JOB_NONE)
		cli_bad_usage(&cdrwtool_tool, "no job is given; -i shows what is in the drive");
	if (!req->device && req->job != JOB_LIST)
		cli_bad_usage(&cdrwtool_tool, "no drive is given; --list shows the drives");
	if ((req->has_spare || req->certify || req->background) && !formats)
		cli_bad_usage(&cdrwtool_tool, "--spare, --certify and --background are for --format and --quick");
	if (req->json && req->job != JOB_INFO && req->job != JOB_LIST)
		cli_bad_usage(&cdrwtool_tool, "--json is for --info and --list");
	if (req->certify && req->kind && strcmp(req->kind, "quick") == 0)
		cli_bad_usage(&cdrwtool_tool, "--certify doesn't go with --format=quick, which tests nothing");
	if (blank_number_missing(req))
		cli_bad_usage(&cdrwtool_tool, "--blank=%s needs --offset: the track, or the first block", req->kind);
}

void request_read(struct request *req, int argc, char **argv)
{
	struct cli_parser *parser = cli_parser_new(&cdrwtool_tool, argc, argv);
	char **operands;
	const char *arg;
	int id, n;

	*req = (struct request){ .is_mode_2 = true };
	while ((id = cli_next(parser, &arg)) != -1)
		read_option(req, id, cli_option_name(parser), arg);
	n = cli_operands(parser, &operands);
	if (n == 1 && !req->device)
		req->device = operands[0];
	else if (n > 0)
		cli_bad_usage(&cdrwtool_tool, "'%s' is not expected here", operands[0]);
	cli_parser_free(parser);
	check(req);
}
