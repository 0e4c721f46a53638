/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the layers. */
#ifndef UDF_BIO_LAYER_H
#define UDF_BIO_LAYER_H

#include <stddef.h>
#include <udfkit/bio.h>

#define BIO_MIN_BLOCK_BYTES 512u
#define BIO_MAX_BLOCK_BYTES 32768u

/** The layer's own struct, from a pointer to its member. */
#define BIO_LAYER(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/** Remember the errno value of a failed call.  Several threads may call this at once. */
static inline void bio_set_host_errno(struct bio *bio, int host_errno)
{
	__atomic_store_n(&bio->host_errno, host_errno, __ATOMIC_RELAXED);
}

/** Return ERR, which the layer BELOW returned, and copy its errno value to BIO. */
static inline enum udf_err bio_pass_up(struct bio *bio, const struct bio *below, enum udf_err err)
{
	if (err)
		bio_set_host_errno(bio, bio_host_errno(below));
	return err;
}

/** The overlay BIO owns the layer below it from now on.  It had borrowed it. */
void bio_overlay_own_below(struct bio *bio);

#endif
