/* SPDX-License-Identifier: GPL-2.0-or-later */
/* isowrite --udf: a read-only UDF volume. */
#ifndef ISOWRITE_UDF_H
#define ISOWRITE_UDF_H

#include "request.h"

struct udf_mkfs_params;

/** The UDF volume that REQ wants, stamped.  A revision that can't be made ends the program. */
void udf_volume_params(const struct request *req, struct udf_mkfs_params *ret_params);

struct udf_volume;

/**
 * Lay the volume out.
 *
 * @say_line  Is given the messages about single files, from any thread; NULL: they are printed.
 * Returns NULL, after a message, if that can't be done.
 */
struct udf_volume *udf_volume_open(const struct request *req, void (*say_line)(void *ctx, const char *line), void *ctx);
uint64_t udf_volume_blocks(const struct udf_volume *volume);

/** The next N_BLOCKS blocks; none after its end. */
enum udf_err udf_volume_read(struct udf_volume *volume, uint32_t n_blocks, void *ret_data, uint32_t *ret_n_blocks);

/** What is in it, as far as it is known, and how much of that could not be read until now. */
void udf_volume_count(const struct udf_volume *volume, struct udf_iso_counts *ret_counts);
void udf_volume_close(struct udf_volume *volume);	/* NULL is allowed */

/** Make the volume, or print its size.  Returns the exit status. */
int udf_volume(const struct request *req);

/** How large will it be?  False, after messages, if something can't be read, or there can be no such volume. */
bool udf_volume_measure(const struct request *req, uint64_t *ret_n_blocks);

#endif
