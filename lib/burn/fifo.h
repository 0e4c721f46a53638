/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The buffer between a source and a drive: a thread fills it while the drive empties it. */
#ifndef UDF_BURN_FIFO_H
#define UDF_BURN_FIFO_H

#include "burn/burn.h"

struct burn_fifo;

/* Asked five times a second while the source keeps the taker waiting, from the taker's thread.  False: give up. */
struct burn_fifo_patience {
	bool (*goes_on)(void *ctx);
	void *ctx;
};

/** Begin to read SOURCE.  PATIENCE may be NULL: for ever.  Returns UDF_E_NOMEM, also where no thread can be started. */
enum udf_err burn_fifo_new(const struct burn_source *source, size_t n_bytes, const struct burn_fifo_patience *patience,
			   struct burn_fifo **ret_fifo);

/**
 * Stop the source, and free the buffer.  NULL is allowed.
 *
 * Returns false if the source has not returned within a second: what its ctx points to must stay then, for good.  The
 * buffer is freed when it does return.
 */
bool burn_fifo_free(struct burn_fifo *fifo);

/** Wait until N_BYTES are there, or the source has ended, or failed (its error), or patience has (UDF_E_CANCELLED). */
enum udf_err burn_fifo_take(struct burn_fifo *fifo, void *ret_data, size_t n_bytes, size_t *ret_n_bytes);

/** Wait in the same way for the first bytes, and then until the buffer is full.  RET_IS_EMPTY: nothing came. */
enum udf_err burn_fifo_fill(struct burn_fifo *fifo, bool *ret_is_empty);

/** What is waiting, from the first byte on, as long as nothing was taken. */
const uint8_t *burn_fifo_begin(struct burn_fifo *fifo, size_t *ret_n_bytes);

unsigned burn_fifo_percent(struct burn_fifo *fifo);

#endif
