/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "check_udf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <udfkit/bio.h>
#include <udfkit/fs.h>

#include "base/iso9660.h"
#include "iso/md5.h"
#include "vol/vol.h"

#define CHUNK_BYTES ((size_t)1 << 20)

struct udf_check {
	struct udf_fs *fs;
	const struct udf_iso_check_options *options;
	struct udf_iso_check_result *result;
	uint64_t total_bytes;
	uint8_t *buffer;		/* CHUNK_BYTES */
};

static enum udf_err open_volume(struct bio *bio, const struct udf_env *env, struct udf_vol **ret_vol,
				struct udf_fs **ret_fs)
{
	const struct udf_fs_options options = { .read_only = true, .reads_contents = true };
	enum udf_err err = udf_vol_open(bio, NULL, env, NULL, ret_vol);

	return err ? err : udf_fs_open(*ret_vol, &options, ret_fs);
}

bool check_is_udf_alone(struct bio *bio, const struct udf_env *env)
{
	uint8_t block[UDF_ISO_BLOCK_BYTES];
	struct iso_volume volume;
	struct udf_vol *vol = NULL;
	bool is_udf = udf_vol_open(bio, NULL, env, NULL, &vol) == UDF_OK;

	udf_vol_close(vol);
	return is_udf && (bio_read(bio, ISO_FIRST_DESCRIPTOR, 1, block) != UDF_OK ||
			  iso_descriptor_decode(block, &volume) != ISO_PRIMARY);
}

/* The object at PATH.  The caller forgets it. */
static enum udf_err find(struct udf_check *c, const char *path, struct udf_attr *ret_attr)
{
	udf_ino dir = udf_fs_root(c->fs);
	enum udf_err err = UDF_OK;

	for (size_t n; !err && *path; path += n + (path[n] == '/')) {
		n = strcspn(path, "/");
		err = udf_lookup(c->fs, dir, path, n, ret_attr);
		if (dir != udf_fs_root(c->fs))
			udf_forget(c->fs, dir, 1);
		dir = err ? dir : ret_attr->ino;
	}
	return err;
}

/* Read the file INO of N_BYTES, for its checksum, or into TEXT. */
static enum udf_err read_file(struct udf_check *c, udf_ino ino, uint64_t n_bytes, void *md5, char *text)
{
	uint64_t at = 0;
	size_t n = 0;
	enum udf_err err = UDF_OK;

	while (!err && at < n_bytes) {
		size_t wanted = n_bytes - at < CHUNK_BYTES ? (size_t)(n_bytes - at) : CHUNK_BYTES;

		err = udf_read(c->fs, ino, at, wanted, text ? (void *)(text + at) : c->buffer, &n);
		if (!err && n == 0)
			err = UDF_E_CORRUPT;
		if (err)
			break;
		if (md5)
			udf_md5_add(md5, c->buffer, n);
		at += n;
		c->result->n_bytes += n;
		if (md5 && c->options->progress)
			c->options->progress(c->options->ctx, c->result->n_bytes, c->total_bytes);
	}
	return err;
}

/* ---- the list ---- */

static enum udf_err read_text(struct udf_check *c, const struct udf_attr *attr, char **ret_text)
{
	char *text = attr->size_bytes <= UDF_DISC_LIST_MAX_BYTES ? malloc((size_t)attr->size_bytes + 1) : NULL;
	enum udf_err err = text ? read_file(c, attr->ino, attr->size_bytes, NULL, text) : UDF_E_NOMEM;

	if (err)
		free(text);
	else
		*ret_text = text;
	return err;
}

static enum udf_err read_list(struct udf_check *c)
{
	struct udf_disc_list *list = &c->result->list;
	char why[UDF_DISC_LIST_WHY_BYTES], *text = NULL;
	struct udf_attr attr;
	enum udf_err err = find(c, UDF_DISC_LIST_NAME, &attr);

	if (err)
		return err;
	err = S_ISREG(attr.mode) ? read_text(c, &attr, &text) : UDF_E_NOT_FOUND;
	if (!err && !udf_disc_list_is_one(text, (size_t)attr.size_bytes))
		err = UDF_E_NOT_FOUND;
	if (!err)
		err = udf_disc_list_read(text, (size_t)attr.size_bytes, list, why);
	free(text);
	udf_forget(c->fs, attr.ino, 1);
	if (err && err != UDF_E_NOT_FOUND && err != UDF_E_NOMEM) {
		c->result->list_is_damaged = true;
		udf_disc_list_done(list);
		err = UDF_OK;
	}
	c->result->n_bytes = 0;
	return err;
}

