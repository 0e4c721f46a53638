/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects as text and JSON. */
#include "config.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "command.h"

static const struct {
	uint32_t type;
	char letter;
	const char *name;
} types[] = {
	{ S_IFREG, '-', "file" },	 { S_IFDIR, 'd', "directory" },
	{ S_IFLNK, 'l', "symlink" },	 { S_IFBLK, 'b', "block device" },
	{ S_IFCHR, 'c', "char device" }, { S_IFIFO, 'p', "fifo" },
	{ S_IFSOCK, 's', "socket" },
};

const char *type_name(uint32_t mode)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if ((mode & S_IFMT) == types[i].type)
			return types[i].name;
	return "unknown";
}

void mode_to_text(uint32_t mode, char ret_text[11])
{
	ret_text[0] = '?';
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if ((mode & S_IFMT) == types[i].type)
			ret_text[0] = types[i].letter;
	for (unsigned i = 0; i < 9; i++)
		ret_text[1 + i] = mode & (0400u >> i) ? "rwx"[i % 3] : '-';
	if (mode & S_ISUID)
		ret_text[3] = mode & S_IXUSR ? 's' : 'S';
	if (mode & S_ISGID)
		ret_text[6] = mode & S_IXGRP ? 's' : 'S';
	if (mode & S_ISVTX)
		ret_text[9] = mode & S_IXOTH ? 't' : 'T';
	ret_text[10] = '\0';
}

void time_to_text(struct udf_time when, char *ret_text, size_t cap, bool whole)
{
	time_t seconds = (time_t)when.seconds;
	char zone[8], date[64];
	struct tm tm;

	if (!localtime_r(&seconds, &tm)) {
		snprintf(ret_text, cap, "?");
		return;
	}
	if (!whole) {
		strftime(ret_text, cap, "%Y-%m-%d %H:%M", &tm);
		return;
	}
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	strftime(zone, sizeof(zone), "%z", &tm);
	snprintf(ret_text, cap, "%s.%06u%s", date, (unsigned)when.microseconds, zone);
}

void print_name(const char *name)
{
	cli_put_name(stdout, name);
}

static void print_json_time(const char *name, struct udf_time when)
{
	char text[64];

	time_to_text(when, text, sizeof(text), true);
	printf(",\"%s\":\"%s\"", name, text);
}

void print_json_attr(struct udf_fs *fs, const char *path, const struct udf_attr *attr)
{
	char target[PATH_MAX];

	printf("{\"path\":");
	cli_json_string(stdout, path);
	printf(",\"type\":\"%s\",\"mode\":\"%04o\",\"nlink\":%u", type_name(attr->mode),
	       attr->mode & 07777, attr->nlink);
	if (attr->uid != UDF_ID_NONE)
		printf(",\"uid\":%u", attr->uid);
	if (attr->gid != UDF_ID_NONE)
		printf(",\"gid\":%u", attr->gid);
	printf(",\"size\":%llu,\"allocated\":%llu", (unsigned long long)attr->size_bytes,
	       (unsigned long long)attr->allocated_bytes);
	if (S_ISBLK(attr->mode) || S_ISCHR(attr->mode))
		printf(",\"major\":%u,\"minor\":%u", attr->rdev_major, attr->rdev_minor);
	print_json_time("atime", attr->atime);
	print_json_time("mtime", attr->mtime);
	print_json_time("ctime", attr->ctime);
	print_json_time("btime", attr->btime);
	printf(",\"ino\":%llu,\"unique_id\":%llu", (unsigned long long)attr->ino,
	       (unsigned long long)attr->unique_id);
	if (S_ISLNK(attr->mode) && udf_readlink(fs, attr->ino, target, sizeof(target)) == UDF_OK) {
		printf(",\"target\":");
		cli_json_string(stdout, target);
	}
	putchar('}');
}
