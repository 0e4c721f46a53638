/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A medium that is written in packets, which counts how often each packet is written, under a packet cache. */
#ifndef TESTS_COMMON_PACKETS_H
#define TESTS_COMMON_PACKETS_H

#include <stdint.h>
#include <udfkit/bio.h>

/**
 * A medium of packets of PACKET_BLOCKS on BELOW.
 * @ret_top  The cache over it, to be used and closed by the caller.  It owns everything.
 * Returns the medium, for the functions below.
 */
struct bio *packets_new(struct bio *below, uint32_t packet_blocks, struct bio **ret_top);

/** Forget what was counted so far. */
void packets_reset(struct bio *bio);

/** How often the packet of block AT was written; and all packets together. */
uint64_t packets_n_writes(const struct bio *bio, uint64_t at);
uint64_t packets_n_all(const struct bio *bio);

/** The first block of the packet that was written most often, apart from the N_EXCEPT packets of the blocks EXCEPT. */
uint64_t packets_worst(const struct bio *bio, const uint64_t *except, size_t n_except);

#endif
