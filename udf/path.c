/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths on the volume. */
#include "config.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "command.h"

#define MAX_SYMLINKS 40

enum udf_err path_find_in(struct udf_fs *fs, udf_ino dir, const char *name, struct udf_attr *ret_attr)
{
	enum udf_err err = udf_lookup(fs, dir, name, strlen(name), ret_attr);

	if (!err)
		udf_forget(fs, ret_attr->ino, 1);
	return err;
}

/* Read one component from *AT, which moves past it.  Returns false at the end. */
static bool next_component(struct udf_fs *fs, udf_ino dir, char *component, struct udf_attr *attr,
			   enum udf_err *ret_err)
{
	if (strcmp(component, ".") == 0)
		return true;
	if (strcmp(component, "..") != 0) {
		*ret_err = path_find_in(fs, dir, component, attr);
	} else if (dir != udf_fs_root(fs)) {
		*ret_err = udf_lookup_parent(fs, dir, attr);
		if (!*ret_err)
			udf_forget(fs, attr->ino, 1);
	}
	return *ret_err == UDF_OK;
}

/* Put "TARGET/REST" into PATH.  REST may point into PATH itself. */
static enum udf_err follow_link(struct udf_fs *fs, udf_ino link, char *path, size_t cap, const char *rest)
{
	char target[PATH_MAX];
	size_t n, n_rest = strlen(rest);
	enum udf_err err = udf_readlink(fs, link, target, sizeof(target));

	if (err)
		return err;
	n = strlen(target);
	if (n + 1 + n_rest + 1 > cap)
		return UDF_E_NAME_TOO_LONG;
	memmove(path + n + 1, rest, n_rest + 1);
	memcpy(path, target, n);
	path[n] = n_rest ? '/' : '\0';
	return UDF_OK;
}

enum udf_err path_find(struct udf_fs *fs, const char *path, bool follow, struct udf_attr *ret_attr)
{
	char left[2 * PATH_MAX], component[PATH_MAX], *at = left;
	struct udf_attr here, dir;
	unsigned n_symlinks = 0;
	enum udf_err err = udf_getattr(fs, udf_fs_root(fs), &here);

	if (strlen(path) >= PATH_MAX)
		return UDF_E_NAME_TOO_LONG;
	strcpy(left, path);
	while (!err) {
		size_t n;

		at += strspn(at, "/");
		n = strcspn(at, "/");
		if (n == 0)
			break;
		if (!S_ISDIR(here.mode))
			return UDF_E_NOT_DIR;
		if (n >= sizeof(component))
			return UDF_E_NAME_TOO_LONG;
		memcpy(component, at, n);
		component[n] = '\0';
		at += n;
		dir = here;
		if (!next_component(fs, dir.ino, component, &here, &err))
			break;
		if (!S_ISLNK(here.mode) || (!*at && !follow))
			continue;
		if (++n_symlinks > MAX_SYMLINKS)
			return UDF_E_TOO_MANY_LINKS;
		err = follow_link(fs, here.ino, left, sizeof(left), at);
		at = left;
		here = dir;
		if (!err && left[0] == '/')
			err = udf_getattr(fs, udf_fs_root(fs), &here);
	}
	/* "file/" is none */
	if (!err && at > left && at[-1] == '/' && !S_ISDIR(here.mode))
		err = UDF_E_NOT_DIR;
	if (!err)
		*ret_attr = here;
	return err;
}

void path_last(const char *path, char *ret_name, size_t cap)
{
	const char *end = path + strlen(path), *start;

	while (end > path && end[-1] == '/')
		end--;
	start = end;
	while (start > path && start[-1] != '/')
		start--;
	snprintf(ret_name, cap, "%.*s", (int)(end - start), start);
}

enum udf_err path_find_parent(struct udf_fs *fs, const char *path, struct udf_attr *ret_dir,
			      char ret_name[NAME_CAP])
{
	char dir[PATH_MAX], name[PATH_MAX];
	size_t n;
	enum udf_err err;

	if (strlen(path) >= sizeof(dir))
		return UDF_E_NAME_TOO_LONG;
	path_last(path, name, sizeof(name));
	if (!name[0] || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return UDF_E_INVAL;
	if (strlen(name) >= NAME_CAP)
		return UDF_E_NAME_TOO_LONG;
	strcpy(dir, path);
	n = strlen(dir);
	while (n > 0 && dir[n - 1] == '/')
		n--;
	dir[n - strlen(name)] = '\0';
	err = path_find(fs, dir, true, ret_dir);
	if (!err && !S_ISDIR(ret_dir->mode))
		err = UDF_E_NOT_DIR;
	if (!err)
		strcpy(ret_name, name);
	return err;
}

char *path_join(const char *dir, const char *name)
{
	size_t n = strlen(dir);
	char *path = malloc(n + strlen(name) + 2);

	if (path)
		sprintf(path, "%s%s%s", dir, n && dir[n - 1] == '/' ? "" : "/", name);
	return path;
}
