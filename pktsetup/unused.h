/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which blocks of a disc hold nothing: by the space bitmap that its UDF volume had when the disc was bound, or all of
 * them, where the disc was blank then.  On some media blocks that were never written can't be read, and only who knows
 * that they hold nothing can complete the packet that they are in.
 */
#ifndef UDF_PKTSETUP_UNUSED_H
#define UDF_PKTSETUP_UNUSED_H

#include <udfkit/bio.h>

struct unused;

/**
 * Read the bitmap, and let BIO ask for what was free.  Returns NULL, and BIO asks for nothing, where a disc that
 * isn't blank has no UDF volume with a bitmap, or it was not closed in order.
 */
struct unused *unused_begin(struct bio *bio);

/** BIO asks for nothing any more.  NULL is allowed. */
void unused_end(struct unused *unused, struct bio *bio);

#endif