/* ---- what is in it ---- */

static bool is_kind(const struct udf_disc_line *line, uint32_t mode)
{
	switch (line->kind) {
	case UDF_LINE_FILE:
		return S_ISREG(mode);
	case UDF_LINE_DIRECTORY:
		return S_ISDIR(mode);
	case UDF_LINE_SYMLINK:
		return S_ISLNK(mode);
	case UDF_LINE_SPECIAL:
		return !S_ISREG(mode) && !S_ISDIR(mode) && !S_ISLNK(mode);
	}
	return false;
}

/* UDF_OK with *RET_SAME: it could be read. */
static enum udf_err compare(struct udf_check *c, const struct udf_disc_line *line, const struct udf_attr *attr,
			    bool *ret_same)
{
	uint8_t sum[UDF_MD5_BYTES];
	void *md5 = NULL;
	enum udf_err err;

	*ret_same = is_kind(line, attr->mode) && (line->kind != UDF_LINE_FILE || attr->size_bytes == line->n_bytes);
	if (!*ret_same || !line->has_md5)
		return UDF_OK;
	err = udf_md5_begin(&md5);
	if (!err)
		err = read_file(c, attr->ino, attr->size_bytes, md5, NULL);
	udf_md5_end(md5, sum);
	*ret_same = !err && memcmp(sum, line->md5, sizeof(sum)) == 0;
	return err;
}

static enum udf_err check_line(struct udf_check *c, const struct udf_disc_line *line)
{
	struct udf_attr attr;
	bool is_same = false;
	char *shown;
	enum udf_err err = find(c, line->path, &attr);

	if (!err) {
		err = compare(c, line, &attr, &is_same);
		udf_forget(c->fs, attr.ino, 1);
	}
	if (line->kind == UDF_LINE_FILE) {
		c->result->n_files++;
		c->result->n_checked += line->has_md5 && err != UDF_E_NOT_FOUND;
	}
	if (err == UDF_E_NOMEM || is_same)
		return err;
	c->result->n_damaged++;
	if (asprintf(&shown, "/%s", line->path) < 0)
		return UDF_E_NOMEM;
	if (c->options->damaged)
		c->options->damaged(c->options->ctx, shown, err);
	free(shown);
	return UDF_OK;
}

static enum udf_err check_lines(struct udf_check *c)
{
	const struct udf_disc_list *list = &c->result->list;
	enum udf_err err = UDF_OK;

	for (size_t i = 0; i < list->n_lines; i++)
		if (list->lines[i].disc == list->here)
			c->total_bytes += list->lines[i].n_bytes;
	/* The list has a checksum of itself. */
	c->result->n_files = c->result->n_checked = list->here ? 1 : 0;
	for (size_t i = 0; i < list->n_lines && !err; i++)
		if (list->lines[i].disc == list->here)
			err = check_line(c, &list->lines[i]);
	return err;
}

enum udf_err check_udf(struct bio *bio, const struct udf_iso_check_options *options, const struct udf_env *env,
		       struct udf_iso_check_result *ret, char ret_why[UDF_ISO_WHY_BYTES])
{
	struct udf_check c = { .options = options, .result = ret, .buffer = malloc(CHUNK_BYTES) };
	struct udf_vol *vol = NULL;
	enum udf_err err = c.buffer ? open_volume(bio, env, &vol, &c.fs) : UDF_E_NOMEM;

	*ret = (struct udf_iso_check_result){ .n_files = 0 };
	if (!err)
		err = read_list(&c);
	if (!err)
		err = check_lines(&c);
	if (err) {
		snprintf(ret_why, UDF_ISO_WHY_BYTES, "%s", err == UDF_E_NOT_FOUND ? "it holds no checksums" :
			 udf_strerror(err));
		udf_disc_list_done(&ret->list);
	}
	udf_fs_abandon(c.fs);
	udf_vol_close(vol);
	free(c.buffer);
	return err;
}

enum udf_err check_udf_list_read(struct bio *bio, const struct udf_env *env, struct udf_disc_list *ret_list)
{
	struct udf_iso_check_result result = { .n_files = 0 };
	struct udf_check c = { .result = &result };
	struct udf_vol *vol = NULL;
	enum udf_err err = open_volume(bio, env, &vol, &c.fs);

	if (!err)
		err = read_list(&c);
	if (!err && !result.list.here) {
		udf_disc_list_done(&result.list);
		err = UDF_E_NOT_FOUND;
	}
	if (!err)
		*ret_list = result.list;
	udf_fs_abandon(c.fs);
	udf_vol_close(vol);
	return err;
}
