/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "model.h"

uint64_t rnd(uint64_t *state)
{
	uint64_t x = *state += 0x9E3779B97F4A7C15ull;

	x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
	x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
	return x ^ (x >> 31);
}

/* ---- the model ---- */

struct model *model_new(void)
{
	struct model *model = calloc(1, sizeof(*model));

	model->objects[0] = (struct model_object){ .used = true, .is_dir = true, .nlink = 1 };
	model->n_objects = 1;
	return model;
}

void model_free(struct model *model)
{
	int i;

	for (i = 0; i < model->n_objects; i++) {
		free(model->objects[i].data);
		free(model->objects[i].entries);
	}
	free(model);
}

struct model *model_copy(const struct model *model)
{
	struct model *copy = malloc(sizeof(*copy));
	int i;

	*copy = *model;
	for (i = 0; i < model->n_objects; i++) {
		struct model_object *o = &copy->objects[i];

		if (o->data) {
			o->data = malloc(o->n_bytes + 1);
			memcpy(o->data, model->objects[i].data, o->n_bytes);
		}
		if (o->entries) {
			o->entries = malloc(o->cap * sizeof(*o->entries));
			memcpy(o->entries, model->objects[i].entries, o->n_entries * sizeof(*o->entries));
		}
	}
	return copy;
}

static struct model_entry *find_entry(struct model_object *dir, const char *name)
{
	size_t i;

	for (i = 0; i < dir->n_entries; i++)
		if (strcmp(dir->entries[i].name, name) == 0)
			return &dir->entries[i];
	return NULL;
}

static void add_entry(struct model_object *dir, const char *name, int object)
{
	if (dir->n_entries == dir->cap) {
		dir->cap = dir->cap ? dir->cap * 2 : 8;
		dir->entries = realloc(dir->entries, dir->cap * sizeof(*dir->entries));
	}
	snprintf(dir->entries[dir->n_entries].name, sizeof(dir->entries[0].name), "%s", name);
	dir->entries[dir->n_entries++].object = object;
}

static void remove_entry(struct model_object *dir, const char *name)
{
	struct model_entry *e = find_entry(dir, name);

	*e = dir->entries[--dir->n_entries];
}

/* The directory of PATH, and its last component; -1 where a component is missing. */
static int walk(struct model *model, const char *path, char last[256])
{
	int at = 0;

	last[0] = 0;
	while (*path == '/')
		path++;
	while (*path) {
		const char *slash = strchr(path, '/');
		size_t n = slash ? (size_t)(slash - path) : strlen(path);
		struct model_entry *e;

		memcpy(last, path, n);
		last[n] = 0;
		if (!slash)
			return at;
		e = find_entry(&model->objects[at], last);
		if (!e || !model->objects[e->object].is_dir)
			return -1;
		at = e->object;
		path = slash + 1;
	}
	return at;
}

int model_lookup(struct model *model, const char *path)
{
	char last[256];
	int dir = walk(model, path, last);
	struct model_entry *e;

	if (dir < 0 || !last[0])
		return dir;
	e = find_entry(&model->objects[dir], last);
	return e ? e->object : -1;
}

/* The inode of PATH's directory. */
static udf_ino dir_ino(struct mounted *m, const char *path)
{
	char copy[4096];
	char *slash;

	snprintf(copy, sizeof(copy), "%s", path);
	slash = strrchr(copy, '/');
	*slash = 0;
	return path_ino(m, copy);
}

void model_name(struct model *model, const char *path, int object)
{
	char last[256];
	int dir = walk(model, path, last);

	add_entry(&model->objects[dir], last, object);
	if (model->objects[object].is_dir)
		model->objects[object].parent = dir;
}

