/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The beginning of a disc that is written in place, by which systems find its newest session. */
#ifndef ISOWRITE_BURN_RESTORE_H
#define ISOWRITE_BURN_RESTORE_H

#include "burn_request.h"
#include "iso/iso.h"

/**
 * Read the beginning of PREVIOUS, the disc in the drive, into FRONT, of UDF_ISO_FRONT_BYTES; see udf_iso_front_read().
 * Where it was lost that is said.
 *
 * Returns an error with a phrase in RET_WHY.
 */
enum udf_err burn_front_find(struct burn_work *work, struct bio *previous, uint8_t *front,
			     struct udf_iso_place *ret_place, char ret_why[UDF_ISO_WHY_BYTES]);

/**
 * --finalize: if a power cut has left a beginning that can't be read, write one that leads to the newest session; else
 * nothing is to be done.  Says what became of it.
 */
bool burn_front_restore(struct burn_work *work);

#endif
