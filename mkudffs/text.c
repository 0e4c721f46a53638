/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Identifiers from the command line. */
#include "config.h"

#include "request.h"
#include "say.h"

static const char *const option_names[TEXT_N_FIELDS] = {
	[TEXT_LVID] = "lvid",	[TEXT_VID] = "vid",	[TEXT_VSID] = "vsid",
	[TEXT_FSID] = "fsid",	[TEXT_FULL_VSID] = "fullvsid",
	[TEXT_OWNER] = "owner", [TEXT_ORGANIZATION] = "organization", [TEXT_CONTACT] = "contact",
};

/*
 * Convert the text ARG of option OPTION to UTF-8.  If that is not possible, the program ends.  A text that does not
 * fit is cut to a length that is still too long for any volume, so that udf_mkfs_plan() reports it.
 */
static void text_to_utf8(enum cli_encoding encoding, const char *option, const char *arg, char *ret, size_t cap)
{
	enum udf_err err = cli_text_to_utf8(encoding, arg, ret, cap);

	if (err == UDF_E_UNSUPPORTED)
		die("cannot convert from the character set of the locale");
	if (err)
		die("--%s is not a text in %s encoding", option, cli_encoding_name(encoding));
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

	params->text_8bit = req->encoding == CLI_LATIN1;
	if (req->label) {
		text_to_utf8(req->encoding, "label", req->label, label, sizeof(label));
		udf_mkfs_set_label(params, label);
	}
	for (int i = 0; i < TEXT_N_FIELDS; i++)
		if (req->texts[i])
			text_to_utf8(req->encoding, option_names[i], req->texts[i], rows[i].text,
				     rows[i].cap);
}
