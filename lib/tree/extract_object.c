/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Single files, symlinks and nodes onto the host. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/time.h"
#include "tree/extract_internal.h"

#define FINEST_BYTES 4096u	/* of a file that can't be read whole */

static enum udf_err host_failure(struct tree_extract *x)
{
	int host_errno = errno;

	return tree_fail(x, udf_err_from_errno(host_errno), host_errno);
}

struct tree_wanted tree_wanted_of(const struct tree_extract *x, const struct udf_attr *attr)
{
	bool owner = x->options->keep_owners;

	return (struct tree_wanted){
		.uid = owner && attr->uid != UDF_ID_NONE ? attr->uid : (uid_t)-1,
		.gid = owner && attr->gid != UDF_ID_NONE ? attr->gid : (gid_t)-1,
		/* Set-id bits go with the owner: without it they would be another's. */
		.mode = attr->mode & (owner ? 07777 : S_ISDIR(attr->mode) ? 01777 : 0777),
		.times = { udf_time_to_timespec(attr->atime), udf_time_to_timespec(attr->mtime) },
	};
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

/*
 * Bytes [job->done_bytes, END) of the file through the buffer, up to those that can't be read.  Where these
 * begin is found in three steps: each may cost a drive the time in which it gives up.
 */
static enum udf_err read_into(struct tree_extract *x, struct tree_job *job, uint64_t end)
{
	size_t step = TREE_BUFFER_BYTES;

