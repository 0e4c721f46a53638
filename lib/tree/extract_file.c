/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making regular files on the host.  This runs on any thread, and uses only the job. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tree/extract_queue.h"

#define HOST_COPY_BYTES (64u << 20)	/* a cancelled copy ends after at most this many bytes */

static void refuse(struct tree_job *job, int host_errno)
{
	if (job->err)
		return;
	job->host_errno = host_errno;
	job->err = udf_err_from_errno(host_errno);
}

int tree_want(int fd, const struct tree_wanted *wanted)
{
	if (!wanted->as_made &&
	    (((wanted->uid != (uid_t)-1 || wanted->gid != (gid_t)-1) &&
	      fchown(fd, wanted->uid, wanted->gid)) ||
	     fchmod(fd, wanted->mode)))
		return errno;
	return futimens(fd, wanted->times) ? errno : 0;
}

static mode_t first_mode(const struct tree_job *job)
{
	return job->wanted.as_made ? job->wanted.mode : 0600;
}

/* Make the file in a hidden directory. */
static int make_named(void *ctx, int dir_fd, const char *name)
{
	struct tree_job *job = ctx;

	job->fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, first_mode(job));
	return job->fd < 0 ? -1 : 0;
}

bool tree_job_make(struct tree_job *job)
{
	if (job->hidden.as[0])
		(void)tree_place(job->places, job->dir_fd, job->name, make_named, job, &job->other_name);
	else
		job->fd = tree_place_open(job->places, job->dir_fd, job->name, first_mode(job), job->temporary);
	if (job->fd >= 0)
		return true;
	job->err = UDF_OK;	/* an error of reading the volume no longer matters */
	refuse(job, errno);
	return false;
}

bool tree_job_write(struct tree_job *job, const uint8_t *data, size_t n_bytes)
{
	while (n_bytes) {
		ssize_t n = pwrite(job->fd, data, n_bytes, (off_t)job->done_bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			refuse(job, errno);
			return false;
		}
		data += n;
		n_bytes -= (size_t)n;
		job->done_bytes += (uint64_t)n;
		tree_places_progress(job->places, (uint64_t)n);
	}
	job->end_bytes = job->done_bytes;
	return true;
}

bool tree_job_copy(struct tree_job *job, const struct tree_piece *piece, uint8_t *buffer)
{
	uint64_t end = piece->at + piece->n_bytes;
	off_t in = (off_t)piece->from_at, out = (off_t)piece->at;
	bool by_host = true;

	job->done_bytes = piece->at;
	while (job->done_bytes < end) {
		uint64_t left = end - job->done_bytes;
		ssize_t n;

		if (tree_places_is_cancelled(job->places)) {
			job->err = UDF_E_CANCELLED;
			return false;
		}
		if (by_host) {
			n = copy_file_range(piece->from_fd, &in, job->fd, &out,
					    left < HOST_COPY_BYTES ? (size_t)left : HOST_COPY_BYTES, 0);
			by_host = n > 0;
			if (n > 0) {
				job->done_bytes += (uint64_t)n;
				tree_places_progress(job->places, (uint64_t)n);
			}
			continue;
		}
		n = pread(piece->from_fd, buffer, left < TREE_BUFFER_BYTES ? (size_t)left : TREE_BUFFER_BYTES,
			  (off_t)(piece->from_at + (job->done_bytes - piece->at)));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || !tree_job_write(job, buffer, (size_t)n))
			return false;
	}
	job->end_bytes = job->done_bytes;
	return true;
}

static int link_file(void *ctx, int dir_fd, const char *name)
{
	const struct tree_job *job = ctx;

	return tree_place_link(job->places, job->fd, dir_fd, name);
}

/* Remove a file that the host could not store completely. */
static void discard(struct tree_job *job)
{
	const char *name = job->temporary;

	close(job->fd);
	if (job->hidden.as[0])
		name = job->other_name ? job->other_name : job->name;
	if (name[0])
		unlinkat(job->dir_fd, name, 0);
	job->fd = -1;
}

/* Give the file its name.  Returns false with errno. */
static bool show(struct tree_job *job)
{
	int result = 0, host_errno;

	if (!job->hidden.as[0] && !job->temporary[0])
		result = tree_place(job->places, job->dir_fd, job->name, link_file, job, &job->other_name);
	host_errno = errno;
	if (close(job->fd) && !result) {
		host_errno = errno;	/* some hosts report only now that they have no room */
		result = -1;
	}
	job->fd = -1;
	errno = host_errno;
	if (!result && job->temporary[0])
		result = tree_place_rename(job->places, job->dir_fd, job->temporary, job->name, &job->other_name);
	if (result && job->temporary[0]) {
		host_errno = errno;
		unlinkat(job->dir_fd, job->temporary, 0);
		errno = host_errno;
	}
	return result == 0;
}

void tree_job_end(struct tree_job *job)
{
	int host_errno;

	if (!job->err && job->end_bytes < job->size_bytes && ftruncate(job->fd, (off_t)job->size_bytes))
		refuse(job, errno);
	if (job->host_errno || job->err == UDF_E_CANCELLED) {
		discard(job);
		return;
	}
	host_errno = tree_want(job->fd, &job->wanted);
	if (!show(job))
		refuse(job, errno);
	else if (host_errno)
		refuse(job, host_errno);
}

void tree_job_run(struct tree_job *job, uint8_t *buffer)
{
	if (tree_places_is_cancelled(job->places)) {
		job->err = UDF_E_CANCELLED;
		if (job->fd >= 0)
			tree_job_end(job);
		return;
	}
	if (job->fd < 0 && !tree_job_make(job))
		return;
	if (!job->err && !tree_job_write(job, job->data, job->n_data_bytes))
		goto end;
	for (size_t i = 0; i < job->n_pieces && !job->err; i++) {
		if (!tree_job_copy(job, &job->pieces[i], buffer) && !job->err)
			return;		/* reading the volume may say why */
	}
	if (!job->err)
		job->done_bytes = job->size_bytes;
end:
	tree_job_end(job);
}
