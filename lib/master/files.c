/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "master/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/checked.h"

void master_files_init(struct master_files *files, const struct udf_master_options *options, uint32_t block_bytes)
{
	*files = (struct master_files){ .options = options, .block_bytes = block_bytes, .open_fd = -1 };
}

static void close_file(struct master_files *files)
{
	if (files->open_fd >= 0)
		close(files->open_fd);
	files->open_fd = -1;
}

void master_files_done(struct master_files *files)
{
	close_file(files);
	for (size_t i = 0; i < files->n; i++)
		free(files->list[i].path);
	free(files->list);
	free(files->pieces);
}

/* ---- adding ---- */

/* LIST with room for one more than N; NULL without memory, and LIST stays. */
static void *with_room(void *list, size_t n, size_t *cap, size_t item_bytes)
{
	size_t more = *cap ? *cap * 2 : 64;

	if (n < *cap)
		return list;
	list = reallocarray(list, more, item_bytes);
	if (list)
		*cap = more;
	return list;
}

static bool is_last(const struct master_files *files, size_t source, const char *path)
{
	const struct master_file *last = files->n ? &files->list[files->n - 1] : NULL;

	return last && last->source == source && strcmp(last->path, path) == 0;
}

static enum udf_err add_file(struct master_files *files, size_t source, const struct host_entry *entry)
{
	struct master_file *list = with_room(files->list, files->n, &files->cap, sizeof(*list)), *file;

	if (!list)
		return UDF_E_NOMEM;
	files->list = list;
	file = &files->list[files->n];
	*file = (struct master_file){ .source = source, .path = strdup(entry->path),
				      .fd = entry->is_archived ? entry->fd : -1,
				      .data_at_bytes = entry->data_at_bytes,
				      .dev = entry->st.st_dev, .ino = entry->st.st_ino,
				      .size_bytes = (uint64_t)entry->st.st_size, .mtime = entry->st.st_mtim };
	if (!file->path)
		return UDF_E_NOMEM;
	files->n++;
	return UDF_OK;
}

enum udf_err master_files_add(struct master_files *files, size_t source, const struct host_entry *entry, uint64_t at,
			      uint64_t lsn, uint64_t n_bytes)
{
	enum udf_err err = is_last(files, source, entry->path) ? UDF_OK : add_file(files, source, entry);

	struct master_piece *pieces;

	if (err)
		return err;
	pieces = with_room(files->pieces, files->n_pieces, &files->pieces_cap, sizeof(*pieces));
	if (!pieces)
		return UDF_E_NOMEM;
	files->pieces = pieces;
	pieces[files->n_pieces++] = (struct master_piece){ lsn, at, n_bytes, files->n - 1 };
	return UDF_OK;
}

void master_files_drop(struct master_files *files, size_t source, const char *path)
{
	if (!is_last(files, source, path))
		return;
	while (files->n_pieces && files->pieces[files->n_pieces - 1].file == files->n - 1)
		files->n_pieces--;
	free(files->list[--files->n].path);
}

static int by_sector(const void *a, const void *b)
{
	const struct master_piece *x = a, *y = b;

	return x->lsn < y->lsn ? -1 : x->lsn > y->lsn;
}

void master_files_sort(struct master_files *files)
{
	if (files->n_pieces)
		qsort(files->pieces, files->n_pieces, sizeof(*files->pieces), by_sector);
}

static uint64_t end_of(const struct master_files *files, const struct master_piece *piece)
{
	return piece->lsn + udf_ceil_div(piece->n_bytes, files->block_bytes);
}

uint64_t master_files_end(const struct master_files *files)
{
	uint64_t end = 0;

	for (size_t i = 0; i < files->n_pieces; i++)
		end = udf_max64(end, end_of(files, &files->pieces[i]));
	return end;
}

/* ---- reading ---- */

static void failed(struct master_files *files, struct master_file *file, int host_errno)
{
	if (!file->has_failed)
		files->options->failed(files->options->ctx, file->source, file->path, udf_err_from_errno(host_errno),
				       host_errno);
	file->has_failed = true;
}

/* A path may be longer than a call takes. */
static int open_path(int dir_fd, const char *path)
{
	int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC, at_fd = dir_fd, fd;
	char first[PATH_MAX];

	while (strlen(path) >= sizeof(first)) {
		char *slash;

		memcpy(first, path, sizeof(first) - 1);
		first[sizeof(first) - 1] = '\0';
		slash = strrchr(first, '/');
		*slash = '\0';		/* a name is shorter than that */
		fd = openat(at_fd, first, flags | O_DIRECTORY);
		if (at_fd != dir_fd)
			close(at_fd);
		if (fd < 0)
			return -1;
		at_fd = fd;
		path += strlen(first) + 1;
	}
	fd = host_open_file(at_fd, path);
	if (at_fd != dir_fd) {
		int host_errno = errno;

		close(at_fd);
		errno = host_errno;
	}
	return fd;
}

/* The descriptor of the file, or -1, which was reported. */
static int open_file(struct master_files *files, size_t i)
{
	struct master_file *file = &files->list[i];
	struct stat st;

	if (file->fd >= 0)
		return file->fd;
	if (files->open_fd >= 0 && files->open_file == i)
		return files->open_fd;
	close_file(files);
	files->open_fd = open_path(files->options->sources[file->source].dir_fd, file->path);
	files->open_file = i;
	if (files->open_fd < 0 || fstat(files->open_fd, &st) < 0) {
		failed(files, file, errno);
		close_file(files);
		return -1;
	}
	if (st.st_dev != file->dev || st.st_ino != file->ino || !S_ISREG(st.st_mode)) {
		failed(files, file, ESTALE);
		close_file(files);
		return -1;
	}
	if ((uint64_t)st.st_size != file->size_bytes || st.st_mtim.tv_sec != file->mtime.tv_sec ||
	    st.st_mtim.tv_nsec != file->mtime.tv_nsec)
		failed(files, file, ESTALE);
	(void)posix_fadvise(files->open_fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return files->open_fd;
}

static void read_piece(struct master_files *files, const struct master_piece *piece, uint64_t at, size_t n_bytes,
		       uint8_t *to)
{
	struct master_file *file = &files->list[piece->file];
	int fd = open_file(files, piece->file);

	at += file->data_at_bytes;
	while (fd >= 0 && n_bytes) {
		ssize_t n = pread(fd, to, n_bytes, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			failed(files, file, n < 0 ? errno : ESTALE);
			return;
		}
		to += n;
		at += (uint64_t)n;
		n_bytes -= (size_t)n;
	}
}

void master_files_read(struct master_files *files, uint64_t lsn, uint32_t n_blocks, uint8_t *data)
{
	while (files->next < files->n_pieces) {
		const struct master_piece *piece = &files->pieces[files->next];
		uint64_t first = udf_max64(lsn, piece->lsn), end = udf_min64(lsn + n_blocks, end_of(files, piece));

		if (piece->lsn >= lsn + n_blocks)
			return;
		if (first < end) {
			uint64_t skipped = (first - piece->lsn) * files->block_bytes;

			read_piece(files, piece, piece->at_bytes + skipped,
				   (size_t)udf_min64((end - first) * files->block_bytes, piece->n_bytes - skipped),
				   data + (first - lsn) * files->block_bytes);
		}
		if (end_of(files, piece) > lsn + n_blocks)
			return;
		files->next++;
	}
}
