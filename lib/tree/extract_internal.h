/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UDF_TREE_EXTRACT_INTERNAL_H
#define UDF_TREE_EXTRACT_INTERNAL_H

#include "tree/extract.h"
#include "tree/ino_map.h"

#define TREE_NAME_CAP 256		/* NAME_MAX and a NUL */
#define TREE_BUFFER_BYTES (1u << 20)

struct tree_path {		/* a text that grows; NUL-terminated once set */
	char *text;
	size_t n_bytes, cap;
};

/* What the host gives a new file in the directory at hand: what it does need not be said again. */
struct tree_fresh {
	bool known;
	uid_t uid;
	gid_t gid;
	bool keeps_mode;		/* but for the umask */
};

struct tree_extract {
	struct udf_fs *fs;
	int target_fd;
	const struct tree_extract_options *options;
	enum udf_err first_err;
	struct tree_path path;		/* on the volume, of what is in work */
	struct tree_path host_path;	/* the same, from the target directory */
	struct tree_ino_map directories;	/* visited */
	struct tree_ino_map link_of;	/* files with several names: index of links[] */
	char **links;			/* host path of the first name of each; owned */
	size_t n_links, cap_links;
	uint8_t *buffer;		/* TREE_BUFFER_BYTES */
	mode_t umask;
	struct tree_fresh fresh;
	uint64_t n_data_bytes;		/* extracted so far */
};

/** Note that the object at x->path failed; returns ERR. */
enum udf_err tree_fail(struct tree_extract *x, enum udf_err err, int host_errno);
/** Tell that the object at x->path is done. */
void tree_done(struct tree_extract *x);

/** Extract what is not a directory as NAME in directory DIR_FD; x->host_path names the same. */
enum udf_err tree_extract_leaf(struct tree_extract *x, const struct udf_attr *attr, int dir_fd,
			       const char *name);

/** Owner, mode and times of ATTR to the open file or directory FD. */
void tree_apply_attr(struct tree_extract *x, int fd, const struct udf_attr *attr);

#endif
