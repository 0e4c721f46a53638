/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "iso/md5.h"

#include <string.h>

#include "iso/internal.h"

#define MOST_BYTES ((size_t)1 << 30)	/* libisofs counts them in an int */

enum udf_err udf_md5_begin(void **ret_md5)
{
	*ret_md5 = NULL;	/* anything else libisofs would take for one that is to be released */
	return iso_md5_start(ret_md5) < 0 ? UDF_E_NOMEM : UDF_OK;
}

void udf_md5_add(void *md5, const void *data, size_t n_bytes)
{
	char *at = (char *)(uintptr_t)data;	/* libisofs's interface takes no const, but does not write there */

	for (size_t n; n_bytes; n_bytes -= n, at += n) {
		n = n_bytes < MOST_BYTES ? n_bytes : MOST_BYTES;
		iso_md5_compute(md5, at, (int)n);
	}
}

void udf_md5_end(void *md5, uint8_t ret_sum[UDF_MD5_BYTES])
{
	char sum[UDF_MD5_BYTES];

	if (!md5)
		return;
	iso_md5_end(&md5, sum);
	memcpy(ret_sum, sum, sizeof(sum));
}
