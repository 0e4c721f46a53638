/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where an image or a device is mounted or used as swap space, as /proc shows it. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "cli/internal.h"

bool cli_same_place(const struct stat *a, const struct stat *b)
{
	if (S_ISBLK(a->st_mode) || S_ISBLK(b->st_mode))
		return S_ISBLK(a->st_mode) && S_ISBLK(b->st_mode) && a->st_rdev == b->st_rdev;
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* The disk that RDEV is a partition of; RDEV itself where it is none. */
dev_t cli_whole_disk(dev_t rdev)
{
	char path[96];
	unsigned n_major, n_minor;
	struct stat st;
	bool found;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/partition", major(rdev), minor(rdev));
	if (stat(path, &st))
		return rdev;
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/../dev", major(rdev), minor(rdev));
	f = fopen(path, "re");
	if (!f)
		return rdev;
	found = fscanf(f, "%u:%u", &n_major, &n_minor) == 2;
	fclose(f);
	return found ? makedev(n_major, n_minor) : rdev;
}

/* The same device, or a disk and one of its partitions. */
static bool devices_overlap(dev_t a, dev_t b)
{
	return a == b || cli_whole_disk(a) == b || a == cli_whole_disk(b);
}

/* "\040" and kin, in place. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		unsigned value;

		if (text[0] == '\\' && sscanf(text + 1, "%3o", &value) == 1 && strlen(text) >= 4) {
			*to++ = (char)value;
			text += 3;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

struct mount_line {
	dev_t dev;
	char *mount_point, *type, *source;
};

/* Take LINE apart: "ID PARENT MAJOR:MINOR ROOT MOUNTPOINT OPTIONS [TAGS...] - TYPE SOURCE OPTIONS". */
static bool split_line(char *line, struct mount_line *ret)
{
	char *rest = strstr(line, " - "), *fields[5], *save = NULL;
	unsigned n_major, n_minor;

	if (!rest)
		return false;
	*rest = '\0';
	for (int i = 0; i < 5; i++) {
		fields[i] = strtok_r(i ? NULL : line, " ", &save);
		if (!fields[i])
			return false;
	}
	if (sscanf(fields[2], "%u:%u", &n_major, &n_minor) != 2)
		return false;
	ret->dev = makedev(n_major, n_minor);
	ret->mount_point = fields[4];
	ret->type = strtok_r(rest + 3, " ", &save);
	ret->source = strtok_r(NULL, " ", &save);
	if (!ret->type || !ret->source)
		return false;
	unescape(ret->mount_point);
	unescape(ret->source);
	return true;
}

/*
 * Is it ST that is mounted there?  The source is looked at only where the device number does not serve:
 * of FUSE, and of those whose number is none of a device (major 0).  Others may lie on a dead server.
 */
static bool is_mount_of(const struct mount_line *m, const char *root, const struct stat *st)
{
	char path[PATH_MAX];
	struct stat source;
	bool is_fuse = strncmp(m->type, "fuse", 4) == 0;

	if (S_ISBLK(st->st_mode) && major(m->dev) != 0 && devices_overlap(m->dev, st->st_rdev))
		return true;
	if (m->source[0] != '/' || (!is_fuse && (major(m->dev) != 0 || strncmp(m->source, "/dev/", 5) != 0)))
		return false;
	if ((size_t)snprintf(path, sizeof(path), "%s%s", root, m->source) >= sizeof(path) || stat(path, &source))
		return false;
	if (S_ISBLK(st->st_mode) && S_ISBLK(source.st_mode))
		return devices_overlap(source.st_rdev, st->st_rdev);
	return cli_same_place(&source, st);
}

bool cli_find_mount(const char *process, const struct stat *st, char *ret_mount_point, size_t cap)
{
	char path[64], root[64] = "", *line = NULL;
	size_t n_line = 0;
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/mountinfo", process);
	/* Names in another mount namespace begin at that one's root. */
	if (strcmp(process, "self") != 0)
		snprintf(root, sizeof(root), "/proc/%s/root", process);
	f = fopen(path, "re");
	if (!f)
		return false;
	while (!found && getline(&line, &n_line, f) > 0) {
		struct mount_line m;

		line[strcspn(line, "\n")] = '\0';
		found = split_line(line, &m) && is_mount_of(&m, root, st);
		if (found)
			snprintf(ret_mount_point, cap, "%s", m.mount_point);
	}
	free(line);
	fclose(f);
	return found;
}

bool cli_is_swap(const struct stat *st)
{
	FILE *f = fopen("/proc/swaps", "re");
	char *line = NULL;
	size_t n_line = 0;
	bool found = false;

	if (!f)
		return false;
	while (!found && getline(&line, &n_line, f) > 0) {
		struct stat swap;

		line[strcspn(line, " \t\n")] = '\0';
		unescape(line);
		if (line[0] != '/' || stat(line, &swap))
			continue;
		found = cli_same_place(&swap, st) || (S_ISBLK(swap.st_mode) && S_ISBLK(st->st_mode) &&
						      devices_overlap(swap.st_rdev, st->st_rdev));
	}
	free(line);
	fclose(f);
	return found;
}
