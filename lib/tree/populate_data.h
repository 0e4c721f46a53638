/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The data of one file, from the host to the volume. */
#ifndef UDF_TREE_POPULATE_DATA_H
#define UDF_TREE_POPULATE_DATA_H

#include <udfkit/fs.h>

#include "tree/host_walk.h"

struct copy_buffer {		/* all zero: allocated when first needed */
	uint8_t *bytes;
	bool no_copy_range;	/* copy_file_range(2) doesn't work here */
	void (*progress)(void *ctx, uint64_t n_bytes);	/* N_BYTES more are copied; NULL: nobody listens */
	void *progress_ctx;
	/* See struct tree_populate_options.  Files of less than BLOCK_BYTES are copied all the same. */
	enum udf_err (*refer)(void *ctx, const struct host_entry *entry, uint64_t at, uint64_t lsn, uint64_t n_bytes);
	void *refer_ctx;
	uint32_t block_bytes;	/* of the volume; needed by refer only */
};

void copy_buffer_done(struct copy_buffer *buffer);

/**
 * Copy the open file of ENTRY to INO, which is empty, or have it referred to.  Holes stay holes.
 *
 * @ret_n_bytes  How much data was copied, without holes.
 * Returns UDF_E_IO with errno ESTALE for a file that changes meanwhile.
 */
enum udf_err copy_file(struct udf_fs *fs, udf_ino ino, const struct host_entry *entry, struct copy_buffer *buffer,
		       uint64_t *ret_n_bytes, int *ret_errno);

/**
 * Find the next piece of data at or after byte AT of a file, below SIZE: [*RET_FIRST, *RET_END).  The file begins at
 * byte DATA_AT of FD.  On a host that can't find holes everything is data.
 * Returns UDF_END where there is none.
 */
enum udf_err copy_next_data(int fd, uint64_t data_at, uint64_t at, uint64_t size_bytes, uint64_t *ret_first,
			    uint64_t *ret_end);

/** May ST have holes? */
bool copy_may_have_holes(const struct stat *st);

#endif
