/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The objects of an archive, by name. */
#ifndef UDF_TAR_OBJECTS_H
#define UDF_TAR_OBJECTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <udfkit/error.h>

/* What names refer to; st.st_nlink counts them. */
struct tar_object {
	struct stat st;
	char *link_target;		/* of a symlink */
	uint64_t data_at_bytes;		/* of a file, in the spool */
	bool is_implied;		/* a directory that the archive has not named */
};

struct tar_name {
	struct tar_name *parent;	/* NULL: the root */
	struct tar_object *object;
	uint64_t number;		/* of this name; names below it are sorted by it */
	/* Below a directory, in order, after objects_sort(); until then FIRST is some name, or NULL without any. */
	struct tar_name *first, *last, *next;
	uint64_t tag;			/* of the walk */
	char text[];
};

#define TAR_MAX_OBJECTS (UINT64_C(1) << 24)

struct tar_objects {
	struct tar_name *root;
	void *by_name;			/* of tsearch(3) */
	uint64_t n;			/* names that were made */
	ino_t last_ino;
};

enum udf_err objects_init(struct tar_objects *objects);
void objects_done(struct tar_objects *objects);

/** A new object without names.  NULL without memory. */
struct tar_object *object_new(struct tar_objects *objects, const struct stat *st);

/** Give it up, unless it has a name. */
void object_drop(struct tar_object *object);

/** The name TEXT of N_BYTES in PARENT, or NULL. */
struct tar_name *objects_find(const struct tar_objects *objects, const struct tar_name *parent, const char *text,
			      size_t n_bytes);

/** Let a new name in PARENT refer to OBJECT.  UDF_E_RANGE: there are too many. */
enum udf_err objects_add(struct tar_objects *objects, struct tar_name *parent, const char *text, size_t n_bytes,
			 struct tar_object *object);

/** Let NAME refer to OBJECT, and no longer to what it referred to. */
void objects_replace(struct tar_name *name, struct tar_object *object);

/** Sort all names below their directories. */
void objects_sort(struct tar_objects *objects);

#endif
