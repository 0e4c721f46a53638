/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "mkfs/mkfs.h"
#include "model.h"
#include "vol/vol.h"

static struct udf_time test_now = { .seconds = 1790000000 };

static void now(void *ctx, struct udf_time *ret_now)
{
	(void)ctx;
	test_now.microseconds += 137;
	if (test_now.microseconds >= 1000000) {
		test_now.microseconds -= 1000000;
		test_now.seconds++;
	}
	*ret_now = test_now;
}

static void random_bytes(void *ctx, void *ret_bytes, size_t n_bytes)
{
	(void)ctx;
	memset(ret_bytes, 0x5A, n_bytes);
}

static const struct udf_env test_env = { .now = now, .random = random_bytes };

void clock_advance(int64_t seconds)
{
	test_now.seconds += seconds;
}

void make_volume(struct bio *bio, uint16_t revision)
{
	make_volume_with(bio, revision, UDF_SPACE_UNALLOC_BITMAP);
}

void make_volume_with(struct bio *bio, uint16_t revision, enum udf_space_kind space)
{
	make_volume_for(bio, UDF_MEDIA_HD, revision, space);
}

void make_volume_for(struct bio *bio, enum udf_media_type media, uint16_t revision, enum udf_space_kind space)
{
	struct udf_mkfs_params params;
	struct udf_plan plan;
	const char *why = "";
	enum udf_err err;

	udf_mkfs_defaults(&params, media, revision);
	params.spare_blocks = (512u << 10) / bio->geometry.block_bytes;
	params.block_bytes = bio->geometry.block_bytes;
	params.n_blocks = bio->geometry.n_blocks;
	if (bio->geometry.write_unit_blocks > 1)
		params.packet_blocks = bio->geometry.write_unit_blocks;
	params.space = space;
	snprintf(params.uuid, sizeof(params.uuid), "0123456789abcdef");
	udf_mkfs_stamp(&params, &test_env);
	err = udf_mkfs_plan(&params, &plan, &why);
	if (!err)
		err = udf_mkfs_emit(&plan, bio, &test_env);
	if (err) {
		fprintf(stderr, "mkfs: %s %s\n", udf_strerror(err), why);
		abort();
	}
}

enum udf_err try_mount(struct bio *bio, const struct udf_fs_options *options, struct mounted *ret)
{
	enum udf_err err = udf_vol_open(bio, NULL, &test_env, NULL, &ret->vol);

	ret->bio = bio;
	if (err)
		return err;
	err = udf_fs_open(ret->vol, options, &ret->fs);
	if (err)
		udf_vol_close(ret->vol);
	return err;
}

void mount_volume(struct bio *bio, const struct udf_fs_options *options, struct mounted *ret)
{
	enum udf_err err = try_mount(bio, options, ret);

	if (err) {
		fprintf(stderr, "mount: %s\n", udf_strerror(err));
		abort();
	}
}

enum udf_err unmount_volume(struct mounted *m)
{
	enum udf_err err = udf_fs_close(m->fs);

	udf_vol_close(m->vol);
	return err;
}

void abandon_volume(struct mounted *m)
{
	udf_fs_abandon(m->fs);
	udf_vol_close(m->vol);
}

udf_ino path_ino(struct mounted *m, const char *path)
{
	udf_ino at = udf_fs_root(m->fs);

	while (*path == '/')
		path++;
	while (*path) {
		const char *slash = strchr(path, '/');
		size_t n = slash ? (size_t)(slash - path) : strlen(path);
		struct udf_attr attr;

		if (udf_lookup(m->fs, at, path, n, &attr))
			return 0;
		if (at != udf_fs_root(m->fs))
			udf_forget(m->fs, at, 1);
		at = attr.ino;
		path += n + (slash != NULL);
	}
	return at;
}

void put_ino(struct mounted *m, udf_ino ino)
{
	if (ino && ino != udf_fs_root(m->fs))
		udf_forget(m->fs, ino, 1);
}

/* ---- comparing ---- */

struct listing {
	struct model_entry *entries;
	udf_ino *inos;
	size_t n, cap;
};

static bool list_entry(void *ctx, const struct udf_dirent *entry)
{
	struct listing *l = ctx;

	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 64;
		l->entries = realloc(l->entries, l->cap * sizeof(*l->entries));
		l->inos = realloc(l->inos, l->cap * sizeof(*l->inos));
	}
	memcpy(l->entries[l->n].name, entry->name, entry->name_bytes);
	l->entries[l->n].name[entry->name_bytes] = 0;
	l->inos[l->n++] = entry->attr->ino;
	return true;
}

