// SPDX-License-Identifier: GPL-2.0-or-later
/* Text on the command line and in reports, in the encoding that the user chose. */
#include "config.h"

#include <errno.h>
#include <iconv.h>
#include <langinfo.h>
#include <string.h>

#include "cli/cli.h"

static const char *charset(enum cli_encoding encoding)
{
	switch (encoding) {
	case CLI_LATIN1:
		return "ISO-8859-1";
	case CLI_UTF16:
		return "UTF-16BE";
	case CLI_UTF8:
		return "UTF-8";
	case CLI_LOCALE:
		break;
	}
	return nl_langinfo(CODESET);
}

bool cli_take_encoding(int id, enum cli_encoding *ret_encoding)
{
	if (id < CLI_OPTION_ENCODING + CLI_LOCALE || id > CLI_OPTION_ENCODING + CLI_UTF8)
		return false;
	*ret_encoding = (enum cli_encoding)(id - CLI_OPTION_ENCODING);
	return true;
}

const char *cli_encoding_name(enum cli_encoding encoding)
{
	switch (encoding) {
	case CLI_LATIN1:
		return "Latin-1";
	case CLI_UTF16:
		return "UTF-16BE";
	case CLI_UTF8:
		return "UTF-8";
	case CLI_LOCALE:
		break;
	}
	return "the locale's";
}

enum udf_err cli_text_to_utf8(enum cli_encoding encoding, const char *text, char *ret, size_t cap)
{
	iconv_t cd = iconv_open("UTF-8", charset(encoding));
	size_t n_in = strlen(text), n_out = cap - 1, n;
	char *in = (char *)(uintptr_t)text, *out = ret;
	int host_errno;

	if (cd == (iconv_t)-1)
		return UDF_E_UNSUPPORTED;
	n = iconv(cd, &in, &n_in, &out, &n_out);
	host_errno = errno;
	iconv_close(cd);
	if (n == (size_t)-1 && host_errno != E2BIG)
		return UDF_E_BAD_NAME;
	*out = 0;
	return UDF_OK;
}

/* Bytes of the UTF-8 character that begins with C. */
static size_t character_bytes(char c)
{
	unsigned char byte = (unsigned char)c;

	return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

void cli_put_text(FILE *file, enum cli_encoding encoding, const char *text)
{
	iconv_t cd = iconv_open(charset(encoding), "UTF-8");
	char out[8], *p;
	size_t n_out, n_in;

	if (cd == (iconv_t)-1)
		return;
	while (*text) {
		char one[5] = "", *in = one;
		size_t n = strnlen(text, character_bytes(*text));

		memcpy(one, *text == '\n' ? " " : text, n);
		n_in = n;
		p = out;
		n_out = sizeof(out);
		if (iconv(cd, &in, &n_in, &p, &n_out) == (size_t)-1) {
			in = (char[]){ "?" };
			n_in = 1;
			p = out;
			n_out = sizeof(out);
			iconv(cd, NULL, NULL, NULL, NULL);
			iconv(cd, &in, &n_in, &p, &n_out);
		}
		fwrite(out, 1, sizeof(out) - n_out, file);
		text += n;
	}
	iconv_close(cd);
}
