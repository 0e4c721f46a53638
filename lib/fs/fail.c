/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What follows a failure: the volume becomes read-only (R9), and the disc keeps what it has. */
#include <stdio.h>

#include "fs/batch.h"
#include "fs/state.h"

/* R9.  Changes stay in memory. */
static void turn_read_only(struct udf_fs *fs, enum udf_err err, const char *why)
{
	fs->access.failed = err;
	fs->access.read_only = true;
	fs->access.why_read_only = why;
}

enum udf_err fs_fail(struct udf_fs *fs, enum udf_err err, const char *what, uint32_t lbn)
{
	char place[32] = "";

	if (!fs->access.failed) {
		if (lbn != FS_NOWHERE)
			snprintf(place, sizeof(place), " at block %lu", (unsigned long)lbn);
		turn_read_only(fs, err, "a write of metadata failed");
		udf_log(fs->env, UDF_LOG_ERROR,
			"cannot write %s%s: %s; the volume is read-only from now on: unmount it and check it",
			what, place, udf_strerror(err));
	}
	return err;
}

enum udf_err fs_end_change(struct udf_fs *fs, uint64_t n_changes, enum udf_err err)
{
	if (err == UDF_E_NOMEM && n_changes != fs->batch.n_changes && !fs->access.failed) {
		turn_read_only(fs, err, "memory ran out in the middle of a change");
		udf_log(fs->env, UDF_LOG_ERROR, "%s; the volume is read-only from now on: unmount it; "
			"changes that were not synced are lost", fs->access.why_read_only);
	}
	return err;
}
