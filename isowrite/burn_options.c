/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line of the burning half.  Words have one dash or two, and settings are NAME=VALUE without any, as
 * cdrecord(1) has them.  What is said of an image stands before it.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "burn.h"
#include "burn_request.h"
#include "burn_table.h"
#include "cli/burner.h"
#include "medium/drives.h"
#include "names.h"

#define DEFAULT_FIFO_BYTES (4u << 20)
#define PAD_BLOCKS 15u			/* what -pad of cdrecord(1) adds: 30 KiB */
#define BLOCK_BYTES 2048u
#define PACKET_BLOCKS 32u		/* no reader and no drive of ours knows other fixed packets */
#define PREGAP_BLOCKS 150u

static const struct {
	const char *name, *text;
	enum mmc_blanking blanking;
} blankings[] = {
	{ "all", "the whole disc", MMC_BLANK_DISC }, { "disc", "the same", MMC_BLANK_DISC },
	{ "disk", "the same", MMC_BLANK_DISC }, { "fast", "its tables alone", MMC_BLANK_MINIMAL },
	{ "minimal", "the same", MMC_BLANK_MINIMAL }, { "track", "the last track, if it is open", MMC_BLANK_TRACK },
	{ "unreserve", "a reserved track", MMC_BLANK_UNRESERVE }, { "trtail", "the tail of a track", MMC_BLANK_TAIL },
	{ "unclose", "the end of the last session", MMC_BLANK_UNCLOSE },
	{ "session", "the last session", MMC_BLANK_SESSION },
};
#define N_BLANKINGS (sizeof(blankings) / sizeof(*blankings))

/* A command line in the making. */
struct reading {
	struct burn_request *req;
	struct burn_image_options next;		/* of the next image */
	bool pads;
	bool masters;				/* the operands, and what is no word, are for request_read() */
	const char *size_of_fifo, *speed, *driver_options;	/* as given */
	struct cli_burner burner;		/* what is not on the command line */
	char any_device[64];
};

/* Words that mean nothing to mastering: CDR_DEVICE may name the drive. */
static bool is_for_a_drive(int id)
{
	switch (id) {
	case SET_DEVICE:
	case SET_BLANK:
	case SET_MSI_FILE:
	case WORD_SCANBUS:
	case WORD_DEVICES:
	case WORD_INQUIRY:
	case WORD_CHECK_DRIVE:
	case WORD_CAPABILITIES:
	case WORD_TOC:
	case WORD_ATIP:
	case WORD_MSINFO:
	case WORD_MINFO:
	case WORD_FINALIZE:
	case WORD_FORMAT:
	case WORD_RESET:
		return true;
	default:
		return false;
	}
}

bool burn_is_wanted(int argc, char **argv)
{
	const char *value;

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		const struct cli_option *row = burn_word_find(argv[i], &value);

		if (row && is_for_a_drive(row->id))
			return true;
	}
	return false;
}

uint64_t burn_size_number(const char *name, const char *arg)
{
	static const struct { char letter; uint64_t factor; } suffixes[] = {
		{ 's', BLOCK_BYTES }, { 'b', 512 }, { 'k', 1024 }, { 'm', 1 << 20 }, { 'g', 1 << 30 },
	};
	char *end;
	unsigned long long n = strtoull(arg, &end, 10);
	uint64_t factor = 1;

	for (size_t i = 0; *end && i < sizeof(suffixes) / sizeof(*suffixes); i++)
		if (end[0] == suffixes[i].letter && !end[1])
			factor = suffixes[i].factor;
	if (end == arg || *arg == '-' || (*end && end[1]) || (*end && !strchr("sbkmg", *end)) ||
	    n > UINT64_MAX / factor)
		cli_bad_usage(&burn_tool, "%s can't be '%s': give a number of bytes, or of blocks with s, KiB "
			      "with k, MiB with m", name, arg);
	return n * factor;
}

static void __attribute__((noreturn)) end_of_output(void)
{
	exit(cli_flush_output(own_name()) ? 0 : 1);
}

static void __attribute__((noreturn)) list_blankings(void)
{
	printf("blank= takes, where medium and drive can do it:\n");
	for (size_t i = 0; i < N_BLANKINGS; i++)
		printf("  %-12s %s\n", blankings[i].name, blankings[i].text);
	end_of_output();
}

