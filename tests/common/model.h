/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file system in memory that is compared with the real one after the same operations on both.  The
 * model test (random work, remount, compare) and the crash tests use it.
 */
#ifndef TESTS_COMMON_MODEL_H
#define TESTS_COMMON_MODEL_H

#include <stdbool.h>
#include <stdint.h>
#include <udfkit/bio.h>
#include <udfkit/fs.h>

#include "mkfs/mkfs.h"

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
	int mark;			/* makes its data differ from others': see fill_pattern() */
	int parent;			/* of a directory */
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
	bool loose_counts;		/* link counts of directories are not compared: a crash may leave them stale */
};

struct mounted {
	struct bio *bio;		/* borrowed */
	struct udf_vol *vol;
	struct udf_fs *fs;
};

/** The next random number of STATE.  The caller prints the seed. */
uint64_t rnd(uint64_t *state);

/** Make a volume of UDF REVISION on BIO, with the block size of BIO. */
void make_volume(struct bio *bio, uint16_t revision);

/** The same, with a space set of kind SPACE. */
void make_volume_with(struct bio *bio, uint16_t revision, enum udf_space_kind space);

/** The same as for another MEDIA, where spare packets take 512 KiB. */
void make_volume_for(struct bio *bio, enum udf_media_type media, uint16_t revision, enum udf_space_kind space);

/** Mount the volume on BIO.  mount_volume() asserts success.  OPTIONS may be NULL. */
enum udf_err try_mount(struct bio *bio, const struct udf_fs_options *options, struct mounted *ret);
void mount_volume(struct bio *bio, const struct udf_fs_options *options, struct mounted *ret);
enum udf_err unmount_volume(struct mounted *m);
void abandon_volume(struct mounted *m);		/* as SIGKILL would */

struct model *model_new(void);
void model_free(struct model *model);
struct model *model_copy(const struct model *model);

/* Do an operation on MODEL and, when M is not NULL, on the mounted volume.  Both must return the same error. */
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

/** The object with PATH, or -1. */
int model_lookup(struct model *model, const char *path);

/** Give OBJECT the name PATH, only in the model, and without raising its link count. */
void model_name(struct model *model, const char *path, int object);

/** Set the contents of OBJECT in the model, whose path is PATH, to those that the volume has now. */
void model_reload(struct model *model, struct mounted *m, int object, const char *path);

/** Read the volume into a new model, with the link counts that it records. */
struct model *model_read(struct mounted *m);

/** Advance the clock of mounted volumes. */
void clock_advance(int64_t seconds);

/** The inode of PATH, with a reference; 0 if it is not there. */
udf_ino path_ino(struct mounted *m, const char *path);
/** Give that reference back. */
void put_ino(struct mounted *m, udf_ino ino);

/** One random operation out of a small name space. */
void random_op(struct model *model, struct mounted *m, uint64_t *seed);

/** Is the volume equal to the model?  Prints the first difference. */
bool same_as_model(const struct model *model, struct mounted *m);

/** Put every path of the model ("/a/b"), with its object, into RET, at most CAP.  Returns how many. */
struct model_path {
	char path[512];
	int object;
};
size_t model_paths(const struct model *model, struct model_path *ret, size_t cap);

/** Should walks and comparisons print what is wrong? */
void model_be_quiet(bool quiet);

/** Call SEEN for every path of the volume, parents before children, until it returns false. */
bool walk_volume(struct mounted *m, bool (*seen)(void *ctx, const char *path, const struct udf_attr *attr),
		 void *ctx);

/** The contents of PATH; NULL if it is not a readable file.  The caller frees them. */
uint8_t *read_path(struct mounted *m, const char *path, size_t *ret_n_bytes);


#endif
