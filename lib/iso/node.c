/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Single objects in the tree of the image. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "iso/internal.h"

#define LEVEL_2_MAX_BYTES 0xFFFFFFFFu	/* of a file: its length has 32 bits (ECMA-119 9.1.4) */
#define NEW_DIR_MODE (S_IFDIR | 0755)

void udf_iso_fail(struct udf_iso_image *image, const char *path, enum udf_err err, int host_errno, const char *why)
{
	const struct udf_iso_listener *l = image->listener;

	image->counts.n_failed++;
	if (l->failed)
		l->failed(l->ctx, path, err, host_errno, why);
}

void udf_iso_report_renamed(const struct udf_iso_image *image, const char *path, const char *name)
{
	if (image->listener && image->listener->renamed)
		image->listener->renamed(image->listener->ctx, path, name);
}

void udf_iso_mark(const struct udf_iso_image *image, IsoNode *node, const char *path, const char *name)
{
	const struct udf_iso_listener *l = image->listener;
	bool on_iso = false, on_joliet = false;
	int hidden = 0;

	if (l->hides)
		l->hides(l->ctx, path, name, &on_iso, &on_joliet);
	if (on_iso)
		hidden |= LIBISO_HIDE_ON_RR | LIBISO_HIDE_ON_1999;
	if (on_joliet)
		hidden |= LIBISO_HIDE_ON_JOLIET;
	if (hidden)
		hidden |= LIBISO_HIDE_BUT_WRITE;
	/* Trees that can't hold it; libisofs would say so for each. */
	if (!ISO_NODE_IS_FILE(node) && !ISO_NODE_IS_DIR(node))
		hidden |= LIBISO_HIDE_ON_JOLIET | LIBISO_HIDE_ON_1999;
	if (hidden)
		iso_node_set_hidden(node, hidden);
	if (l->weight)
		iso_node_set_sort_weight(node, l->weight(l->ctx, path));
}

enum udf_err udf_iso_ask(const struct udf_iso_image *image, IsoDir *parent, const char *name, const char *path,
			 const struct stat *st, bool *ret_wanted)
{
	const struct udf_iso_listener *l = image->listener;
	char *dir, *target;
	enum udf_err err = UDF_E_NOMEM;

	*ret_wanted = true;
	if (!l->wants)
		return UDF_OK;
	dir = iso_tree_get_node_path((IsoNode *)parent);	/* "/", "/a/b" */
	target = dir ? malloc(strlen(dir) + strlen(name) + 2) : NULL;
	if (target) {
		sprintf(target, "%s%s%s", dir + 1, dir[1] ? "/" : "", name);
		*ret_wanted = l->wants(l->ctx, path, target, st);
		err = UDF_OK;
	}
	free(target);
	free(dir);
	return err;
}

/* A directory that no directory of the host stands for. */
static void set_new_dir_stat(const struct udf_iso_image *image, IsoDir *dir)
{
	const struct stat st = { .st_mode = NEW_DIR_MODE, .st_mtime = image->now, .st_atime = image->now,
				 .st_ctime = image->now };

	udf_iso_set_stat(image, (IsoNode *)dir, &st);
	if (image->plan->owners.new_dir_mode >= 0)
		iso_node_set_permissions((IsoNode *)dir, (mode_t)image->plan->owners.new_dir_mode);
}

enum udf_err udf_iso_make_dir(struct udf_iso_image *image, IsoDir *parent, const char *name, IsoDir **ret_dir)
{
	IsoNode *node;
	struct udf_iso_times times;
	int ret = iso_dir_get_node(parent, name, &node);

	if (ret == 1) {
		*ret_dir = ISO_DIR(node);
		return *ret_dir ? UDF_OK : UDF_E_EXISTS;
	}
	udf_iso_times_get((IsoNode *)parent, &times);
	do {
		ret = iso_image_add_new_dir(image->iso, parent, name, ret_dir);
	} while (ret >= 0 && udf_iso_must_be_made_again(&image->order, (IsoNode *)*ret_dir));
	if (ret < 0)
		return udf_iso_err(ret);
	udf_iso_times_set((IsoNode *)parent, &times);
	set_new_dir_stat(image, *ret_dir);
	image->counts.n_dirs++;
	return UDF_OK;
}

enum udf_err udf_iso_make_path(struct udf_iso_image *image, const char *path, size_t n_bytes, IsoDir **ret_dir,
			       char *ret_why)
{
	IsoDir *dir = iso_image_get_root(image->iso);
	char name[256];
	enum udf_err err;

	for (size_t at = 0, n; at < n_bytes; at += n + 1) {
		n = strcspn(path + at, "/");
		if (n > n_bytes - at)
			n = n_bytes - at;
		if (n == 0 || (n == 1 && path[at] == '.'))
			continue;
		if (n >= sizeof(name) || (n == 2 && memcmp(path + at, "..", 2) == 0)) {
			snprintf(ret_why, UDF_ISO_WHY_BYTES, "'%.*s' can't be the name of a directory in the image",
				 (int)(n < 300 ? n : 300), path + at);
			return UDF_E_BAD_NAME;
		}
		memcpy(name, path + at, n);
		name[n] = '\0';
		err = udf_iso_make_dir(image, dir, name, &dir);
		if (err) {
			snprintf(ret_why, UDF_ISO_WHY_BYTES, "the directory '%s' can't be made in the image: %s", name,
				 err == UDF_E_EXISTS ? "a file has that name" : udf_strerror(err));
			return err;
		}
	}
	*ret_dir = dir;
	return UDF_OK;
}

