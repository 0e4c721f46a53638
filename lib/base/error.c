/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stddef.h>
#include <udfkit/error.h>

static const struct {
	const char *text;
	int host_errno;
} errors[UDF_N_ERRORS] = {
	[UDF_OK] = { "no error", 0 },
	[UDF_END] = { "end of the list", 0 },
	[UDF_E_NOMEM] = { "out of memory", ENOMEM },
	[UDF_E_IO] = { "input/output error", EIO },
	[UDF_E_MEDIUM] = { "medium error", EIO },
	[UDF_E_CORRUPT] = { "structure is damaged", EUCLEAN },
	[UDF_E_NOT_UDF] = { "no UDF volume found", EINVAL },
	[UDF_E_UNSUPPORTED] = { "not supported", EOPNOTSUPP },
	[UDF_E_INVAL] = { "invalid argument", EINVAL },
	[UDF_E_RANGE] = { "number or address out of range", ERANGE },
	[UDF_E_NOSPC] = { "no space left on the volume", ENOSPC },
	[UDF_E_READ_ONLY] = { "read-only volume", EROFS },
	[UDF_E_NOT_FOUND] = { "not found", ENOENT },
	[UDF_E_EXISTS] = { "already exists", EEXIST },
	[UDF_E_NOT_DIR] = { "not a directory", ENOTDIR },
	[UDF_E_IS_DIR] = { "is a directory", EISDIR },
	[UDF_E_NOT_EMPTY] = { "directory not empty", ENOTEMPTY },
	[UDF_E_NAME_TOO_LONG] = { "name too long", ENAMETOOLONG },
	[UDF_E_BAD_NAME] = { "name cannot be recorded in UDF", EILSEQ },
	[UDF_E_TOO_MANY_LINKS] = { "too many links", EMLINK },
	[UDF_E_FILE_TOO_BIG] = { "file too big", EFBIG },
	[UDF_E_BUSY] = { "in use", EBUSY },
	[UDF_E_NO_PERMISSION] = { "permission denied", EACCES },
	[UDF_E_NO_DATA] = { "no data at or after this offset", ENXIO },
	[UDF_E_HOST_FULL] = { "no space left on the host's filesystem that holds the image", ENOSPC },
	[UDF_E_CANCELLED] = { "cancelled", ECANCELED },
};

const char *udf_strerror(enum udf_err err)
{
	if ((unsigned)err >= UDF_N_ERRORS)
		return "unknown error";
	return errors[err].text;
}

int udf_errno(enum udf_err err)
{
	if ((unsigned)err >= UDF_N_ERRORS)
		return EIO;
	return errors[err].host_errno;
}

enum udf_err udf_err_from_errno(int host_errno)
{
	switch (host_errno) {
	case 0:
		return UDF_OK;
	case EPERM:
		return UDF_E_NO_PERMISSION;
	case ENODEV:
	case ENOMEDIUM:
		return UDF_E_NOT_FOUND;
	case ENOSYS:
		return UDF_E_UNSUPPORTED;
	case EDQUOT:
		return UDF_E_NOSPC;
	case ETXTBSY:
		return UDF_E_BUSY;
	case EINVAL:		/* in the table for UDF_E_NOT_UDF too */
		return UDF_E_INVAL;
	case EINTR:
		return UDF_E_CANCELLED;
	default:
		break;
	}
	for (size_t i = UDF_END + 1; i < UDF_N_ERRORS; i++)
		if (errors[i].host_errno == host_errno)
			return (enum udf_err)i;
	return UDF_E_IO;
}
