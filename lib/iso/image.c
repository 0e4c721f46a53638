/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An image in the making: begun, filled from the host, freed. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "iso/internal.h"
#include "iso/listing.h"
#include "iso/walk.h"

/* What is not given stays as libisofs or the previous session has it. */
static void set_ids(IsoImage *iso, const struct udf_iso_ids *ids)
{
	const struct {
		void (*set)(IsoImage *iso, const char *text);
		const char *text;
	} all[] = {
		{ iso_image_set_volume_id, ids->volume },
		{ iso_image_set_volset_id, ids->volume_set },
		{ iso_image_set_publisher_id, ids->publisher },
		{ iso_image_set_data_preparer_id, ids->preparer },
		{ iso_image_set_application_id, ids->application },
		{ iso_image_set_system_id, ids->system },
		{ iso_image_set_copyright_file_id, ids->copyright },
		{ iso_image_set_abstract_file_id, ids->abstract },
		{ iso_image_set_biblio_file_id, ids->bibliography },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i].text)
			all[i].set(iso, all[i].text);
}

static enum udf_err open_iso(struct udf_iso_image *image, char *ret_why)
{
	const struct udf_iso_plan *plan = image->plan;
	char *charset = (char *)(uintptr_t)(plan->input_charset ? plan->input_charset : "UTF-8");
	int ret = iso_set_local_charset(charset, 0);

	if (ret <= 0) {
		snprintf(ret_why, UDF_ISO_WHY_BYTES, "there is no character set '%s' here", charset);
		return UDF_E_INVAL;
	}
	iso_nowtime(&image->now, 1);
	ret = iso_image_new("", &image->iso);
	if (ret < 0)
		return udf_iso_why(ret, "no image", ret_why);
	/* Access control lists and extended attributes are read by attributes.c. */
	iso_image_set_ignore_aclea(image->iso, 3);
	if (plan->previous) {
		enum udf_err err = udf_iso_import(image->iso, plan->previous, plan->previous_block,
						  &image->previous, NULL, ret_why);

		if (err)
			return err;
		image->previous.is_known = udf_iso_fingerprint_take(image, image->previous.md5);
	}
	set_ids(image->iso, &plan->ids);
	return UDF_OK;
}

enum udf_err udf_iso_image_new(const struct udf_iso_plan *plan, const struct udf_iso_listener *listener,
			       const struct udf_env *env, struct udf_iso_image **ret_image,
			       char ret_why[UDF_ISO_WHY_BYTES])
{
	struct udf_iso_image *image;
	struct udf_time now;
	enum udf_err err = udf_iso_plan_check(plan, ret_why);

	if (!err)
		err = udf_iso_start(ret_why);
	if (err)
		return err;
	image = calloc(1, sizeof(*image));
	if (!image)
		return udf_iso_why((int)ISO_OUT_OF_MEM, "", ret_why);
	image->plan = plan;
	image->listener = listener;
	image->env = env;
	env->now(env->ctx, &now);
	image->now = (time_t)now.seconds;
	pthread_mutex_init(&image->reading.lock, NULL);
	image->reading.last = &image->reading.first;
	image->inodes = udf_iso_inodes_new();
	image->reading.buffer = malloc(UDF_ISO_READ_BYTES);
	if (image->inodes && image->reading.buffer)
		err = open_iso(image, ret_why);
	else
		err = udf_iso_why((int)ISO_OUT_OF_MEM, "", ret_why);
	udf_iso_log(env);
	if (err) {
		udf_iso_image_free(image);
		return err;
	}
	image->order.last = (uintptr_t)iso_image_get_root(image->iso);
	if (!plan->previous) {
		const struct stat st = { .st_mode = S_IFDIR | 0755, .st_mtime = image->now, .st_atime = image->now,
					 .st_ctime = image->now };

		udf_iso_set_stat(image, (IsoNode *)iso_image_get_root(image->iso), &st);
	}
	*ret_image = image;
	return UDF_OK;
}

