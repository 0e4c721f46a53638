/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef UDF_PKTSETUP_SHOW_H
#define UDF_PKTSETUP_SHOW_H

#include <stdbool.h>

/** List all packet devices.  Returns the exit status: 1 if data were lost, or a process that kept one was killed. */
int show_run(bool json);

#endif
