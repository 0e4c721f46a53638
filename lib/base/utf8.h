/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Characters to UTF-8.  (The way back, which has to check, is cs0.c's.) */
#ifndef UDF_BASE_UTF8_H
#define UDF_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/** UTF-8 of the character C (at most U+10FFFF), 1 to 4 bytes; returns how many. */
size_t udf_utf8_put(uint32_t c, char *ret);

#endif
