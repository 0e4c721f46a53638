/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "udf_sums.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cs0.h"
#include "iso/disc_list.h"
#include "iso/md5.h"
#include "names.h"
#include "tree/host_walk.h"
#include "tree/ino_map.h"

#define CHUNK_BYTES ((size_t)256 << 10)

struct sums {
	const struct request *req;
	const struct tree_populate_options *tree;
	struct cli_progress *progress;
	struct udf_disc_line *lines;
	size_t n, cap;
	struct tree_ino_map links;	/* the line, of files with several names */
	uint8_t *buffer;		/* CHUNK_BYTES */
	uint64_t done_bytes;
	size_t source;
};

/* Its names as the volume has them. */
static char *path_in_volume(const char *path)
{
	char *text = NULL, name[UDF_VOLUME_NAME_CAP];
	size_t n_text = 0;
	FILE *out = open_memstream(&text, &n_text);

	if (!out)
		return NULL;
	for (size_t n; *path; path += n + (path[n] == '/')) {
		n = strcspn(path, "/");
		if (udf_volume_name(path, n, name))
			fputs(name, out);
		else
			fwrite(path, 1, n, out);
		if (path[n] == '/')
			putc('/', out);
	}
	return fclose(out) == 0 ? text : NULL;
}

static enum udf_disc_line_kind kind_of(mode_t mode)
{
	return S_ISREG(mode) ? UDF_LINE_FILE : S_ISDIR(mode) ? UDF_LINE_DIRECTORY :
	       S_ISLNK(mode) ? UDF_LINE_SYMLINK : UDF_LINE_SPECIAL;
}

/* The checksum of ENTRY.  A file that can't be read, or that has not its size any more, gets none. */
static enum udf_err sum_file(struct sums *s, const struct host_entry *entry, struct udf_disc_line *line)
{
	uint64_t size_bytes = (uint64_t)entry->st.st_size, at = 0;
	void *md5 = NULL;
	ssize_t n = 1;
	enum udf_err err = udf_md5_begin(&md5);

	while (!err && at < size_bytes && n > 0) {
		size_t wanted = size_bytes - at < CHUNK_BYTES ? (size_t)(size_bytes - at) : CHUNK_BYTES;

		n = pread(entry->fd, s->buffer, wanted, (off_t)(entry->data_at_bytes + at));
		if (n < 0 && errno == EINTR) {
			n = 1;
			continue;
		}
		if (n <= 0)
			break;
		udf_md5_add(md5, s->buffer, (size_t)n);
		at += (uint64_t)n;
		s->done_bytes += (uint64_t)n;
		cli_progress_bytes(s->progress, "reading for checksums", s->done_bytes, 0);
	}
	udf_md5_end(md5, line->md5);
	line->has_md5 = !err && at == size_bytes;
	return err;
}

static enum udf_err add_line(struct sums *s, const struct udf_disc_line *line)
{
	if (s->n == s->cap) {
		size_t cap = s->cap ? s->cap * 2 : 256;
		struct udf_disc_line *more = reallocarray(s->lines, cap, sizeof(*more));

		if (!more)
			return UDF_E_NOMEM;
		s->lines = more;
		s->cap = cap;
	}
	s->lines[s->n++] = *line;
	return UDF_OK;
}

static enum udf_err add_sum(struct sums *s, const struct host_entry *entry, struct udf_disc_line *line)
{
	uint64_t key = (uint64_t)entry->st.st_ino ^ (uint64_t)entry->st.st_dev * 0x9E3779B97F4A7C15u, first;
	bool has_names = entry->st.st_nlink > 1;
	enum udf_err err;

	line->n_bytes = (uint64_t)entry->st.st_size;
	line->has_md5 = true;
	if (s->req->print_size)
		return UDF_OK;
	if (has_names && tree_ino_map_find(&s->links, key, &first)) {
		line->has_md5 = s->lines[first].has_md5;
		memcpy(line->md5, s->lines[first].md5, sizeof(line->md5));
		return UDF_OK;
	}
	err = sum_file(s, entry, line);
	return err || !has_names ? err : tree_ino_map_set(&s->links, key, s->n);
}

static enum udf_err sums_entry(void *ctx, const struct host_entry *entry, uint64_t parent_tag, uint64_t *ret_tag)
{
	struct sums *s = ctx;
	struct udf_disc_line line = { .disc = 1, .kind = kind_of(entry->st.st_mode) };
	enum udf_err err = UDF_OK;