static void set_blanking(struct burn_request *req, const char *arg)
{
	if (strcmp(arg, "help") == 0)
		list_blankings();
	for (size_t i = 0; i < N_BLANKINGS; i++) {
		if (strcmp(arg, blankings[i].name) == 0) {
			req->blanks = true;
			req->blanking = blankings[i].blanking;
			return;
		}
	}
	cli_bad_usage(&burn_tool, "blank can't be '%s'; blank=help lists the kinds", arg);
}

/* "-1" and "any" leave it to the drive, as cdrskin(1) has them. */
static void set_speed(struct burn_request *req, const char *arg)
{
	uint64_t n;

	req->has_speed = strcmp(arg, "-1") != 0 && strcmp(arg, "any") != 0;
	if (!req->has_speed)
		return;
	if (cli_parse_number(arg, 0, 1000, &n))
		cli_bad_usage(&burn_tool, "speed can't be '%s': give a multiple of the single speed", arg);
	req->speed = (uint32_t)n;
	req->is_slowest = n == 0;
}

static void set_fifo(struct burn_request *req, const char *arg)
{
	uint64_t n = burn_size_number("fs", arg);

	if (n > (1u << 30))
		cli_bad_usage(&burn_tool, "fs can't be '%s': at most 1g", arg);
	req->fifo_bytes = (size_t)n;
}

/* A list with commas. */
static void set_driver_options(struct burn_request *req, const char *arg)
{
	while (*arg) {
		size_t n = strcspn(arg, ",");

		if (n == 4 && strncmp(arg, "help", n) == 0) {
			printf("driveropts= takes:\n  burnfree    protection from underruns (default)\n"
			       "  noburnfree  none: a buffer that runs empty spoils the disc\n");
			end_of_output();
		}
		if (n == 8 && strncmp(arg, "burnfree", n) == 0)
			req->may_underrun = false;
		else if (n == 10 && strncmp(arg, "noburnfree", n) == 0)
			req->may_underrun = true;
		else
			cli_bad_usage(&burn_tool, "driveropts can't be '%.*s': isowrite sets a drive's protection from "
				      "underruns (burnfree, noburnfree), and nothing else", (int)n, arg);
		arg += n + (arg[n] == ',');
	}
}

static bool take_flag(struct burn_request *req, int id)
{
	const struct {
		int id;
		bool *flag;
	} flags[] = {
		{ WORD_SCANBUS, &req->scan }, { WORD_INQUIRY, &req->inquiry }, { WORD_CHECK_DRIVE, &req->check_drive },
		{ WORD_CAPABILITIES, &req->capabilities }, { WORD_TOC, &req->toc }, { WORD_ATIP, &req->atip },
		{ WORD_MSINFO, &req->msinfo }, { WORD_MINFO, &req->minfo }, { WORD_EJECT, &req->eject },
		{ WORD_LOAD, &req->load }, { WORD_FINALIZE, &req->finalize }, { WORD_FORMAT, &req->formats },
		{ WORD_RESET, &req->reset }, { WORD_DEVICES, &req->list_devices }, { WORD_FIX, &req->fix },
		{ WORD_VERIFY, &req->verify }, { WORD_DUMMY, &req->is_test }, { WORD_MULTI, &req->is_multi },
		{ WORD_NO_FIX, &req->no_fix }, { WORD_NO_CLOSE, &req->no_close },
		{ WORD_OVERBURN, &req->overburn }, { WORD_CONCAT, &req->concat }, { WORD_FORCE, &req->force },
		{ WORD_WAIT_INPUT, &req->wait_for_input }, { WORD_SILENT, &req->silent },
		{ WORD_APPEND, &req->append }, { WORD_JSON, &req->json },
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (flags[i].id == id) {
			*flags[i].flag = true;
			return true;
		}
	}
	return false;
}

