/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Error values of the library.  A function that can fail returns one of these.  Tools make the messages. */
#ifndef UDFKIT_ERROR_H
#define UDFKIT_ERROR_H

enum udf_err {
	UDF_OK = 0,
	UDF_END,		/* an iterator is at its end; not a failure */
	UDF_E_NOMEM,
	UDF_E_IO,		/* the host refused or failed an I/O call */
	UDF_E_MEDIUM,		/* a block can't be read or written: bad medium */
	UDF_E_CORRUPT,		/* a structure on the volume breaks the format */
	UDF_E_NOT_UDF,		/* no UDF volume here */
	UDF_E_UNSUPPORTED,	/* valid, but not handled by this version */
	UDF_E_INVAL,		/* the caller's argument makes no sense */
	UDF_E_RANGE,		/* an address or a number outside its limits */
	UDF_E_NOSPC,
	UDF_E_READ_ONLY,
	UDF_E_NOT_FOUND,
	UDF_E_EXISTS,
	UDF_E_NOT_DIR,
	UDF_E_IS_DIR,
	UDF_E_NOT_EMPTY,
	UDF_E_NAME_TOO_LONG,
	UDF_E_BAD_NAME,		/* not UTF-8, or not a name that UDF can hold */
	UDF_E_TOO_MANY_LINKS,
	UDF_E_FILE_TOO_BIG,
	UDF_E_BUSY,		/* in use by somebody else */
	UDF_E_NO_PERMISSION,
	UDF_E_NO_DATA,		/* SEEK_DATA or SEEK_HOLE found nothing up to the end of the file */
	UDF_E_CANCELLED,
	UDF_E_HOST_FULL,	/* the host has no space for the image; the volume itself may have */
	UDF_N_ERRORS
};

/** A short phrase in lower case ("no space left on the volume"); never NULL. */
const char *udf_strerror(enum udf_err err);

/** The errno value (positive) that a system call would set for ERR.  0 for UDF_OK and UDF_END. */
int udf_errno(enum udf_err err);

/** The error that stands for the errno value of a failed system call. */
enum udf_err udf_err_from_errno(int host_errno);

#endif
