/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What --info and --get-parameters print. */
#ifndef CDRWTOOL_INFO_H
#define CDRWTOOL_INFO_H

#include "drive.h"

/** Drive, disc and tracks, as lines or as JSON. */
void info_print(const struct work *work);

/** The write parameters that the drive has now.  Returns what failed, after saying so. */
enum udf_err info_print_parameters(struct work *work);

#endif
