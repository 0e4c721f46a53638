/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "describe.h"

static const char *const protection_texts[] = {
	[MMC_PROTECTION_NONE] = "",
	[MMC_PROTECTION_CARTRIDGE] = ", write-protected by the tab of its cartridge",
	[MMC_PROTECTION_PERSISTENT] = ", write-protected (--write-protect=off lifts that)",
	[MMC_PROTECTION_SOFTWARE] = ", write-protected until the drive is switched off",
	[MMC_PROTECTION_MEDIUM] = ", write-protected for good",
};

/* What can be done with a rewritable medium that is not protected */
static const char *const use_texts[] = {
	[MMC_STATE_NO_MEDIUM] = "insert a disc",
	[MMC_STATE_UNKNOWN] = "'cdrwtool -q' erases it and prepares it for use as a disk",
	[MMC_STATE_UNFORMATTED] = "'cdrwtool -q' prepares it for use as a disk",
	[MMC_STATE_BLANK] = "'cdrwtool -q' prepares it for use as a disk",
	[MMC_STATE_APPENDABLE] = "'cdrwtool -q' erases it and prepares it for use as a disk",
	[MMC_STATE_COMPLETE] = "'cdrwtool -q' erases it and prepares it for use as a disk",
	[MMC_STATE_FORMATTED] = "mkudffs makes a volume on it, udffuse mounts it",
	[MMC_STATE_INTERMEDIATE] = "'cdrwtool -q' prepares it for use as a disk",
	[MMC_STATE_DAMAGED] = "'cdrwtool --recover' makes it usable again",
};

void describe_disc(const struct mmc_disc *disc, char ret[DESCRIBE_BYTES])
{
	char size[CLI_SIZE_BYTES];
	uint32_t n_blocks = disc->n_blocks ? disc->n_blocks : disc->max_blocks;

	if (disc->state == MMC_STATE_NO_MEDIUM) {
		snprintf(ret, DESCRIBE_BYTES, "no medium");
		return;
	}
	cli_size_text((uint64_t)n_blocks * 2048, size);
	snprintf(ret, DESCRIBE_BYTES, "%s%s, %s, %s%siB%s", disc->profile->name, disc->is_mrw ? " (Mount Rainier)" : "",
		 mmc_state_name(disc->state), disc->n_blocks ? "" : "up to ", size, protection_texts[disc->protection]);
}

const char *describe_use(const struct mmc_disc *disc)
{
	if (disc->state == MMC_STATE_NO_MEDIUM)
		return "insert a disc";
	if (disc->is_mrw)
		return "this version reads it; it does not write Mount Rainier discs";
	if (disc->profile->is_write_once)
		return disc->can_append ? "isowrite burns images onto it" : "it can only be read";
	if (!disc->profile->is_rewritable)
		return "it can only be read";
	if (disc->protection != MMC_PROTECTION_NONE)
		return "it can only be read while it is write-protected";
	return use_texts[disc->state];
}

bool describe_has_contents(const struct mmc_disc *disc)
{
	return disc->state != MMC_STATE_NO_MEDIUM && disc->state != MMC_STATE_BLANK &&
	       disc->state != MMC_STATE_UNFORMATTED;
}
