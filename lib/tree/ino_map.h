/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A set of inode numbers with one number each: hard links seen, directories visited. */
#ifndef UDF_TREE_INO_MAP_H
#define UDF_TREE_INO_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>

struct tree_ino_slot {
	uint64_t ino, value;
	bool used;
};

struct tree_ino_map {		/* all zero: empty */
	struct tree_ino_slot *slots;
	size_t n_slots, n_used;	/* n_slots 0 or a power of two */
};

void tree_ino_map_done(struct tree_ino_map *map);

/** Is INO there?  Then *RET_VALUE (may be NULL) is its number. */
bool tree_ino_map_find(const struct tree_ino_map *map, uint64_t ino, uint64_t *ret_value);

/** Add INO, which is not there. */
enum udf_err tree_ino_map_add(struct tree_ino_map *map, uint64_t ino, uint64_t value);

/** INO has VALUE from now on, whether it was there or not. */
enum udf_err tree_ino_map_set(struct tree_ino_map *map, uint64_t ino, uint64_t value);

#endif
