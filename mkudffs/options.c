/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The option table of mkudffs (spellings of udftools 2.3, and ours) and what each option means. */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "request.h"

enum {
	OPT_NEW_FILE = 256, OPT_LVID, OPT_VID, OPT_VSID, OPT_FSID, OPT_FULL_VSID, OPT_OWNER,
	OPT_ORGANIZATION, OPT_CONTACT, OPT_UID, OPT_GID, OPT_MODE, OPT_READ_ONLY, OPT_BOOTAREA,
	OPT_STRATEGY, OPT_SPARTABLE, OPT_SPARSPACE, OPT_PACKETLEN, OPT_VAT, OPT_STARTBLOCK,
	OPT_MINBLOCKS, OPT_CLOSED, OPT_SPACE, OPT_AD, OPT_NOEFE, OPT_LOCALE, OPT_U8, OPT_U16, OPT_UTF8,
	OPT_FORCE, OPT_JSON, OPT_EXCLUDE, OPT_ALL_ROOT,
};

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
	{ 0, "vsid", "TEXT", "volume set identifier behind the uuid (LinuxUDF)", OPT_VSID, 0, NULL },
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

static void __attribute__((noreturn)) invalid(const char *option, const char *arg)
{
	cli_bad_usage(&mkudffs_tool, "--%s can't be '%s'", option, arg);
}

static uint32_t number(const char *option, const char *arg, uint32_t min, uint32_t max)
{
	uint64_t value = 0;

	if (cli_parse_number(arg, min, max, &value))
		invalid(option, arg);
	return (uint32_t)value;
}

/* The place of ARG in NAMES, which ends with NULL; "" there stands for what can't be chosen. */
static int choice(const char *option, const char *arg, const char *const *names)
{
	for (int i = 0; names[i]; i++)
		if (*arg && strcmp(arg, names[i]) == 0)
			return i;
	invalid(option, arg);
}

/* "2.01" (or "2.1", which udftools takes for the same) or BCD "0x0201", "201". */
static uint16_t revision(const char *arg)
{
	static const char digits[] = "0123456789";
	char *end;
	unsigned long value;

	if (strspn(arg, digits) == 1 && arg[1] == '.') {
		size_t n = strspn(arg + 2, digits);

		if (n < 1 || n > 2 || arg[2 + n])
			invalid("udfrev", arg);
		return (uint16_t)((unsigned long)(arg[0] - '0') << 8 | strtoul(arg + 2, NULL, 16));
	}
	value = strtoul(arg, &end, 16);
	if (!isxdigit((unsigned char)*arg) || *end || value == 0 || value > 0x0999)
		invalid("udfrev", arg);
	return (uint16_t)value;
}

static uint32_t block_size(const char *arg)
{
	uint32_t block_bytes;

	if (cli_parse_block_bytes(arg, &block_bytes))
		invalid("blocksize", arg);
	return block_bytes;
}

static uint32_t owner_id(const char *option, const char *arg)
{
	return strcmp(arg, "-1") == 0 ? 0xFFFFFFFFu : number(option, arg, 0, 0xFFFFFFFFu);
}

static int octal_mode(const char *arg)
{
	char *end;
	unsigned long value = strtoul(arg, &end, 8);

	if (!isdigit((unsigned char)*arg) || *end || value > 0777)
		invalid("mode", arg);
	return (int)value;
}

static void boot_area(struct request *req, const char *arg)
{
	static const char *const names[] = { "preserve", "erase", "mbr", NULL };

	if (strncmp(arg, "mbr:", 4) == 0) {
		req->boot_area = UDF_BOOT_MBR;
		req->mbr_sector_bytes = number("bootarea", arg + 4, 512, 32768);
		if (req->mbr_sector_bytes & (req->mbr_sector_bytes - 1))
			invalid("bootarea", arg);
		return;
	}
	req->boot_area = choice("bootarea", arg, names);
}

static int media_type(const char *arg)
{
	for (int i = 0; i < UDF_N_MEDIA; i++)
		if (strcmp(arg, udf_media_name((enum udf_media_type)i)) == 0)
			return i;
	invalid("media-type", arg);
}

static const char *uuid(const char *arg)
{
	if (strlen(arg) != 16 || strspn(arg, "0123456789abcdef") != 16)
		cli_bad_usage(&mkudffs_tool, "--uuid is not 16 hexadecimal digits in lower case: '%s'", arg);
	return arg;
}

/* Identifiers and how they are encoded.  False for another option. */
static bool read_text_option(struct request *req, int id, const char *arg)
{
	switch (id) {
	case 'l':
		req->label = arg;
		return true;
	case OPT_LVID:
	case OPT_VID:
	case OPT_VSID:
	case OPT_FSID:
	case OPT_FULL_VSID:
	case OPT_OWNER:
	case OPT_ORGANIZATION:
	case OPT_CONTACT:
		req->texts[TEXT_LVID + (id - OPT_LVID)] = arg;
		return true;
	case OPT_LOCALE:
		req->encoding = CLI_LOCALE;
		return true;
	case OPT_U8:
		req->encoding = CLI_LATIN1;
		return true;
	case OPT_U16:
		req->encoding = CLI_UTF16;
		return true;
	case OPT_UTF8:
		req->encoding = CLI_UTF8;
		return true;
	default:
		return false;
	}
}

