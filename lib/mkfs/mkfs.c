/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mkfs/mkfs.h"

enum udf_err udf_mkfs_emit_with(const struct udf_plan *plan, struct bio *bio,
				const struct udf_emit_options *options)
{
	enum udf_err err = UDF_OK;

	if (!options || !options->medium_is_zero)
		err = udf_emit_destroy_old(bio, plan->start_lsn, plan->block_bytes);
	if (!err)
		err = udf_emit_body(plan, bio, options);
	if (!err)
		err = udf_emit_commit(plan, bio);
	return err;
}

enum udf_err udf_mkfs_emit(const struct udf_plan *plan, struct bio *bio, const struct udf_env *env)
{
	enum udf_err err = udf_mkfs_emit_with(plan, bio, NULL);

	if (err)
		udf_log(env, UDF_LOG_ERROR, "making the volume failed: %s", udf_strerror(err));
	return err;
}
