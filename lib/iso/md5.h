/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MD5 checksums, as libisofs makes them. */
#ifndef UDF_ISO_MD5_H
#define UDF_ISO_MD5_H

#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>

#define UDF_MD5_BYTES 16u

/** Begin a checksum.  UDF_E_NOMEM. */
enum udf_err udf_md5_begin(void **ret_md5);

void udf_md5_add(void *md5, const void *data, size_t n_bytes);

/** End it, and release MD5; NULL is allowed. */
void udf_md5_end(void *md5, uint8_t ret_sum[UDF_MD5_BYTES]);

#endif
