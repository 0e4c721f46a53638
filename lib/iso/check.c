/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A finished image against the checksums that it holds. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <udfkit/bio.h>

#include "iso/internal.h"

#define CHUNK_BLOCKS 128u
#define CHUNK_BYTES ((uint64_t)CHUNK_BLOCKS * UDF_ISO_BLOCK_BYTES)

struct file {
	IsoFile *node;
	struct iso_file_section *sections;
	int n_sections;
	char md5[16];
};

struct check {
	struct bio *bio;
	const struct udf_iso_check_options *options;
	struct udf_iso_check_result *result;
	IsoImage *iso;
	struct file *files;
	size_t n_files, cap_files;
	uint64_t total_bytes;
	uint8_t *buffer;	/* CHUNK_BLOCKS */
};

static uint32_t blocks_of(uint64_t n_bytes)
{
	return (uint32_t)((n_bytes + UDF_ISO_BLOCK_BYTES - 1) / UDF_ISO_BLOCK_BYTES);
}

static void progress(struct check *c, uint64_t n_bytes)
{
	c->result->n_bytes += n_bytes;
	if (c->options->progress)
		c->options->progress(c->options->ctx, c->result->n_bytes, c->total_bytes);
}

/* Add N_BYTES from block AT on to MD5. */
static enum udf_err hash(struct check *c, void *md5, uint64_t at, uint64_t n_bytes)
{
	while (n_bytes) {
		uint64_t n = n_bytes < CHUNK_BYTES ? n_bytes : CHUNK_BYTES;
		enum udf_err err = bio_read(c->bio, at, blocks_of(n), c->buffer);

		if (err)
			return err;
		iso_md5_compute(md5, (char *)c->buffer, (int)n);
		progress(c, n);
		at += CHUNK_BLOCKS;
		n_bytes -= n;
	}
	return UDF_OK;
}

/* ---- the whole session ---- */

/* Does the session from START to END have the checksum WANTED? */
static enum udf_err check_session(struct check *c, uint32_t start, uint32_t end, char wanted[16])
{
	void *md5 = NULL;
	char got[16];
	enum udf_err err;

	if (iso_md5_start(&md5) < 0)
		return UDF_E_NOMEM;
	err = end > start ? hash(c, md5, start, (uint64_t)(end - start) * UDF_ISO_BLOCK_BYTES) : UDF_E_CORRUPT;
	iso_md5_end(&md5, got);
	c->result->session_matches = !err && iso_md5_match(got, wanted);
	return err == UDF_E_NOMEM ? err : UDF_OK;
}

/* ---- single files ---- */

static enum udf_err add_file(struct check *c, IsoFile *node)
{
	struct file file = { .node = node };

	c->result->n_files++;
	if (iso_file_get_md5(c->iso, node, file.md5, 0) != 1 ||
	    iso_file_get_old_image_sections(node, &file.n_sections, &file.sections, 0) != 1)
		return UDF_OK;
	if (c->n_files == c->cap_files) {
		size_t cap = c->cap_files ? c->cap_files * 2 : 256;
		struct file *more = reallocarray(c->files, cap, sizeof(*more));

		if (!more) {
			free(file.sections);
			return UDF_E_NOMEM;
		}
		c->files = more;
		c->cap_files = cap;
	}
	c->files[c->n_files++] = file;
	return UDF_OK;
}

struct dir_list {
	IsoDir **dirs;
	size_t n, cap;
};

static enum udf_err add_dir(struct dir_list *list, IsoDir *dir)
{
	if (list->n == list->cap) {
		size_t cap = list->cap ? list->cap * 2 : 64;
		IsoDir **more = reallocarray(list->dirs, cap, sizeof(*more));

		if (!more)
			return UDF_E_NOMEM;
		list->dirs = more;
		list->cap = cap;
	}
	list->dirs[list->n++] = dir;
	return UDF_OK;
}

static enum udf_err list_dir(struct check *c, struct dir_list *list, IsoDir *dir)
{
	IsoDirIter *iter;
	IsoNode *node;
	enum udf_err err = UDF_OK;

	if (iso_dir_get_children(dir, &iter) < 0)
		return UDF_E_NOMEM;
	while (!err && iso_dir_iter_next(iter, &node) == 1) {
		if (ISO_NODE_IS_DIR(node))
			err = add_dir(list, (IsoDir *)node);
		else if (ISO_NODE_IS_FILE(node))
			err = add_file(c, (IsoFile *)node);
	}
	iso_dir_iter_free(iter);
	return err;
}

static int compare(const void *a, const void *b)
{
	const struct file *f = a, *g = b;
	uint32_t at = f->n_sections ? f->sections[0].block : 0, other = g->n_sections ? g->sections[0].block : 0;

	return at < other ? -1 : at > other;
}

