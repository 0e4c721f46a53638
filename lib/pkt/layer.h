/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the layers of lib/pkt. */
#ifndef UDF_PKT_LAYER_H
#define UDF_PKT_LAYER_H

#include <stddef.h>
#include <udfkit/bio.h>

/** The layer's own struct, from a pointer to its member. */
#define PKT_LAYER(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/** Return ERR, which the layer BELOW returned, and copy its errno value to BIO. */
static inline enum udf_err pkt_pass_up(struct bio *bio, const struct bio *below, enum udf_err err)
{
	if (err)
		__atomic_store_n(&bio->host_errno, bio_host_errno(below), __ATOMIC_RELAXED);
	return err;
}

#endif
