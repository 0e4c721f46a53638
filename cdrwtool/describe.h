/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A disc in words. */
#ifndef CDRWTOOL_DESCRIBE_H
#define CDRWTOOL_DESCRIBE_H

#include <stddef.h>

#include "mmc/disc.h"

#define DESCRIBE_BYTES 256u

/** "CD-RW, formatted, 577 MiB"; "no medium". */
void describe_disc(const struct mmc_disc *disc, char ret[DESCRIBE_BYTES]);

/** What can be done with it here: "udffuse can mount it; mkudffs makes a volume".  A sentence part, never NULL. */
const char *describe_use(const struct mmc_disc *disc);

/** Would making a volume lose something that was recorded on it? */
bool describe_has_contents(const struct mmc_disc *disc);

#endif
