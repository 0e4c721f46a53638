/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mount -o remount, as a mount helper: the udffuse that serves the mount is asked (control.h), and the kernel's
 * flags are kept in step.  Read-only, the kernel comes first: it refuses where files are open for writing, and lets
 * nobody begin after that.  Writable, it comes last, when udffuse has agreed.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "cli/cli.h"
#include "control.h"
#include "mountinfo.h"
#include "options.h"

static bool fail(const struct cli_mount *entry, const char *why)
{
	say(UDF_LOG_ERROR, "%s: cannot be remounted: %s", entry->target, why);
	return false;
}

static bool ask(const struct cli_mount *entry, int fd, enum control_what what)
{
	static struct control c;

	c = (struct control){ .what = what };
	if (ioctl(fd, CONTROL_IOCTL, &c) < 0)
		return fail(entry, errno == ENOTTY ? "the udffuse that serves it is an older one; unmount it and "
						     "mount it again" : strerror(errno));
	if (c.text[0])
		cli_say("%.*s", (int)sizeof(c.text), c.text);
	return !c.failed || fail(entry, what == CONTROL_WRITABLE ? "it stays read-only"
								  : "it could not be closed; unmount it and check it");
}

/* The flags that the mount has, changed by the words of -o. */
static unsigned long flags_of(const struct options *o, const struct cli_mount *entry)
{
	static const struct {
		const char *word;
		unsigned long flag;
		bool on;
	} table[] = {
		{ "suid", MS_NOSUID, false }, { "nosuid", MS_NOSUID, true }, { "dev", MS_NODEV, false },
		{ "nodev", MS_NODEV, true },  { "exec", MS_NOEXEC, false },  { "noexec", MS_NOEXEC, true },
	};
	unsigned long flags = mountinfo_flags(entry) & ~(unsigned long)MS_RDONLY;

	for (size_t i = 0; o->kernel_flags && i < sizeof(table) / sizeof(table[0]); i++)
		if (mountinfo_has_option(o->kernel_flags, table[i].word))
			flags = table[i].on ? flags | table[i].flag : flags & ~table[i].flag;
	return flags | (o->no_symlinks ? MS_NOSYMFOLLOW : 0) | (o->read_only ? MS_RDONLY : 0) | MS_REMOUNT;
}

static bool change_flags(const struct options *o, const struct cli_mount *entry)
{
	if (mount(entry->source, entry->target, NULL, flags_of(o, entry), NULL) == 0)
		return true;
	return fail(entry, errno == EBUSY ? "files on it are open for writing, or are removed and still open; "
					    "close them first" : strerror(errno));
}

static bool change(const struct options *o, const struct cli_mount *entry)
{
	bool worked, was_read_only = mountinfo_has_option(entry->super_options, "ro");
	int fd;

	if (!mountinfo_is_udffuse(entry))
		return fail(entry, "it was not mounted by udffuse");
	if (geteuid() != 0)
		return fail(entry, "only root can remount; unmount it and mount it again");
	fd = open(entry->target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail(entry, errno == EACCES ? "a user has mounted it, and root has no access; unmount it "
						     "and mount it again" : strerror(errno));
	if (o->read_only) {
		syncfs(fd);
		worked = change_flags(o, entry) && (was_read_only || ask(entry, fd, CONTROL_READ_ONLY));
	} else {
		worked = (!was_read_only || ask(entry, fd, CONTROL_WRITABLE)) && change_flags(o, entry);
	}
	close(fd);
	return worked;
}

bool remount(const struct options *o)
{
	char *target = mountinfo_path(o->given_mountpoint);
	struct cli_mount entry;
	bool worked = false;

	if (target && mountinfo_find(target, &entry)) {
		worked = change(o, &entry);
		mountinfo_done(&entry);
	} else {
		say(UDF_LOG_ERROR, "%s: cannot be remounted: nothing is mounted there", o->given_mountpoint);
	}
	free(target);
	return worked;
}
