/* SPDX-License-Identifier: GPL-2.0-or-later */
/* After a power cut: what is in the journal and not in place. */
#ifndef UDF_PKT_RECOVER_H
#define UDF_PKT_RECOVER_H

#include <udfkit/bio.h>

struct pkt_core;

#define PKT_RECOVER_MOST 256u	/* packets that may have to be kept in memory */

/**
 * See bio_recover().  The packets are in memory then, and can be read.  If the device can be written, the journal
 * goes on until the first write, before which they are written in place.
 *
 * Called with the lock of the core, by the thread that writes.
 */
enum udf_err pkt_recover(struct pkt_core *core, const struct bio_journal *area, unsigned *ret_n_packets);

#endif
