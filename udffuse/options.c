/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

enum { OPTION_FORCE = 256 };

static const struct cli_option option_table[] = {
	{ .short_name = 'o', .arg_name = "OPTION[,OPTION]...", .help = "mount options, see below" },
	{ .short_name = 'f', .long_name = "foreground", .help = "do not go to the background" },
	{ .short_name = 'd', .long_name = "debug",
	  .help = "foreground, and every request on standard error" },
	{ .long_name = "force", .help = "given twice: mount though it is in use", .id = OPTION_FORCE },
	{ .short_name = 's', .help = NULL },	/* libfuse's "one thread": as it always is */
	{ .short_name = 'r', .long_name = "read-only", .help = "the same as -o ro" },
	{ .short_name = 'w', .long_name = "rw", .help = NULL },
	{ .short_name = 'n', .help = NULL },	/* these four from mount(8) */
	{ .short_name = 'v', .help = NULL },
	{ .short_name = 't', .arg_name = "TYPE", .help = NULL },
	{ .short_name = 'N', .arg_name = "NAMESPACE", .help = NULL },
	{ .short_name = 0 },
};

static const struct cli_tool udffuse_tool = {
	.name = TOOL,
	.link_name = "mount.udffuse",
	.synopsis = "[OPTION]... DEVICE MOUNTPOINT",
	.summary = "Mount a UDF volume, read-write wherever it can be written.",
	.options = option_table,
	.usage_exit = 2,
	.tail = "Mount options:\n"
		"  ro, rw                 read-only, read-write (default)\n"
		"  uid=N, gid=N           owner of every file, in place of what is recorded\n"
		"  umask=OCTAL            mode bits that are never shown\n"
		"  allow_other            other users may use the mount too\n"
		"  default_permissions, no_default_permissions\n"
		"                         whether the kernel checks modes (it does, but where only root comes in)\n"
		"  noatime                accepted: reading never records access times\n"
		"  cache=SIZE             memory for metadata (default 32M)\n"
		"  commit=SECONDS         how old changes may get before they are written (default 30)\n"
		"  bs=BYTES               block size of the volume, where it is not found out\n"
		"nosuid, nodev, noexec, sync, dirsync and their opposites go to the kernel; what else\n"
		"fstab(5) knows is ignored.  Unmount with umount or fusermount3 -u.\n",
};

/* Of mount(8) and fstab(5), without a meaning here; NAME= and x-NAME match by their start. */
static const char *const ignored[] = {
	"auto", "noauto", "defaults", "user", "nouser", "users", "nousers", "owner", "noowner",
	"group", "nogroup", "_netdev", "nofail", "loud", "silent", "async", "relatime", "norelatime",
	"strictatime", "nostrictatime", "lazytime", "nolazytime", "noatime", "diratime", "atime", "iversion",
	"noiversion", "mand", "nomand", "nonempty", "iocharset=utf8", "utf8",
};
static const char *const ignored_starts[] = { "x-", "X-", "comment=", "subtype=", "fsname=",
					      "helper=", "uhelper=" };
static const char *const for_kernel[] = { "suid", "nosuid", "dev", "nodev", "exec", "noexec", "sync",
					  "dirsync", "nodiratime" };

static bool is_in(const char *word, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(word, list[i]) == 0)
			return true;
	return false;
}
#define IS_IN(word, list) is_in(word, list, sizeof(list) / sizeof((list)[0]))

static bool starts_ignored(const char *word)
{
	for (size_t i = 0; i < sizeof(ignored_starts) / sizeof(ignored_starts[0]); i++)
		if (strncmp(word, ignored_starts[i], strlen(ignored_starts[i])) == 0)
			return true;
	return false;
}

static uint64_t number_of(const char *word, const char *value, uint64_t min, uint64_t max)
{
	uint64_t number;

	if (cli_parse_number(value, min, max, &number))
		cli_bad_usage(&udffuse_tool, "mount option '%s': not a number from %llu to %llu", word,
			      (unsigned long long)min, (unsigned long long)max);
	return number;
}

static mode_t umask_of(const char *word, const char *value)
{
	char *end;
	unsigned long mask = strtoul(value, &end, 8);

	if (!value[0] || strspn(value, "01234567") != strlen(value) || mask > 0777)
		cli_bad_usage(&udffuse_tool, "mount option '%s': not an octal number up to 777", word);
	return (mode_t)mask;
}

