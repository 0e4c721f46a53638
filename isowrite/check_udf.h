/* SPDX-License-Identifier: GPL-2.0-or-later */
/* isowrite --check of UDF volumes: against the list of the set, or of one disc, that is in their root directory. */
#ifndef ISOWRITE_CHECK_UDF_H
#define ISOWRITE_CHECK_UDF_H

#include "iso/iso.h"

/** Is there a UDF volume on BIO that is not an ISO 9660 image, too? */
bool check_is_udf_alone(struct bio *bio, const struct udf_env *env);

/**
 * Read every file that the list has on this disc, and compare; what is no file must be there.
 *
 * Returns UDF_E_NOT_FOUND where there is no list, and what opening the volume returns.  As udf_iso_check() otherwise.
 */
enum udf_err check_udf(struct bio *bio, const struct udf_iso_check_options *options, const struct udf_env *env,
		       struct udf_iso_check_result *ret, char ret_why[UDF_ISO_WHY_BYTES]);

/** As udf_iso_list_read(), of a UDF volume. */
enum udf_err check_udf_list_read(struct bio *bio, const struct udf_env *env, struct udf_disc_list *ret_list);

#endif