static enum udf_err make(struct model *model, struct mounted *m, const char *path, uint32_t mode,
			 const char *target, uint32_t rdev_minor)
{
	char last[256];
	int dir = walk(model, path, last);
	struct model_object *o;
	enum udf_err want = UDF_OK;

	if (dir < 0)
		want = UDF_E_NOT_FOUND;
	else if (find_entry(&model->objects[dir], last))
		want = UDF_E_EXISTS;
	if (m && dir >= 0) {
		udf_ino ino = dir_ino(m, path);
		struct udf_new what = { .mode = mode,
					.rdev_major = 7,
					.rdev_minor = rdev_minor,
					.symlink_target = target,
					.symlink_target_bytes = target ? strlen(target) : 0 };
		struct udf_attr attr;
		enum udf_err err = udf_create(m->fs, ino, last, strlen(last), &what, &attr);

		put_ino(m, ino);
		if (err != want)
			return err ? err : UDF_E_EXISTS;
		if (!err)
			udf_forget(m->fs, attr.ino, 1);
	}
	if (want || model->n_objects == MODEL_MAX_OBJECTS)
		return want;
	o = &model->objects[model->n_objects];
	*o = (struct model_object){ .used = true,
				    .is_dir = S_ISDIR(mode),
				    .is_symlink = S_ISLNK(mode),
				    .special = S_ISDIR(mode) || S_ISLNK(mode) || S_ISREG(mode) ? 0 : mode & S_IFMT,
				    .rdev_minor = rdev_minor,
				    .mark = model->first_mark + model->n_objects,
				    .parent = dir,
				    .nlink = 1 };
	if (target) {
		o->data = (uint8_t *)strdup(target);
		o->n_bytes = strlen(target);
	}
	add_entry(&model->objects[dir], last, model->n_objects++);
	if (o->is_dir)
		model->objects[dir].nlink++;
	return UDF_OK;
}

enum udf_err do_create(struct model *model, struct mounted *m, const char *path, bool is_dir)
{
	return make(model, m, path, is_dir ? S_IFDIR | 0755 : S_IFREG | 0644, NULL, 0);
}

enum udf_err do_symlink(struct model *model, struct mounted *m, const char *target, const char *path)
{
	return make(model, m, path, S_IFLNK | 0777, target, 0);
}

enum udf_err do_special(struct model *model, struct mounted *m, const char *path, uint32_t kind,
			uint32_t rdev_minor)
{
	return make(model, m, path, kind | 0600, NULL, rdev_minor);
}

static bool is_regular(const struct model_object *o)
{
	return !o->is_dir && !o->is_symlink && !o->special;
}

static void model_resize(struct model_object *o, size_t n_bytes)
{
	if (n_bytes > o->n_bytes) {
		o->data = realloc(o->data, n_bytes + 1);
		memset(o->data + o->n_bytes, 0, n_bytes - o->n_bytes);
	}
	o->n_bytes = n_bytes;
}

enum udf_err do_write(struct model *model, struct mounted *m, const char *path, uint64_t at,
		      const void *data, size_t n_bytes)
{
	int i = model_lookup(model, path);
	struct model_object *o;

	if (i < 0 || !is_regular(&model->objects[i]))
		return UDF_E_NOT_FOUND;
	o = &model->objects[i];
	if (m) {
		udf_ino ino = path_ino(m, path);
		size_t done = 0;
		enum udf_err err = UDF_OK;

		while (done < n_bytes && !err) {
			size_t n = 0;

			err = udf_write(m->fs, ino, at + done, n_bytes - done,
					(const uint8_t *)data + done, &n);
			done += n;
		}
		put_ino(m, ino);
		if (err)
			return err;
	}
	if (at + n_bytes > o->n_bytes)
		model_resize(o, (size_t)at + n_bytes);
	if (n_bytes)
		memcpy(o->data + at, data, n_bytes);
	return UDF_OK;
}

enum udf_err do_truncate(struct model *model, struct mounted *m, const char *path, uint64_t n_bytes)
{
	int i = model_lookup(model, path);

	if (i < 0 || !is_regular(&model->objects[i]))
		return UDF_E_NOT_FOUND;
	if (m) {
		udf_ino ino = path_ino(m, path);
		struct udf_attr set = { .size_bytes = n_bytes }, attr;
		enum udf_err err = udf_setattr(m->fs, ino, &set, UDF_SET_SIZE, &attr);

		put_ino(m, ino);
		if (err)
			return err;
	}
	model_resize(&model->objects[i], (size_t)n_bytes);
	return UDF_OK;
}

static enum udf_err drop(struct model *model, struct mounted *m, const char *path, bool want_dir)
{
	char last[256];
	int dir = walk(model, path, last);
	struct model_entry *e = dir < 0 ? NULL : find_entry(&model->objects[dir], last);
	enum udf_err want = UDF_OK;

