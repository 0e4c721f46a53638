/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Extracting single files, symlinks and device nodes to the host. */
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

#define TREE_NO_LINK UINT64_MAX
#define FINEST_BYTES 4096u	/* the smallest piece of a file with a bad block that is tried */

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
		/*
		 * Set-id bits are set only together with the owner.  Otherwise they would give another user's
		 * rights.
		 */
		.mode = attr->mode & (owner ? 07777 : S_ISDIR(attr->mode) ? 01777 : 0777),
		.times = { udf_time_to_timespec(attr->atime), udf_time_to_timespec(attr->mtime) },
	};
}

/* ---- hard links ---- */

int tree_open_parent(const struct tree_extract *x, char *path, char **ret_name)
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

struct first_name {
	int dir_fd;
	const char *name;
};

static int make_link(void *ctx, int dir_fd, const char *name)
{
	const struct first_name *first = ctx;

	return linkat(first->dir_fd, first->name, dir_fd, name, 0);
}

/* Make NAME, or RET_OTHER instead of it, another name of the file FIRST.  Returns false if that fails. */
static bool link_to_first(struct tree_extract *x, const char *first, int dir_fd, const char *name,
			  char **ret_other)
{
	char *path = first ? strdup(first) : NULL, *first_name;
	int fd = path ? tree_open_parent(x, path, &first_name) : -1;
	bool linked = false;

	if (fd >= 0) {
		struct first_name what = { .dir_fd = fd, .name = first_name };

		linked = tree_place(x->places, dir_fd, name, make_link, &what, ret_other) == 0;
		close(fd);
	}
	free(path);
	return linked;
}

/* A number for the names of INO.  The first of them is not made yet. */
static enum udf_err add_link(struct tree_extract *x, udf_ino ino, uint64_t *ret_link)
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
	err = tree_ino_map_add(&x->link_of, ino, x->n_links);
	if (err)
		return err;
	x->links[x->n_links] = NULL;
	*ret_link = x->n_links++;
	return UDF_OK;
}

/*
 * Remember HOST_PATH as the first name of the object with that number.  Without memory the next name becomes the first
 * one.  A name in HIDDEN of an object that was found before HIDDEN is not remembered either, because tree_show_links()
 * would not find it.
 */
static void set_first(struct tree_extract *x, const struct tree_hidden *hidden, uint64_t link,
		      const char *host_path)
{
	if (!hidden->as[0])
		x->links[link] = strdup(host_path);
	else if (link >= hidden->first_link)
		x->links[link] = tree_hidden_path(hidden, host_path);
}

/* Where the first name LINK is, if it is in the directory that was OLD (N_OLD_BYTES) and now is NOW; else NULL. */
static char *moved_link(const char *link, const char *old, size_t n_old_bytes, const char *now)
{
	char *path;

	if (strncmp(link, old, n_old_bytes) != 0 || link[n_old_bytes] != '/' ||
	    asprintf(&path, "%s%s", now, link + n_old_bytes) < 0)
		return NULL;
	return path;
}

void tree_show_links(struct tree_extract *x, const struct tree_hidden *hidden, const char *host_path)
{
	const char *slash = strrchr(host_path, '/');
	char *old;
	int n_old_bytes;

	if (hidden->first_link == x->n_links)
		return;
	n_old_bytes = asprintf(&old, "%.*s%s", slash ? (int)(slash + 1 - host_path) : 0, host_path, hidden->as);
	if (n_old_bytes < 0)
		return;		/* further names become copies */
	for (uint64_t i = hidden->first_link; i < x->n_links; i++) {
		char *moved = x->links[i] ? moved_link(x->links[i], old, (size_t)n_old_bytes, host_path) : NULL;

		if (!moved)
			continue;
		free(x->links[i]);
		x->links[i] = moved;
	}
	free(old);
}

/* ---- data ---- */

/*
 * Copy bytes [job->done_bytes, END) of the file through the buffer, up to those that can't be read.  The first of
 * these is found in only three steps, because a drive may take a long time for each failed read.
 */
static enum udf_err read_into(struct tree_extract *x, struct tree_job *job, uint64_t end)
{
	size_t step = TREE_BUFFER_BYTES;

