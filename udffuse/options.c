/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "medium/medium.h"

enum { OPTION_FORCE = 256 };

static const struct cli_option option_table[] = {
	{ .short_name = 'o', .arg_name = "OPTION[,OPTION]...", .help = "mount options: see below" },
	{ .short_name = 'f', .long_name = "foreground", .help = "stay in the foreground" },
	{ .short_name = 'd', .long_name = "debug",
	  .help = "stay in the foreground, and print every request" },
	{ .long_name = "force", .help = "given twice: mount a device that is in use", .id = OPTION_FORCE },
	{ .short_name = 's', .help = NULL },	/* libfuse's option for one thread, which is always the case here */
	{ .short_name = 'r', .long_name = "read-only", .help = "the same as -o ro" },
	{ .short_name = 'w', .long_name = "rw", .help = NULL },
	{ .short_name = 'n', .help = NULL },	/* mount(8) passes these four */
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
		"  uid=N, gid=N           show this owner or group for every file, instead of the recorded one\n"
		"  umask=OCTAL            clear these bits in the mode of every file\n"
		"  uid=forget, gid=forget record new files without an owner or a group\n"
		"  mode=OCTAL, dmode=OCTAL\n"
		"                         show this mode for every file, or for every directory\n"
		"  allow_other, no_allow_other\n"
		"                         let other users use the mount, or not (default: if root mounts)\n"
		"  default_permissions, no_default_permissions\n"
		"                         let the kernel check modes, or not (default, unless only root has access)\n"
		"  noatime                accepted: access times are never recorded\n"
		"  cache=SIZE             set the memory for metadata (default 32M)\n"
		"  commit=SECONDS         write changes after this many seconds (default: when idle, or 30)\n"
		"  bs=BYTES               set the block size of the volume, if udffuse does not find it\n"
		"  session=SECTOR, anchor=SECTOR, lastblock=SECTOR\n"
		"                         set where the session begins, where an anchor is, or where the volume ends\n"
		"  novrs                  mount the volume even without a recognition sequence\n"
		"nosuid, nodev, noexec, nosymfollow, sync, dirsync and their opposites are passed to the kernel.  The\n"
		"other options of fstab(5) and of the kernel's udf are accepted.  To unmount, use umount.",
};

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
			options_take_words(o, arg, &udffuse_tool);
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
		default:	/* mount(8) and other FUSE programs have these; they have no effect here */
			break;
		}
	}
	if (cli_operands(parser, &operands) != 2)
		cli_bad_usage(&udffuse_tool, "needs a device and a mount point");
	/* As in a mount by the kernel's udf, the modes decide who has access to what root has mounted. */
	if (o->others == OTHERS_AS_USUAL)
		o->others = geteuid() == 0 && o->modes != MODES_UNCHECKED ? OTHERS_ALLOWED : OTHERS_KEPT_OUT;
	if (o->modes == MODES_AS_USUAL)
		o->modes = o->others == OTHERS_ALLOWED || geteuid() != 0 ? MODES_CHECKED : MODES_UNCHECKED;
	o->given_device = operands[0];
	o->given_mountpoint = operands[1];
	cli_parser_free(parser);
}

/* Absolute, as this process changes its directory: NULL with errno set where it is not there. */
static char *find_device(const char *given)
{
	const char *host_path = medium_host_path(given);
	char *file = realpath(host_path, NULL), *device = NULL;

	if (!file || host_path == given)
		return file;
	if (asprintf(&device, "%.*s%s", (int)(host_path - given), given, file) < 0)
		device = NULL;
	free(file);
	return device;
}

bool options_find_places(struct options *o)
{
	char why[CLI_OPEN_BYTES];

	o->device = find_device(o->given_device);
	if (!o->device) {
		if (errno == ENOENT && medium_is_simulated(o->given_device))
			say(UDF_LOG_ERROR, "%s: there is no simulated drive of this name; 'mmcsim create' makes one",
			    o->given_device);
		else {
			cli_open_text(o->given_device, UDF_E_IO, errno, why);
			say(UDF_LOG_ERROR, "%s: %s", o->given_device, why);
		}
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