static void take_word(struct reading *r, int id)
{
	struct burn_request *req = r->req;

	if (take_flag(req, id))
		return;
	switch (id) {
	case WORD_TAO:
		req->recording = PKT_RECORD_TRACK;
		break;
	case WORD_SAO:
		req->recording = PKT_RECORD_AT_ONCE;
		break;
	case WORD_PACKET:
		if (req->recording != PKT_RECORD_FIXED_PACKETS)
			req->recording = PKT_RECORD_PACKETS;
		break;
	case WORD_PAD:
	case WORD_NO_PAD:
		r->pads = id == WORD_PAD;
		break;
	case WORD_ISO_SIZE:
		r->next.iso_size = true;
		break;
	case WORD_NO_MULTI:
		req->is_multi = false;
		break;
	case WORD_XA:
	case WORD_MODE_1:
		req->is_xa = id == WORD_XA;
		req->is_mode_1 = id == WORD_MODE_1;
		break;
	case WORD_VERBOSE:
		req->verbose++;
		break;
	case WORD_COMMANDS:
		req->shown_commands++;
		break;
	case WORD_HELP:
		cli_print_help(&burn_tool, stdout);
		end_of_output();
	case WORD_VERSION:
		printf("%s (%s) %s\n", own_name(), PACKAGE_NAME, PACKAGE_VERSION);
		end_of_output();
	default:			/* WORD_IGNORED */
		break;
	}
}

/* Settings of the next image. */
static bool take_image_setting(struct reading *r, int id, const char *value)
{
	uint64_t n;

	switch (id) {
	case SET_SIZE:
		r->next.size_bytes = burn_size_number("tsize", value);
		r->next.has_size = true;
		return true;
	case SET_PAD_SIZE:
		n = burn_size_number("padsize", value);
		r->next.n_pad_blocks = (uint32_t)((n + BLOCK_BYTES - 1) / BLOCK_BYTES);
		if (n > (uint64_t)UINT32_MAX * BLOCK_BYTES / 2)
			cli_bad_usage(&burn_tool, "padsize can't be '%s': no disc is that large", value);
		return true;
	case SET_PREGAP:
		if (cli_take_number(&burn_tool, "pregap", value, 0, UINT32_MAX) != PREGAP_BLOCKS)
			cli_bad_usage(&burn_tool, "pregap can't be '%s': isowrite can only make a pause of %u "
				      "blocks", value, PREGAP_BLOCKS);
		return true;
	default:
		return false;
	}
}

static void take_setting(struct reading *r, int id, const char *value)
{
	struct burn_request *req = r->req;

	if (take_image_setting(r, id, value))
		return;
	switch (id) {
	case SET_DEVICE:
		req->device = value;
		break;
	case SET_SPEED:
		r->speed = value;
		break;
	case SET_BLANK:
		set_blanking(req, value);
		break;
	case SET_FIFO:
		r->size_of_fifo = value;
		break;
	case SET_DRIVER_OPTIONS:
		r->driver_options = value;
		break;
	case SET_PACKET_SIZE:
		if (cli_take_number(&burn_tool, "pktsize", value, 0, UINT32_MAX) != PACKET_BLOCKS)
			cli_bad_usage(&burn_tool, "pktsize can't be '%s': isowrite writes fixed packets of %u blocks "
				      "only", value, PACKET_BLOCKS);
		req->recording = PKT_RECORD_FIXED_PACKETS;
		break;
	case SET_GRACE_TIME:
		req->grace_seconds = (uint32_t)cli_take_number(&burn_tool, "gracetime", value, 0, 86400);
		break;
	case SET_TIMEOUT:
		req->min_timeout_ms = (uint32_t)cli_take_number(&burn_tool, "timeout", value, 0, 86400) * 1000;
		break;
	case SET_MSI_FILE:
		req->msinfo = true;
		req->msi_file = value;
		break;
	default:			/* SET_IGNORED */
		break;
	}
}

/* What was said of the next image is about this one. */
static void take_image(struct reading *r, char *name)
{
	struct burn_request *req = r->req;

	if (r->masters) {
		req->operands[req->n_operands++] = name;
		return;
	}
	if (r->pads && !r->next.n_pad_blocks)
		r->next.n_pad_blocks = PAD_BLOCKS;
	req->operands[req->n_operands] = name;
	req->images[req->n_operands++] = r->next;
	r->next = (struct burn_image_options){ 0 };
}

/* Where nothing names a drive, and there is one only, that is it. */
static void take_only_drive(struct reading *r)
{
	struct medium_drive *drives = NULL;
	size_t n_drives = 0;

	if (medium_drives(&drives, &n_drives) == UDF_OK && n_drives == 1) {
		snprintf(r->any_device, sizeof(r->any_device), "%s", drives[0].node);
		r->req->device = r->any_device;
	}
	free(drives);
}

