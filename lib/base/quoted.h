/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names in messages. */
#ifndef UDF_BASE_QUOTED_H
#define UDF_BASE_QUOTED_H

#include <stddef.h>

#define UDF_QUOTED_BYTES 8192u

/**
 * TEXT as one word of a command that a message suggests, for a shell such as bash: quoted where it has to be
 * ("my disc.img").  Returns RET, or TEXT itself where it is too long for that.
 */
const char *udf_quoted(const char *text, char ret[UDF_QUOTED_BYTES]);

/** How many bytes at S are a control character: those of ASCII, and U+0080 to U+009F.  0: none. */
size_t udf_control_bytes(const char *s);

/** Make each byte of a control character in TEXT a '?', so that a label or name can be part of a message. */
void udf_replace_controls(char *text);

#endif
