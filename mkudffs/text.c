/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Identifiers from the command line, in four encodings. */
#include "config.h"

#include <errno.h>
#include <iconv.h>
#include <langinfo.h>
#include <string.h>

#include "request.h"

static const char *const option_names[TEXT_N_FIELDS] = {
	[TEXT_LVID] = "lvid",	[TEXT_VID] = "vid",	[TEXT_VSID] = "vsid",
	[TEXT_FSID] = "fsid",	[TEXT_FULL_VSID] = "fullvsid",
	[TEXT_OWNER] = "owner", [TEXT_ORGANIZATION] = "organization", [TEXT_CONTACT] = "contact",
};

static const char *charset(enum text_encoding encoding)
{
	switch (encoding) {
	case TEXT_LATIN1:
		return "ISO-8859-1";
	case TEXT_UTF16:
		return "UTF-16BE";
	case TEXT_UTF8:
		return "UTF-8";
	case TEXT_LOCALE:
		break;
	}
	return nl_langinfo(CODESET);
}

static const char *encoding_name(enum text_encoding encoding)
{
	switch (encoding) {
	case TEXT_LATIN1:
		return "Latin-1";
	case TEXT_UTF16:
		return "UTF-16BE";
	case TEXT_UTF8:
		return "UTF-8";
	case TEXT_LOCALE:
		break;
	}
	return "the locale's";
}

/*
 * The text ARG of option OPTION in UTF-8, at most CAP bytes with its NUL; what can't be converted ends the
 * program.  What does not fit is cut, to what is still too long for any volume: udf_mkfs_plan() says so.
 */
static void text_to_utf8(enum text_encoding encoding, const char *option, const char *arg, char *ret, size_t cap)
{
	iconv_t cd = iconv_open("UTF-8", charset(encoding));
	size_t n_in = strlen(arg), n_out = cap - 1, n;
	char *in = (char *)(uintptr_t)arg, *out = ret;

	if (cd == (iconv_t)-1)
		die("cannot convert from character set %s", charset(encoding));
	n = iconv(cd, &in, &n_in, &out, &n_out);
	iconv_close(cd);
	if (n == (size_t)-1 && errno != E2BIG)
		die("--%s is not a text in %s encoding", option, encoding_name(encoding));
	*out = 0;
}

void request_set_texts(const struct request *req, struct udf_mkfs_params *params)
{
	struct {
		char *text;
		size_t cap;
	} rows[TEXT_N_FIELDS] = {
		[TEXT_LVID] = { params->lvid, sizeof(params->lvid) },
		[TEXT_VID] = { params->vid, sizeof(params->vid) },
		[TEXT_VSID] = { params->vsid, sizeof(params->vsid) },
		[TEXT_FSID] = { params->fsid, sizeof(params->fsid) },
		[TEXT_FULL_VSID] = { params->full_vsid, sizeof(params->full_vsid) },
		[TEXT_OWNER] = { params->owner, sizeof(params->owner) },
		[TEXT_ORGANIZATION] = { params->organization, sizeof(params->organization) },
		[TEXT_CONTACT] = { params->contact, sizeof(params->contact) },
	};
	char label[sizeof(params->lvid)];

	params->text_8bit = req->encoding == TEXT_LATIN1;
	if (req->label) {
		text_to_utf8(req->encoding, "label", req->label, label, sizeof(label));
		udf_mkfs_set_label(params, label);
	}
	for (int i = 0; i < TEXT_N_FIELDS; i++)
		if (req->texts[i])
			text_to_utf8(req->encoding, option_names[i], req->texts[i], rows[i].text,
				     rows[i].cap);
}
