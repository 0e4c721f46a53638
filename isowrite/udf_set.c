/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "udf_set.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "names.h"
#include "sources.h"

/* ---- what is on the disc ---- */

struct filter {
	const struct udf_set_dir *dir;
	const struct host_walk *walk;		/* who wants to know */
};

static enum udf_err entry(void *ctx, const struct host_entry *e, uint64_t parent_tag, uint64_t *ret_tag)
{
	const struct filter *f = ctx;
	struct set_view *set = f->dir->req->set;

	if (set->looks)
		udf_span_look(set->span, e->path, &e->st);
	*ret_tag = HOST_WALK_LEAVE_OUT;
	if (!udf_span_wants(set->span, set->disc, e->path, S_ISDIR(e->st.st_mode)))
		return UDF_OK;
	return f->walk->entry(f->walk->ctx, e, parent_tag, ret_tag);
}

static enum udf_err begin(void *ctx, uint64_t tag, const struct host_names *names)
{
	const struct filter *f = ctx;

	return f->walk->begin(f->walk->ctx, tag, names);
}

static enum udf_err leave(void *ctx, uint64_t tag, const struct stat *st)
{
	const struct filter *f = ctx;

	return f->walk->leave(f->walk->ctx, tag, st);
}

static void failed(void *ctx, const char *path, enum udf_err err, int host_errno)
{
	const struct filter *f = ctx;

	f->walk->failed(f->walk->ctx, path, err, host_errno);
}

static void left_out(void *ctx, const char *path)
{
	const struct filter *f = ctx;

	f->walk->left_out(f->walk->ctx, path);
}

enum udf_err udf_set_walk(void *walk_ctx, const struct host_walk *walk, uint64_t root_tag)
{
	const struct udf_set_dir *dir = walk_ctx;
	struct filter f = { .dir = dir, .walk = walk };
	struct host_walk filtered = *walk;

	filtered.ctx = &f;
	filtered.entry = entry;
	filtered.begin = walk->begin ? begin : NULL;
	filtered.leave = leave;
	filtered.failed = failed;
	filtered.left_out = walk->left_out ? left_out : NULL;
	return host_walk(&filtered, dir->dir_fd, root_tag);
}

/* ---- the list ---- */

bool udf_set_list_open(const char *text, size_t n_bytes, int64_t seconds, struct udf_set_list *ret_list)
{
	size_t at = 0;
	ssize_t n = 0;

	ret_list->fd = memfd_create(UDF_DISC_LIST_NAME, MFD_CLOEXEC);
	while (ret_list->fd >= 0 && at < n_bytes && n >= 0) {
		n = write(ret_list->fd, text + at, n_bytes - at);
		at += n > 0 ? (size_t)n : 0;
	}
	if (ret_list->fd < 0 || n < 0) {
		cli_error(own_name(), UDF_DISC_LIST_NAME, NULL, UDF_E_IO, errno);
		return false;
	}
	ret_list->st = (struct stat){ .st_mode = S_IFREG | 0444, .st_nlink = 1, .st_ino = 1,
				      .st_size = (off_t)n_bytes, .st_mtime = (time_t)seconds,
				      .st_atime = (time_t)seconds, .st_ctime = (time_t)seconds,
				      .st_blocks = (blkcnt_t)(n_bytes / 512 + 1) };
	return true;
}

enum udf_err udf_set_list_walk(void *walk_ctx, const struct host_walk *walk, uint64_t root_tag)
{
	const struct udf_set_list *list = walk_ctx;
	const struct stat root = { .st_mode = S_IFDIR | 0755, .st_mtime = list->st.st_mtime,
				   .st_atime = list->st.st_atime, .st_ctime = list->st.st_ctime };
	const struct host_entry e = { .dir_fd = -1, .name = UDF_DISC_LIST_NAME, .path = UDF_DISC_LIST_NAME,
				      .st = list->st, .fd = list->fd, .is_archived = true };
	struct host_names names = { .text = NULL };
	uint64_t tag;
	enum udf_err err = host_names_add(&names, UDF_DISC_LIST_NAME, 0);

