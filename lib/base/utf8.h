/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Characters to UTF-8.  (cs0.c converts and checks UTF-8.) */
#ifndef UDF_BASE_UTF8_H
#define UDF_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/** Put the UTF-8 form of the character C (at most U+10FFFF) into RET.  Returns its 1 to 4 bytes. */
size_t udf_utf8_put(uint32_t c, char *ret);

#endif
