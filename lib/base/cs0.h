/* SPDX-License-Identifier: GPL-2.0-or-later */
/* OSTA Compressed Unicode (UDF 2.1.1): file identifiers and dstrings to and from UTF-8. */
#ifndef UDF_BASE_CS0_H
#define UDF_BASE_CS0_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>

#define UDF_CS0_NAME_MAX_BYTES 255	/* with the compression ID */
#define UDF_HOST_NAME_MAX_BYTES 508	/* 254 8-bit characters in UTF-8; many hosts can store only 255 bytes */
/* The most UTF-8 bytes for n CS0 bytes, without the final NUL: 3 for each 16-bit unit, 2 for each 8-bit one. */
#define UDF_CS0_UTF8_MAX_BYTES(n) ((size_t)(n) * 2)

/**
 * Convert UTF-8 to CS0, with the compression ID first: 8 where every unit is below 0x100, else 16 (with surrogate
 * pairs above U+FFFF).  An empty text gives 0 bytes.
 * Returns UDF_E_BAD_NAME for malformed UTF-8, U+FEFF and U+FFFE, UDF_E_NAME_TOO_LONG above CAP bytes.
 */
enum udf_err udf_cs0_from_utf8(const char *text, size_t n_text_bytes, uint8_t *ret_cs0, size_t cap,
			       size_t *ret_n_bytes);

/**
 * Convert CS0 to UTF-8 that ends with a NUL.  Lone surrogates become U+FFFD; nothing else is translated.  The
 * compression IDs 8, 16, 254 and 255 are read.
 * Returns UDF_E_CORRUPT for another ID, an odd number of bytes after ID 16, or length 1; UDF_E_NAME_TOO_LONG if CAP,
 * which includes the NUL, is too small.
 */
enum udf_err udf_cs0_to_utf8(const uint8_t *cs0, size_t n_bytes, char *ret_text, size_t cap,
			     size_t *ret_n_text_bytes);

/**
 * Convert a file identifier to the name that the host shows (UDF 4.2.2.1.5 and appendix 6.7.2, for UNIX).  U+0000
 * and '/' become '_', and so do the names "." and "..".  A name that was changed is followed by '#' and the CRC of
 * the original name, and cut to 255 bytes with them.  A name that needs no change is never cut, although UNIX hosts
 * can store only 255 bytes, because a mount shows what is on the volume.
 *
 * @ret_name  UDF_HOST_NAME_MAX_BYTES + 1 bytes.
 * Returns UDF_E_CORRUPT, as udf_cs0_to_utf8() does.
 */
enum udf_err udf_host_name(const uint8_t *cs0, size_t n_bytes, char *ret_name, size_t *ret_n_bytes);

/**
 * The same for any bytes, so that what a malformed identifier names can be reached: its bytes are taken as 8-bit
 * characters, and '#' and a CRC always follow.  *RET_DAMAGED (may be NULL): that was done.
 */
void udf_shown_name(const uint8_t *cs0, size_t n_bytes, char *ret_name, size_t *ret_n_bytes, bool *ret_damaged);

#define UDF_VOLUME_NAME_CAP 256

/**
 * A name of a host that UDF can't record, because it is no UTF-8, has U+FEFF or U+FFFE, or is too long, in a form
 * that it can.  Bytes that are no UTF-8 become the characters that they are in Latin-1, or '_'.  Before the extension
 * comes '#' and the CRC of the original name, as in udf_host_name(), and the name is cut to at most 255 bytes with
 * them.  The same name always gives the same one.
 *
 * Returns false, without RET_NAME, where NAME needs no change.
 */
bool udf_volume_name(const char *name, size_t n_bytes, char ret_name[UDF_VOLUME_NAME_CAP]);

/** Convert a dstring field of FIELD_BYTES (32, 36, 128) to UTF-8.  CAP includes the NUL.  A field of zeros gives "". */
enum udf_err udf_dstring_to_utf8(const uint8_t *field, size_t field_bytes, char *ret_text, size_t cap);

/** Put UTF-8 into a dstring field, padded with zeros.  UDF_E_NAME_TOO_LONG if it does not fit. */
enum udf_err udf_dstring_from_utf8(const char *text, uint8_t *ret_field, size_t field_bytes);

/**
 * Put TEXT (UTF-8) into a dstring field in the form of labels.  ASCII takes 8 bits for each character.  Other text
 * takes 16 bits where it fits, because old readers of labels take 8-bit text for UTF-8.
 *
 * @text_8bit  Record Latin-1 with 8 bits for each character in any case.
 * @ret_field  May be changed on failure.
 * Returns UDF_E_NAME_TOO_LONG, or UDF_E_BAD_NAME for a character that UDF can't record.
 */
enum udf_err udf_dstring_set(const char *text, bool text_8bit, uint8_t *ret_field, size_t field_bytes);

/** The same, with as many characters of TEXT as fit. */
enum udf_err udf_dstring_set_cut(const char *text, bool text_8bit, uint8_t *ret_field, size_t field_bytes);

/** Is FIELD a well-formed dstring (ID, odd length for 16, padding zero, no FEFF/FFFE)? */
bool udf_dstring_is_valid(const uint8_t *field, size_t field_bytes);

#endif