	while (job->done_bytes < end) {
		uint64_t left = end - job->done_bytes;
		size_t want = left < step ? (size_t)left : step, n = 0;
		enum udf_err err;

		if (tree_places_is_cancelled(x->places))
			return UDF_E_CANCELLED;
		err = udf_read(x->fs, job->ino, job->done_bytes, want, x->buffer, &n);
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

/* Copy the data of the file after job->done_bytes.  Holes stay holes. */
static enum udf_err copy_rest(struct tree_extract *x, struct tree_job *job)
{
	while (job->done_bytes < job->size_bytes) {
		struct tree_piece piece = { .at = job->done_bytes };
		enum udf_err err;

		if (tree_places_is_cancelled(x->places))
			return UDF_E_CANCELLED;
		err = udf_file_range(x->fs, job->ino, piece.at, job->size_bytes - piece.at,
				     &piece.from_fd, &piece.from_at, &piece.n_bytes);
		if (err == UDF_END)
			return UDF_E_CORRUPT;
		if (err)	/* reading says why, and returns as much as it can */
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

/* Copy the remaining data of the open file from the volume, and end the file. */
static void complete(struct tree_extract *x, struct tree_job *job)
{
	enum udf_err err = copy_rest(x, job);

	if (!job->err)
		job->err = err;
	tree_job_end(job);
}

/* Is FD a regular file?  Several threads that read from a drive would make it seek all the time. */
static bool is_for_threads(struct tree_extract *x, int fd)
{
	struct stat st;

	if (x->source_fd != fd) {
		x->source_fd = fd;
		x->source_is_file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	}
	return x->source_is_file;
}

/* Find all data of the file on the host, for another thread to copy.  Returns false if that is not possible. */
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
		/* Start reading now: in the order on the medium, no matter which thread copies first. */
		(void)posix_fadvise(piece.from_fd, (off_t)piece.from_at, (off_t)piece.n_bytes,
				    POSIX_FADV_WILLNEED);
	}
	return true;
}

/* Read a small file completely.  Returns false if that fails. */
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

/* The first file of a directory shows which owner and mode its new files get. */
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

/* Does a new file with this mode already have everything, apart from the times? */
static bool is_as_fresh(const struct tree_extract *x, const struct tree_wanted *wanted)
{
	return x->fresh.known && x->fresh.keeps_mode && !(wanted->mode & (07000 | x->umask)) &&
	       (wanted->uid == (uid_t)-1 || wanted->uid == x->fresh.uid) &&
	       (wanted->gid == (gid_t)-1 || wanted->gid == x->fresh.gid);
}

/* Prepare the job's file, with its data if another thread can copy it.  Returns false if complete() must do that. */
static bool prepare_file(struct tree_extract *x, const struct udf_attr *attr, struct tree_job *job)
{
	bool is_small = attr->size_bytes <= TREE_DATA_BYTES && attr->allocated_bytes >= attr->size_bytes;

	if (!x->fresh.known && tree_job_make(job))
		learn_fresh(x, job->dir_fd, job->fd);
	if (!job->err && (is_small ? read_data(x, job) : find_pieces(x, job)))
		return true;
	job->n_pieces = 0;
	return false;
}

static void extract_file(struct tree_extract *x, const struct udf_attr *attr, int dir_fd, const char *name)
{
	struct tree_job *job = tree_take_job(x, TREE_JOB_FILE, dir_fd);
	enum udf_err err = UDF_OK;

	if (!job)
		return;
	job->name = job->host_path.text + job->host_path.n_bytes - strlen(name);
	job->ino = attr->ino;
	job->size_bytes = attr->size_bytes;
	job->wanted = tree_wanted_of(x, attr);
	job->wanted.as_made = is_as_fresh(x, &job->wanted);
	job->link = TREE_NO_LINK;
	if (attr->nlink > 1 && tree_ino_map_find(&x->link_of, attr->ino, &job->link))
		job->kind = TREE_JOB_LINK;	/* when the first name has been made */
	else if (attr->nlink > 1)
		err = add_link(x, attr->ino, &job->link);
	if (err)
		job->err = err;
	else if (job->kind == TREE_JOB_FILE && prepare_file(x, attr, job)) {
		tree_queue_put(x->queue, job);
		return;
	} else if (job->kind == TREE_JOB_FILE && !job->err && (job->fd >= 0 || tree_job_make(job))) {
		complete(x, job);
	}
	tree_queue_put_done(x->queue, job);
}

/* Make another name of a file.  Where that is not possible (no first name, a host without links) make a copy. */
static void settle_link(struct tree_extract *x, struct tree_job *job)
{
	if (link_to_first(x, x->links[job->link], job->dir_fd, job->name, &job->other_name))
		return;
	if (tree_job_make(job))
		complete(x, job);
}

void tree_settle_file(struct tree_extract *x, struct tree_job *job)
{
	if (job->kind == TREE_JOB_LINK && !job->err)
		settle_link(x, job);
	else if (job->fd >= 0)
		complete(x, job);
	if (!job->host_errno && job->err != UDF_E_CANCELLED)
		tree_renamed(x, job->name, job->other_name);
	else
		free(job->other_name);
	job->other_name = NULL;
	if (job->err) {
		tree_fail(x, job->err, job->host_errno);
		return;
	}
	if (job->link != TREE_NO_LINK && !x->links[job->link])
		set_first(x, &job->hidden, job->link, job->host_path.text);
	x->n_data_bytes += job->size_bytes;
	tree_done(x);
}

/* ---- symlinks and nodes ---- */

struct new_node {
	const struct udf_attr *attr;
	const char *target;		/* of a symlink */
};

static int make_node(void *ctx, int dir_fd, const char *name)
{
	const struct new_node *node = ctx;

	if (S_ISLNK(node->attr->mode))
		return symlinkat(node->target, dir_fd, name);
	return mknodat(dir_fd, name, node->attr->mode & (S_IFMT | 0777),
		       makedev(node->attr->rdev_major, node->attr->rdev_minor));
}

static bool set_node(const struct udf_attr *attr, const struct tree_wanted *wanted, int dir_fd, const char *name)
{
	return ((wanted->uid == (uid_t)-1 && wanted->gid == (gid_t)-1) ||
		!fchownat(dir_fd, name, wanted->uid, wanted->gid, AT_SYMLINK_NOFOLLOW)) &&
	       (S_ISLNK(attr->mode) || !fchmodat(dir_fd, name, wanted->mode, 0)) &&
	       !utimensat(dir_fd, name, wanted->times, AT_SYMLINK_NOFOLLOW);
}

static void extract_node(struct tree_extract *x, const struct udf_attr *attr, int dir_fd, const char *name)
{
	struct tree_wanted wanted = tree_wanted_of(x, attr);
	struct new_node node = { .attr = attr };
	uint64_t link = TREE_NO_LINK;
	char *other = NULL;
	enum udf_err err = UDF_OK;

	if (attr->nlink > 1 && tree_ino_map_find(&x->link_of, attr->ino, &link) &&
	    link_to_first(x, x->links[link], dir_fd, name, &other))
		goto made;
	if ((S_ISBLK(attr->mode) || S_ISCHR(attr->mode)) && !x->options->keep_owners) {
		tree_fail(x, UDF_E_NO_PERMISSION, EPERM);
		return;
	}
	if (S_ISLNK(attr->mode)) {
		err = udf_readlink(x->fs, attr->ino, (char *)x->buffer, TREE_BUFFER_BYTES);
		node.target = (const char *)x->buffer;
	}
	if (!err && (tree_place(x->places, dir_fd, name, make_node, &node, &other) ||
		     !set_node(attr, &wanted, dir_fd, other ? other : name))) {
		host_failure(x);
		free(other);
		return;
	}
	if (!err && attr->nlink > 1 && link == TREE_NO_LINK)
		err = add_link(x, attr->ino, &link);
	if (err) {
		free(other);
		tree_fail(x, err, 0);
		return;
	}
made:
	tree_renamed(x, name, other);
	if (link != TREE_NO_LINK && !x->links[link])
		set_first(x, &x->hidden, link, x->host_path.text);
	tree_done(x);
}

void tree_extract_leaf(struct tree_extract *x, const struct udf_attr *attr, int dir_fd, const char *name)
{
	if (S_ISREG(attr->mode))
		extract_file(x, attr, dir_fd, name);
	else
		extract_node(x, attr, dir_fd, name);
}
