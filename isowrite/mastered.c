/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "mastered.h"

#include "bridge/bridge.h"
#include "udf.h"

enum udf_err mastered_new(struct mastered *ret, struct request *req, struct udf_iso_image *image,
			  const struct udf_env *env, bool size_only, char ret_why[UDF_ISO_WHY_BYTES])
{
	struct udf_mkfs_params params;

	if (!req->bridge)
		return udf_iso_stream_new(image, size_only, &ret->stream, ret_why);
	udf_volume_params(req, &params);
	return udf_bridge_new(image, &req->plan, &params, env, size_only, &ret->bridge, ret_why);
}

uint64_t mastered_blocks(const struct mastered *m)
{
	if (m->udf)
		return udf_volume_blocks(m->udf);
	return m->bridge ? udf_bridge_blocks(m->bridge) : udf_iso_stream_blocks(m->stream);
}

enum udf_err mastered_read(struct mastered *m, uint32_t n_blocks, void *ret_data, uint32_t *ret_n_blocks)
{
	if (m->udf)
		return udf_volume_read(m->udf, n_blocks, ret_data, ret_n_blocks);
	return m->bridge ? udf_bridge_read(m->bridge, n_blocks, ret_data, ret_n_blocks) :
			   udf_iso_stream_read(m->stream, n_blocks, ret_data, ret_n_blocks);
}

bool mastered_done(struct mastered *m)
{
	bool ok = udf_bridge_free(m->bridge);

	ok = udf_iso_stream_free(m->stream) && ok;
	udf_volume_close(m->udf);
	*m = (struct mastered){ .stream = NULL };
	return ok;
}
