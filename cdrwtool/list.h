/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --list: every drive, what is in it, and what can be done with it. */
#ifndef CDRWTOOL_LIST_H
#define CDRWTOOL_LIST_H

#include "request.h"

/** Print the list.  Returns the exit status. */
int list_drives(const struct request *req);

#endif
