/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A packet cache over a medium that outlives it, as a mount makes one. */
#ifndef TESTS_COMMON_PACKET_STACK_H
#define TESTS_COMMON_PACKET_STACK_H

#include <udfkit/bio.h>

/** MEDIUM is borrowed; it takes whole packets only.  Fails by abort(). */
struct bio *packet_stack_new(struct bio *medium);

#endif
