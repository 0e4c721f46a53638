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

void time_to_columns(struct udf_time when, char *ret_text, size_t cap)
{
	time_t seconds = (time_t)when.seconds;
	struct tm tm;

	if (!localtime_r(&seconds, &tm) || strftime(ret_text, cap, "%Y-%m-%d %H:%M", &tm) == 0)
		snprintf(ret_text, cap, "?");
}

void print_name(const char *name)
{
	cli_put_name(stdout, name);
}

static void json_id(struct cli_json *json, const char *key, uint32_t id)
{
	if (id == UDF_ID_NONE)
		cli_json_text(json, key, NULL);
	else
		cli_json_number(json, key, id);
}

void json_attr(struct cli_json *json, struct udf_fs *fs, const char *path, const struct udf_attr *attr)
{
	char target[PATH_MAX];

	cli_json_text(json, "path", path);
	cli_json_text(json, "type", type_name(attr->mode));
	cli_json_format(json, "mode", "%04o", attr->mode & 07777);
	cli_json_number(json, "nlink", attr->nlink);
	json_id(json, "uid", attr->uid);
	json_id(json, "gid", attr->gid);
	cli_json_number(json, "size", attr->size_bytes);
	cli_json_number(json, "allocated", attr->allocated_bytes);
	if (S_ISBLK(attr->mode) || S_ISCHR(attr->mode)) {
		cli_json_number(json, "major", attr->rdev_major);
		cli_json_number(json, "minor", attr->rdev_minor);
	}
	if (S_ISLNK(attr->mode) && udf_readlink(fs, attr->ino, target, sizeof(target)) == UDF_OK)
		cli_json_text(json, "target", target);
	cli_json_time(json, "atime", attr->atime);
	cli_json_time(json, "mtime", attr->mtime);
	cli_json_time(json, "ctime", attr->ctime);
	cli_json_time(json, "btime", attr->btime);
	cli_json_number(json, "partition", attr->ino >> 32);
	cli_json_number(json, "block", (uint32_t)attr->ino);
	cli_json_number(json, "ino", attr->ino);
	cli_json_number(json, "unique_id", attr->unique_id);
}