/* The configuration files of the program by whose name we were called, after ours. */
static const char *const *configuration_paths(void)
{
	static const char *const isowrite[] = { "/etc/isowrite.conf", NULL },
				 *const cdrecord[] = { "/etc/isowrite.conf", "/etc/default/cdrecord", NULL },
				 *const wodim[] = { "/etc/isowrite.conf", "/etc/wodim.conf", NULL },
				 *const dvdrecord[] = { "/etc/isowrite.conf", "/etc/dvdrecord.conf", NULL };

	return strcmp(own_name(), "cdrecord") == 0 ? cdrecord : strcmp(own_name(), "wodim") == 0 ? wodim :
	       strcmp(own_name(), "dvdrecord") == 0 ? dvdrecord : isowrite;
}

/* What is not on the command line, from the environment and the configuration. */
static void take_defaults(struct reading *r)
{
	struct burn_request *req = r->req;
	char why[CLI_BURNER_WHY_BYTES];
	size_t max_fifo;

	if (cli_burner_find(req->device, configuration_paths(), &r->burner, why)) {
		say("%s", why);
		exit(1);
	}
	if (r->burner.is_named || !req->device)
		req->device = r->burner.device;
	if (!*req->device)
		take_only_drive(r);
	if (!r->speed && *r->burner.speed)
		r->speed = r->burner.speed;
	if (!r->driver_options && *r->burner.driver_options)
		r->driver_options = r->burner.driver_options;
	if (!r->size_of_fifo && *r->burner.fifo)
		r->size_of_fifo = r->burner.fifo;
	if (r->speed)
		set_speed(req, r->speed);
	if (r->driver_options)
		set_driver_options(req, r->driver_options);
	if (r->size_of_fifo)
		set_fifo(req, r->size_of_fifo);
	max_fifo = *r->burner.max_fifo ? (size_t)burn_size_number("CDR_MAXFIFOSIZE", r->burner.max_fifo) : SIZE_MAX;
	if (req->fifo_bytes > max_fifo)
		req->fifo_bytes = max_fifo;
}

/* "isowrite dev=X IMAGE -pad": what follows the last image is about that one. */
static void take_rest(struct reading *r)
{
	struct burn_image_options *last = r->req->n_operands ? &r->req->images[r->req->n_operands - 1] : NULL;

	if (!last)
		return;
	last->iso_size |= r->next.iso_size;
	if (r->next.has_size) {
		last->has_size = true;
		last->size_bytes = r->next.size_bytes;
	}
	if (r->next.n_pad_blocks)
		last->n_pad_blocks = r->next.n_pad_blocks;
	else if (r->pads && !last->n_pad_blocks)
		last->n_pad_blocks = PAD_BLOCKS;
}

bool burn_request_writes(const struct burn_request *req)
{
	return req->iso || req->n_operands;
}

static bool asks(const struct burn_request *req)
{
	return req->scan || req->list_devices || req->inquiry || req->check_drive || req->capabilities || req->toc ||
	       req->atip || req->msinfo || req->minfo;
}

static void check_writing(const struct burn_request *req)
{
	bool is_at_once = req->recording == PKT_RECORD_AT_ONCE;
	int n_tracks = req->concat && req->n_operands ? 1 : req->n_operands;

	if (n_tracks > 1 && is_at_once)
		cli_bad_usage(&burn_tool, "only one track can be written at once; leave out -sao or -dao, or give "
			      "--concat");
	if (req->verify && req->is_test)
		cli_bad_usage(&burn_tool, "after -dummy there is nothing to verify");
	/* a track can't be read before its session is closed */
	if (req->verify && (n_tracks > 1 || req->no_fix || req->no_close))
		cli_bad_usage(&burn_tool, "--verify is for one track, and doesn't go with -nofix and -noclose");
	if (req->no_close && req->recording != PKT_RECORD_PACKETS && req->recording != PKT_RECORD_FIXED_PACKETS)
		cli_bad_usage(&burn_tool, "-noclose needs -packet: only packets can be added to an open track");
	if (req->no_close && n_tracks > 1)
		cli_bad_usage(&burn_tool, "-noclose is for one track");
	for (int i = 0; req->concat && i < req->n_operands; i++)
		if (req->images[i].has_size)
			cli_bad_usage(&burn_tool, "with --concat each image has its own size; leave out tsize=");
}

/* What --append gives to mastering: that there will be a previous session; which one, the disc says. */
static char any_session[] = "0,0";

