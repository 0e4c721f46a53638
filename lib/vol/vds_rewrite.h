/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changing descriptors of a volume in place, in both copies of its descriptor sequence, so that a power cut
 * at any moment leaves a volume that readers see either as before or as after the change (doc/CRASH.md, "Labels").
 */
#ifndef UDF_VOL_VDS_REWRITE_H
#define UDF_VOL_VDS_REWRITE_H

#include "vol/vol.h"

struct udf_vds_pair;	/* the main and the reserve sequence, read and found equal except for their contents */

enum udf_vds_copy { UDF_VDS_MAIN, UDF_VDS_RESERVE };

/**
 * Read both sequences of VOL (borrowed until udf_vds_pair_free()).
 *
 * @ret_why  On failure, a phrase for the user; NULL where the error says it all.
 * Returns UDF_E_CORRUPT where a copy is damaged or lacks what the other one has, UDF_E_UNSUPPORTED where a
 * sequence holds more than one descriptor of a kind, UDF_E_NOMEM.
 */
enum udf_err udf_vds_pair_read(struct udf_vol *vol, struct udf_vds_pair **ret_pair, const char **ret_why);
void udf_vds_pair_free(struct udf_vds_pair *pair);	/* NULL is allowed */

/** Are both copies in one place, as in volumes of at most 257 blocks?  Then nothing makes a change whole. */
bool udf_vds_pair_is_single(const struct udf_vds_pair *pair);

/* What the descriptors must say; NULL: what they say now.  Tags are set by the rewrite. */
struct udf_vds_contents {
	const struct udf_pvd *pvd;
	const struct udf_lvd *lvd;
	const struct udf_iuvd *iuvd;	/* the one of "*UDF LV Info" */
};

/** Set the contents in memory; nothing is written yet.  May be called again. */
void udf_vds_pair_set(struct udf_vds_pair *pair, const struct udf_vds_contents *contents);

struct udf_vds_write {
	uint16_t tag_id;
	uint32_t lsn;
};
#define UDF_VDS_MAX_WRITES 32u

/** The descriptors that udf_vds_pair_write() writes, or has written, in COPY; gives their number. */
unsigned udf_vds_pair_writes(const struct udf_vds_pair *pair, enum udf_vds_copy copy,
			     struct udf_vds_write ret_writes[UDF_VDS_MAX_WRITES]);

/**
 * Write what udf_vds_pair_set() has changed, and what differs in the reserve sequence.  Durable on return.
 * While the main sequence is written, the anchors name the reserve sequence, which is complete then, as the
 * main one.  Fails as the bio does; some of it may be written then.
 */
enum udf_err udf_vds_pair_write(struct udf_vds_pair *pair);

#endif
