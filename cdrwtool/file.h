/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --file: a file of the host, written to the disc block by block. */
#ifndef CDRWTOOL_FILE_H
#define CDRWTOOL_FILE_H

#include "drive.h"

enum udf_err job_write_file(struct work *work);

#endif