uint8_t *read_path(struct mounted *m, const char *path, size_t *ret_n_bytes)
{
	udf_ino ino = path_ino(m, path);
	struct udf_attr attr;
	uint8_t *data = NULL;
	size_t n;

	if (!ino)
		return NULL;
	if (udf_getattr(m->fs, ino, &attr) == UDF_OK && S_ISREG(attr.mode) &&
	    attr.size_bytes < (64u << 20)) {
		data = malloc((size_t)attr.size_bytes + 1);
		*ret_n_bytes = 0;
		while (data && *ret_n_bytes < attr.size_bytes) {
			if (udf_read(m->fs, ino, *ret_n_bytes, (size_t)attr.size_bytes - *ret_n_bytes,
				     data + *ret_n_bytes, &n) ||
			    n == 0) {
				free(data);
				data = NULL;
			} else {
				*ret_n_bytes += n;
			}
		}
	}
	put_ino(m, ino);
	return data;
}

static bool is_quiet;

void model_be_quiet(bool quiet)
{
	is_quiet = quiet;
}

static bool differ(const char *path, const char *what)
{
	if (is_quiet)
		return false;
	fprintf(stderr, "# %s: %s\n", path, what);
	return false;
}

static bool same_object(const struct model *model, struct mounted *m, int i, const char *path)
{
	const struct model_object *o = &model->objects[i];
	udf_ino ino = path_ino(m, path);
	struct udf_attr attr;
	char target[4096];
	size_t n_bytes = 0;
	uint8_t *data;
	bool same;

	if (!ino || udf_getattr(m->fs, ino, &attr))
		return differ(path, "is not there");
	put_ino(m, ino);
	if (S_ISDIR(attr.mode) != o->is_dir || S_ISLNK(attr.mode) != o->is_symlink ||
	    (o->special && ((attr.mode & S_IFMT) != o->special || attr.rdev_minor != o->rdev_minor)))
		return differ(path, "is of another kind");
	if (attr.nlink != o->nlink + o->is_dir && !(o->is_dir && model->loose_counts)) {
		fprintf(stderr, "# nlink %u, expected %u\n", attr.nlink, o->nlink + o->is_dir);
		return differ(path, "link count");
	}
	if (o->is_dir || o->special)
		return true;
	if (o->is_symlink) {
		if (udf_readlink(m->fs, attr.ino, target, sizeof(target)) ||
		    strlen(target) != o->n_bytes || memcmp(target, o->data, o->n_bytes) != 0)
			return differ(path, "symlink target");
		return true;
	}
	data = read_path(m, path, &n_bytes);
	same = data && n_bytes == o->n_bytes && (n_bytes == 0 || memcmp(data, o->data, n_bytes) == 0);
	free(data);
	return same ? true : differ(path, "contents");
}

bool same_as_model(const struct model *model, struct mounted *m)
{
	struct {
		int object;
		char path[4096];
	} *todo = malloc(MODEL_MAX_OBJECTS * sizeof(*todo));
	size_t n_todo = 1, i;
	bool same = true;

	todo[0].object = 0;
	todo[0].path[0] = 0;
	while (n_todo && same) {
		const struct model_object *dir = &model->objects[todo[--n_todo].object];
		struct listing l = { 0 };
		char path[4096];
		udf_ino ino;

		snprintf(path, sizeof(path), "%s", todo[n_todo].path);
		ino = path_ino(m, path);
		if (!ino || udf_readdir(m->fs, ino, 0, false, list_entry, &l) || l.n != dir->n_entries) {
			fprintf(stderr, "# %zu entries, expected %zu\n", l.n, dir->n_entries);
			same = differ(path, "directory listing");
		}
		put_ino(m, ino);
		for (i = 0; i < dir->n_entries && same; i++) {
			char child[4096 + 300];

			snprintf(child, sizeof(child), "%s/%s", path, dir->entries[i].name);
			same = same_object(model, m, dir->entries[i].object, child);
			if (same && model->objects[dir->entries[i].object].is_dir) {
				todo[n_todo].object = dir->entries[i].object;
				snprintf(todo[n_todo++].path, sizeof(todo[0].path), "%.4095s", child);
			}
		}
		free(l.entries);
		free(l.inos);
	}
	free(todo);
	return same;
}

size_t model_paths(const struct model *model, struct model_path *ret, size_t cap)
{
	size_t n = 0, next = 0, i;
	int dir = 0;
	char path[512] = "";

	for (;;) {
		const struct model_object *o = &model->objects[dir];

		for (i = 0; i < o->n_entries && n < cap; i++) {
			snprintf(ret[n].path, sizeof(ret[n].path), "%.200s/%.255s", path,
				 o->entries[i].name);
			ret[n++].object = o->entries[i].object;
		}
		while (next < n && !model->objects[ret[next].object].is_dir)
			next++;
		if (next == n)
			return n;
		dir = ret[next].object;
		snprintf(path, sizeof(path), "%s", ret[next++].path);
	}
}