/* All files with a checksum, in the order of the medium. */
static enum udf_err list_files(struct check *c)
{
	struct dir_list list = { .dirs = NULL };
	enum udf_err err = add_dir(&list, iso_image_get_root(c->iso));

	while (!err && list.n)
		err = list_dir(c, &list, list.dirs[--list.n]);
	free(list.dirs);
	if (c->n_files)
		qsort(c->files, c->n_files, sizeof(*c->files), compare);
	return err;
}

static enum udf_err check_file(struct check *c, const struct file *f)
{
	void *md5 = NULL;
	char got[16], *path;
	enum udf_err err = UDF_OK;

	if (iso_md5_start(&md5) < 0)
		return UDF_E_NOMEM;
	for (int i = 0; i < f->n_sections && !err; i++)
		err = hash(c, md5, f->sections[i].block, f->sections[i].size);
	iso_md5_end(&md5, got);
	c->result->n_checked++;
	if (!err && iso_md5_match(got, (char *)(uintptr_t)f->md5))
		return UDF_OK;
	c->result->n_damaged++;
	path = iso_tree_get_node_path((IsoNode *)f->node);
	if (path && c->options->damaged)
		c->options->damaged(c->options->ctx, path, err);
	free(path);
	return path ? UDF_OK : UDF_E_NOMEM;
}

static bool is_within(const struct file *f, uint32_t start, uint32_t end)
{
	for (int i = 0; i < f->n_sections; i++)
		if (f->sections[i].size && (f->sections[i].block < start || f->sections[i].block >= end))
			return false;
	return true;
}

static uint64_t bytes_of(const struct file *f)
{
	uint64_t n_bytes = 0;

	for (int i = 0; i < f->n_sections; i++)
		n_bytes += f->sections[i].size;
	return n_bytes;
}

/* A session whose checksum matches needs to be read only once; else its files are looked at one by one. */
static enum udf_err check_all(struct check *c)
{
	uint32_t start = 0, end = 0;
	char md5[16];
	enum udf_err err = UDF_OK;

	c->result->has_session = iso_image_get_session_md5(c->iso, &start, &end, md5, 0) == 1;
	if (c->result->has_session)
		c->total_bytes = (uint64_t)(end > start ? end - start : 0) * UDF_ISO_BLOCK_BYTES;
	for (size_t i = 0; i < c->n_files; i++)
		if (!c->result->has_session || !is_within(&c->files[i], start, end))
			c->total_bytes += bytes_of(&c->files[i]);
	if (c->result->has_session)
		err = check_session(c, start, end, md5);
	if (!err && c->result->has_session && !c->result->session_matches)
		c->total_bytes *= 2;
	for (size_t i = 0; i < c->n_files && !err; i++) {
		if (c->result->session_matches && is_within(&c->files[i], start, end))
			c->result->n_checked++;
		else
			err = check_file(c, &c->files[i]);
	}
	return err;
}

static enum udf_err check_image(struct check *c, char *ret_why)
{
	enum udf_err err;
	int ret = iso_image_new("", &c->iso);

	if (ret < 0)
		return udf_iso_why(ret, "no image", ret_why);
	err = udf_iso_import(c->iso, c->bio, c->options->session_block, &c->result->tree_is_damaged, ret_why);
	if (err)
		return err;
	err = list_files(c);
	if (!err)
		err = check_all(c);
	if (!err && !c->result->has_session && c->n_files == 0)
		err = UDF_E_NOT_FOUND;
	if (err == UDF_E_NOT_FOUND)
		snprintf(ret_why, UDF_ISO_WHY_BYTES, "it holds no checksums");
	else if (err)
		snprintf(ret_why, UDF_ISO_WHY_BYTES, "%s", udf_strerror(err));
	return err;
}

enum udf_err udf_iso_check(struct bio *bio, const struct udf_iso_check_options *options, const struct udf_env *env,
			   struct udf_iso_check_result *ret, char ret_why[UDF_ISO_WHY_BYTES])
{
	struct check c = { .bio = bio, .options = options, .result = ret };
	char utf8[] = "UTF-8";
	enum udf_err err = udf_iso_start(ret_why);

	if (err)
		return err;
	*ret = (struct udf_iso_check_result){ .n_files = 0 };
	iso_set_local_charset(utf8, 0);
	c.buffer = malloc((size_t)CHUNK_BYTES);
	err = c.buffer ? check_image(&c, ret_why) : udf_iso_why((int)ISO_OUT_OF_MEM, "", ret_why);
	udf_iso_log(env);
	for (size_t i = 0; i < c.n_files; i++)
		free(c.files[i].sections);
	free(c.files);
	free(c.buffer);
	if (c.iso)
		iso_image_unref(c.iso);
	iso_finish();
	return err;
}
