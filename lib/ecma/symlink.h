/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Symbolic link data: path components (ECMA-167 4/14.16) to and from POSIX paths. */
#ifndef UDF_ECMA_SYMLINK_H
#define UDF_ECMA_SYMLINK_H

#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>

/* A path component: its type, and these; the identifier follows */
#define UDF_COMPONENT_NAME_BYTES_AT 1	/* LengthOfComponentIdentifier */
#define UDF_COMPONENT_VERSION_AT 2	/* ComponentFileVersionNumber, 2 bytes */
#define UDF_COMPONENT_FIXED_BYTES 4

/**
 * POSIX path to path components.  A leading '/' becomes a component of type 1 (the host's root), as
 * other systems record it; slashes in a row count as one; a trailing '/' becomes a "." component,
 * since both ask for a directory.
 * Returns UDF_E_INVAL for an empty path, UDF_E_BAD_NAME for a component that is not UTF-8 or holds
 * NUL, UDF_E_NAME_TOO_LONG for a component above 254 characters or more than CAP bytes.
 */
enum udf_err udf_symlink_from_path(const char *path, size_t n_path_bytes, uint8_t *ret_data,
				   size_t cap, size_t *ret_n_bytes);

/**
 * Path components to a POSIX path, NUL-terminated.  Types 1 and 2 start over at "/"; names appear as
 * the directory shows them (udf_host_name()).
 * Returns UDF_E_CORRUPT for reserved types, malformed names, components that do not fill N_BYTES, no
 * component at all; UDF_E_NAME_TOO_LONG if the path and its NUL need more than CAP bytes.
 */
enum udf_err udf_symlink_to_path(const uint8_t *data, size_t n_bytes, char *ret_path, size_t cap);

#endif
