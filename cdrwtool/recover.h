/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CDRWTOOL_RECOVER_H
#define CDRWTOOL_RECOVER_H

#include "drive.h"

/** What was being written is lost; what else can be saved is. */
enum udf_err job_recover(struct work *work);

#endif