	if (!e)
		want = UDF_E_NOT_FOUND;
	else if (want_dir && !model->objects[e->object].is_dir)
		want = UDF_E_NOT_DIR;
	else if (!want_dir && model->objects[e->object].is_dir)
		want = UDF_E_IS_DIR;
	else if (want_dir && model->objects[e->object].n_entries)
		want = UDF_E_NOT_EMPTY;
	if (m && dir >= 0) {
		udf_ino ino = dir_ino(m, path);
		enum udf_err err = want_dir ? udf_rmdir(m->fs, ino, last, strlen(last)) :
					      udf_unlink(m->fs, ino, last, strlen(last));

		put_ino(m, ino);
		if (err != want)
			return err ? err : UDF_E_EXISTS;
	}
	if (want)
		return want;
	model->objects[e->object].nlink--;
	if (want_dir)
		model->objects[dir].nlink--;
	remove_entry(&model->objects[dir], last);
	return UDF_OK;
}

enum udf_err do_unlink(struct model *model, struct mounted *m, const char *path)
{
	return drop(model, m, path, false);
}

enum udf_err do_rmdir(struct model *model, struct mounted *m, const char *path)
{
	return drop(model, m, path, true);
}

enum udf_err do_link(struct model *model, struct mounted *m, const char *from, const char *to)
{
	char last[256];
	int i = model_lookup(model, from), dir = walk(model, to, last);

	if (i < 0 || dir < 0 || model->objects[i].is_dir || find_entry(&model->objects[dir], last))
		return UDF_E_NOT_FOUND;
	if (m) {
		udf_ino ino = path_ino(m, from), into = dir_ino(m, to);
		struct udf_attr attr;
		enum udf_err err = udf_link(m->fs, ino, into, last, strlen(last), &attr);

		put_ino(m, ino);
		put_ino(m, into);
		if (err)
			return err;
		udf_forget(m->fs, ino, 1);
	}
	model->objects[i].nlink++;
	add_entry(&model->objects[dir], last, i);
	return UDF_OK;
}

static bool is_below(const struct model *model, int object, int ancestor)
{
	while (object != ancestor && object != 0)
		object = model->objects[object].parent;
	return object == ancestor;
}

static enum udf_err rename_wants(struct model *model, int source, int target, int new_dir)
{
	if (source == target)
		return UDF_OK;
	if (model->objects[source].is_dir && is_below(model, new_dir, source))
		return UDF_E_INVAL;
	if (target < 0)
		return UDF_OK;
	if (model->objects[source].is_dir && !model->objects[target].is_dir)
		return UDF_E_NOT_DIR;
	if (!model->objects[source].is_dir && model->objects[target].is_dir)
		return UDF_E_IS_DIR;
	if (model->objects[target].is_dir && model->objects[target].n_entries)
		return UDF_E_NOT_EMPTY;
	return UDF_OK;
}

enum udf_err do_rename(struct model *model, struct mounted *m, const char *from, const char *to)
{
	char old_name[256], new_name[256];
	int old_dir = walk(model, from, old_name), new_dir = walk(model, to, new_name);
	int source = model_lookup(model, from), target = model_lookup(model, to);
	enum udf_err want;

	if (old_dir < 0 || new_dir < 0 || source < 0)
		return UDF_E_NOT_FOUND;
	want = rename_wants(model, source, target, new_dir);
	if (m) {
		udf_ino a = dir_ino(m, from), b = dir_ino(m, to);
		enum udf_err err = udf_rename(m->fs, a, old_name, strlen(old_name), b, new_name,
					      strlen(new_name), 0);

		put_ino(m, a);
		put_ino(m, b);
		if ((err == UDF_OK) != (want == UDF_OK)) {
			fprintf(stderr, "# rename %s %s: %s, expected %s\n", from, to, udf_strerror(err),
				udf_strerror(want));
			return err ? err : UDF_E_EXISTS;
		}
	}
	if (want || source == target)
		return want;
	if (target >= 0) {
		model->objects[target].nlink--;
		remove_entry(&model->objects[new_dir], new_name);
		if (model->objects[target].is_dir)
			model->objects[new_dir].nlink--;
	}
	remove_entry(&model->objects[old_dir], old_name);
	add_entry(&model->objects[new_dir], new_name, source);
	if (model->objects[source].is_dir) {
		model->objects[old_dir].nlink--;
		model->objects[new_dir].nlink++;
		model->objects[source].parent = new_dir;
	}
	return UDF_OK;
}

enum udf_err do_exchange(struct model *model, struct mounted *m, const char *a, const char *b)
{
	char name_a[256], name_b[256];
	int dir = walk(model, a, name_a), object;
	struct model_entry *ea, *eb;

