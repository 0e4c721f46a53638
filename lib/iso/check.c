/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A finished image against the checksums that it holds. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <udfkit/bio.h>

#include "iso/internal.h"

#define CHUNK_BLOCKS 128u
#define CHUNK_BYTES ((uint64_t)CHUNK_BLOCKS * UDF_ISO_BLOCK_BYTES)

struct file {
	IsoFile *node;
	struct iso_file_section *sections;
	int n_sections;
	char md5[16];
	bool differs;		/* the checksum in the image is not that in the list of the set */
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
	IsoFile *list_node;	/* the list of the set, which has a checksum of itself */
	bool *listed;		/* which lines of the list of the set have been found on the disc */
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

/* ---- the list of the set ---- */

static uint64_t bytes_of(const struct file *f)
{
	uint64_t n_bytes = 0;

	for (int i = 0; i < f->n_sections; i++)
		n_bytes += f->sections[i].size;
	return n_bytes;
}

/* The contents of F; UDF_E_NOMEM, or why it can't be read. */
static enum udf_err read_all(struct check *c, const struct file *f, char **ret_text)
{
	char *text = malloc((size_t)bytes_of(f) + 1), *to = text;
	enum udf_err err = text ? UDF_OK : UDF_E_NOMEM;

	for (int i = 0; i < f->n_sections && !err; i++) {
		uint64_t at = f->sections[i].block, n_left = f->sections[i].size;

		for (uint64_t n; n_left && !err; n_left -= n, at += CHUNK_BLOCKS, to += n) {
			n = n_left < CHUNK_BYTES ? n_left : CHUNK_BYTES;
			err = bio_read(c->bio, at, blocks_of(n), c->buffer);
			if (!err)
				memcpy(to, c->buffer, (size_t)n);
		}
	}
	if (err)
		free(text);
	else
		*ret_text = text;
	return err;
}

static enum udf_err read_list(struct check *c)
{
	char why[UDF_DISC_LIST_WHY_BYTES], *text = NULL;
	struct file file = { .node = NULL };
	struct udf_disc_list *list = &c->result->list;
	IsoNode *node;
	enum udf_err err;

	if (iso_image_dir_get_node(c->iso, iso_image_get_root(c->iso), UDF_DISC_LIST_NAME, &node, 0) != 1 ||
	    !ISO_NODE_IS_FILE(node) ||
	    iso_file_get_old_image_sections((IsoFile *)node, &file.n_sections, &file.sections, 0) != 1)
		return UDF_OK;
	err = bytes_of(&file) <= UDF_DISC_LIST_MAX_BYTES ? read_all(c, &file, &text) : UDF_E_CORRUPT;
	if (!err && !udf_disc_list_is_one(text, (size_t)bytes_of(&file)))
		err = UDF_E_NOT_FOUND;		/* a file that only has its name */
	if (!err)
		err = udf_disc_list_read(text, (size_t)bytes_of(&file), list, why);
	free(text);
	free(file.sections);
	if (err && err != UDF_E_NOMEM) {
		c->result->list_is_damaged = err != UDF_E_NOT_FOUND;
		udf_disc_list_done(list);
		return UDF_OK;
	}
	c->list_node = (IsoFile *)node;
	c->listed = err ? NULL : calloc(list->n_lines + 1, sizeof(*c->listed));
	return c->listed ? UDF_OK : UDF_E_NOMEM;
}

/* What the list says of FILE; then its checksum is that one. */
static enum udf_err look_up(struct check *c, struct file *file, bool *has_md5)
{
	struct udf_disc_list *list = &c->result->list;
	const struct udf_disc_line *line;
	char *path;

	if (!list->here)
		return UDF_OK;
	path = iso_tree_get_node_path((IsoNode *)file->node);
	if (!path)
		return UDF_E_NOMEM;
	line = udf_disc_list_find(list, path + 1);
	free(path);
	if (!line || line->kind != UDF_LINE_FILE || line->disc != list->here)
		return UDF_OK;
	c->listed[line - list->lines] = true;
	file->differs = line->n_bytes != bytes_of(file) ||
			(*has_md5 && line->has_md5 && memcmp(line->md5, file->md5, sizeof(file->md5)) != 0);
	if (line->has_md5)
		memcpy(file->md5, line->md5, sizeof(file->md5));
	*has_md5 |= line->has_md5 || file->differs;
	return UDF_OK;
}

/* Files that should be on the disc. */
static enum udf_err find_missing(struct check *c)
{
	const struct udf_disc_list *list = &c->result->list;
	char *path;

