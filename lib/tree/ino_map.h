/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A map from inode numbers to numbers: hard links that were seen, directories that were visited. */
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

/** Is INO in the map?  *RET_VALUE (may be NULL) receives its number. */
bool tree_ino_map_find(const struct tree_ino_map *map, uint64_t ino, uint64_t *ret_value);

/** Add INO, which is not in the map. */
enum udf_err tree_ino_map_add(struct tree_ino_map *map, uint64_t ino, uint64_t value);

/** Set the number of INO, whether it is in the map or not. */
enum udf_err tree_ino_map_set(struct tree_ino_map *map, uint64_t ino, uint64_t value);

#endif
