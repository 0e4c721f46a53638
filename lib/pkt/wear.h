/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How often each packet has been written: media wear out. */
#ifndef UDF_PKT_WEAR_H
#define UDF_PKT_WEAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pkt_wear {
	uint16_t **pages;	/* made when a packet of theirs is first written */
	size_t n_pages;
	uint32_t max;		/* the most that any packet was written */
	uint64_t max_no;	/* the packet that was */
	bool is_incomplete;	/* memory was missing for a count */
};

/** Count writes of N_PACKETS packets, in 2 bytes for each and only where something is written. */
void pkt_wear_init(struct pkt_wear *wear, uint64_t n_packets);
void pkt_wear_done(struct pkt_wear *wear);

/** Packet NO has been written.  Without memory this is not counted; a count stops at 65535. */
void pkt_wear_count(struct pkt_wear *wear, uint64_t no);

/** May packet NO have been written?  False only if it certainly was not. */
bool pkt_wear_may_be_written(const struct pkt_wear *wear, uint64_t no);

#endif