	if (!err && walk->begin)
		err = walk->begin(walk->ctx, root_tag, &names);
	host_names_done(&names);
	if (!err)
		err = walk->entry(walk->ctx, &e, root_tag, &tag);
	return err ? err : walk->leave(walk->ctx, root_tag, &root);
}

/* ---- what there is ---- */

struct collecting {
	const struct request *req;
	struct sources sources;		/* which files are outputs */
	const char *dir;
	uint64_t n_failed;
};

static enum udf_err collect_entry(void *ctx, const struct host_entry *e, uint64_t parent_tag, uint64_t *ret_tag)
{
	struct collecting *c = ctx;
	struct set_view *set = c->req->set;
	char *host_path;

	(void)parent_tag;
	*ret_tag = 1;
	if (strcmp(e->path, UDF_DISC_LIST_NAME) == 0)
		set->err = UDF_E_EXISTS;
	if (set->err || sources_is_output(&c->sources, &e->st))
		return set->err;
	if (asprintf(&host_path, "%s/%s", c->dir, e->path) < 0)
		return set->err = UDF_E_NOMEM;
	if (!sources_can_name(c->req, host_path)) {
		*ret_tag = HOST_WALK_LEAVE_OUT;
	} else if (S_ISREG(e->st.st_mode) && faccessat(e->dir_fd, e->name, R_OK, AT_EACCESS) != 0) {
		cli_error(own_name(), host_path, NULL, UDF_E_IO, errno);
		c->n_failed++;
	} else {
		set->err = udf_span_add(set->span, e->path, host_path, &e->st, true);
	}
	free(host_path);
	return set->err;
}

static enum udf_err collect_leave(void *ctx, uint64_t tag, const struct stat *st)
{
	(void)ctx;
	(void)tag;
	(void)st;
	return UDF_OK;
}

static void collect_failed(void *ctx, const char *path, enum udf_err err, int host_errno)
{
	struct collecting *c = ctx;

	c->n_failed++;
	say("%s/%s: %s", c->dir, path, host_errno ? strerror(host_errno) : udf_strerror(err));
}

static bool collect_dir(struct collecting *c, const char *const *excludes)
{
	const struct host_walk walk = { .entry = collect_entry, .leave = collect_leave, .failed = collect_failed,
					.ctx = c, .excludes = excludes, .n_excludes = c->req->excludes.n };
	int fd = open(c->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum udf_err err;

	if (fd < 0) {
		say("%s: %s", c->dir, errno != ENOTDIR ? strerror(errno) : "is not a directory; --udf stores "
		    "directories only");
		return false;
	}
	err = host_walk(&walk, fd, 1);
	close(fd);
	if (err && !c->req->set->err)
		cli_error(own_name(), c->dir, NULL, err, 0);
	return !err;
}

bool udf_set_collect(const struct request *req)
{
	struct collecting c = { .req = req };
	const char **excludes = calloc(req->excludes.n + 1, sizeof(*excludes));
	bool ok = excludes != NULL;

	if (!ok)
		cli_error(own_name(), NULL, NULL, UDF_E_NOMEM, 0);
	for (size_t i = 0; ok && i < req->excludes.n; i++)
		excludes[i] = req->excludes.list[i].text;
	sources_init(&c.sources, req);
	/* of two files of one name UDF gets the first, and the set the one that was added last */
	for (int i = req->n_operands; ok && i-- > 0;) {
		c.dir = req->operands[i];
		ok = collect_dir(&c, excludes);
	}
	sources_done(&c.sources);
	free(excludes);
	if (ok && c.n_failed)
		say("nothing was written, because some files or directories can't be read: %" PRIu64 ".  -m GLOB "
		    "leaves them out", c.n_failed);
	return ok && !c.n_failed;
}
