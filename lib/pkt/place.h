/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets are written in their places, in groups: copies of a group are stored in one record of the journal first.
 *
 * All functions are called with the lock of the core, by the thread that writes.
 */
#ifndef UDF_PKT_PLACE_H
#define UDF_PKT_PLACE_H

#include <stddef.h>
#include <stdint.h>
#include <udfkit/bio.h>

struct pkt_core;
struct pkt_packet;

/** Are so few blocks of P dirty that they are better stored by themselves, without the others of the packet? */
bool pkt_is_small(const struct pkt_core *core, const struct pkt_packet *p);

enum pkt_choice {
	PKT_CHOOSE_DIRTY,	/* that became dirty up to SEQ */
	PKT_CHOOSE_LARGE,	/* that became dirty up to SEQ, and have many dirty blocks or have failed */
	PKT_CHOOSE_REMAINING,	/* that became dirty up to SEQ, and have not failed */
	PKT_CHOOSE_WHOLE,	/* whose blocks are all dirty, and that have not failed */
	PKT_CHOOSE_OLDEST,	/* dirty ones that were not used for the longest time, and have not failed */
	PKT_CHOOSE_LOGGED,	/* that need the journal */
};

/**
 * Write one group of packets in place, from packet *FROM on, which is moved past them.  Without a journal the group
 * is one packet.  The packet that says where the journal is belongs to no group while the journal has anything.
 *
 * A packet that can't be completed or written is dirty as before, and has failed; what was written before it has been
 * synced then.  Returns the first error.
 * There is no further group if *FROM was not moved (with the choices that don't begin anew at the first packet).
 *
 * @ret_n  How many packets the group had.  May be NULL.
 */
enum udf_err pkt_place_group(struct pkt_core *core, enum pkt_choice choice, uint64_t seq, uint64_t *from,
			     size_t *ret_n);

/** Write all in place that is only in the journal, and make it durable there. */
enum udf_err pkt_place_all(struct pkt_core *core);

/** Is anything needed that is in the journal? */
bool pkt_place_is_needed(const struct pkt_core *core);

/** After a power cut: write in place what was in the journal, and keep none any more. */
enum udf_err pkt_place_recovered(struct pkt_core *core);

/** Begin a journal, or (with NULL) end it, after writing everything in place: see bio_set_journal(). */
enum udf_err pkt_place_set_journal(struct pkt_core *core, const struct bio_journal *area);

#endif
