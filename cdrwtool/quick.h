/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --quick and --udf: from any rewritable disc to a fresh volume. */
#ifndef CDRWTOOL_QUICK_H
#define CDRWTOOL_QUICK_H

#include "drive.h"

enum udf_err job_quick(struct work *work);
enum udf_err job_udf(struct work *work);

#endif
