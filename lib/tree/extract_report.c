/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The paths of the object that is being extracted, and what is reported about it. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tree/extract_internal.h"

#define HOST_NAME_BYTES 255u		/* that nearly all hosts can hold */

const char *tree_extract_host_path(const struct tree_extract *x)
{
	const struct tree_path *path = x->settling ? &x->settling->host_path : &x->host_path;

	return path->text ? path->text : "";
}

static const char *volume_path(const struct tree_extract *x)
{
	return x->settling ? x->settling->path.text : x->path.text;
}

enum udf_err tree_fail(struct tree_extract *x, enum udf_err err, int host_errno)
{
	if (!x->first_err)
		x->first_err = err;
	if (x->options->failed)
		x->options->failed(x->options->ctx, volume_path(x), err, host_errno);
	return err;
}

void tree_bad_name(struct tree_extract *x)
{
	if (!x->first_err)
		x->first_err = UDF_E_CORRUPT;
	if (x->options->bad_name)
		x->options->bad_name(x->options->ctx, volume_path(x));
}

void tree_done(struct tree_extract *x)
{
	if (x->options->done)
		x->options->done(x->options->ctx, volume_path(x), x->n_data_bytes);
}

enum udf_err tree_path_add(struct tree_path *path, const char *name, bool slash)
{
	size_t n = strlen(name), needed = path->n_bytes + n + 2;

	if (needed > path->cap) {
		size_t cap = needed * 2;
		char *text = realloc(path->text, cap);

		if (!text)
			return UDF_E_NOMEM;
		path->text = text;
		path->cap = cap;
	}
	if (slash && path->n_bytes > 0 && path->text[path->n_bytes - 1] != '/')
		path->text[path->n_bytes++] = '/';
	memcpy(path->text + path->n_bytes, name, n + 1);
	path->n_bytes += n;
	return UDF_OK;
}

enum udf_err tree_path_set(struct tree_path *path, const char *text)
{
	path->n_bytes = 0;
	return tree_path_add(path, text, false);
}

void tree_path_cut(struct tree_path *path, size_t n_bytes)
{
	path->n_bytes = n_bytes;
	path->text[n_bytes] = '\0';
}

void tree_renamed(struct tree_extract *x, const char *wanted, char *other)
{
	/* The queue's jobs are settled by their own thread's caller: it may change their paths. */
	struct tree_path *path = x->settling ? &x->settling->host_path : &x->host_path;
	bool is_shortened;

	if (!other)
		return;
	/* A name that only got a number is as long as before, or was at the limit. */
	is_shortened = strlen(other) < strlen(wanted) && (strlen(wanted) > HOST_NAME_BYTES || strstr(other, "~1"));
	tree_path_cut(path, path->n_bytes - strlen(wanted));
	if (tree_path_add(path, other, false))
		tree_path_cut(path, path->n_bytes);
	free(other);
	if (!is_shortened && !x->first_err)
		x->first_err = UDF_E_EXISTS;
	if (x->options->renamed)
		x->options->renamed(x->options->ctx, volume_path(x), is_shortened);
}

char *tree_hidden_path(const struct tree_hidden *hidden, const char *host_path)
{
	size_t above_bytes = hidden->path_bytes;
	char *path;

	while (above_bytes > 0 && host_path[above_bytes - 1] != '/')
		above_bytes--;
	if (asprintf(&path, "%.*s%s%s", (int)above_bytes, host_path, hidden->as,
		     host_path + hidden->path_bytes) < 0)
		return NULL;
	return path;
}

void tree_stays_hidden(struct tree_extract *x, const struct tree_hidden *hidden, int host_errno)
{
	struct tree_path *host_path = x->settling ? &x->settling->host_path : &x->host_path;
	char *path = tree_hidden_path(hidden, host_path->text);

	if (!x->first_err)
		x->first_err = udf_err_from_errno(host_errno);
	if (path)
		(void)tree_path_set(host_path, path);
	free(path);
	if (x->options->stays_hidden)
		x->options->stays_hidden(x->options->ctx, volume_path(x), host_errno);
}

struct tree_job *tree_take_job(struct tree_extract *x, enum tree_job_kind kind, int dir_fd)
{
	struct tree_job *job = tree_queue_take(x->queue);

	job->kind = kind;
	job->dir_fd = dir_fd;
	job->places = x->places;
	job->hidden = x->hidden;
	if (!tree_path_set(&job->path, x->path.text) && !tree_path_set(&job->host_path, x->host_path.text))
		return job;
	job->kind = TREE_JOB_NONE;
	tree_queue_put_done(x->queue, job);
	tree_fail(x, UDF_E_NOMEM, 0);
	return NULL;
}
