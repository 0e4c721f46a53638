/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Times of nodes and of the image, in seconds since 1970.  Only times.c calls libisofs with a time_t. */
#ifndef UDF_ISO_TIMES_H
#define UDF_ISO_TIMES_H

#include <stdbool.h>
#include <stdint.h>

struct Iso_Node;
struct iso_write_opts;

struct udf_iso_times {
	int64_t modified, accessed, changed;
};

struct udf_iso_fractions {		/* microseconds of the same times */
	uint32_t modified, accessed, changed;
};

void udf_iso_times_get(const struct Iso_Node *node, struct udf_iso_times *ret_times);
void udf_iso_times_set(struct Iso_Node *node, const struct udf_iso_times *times);

/** Fractions are kept beside the node, not recorded.  False: there is no memory. */
bool udf_iso_fractions_set(struct Iso_Node *node, const struct udf_iso_fractions *fractions);

/** All zero where none are kept. */
void udf_iso_fractions_get(struct Iso_Node *node, struct udf_iso_fractions *ret_fractions);

/** The image was made, modified and became effective at NOW. */
void udf_iso_times_of_volume(struct iso_write_opts *opts, int64_t now);

#endif