/* What of the options of mastering makes no sense here. */
static void check_iso(const struct burn_request *req)
{
	const struct request *iso = req->iso;
	const char *previous = req->append ? req->device : NULL, *session = req->append ? any_session : NULL;

	if (req->iso_options.has_size || req->iso_options.iso_size)
		cli_bad_usage(&burn_tool, "tsize= and -isosize are for images; the size of DIR is known");
	if (iso->check)
		cli_bad_usage(&burn_tool, "--check doesn't go with dev=; use isowrite --check %s", req->device);
	if (iso->output || iso->split_output || (iso->print_size && !request_spans(iso) && !iso->chooses))
		cli_bad_usage(&burn_tool, "-o, -split-output and -print-size don't go with dev=");
	if (request_spans(iso) && (req->append || req->no_close || req->no_fix))
		cli_bad_usage(&burn_tool, "--span makes whole discs; leave out --append, -nofix and -noclose");
	if (iso->previous != previous || iso->session != session)
		cli_bad_usage(&burn_tool, "-C and -M don't go with dev=; --append finds the last session by itself");
	if (req->blanks && req->blanking != MMC_BLANK_DISC && req->blanking != MMC_BLANK_MINIMAL)
		cli_bad_usage(&burn_tool, "with DIR the whole disc is blanked; give blank=fast or blank=all");
	if (req->append && req->blanks)
		cli_bad_usage(&burn_tool, "--append doesn't go with blank=, which leaves nothing to append to");
	if (req->verify && (req->no_fix || req->no_close))
		cli_bad_usage(&burn_tool, "--verify doesn't go with -nofix and -noclose");
	if (req->fix)
		cli_bad_usage(&burn_tool, "-fix is for a disc that was written before; give no DIR with it");
}

static void check(const struct burn_request *req)
{
	if ((!req->device || !*req->device) && (req->scan || req->list_devices) && !req->n_operands)
		return;
	if (!req->device || !*req->device)
		cli_bad_usage(&burn_tool, "no drive is given; give dev=DEVICE, and -scanbus lists the drives");
	if (!burn_request_writes(req) && !asks(req) && !req->blanks && !req->formats && !req->reset && !req->eject &&
	    !req->load && !req->finalize && !req->fix)
		cli_bad_usage(&burn_tool, "nothing to do: give a DIR, an image, or - for standard input");
	if (req->json && asks(req))
		cli_bad_usage(&burn_tool, "--json is about what is burned; 'cdrwtool -d DEVICE --info --json' reports "
			      "about a disc");
	if (req->iso)
		check_iso(req);
	if (req->formats && (req->blanks || req->append || req->finalize || req->fix))
		cli_bad_usage(&burn_tool, "-format doesn't go with blank=, --append, -fix and --finalize");
	if (req->fix && (req->n_operands || req->finalize))
		cli_bad_usage(&burn_tool, "-fix is for a disc that was written before; give no image with it");
	check_writing(req);
}

/* "-V", "-r": with DIR they are options of mastering, whatever cdrecord(1) has of that name. */
static bool is_short(const char *arg)
{
	return arg[0] == '-' && arg[1] && arg[1] != '-' && !arg[2];
}

/*
 * Are the operands files and directories that are to be mastered?  They are where one is a directory, and where an
 * option is given that only mastering has.  Through a link of another name they never are.
 */
static bool is_mastering(int argc, char **argv)
{
	bool only_operands = false;
	const char *value;
	struct stat st;

	if (strcmp(own_name(), "isowrite") != 0)
		return false;
	for (int i = 1; i < argc; i++) {
		const struct cli_option *row = only_operands ? NULL : burn_word_find(argv[i], &value);

		if (row && row->id == WORD_APPEND)
			return true;
		if (row)
			continue;
		if (!only_operands && strcmp(argv[i], "--") == 0)
			only_operands = true;
		else if (!only_operands && argv[i][0] == '-' && argv[i][1] && !burn_word_is_joined(argv[i]))
			return true;
		else if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
			return true;
	}
	return false;
}

