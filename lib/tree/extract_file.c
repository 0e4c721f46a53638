/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Regular files on the host.  Runs on any thread: it knows nothing but the job. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tree/extract_queue.h"

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

bool tree_job_make(struct tree_job *job)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	mode_t mode = job->wanted.as_made ? job->wanted.mode : 0600;

	job->fd = openat(job->dir_fd, job->name, flags, mode);
	if (job->fd < 0 && errno == EEXIST && unlinkat(job->dir_fd, job->name, 0) == 0)
		job->fd = openat(job->dir_fd, job->name, flags, mode);
	if (job->fd >= 0)
		return true;
	job->err = UDF_OK;	/* what reading it said does not matter any more */
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

		if (by_host) {
			n = copy_file_range(piece->from_fd, &in, job->fd, &out, left < 1u << 30 ? left : 1u << 30, 0);
			by_host = n > 0;
			if (n > 0)
				job->done_bytes += (uint64_t)n;
			continue;
		}
		n = pread(piece->from_fd, buffer, left < TREE_BUFFER_BYTES ? left : TREE_BUFFER_BYTES,
			  (off_t)(piece->from_at + (job->done_bytes - piece->at)));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || !tree_job_write(job, buffer, (size_t)n))
			return false;
	}
	job->end_bytes = job->done_bytes;
	return true;
}

void tree_job_end(struct tree_job *job)
{
	int host_errno;

	if (!job->err && job->end_bytes < job->size_bytes && ftruncate(job->fd, (off_t)job->size_bytes))
		refuse(job, errno);
	host_errno = tree_want(job->fd, &job->wanted);
	if (host_errno)
		refuse(job, host_errno);
	if (close(job->fd))
		refuse(job, errno);
	job->fd = -1;
}

void tree_job_run(struct tree_job *job, uint8_t *buffer)
{
	if (job->fd < 0 && !tree_job_make(job))
		return;
	if (!job->err && !tree_job_write(job, job->data, job->n_data_bytes))
		goto end;
	for (size_t i = 0; i < job->n_pieces && !job->err; i++) {
		if (!tree_job_copy(job, &job->pieces[i], buffer) && !job->err)
			return;		/* the volume may know why */
	}
	job->done_bytes = job->size_bytes;
end:
	tree_job_end(job);
}
