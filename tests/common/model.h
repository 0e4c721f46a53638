/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file system in memory beside the real one: the same operations on both, then compare.
 * Used by the model test (random work, remount, compare) and by the crash tests.
 */
#ifndef TESTS_COMMON_MODEL_H
#define TESTS_COMMON_MODEL_H

#include <stdbool.h>
#include <stdint.h>
#include <udfkit/bio.h>
#include <udfkit/fs.h>

#include "emit/emit.h"

struct udf_vol;

#define MODEL_MAX_OBJECTS 1024

struct model_entry {
	char name[256];
	int object;
};

struct model_object {
	bool used, is_dir, is_symlink;
	uint32_t special;		/* S_IFBLK, S_IFCHR, S_IFIFO or S_IFSOCK */
	uint32_t rdev_minor;
	int mark;			/* what tells its data from others': see fill_pattern() */
	int parent;			/* directories */
	unsigned nlink;
	uint8_t *data;
	size_t n_bytes;
	struct model_entry *entries;
	size_t n_entries, cap;
};

struct model {
	struct model_object objects[MODEL_MAX_OBJECTS];	/* 0 is the root */
	int n_objects;
	int first_mark;			/* added to the number of new objects */
	bool loose_counts;		/* of directories: a crash may leave them stale */
};

struct mounted {
	struct bio *bio;		/* borrowed */
	struct udf_vol *vol;
	struct udf_fs *fs;
};

/** A random number generator whose seed is printed by the caller. */
uint64_t rnd(uint64_t *state);

/** Make a volume of UDF 2.01 (or REVISION) on BIO, whose blocks have its block size. */
void make_volume(struct bio *bio, uint16_t revision);

/** The same, with its free space in a set of kind SPACE. */
void make_volume_with(struct bio *bio, uint16_t revision, enum udf_space_kind space);

/** Mount; asserts success.  OPTIONS may be NULL. */
enum udf_err try_mount(struct bio *bio, const struct udf_fs_options *options, struct mounted *ret);
void mount_volume(struct bio *bio, const struct udf_fs_options *options, struct mounted *ret);
enum udf_err unmount_volume(struct mounted *m);
void abandon_volume(struct mounted *m);		/* as SIGKILL would */

struct model *model_new(void);
void model_free(struct model *model);
struct model *model_copy(const struct model *model);

/* Operations on MODEL and, when M is not NULL, on the mounted volume too: both must say the same. */
enum udf_err do_create(struct model *model, struct mounted *m, const char *path, bool is_dir);
enum udf_err do_write(struct model *model, struct mounted *m, const char *path, uint64_t at,
		      const void *data, size_t n_bytes);
enum udf_err do_truncate(struct model *model, struct mounted *m, const char *path, uint64_t n_bytes);
enum udf_err do_unlink(struct model *model, struct mounted *m, const char *path);
enum udf_err do_rmdir(struct model *model, struct mounted *m, const char *path);
enum udf_err do_link(struct model *model, struct mounted *m, const char *from, const char *to);
enum udf_err do_rename(struct model *model, struct mounted *m, const char *from, const char *to);
enum udf_err do_symlink(struct model *model, struct mounted *m, const char *target, const char *path);
enum udf_err do_special(struct model *model, struct mounted *m, const char *path, uint32_t kind,
			uint32_t rdev_minor);
enum udf_err do_exchange(struct model *model, struct mounted *m, const char *a, const char *b);
enum udf_err do_fsync(struct mounted *m, const char *path);

/** Which object has PATH?  -1: none. */
int model_lookup(struct model *model, const char *path);

/** Give OBJECT the name PATH, in the model alone and without counting it. */
void model_name(struct model *model, const char *path, int object);

/** Set the model's contents of OBJECT, which has PATH, to what the volume has now. */
void model_reload(struct model *model, struct mounted *m, int object, const char *path);

/** A model of what the volume holds, link counts as they are recorded. */
struct model *model_read(struct mounted *m);

/** The clock that mounted volumes see goes forward. */
void clock_advance(int64_t seconds);

/** The inode of PATH, with a reference; 0 if it is not there. */
udf_ino path_ino(struct mounted *m, const char *path);
/** Give that reference back. */
void put_ino(struct mounted *m, udf_ino ino);

/** One random operation out of a small name space. */
void random_op(struct model *model, struct mounted *m, uint64_t *seed);

/** Does the volume hold exactly what the model holds?  Prints the first difference. */
bool same_as_model(const struct model *model, struct mounted *m);

/** Every path of the model ("/a/b"), with its object; returns how many were put into RET (CAP). */
struct model_path {
	char path[512];
	int object;
};
size_t model_paths(const struct model *model, struct model_path *ret, size_t cap);

/** Walks and comparisons say what is wrong, or not. */
void model_be_quiet(bool quiet);

/** Every path of the volume: calls SEEN for each, parents before children.  False ends it. */
bool walk_volume(struct mounted *m, bool (*seen)(void *ctx, const char *path, const struct udf_attr *attr),
		 void *ctx);

/** Contents of PATH by reading it whole; NULL if it is not a readable file.  Free it. */
uint8_t *read_path(struct mounted *m, const char *path, size_t *ret_n_bytes);


#endif
