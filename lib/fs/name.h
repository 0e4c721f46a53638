/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the operations on names share (namei.c; used by dirremove.c, handle.c, rename.c, attr.c). */
#ifndef UDF_FS_NAME_H
#define UDF_FS_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>
#include <udfkit/fs.h>

#include "fs/dir.h"
#include "fs/state.h"


/**
 * May NAME be recorded?
 * Returns UDF_E_INVAL for an empty name, "." and "..", and a name with '/' or NUL; UDF_E_BAD_NAME;
 * UDF_E_NAME_TOO_LONG above 255 bytes on disc.
 */
enum udf_err check_name(const char *name, size_t name_bytes);

/**
 * The directory INO, pinned.
 * Returns UDF_E_NOT_DIR, UDF_E_NOT_FOUND for a removed one; with TO_CHANGE, UDF_E_READ_ONLY for a frozen one (R10).
 */
enum udf_err dir_get(struct udf_fs *fs, udf_ino ino, bool to_change, struct node **ret_dir);

/** The node that ENTRY of DIR names, pinned. */
enum udf_err entry_node(struct udf_fs *fs, struct node *dir, const struct dir_entry *entry,
			struct node **ret_node);

/** R2, R3: may the slot of a name that LOSER loses be retargeted in this batch? */
static inline bool may_retarget(const struct udf_fs *fs, const struct node *loser)
{
	return loser->keep_names_batch != fs->batch.number;
}

/**
 * Find a place for NAME in DIR.  A name that was removed in this batch is added again by retargeting its slot, and
 * only if the object that lost it gained no name in this batch (R2).  Otherwise this commits first.
 *
 * @entry, @ret_retarget  *RET_RETARGET true: retarget ENTRY, do not add a FID.
 * Returns UDF_E_EXISTS.
 */
enum udf_err find_place(struct udf_fs *fs, struct node *dir, const char *name, size_t name_bytes,
			struct dir_entry *entry, bool *ret_retarget);

/** Add NAME, which is free, to DIR: by dir_add(), or by retargeting its slot (R2). */
enum udf_err add_name(struct udf_fs *fs, struct node *dir, const char *name, size_t name_bytes,
		      struct node *target, uint32_t fid_id);

/** Does ERR of entry_node() mean that the object can't be read, or is not of the kind that its name says? */
bool is_unreadable(enum udf_err err);

/** As entry_node(), for a name that may be dropped if that fails: a read that has failed is tried once more. */
enum udf_err entry_node_again(struct udf_fs *fs, struct node *dir, const struct dir_entry *entry,
			      struct node **ret_node);

/**
 * Remove the name ENTRY of DIR, whose object can't be read.  The blocks of the object stay in use until a check
 * finds them.
 * Returns UDF_E_NOT_DIR or UDF_E_IS_DIR where the name is not of the kind that WANT_DIR says.
 */
enum udf_err drop_unreadable(struct udf_fs *fs, struct node *dir, const struct dir_entry *entry, bool want_dir);

/** Before NODE loses a name.  Returns UDF_E_MEDIUM where its ICB had to be written for that, and can't be. */
enum udf_err begin_losing(struct udf_fs *fs, const struct node *node);

/** NODE lost a name.  PENDING: the disc still has that name. */
enum udf_err drop_name(struct udf_fs *fs, struct node *node, bool pending);

/** Set the modification and attribute times of DIR to now.  DIR is dirty. */
void touch_dir(struct udf_fs *fs, struct node *dir);

/** Set the permission bits of NODE, and its set-id and sticky bits, from MODE. */
void node_set_mode(struct node *node, uint32_t mode);

#endif
