/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The option table of mkudffs. */
#ifndef MKUDFFS_TABLE_H
#define MKUDFFS_TABLE_H

#include "cli/cli.h"

/* What cli_next() returns for the options without a short name. */
enum {
	OPT_NEW_FILE = 256, OPT_FORMAT, OPT_LVID, OPT_VID, OPT_VSID, OPT_FSID, OPT_FULL_VSID, OPT_OWNER,
	OPT_ORGANIZATION, OPT_CONTACT, OPT_UID, OPT_GID, OPT_MODE, OPT_READ_ONLY, OPT_BOOTAREA,
	OPT_STRATEGY, OPT_SPARTABLE, OPT_SPARSPACE, OPT_PACKETLEN, OPT_VAT, OPT_STARTBLOCK,
	OPT_MINBLOCKS, OPT_CLOSED, OPT_SPACE, OPT_AD, OPT_NOEFE,
	OPT_FORCE, OPT_JSON, OPT_EXCLUDE, OPT_TAR, OPT_ALL_ROOT, OPT_SKIP_UNREADABLE,
};

extern const struct cli_tool mkudffs_tool;

#endif