	if (dir < 0 || walk(model, b, name_b) != dir)
		return UDF_E_INVAL;
	ea = find_entry(&model->objects[dir], name_a);
	eb = find_entry(&model->objects[dir], name_b);
	if (!ea || !eb)
		return UDF_E_NOT_FOUND;
	if (m) {
		udf_ino ino = dir_ino(m, a);
		enum udf_err err = udf_rename(m->fs, ino, name_a, strlen(name_a), ino, name_b,
					      strlen(name_b), UDF_RENAME_EXCHANGE);

		put_ino(m, ino);
		if (err)
			return err;
	}
	object = ea->object;
	ea->object = eb->object;
	eb->object = object;
	return UDF_OK;
}

enum udf_err do_fsync(struct mounted *m, const char *path)
{
	udf_ino ino = path_ino(m, path);
	enum udf_err err;

	if (!ino)
		return UDF_E_NOT_FOUND;
	err = udf_fsync(m->fs, ino, false);
	put_ino(m, ino);
	return err;
}

/* ---- random work ---- */

static void random_path(uint64_t *seed, char path[256])
{
	static const char *const dirs[] = { "", "", "/d1", "/d2", "/d1/e1", "/d2/e2", "/d1/e1/f1" };
	static const char *const stems[] = { "a", "b", "c", "longer-name-number", "\xC3\xA9t\xC3\xA9",
					     "\xE6\x97\xA5\xE6\x9C\xAC",
					     "a-rather-long-name-that-takes-a-good-part-of-a-block-of-the-volume" };
	uint64_t r = rnd(seed);

	if (r % 8 == 0)
		snprintf(path, 256, "%s", (const char *[]){ "/d1", "/d2", "/d1/e1", "/d2/e2",
							   "/d1/e1/f1" }[r / 8 % 5]);
	else
		snprintf(path, 256, "%s/%s%u", dirs[r / 8 % 7], stems[r / 64 % 7],
			 (unsigned)(r / 512 % 12));
}

static void check(enum udf_err err, const char *what, const char *path, const char *path2)
{
	if (err == UDF_OK || err == UDF_E_NOT_FOUND || err == UDF_E_EXISTS || err == UDF_E_NOT_DIR ||
	    err == UDF_E_IS_DIR || err == UDF_E_NOT_EMPTY || err == UDF_E_INVAL)
		return;
	fprintf(stderr, "# %s %s %s: %s\n", what, path, path2, udf_strerror(err));
	abort();
}

static void random_write(struct model *model, struct mounted *m, const char *path, uint64_t *seed)
{
	static const size_t sizes[] = { 1, 100, 300, 511, 513, 2048, 5000, 30000 };
	size_t n = sizes[rnd(seed) % 8], i;
	uint64_t at = rnd(seed) % 4 ? 0 : rnd(seed) % 50000;
	uint8_t *data = malloc(n);

	for (i = 0; i < n; i++)
		data[i] = (uint8_t)rnd(seed);
	check(do_write(model, m, path, at, data, n), "write", path, "");
	free(data);
}

void random_op(struct model *model, struct mounted *m, uint64_t *seed)
{
	char path[256], other[256];

	random_path(seed, path);
	random_path(seed, other);
	switch (rnd(seed) % 16) {
	case 0:
	case 1:
	case 2:
		check(do_create(model, m, path, false), "create", path, "");
		break;
	case 3:
	case 4:
		check(do_create(model, m, path, true), "mkdir", path, "");
		break;
	case 5:
	case 6:
	case 7:
		random_write(model, m, path, seed);
		break;
	case 8:
		check(do_truncate(model, m, path, rnd(seed) % 3 ? rnd(seed) % 40000 : 0), "truncate", path, "");
		break;
	case 9:
	case 10:
		check(do_unlink(model, m, path), "unlink", path, "");
		break;
	case 11:
		check(do_rmdir(model, m, path), "rmdir", path, "");
		break;
	case 12:
		check(do_link(model, m, path, other), "link", path, other);
		break;
	case 13:
	case 14:
		check(do_rename(model, m, path, other), "rename", path, other);
		break;
	default:
		if (rnd(seed) % 2)
			check(do_symlink(model, m, "../x/y", path), "symlink", path, "");
		else if (rnd(seed) % 4)
			check(do_fsync(m, path), "fsync", path, "");
		else
			check(udf_fs_sync(m->fs), "sync", "", "");
		break;
	}
}
