/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The blocks of a volume that is not written yet, in memory.  A block takes no more than its bytes up to the last that
 * is not zero, so an entry of 2 KiB takes a few hundred bytes.
 */
#ifndef UDF_MASTER_STORE_H
#define UDF_MASTER_STORE_H

#include <udfkit/bio.h>

/** A device of N_BLOCKS blocks of BLOCK_BYTES (at most 32768), all of them zero.  Returns UDF_E_NOMEM. */
enum udf_err master_store_new(uint32_t block_bytes, uint64_t n_blocks, struct bio **ret_bio);

/** One after the last block that is not zero, among those before block END; 0 if there is none. */
uint64_t master_store_end(struct bio *store, uint64_t end);

#endif