	for (size_t i = 0; i < list->n_lines; i++) {
		if (!list->here || list->lines[i].disc != list->here || list->lines[i].kind != UDF_LINE_FILE ||
		    c->listed[i])
			continue;
		c->result->n_damaged++;
		path = malloc(strlen(list->lines[i].path) + 2);
		if (!path)
			return UDF_E_NOMEM;
		sprintf(path, "/%s", list->lines[i].path);
		if (c->options->damaged)
			c->options->damaged(c->options->ctx, path, UDF_E_NOT_FOUND);
		free(path);
	}
	return UDF_OK;
}

/* ---- single files ---- */

static enum udf_err add_file(struct check *c, IsoFile *node)
{
	struct file file = { .node = node };
	bool has_md5 = iso_file_get_md5(c->iso, node, file.md5, 0) == 1;
	enum udf_err err;

	c->result->n_files++;
	if (node == c->list_node && !has_md5) {
		c->result->n_checked++;
		return UDF_OK;
	}
	if (iso_file_get_old_image_sections(node, &file.n_sections, &file.sections, 0) != 1)
		return UDF_OK;
	err = look_up(c, &file, &has_md5);
	if (err || !has_md5) {
		free(file.sections);
		return err;
	}
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
	if (!err && !f->differs && iso_md5_match(got, (char *)(uintptr_t)f->md5))
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
		if (c->result->session_matches && !c->files[i].differs && is_within(&c->files[i], start, end))
			c->result->n_checked++;
		else
			err = check_file(c, &c->files[i]);
	}
	return err;
}

/* The tree, and the list of the set if it has one. */
static enum udf_err open_image(struct check *c, char *ret_why)
{
	enum udf_err err;
	int ret = iso_image_new("", &c->iso);

	if (ret < 0)
		return udf_iso_why(ret, "no image", ret_why);
	err = udf_iso_import(c->iso, c->bio, c->options->session_block, NULL, &c->result->tree_is_damaged, ret_why);
	if (err)
		return err;
	err = read_list(c);
	if (err)
		snprintf(ret_why, UDF_ISO_WHY_BYTES, "%s", udf_strerror(err));
	return err;
}

static enum udf_err check_image(struct check *c, char *ret_why)
{
	enum udf_err err = list_files(c);

	if (!err)
		err = check_all(c);
	if (!err)
		err = find_missing(c);
	if (!err && !c->result->has_session && c->n_files == 0 && !c->result->list.here &&
	    !c->result->list_is_damaged)
		err = UDF_E_NOT_FOUND;
	if (err == UDF_E_NOT_FOUND)
		snprintf(ret_why, UDF_ISO_WHY_BYTES, "it holds no checksums");
	else if (err)
		snprintf(ret_why, UDF_ISO_WHY_BYTES, "%s", udf_strerror(err));
	return err;
}

/* Open the image, and CHECK it if that is given. */
static enum udf_err with_image(struct bio *bio, const struct udf_iso_check_options *options, const struct udf_env *env,
			       enum udf_err (*check)(struct check *c, char *ret_why),
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
	err = c.buffer ? open_image(&c, ret_why) : udf_iso_why((int)ISO_OUT_OF_MEM, "", ret_why);
	if (!err && check)
		err = check(&c, ret_why);
	udf_iso_log(env);
	for (size_t i = 0; i < c.n_files; i++)
		free(c.files[i].sections);
	free(c.files);
	free(c.buffer);
	free(c.listed);
	if (err)
		udf_disc_list_done(&ret->list);
	if (c.iso)
		iso_image_unref(c.iso);
	iso_finish();
	return err;
}

enum udf_err udf_iso_check(struct bio *bio, const struct udf_iso_check_options *options, const struct udf_env *env,
			   struct udf_iso_check_result *ret, char ret_why[UDF_ISO_WHY_BYTES])
{
	return with_image(bio, options, env, check_image, ret, ret_why);
}

enum udf_err udf_iso_list_read(struct bio *bio, const struct udf_env *env, struct udf_disc_list *ret_list)
{
	const struct udf_iso_check_options options = { .session_block = 0 };
	struct udf_iso_check_result result;
	char why[UDF_ISO_WHY_BYTES];
	enum udf_err err = with_image(bio, &options, env, NULL, &result, why);

	if (!err && !result.list.here)
		err = UDF_E_NOT_FOUND;
	if (!err)
		*ret_list = result.list;
	return err;
}
