/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include "front/place.h"

static uint64_t number(const struct cli_tool *tool, const char *option, const char *arg, uint64_t min)
{
	uint64_t value;

	if (cli_parse_number(arg, min, UINT32_MAX, &value))
		cli_bad_usage(tool, "--%s can't be '%s'", option, arg);
	return value;
}

bool front_take_place(const struct cli_tool *tool, int id, const char *arg, struct udf_vol_options *vol)
{
	switch (id) {
	case 'b':
		vol->block_bytes = cli_take_block_bytes(tool, arg);
		return true;
	case FRONT_OPTION_STARTBLOCK:
		vol->session_lsn = (uint32_t)number(tool, "startblock", arg, 0);
		return true;
	case FRONT_OPTION_LASTBLOCK:
		vol->last_lsn = number(tool, "lastblock", arg, 1);
		return true;
	case FRONT_OPTION_VATBLOCK:
		cli_bad_usage(tool, "--vatblock: virtual partitions can't be used by this version");
	default:
		return false;
	}
}
