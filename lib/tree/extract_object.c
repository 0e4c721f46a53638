/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Single files, symlinks and nodes onto the host. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "tree/extract_internal.h"

#define SMALL_FILE_BYTES (64u << 10)	/* read and written whole, unless it has holes */

void tree_done(struct tree_extract *x)
{
	if (x->options->done)
		x->options->done(x->options->ctx, x->path.text, x->n_data_bytes);
}

static struct timespec to_timespec(struct udf_time time)
{
	return (struct timespec){ .tv_sec = (time_t)time.seconds,
				  .tv_nsec = (long)time.microseconds * 1000 };
}

static enum udf_err host_failure(struct tree_extract *x)
{
	int host_errno = errno;

	return tree_fail(x, udf_err_from_errno(host_errno), host_errno);
}

/* Set-id bits go with the owner: without it they would be another's. */
static mode_t mode_of(const struct tree_extract *x, const struct udf_attr *attr)
{
	return attr->mode & (x->options->keep_owners ? 07777 : S_ISDIR(attr->mode) ? 01777 : 0777);
}

static bool has_owner(const struct tree_extract *x, const struct udf_attr *attr)
{
	return x->options->keep_owners && (attr->uid != UDF_ID_NONE || attr->gid != UDF_ID_NONE);
}

static void apply_times(struct tree_extract *x, int fd, const struct udf_attr *attr)
{
	struct timespec times[2] = { to_timespec(attr->atime), to_timespec(attr->mtime) };

	if (futimens(fd, times))
		host_failure(x);
}

void tree_apply_attr(struct tree_extract *x, int fd, const struct udf_attr *attr)
{
	if ((has_owner(x, attr) && fchown(fd, attr->uid, attr->gid)) || fchmod(fd, mode_of(x, attr)))
		host_failure(x);
	else
		apply_times(x, fd, attr);
}

/* ---- hard links ---- */

