/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packet cache over a medium that outlives it, as a mount makes one. */
#ifndef TESTS_COMMON_PACKET_STACK_H
#define TESTS_COMMON_PACKET_STACK_H

#include <stddef.h>
#include <udfkit/bio.h>

/** MEDIUM is borrowed; it takes whole packets only.  Fails by abort(). */
struct bio *packet_stack_new(struct bio *medium);

/** The same, with a cache of N_BYTES; 0: as large as usual. */
struct bio *packet_stack_small(struct bio *medium, size_t n_bytes);

#endif
