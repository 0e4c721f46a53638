/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UDF_PKT_TOGETHER_H
#define UDF_PKT_TOGETHER_H

#include <stddef.h>
#include <udfkit/bio.h>

struct pkt_core;

/**
 * bio_write_together() in one record of the journal.  Also UDF_E_UNSUPPORTED where there is no journal, where the
 * record would have more than two packets, and where something that was written before can't be made durable.
 *
 * Called with the lock of the core.
 */
enum udf_err pkt_write_together(struct pkt_core *core, const struct bio_part *parts, size_t n_parts);

#endif
