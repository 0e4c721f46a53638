/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Paths of the host.  A million files must not each store the path of their directory. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "iso/internal.h"

char *udf_iso_path(const struct udf_iso_dir *dir, const char *name)
{
	size_t n_bytes = strlen(name) + 1, n;
	char *path, *at;

	for (const struct udf_iso_dir *d = dir; d; d = d->parent)
		n_bytes += strlen(d->name) + 1;
	path = malloc(n_bytes);
	if (!path)
		return NULL;
	at = path + n_bytes - strlen(name) - 1;
	strcpy(at, name);
	for (const struct udf_iso_dir *d = dir; d; d = d->parent) {
		n = strlen(d->name);
		if (n && d->name[n - 1] != '/')
			*--at = '/';
		at -= n;
		memcpy(at, d->name, n);
	}
	memmove(path, at, strlen(at) + 1);	/* shorter where a name ends with a slash */
	return path;
}

/* Open the directory of the first part of *PATH, which fits; *PATH becomes what is left. */
static int open_part(int at_fd, char **path)
{
	char *end = *path + PATH_MAX - 1, save;
	int fd;

	while (end > *path && *end != '/')
		end--;
	save = *end;
	*end = '\0';
	fd = openat(at_fd, *path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*end = save;
	*path = end + 1;
	return fd;
}

int udf_iso_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC), at_fd = AT_FDCWD, next, host_errno;
	char *copy, *at;

	if (fd >= 0 || errno != ENAMETOOLONG || strlen(path) < PATH_MAX)
		return fd;
	at = copy = strdup(path);
	if (!copy) {
		errno = ENOMEM;
		return -1;
	}
	while (strlen(at) >= PATH_MAX) {
		next = open_part(at_fd, &at);
		host_errno = errno;
		if (at_fd != AT_FDCWD)
			close(at_fd);
		at_fd = next;
		if (next < 0)
			break;
	}
	if (at_fd != -1) {
		fd = openat(at_fd, at, flags | O_CLOEXEC);
		host_errno = errno;
		if (at_fd != AT_FDCWD)
			close(at_fd);
	}
	free(copy);
	errno = host_errno;
	return fd;
}