/* How the volume is laid out.  False for another option. */
static bool read_layout_option(struct request *req, int id, const char *arg)
{
	/* In the order of enum udf_space_kind and enum udf_ad_kind. */
	static const char *const spaces[] = { "unallocbitmap", "unalloctable", "freedbitmap", "freedtable", NULL };
	static const char *const ads[] = { "short", "long", "", "inicb", NULL };

	switch (id) {
	case 'b':
		req->block_bytes = block_size(arg);
		return true;
	case 'm':
		req->media = media_type(arg);
		return true;
	case 'r':
		req->revision = revision(arg);
		return true;
	case OPT_BOOTAREA:
		boot_area(req, arg);
		return true;
	case OPT_STRATEGY:
		req->strategy = number("strategy", arg, 4, 4096);
		if (req->strategy != UDF_STRATEGY_4 && req->strategy != UDF_STRATEGY_4096)
			invalid("strategy", arg);
		return true;
	case OPT_PACKETLEN:
		req->packet_blocks = number("packetlen", arg, 1, 0xFFFF);
		return true;
	case OPT_STARTBLOCK:
		req->start_lsn = number("startblock", arg, 0, 0xFFFFFFFFu);
		return true;
	case OPT_SPACE:
		req->space = choice("space", arg, spaces);
		return true;
	case OPT_AD:
		req->ad = choice("ad", arg, ads);
		return true;
	case OPT_NOEFE:
		req->no_efe = true;
		return true;
	case OPT_SPARTABLE:
	case OPT_SPARSPACE:
		die("sparing needs a sparable partition, which this version does not make");
	case OPT_VAT:
	case OPT_MINBLOCKS:
	case OPT_CLOSED:
		die("this needs a virtual partition (VAT), which this version does not make");
	default:
		return false;
	}
}

static void add_exclude(struct request *req, const char *pattern)
{
	const char **more = realloc(req->excludes, (req->n_excludes + 1) * sizeof(*more));

	if (!more)
		die("%s", strerror(ENOMEM));
	req->excludes = more;
	req->excludes[req->n_excludes++] = pattern;
}

static void read_option(struct request *req, int id, const char *arg)
{
	if (read_text_option(req, id, arg) || read_layout_option(req, id, arg))
		return;
	switch (id) {
	case 'u':
		req->uuid = uuid(arg);
		break;
	case 'n':
		req->no_write = true;
		break;
	case 's':
		req->size_text = arg;
		break;
	case 'd':
		if (req->directory)
			cli_bad_usage(&mkudffs_tool, "-d is given twice; the volume is filled from one directory");
		req->directory = arg;
		break;
	case OPT_EXCLUDE:
		add_exclude(req, arg);
		break;
	case OPT_ALL_ROOT:
		req->all_root = true;
		break;
	case OPT_NEW_FILE:
		req->new_file = true;
		break;
	case OPT_FORCE:
		req->n_forced++;
		break;
	case OPT_UID:
		req->uid = owner_id("uid", arg);
		req->uid_given = true;
		break;
	case OPT_GID:
		req->gid = owner_id("gid", arg);
		req->gid_given = true;
		break;
	case OPT_MODE:
		req->mode = octal_mode(arg);
		break;
	case OPT_READ_ONLY:
		req->read_only = true;
		break;
	case 'q':
		req->quiet = true;
		break;
	case 'v':
		req->verbose = true;
		break;
	case OPT_JSON:
		req->json = true;
		break;
	default:
		break;
	}
}

void request_read(struct request *req, int argc, char **argv)
{
	struct cli_parser *parser = cli_parser_new(&mkudffs_tool, argc, argv);
	const char *arg;
	char **operands;
	int id, n;

	*req = (struct request){ .media = -1, .directory_fd = -1, .mode = -1, .boot_area = -1, .space = -1, .ad = -1 };
	while ((id = cli_next(parser, &arg)) != -1)
		read_option(req, id, arg);
	n = cli_operands(parser, &operands);
	if (n < 1)
		cli_bad_usage(&mkudffs_tool, "no device is given");
	if (n > 2)
		cli_bad_usage(&mkudffs_tool, "more than a device and a number of blocks are given");
	req->device = operands[0];
	if (n == 2)
		req->blocks_text = operands[1];
	if (req->blocks_text && req->size_text)
		cli_bad_usage(&mkudffs_tool, "--size and a number of blocks exclude each other");
	if (!req->directory && (req->n_excludes || req->all_root))
		cli_bad_usage(&mkudffs_tool, "--exclude and --all-root need --directory");
	cli_parser_free(parser);
	if (!req->directory)
		return;
	req->directory_fd = open(req->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (req->directory_fd < 0)
		die("%s: cannot open: %s", req->directory, strerror(errno));
}
