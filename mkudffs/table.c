/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The option table of mkudffs: the spellings of udftools 2.3, and ours. */
#include "config.h"

#include "table.h"

enum { GROUP_ENCODING = 1, GROUP_OUTPUT };

static const struct cli_option options[] = {
	{ 'l', "label", "LABEL", "label: --lvid and --vid at once (LinuxUDF)", 0, 0, NULL },
	{ 'u', "uuid", "UUID", "16 lower-case hexadecimal digits (from time and chance)", 0, 0, NULL },
	{ 'b', "blocksize", "BYTES", "block size, 512 to 32768 (the device's sector size; images: hd 512, else 2048)",
	  0, 0, "512 1024 2048 4096 8192 16384 32768" },
	{ 'm', "media-type", "TYPE", "hd, dvd, dvdram, cd, mo or worm (hd)", 0, 0, "hd dvd dvdram cd mo worm" },
	{ 'r', "udfrev", "REVISION", "1.01, 1.02, 1.50, 2.00 or 2.01, or as 0x0201 (2.01)", 0, 0,
	  "1.01 1.02 1.50 2.00 2.01" },
	{ 'n', "no-write", NULL, "show the layout, write nothing", 0, 0, NULL },
	{ 's', "size", "SIZE", "size of the volume, such as 700M (that of the file or device)", 0, 0, NULL },
	{ 'd', "directory", "DIR", "fill the volume with what is in DIR; a new image gets the size that fits", 0, 0,
	  NULL },
	{ 0, "exclude", "GLOB", "leave out names (with a slash: paths below DIR) that match", OPT_EXCLUDE, 0, NULL },
	{ 0, "all-root", NULL, "everything that is copied belongs to uid 0 and gid 0", OPT_ALL_ROOT, 0, NULL },
	{ 0, "new-file", NULL, "make a new image file; fail if it exists", OPT_NEW_FILE, 0, NULL },
	{ 0, "force", NULL, "overwrite another file system; given twice, even what is in use", OPT_FORCE, 0, NULL },
	{ 0, "lvid", "TEXT", "logical volume identifier (LinuxUDF)", OPT_LVID, 0, NULL },
	{ 0, "vid", "TEXT", "volume identifier (LinuxUDF)", OPT_VID, 0, NULL },
	{ 0, "vsid", "TEXT", "volume set identifier after the uuid (LinuxUDF)", OPT_VSID, 0, NULL },
	{ 0, "fsid", "TEXT", "file set identifier (LinuxUDF)", OPT_FSID, 0, NULL },
	{ 0, "fullvsid", "TEXT", "whole volume set identifier, instead of --uuid and --vsid", OPT_FULL_VSID, 0, NULL },
	{ 0, "owner", "TEXT", "owner of the volume (none)", OPT_OWNER, 0, NULL },
	{ 0, "organization", "TEXT", "organization (none)", OPT_ORGANIZATION, 0, NULL },
	{ 0, "contact", "TEXT", "contact (none)", OPT_CONTACT, 0, NULL },
	{ 0, "uid", "UID", "owner of the root directory, -1 for none (0)", OPT_UID, 0, NULL },
	{ 0, "gid", "GID", "group of the root directory, -1 for none (0)", OPT_GID, 0, NULL },
	{ 0, "mode", "MODE", "permissions of the root directory, octal (0755)", OPT_MODE, 0, NULL },
	{ 0, "read-only", NULL, "make a volume that is not to be written", OPT_READ_ONLY, 0, NULL },
	{ 0, "bootarea", "WHAT", "first 32 KiB: preserve, erase, mbr or mbr:SECTOR-SIZE", OPT_BOOTAREA, 0,
	  "preserve erase mbr" },
	{ 0, "strategy", "TYPE", "ICB strategy, 4 or 4096 (4; worm and mo 4096)", OPT_STRATEGY, 0, "4 4096" },
	{ 0, "spartable", "[N]", NULL, OPT_SPARTABLE, 0, NULL },
	{ 0, "sparspace", "N", NULL, OPT_SPARSPACE, 0, NULL },
	{ 0, "packetlen", "BLOCKS", "every structure begins at a multiple of it (1)", OPT_PACKETLEN, 0, NULL },
	{ 0, "vat", NULL, NULL, OPT_VAT, 0, NULL },
	{ 0, "startblock", "BLOCK", "where the volume begins: a later session (0)", OPT_STARTBLOCK, 0, NULL },
	{ 0, "minblocks", "N", NULL, OPT_MINBLOCKS, 0, NULL },
	{ 0, "closed", NULL, NULL, OPT_CLOSED, 0, NULL },
	{ 0, "space", "KIND", "unallocbitmap, unalloctable, freedbitmap or freedtable (unallocbitmap)", OPT_SPACE, 0,
	  "unallocbitmap unalloctable freedbitmap freedtable" },
	{ 0, "ad", "KIND", "the root directory's data: inicb, short or long (inicb)", OPT_AD, 0, "inicb short long" },
	{ 0, "noefe", NULL, "File Entries even from 2.00 on", OPT_NOEFE, 0, NULL },
	{ 0, "locale", NULL, "texts are in the locale's encoding (default)", OPT_LOCALE, GROUP_ENCODING, NULL },
	{ 0, "u8", NULL, "texts are in Latin-1", OPT_U8, GROUP_ENCODING, NULL },
	{ 0, "u16", NULL, "texts are in UTF-16, big end first", OPT_U16, GROUP_ENCODING, NULL },
	{ 0, "utf8", NULL, "texts are in UTF-8", OPT_UTF8, GROUP_ENCODING, NULL },
	{ 'q', "quiet", NULL, "print errors only", 0, GROUP_OUTPUT, NULL },
	{ 'v', "verbose", NULL, "print more", 0, 0, NULL },
	{ 0, "json", NULL, "print the layout as JSON", OPT_JSON, GROUP_OUTPUT, NULL },
	{ 0, NULL, NULL, NULL, 0, 0, NULL },
};

const struct cli_tool mkudffs_tool = {
	.name = "mkudffs",
	.link_name = "mkfs.udf",
	.synopsis = "[OPTION]... DEVICE [BLOCKS]",
	.summary = "Make a UDF file system on a device or in an image file.",
	.options = options,
	.usage_exit = 1,
};
