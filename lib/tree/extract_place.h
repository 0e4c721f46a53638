/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where extracted objects go on the host.  What stood in a directory before the run may be replaced, once and by what
 * is whole; what the run itself has made there never is: the next object of that name gets a name of its own.
 * Which names fall together is the host's to say (it may ignore case), so a name is found to be taken by making it.
 *
 * The functions may be called by several threads at once.
 */
#ifndef UDF_TREE_EXTRACT_PLACE_H
#define UDF_TREE_EXTRACT_PLACE_H

#include <stdbool.h>
#include <udfkit/error.h>

#include "tree/host_name.h"

#define TREE_TEMPORARY_CAP 40		/* ".udf-get-PROCESS-NUMBER" and a NUL */

struct tree_places;

/** CANCELLED (NULL: never) says whether somebody wants the run to end; any thread may call it. */
enum udf_err tree_places_new(bool (*cancelled)(void *ctx), void *ctx, struct tree_places **ret_places);
void tree_places_free(struct tree_places *places);
bool tree_places_is_cancelled(const struct tree_places *places);

/** Directory DIR_FD was there before the run: what is in it now may be replaced.  Later calls change nothing. */
enum udf_err tree_places_stood_before(struct tree_places *places, int dir_fd);

/** Nothing more goes into directory DIR_FD: what stood there before need not be known any more. */
void tree_places_left(struct tree_places *places, int dir_fd);

/** A name for what is not whole. */
void tree_places_temporary(struct tree_places *places, char ret_name[TREE_TEMPORARY_CAP]);

/**
 * Make an object as WANTED in directory DIR_FD, in place of what stood there before the run, or under another name.
 *
 * @make	Makes it under NAME in DIR_FD: 0, or -1 with errno, EEXIST where something has that name.
 * @ret_other	NULL, or the name it has got instead of WANTED; the caller's.
 * Returns 0, or -1 with the host's errno.
 */
int tree_place(struct tree_places *places, int dir_fd, const char *wanted,
	       int (*make)(void *ctx, int dir_fd, const char *name), void *ctx, char **ret_other);

/** FROM becomes TO in DIR_FD, which nothing has as its name: 0, or -1 with errno. */
int tree_place_rename(struct tree_places *places, int dir_fd, const char *from, const char *to);

/**
 * Directory WANTED in DIR_FD: the one that stood there before, or a new one, made under the name RET_TEMPORARY ("" for
 * one that stood before) for tree_place_directory_end().  Returns its descriptor or -1 with errno; RET_OTHER as above.
 */
int tree_place_directory(struct tree_places *places, int dir_fd, const char *wanted,
			 char ret_temporary[TREE_TEMPORARY_CAP], char **ret_other);

/** The directory FD, made as TEMPORARY, gets its name; as tree_place(). */
int tree_place_directory_end(struct tree_places *places, int fd, const char *temporary, const char *wanted,
			     char **ret_other);

/**
 * A new file in DIR_FD that has no name yet, or where the host has no such files the name RET_TEMPORARY (else "").
 * Returns its descriptor or -1 with errno.
 */
int tree_place_open(struct tree_places *places, int dir_fd, unsigned mode, char ret_temporary[TREE_TEMPORARY_CAP]);

/** The file FD without a name gets NAME: 0, or -1 with errno. */
int tree_place_link(const struct tree_places *places, int fd, int dir_fd, const char *name);

#endif
