/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers and sizes as people write them. */
#include "config.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "cli/cli.h"

#define SECTOR_BYTES 2048u
#define MIN_BLOCK_BYTES 512u
#define MAX_BLOCK_BYTES 32768u
#define MAX_DECIMALS 3 /* "1.875G" */

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

/* Digits at *AT in BASE, at least one.  *AT moves past them. */
static enum udf_err scan_digits(const char **at, unsigned base, uint64_t *ret_number)
{
	const char *p = *at;
	uint64_t number = 0;

	if (digit_value(*p) >= (int)base)
		return UDF_E_INVAL;
	for (; digit_value(*p) < (int)base; p++)
		if (udf_mul_overflows(number, base, &number) ||
		    udf_add_overflows(number, (uint64_t)digit_value(*p), &number))
			return UDF_E_RANGE;
	*at = p;
	*ret_number = number;
	return UDF_OK;
}

static bool is_hex(const char *text)
{
	return text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
}

enum udf_err cli_parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *ret_number)
{
	unsigned base = 10;
	uint64_t number;
	enum udf_err err;

	if (is_hex(text)) {
		text += 2;
		base = 16;
	} else if (text[0] == '0') {
		base = 8;
	}
	err = scan_digits(&text, base, &number);
	if (err)
		return err;
	if (*text)
		return UDF_E_INVAL;
	if (number < min || number > max)
		return UDF_E_RANGE;
	*ret_number = number;
	return UDF_OK;
}

enum udf_err cli_parse_revision(const char *text, uint16_t *ret_revision)
{
	static const char digits[] = "0123456789";
	size_t n = strspn(text, digits);
	char *end;
	unsigned long value;

	if (n == 1 && text[1] == '.') {
		n = strspn(text + 2, digits);
		if (n < 1 || n > 2 || text[2 + n])
			return UDF_E_INVAL;
		*ret_revision = (uint16_t)((unsigned long)(text[0] - '0') << 8 | strtoul(text + 2, NULL, 16));
		return UDF_OK;
	}
	value = strtoul(text, &end, 16);
	if (!isxdigit((unsigned char)*text) || *end || value == 0 || value > 0x0999)
		return UDF_E_INVAL;
	*ret_revision = (uint16_t)value;
	return UDF_OK;
}

enum udf_err cli_parse_block_bytes(const char *text, uint32_t *ret_block_bytes)
{
	uint64_t number;
	enum udf_err err = cli_parse_number(text, MIN_BLOCK_BYTES, MAX_BLOCK_BYTES, &number);

	if (err)
		return err;
	if (!udf_is_power_of_two(number))
		return UDF_E_INVAL;
	*ret_block_bytes = (uint32_t)number;
	return UDF_OK;
}

uint64_t cli_take_number(const struct cli_tool *tool, const char *name, const char *arg, uint64_t min, uint64_t max)
{
	uint64_t number = 0;

	if (!arg || cli_parse_number(arg, min, max, &number))
		cli_bad_usage(tool, "%s can't be '%s'; give a number from %" PRIu64 " to %" PRIu64, name,
			      arg ? arg : "", min, max);
	return number;
}

const char *cli_take_uuid(const struct cli_tool *tool, const char *arg)
{
	if (strlen(arg) != 16 || strspn(arg, "0123456789abcdef") != 16)
		cli_bad_usage(tool, "--uuid is not 16 hexadecimal digits in lower case: '%s'", arg);
	return arg;
}

uint32_t cli_take_block_bytes(const struct cli_tool *tool, const char *arg)
{
	uint32_t block_bytes;

	if (cli_parse_block_bytes(arg, &block_bytes))
		cli_bad_usage(tool, "--blocksize can't be '%s': not a power of two from 512 to 32768", arg);
	return block_bytes;
}

/* The unit that a suffix means: "", K, KiB (1024), KB (1000) and so on, s, b. */
static enum udf_err unit_of(const char *suffix, uint32_t block_bytes, uint64_t *ret_unit)
{
	static const char letters[] = "kmgtpe";
	const char *letter;
	uint64_t unit = 1;
	unsigned base;

	if (suffix[0] == '\0' || strcmp(suffix, "s") == 0 || strcmp(suffix, "b") == 0) {
		*ret_unit = suffix[0] == '\0' ? 1 : suffix[0] == 's' ? SECTOR_BYTES : block_bytes;
		return *ret_unit ? UDF_OK : UDF_E_INVAL;
	}
	letter = strchr(letters, tolower((unsigned char)suffix[0]));
	if (!letter)
		return UDF_E_INVAL;
	if (suffix[1] == '\0' || strcmp(suffix + 1, "iB") == 0)
		base = 1024;
	else if (strcmp(suffix + 1, "B") == 0)
		base = 1000;
	else
		return UDF_E_INVAL;
	for (const char *l = letters; l <= letter; l++)
		unit *= base;
	*ret_unit = unit;
	return UDF_OK;
}

enum udf_err cli_parse_size(const char *text, uint32_t block_bytes, uint64_t *ret_bytes)
{
	uint64_t whole, decimals = 0, unit, n_bytes, part, divisor = 1;
	bool hex = is_hex(text);
	enum udf_err err;

	if (hex)
		text += 2;
	err = scan_digits(&text, hex ? 16 : 10, &whole);
	if (err)
		return err;
	if (*text == '.' && !hex) {
		const char *first = ++text;

		err = scan_digits(&text, 10, &decimals);
		if (err || text - first > MAX_DECIMALS || *text == '\0')
			return err ? err : UDF_E_INVAL;
		for (; first < text; first++)
			divisor *= 10;
	}
	err = unit_of(text, block_bytes, &unit);
	if (err)
		return err;
	/* decimals * unit / divisor, in parts so that it can't overflow */
	part = unit / divisor * decimals + unit % divisor * decimals / divisor;
	if (udf_mul_overflows(whole, unit, &n_bytes) || udf_add_overflows(n_bytes, part, &n_bytes))
		return UDF_E_RANGE;
	*ret_bytes = n_bytes;
	return UDF_OK;
}

void cli_size_text(uint64_t n_bytes, char ret[CLI_SIZE_BYTES])
{
	static const char units[] = "\0KMGTPE";
	unsigned unit = 0;
	uint64_t whole = n_bytes, part = 0;	/* of 1024 */
	bool is_more = false;			/* and something below that */

	while (whole >= 1024) {
		is_more |= part != 0;
		part = whole % 1024;
		whole /= 1024;
		unit++;
	}
	/* Rounded up, as ls -h and du -h do it: what is there is never shown as less. */
	if (unit && whole < 10) {
		uint64_t tenths = (part * 10 + (is_more ? 1 : 0) + 1023) / 1024;

		whole += tenths / 10;
		if (whole < 10) {
			snprintf(ret, CLI_SIZE_BYTES, "%u.%u%c", (unsigned)whole, (unsigned)(tenths % 10), units[unit]);
			return;
		}
	} else if (part || is_more) {
		whole++;
		if (whole == 1024) {
			snprintf(ret, CLI_SIZE_BYTES, "1.0%c", units[unit + 1]);
			return;
		}
	}
	if (unit)
		snprintf(ret, CLI_SIZE_BYTES, "%u%c", (unsigned)whole, units[unit]);
	else
		snprintf(ret, CLI_SIZE_BYTES, "%u", (unsigned)whole);
}
