/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A disc that the kernel writes block by block, through its page cache, with the drive beside it for commands.
 *
 * The kernel knows nothing of discs: it writes what it holds back to whatever is in the drive.  So little is held back,
 * and before the first write after a flush the drive is asked whether something has happened to it; if so, the disc
 * proves that it is the same.  While something is held back, the drive is not asked, since that would take the unit
 * attention that makes the kernel refuse to write to another disc.
 */
#ifndef UDF_MEDIUM_BLOCK_PATH_H
#define UDF_MEDIUM_BLOCK_PATH_H

#include <udfkit/bio.h>

#include "pkt/held.h"

/**
 * Make the layer over FILE, a bio_file_open() layer of the drive's device.  A flush also empties the drive's own cache.
 * It has no bio_fd_range(), which would bypass it.
 *
 * When the disc is out or another one is in the drive, writes fail with UDF_E_IO; if something was held back then, all
 * later ones fail, too, because nobody knows what became of it.
 *
 * @file  Owned, unless this fails.
 * @held  A reference is taken.
 */
enum udf_err medium_block_path_new(struct bio *file, struct pkt_held *held, struct bio **ret_bio);

/** May the kernel hold back something that was written?  The drive is taken. */
bool medium_block_path_is_dirty(struct bio *bio);

#endif
