/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Before something is overwritten. */
#ifndef CDRWTOOL_CONSENT_H
#define CDRWTOOL_CONSENT_H

#include "drive.h"

/**
 * May what is on the disc be lost?  A disc without contents needs no consent, nor does --force.  Else the disc is
 * described, and the user presses ENTER; standard input may be a pipe.
 * False, after saying so, where standard input ends before that.
 */
bool consent_given(const struct work *work);

#endif