	while (job->done_bytes < end) {
		uint64_t left = end - job->done_bytes;
		size_t want = left < step ? (size_t)left : step, n = 0;
		enum udf_err err = udf_read(x->fs, job->ino, job->done_bytes, want, x->buffer, &n);

		if (err && err != UDF_END && want > FINEST_BYTES) {
			step = want / 16 > FINEST_BYTES ? want / 16 / FINEST_BYTES * FINEST_BYTES : FINEST_BYTES;
			continue;
		}
		if (err && err != UDF_END)
			return err;
		if (n == 0)
			return UDF_E_CORRUPT;	/* shorter than it says */
		if (!tree_job_write(job, x->buffer, n))
			return job->err;
	}
	return UDF_OK;
}

/* What the file has behind job->done_bytes: holes stay holes. */
static enum udf_err copy_rest(struct tree_extract *x, struct tree_job *job)
{
	while (job->done_bytes < job->size_bytes) {
		struct tree_piece piece = { .at = job->done_bytes };
		enum udf_err err = udf_file_range(x->fs, job->ino, piece.at, job->size_bytes - piece.at,
						  &piece.from_fd, &piece.from_at, &piece.n_bytes);

		if (err == UDF_END)
			return UDF_E_CORRUPT;
		if (err)	/* and reading tells why, and gives what it can */
			return read_into(x, job, job->size_bytes);
		if (piece.from_fd < 0)
			job->done_bytes += piece.n_bytes;
		else if (!tree_job_copy(job, &piece, x->buffer) && !job->err)
			err = read_into(x, job, piece.at + piece.n_bytes);
		if (err || job->err)
			return job->err ? job->err : err;
	}
	return UDF_OK;
}

/* The rest of the open file from the volume; then it is done. */
static void complete(struct tree_extract *x, struct tree_job *job)
{
	enum udf_err err = copy_rest(x, job);

	if (!job->err)
		job->err = err;
	tree_job_end(job);
}

/* Does FD belong to a regular file?  Several readers would make a drive's head fly to and fro. */
static bool is_for_threads(struct tree_extract *x, int fd)
{
	struct stat st;

	if (x->source_fd != fd) {
		x->source_fd = fd;
		x->source_is_file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	}
	return x->source_is_file;
}

/* Where all of its data lie on the host, for another thread to copy; false: it's not for one. */
static bool find_pieces(struct tree_extract *x, struct tree_job *job)
{
	uint64_t at = 0;

	while (at < job->size_bytes) {
		struct tree_piece piece = { .at = at };

		if (udf_file_range(x->fs, job->ino, at, job->size_bytes - at, &piece.from_fd,
				   &piece.from_at, &piece.n_bytes))
			return false;
		at += piece.n_bytes;
		if (piece.from_fd < 0)
			continue;
		if (job->n_pieces == TREE_N_PIECES || !is_for_threads(x, piece.from_fd))
			return false;
		job->pieces[job->n_pieces++] = piece;
		/* In the order on the medium, whoever copies first. */
		(void)posix_fadvise(piece.from_fd, (off_t)piece.from_at, (off_t)piece.n_bytes,
				    POSIX_FADV_WILLNEED);
	}
	return true;
}

/* A small file, read whole; false: it can't be. */
static bool read_data(struct tree_extract *x, struct tree_job *job)
{
	size_t n = 0;

	if (job->size_bytes == 0)
		return true;
	tree_queue_give_data(x->queue, job, (size_t)job->size_bytes);
	if (!udf_read(x->fs, job->ino, 0, job->n_data_bytes, job->data, &n) && n == job->n_data_bytes)
		return true;
	job->n_data_bytes = 0;
	return false;
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

/* Is a new file with its mode all that is wanted but the times? */
static bool is_as_fresh(const struct tree_extract *x, const struct tree_wanted *wanted)
{
	return x->fresh.known && x->fresh.keeps_mode && !(wanted->mode & (07000 | x->umask)) &&
	       (wanted->uid == (uid_t)-1 || wanted->uid == x->fresh.uid) &&
	       (wanted->gid == (gid_t)-1 || wanted->gid == x->fresh.gid);
}

static void extract_file(struct tree_extract *x, const struct udf_attr *attr, int dir_fd,
			 const char *name)
{
	struct tree_job *job = tree_take_job(x, TREE_JOB_FILE, dir_fd);
	bool is_small;

	if (!job)
		return;
	snprintf(job->name, sizeof(job->name), "%s", name);
	job->ino = attr->ino;
	job->size_bytes = attr->size_bytes;
	job->wanted = tree_wanted_of(x, attr);
	job->wanted.as_made = is_as_fresh(x, &job->wanted);
	if (!x->fresh.known && tree_job_make(job))
		learn_fresh(x, dir_fd, job->fd);
	/* The next name becomes a link to this one: it has to be there. */
	if (!job->err && attr->nlink > 1 && (job->fd >= 0 || tree_job_make(job)) &&
	    !tree_ino_map_find(&x->link_of, attr->ino, NULL))
		job->err = remember_first(x, attr->ino);
	if (job->err) {
		if (job->fd >= 0)
			tree_job_end(job);
		tree_queue_put_done(x->queue, job);
		return;
	}
	is_small = attr->size_bytes <= TREE_DATA_BYTES && attr->allocated_bytes >= attr->size_bytes;
	if (is_small ? read_data(x, job) : find_pieces(x, job)) {
		tree_queue_put(x->queue, job);
		return;
	}
	if (job->fd >= 0 || tree_job_make(job))
		complete(x, job);
	tree_queue_put_done(x->queue, job);
}

void tree_settle_file(struct tree_extract *x, struct tree_job *job)
{
	if (job->fd >= 0)
		complete(x, job);
	if (job->err) {
		tree_fail(x, job->err, job->host_errno);
		return;
	}
	x->n_data_bytes += job->size_bytes;
	tree_done(x);
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
	struct tree_wanted wanted = tree_wanted_of(x, attr);
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
	if (((wanted.uid != (uid_t)-1 || wanted.gid != (gid_t)-1) &&
	     fchownat(dir_fd, name, wanted.uid, wanted.gid, AT_SYMLINK_NOFOLLOW)) ||
	    (!S_ISLNK(attr->mode) && fchmodat(dir_fd, name, wanted.mode, 0)) ||
	    utimensat(dir_fd, name, wanted.times, AT_SYMLINK_NOFOLLOW))
		return host_failure(x);
	if (attr->nlink > 1 && !tree_ino_map_find(&x->link_of, attr->ino, NULL)) {
		err = remember_first(x, attr->ino);
		if (err)
			return tree_fail(x, err, 0);
	}
	tree_done(x);
	return UDF_OK;
}

void tree_extract_leaf(struct tree_extract *x, const struct udf_attr *attr, int dir_fd, const char *name)
{
	uint64_t first;

	if (attr->nlink > 1 && tree_ino_map_find(&x->link_of, attr->ino, &first) &&
	    link_to_first(x, x->links[first], dir_fd, name))
		tree_done(x);
	else if (S_ISREG(attr->mode))
		extract_file(x, attr, dir_fd, name);
	else
		extract_node(x, attr, dir_fd, name);
}
