/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bio under a volume that is being filled.  What makes it a volume (anchors, recognition
 * sequence) is kept in memory, so that it can be opened and the medium still holds none.  Small writes
 * that follow each other are gathered into large ones.
 */
#ifndef UDF_MKFS_FILL_BIO_H
#define UDF_MKFS_FILL_BIO_H

#include "emit/emit.h"

/**
 * Over BELOW (borrowed) for the volume PLAN.  Writes to PLAN's anchors and recognition sequence go no
 * further; all others do, at the latest with bio_flush().  bio_close() drops what was not flushed.
 */
enum udf_err fill_bio_new(const struct udf_plan *plan, struct bio *below, struct bio **ret_bio);

#endif