/* Does the previous session hold the file already? */
static bool is_unchanged(const struct udf_iso_image *image, IsoNode *old, const struct udf_iso_object *o)
{
	struct udf_iso_times times;
	uint32_t lba;

	udf_iso_times_get(old, &times);
	return image->plan->previous && S_ISREG(o->st->st_mode) && ISO_NODE_IS_FILE(old) &&
	       iso_node_get_old_image_lba(old, &lba, 0) != 0 &&
	       iso_file_get_size((IsoFile *)old) == o->st->st_size && times.modified == o->st->st_mtime;
}

/* Can the file be opened?  If not, it is reported as failed. */
static bool can_be_opened(struct udf_iso_image *image, const struct udf_iso_object *o)
{
	bool follow = image->plan->follow_links || !o->dir;
	int fd = udf_iso_open(o->path, O_RDONLY | O_NONBLOCK | (follow ? 0 : O_NOFOLLOW));

	if (fd < 0)
		udf_iso_fail(image, o->path, udf_err_from_errno(errno), errno, NULL);
	else
		close(fd);
	return fd >= 0;
}

static int add_new(struct udf_iso_image *image, IsoDir *parent, const struct udf_iso_object *o, IsoNode **ret_node)
{
	const struct udf_iso_plan *plan = image->plan;
	IsoStream *stream;
	IsoFile *file = NULL;
	IsoSymlink *link = NULL;
	IsoSpecial *special = NULL;
	int ret;

	if (S_ISREG(o->st->st_mode)) {
		if (udf_iso_source_new(o->dir, o->name, (uint64_t)o->st->st_size, o->ino, plan->follow_links || !o->dir,
				       &image->reading, &stream))
			return (int)ISO_OUT_OF_MEM;
		ret = iso_image_add_new_file(image->iso, parent, o->as, stream, &file);
		if (ret < 0)
			iso_stream_unref(stream);
		*ret_node = (IsoNode *)file;
		image->counts.n_files += ret >= 0;
	} else if (S_ISLNK(o->st->st_mode)) {
		do {
			ret = iso_image_add_new_symlink(image->iso, parent, o->as, o->link, &link);
		} while (ret >= 0 && udf_iso_must_be_made_again(&image->order, (IsoNode *)link));
		*ret_node = (IsoNode *)link;
		image->counts.n_symlinks += ret >= 0;
	} else {
		do {
			ret = iso_image_add_new_special(image->iso, parent, o->as, o->st->st_mode, o->st->st_rdev,
							&special);
		} while (ret >= 0 && udf_iso_must_be_made_again(&image->order, (IsoNode *)special));
		*ret_node = (IsoNode *)special;
		image->counts.n_special += ret >= 0;
	}
	return ret;
}

/* What has the name already makes room.  RET_KEPT: it is the same file. */
static enum udf_err replace(struct udf_iso_image *image, IsoDir *parent, const struct udf_iso_object *o,
			    IsoNode **ret_kept)
{
	IsoNode *old;
	int ret;

	*ret_kept = NULL;
	if (iso_dir_get_node(parent, o->as, &old) != 1)
		return UDF_OK;
	if (ISO_NODE_IS_DIR(old))
		return UDF_E_EXISTS;
	if (is_unchanged(image, old, o)) {
		*ret_kept = old;
		return UDF_OK;
	}
	ret = iso_node_remove(old);
	return ret < 0 ? udf_iso_err(ret) : UDF_OK;
}

enum udf_err udf_iso_put(struct udf_iso_image *image, IsoDir *parent, const struct udf_iso_object *o)
{
	const struct udf_iso_plan *plan = image->plan;
	bool is_file = S_ISREG(o->st->st_mode);
	IsoNode *node;
	bool is_wanted;
	enum udf_err err = udf_iso_ask(image, parent, o->as, o->path, o->st, &is_wanted);
	int ret = 1;

	if (err || !is_wanted)
		return err;
	if (!is_file && !plan->rock_ridge) {
		image->counts.n_left_out++;
		return UDF_OK;
	}
	if (is_file && plan->level < 3 && (uint64_t)o->st->st_size > LEVEL_2_MAX_BYTES) {
		udf_iso_fail(image, o->path, UDF_E_FILE_TOO_BIG, 0, "has 4 GiB or more, which needs ISO level 3");
		return UDF_OK;
	}
	err = replace(image, parent, o, &node);
	if (err)
		return err;
	if (!node && is_file && plan->opens_first && !can_be_opened(image, o))
		return UDF_OK;
	if (node)
		image->counts.n_kept++;
	else
		ret = add_new(image, parent, o, &node);
	if (ret >= 0) {
		udf_iso_set_stat(image, node, o->st);
		udf_iso_mark(image, node, o->path, o->name);
		ret = udf_iso_set_attributes(image, node, o->path);
	}
	if (ret >= 0)
		return UDF_OK;
	if (udf_iso_err(ret) == UDF_E_NOMEM)
		return UDF_E_NOMEM;
	udf_iso_fail(image, o->path, udf_iso_err(ret), 0, iso_error_to_msg(ret));
	return UDF_OK;
}
