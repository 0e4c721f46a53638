/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of cdrecord(1), wodim(1), dvdrecord(1) and cdrskin(1), and ours. */
#include "config.h"

#include "burn_table.h"

#include <string.h>

#define REFUSED(name, why) { 0, name, NULL, NULL, why, 0, NULL }

static const struct cli_option options[] = {
	/* Which drive, and how */
	{ 0, "dev=", "DEVICE", "use this drive: /dev/sr0, bus,target,unit, sim:FILE, or a configured name",
	  SET_DEVICE, 0, NULL },
	{ 0, "speed=", "N", "write at N times the single speed of the medium; 0: lowest", SET_SPEED, 0, NULL },
	{ 0, "fs=", "SIZE", "set the size of the buffer in memory (4m)", SET_FIFO, 0, NULL },
	{ 0, "driveropts=", "OPTION", "burnfree (default); noburnfree: no protection against underruns",
	  SET_DRIVER_OPTIONS, 0, "burnfree noburnfree help" },
	{ 0, "timeout=", "SECONDS", "wait at least this long for each command", SET_TIMEOUT, 0, NULL },
	{ 0, "gracetime=", "SECONDS", "wait before the disc is changed (0)", SET_GRACE_TIME, 0, NULL },
	{ 0, "reset", NULL, "reset the drive first", WORD_RESET, 0, NULL },
	/* Questions */
	{ 0, "scanbus", NULL, "list all drives with their bus addresses", WORD_SCANBUS, 0, NULL },
	{ 0, "devices", NULL, "list all drives with their device files", WORD_DEVICES, 0, NULL },
	{ 0, "inq", NULL, "show the maker and the model of the drive", WORD_INQUIRY, 0, NULL },
	{ 0, "checkdrive", NULL, "show these, and how the drive can write the medium", WORD_CHECK_DRIVE, 0, NULL },
	{ 0, "prcap", NULL, "show the capabilities that the drive reports", WORD_CAPABILITIES, 0, NULL },
	{ 0, "toc", NULL, "show the tracks", WORD_TOC, 0, NULL },
	{ 0, "atip", NULL, "show what the maker recorded on a blank CD", WORD_ATIP, 0, NULL },
	{ 0, "msinfo", NULL, "print the two addresses for -C of mkisofs(8)", WORD_MSINFO, 0, NULL },
	{ 0, "msifile=", "FILE", "print the two addresses, and write them to FILE", SET_MSI_FILE, 0, NULL },
	{ 0, "minfo", NULL, "show everything about the disc", WORD_MINFO, 0, NULL },
	{ 0, "media-info", NULL, NULL, WORD_MINFO, 0, NULL },
	/* The disc */
	{ 0, "load", NULL, "close the tray first", WORD_LOAD, 0, NULL },
	{ 0, "eject", NULL, "open the tray when everything is done", WORD_EJECT, 0, NULL },
	{ 0, "blank=", "KIND", "blank a CD-RW or DVD-RW first; blank=help lists the kinds", SET_BLANK, 0,
	  "all disc disk fast minimal track unreserve trtail unclose session help" },
	{ 0, "format", NULL, "format a DVD+RW, DVD-RW, DVD-RAM or BD-RE first", WORD_FORMAT, 0, NULL },
	{ 0, "force", NULL, "overwrite a disc, or blank one that the drive refuses to blank", WORD_FORCE, 0, NULL },
	{ 0, "fix", NULL, "close what -nofix left open, and write nothing", WORD_FIX, 0, NULL },
	{ 0, "finalize", NULL, "close the disc, including what a power cut left open", WORD_FINALIZE, 0, NULL },
	/* Writing */
	{ 0, "dummy", NULL, "write with the laser off", WORD_DUMMY, 0, NULL },
	{ 0, "multi", NULL, "allow another session to follow", WORD_MULTI, 0, NULL },
	{ 0, "nomulti", NULL, NULL, WORD_NO_MULTI, 0, NULL },
	{ 0, "nofix", NULL, "close the track, and leave the session open", WORD_NO_FIX, 0, NULL },
	{ 0, "tao", NULL, "write track by track (default)", WORD_TAO, 0, NULL },
	{ 0, "sao", NULL, "write the session, or a DVD-R, at once", WORD_SAO, 0, NULL },
	{ 0, "dao", NULL, "the same", WORD_SAO, 0, NULL },
	{ 0, "packet", NULL, "write a CD in packets of variable length", WORD_PACKET, 0, NULL },
	{ 0, "pktsize=", "BLOCKS", "write a CD in fixed packets of 32 blocks", SET_PACKET_SIZE, 0, "32" },
	{ 0, "noclose", NULL, "with -packet: leave the track open", WORD_NO_CLOSE, 0, NULL },
	{ 0, "overburn", NULL, "don't compare sizes; the drive reports a full disc", WORD_OVERBURN, 0, NULL },
	{ 0, "ignsize", NULL, "the same", WORD_OVERBURN, 0, NULL },
	{ 0, "waiti", NULL, "don't open the drive before standard input has data", WORD_WAIT_INPUT, 0, NULL },
	{ 0, "verify", NULL, "read everything back, and compare it", WORD_VERIFY, 0, NULL },
	{ 0, "append", NULL, "add a session with the files in DIR to the disc", WORD_APPEND, 0, NULL },
	/* The images that follow */
	{ 0, "data", NULL, "write data blocks in mode 1 (default)", WORD_MODE_1, 0, NULL },
	{ 0, "mode1", NULL, NULL, WORD_MODE_1, 0, NULL },
	{ 0, "xa", NULL, "write a CD in mode 2, form 1 (XA)", WORD_XA, 0, NULL },
	{ 0, "pad", NULL, "add 15 blocks of zeros to each image that follows", WORD_PAD, 0, NULL },
	{ 0, "nopad", NULL, "add no zeros (default)", WORD_NO_PAD, 0, NULL },
	{ 0, "padsize=", "SIZE", "add SIZE of zeros to the next image", SET_PAD_SIZE, 0, NULL },
	{ 0, "tsize=", "SIZE", "set the size of the next image", SET_SIZE, 0, NULL },
	{ 0, "isosize", NULL, "burn as much of the next image as its ISO 9660 descriptor says", WORD_ISO_SIZE, 0,
	  NULL },
	{ 0, "pregap=", "BLOCKS", "accepted: every track has a pause of 150 blocks", SET_PREGAP, 0, "150" },
	{ 0, "concat", NULL, "join all images to one track", WORD_CONCAT, 0, NULL },
	/* Messages */
	{ 'v', "verbose", NULL, "show how full the buffers are", WORD_VERBOSE, 0, NULL },
	{ 'V', "Verbose", NULL, "show also commands that the drive refused; twice: all commands",
	  WORD_COMMANDS, 0, NULL },
	{ 0, "json", NULL, "print the result as JSON", WORD_JSON, 0, NULL },
	{ 's', "silent", NULL, "show no commands", WORD_SILENT, 0, NULL },
	/* Taken, and without effect */
	{ 'd', NULL, NULL, NULL, WORD_IGNORED, 0, NULL },
	{ 0, "debug=", "N", "accepted, without effect", SET_IGNORED, 0, NULL },
	{ 0, "kdebug=", "N", "accepted, without effect", SET_IGNORED, 0, NULL },
	{ 0, "kd=", "N", "accepted, without effect", SET_IGNORED, 0, NULL },
	{ 0, "driver=", "NAME", "accepted, without effect", SET_IGNORED, 0, NULL },
	{ 0, "minbuf=", "PERCENT", "accepted: the drive's buffer is kept full", SET_IGNORED, 0, NULL },
	{ 0, "immed", NULL, "accepted: long work never blocks the bus", WORD_IGNORED, 0, NULL },

	{ 'h', "help", NULL, NULL, WORD_HELP, 0, NULL },
	{ 0, "version", NULL, NULL, WORD_VERSION, 0, NULL },

	REFUSED("audio", REFUSED_AUDIO), REFUSED("swab", REFUSED_AUDIO), REFUSED("useinfo", REFUSED_AUDIO),
	REFUSED("preemp", REFUSED_AUDIO), REFUSED("nopreemp", REFUSED_AUDIO), REFUSED("copy", REFUSED_AUDIO),
	REFUSED("nocopy", REFUSED_AUDIO), REFUSED("scms", REFUSED_AUDIO), REFUSED("index=", REFUSED_AUDIO),
	REFUSED("mcn=", REFUSED_AUDIO), REFUSED("isrc=", REFUSED_AUDIO), REFUSED("text", REFUSED_AUDIO),
	REFUSED("textfile=", REFUSED_AUDIO), REFUSED("cuefile=", REFUSED_AUDIO), REFUSED("shorttrack", REFUSED_AUDIO),
	REFUSED("noshorttrack", REFUSED_AUDIO),
	REFUSED("mode2", REFUSED_MODE), REFUSED("xa1", REFUSED_MODE),
	REFUSED("xa2", REFUSED_MODE), REFUSED("xamix", REFUSED_MODE), REFUSED("cdi", REFUSED_MODE),
	REFUSED("raw", REFUSED_RAW), REFUSED("raw96r", REFUSED_RAW), REFUSED("raw96p", REFUSED_RAW),
	REFUSED("raw16", REFUSED_RAW), REFUSED("clone", REFUSED_RAW),
	REFUSED("formattype=", REFUSED_FORMAT),
	REFUSED("abort", REFUSED_OTHER), REFUSED("lock", REFUSED_OTHER),
	REFUSED("setdropts", REFUSED_OTHER), REFUSED("defpregap=", REFUSED_OTHER),
	REFUSED("ts=", REFUSED_OTHER), REFUSED("hybrid", REFUSED_OTHER),
	{ 0, NULL, NULL, NULL, 0, 0, NULL },
};