/* Options with a value; false if WORD is none of them. */
static bool take_value(struct options *o, const char *word)
{
	const char *value = strchr(word, '=');
	size_t n = value ? (size_t)(value++ - word) : 0;
	uint64_t n_bytes;

	if (!value)
		return false;
	if (strncmp(word, "uid", n) == 0 && n == 3) {
		o->show.uid = (uid_t)number_of(word, value, 0, UINT32_MAX - 1);
		o->show.has_uid = true;
	} else if (strncmp(word, "gid", n) == 0 && n == 3) {
		o->show.gid = (gid_t)number_of(word, value, 0, UINT32_MAX - 1);
		o->show.has_gid = true;
	} else if (strncmp(word, "umask", n) == 0 && n == 5) {
		o->show.umask = umask_of(word, value);
	} else if (strncmp(word, "cache", n) == 0 && n == 5) {
		if (cli_parse_size(value, 1, &n_bytes) || n_bytes < 1u << 20 || n_bytes > 1u << 30)
			cli_bad_usage(&udffuse_tool, "mount option '%s': not a size from 1M to 1G", word);
		o->cache_bytes = (uint32_t)n_bytes;
	} else if (strncmp(word, "commit", n) == 0 && n == 6) {
		o->commit_seconds = (uint32_t)number_of(word, value, 1, 86400);
	} else if (strncmp(word, "bs", n) == 0 && n == 2) {
		if (cli_parse_block_bytes(value, &o->block_bytes))
			cli_bad_usage(&udffuse_tool, "mount option '%s': not a power of two from 512 to 32768", word);
	} else {
		return false;
	}
	return true;
}

static void take_mount_option(struct options *o, const char *word)
{
	if (strcmp(word, "ro") == 0)
		o->read_only = true;
	else if (strcmp(word, "rw") == 0)
		o->read_only = false;
	else if (strcmp(word, "allow_other") == 0)
		o->allow_other = true;
	else if (strcmp(word, "default_permissions") == 0)
		o->modes = MODES_CHECKED;
	else if (strcmp(word, "no_default_permissions") == 0)
		o->modes = MODES_UNCHECKED;
	else if (IS_IN(word, for_kernel))
		fuse_opt_add_opt(&o->kernel_flags, word);
	else if (word[0] && !IS_IN(word, ignored) && !take_value(o, word) && !starts_ignored(word))
		cli_bad_usage(&udffuse_tool, "unknown mount option '%s'", word);
}

static void take_mount_options(struct options *o, const char *list)
{
	char *copy = strdup(list), *rest = copy, *word;

	while (rest && (word = strsep(&rest, ",")))
		take_mount_option(o, word);
	free(copy);
}

void options_parse(struct options *o, int argc, char **argv)
{
	const char *called = strrchr(argv[0], '/');
	bool is_helper = strncmp(called ? called + 1 : argv[0], "mount.", 6) == 0;
	struct cli_parser *parser;
	char **operands;
	const char *arg;
	int id;

	*o = (struct options){ .show = { .uid = getuid(), .gid = getgid() } };
	parser = cli_parser_new(&udffuse_tool, argc, argv);
	while ((id = cli_next(parser, &arg)) != -1) {
		switch (id) {
		case 'o':
			take_mount_options(o, arg);
			break;
		case 'f':
			if (is_helper)
				o->fake = true;
			else
				o->foreground = true;
			break;
		case 'd':
			o->foreground = o->debug = true;
			break;
		case OPTION_FORCE:
			o->n_forced++;
			break;
		case 'r':
			o->read_only = true;
			break;
		case 'w':
			o->read_only = false;
			break;
		default:	/* what mount(8) and other FUSE programs have, without a meaning here */
			break;
		}
	}
	if (cli_operands(parser, &operands) != 2)
		cli_bad_usage(&udffuse_tool, "needs a device and a mount point");
	/* Checking costs a request for each name made or removed, and modes do not hold root. */
	if (o->modes == MODES_AS_NEEDED)
		o->modes = o->allow_other || geteuid() != 0 ? MODES_CHECKED : MODES_UNCHECKED;
	o->given_device = operands[0];
	o->given_mountpoint = operands[1];
	cli_parser_free(parser);
}

bool options_find_places(struct options *o)
{
	o->device = strncmp(o->given_device, "sim:", 4) ? realpath(o->given_device, NULL)
							 : strdup(o->given_device);
	if (!o->device) {
		tell(UDF_LOG_ERROR, "%s: %s", o->given_device, strerror(errno));
		return false;
	}
	return mount_find_place(o);
}

void options_done(struct options *o)
{
	free(o->device);
	free(o->mountpoint);
	free(o->kernel_flags);
}