void udf_iso_image_free(struct udf_iso_image *image)
{
	struct udf_iso_dir *dir, *next_dir;
	struct udf_iso_failure *f, *next_f;

	if (!image)
		return;
	udf_iso_order_done(&image->order);
	if (image->iso)
		iso_image_unref(image->iso);
	for (dir = image->dirs; dir; dir = next_dir) {
		next_dir = dir->next;
		free(dir);
	}
	for (f = image->reading.first; f; f = next_f) {
		next_f = f->next;
		free(f);
	}
	free(image->reading.buffer);
	pthread_mutex_destroy(&image->reading.lock);
	udf_iso_inodes_free(image->inodes);
	free(image);
	iso_finish();
}

const struct udf_iso_counts *udf_iso_counts(const struct udf_iso_image *image)
{
	return &image->counts;
}

/* "report.txt" of "/home/me/report.txt" */
static const char *last_component(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* PATH is a directory: everything in it goes into the directory TARGET. */
static enum udf_err add_dir(struct udf_iso_image *image, const char *target, const char *path, const struct stat *st,
			    char *ret_why)
{
	struct udf_iso_dir *from;
	IsoDir *to;
	enum udf_err err = udf_iso_make_path(image, target ? target : "", target ? strlen(target) : 0, &to, ret_why);
	IsoNode *root = (IsoNode *)iso_image_get_root(image->iso);
	struct udf_iso_times times;
	struct stat kept;

	if (err)
		return err;
	from = udf_iso_dir_new(image, NULL, path, st);
	if (!from)
		return udf_iso_why((int)ISO_OUT_OF_MEM, "", ret_why);
	/* Of several directories the first gives the root directory its attributes. */
	udf_iso_times_get(root, &times);
	kept = (struct stat){ .st_mode = iso_node_get_mode(root), .st_uid = iso_node_get_uid(root),
			      .st_gid = iso_node_get_gid(root), .st_mtime = times.modified,
			      .st_atime = times.accessed, .st_ctime = times.changed };
	err = udf_iso_walk(image, to, from);
	if ((IsoNode *)to == root && image->root_is_set)
		udf_iso_set_stat(image, root, &kept);
	image->root_is_set |= (IsoNode *)to == root;
	return err ? udf_iso_why((int)ISO_OUT_OF_MEM, "", ret_why) : UDF_OK;
}

/* Where the file PATH goes: the directory that TARGET names, and its name there. */
static const char *split_target(const char *target, const char *path, size_t *ret_dir_bytes)
{
	const char *name;

	*ret_dir_bytes = 0;
	if (!target)
		return last_component(path);
	name = last_component(target);
	*ret_dir_bytes = (size_t)(name - target);
	return *name ? name : last_component(path);
}

static enum udf_err add_file(struct udf_iso_image *image, const char *target, const char *path, const struct stat *st,
			     char *ret_why)
{
	size_t dir_bytes;
	const char *name = split_target(target, path, &dir_bytes);
	struct udf_iso_object object = { .path = path, .name = path, .as = name, .st = st };
	char *link = NULL;
	IsoDir *to;
	enum udf_err err = udf_iso_make_path(image, target, dir_bytes, &to, ret_why);
	struct udf_iso_times times;

	if (err)
		return err;
	if (S_ISLNK(st->st_mode)) {
		object.link = link = udf_iso_read_link(AT_FDCWD, path);
		if (!link) {
			udf_iso_fail(image, path, udf_err_from_errno(errno), errno, NULL);
			return UDF_OK;
		}
	}
	udf_iso_times_get((IsoNode *)to, &times);
	object.ino = udf_iso_inode(image->inodes, st, image->plan->hard_links);
	err = object.ino ? udf_iso_put(image, to, &object) : UDF_E_NOMEM;
	udf_iso_times_set((IsoNode *)to, &times);
	free(link);
	if (err)
		snprintf(ret_why, UDF_ISO_WHY_BYTES, "%s", err == UDF_E_EXISTS ?
			 "a directory of that name is in the image already" : udf_strerror(err));
	return err;
}

/* "/a//./b" -> "a/b", and a slash at its end stays.  The caller frees it; NULL without memory. */
static char *clean_target(const char *target)
{
	char *clean = malloc(strlen(target) + 1), *to = clean;

	for (size_t n; clean && *target; target += n) {
		n = strspn(target, "/");
		if (n) {
			if (to > clean && to[-1] != '/')
				*to++ = '/';
			continue;
		}
		n = strcspn(target, "/");
		if (n == 1 && *target == '.')
			continue;
		memcpy(to, target, n);
		to += n;
	}
	if (clean)
		*to = '\0';
	return clean;
}

/* Does the listener want PATH where TARGET says?  Asked before the directories on the way are made. */
static enum udf_err ask(const struct udf_iso_image *image, const char *target, const char *path, const struct stat *st,
			bool *ret_wanted)
{
	const struct udf_iso_listener *l = image->listener;
	bool is_dir = S_ISDIR(st->st_mode);
	char *clean, *whole = NULL;
	size_t n;

	*ret_wanted = true;
	if (!l->wants || (is_dir && !target))
		return UDF_OK;
	clean = clean_target(target ? target : "");
	n = clean ? strlen(clean) : 0;
	if (n && is_dir && clean[n - 1] == '/')
		clean[--n] = '\0';
	if (clean && asprintf(&whole, "%s%s", clean, is_dir || (n && clean[n - 1] != '/') ? "" :
			      last_component(path)) < 0)
		whole = NULL;
	if (whole && *whole)
		*ret_wanted = l->wants(l->ctx, path, whole, st);
	free(clean);
	n = whole != NULL;
	free(whole);
	return n ? UDF_OK : UDF_E_NOMEM;
}

enum udf_err udf_iso_add(struct udf_iso_image *image, const char *target, const char *path,
			 char ret_why[UDF_ISO_WHY_BYTES])
{
	struct stat st;
	bool is_wanted = true;
	enum udf_err err = UDF_OK;

	if ((stat(path, &st) || !S_ISDIR(st.st_mode)) && !(image->plan->follow_links && stat(path, &st) == 0) &&
	    lstat(path, &st)) {
		snprintf(ret_why, UDF_ISO_WHY_BYTES, "%s", strerror(errno));
		return errno == ENOENT ? UDF_E_NOT_FOUND : udf_err_from_errno(errno);
	}
	err = ask(image, target, path, &st, &is_wanted);
	if (err)
		return udf_iso_why((int)ISO_OUT_OF_MEM, "", ret_why);
	if (!is_wanted)
		return UDF_OK;
	if (S_ISDIR(st.st_mode))
		err = add_dir(image, target, path, &st, ret_why);
	else
		err = add_file(image, target, path, &st, ret_why);
	udf_iso_log(image->env);
	return err;
}

enum udf_err udf_iso_add_text(struct udf_iso_image *image, const char *name, const char *data, size_t n_bytes,
			      char ret_why[UDF_ISO_WHY_BYTES])
{
	IsoDir *root = iso_image_get_root(image->iso);
	const struct stat no_file = { .st_mode = S_IFREG | 0444, .st_nlink = 1, .st_mtime = image->now,
				      .st_atime = image->now, .st_ctime = image->now };
	struct udf_iso_times times;
	IsoStream *stream = NULL;
	IsoFile *file = NULL;
	enum udf_err err = udf_iso_text_source_new(data, n_bytes, udf_iso_inode(image->inodes, &no_file, false),
						   &image->reading, &stream);
	int ret;

	udf_iso_times_get((IsoNode *)root, &times);
	ret = err ? (int)ISO_OUT_OF_MEM : iso_image_add_new_file(image->iso, root, name, stream, &file);
	if (ret < 0) {
		if (stream)
			iso_stream_unref(stream);
		return udf_iso_why(ret, name, ret_why);
	}
	udf_iso_times_set((IsoNode *)root, &times);
	udf_iso_set_stat(image, (IsoNode *)file, &no_file);
	udf_iso_mark(image, (IsoNode *)file, name, name);
	return UDF_OK;
}
