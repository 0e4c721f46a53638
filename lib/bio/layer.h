/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the layers share among themselves. */
#ifndef UDF_BIO_LAYER_H
#define UDF_BIO_LAYER_H

#include <stddef.h>
#include <udfkit/bio.h>

#define BIO_MIN_BLOCK_BYTES 512u
#define BIO_MAX_BLOCK_BYTES 32768u

/** The layer's own struct around its first member. */
#define BIO_LAYER(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/** Keep why a call failed; several threads may read and write at once. */
static inline void bio_set_host_errno(struct bio *bio, int host_errno)
{
	__atomic_store_n(&bio->host_errno, host_errno, __ATOMIC_RELAXED);
}

/** ERR as the layer BELOW gave it, with its errno value handed up to BIO. */
static inline enum udf_err bio_pass_up(struct bio *bio, const struct bio *below, enum udf_err err)
{
	if (err)
		bio_set_host_errno(bio, bio_host_errno(below));
	return err;
}

/** The overlay BIO takes over the layer below it, which it had borrowed. */
void bio_overlay_own_below(struct bio *bio);

#endif
