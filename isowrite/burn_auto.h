/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef ISOWRITE_BURN_AUTO_H
#define ISOWRITE_BURN_AUTO_H

#include "burn_request.h"

/**
 * --auto: look at the drive, its disc and the files, choose the form of the image, and say why.  REQ->iso is changed
 * to it.
 *
 * Returns false if that is all: nothing is to be burned, and RET_STATUS is the exit status.
 */
bool burn_choose(struct burn_request *req, int *ret_status);

#endif