/* What is left of the command line, as one of mastering alone. */
static void read_iso(struct reading *r, char *name)
{
	static struct request iso;
	static char session_option[] = "-C", previous_option[] = "-M";
	struct burn_request *req = r->req;
	char *const append[] = { session_option, any_session, previous_option, (char *)(uintptr_t)req->device };
	size_t n = 0, n_append = req->append && req->device ? sizeof(append) / sizeof(append[0]) : 0;

	req->words = calloc((size_t)req->n_operands + n_append + 2, sizeof(*req->words));
	if (!req->words)
		cli_bad_usage(&burn_tool, "out of memory");
	req->words[n++] = name;
	for (size_t i = 0; i < n_append; i++)
		req->words[n++] = append[i];
	for (int i = 0; i < req->n_operands; i++) {
		if (n_append && strcmp(req->operands[i], "--udf") == 0)
			cli_bad_usage(&burn_tool, "--append adds a session to ISO 9660; --udf makes a disc of its own");
		req->words[n++] = req->operands[i];
	}
	req->n_operands = 0;
	request_read(&iso, CALLED_ISOWRITE, (int)n, req->words);
	if (iso.udf && (r->pads || r->next.n_pad_blocks))
		cli_bad_usage(&burn_tool, "a UDF volume ends where the disc does; leave out -pad and padsize=");
	req->iso = &iso;
	req->iso_options = r->next;
	if (r->pads && !r->next.n_pad_blocks)
		req->iso_options.n_pad_blocks = PAD_BLOCKS;
	req->verbose += iso.verbose;
	iso.quiet |= req->silent;
}

/* "debug=/build/debug" names a place on the disc and a directory, and no setting, whose values are no paths. */
static bool is_graft(const struct reading *r, const struct cli_option *row, const char *value)
{
	return r->masters && row && row->id >= SET_SPEED && row->id != SET_MSI_FILE && row->id < REFUSED_OTHER &&
	       value && (value[0] == '/' || value[0] == '.') && access(value, F_OK) == 0;
}

/* "write_start_address=32" of cdrskin(1), and no file of that name. */
static bool is_unknown_setting(const char *arg)
{
	size_t n = strspn(arg, "abcdefghijklmnopqrstuvwxyz_");

	return n && arg[n] == '=' && access(arg, F_OK) != 0;
}

static void take(struct reading *r, char *arg)
{
	const char *value = NULL;
	const struct cli_option *row = r->masters && is_short(arg) ? NULL : burn_word_find(arg, &value);

	if (is_graft(r, row, value))
		row = NULL;
	if (row && row->id >= REFUSED_OTHER)
		cli_bad_usage(&burn_tool, "'%s': %s", arg, burn_refusal(row->id));
	else if (row && row->id >= SET_DEVICE)
		take_setting(r, row->id, value);
	else if (row)
		take_word(r, row->id);
	else if (r->masters)
		take_image(r, arg);
	else if (burn_word_is_joined(arg))
		for (const char *letter = arg + 1; *letter; letter++)
			take_word(r, burn_word_find((const char[]){ '-', *letter, 0 }, &value)->id);
	else if ((arg[0] == '-' && arg[1]) || is_unknown_setting(arg))
		cli_bad_usage(&burn_tool, "'%s' is not an option for burning", arg);
	else
		take_image(r, arg);
}

void burn_request_read(struct burn_request *req, int argc, char **argv)
{
	static struct reading r;	/* the request points into it */
	bool only_operands = false;

	r = (struct reading){ .req = req, .masters = is_mastering(argc, argv) };
	*req = (struct burn_request){ .fifo_bytes = DEFAULT_FIFO_BYTES };
	req->operands = calloc((size_t)argc + 1, sizeof(*req->operands));
	req->images = calloc((size_t)argc + 1, sizeof(*req->images));
	if (!req->operands || !req->images)
		cli_bad_usage(&burn_tool, "out of memory");
	for (int i = 1; i < argc; i++) {
		if (only_operands)
			take_image(&r, argv[i]);
		else if (strcmp(argv[i], "--") != 0)
			take(&r, argv[i]);
		if (!only_operands && strcmp(argv[i], "--") == 0) {
			only_operands = true;
			if (r.masters)
				take_image(&r, argv[i]);
		}
	}
	if ((!req->scan && !req->list_devices) || req->device)
		take_defaults(&r);
	if (r.masters)
		read_iso(&r, argv[0]);
	else
		take_rest(&r);
	check(req);
}

void burn_request_done(struct burn_request *req)
{
	if (req->iso)
		request_done(req->iso);
	free(req->words);
	free(req->operands);
	free(req->images);
}
