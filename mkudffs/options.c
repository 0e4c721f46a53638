/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the options of mkudffs mean. */
#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "request.h"
#include "say.h"
#include "skipped.h"
#include "table.h"

static void __attribute__((noreturn)) invalid(const char *option, const char *arg, const char *legal)
{
	cli_bad_usage(&mkudffs_tool, "--%s can't be '%s'; give %s", option, arg, legal);
}

/* The values that an option accepts are in its row of the table. */
static void __attribute__((noreturn)) no_choice(const char *option, const char *arg, const char *more)
{
	const struct cli_option *row = mkudffs_tool.options;
	char legal[160];
	size_t n = 0;

	while (!row->long_name || strcmp(row->long_name, option) != 0)
		row++;
	for (const char *c = row->choices; *c && n + 5 < sizeof(legal); c++) {
		bool is_last = !strchr(c + 1, ' ') && !more;

		if (*c == ' ')
			n += (size_t)snprintf(legal + n, sizeof(legal) - n, "%s", is_last ? " or " : ", ");
		else
			legal[n++] = *c;
	}
	snprintf(legal + n, sizeof(legal) - n, "%s%s", more ? " or " : "", more ? more : "");
	invalid(option, arg, legal);
}

/* The index of ARG in NAMES, which ends with NULL.  "" there is a value that can't be chosen. */
static int choice(const char *option, const char *arg, const char *const *names)
{
	for (int i = 0; names[i]; i++)
		if (*arg && strcmp(arg, names[i]) == 0)
			return i;
	no_choice(option, arg, NULL);
}

static uint16_t revision(const char *arg)
{
	uint16_t value;

	if (cli_parse_revision(arg, &value))
		no_choice("udfrev", arg, NULL);
	return value;
}

static uint32_t block_size(const char *arg)
{
	uint32_t block_bytes;

	if (cli_parse_block_bytes(arg, &block_bytes))
		no_choice("blocksize", arg, NULL);
	return block_bytes;
}

static uint32_t owner_id(const char *option, const char *arg)
{
	uint64_t value = 0;

	if (strcmp(arg, "-1") == 0)
		return 0xFFFFFFFFu;
	if (cli_parse_number(arg, 0, 0xFFFFFFFFu, &value))
		invalid(option, arg, "a number from 0 to 4294967295, or -1 for none");
	return (uint32_t)value;
}

static int octal_mode(const char *arg)
{
	char *end;
	unsigned long value = strtoul(arg, &end, 8);

	if (!isdigit((unsigned char)*arg) || *end || value > 0777)
		invalid("mode", arg, "an octal number from 0 to 777");
	return (int)value;
}

static void boot_area(struct request *req, const char *arg)
{
	static const char *const names[] = { "preserve", "erase", "mbr", NULL };

	if (strncmp(arg, "mbr:", 4) == 0) {
		req->boot_area = UDF_BOOT_MBR;
		if (cli_parse_block_bytes(arg + 4, &req->mbr_sector_bytes))
			invalid("bootarea", arg, "mbr:SECTOR-SIZE, with a power of two from 512 to 32768");
		return;
	}
	for (int i = 0; names[i]; i++)
		if (strcmp(arg, names[i]) == 0)
			req->boot_area = i;
	if (req->boot_area < 0)
		no_choice("bootarea", arg, "mbr:SECTOR-SIZE");
}

static int media_type(const char *arg)
{
	for (int i = 0; i < UDF_N_MEDIA; i++)
		if (strcmp(arg, udf_media_name((enum udf_media_type)i)) == 0)
			return i;
	no_choice("media-type", arg, NULL);
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
	default:
		return cli_take_encoding(id, &req->encoding);
	}
}

/* How the volume is laid out.  False for another option. */
static bool read_layout_option(struct request *req, int id, const char *arg)
{
	/* In the order of enum udf_space_kind and enum udf_ad_kind. */
	static const char *const spaces[] = { "unallocbitmap", "unalloctable", "freedbitmap", "freedtable", NULL };
	static const char *const strategies[] = { "4", "4096", NULL };
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
		req->strategy = choice("strategy", arg, strategies) == 0 ? UDF_STRATEGY_4 : UDF_STRATEGY_4096;
		return true;
	case OPT_PACKETLEN:
		req->packet_blocks = (uint32_t)cli_take_number(&mkudffs_tool, "--packetlen", arg, 1, 0xFFFF);
		return true;
	case OPT_STARTBLOCK:
		req->start_lsn = (uint32_t)cli_take_number(&mkudffs_tool, "--startblock", arg, 0, 0xFFFFFFFFu);
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
		req->n_sparing_tables = !arg ? 2 : (uint32_t)
			cli_take_number(&mkudffs_tool, "--spartable", arg, 1, UDF_MAX_SPARING_TABLES);
		return true;
	case OPT_SPARSPACE:
		req->spare_blocks = (uint32_t)cli_take_number(&mkudffs_tool, "--sparspace", arg, 1, 0xFFFFFFFFu);
		return true;
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
		req->uuid = cli_take_uuid(&mkudffs_tool, arg);
		break;
	case 'n':
		req->no_write = true;
		break;
	case 's':
		req->size_text = arg;
		break;
	case 'd':
	case OPT_TAR:
		if (req->directory)
			cli_bad_usage(&mkudffs_tool, "%s; the volume is filled from one directory or archive",
				      req->is_tar == (id == OPT_TAR) ? req->is_tar ? "--tar is given twice" :
				      "-d is given twice" : "-d and --tar are given");
		req->directory = arg;
		req->is_tar = id == OPT_TAR;
		break;
	case OPT_EXCLUDE:
		add_exclude(req, arg);
		break;
	case OPT_ALL_ROOT:
		req->all_root = true;
		break;
	case OPT_SKIP_UNREADABLE:
		if (!req->skipped)
			req->skipped = skipped_new();
		break;
	case OPT_NEW_FILE:
		req->new_file = true;
		break;
	case OPT_FORMAT:
		req->format = true;
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
	req->to_stdout = strcmp(req->device, "-") == 0;
	if (req->to_stdout)
		req->device = "standard output";
	if (n == 2)
		req->blocks_text = operands[1];
	if (req->blocks_text && req->size_text)
		cli_bad_usage(&mkudffs_tool, "--size and a number of blocks exclude each other");
	if (req->format && req->no_write)
		cli_bad_usage(&mkudffs_tool, "--format writes, and --no-write forbids that");
	if (req->format && req->to_stdout)
		cli_bad_usage(&mkudffs_tool, "--format needs a drive");
	if (req->json && req->to_stdout && !req->no_write)
		cli_bad_usage(&mkudffs_tool, "--json needs a device or a file: the volume would go to standard output "
			      "too");
	if (!req->directory && (req->n_excludes || req->all_root))
		cli_bad_usage(&mkudffs_tool, "--exclude and --all-root need --directory or --tar");
	if (!req->directory && req->skipped)
		cli_bad_usage(&mkudffs_tool, "--skip-unreadable needs --directory or --tar");
	cli_parser_free(parser);
	if (!req->directory || req->is_tar)
		return;
	req->directory_fd = open(req->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (req->directory_fd < 0)
		die("%s: cannot open: %s", req->directory, strerror(errno));
}
