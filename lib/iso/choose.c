/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "iso/choose.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGE_BYTES ((uint64_t)1 << 32)		/* from here on a file needs level 3, which Windows does not read */
#define JOLIET_MAX_UNITS 64u
#define UDF_MAX_UNITS 254u			/* of 8 bits, or half as many of 16 (OSTA UDF 2.1.1) */

/* One character of UTF-8 at *AT, which moves on.  False: it is none. */
static bool next_character(const unsigned char **at, uint32_t *ret)
{
	const unsigned char *p = *at;
	unsigned n = *p < 0x80 ? 0 : (*p & 0xE0) == 0xC0 ? 1 : (*p & 0xF0) == 0xE0 ? 2 : (*p & 0xF8) == 0xF0 ? 3 : 9;
	uint32_t c = n == 0 ? *p : *p & (0x3Fu >> n);

	if (n == 9)
		return false;
	for (unsigned i = 1; i <= n; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return false;
		c = c << 6 | (p[i] & 0x3F);
	}
	*at = p + n + 1;
	*ret = c;
	return true;
}

static bool measure(const char *name, size_t *ret_units, bool *ret_is_wide)
{
	const unsigned char *at = (const unsigned char *)name;
	uint32_t c;

	*ret_units = 0;
	*ret_is_wide = false;
	while (*at) {
		if (!next_character(&at, &c))
			return false;
		*ret_units += c > 0xFFFF ? 2 : 1;
		*ret_is_wide |= c > 0xFF;
	}
	return true;
}

static enum udf_err keep(char **place, const char *path)
{
	char *copy = strdup(path);

	if (!copy)
		return UDF_E_NOMEM;
	free(*place);
	*place = copy;
	return UDF_OK;
}

/* What UDF needs for a name, so that a wide one counts twice. */
static size_t weight(size_t n_units, bool is_wide)
{
	return is_wide ? 2 * n_units : n_units;
}

enum udf_err udf_iso_contents_add(struct udf_iso_contents *c, const char *path, const struct stat *st)
{
	const char *slash = strrchr(path, '/');
	size_t n_units;
	bool is_wide;
	enum udf_err err = UDF_OK;

	c->n_files += S_ISREG(st->st_mode);
	c->n_directories += S_ISDIR(st->st_mode);
	c->n_others += !S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode);
	if (S_ISREG(st->st_mode)) {
		c->n_bytes += (uint64_t)st->st_size;
		if ((uint64_t)st->st_size > c->largest_bytes) {
			c->largest_bytes = (uint64_t)st->st_size;
			err = keep(&c->largest, path);
		}
	}
	if (err)
		return err;
	if (!measure(slash ? slash + 1 : path, &n_units, &is_wide))
		return c->not_utf8 ? UDF_OK : keep(&c->not_utf8, path);
	if (c->longest_in_udf < weight(n_units, is_wide))
		c->longest_in_udf = weight(n_units, is_wide);
	if (n_units <= c->longest_units)
		return UDF_OK;
	c->longest_units = n_units;
	return keep(&c->longest, path);
}

void udf_iso_contents_done(struct udf_iso_contents *contents)
{
	free(contents->largest);
	free(contents->longest);
	free(contents->not_utf8);
	*contents = (struct udf_iso_contents){ .n_files = 0 };
}

/* A path may be longer than what a message should be; its end says more. */
static const char *tail(const char *path)
{
	size_t n = strlen(path);

	return n > 100 ? path + n - 100 : path;
}

static bool fits_udf(const struct udf_iso_contents *c)
{
	return !c->not_utf8 && c->longest_in_udf <= UDF_MAX_UNITS;
}

#define BOTH "ISO 9660 with Rock Ridge and Joliet, and UDF over the same data (--bridge)"
#define ISO "ISO 9660 with Rock Ridge and Joliet"

static void choose_bridge(const struct udf_iso_contents *c, struct udf_iso_choice *ret)
{
	ret->bridge = true;
	if (c->largest_bytes >= LARGE_BYTES)
		snprintf(ret->text, sizeof(ret->text), BOTH ", because '%s' has 4 GiB or more, which Windows reads "
			 "from UDF only", tail(c->largest));
	else
		snprintf(ret->text, sizeof(ret->text), BOTH ", because the name of '%s' has %zu characters, and Joliet "
			 "has room for %u", tail(c->longest), c->longest_units, JOLIET_MAX_UNITS);
}

static void choose_iso(const struct udf_iso_contents *c, struct udf_iso_choice *ret)
{
	if (c->largest_bytes >= LARGE_BYTES)
		snprintf(ret->text, sizeof(ret->text), ISO ", level 3.  '%s' has 4 GiB or more, which Windows can't "
			 "read from it; for UDF beside it %s", tail(c->largest),
			 fits_udf(c) ? "other options would have to go" : "some names are too long or not UTF-8");
	else if (c->longest_units > JOLIET_MAX_UNITS)
		snprintf(ret->text, sizeof(ret->text), ISO ".  Windows shows '%s' with a shorter name, because Joliet "
			 "has room for %u characters; for UDF beside it %s", tail(c->longest), JOLIET_MAX_UNITS,
			 fits_udf(c) ? "other options would have to go" : "some names are too long or not UTF-8");
	else
		snprintf(ret->text, sizeof(ret->text), ISO ", which every system reads: no file has 4 GiB and no name "
			 "more than %u characters, and Rock Ridge has modes, owners and links", JOLIET_MAX_UNITS);
}

void udf_iso_choose(const struct udf_iso_contents *contents, bool can_bridge, struct udf_iso_choice *ret)
{
	bool wants_udf = contents->largest_bytes >= LARGE_BYTES || contents->longest_units > JOLIET_MAX_UNITS;

	*ret = (struct udf_iso_choice){ .joliet = !contents->not_utf8 };
	if (wants_udf && can_bridge && fits_udf(contents))
		choose_bridge(contents, ret);
	else if (ret->joliet)
		choose_iso(contents, ret);
	else
		snprintf(ret->text, sizeof(ret->text), "ISO 9660 with Rock Ridge alone, because '%s' is no UTF-8, as a "
			 "name in Joliet or UDF has to be", tail(contents->not_utf8));
}
