/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The descriptors of a plan, encoded and sealed.  Pure.  Buffers given in are zero. */
#ifndef UDF_EMIT_DESC_H
#define UDF_EMIT_DESC_H

#include "emit/emit.h"

#define UDF_EMIT_TAG_SERIAL 1		/* as all tools: equal input gives equal bytes */

/* Of a run without a bitmap: space table (2), FSD, two directories of at most 3 blocks each. */
#define UDF_EMIT_MAX_FILE_BLOCKS 9

/** Recognition sequence, from its first sector. */
void udf_emit_vrs(const struct udf_plan *plan, uint8_t *ret);

/** An anchor for sector LSN. */
void udf_emit_anchor(const struct udf_plan *plan, uint32_t lsn, uint8_t *ret);

/** The volume descriptor sequence that begins at sector LSN; gives the number of blocks. */
uint32_t udf_emit_vds(const struct udf_plan *plan, uint32_t lsn, uint8_t *ret);

/** The closed LVID of the empty volume and what follows it; gives the number of blocks. */
uint32_t udf_emit_lvid(const struct udf_plan *plan, uint8_t *ret);

/** The file set descriptor. */
void udf_emit_fsd(const struct udf_plan *plan, uint8_t *ret);

/** The space bitmap's header. */
void udf_emit_sbd(const struct udf_plan *plan, uint8_t *ret);

/** Bytes of a sparing table, which is smaller than a block. */
uint32_t udf_emit_sparing_bytes(const struct udf_plan *plan);

/** The sparing table at sector LSN: all spare packets are free. */
void udf_emit_sparing_table(const struct udf_plan *plan, uint32_t lsn, uint8_t *ret);

/**
 * The blocks of RUN in the partition, which cuts nothing in two: space table, FSD, directories.
 * *RET_RECORDED: which of them hold something.
 */
void udf_emit_files(const struct udf_plan *plan, const struct udf_plan_run *run, uint8_t *ret,
		    bool *ret_recorded);

#endif
