/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The data of one file, from the host to the volume. */
#ifndef UDF_TREE_POPULATE_DATA_H
#define UDF_TREE_POPULATE_DATA_H

#include <udfkit/fs.h>

#include "tree/host_walk.h"

struct copy_buffer {		/* all zero: made when first needed */
	uint8_t *bytes;
	bool no_copy_range;	/* copy_file_range(2) doesn't work here */
};

void copy_buffer_done(struct copy_buffer *buffer);

/**
 * Copy the open file FD, whose holes become holes, to INO, which is empty.  *RET_N_BYTES: of data.
 * A file that changes meanwhile gives UDF_E_IO with errno ESTALE.
 */
enum udf_err copy_file(struct udf_fs *fs, udf_ino ino, int fd, const struct stat *st,
		       struct copy_buffer *buffer, uint64_t *ret_n_bytes, int *ret_errno);

/**
 * The next piece of data of FD at or behind AT, below SIZE: [*RET_FIRST, *RET_END).  UDF_END where there
 * is none.  Where the host can't tell, everything is data.
 */
enum udf_err copy_next_data(int fd, uint64_t at, uint64_t size_bytes, uint64_t *ret_first, uint64_t *ret_end);

/** May ST have holes? */
bool copy_may_have_holes(const struct stat *st);

#endif
