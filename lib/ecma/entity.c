/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Entity identifiers (ECMA-167 1/7.4, UDF 2.1.5) and character set specifications (UDF 2.1.2). */
#include <string.h>

#include "ecma/codec.h"

static const char cs0_info[] = "OSTA Compressed Unicode";

static void set_id(struct udf_regid *ret, const char *id)
{
	size_t n_bytes = strnlen(id, sizeof(ret->id));

	memset(ret, 0, sizeof(*ret));
	memcpy(ret->id, id, n_bytes);
}

static void set_revision(struct udf_regid *ret, uint16_t revision)
{
	ret->suffix[0] = (uint8_t)revision;
	ret->suffix[1] = (uint8_t)(revision >> 8);
}

void udf_regid_set_domain(struct udf_regid *ret, uint16_t revision, uint8_t domain_flags)
{
	set_id(ret, UDF_ID_DOMAIN);
	set_revision(ret, revision);
	ret->suffix[2] = domain_flags;
}

void udf_regid_set_udf(struct udf_regid *ret, const char *id, uint16_t revision)
{
	set_id(ret, id);
	set_revision(ret, revision);
	ret->suffix[2] = UDF_OS_CLASS_UNIX;
	ret->suffix[3] = UDF_OS_ID_LINUX;
}

void udf_regid_set_impl(struct udf_regid *ret)
{
	set_id(ret, UDF_ID_DEVELOPER);
	ret->suffix[0] = UDF_OS_CLASS_UNIX;
	ret->suffix[1] = UDF_OS_ID_LINUX;
}

void udf_regid_set_contents(struct udf_regid *ret, const char *id)
{
	set_id(ret, id);
}

bool udf_regid_is(const struct udf_regid *id, const char *text)
{
	return strncmp((const char *)id->id, text, sizeof(id->id)) == 0 &&
	       strnlen(text, sizeof(id->id) + 1) <= sizeof(id->id);
}

bool udf_regid_is_padded(const struct udf_regid *id)
{
	size_t n_bytes = strnlen((const char *)id->id, sizeof(id->id));

	while (n_bytes < sizeof(id->id) && !id->id[n_bytes])
		n_bytes++;
	return n_bytes == sizeof(id->id);
}

void udf_charspec_set_cs0(struct udf_charspec *ret)
{
	memset(ret, 0, sizeof(*ret));
	memcpy(ret->info, cs0_info, sizeof(cs0_info) - 1);
}

bool udf_charspec_is_cs0(const struct udf_charspec *cs)
{
	struct udf_charspec want;

	udf_charspec_set_cs0(&want);
	return cs->type == 0 && memcmp(cs->info, want.info, sizeof(want.info)) == 0;
}
