/* SPDX-License-Identifier: GPL-2.0-or-later */
/* OSTA Compressed Unicode (UDF 2.1.1): file identifiers and dstrings to and from UTF-8. */
#ifndef UDF_BASE_CS0_H
#define UDF_BASE_CS0_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>

#define UDF_CS0_NAME_MAX_BYTES 255	/* with the compression ID */
#define UDF_HOST_NAME_MAX_BYTES 508	/* 254 8-bit characters in UTF-8; more than most hosts can store */
/* UTF-8 bytes that n CS0 bytes can become, without the final NUL: 3 per 16-bit unit, 2 per 8-bit one. */
#define UDF_CS0_UTF8_MAX_BYTES(n) ((size_t)(n) * 2)

/**
 * UTF-8 to CS0, compression ID first: 8 where every unit is below 0x100, else 16 (surrogate pairs
 * above U+FFFF).  An empty text gives 0 bytes.
 * Returns UDF_E_BAD_NAME for malformed UTF-8, U+FEFF, U+FFFE; UDF_E_NAME_TOO_LONG beyond CAP bytes.
 */
enum udf_err udf_cs0_from_utf8(const char *text, size_t n_text_bytes, uint8_t *ret_cs0, size_t cap,
			       size_t *ret_n_bytes);

/**
 * CS0 to UTF-8, NUL-terminated, nothing translated; lone surrogates become U+FFFD.
 * Compression IDs 8, 16, 254, 255 are read.  UDF_E_CORRUPT for another ID, an odd 16-bit length, or
 * length 1; UDF_E_NAME_TOO_LONG if CAP (with the NUL) is too small.
 */
enum udf_err udf_cs0_to_utf8(const uint8_t *cs0, size_t n_bytes, char *ret_text, size_t cap,
			     size_t *ret_n_text_bytes);

/**
 * A file identifier as the host shows it (UDF 4.2.2.1.5 and appendix 6.7.2 for UNIX): U+0000 and '/'
 * become '_', the names "." and ".." too.  Whenever the name changed, '#' and the CRC of the original name follow,
 * and both together are cut to 255 bytes.  A name that needs no change is never cut, though UNIX hosts can store
 * 255 bytes only: a mount shows what is on the volume.  RET_NAME: UDF_HOST_NAME_MAX_BYTES + 1.
 * Returns UDF_E_CORRUPT as udf_cs0_to_utf8().
 */
enum udf_err udf_host_name(const uint8_t *cs0, size_t n_bytes, char *ret_name, size_t *ret_n_bytes);

/** dstring field of FIELD_BYTES (32, 36, 128) to UTF-8 (CAP with NUL); "" when all zero. */
enum udf_err udf_dstring_to_utf8(const uint8_t *field, size_t field_bytes, char *ret_text, size_t cap);

/** UTF-8 into a dstring field, zero padded; UDF_E_NAME_TOO_LONG if it does not fit. */
enum udf_err udf_dstring_from_utf8(const char *text, uint8_t *ret_field, size_t field_bytes);

/**
 * TEXT (UTF-8) into a dstring field, as labels are recorded: ASCII in 8 bits a character, everything else
 * in 16 bits where it fits, since old readers of labels take 8-bit text for UTF-8.  TEXT_8BIT: Latin-1 in
 * 8 bits in any case.  RET_FIELD may be changed on failure.
 * Returns UDF_E_NAME_TOO_LONG, or UDF_E_BAD_NAME for a character that UDF can't record.
 */
enum udf_err udf_dstring_set(const char *text, bool text_8bit, uint8_t *ret_field, size_t field_bytes);

/** The same for as many characters of TEXT as fit. */
enum udf_err udf_dstring_set_cut(const char *text, bool text_8bit, uint8_t *ret_field, size_t field_bytes);

/** Is FIELD a well-formed dstring (ID, odd length for 16, padding zero, no FEFF/FFFE)? */
bool udf_dstring_is_valid(const uint8_t *field, size_t field_bytes);

#endif
