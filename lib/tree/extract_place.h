/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where extracted objects are stored on the host.
 *
 * An object that was in a directory before the run may be replaced, once, and only by a complete one.  An object
 * that the run itself has made is never replaced: the next object of that name gets another name.  The host decides
 * which names are the same (it may ignore case), so the only way to find out whether a name is taken is to make it.
 *
 * The functions may be called by several threads at once.
 */
#ifndef UDF_TREE_EXTRACT_PLACE_H
#define UDF_TREE_EXTRACT_PLACE_H

#include <stdbool.h>
#include <stdint.h>
#include <udfkit/error.h>

#include "tree/host_name.h"

#define TREE_TEMPORARY_CAP 40		/* ".udf-get-PROCESS-NUMBER" and a NUL */

struct tree_places;

/** CANCELLED returns true when the run has to end.  Any thread may call it.  NULL: never. */
enum udf_err tree_places_new(bool (*cancelled)(void *ctx), void *ctx, struct tree_places **ret_places);
void tree_places_free(struct tree_places *places);
bool tree_places_is_cancelled(const struct tree_places *places);

/** Have PROGRESS called, with the context of CANCELLED, by tree_places_progress(); NULL: nobody listens. */
void tree_places_listen(struct tree_places *places, void (*progress)(void *ctx, uint64_t n_bytes));
/** N_BYTES more have been copied.  Any thread may call. */
void tree_places_progress(const struct tree_places *places, uint64_t n_bytes);

/** Directory DIR_FD existed before the run: objects that are in it now may be replaced.  Later calls change nothing. */
enum udf_err tree_places_add_existing(struct tree_places *places, int dir_fd);

/** Nothing more is put into directory DIR_FD: the list of its old objects can be freed. */
void tree_places_leave(struct tree_places *places, int dir_fd);

/** A name for an object that is not complete yet. */
void tree_places_temporary(struct tree_places *places, char ret_name[TREE_TEMPORARY_CAP]);

/**
 * Make an object as WANTED in directory DIR_FD: in place of an object from before the run, or under another name.
 *
 * @make	Makes it as NAME in DIR_FD.  Returns 0, or -1 with errno; EEXIST where something has that name.
 * @ret_other	NULL, or the name that it got instead of WANTED.  The caller frees it.
 * Returns 0, or -1 with the host's errno.
 */
int tree_place(struct tree_places *places, int dir_fd, const char *wanted,
	       int (*make)(void *ctx, int dir_fd, const char *name), void *ctx, char **ret_other);

/** Give the complete object TEMPORARY in DIR_FD the name WANTED, as tree_place() does. */
int tree_place_rename(struct tree_places *places, int dir_fd, const char *temporary, const char *wanted,
		      char **ret_other);

/**
 * Open directory WANTED in DIR_FD, or make it under a temporary name, which tree_place_directory_end() changes.
 *
 * @ret_temporary	The temporary name; "" for a directory that existed before.
 * @ret_other		As for tree_place().
 * Returns its descriptor, or -1 with errno.
 */
int tree_place_directory(struct tree_places *places, int dir_fd, const char *wanted,
			 char ret_temporary[TREE_TEMPORARY_CAP], char **ret_other);

/**
 * Make directory WANTED in DIR_FD, which the run has made itself, and open it.
 *
 * @ret_other	As for tree_place().
 * Returns its descriptor, or -1 with errno.
 */
int tree_place_new_directory(struct tree_places *places, int dir_fd, const char *wanted, char **ret_other);

/**
 * Give the directory FD, which was made as TEMPORARY, its name, as tree_place() does.
 *
 * @ret_is_removed	Is set if that fails: an empty directory is removed then, another one keeps its temporary name.
 */
int tree_place_directory_end(struct tree_places *places, int fd, const char *temporary, const char *wanted,
			     char **ret_other, bool *ret_is_removed);

/**
 * Make a new file in DIR_FD that has no name yet, and shall get NAME.  If it replaces an object from before the run,
 * or the host can't make files without names, it has the name RET_TEMPORARY, which is "" otherwise.
 * Returns its descriptor, or -1 with errno.
 */
int tree_place_open(struct tree_places *places, int dir_fd, const char *name, unsigned mode,
		    char ret_temporary[TREE_TEMPORARY_CAP]);

/** Give the file FD, which has no name, the name NAME.  Returns 0, or -1 with errno. */
int tree_place_link(const struct tree_places *places, int fd, int dir_fd, const char *name);

#endif
