/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names of one directory that have been seen.  It holds hashes, so a new name may rarely be taken for an old
 * one.
 */
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
 * Add NAME.  Returns true if it was in the set already; upper and lower case are the same.  After 2 million names,
 * or without memory, new names are neither added nor found.
 */
bool tree_name_set_add(struct tree_name_set *set, const char *name);

#endif
