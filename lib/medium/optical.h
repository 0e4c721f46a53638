/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The stack of layers for a disc in a drive that is reached through commands. */
#ifndef UDF_MEDIUM_OPTICAL_H
#define UDF_MEDIUM_OPTICAL_H

#include "medium/medium.h"
#include "mmc/disc.h"

/** Fill in what RET_INFO says of a disc. */
void medium_describe_disc(const struct mmc_disc *disc, struct medium_info *ret_info);

/**
 * Open the disc in the drive that PATH names, as medium_open() does: packet cache, spare packets, drive, or where the
 * kernel writes it block by block, spare packets, block path, file.
 * Where OPTIONS wants to write and the disc can't be overwritten, RET_REFUSAL says why and what to do.
 *
 * Returns UDF_END for a drive of the host that can't be opened for commands, unless OPTIONS->by_commands: it is to be
 * opened as a block device.
 */
enum udf_err medium_optical_open(const char *path, const struct medium_options *options, struct bio **ret_bio,
				 struct medium_info *ret_info, struct medium_refusal *ret_refusal);

/**
 * Describe the disc in a real drive, as far as the drive can be asked; else RET_INFO stays as it is.
 * Returns UDF_E_UNSUPPORTED, with the reason, for a disc that holds nothing: the kernel has no size for it.
 */
enum udf_err medium_optical_inspect(const char *path, struct medium_info *ret_info, struct medium_refusal *ret_refusal);

#endif
