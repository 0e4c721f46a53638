/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which objects have names, as far as this mount knows.
 *
 * Nothing is kept until the first file handle is opened without its object in memory (handle.c).  From then on the
 * directories are read as far as they are needed, and names that are added and objects that are freed are followed.
 */
#ifndef UDF_FS_NAMED_H
#define UDF_FS_NAMED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>
#include <udfkit/fs.h>

struct udf_fs;

struct named_entry {			/* 64 inodes whose numbers are next to each other */
	uint64_t key;			/* number of the first / 64, plus 1; 0: the entry is free */
	uint64_t bits;
};

struct fs_named {
	bool begun;
	struct named_entry *entries;	/* open addressing */
	uint32_t cap, n;		/* n of the cap entries are in use */
	udf_ino *dirs;			/* directories that have not been read yet */
	size_t n_dirs, cap_dirs;
};

/** Begin with the root directory.  UDF_E_NOMEM. */
enum udf_err named_begin(struct udf_fs *fs);
/** Forget everything. */
void named_end(struct udf_fs *fs);

/** INO has a name.  A directory that had none before has to be read.  UDF_E_NOMEM. */
enum udf_err named_add(struct udf_fs *fs, udf_ino ino, bool is_dir);
/** The same for a name that is being added.  Without memory everything is forgotten, and read again when needed. */
void named_gain(struct udf_fs *fs, udf_ino ino, bool is_dir);
/** INO has been freed. */
void named_lose(struct udf_fs *fs, udf_ino ino);
bool named_has(const struct udf_fs *fs, udf_ino ino);

/**
 * Take a directory that has not been read yet.  One whose ICB is near that of INO is preferred: a directory and its
 * files are usually neighbours.
 * Returns false where all have been read.
 */
bool named_next_dir(struct udf_fs *fs, udf_ino ino, udf_ino *ret_dir);
/** Put back a directory that was taken; there is room for it. */
void named_put_back(struct udf_fs *fs, udf_ino dir);

#endif
