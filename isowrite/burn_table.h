/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words of the burning half.  Their rows are the source of its help, of its completion and of what is taken. */
#ifndef ISOWRITE_BURN_TABLE_H
#define ISOWRITE_BURN_TABLE_H

#include "cli/cli.h"

enum burn_word {
	WORD_SCANBUS = 256, WORD_INQUIRY, WORD_CHECK_DRIVE, WORD_CAPABILITIES, WORD_TOC, WORD_ATIP, WORD_MSINFO,
	WORD_MINFO, WORD_EJECT, WORD_LOAD, WORD_FINALIZE, WORD_FIX, WORD_VERIFY, WORD_DUMMY, WORD_MULTI,
	WORD_NO_MULTI, WORD_TAO, WORD_SAO, WORD_PACKET, WORD_NO_CLOSE, WORD_PAD, WORD_NO_PAD, WORD_ISO_SIZE,
	WORD_CONCAT, WORD_VERBOSE, WORD_COMMANDS, WORD_SILENT, WORD_NO_FIX, WORD_OVERBURN,
	WORD_RESET, WORD_DEVICES, WORD_XA, WORD_MODE_1, WORD_FORCE, WORD_FORMAT,
	WORD_WAIT_INPUT, WORD_APPEND, WORD_JSON, WORD_IGNORED, WORD_HELP, WORD_VERSION,
	/* settings: NAME=VALUE */
	SET_DEVICE = 512, SET_SPEED, SET_BLANK, SET_FIFO, SET_SIZE, SET_PAD_SIZE, SET_PACKET_SIZE, SET_PREGAP,
	SET_DRIVER_OPTIONS, SET_GRACE_TIME, SET_TIMEOUT, SET_MSI_FILE, SET_IGNORED,
	/* what is refused, and why */
	REFUSED_OTHER = 1024, REFUSED_AUDIO, REFUSED_MODE, REFUSED_RAW, REFUSED_FORMAT,
};

/** Its name is that by which the program was called. */
extern struct cli_tool burn_tool;

/**
 * The row that ARG means: "-toc", "--toc", "dev=..."; NULL if there is none.
 *
 * @ret_value  What follows the '=' of a setting.
 */
const struct cli_option *burn_word_find(const char *arg, const char **ret_value);

/** Is ARG several letters behind one dash, each of which is a word by itself, as in "-vV"? */
bool burn_word_is_joined(const char *arg);

/** Why the word of that id is refused: a sentence without its end. */
const char *burn_refusal(int id);

#endif
