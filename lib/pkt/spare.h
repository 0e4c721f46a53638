/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Spare packets: a packet that can't be written moves to a spare one (UDF 2.01 2.2.11). */
#ifndef UDF_PKT_SPARE_H
#define UDF_PKT_SPARE_H

#include <udfkit/bio.h>

/**
 * Make the layer that bio_set_remap() needs.  Until that function is called, it passes everything on.
 *
 * Then a packet write that fails with UDF_E_MEDIUM is written to a free spare packet, as long as there is one
 * and REMAP->store is set.  Where only a part of the packet was to be written, the remaining blocks are read
 * first; one that can't be read, and is not free (bio_set_free_query()), makes the write fail.  BELOW is flushed
 * before REMAP->store is called; if that flush fails, so does the next bio_flush().  Where the store function fails, so
 * does the write, and it is called again by the next write to a packet that has moved.
 *
 * A device below that has a write unit takes only whole ones.  Packets and spares that are no multiple of it, or
 * begin elsewhere, are read where the table says, but nothing moves to or from there.
 *
 * bio_fd_range() is UDF_E_UNSUPPORTED while packets may move, and for packets that have moved.
 * Several threads may read and write at once, but only one at a time the same packet.
 *
 * @below  Owned, unless this fails.
 */
enum udf_err pkt_spare_new(struct bio *below, struct bio **ret_bio);

#endif
