/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the operations on names have in common. */
#ifndef UDF_FS_NAME_H
#define UDF_FS_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>
#include <udfkit/fs.h>

#include "fs/dir.h"
#include "fs/state.h"

#define FS_MAX_LINKS 65000		/* R7 */

enum udf_err check_name(const char *name, size_t name_bytes);
/** The directory INO, pinned; TO_CHANGE refuses a frozen one. */
enum udf_err dir_get(struct udf_fs *fs, udf_ino ino, bool to_change, struct node **ret_dir);
/** The node that ENTRY of DIR names, pinned. */
enum udf_err entry_node(struct udf_fs *fs, struct node *dir, const struct dir_entry *entry,
			struct node **ret_node);
/** R2, R3: may the slot of a name that LOSER loses be retargeted in this batch? */
static inline bool may_retarget(const struct udf_fs *fs, const struct node *loser)
{
	return loser->keep_batch != fs->batch.number;
}
/**
 * May NAME be added to DIR now?  R2: a name that was removed in this batch comes back by retargeting
 * its slot (*RET_RETARGET, ENTRY), and only if the object that lost it gained no name; else it
 * commits first.  UDF_E_EXISTS.
 */
enum udf_err find_place(struct udf_fs *fs, struct node *dir, const char *name, size_t name_bytes,
			struct dir_entry *entry, bool *ret_retarget);
/** Add a name that is free, by dir_add() or by retargeting its slot (R2). */
enum udf_err add_name(struct udf_fs *fs, struct node *dir, const char *name, size_t name_bytes,
		      struct node *target, uint32_t fid_id);
/** Does ERR of entry_node() say that the object can't be read, or is not what its name says? */
bool is_unread(enum udf_err err);
/**
 * Remove the name ENTRY of DIR, whose object can't be read; UDF_E_NOT_DIR, UDF_E_IS_DIR where WANT_DIR is not
 * what the name says.  What the object has on disc stays for the check to find.
 */
enum udf_err drop_unread(struct udf_fs *fs, struct node *dir, const struct dir_entry *entry, bool want_dir);
/** NODE lost a name; PENDING: the disc still has it. */
enum udf_err drop_name(struct udf_fs *fs, struct node *node, bool pending);
void touch_dir(struct udf_fs *fs, struct node *dir);
void node_set_mode(struct node *node, uint32_t mode);

#endif
