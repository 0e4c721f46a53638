/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Options that say where a volume lies, in the tools that have udftools' set of them. */
#ifndef UDF_FRONT_PLACE_H
#define UDF_FRONT_PLACE_H

#include "cli/cli.h"
#include "vol/vol.h"

/* Their rows in a tool's option table. */
#define FRONT_PLACE_OPTIONS \
	{ 'b', "blocksize", "BYTES", "block size of the volume, 512 to 32768 (default: detected)", 0, 0, \
	  "512 1024 2048 4096 8192 16384 32768" }, \
	{ 0, "startblock", "BLOCK", "where the volume begins: a later session (0)", FRONT_OPTION_STARTBLOCK, 0, \
	  NULL }, \
	{ 0, "lastblock", "BLOCK", "where the volume ends (the last block)", FRONT_OPTION_LASTBLOCK, 0, NULL }, \
	{ 0, "vatblock", "BLOCK", NULL, FRONT_OPTION_VATBLOCK, 0, NULL }

enum { FRONT_OPTION_STARTBLOCK = 0x11000, FRONT_OPTION_LASTBLOCK, FRONT_OPTION_VATBLOCK };

/** Is ID that of one of them?  Then VOL gets its argument ARG; what makes no sense ends the program. */
bool front_take_place(const struct cli_tool *tool, int id, const char *arg, struct udf_vol_options *vol);

#endif
