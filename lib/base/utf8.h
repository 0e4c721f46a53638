/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Characters to UTF-8.  (cs0.h has whole texts.) */
#ifndef UDF_BASE_UTF8_H
#define UDF_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/** Put the UTF-8 form of the character C (at most U+10FFFF) into RET.  Returns its 1 to 4 bytes. */
size_t udf_utf8_put(uint32_t c, char *ret);

/**
 * One character of well-formed UTF-8 (no overlong form, no surrogate, at most U+10FFFF) at P, where AVAIL bytes are, 1
 * or more.  Returns its bytes; 0 if it is malformed.
 */
size_t udf_utf8_get(const uint8_t *p, size_t avail, uint32_t *ret_char);

#endif