/* The directory of PATH below the target, opened component by component; PATH is cut up. */
static int open_parent(const struct tree_extract *x, char *path, char **ret_name)
{
	int fd = fcntl(x->target_fd, F_DUPFD_CLOEXEC, 3);
	char *slash;

	while (fd >= 0 && (slash = strchr(path, '/'))) {
		int below;

		*slash = '\0';
		below = openat(fd, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		close(fd);
		fd = below;
		path = slash + 1;
	}
	*ret_name = path;
	return fd;
}

static bool link_to_first(struct tree_extract *x, const char *first, int dir_fd, const char *name)
{
	char *path = strdup(first), *first_name;
	int fd = path ? open_parent(x, path, &first_name) : -1;
	bool linked = false;

	if (fd >= 0) {
		linked = linkat(fd, first_name, dir_fd, name, 0) == 0;
		if (!linked && errno == EEXIST && unlinkat(dir_fd, name, 0) == 0)
			linked = linkat(fd, first_name, dir_fd, name, 0) == 0;
		close(fd);
	}
	free(path);
	return linked;
}

static enum udf_err remember_first(struct tree_extract *x, udf_ino ino)
{
	enum udf_err err;

	if (x->n_links == x->cap_links) {
		size_t cap = x->cap_links ? x->cap_links * 2 : 64;
		char **links = realloc(x->links, cap * sizeof(*links));

		if (!links)
			return UDF_E_NOMEM;
		x->links = links;
		x->cap_links = cap;
	}
	x->links[x->n_links] = strdup(x->host_path.text);
	if (!x->links[x->n_links])
		return UDF_E_NOMEM;
	err = tree_ino_map_add(&x->link_of, ino, x->n_links);
	if (err)
		free(x->links[x->n_links]);
	else
		x->n_links++;
	return err;
}

/* ---- data ---- */

/* Returns an errno value. */
static int write_all(int fd, const uint8_t *data, size_t n_bytes, uint64_t at)
{
	while (n_bytes) {
		ssize_t n = pwrite(fd, data, n_bytes, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		data += n;
		at += (uint64_t)n;
		n_bytes -= (size_t)n;
	}
	return 0;
}

/* From one host file to another; *RET_N_BYTES 0 where the host has no such copy. */
static void copy_on_host(int from, uint64_t from_at, int to, uint64_t to_at, uint64_t n_bytes,
			 uint64_t *ret_n_bytes)
{
	off_t in = (off_t)from_at, out = (off_t)to_at;

	*ret_n_bytes = 0;
	while (*ret_n_bytes < n_bytes) {
		uint64_t left = n_bytes - *ret_n_bytes;
		ssize_t n = copy_file_range(from, &in, to, &out, left < 1u << 30 ? left : 1u << 30, 0);

		if (n <= 0)
			return;
		*ret_n_bytes += (uint64_t)n;
	}
}

/* Bytes [AT, AT + N_BYTES) of INO through the buffer. */
static enum udf_err copy_through_buffer(struct tree_extract *x, udf_ino ino, int fd, uint64_t at,
					uint64_t n_bytes, int *ret_errno)
{
	while (n_bytes) {
		size_t want = n_bytes < TREE_BUFFER_BYTES ? (size_t)n_bytes : TREE_BUFFER_BYTES, n = 0;
		enum udf_err err = udf_read(x->fs, ino, at, want, x->buffer, &n);

		if (err && err != UDF_END)
			return err;
		if (n == 0)
			return UDF_E_CORRUPT;	/* shorter than it says */
		*ret_errno = write_all(fd, x->buffer, n, at);
		if (*ret_errno)
			return udf_err_from_errno(*ret_errno);
		at += n;
		n_bytes -= n;
	}
	return UDF_OK;
}

/* Data of ATTR into the empty file FD: holes stay holes. */
static enum udf_err copy_data(struct tree_extract *x, const struct udf_attr *attr, int fd,
			      int *ret_errno)
{
	uint64_t at = 0, size = attr->size_bytes, n = 0, from_at = 0, copied;
	bool ends_in_hole = false;
	enum udf_err err;
	int from = -1;

	if (size <= SMALL_FILE_BYTES && attr->allocated_bytes >= size)
		return copy_through_buffer(x, attr->ino, fd, 0, size, ret_errno);
	while (at < size) {
		err = udf_file_range(x->fs, attr->ino, at, size - at, &from, &from_at, &n);
		if (err == UDF_E_UNSUPPORTED)
			return copy_through_buffer(x, attr->ino, fd, at, size - at, ret_errno);
		if (err)
			return err == UDF_END ? UDF_E_CORRUPT : err;
		ends_in_hole = from < 0;
		if (from >= 0) {
			copy_on_host(from, from_at, fd, at, n, &copied);
			err = copy_through_buffer(x, attr->ino, fd, at + copied, n - copied, ret_errno);
			if (err)
				return err;
		}
		at += n;
	}
	if (ends_in_hole && ftruncate(fd, (off_t)size)) {
		*ret_errno = errno;
		return udf_err_from_errno(errno);
	}
	return UDF_OK;
}

/* The first file of a directory tells what its new files get. */
static void learn_fresh(struct tree_extract *x, int dir_fd, int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return;
	x->fresh = (struct tree_fresh){
		.known = true, .uid = st.st_uid, .gid = st.st_gid,
		.keeps_mode = fgetxattr(dir_fd, "system.posix_acl_default", NULL, 0) < 0 &&
			      (errno == ENODATA || errno == EOPNOTSUPP),
	};
}

/* Is a new file with its mode all that ATTR wants but the times? */
static bool is_as_fresh(const struct tree_extract *x, const struct udf_attr *attr)
{
	if (!x->fresh.known || !x->fresh.keeps_mode || (mode_of(x, attr) & (07000 | x->umask)))
		return false;
	return !has_owner(x, attr) || ((attr->uid == UDF_ID_NONE || attr->uid == x->fresh.uid) &&
				       (attr->gid == UDF_ID_NONE || attr->gid == x->fresh.gid));
}

static enum udf_err extract_file(struct tree_extract *x, const struct udf_attr *attr, int dir_fd,
				 const char *name)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	bool as_fresh = is_as_fresh(x, attr);
	mode_t mode = as_fresh ? mode_of(x, attr) : 0600;
	int fd = openat(dir_fd, name, flags, mode), host_errno = 0;
	enum udf_err err;

	if (fd < 0 && errno == EEXIST && unlinkat(dir_fd, name, 0) == 0)
		fd = openat(dir_fd, name, flags, mode);
	if (fd < 0)
		return host_failure(x);
	if (!x->fresh.known)
		learn_fresh(x, dir_fd, fd);
	err = copy_data(x, attr, fd, &host_errno);
	if (err)
		tree_fail(x, err, host_errno);
	else
		x->n_data_bytes += attr->size_bytes;
	if (as_fresh)
		apply_times(x, fd, attr);
	else
		tree_apply_attr(x, fd, attr);
	if (close(fd) && !err)
		err = host_failure(x);
	return err;
}

/* ---- symlinks and nodes ---- */

/* One try to make it; false with errno. */
static bool make_node(struct tree_extract *x, const struct udf_attr *attr, int dir_fd,
		      const char *name)
{
	if (S_ISLNK(attr->mode))
		return symlinkat((const char *)x->buffer, dir_fd, name) == 0;
	return mknodat(dir_fd, name, attr->mode & (S_IFMT | 0777),
		       makedev(attr->rdev_major, attr->rdev_minor)) == 0;
}

static enum udf_err extract_node(struct tree_extract *x, const struct udf_attr *attr, int dir_fd,
				 const char *name)
{
	struct timespec times[2] = { to_timespec(attr->atime), to_timespec(attr->mtime) };
	enum udf_err err;

	if ((S_ISBLK(attr->mode) || S_ISCHR(attr->mode)) && !x->options->keep_owners)
		return tree_fail(x, UDF_E_NO_PERMISSION, EPERM);
	if (S_ISLNK(attr->mode)) {
		err = udf_readlink(x->fs, attr->ino, (char *)x->buffer, TREE_BUFFER_BYTES);
		if (err)
			return tree_fail(x, err, 0);
	}
	if (!make_node(x, attr, dir_fd, name) &&
	    (errno != EEXIST || unlinkat(dir_fd, name, 0) || !make_node(x, attr, dir_fd, name)))
		return host_failure(x);
	if ((has_owner(x, attr) &&
	     fchownat(dir_fd, name, attr->uid, attr->gid, AT_SYMLINK_NOFOLLOW)) ||
	    (!S_ISLNK(attr->mode) && fchmodat(dir_fd, name, mode_of(x, attr), 0)) ||
	    utimensat(dir_fd, name, times, AT_SYMLINK_NOFOLLOW))
		return host_failure(x);
	return UDF_OK;
}

enum udf_err tree_extract_leaf(struct tree_extract *x, const struct udf_attr *attr, int dir_fd,
			       const char *name)
{
	uint64_t first;
	enum udf_err err;

	if (attr->nlink > 1 && tree_ino_map_find(&x->link_of, attr->ino, &first) &&
	    link_to_first(x, x->links[first], dir_fd, name)) {
		tree_done(x);
		return UDF_OK;
	}
	err = S_ISREG(attr->mode) ? extract_file(x, attr, dir_fd, name) :
				    extract_node(x, attr, dir_fd, name);
	if (!err && attr->nlink > 1 && !tree_ino_map_find(&x->link_of, attr->ino, NULL)) {
		err = remember_first(x, attr->ino);
		if (err)
			tree_fail(x, err, 0);
	}
	if (!err)
		tree_done(x);
	return err;
}
