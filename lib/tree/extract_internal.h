/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shared by the files that extract: the walk (extract.c), single objects (extract_object.c), reports
 * (extract_report.c), jobs (extract_queue.h).
 */
#ifndef UDF_TREE_EXTRACT_INTERNAL_H
#define UDF_TREE_EXTRACT_INTERNAL_H

#include "tree/extract.h"
#include "tree/extract_queue.h"
#include "tree/ino_map.h"

/* The attributes that the host gives a new file in the current directory.  They need not be set again. */
struct tree_fresh {
	bool known;
	uid_t uid;
	gid_t gid;
	bool keeps_mode;		/* apart from the umask */
};

struct tree_asked {			/* an object that a call asked for */
	uint64_t ino;
	char *name;			/* NULL: only the contents of the directory */
};

struct tree_extract {
	struct udf_fs *fs;
	int target_fd;
	const struct tree_extract_options *options;
	enum udf_err first_err;
	struct tree_queue *queue;
	struct tree_places *places;
	struct tree_asked *asked;	/* the objects that the calls asked for */
	size_t n_asked;
	struct tree_job *settling;	/* its paths are used for messages; NULL: the paths below are */
	struct tree_path path;		/* of the current object, on the volume */
	struct tree_path host_path;	/* of the current object, below the target directory */
	struct tree_hidden hidden;	/* what the current object is in */
	struct tree_ino_map directories;	/* visited */
	struct tree_ino_map link_of;	/* files with several names: index of links[] */
	char **links;			/* where the first name of each is on the host now; NULL until it is made */
	size_t n_links, cap_links;
	uint8_t *buffer;		/* TREE_BUFFER_BYTES */
	mode_t umask;
	int source_fd;			/* the next member is about this descriptor; -1: none yet */
	bool source_is_file;
	struct tree_fresh fresh;
	uint64_t n_data_bytes;		/* extracted so far */
};

/* ---- extract_report.c ---- */

/** Append NAME to PATH.  With SLASH a '/' comes before it, unless PATH is empty or ends with one. */
enum udf_err tree_path_add(struct tree_path *path, const char *name, bool slash);

/** Set PATH to TEXT. */
enum udf_err tree_path_set(struct tree_path *path, const char *text);

/** Shorten PATH to its first N_BYTES. */
void tree_path_cut(struct tree_path *path, size_t n_bytes);

/** Report that the current object failed.  Returns ERR. */
enum udf_err tree_fail(struct tree_extract *x, enum udf_err err, int host_errno);
/** Report that the name of the current object is malformed on the volume. */
void tree_bad_name(struct tree_extract *x);
/** Report that the current object is done. */
void tree_done(struct tree_extract *x);

/**
 * Report that the current object, or the one that is settled, has the name OTHER on the host instead of WANTED.
 * OTHER is freed.  OTHER NULL: it has its own name, and nothing is reported.
 */
void tree_renamed(struct tree_extract *x, const char *wanted, char *other);

/**
 * Report that the directory that is settled, or the current one, can't get its name from the host, so that what was
 * extracted into it stays in HIDDEN.
 */
void tree_stays_hidden(struct tree_extract *x, const struct tree_hidden *hidden, int host_errno);

/** Where HOST_PATH is while HIDDEN, which it is in, is hidden.  The caller frees it.  Returns NULL without memory. */
char *tree_hidden_path(const struct tree_hidden *hidden, const char *host_path);

/** A job of the queue, for the current object.  Returns NULL without memory, after reporting that. */
struct tree_job *tree_take_job(struct tree_extract *x, enum tree_job_kind kind, int dir_fd);

/* ---- extract_object.c ---- */

/**
 * Extract ATTR, which is not a directory, as NAME in directory DIR_FD.  DIR_FD stays open until all jobs that were
 * put so far are settled.
 */
void tree_extract_leaf(struct tree_extract *x, const struct udf_attr *attr, int dir_fd, const char *name);
/** Report the result of a TREE_JOB_FILE or _LINK, after doing the part that only the volume's reader can do. */
void tree_settle_file(struct tree_extract *x, struct tree_job *job);

/** The directory that was HIDDEN has the path HOST_PATH now, and so have the first names in it. */
void tree_show_links(struct tree_extract *x, const struct tree_hidden *hidden, const char *host_path);

/**
 * Open the directory of PATH below the target, component by component, without following symlinks.  PATH is changed;
 * RET_NAME is its last component.  Returns the descriptor, for O_PATH uses, or -1 with errno.
 */
int tree_open_parent(const struct tree_extract *x, char *path, char **ret_name);

/** The attributes that the object ATTR will get on the host. */
struct tree_wanted tree_wanted_of(const struct tree_extract *x, const struct udf_attr *attr);

#endif
