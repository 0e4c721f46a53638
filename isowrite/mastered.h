/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The image of a request as a stream of blocks: ISO 9660, UDF, or both. */
#ifndef ISOWRITE_MASTERED_H
#define ISOWRITE_MASTERED_H

#include "request.h"

struct udf_bridge;
struct udf_volume;

struct mastered {			/* all zero: none */
	struct udf_iso_stream *stream;
	struct udf_bridge *bridge;
	struct udf_volume *udf;		/* of udf_volume_open(); released by mastered_done() */
};

/**
 * Lay out what was added to IMAGE, whose plan is REQ's.
 *
 * @size_only  Only its size will be asked for.
 */
enum udf_err mastered_new(struct mastered *ret, struct request *req, struct udf_iso_image *image,
			  const struct udf_env *env, bool size_only, char ret_why[UDF_ISO_WHY_BYTES]);
uint64_t mastered_blocks(const struct mastered *m);

/** As udf_iso_stream_read(). */
enum udf_err mastered_read(struct mastered *m, uint32_t n_blocks, void *ret_data, uint32_t *ret_n_blocks);
/** False: see udf_iso_stream_free(). */
bool mastered_done(struct mastered *m);

#endif
