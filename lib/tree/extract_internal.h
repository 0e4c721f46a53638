/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the files that extract: the walk (extract.c), single objects (extract_object.c), reports (extract_report.c),
 * jobs (extract_queue.h).
 */
#ifndef UDF_TREE_EXTRACT_INTERNAL_H
#define UDF_TREE_EXTRACT_INTERNAL_H

#include "tree/extract.h"
#include "tree/extract_queue.h"
#include "tree/ino_map.h"

/* What the host gives a new file in the directory at hand: what it does need not be said again. */
struct tree_fresh {
	bool known;
	uid_t uid;
	gid_t gid;
	bool keeps_mode;		/* but for the umask */
};

struct tree_asked {			/* an object that a call asked for */
	uint64_t ino;
	char *name;			/* NULL: its contents, without a name */
};

struct tree_extract {
	struct udf_fs *fs;
	int target_fd;
	const struct tree_extract_options *options;
	enum udf_err first_err;
	struct tree_queue *queue;
	struct tree_places *places;
	struct tree_asked *asked;	/* what the calls asked for */
	size_t n_asked;
	struct tree_job *settling;	/* whose paths go into messages; NULL: those below */
	struct tree_path path;		/* on the volume, of what is in work */
	struct tree_path host_path;	/* the same, from the target directory */
	struct tree_ino_map directories;	/* visited */
	struct tree_ino_map link_of;	/* files with several names: index of links[] */
	char **links;			/* host path of the first name of each, NULL until it is made; owned */
	size_t n_links, cap_links;
	uint8_t *buffer;		/* TREE_BUFFER_BYTES */
	mode_t umask;
	int source_fd;			/* what the next is about; -1: nothing yet */
	bool source_is_file;
	struct tree_fresh fresh;
	uint64_t n_data_bytes;		/* extracted so far */
};

/* ---- extract_report.c ---- */

/** Append NAME, after a '/' if SLASH is true and PATH neither is empty nor ends in one. */
enum udf_err tree_path_add(struct tree_path *path, const char *name, bool slash);
enum udf_err tree_path_set(struct tree_path *path, const char *text);
/** Shorten PATH to its first N_BYTES. */
void tree_path_cut(struct tree_path *path, size_t n_bytes);

/** Note that the object in work failed; returns ERR. */
enum udf_err tree_fail(struct tree_extract *x, enum udf_err err, int host_errno);
/** Tell that it is done. */
void tree_done(struct tree_extract *x);

/**
 * The object in work, or the one that is settled, lies on the host as OTHER, which is freed, instead of WANTED.
 * OTHER NULL: nothing is to be said.
 */
void tree_renamed(struct tree_extract *x, const char *wanted, char *other);

/** A job of the queue, for the object in work; NULL: not enough memory, which has been told. */
struct tree_job *tree_take_job(struct tree_extract *x, enum tree_job_kind kind, int dir_fd);

/* ---- extract_object.c ---- */

/**
 * Extract what is not a directory as NAME in directory DIR_FD, which stays open until jobs put
 * up to now are settled.  IN_HIDDEN: the directory has a temporary name, and ATTR is nothing that tree_is_large().
 */
void tree_extract_leaf(struct tree_extract *x, const struct udf_attr *attr, int dir_fd, bool in_hidden,
		       const char *name);
/** May ATTR take long, or is it needed by others?  Then its directory is to be seen under its name. */
bool tree_is_large(const struct udf_attr *attr);
/** Tell how a TREE_JOB_FILE or _LINK went, after doing what only the volume's reader can. */
void tree_settle_file(struct tree_extract *x, struct tree_job *job);

/** What the object ATTR is to get on the host. */
struct tree_wanted tree_wanted_of(const struct tree_extract *x, const struct udf_attr *attr);

#endif