	(void)parent_tag;
	*ret_tag = 1;
	if (entry->st.st_ino == s->tree->skip_ino && entry->st.st_dev == s->tree->skip_dev)
		return UDF_OK;
	if (S_ISREG(entry->st.st_mode) && entry->fd < 0)
		return UDF_OK;
	if (S_ISDIR(entry->st.st_mode) && !entry->is_archived && host_try_directory(entry->dir_fd, entry->name)) {
		*ret_tag = HOST_WALK_LEAVE_OUT;
		return UDF_OK;
	}
	if (strcmp(entry->path, UDF_DISC_LIST_NAME) == 0)
		return UDF_E_EXISTS;
	if (S_ISREG(entry->st.st_mode))
		err = add_sum(s, entry, &line);
	line.path = err ? NULL : path_in_volume(entry->path);
	if (!err && !line.path)
		err = UDF_E_NOMEM;
	if (!err)
		err = add_line(s, &line);
	if (err)
		free(line.path);
	return err;
}

static enum udf_err sums_leave(void *ctx, uint64_t tag, const struct stat *st)
{
	(void)ctx;
	(void)tag;
	(void)st;
	return UDF_OK;
}

static void sums_failed(void *ctx, const char *path, enum udf_err err, int host_errno)
{
	(void)ctx;
	(void)path;
	(void)err;
	(void)host_errno;
}

static int compare(const void *a, const void *b)
{
	return udf_disc_line_compare(*(struct udf_disc_line *const *)a, *(struct udf_disc_line *const *)b);
}

/* All of them are in one array: the earlier one has the lower address. */
static int compare_in_order(const void *a, const void *b)
{
	const struct udf_disc_line *x = *(struct udf_disc_line *const *)a, *y = *(struct udf_disc_line *const *)b;
	int order = udf_disc_line_compare(x, y);

	return order ? order : x < y ? -1 : x > y;
}

/* Of several objects of one path the volume has the first, which is the first of LINES, too. */
static size_t sort(struct sums *s, struct udf_disc_line **sorted)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		sorted[i] = &s->lines[i];
	if (s->n)
		qsort(sorted, s->n, sizeof(*sorted), compare_in_order);
	for (size_t i = 0; i < s->n; i++)
		if (!n || compare(&sorted[n - 1], &sorted[i]) != 0)
			sorted[n++] = sorted[i];
	return n;
}

/* A directory that holds something needs no line. */
static enum udf_err drop_parents(struct udf_disc_line **sorted, size_t *n)
{
	struct udf_disc_line **parent, key, *key_at = &key;
	size_t n_kept = 0;

	for (size_t i = 0; i < *n; i++) {
		const char *slash = strrchr(sorted[i]->path, '/');

		if (!slash)
			continue;
		key.path = strndup(sorted[i]->path, (size_t)(slash - sorted[i]->path));
		if (!key.path)
			return UDF_E_NOMEM;
		parent = bsearch(&key_at, sorted, *n, sizeof(*sorted), compare);
		if (parent)
			(*parent)->disc = 0;
		free(key.path);
	}
	for (size_t i = 0; i < *n; i++)
		if (sorted[i]->disc)
			sorted[n_kept++] = sorted[i];
	*n = n_kept;
	return UDF_OK;
}

static enum udf_err walk_sources(struct sums *s, const struct udf_master_options *options)
{
	const struct host_walk walk = { .entry = sums_entry, .leave = sums_leave, .failed = sums_failed, .ctx = s,
					.excludes = s->tree->excludes, .n_excludes = s->tree->n_excludes,
					.open_files = true };
	enum udf_err err = UDF_OK;

	for (s->source = 0; s->source < options->n_sources && !err; s->source++) {
		const struct udf_master_source *source = &options->sources[s->source];

		err = source->walk ? source->walk(source->walk_ctx, &walk, 1) : host_walk(&walk, source->dir_fd, 1);
	}
	cli_progress_done(s->progress);
	return err;
}

bool udf_sums_make(const struct request *req, const struct udf_master_options *options,
		   struct cli_progress *progress, char **ret_text, size_t *ret_n_bytes)
{
	struct sums s = { .req = req, .tree = &options->tree, .progress = progress, .buffer = malloc(CHUNK_BYTES) };
	struct udf_disc_line **sorted = NULL;
	enum udf_err err = s.buffer ? walk_sources(&s, options) : UDF_E_NOMEM;
	size_t n = 0;

	if (!err) {
		sorted = calloc(s.n + 1, sizeof(*sorted));
		err = sorted ? UDF_OK : UDF_E_NOMEM;
	}
	if (!err) {
		n = sort(&s, sorted);
		err = drop_parents(sorted, &n);
	}
	if (!err)
		err = udf_disc_list_write((const struct udf_disc_line *const *)sorted, n, 1, 1, ret_text, ret_n_bytes,
					  NULL);
	for (size_t i = 0; i < s.n; i++)
		free(s.lines[i].path);
	free(s.lines);
	free(sorted);
	free(s.buffer);
	tree_ino_map_done(&s.links);
	if (err == UDF_E_EXISTS)
		say(UDF_DISC_LIST_NAME ": the files have one of this name in their root directory, where --md5 puts "
		    "their checksums; -m " UDF_DISC_LIST_NAME " leaves it out");
	else if (err)
		cli_error(own_name(), NULL, NULL, err, 0);
	return !err;
}
