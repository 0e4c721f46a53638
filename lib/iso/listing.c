/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "iso/listing.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

char *udf_iso_read_link(int fd, const char *name)
{
	char text[PATH_MAX + 1];
	ssize_t n = readlinkat(fd, name, text, sizeof(text) - 1);

	if (n < 0)
		return NULL;
	text[n] = '\0';
	return strdup(text);
}

static bool look_at(int fd, struct udf_iso_entry *e, bool follow)
{
	int ret = fstatat(fd, e->name, &e->st, follow ? 0 : AT_SYMLINK_NOFOLLOW);

	if (ret && follow)	/* a link that leads nowhere stays a link */
		ret = fstatat(fd, e->name, &e->st, AT_SYMLINK_NOFOLLOW);
	if (ret) {
		e->host_errno = errno;
		return true;
	}
	if (S_ISLNK(e->st.st_mode)) {
		errno = 0;
		e->link = udf_iso_read_link(fd, e->name);
		if (!e->link && errno == ENOMEM)
			return false;
		e->host_errno = e->link ? 0 : errno;
	} else if (S_ISREG(e->st.st_mode) && faccessat(fd, e->name, R_OK, AT_EACCESS)) {
		e->host_errno = errno;
	}
	return true;
}

static bool add(struct udf_iso_listing *l, int fd, const char *name, bool follow)
{
	struct udf_iso_entry *more;

	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 32;

		more = reallocarray(l->entries, cap, sizeof(*more));
		if (!more)
			return false;
		l->entries = more;
		l->cap = cap;
	}
	l->entries[l->n] = (struct udf_iso_entry){ .name = strdup(name) };
	if (!l->entries[l->n].name)
		return false;
	return look_at(fd, &l->entries[l->n++], follow);
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct udf_iso_entry *)a)->name, ((const struct udf_iso_entry *)b)->name);
}

int udf_iso_listing_read(int fd, bool follow, struct udf_iso_listing *ret)
{
	DIR *dir = fdopendir(fd);
	int host_errno = errno;
	struct dirent *d;

	*ret = (struct udf_iso_listing){ .entries = NULL };
	if (!dir) {
		close(fd);
		return host_errno;
	}
	while (errno = 0, d = readdir(dir)) {
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		if (!add(ret, dirfd(dir), d->d_name, follow)) {
			errno = ENOMEM;
			break;
		}
	}
	host_errno = errno;
	closedir(dir);
	if (ret->n)
		qsort(ret->entries, ret->n, sizeof(*ret->entries), compare);
	return host_errno;
}

void udf_iso_listing_done(struct udf_iso_listing *listing)
{
	for (size_t i = 0; i < listing->n; i++) {
		free(listing->entries[i].name);
		free(listing->entries[i].link);
	}
	free(listing->entries);
	*listing = (struct udf_iso_listing){ .entries = NULL };
}