struct cli_tool burn_tool = {
	.name = "isowrite",
	.synopsis = "dev=DEVICE [OPTION]... IMAGE...|-\n isowrite dev=DEVICE [--append] [OPTION]... DIR...",
	.summary = "Burn each IMAGE as a track, with the options of cdrecord(1); - means standard input.  Or make an\n"
		   "image of each DIR, with the options of 'isowrite --help', and burn it in one step.",
	.options = options,
	.usage_exit = 2,
	.tail = "SIZE is a number of bytes, or has a suffix: k, m, g (KiB, MiB, GiB), s (2048 bytes), b (512 bytes).\n"
		"Options for audio, CD-Text and raw modes are refused.",
	.single_dash = true,
	.two_dashes = " finalize verify concat append json ",
};

static bool is_setting(const struct cli_option *row)
{
	return row->long_name && row->long_name[strlen(row->long_name) - 1] == '=';
}

const struct cli_option *burn_word_find(const char *arg, const char **ret_value)
{
	bool has_dash = *arg == '-' && arg[1];
	const char *name = has_dash ? arg + (arg[1] == '-' ? 2 : 1) : arg;

	for (const struct cli_option *row = options; row->long_name || row->short_name; row++) {
		size_t n = row->long_name ? strlen(row->long_name) : 0;

		*ret_value = name + n;
		if (is_setting(row) ? strncmp(name, row->long_name, n) == 0 :
				      has_dash && row->long_name && strcmp(name, row->long_name) == 0)
			return row;
		if (has_dash && row->short_name && name[0] == row->short_name && !name[1] && name == arg + 1)
			return row;
	}
	return NULL;
}

bool burn_word_is_joined(const char *arg)
{
	return arg[0] == '-' && arg[1] && arg[1 + strspn(arg + 1, "vVds")] == '\0';
}

const char *burn_refusal(int id)
{
	switch (id) {
	case REFUSED_AUDIO:
		return "isowrite burns data; cdrskin(1) and wodim(1) do audio";
	case REFUSED_MODE:
		return "isowrite burns blocks of 2048 bytes, in mode 1 or with -xa in mode 2";
	case REFUSED_RAW:
		return "isowrite does no raw writing";
	case REFUSED_FORMAT:
		return "'cdrwtool -d DEVICE --format' formats discs";
	default:
		return "isowrite doesn't do that";
	}
}
