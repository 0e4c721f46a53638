/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The buffer between a source and a drive: a thread fills it while the drive empties it. */
#ifndef UDF_BURN_FIFO_H
#define UDF_BURN_FIFO_H

#include "burn/burn.h"

struct burn_fifo;

/** Begin to read SOURCE.  Returns UDF_E_NOMEM, also where no thread can be started. */
enum udf_err burn_fifo_new(const struct burn_source *source, size_t n_bytes, struct burn_fifo **ret_fifo);

/** End the thread, wherever it is, and free the buffer.  NULL is allowed. */
void burn_fifo_free(struct burn_fifo *fifo);

/** Wait until N_BYTES are there, or the source has ended, or failed; the error is the source's. */
enum udf_err burn_fifo_take(struct burn_fifo *fifo, void *ret_data, size_t n_bytes, size_t *ret_n_bytes);

/** Wait for the first bytes, and then until the buffer is full or the source has ended.  RET_IS_EMPTY: nothing came. */
enum udf_err burn_fifo_fill(struct burn_fifo *fifo, bool *ret_is_empty);

unsigned burn_fifo_percent(struct burn_fifo *fifo);

#endif