#define MAX_WALK_PATHS 4096

bool walk_volume(struct mounted *m, bool (*seen)(void *ctx, const char *path, const struct udf_attr *attr),
		 void *ctx)
{
	char (*todo)[512] = calloc(MAX_WALK_PATHS, sizeof(*todo));
	size_t n_todo = 1, i;
	bool good = true;

	while (n_todo && good) {
		struct listing l = { 0 };
		char path[512];
		udf_ino dir;

		snprintf(path, sizeof(path), "%s", todo[--n_todo]);
		dir = path_ino(m, path);
		if (!dir || udf_readdir(m->fs, dir, 0, false, list_entry, &l))
			good = differ(path, "cannot be listed");
		put_ino(m, dir);
		for (i = 0; i < l.n && good; i++) {
			struct udf_attr attr;
			char child[512];
			udf_ino ino;

			snprintf(child, sizeof(child), "%.250s/%.255s", path, l.entries[i].name);
			ino = path_ino(m, child);
			if (!ino || udf_getattr(m->fs, ino, &attr)) {
				good = differ(child, "cannot be looked up");
				break;
			}
			put_ino(m, ino);
			good = seen(ctx, child, &attr);
			if (good && S_ISDIR(attr.mode) && n_todo < MAX_WALK_PATHS)
				snprintf(todo[n_todo++], sizeof(todo[0]), "%s", child);
		}
		free(l.entries);
		free(l.inos);
	}
	free(todo);
	return good;
}

#define READ_FIRST_MARK 2000

struct reading {
	struct mounted *m;
	struct model *model;
	udf_ino inos[MODEL_MAX_OBJECTS];
};

/* Read the contents of O.  The first word with a mark identifies the object that wrote them. */
static void read_data(struct mounted *m, const char *path, struct model_object *o)
{
	size_t i;

	o->data = read_path(m, path, &o->n_bytes);
	for (i = 0; o->data && i + 4 <= o->n_bytes; i += 4) {
		uint32_t word;

		memcpy(&word, o->data + i, 4);
		if (word >> 28 == 0xA) {
			o->mark = (int)(word >> 12 & 0xFFFF);
			return;
		}
	}
}

static bool read_entry(void *ctx, const char *path, const struct udf_attr *attr)
{
	struct reading *r = ctx;
	struct model_object *o;
	int object = 0;
	char target[4096];

	while (object < r->model->n_objects && r->inos[object] != attr->ino)
		object++;
	if (object == MODEL_MAX_OBJECTS || model_lookup(r->model, path) >= 0)
		return false;	/* the path was seen already: its directory has two names */
	if (object == r->model->n_objects) {
		o = &r->model->objects[r->model->n_objects++];
		r->inos[object] = attr->ino;
		*o = (struct model_object){ .used = true,
					    .is_dir = S_ISDIR(attr->mode),
					    .is_symlink = S_ISLNK(attr->mode),
					    .mark = READ_FIRST_MARK + object,
					    .nlink = attr->nlink - S_ISDIR(attr->mode) };
		if (S_ISREG(attr->mode))
			read_data(r->m, path, o);
		else if (o->is_symlink && !udf_readlink(r->m->fs, attr->ino, target, sizeof(target)))
			o->data = (uint8_t *)strdup(target), o->n_bytes = strlen(target);
		else if (!o->is_dir)
			o->special = attr->mode & S_IFMT, o->rdev_minor = attr->rdev_minor;
	}
	model_name(r->model, path, object);
	return true;
}

struct model *model_read(struct mounted *m)
{
	struct reading *r = calloc(1, sizeof(*r));
	struct model *model = model_new();
	struct udf_attr attr;

	r->m = m;
	model->first_mark = READ_FIRST_MARK;
	r->model = model;
	r->inos[0] = udf_fs_root(m->fs);
	if (udf_getattr(m->fs, r->inos[0], &attr) || !walk_volume(m, read_entry, r)) {
		model_free(model);
		free(r);
		return NULL;
	}
	model->objects[0].nlink = attr.nlink - 1;
	model->loose_counts = true;
	free(r);
	return model;
}

void model_reload(struct model *model, struct mounted *m, int object, const char *path)
{
	struct model_object *o = &model->objects[object];

	free(o->data);
	o->data = read_path(m, path, &o->n_bytes);
}
