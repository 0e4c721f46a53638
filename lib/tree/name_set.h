/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which names of one directory have been seen?  It keeps hashes: now and then a new name is taken for an old one. */
#ifndef UDF_TREE_NAME_SET_H
#define UDF_TREE_NAME_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tree_name_set {			/* all zero: empty */
	uint32_t *hashes;		/* 0: free */
	size_t n_slots, n_used;
};

void tree_name_set_done(struct tree_name_set *set);

/**
 * Add NAME.  True if it was there, in upper or lower case.  Beyond 2 million names, or without memory, new names are
 * neither kept nor found.
 */
bool tree_name_set_add(struct tree_name_set *set, const char *name);

#endif
