/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What libisofs says, as errors and log lines of ours. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "iso/internal.h"

enum udf_err udf_iso_err(int code)
{
	switch ((unsigned)code) {
	case ISO_OUT_OF_MEM:
		return UDF_E_NOMEM;
	case ISO_FILE_ACCESS_DENIED:
		return UDF_E_NO_PERMISSION;
	case ISO_FILE_DOESNT_EXIST:
	case ISO_NODE_DOESNT_EXIST:
	case ISO_BOOT_FILE_MISSING:
		return UDF_E_NOT_FOUND;
	case ISO_NODE_NAME_NOT_UNIQUE:
		return UDF_E_EXISTS;
	case ISO_FILE_TOO_BIG:
		return UDF_E_FILE_TOO_BIG;
	case ISO_RR_NAME_TOO_LONG:
	case ISO_RR_PATH_TOO_LONG:
		return UDF_E_NAME_TOO_LONG;
	case ISO_FILENAME_WRONG_CHARSET:
	case ISO_CHARSET_CONV_ERROR:
		return UDF_E_BAD_NAME;
	case ISO_WRONG_PVD:
	case ISO_WRONG_ECMA119:
	case ISO_WRONG_RR:
		return UDF_E_CORRUPT;
	case ISO_UNSUPPORTED_RR:
	case ISO_UNSUPPORTED_ECMA119:
		return UDF_E_UNSUPPORTED;
	case ISO_CANCELED:
	case ISO_IMAGE_WRITE_CANCELED:
		return UDF_E_CANCELLED;
	default:
		return code < 0 ? UDF_E_INVAL : UDF_OK;
	}
}

enum udf_err udf_iso_why(int code, const char *what, char ret_why[UDF_ISO_WHY_BYTES])
{
	if (udf_iso_err(code) == UDF_E_NOMEM)
		snprintf(ret_why, UDF_ISO_WHY_BYTES, "%s", udf_strerror(UDF_E_NOMEM));
	else
		snprintf(ret_why, UDF_ISO_WHY_BYTES, "%s: %s", what, iso_error_to_msg(code));
	return udf_iso_err(code);
}

enum udf_err udf_iso_start(char ret_why[UDF_ISO_WHY_BYTES])
{
	char never[] = "NEVER", warning[] = "WARNING", prefix[] = "";
	int ret = iso_init_with_flag(1);	/* the locale is the caller's business */

	if (ret < 0)
		return udf_iso_why(ret, "libisofs can't start", ret_why);
	iso_set_msgs_severities(warning, never, prefix);
	return UDF_OK;
}

/* source.c has noted the file, with the host's reason. */
static bool is_said_already(int code)
{
	static const unsigned said[] = { ISO_FILE_CANT_WRITE, ISO_FILE_READ_ERROR, ISO_IMAGE_WRITE_CANCELED,
					 ISO_BUF_READ_ERROR };

	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		if (iso_error_get_code((int)said[i]) == iso_error_get_code(code))
			return true;
	return false;
}

unsigned udf_iso_log(const struct udf_env *env)
{
	char text[ISO_MSGS_MESSAGE_LEN], severity[80], least[] = "WARNING";
	int code, image_id;
	unsigned n_errors = 0;

	while (iso_obtain_msgs(least, &code, &image_id, text, severity) == 1) {
		bool is_warning = strcmp(severity, "WARNING") == 0;

		if (is_said_already(code))
			continue;
		n_errors += !is_warning;
		udf_log(env, is_warning ? UDF_LOG_WARNING : UDF_LOG_ERROR, "%s", text);
	}
	return n_errors;
}
