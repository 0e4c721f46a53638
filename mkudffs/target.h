/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The device or image file that mkudffs writes to.  What goes wrong ends the program. */
#ifndef MKUDFFS_TARGET_H
#define MKUDFFS_TARGET_H

#include "front/target.h"
#include "request.h"

/** front_target_inspect(). */
void target_inspect(struct front_target *target, const struct request *req);

/** front_target_claim(). */
void target_claim(struct front_target *target, const struct request *req, uint64_t size_bytes);

/** front_target_create() where needed, and front_target_open().  A signal removes a file that was created. */
void target_open(struct front_target *target, const struct request *req, uint64_t size_bytes);

/** front_target_close(). */
void target_close(struct front_target *target, bool failed);

/** The disk signature of an MBR that is there already; 0 if there is none. */
uint32_t target_mbr_signature(struct front_target *target);

/**
 * With --force, erase the signatures of other file systems.  The volume may not cover them, and programs would find
 * both.  They stay when the boot area is preserved, and before a later session.
 */
enum udf_err target_wipe(struct front_target *target, const struct request *req);

/** All parameters of the volume that REQ asks for on TARGET; what makes no sense ends the program. */
void make_params(const struct request *req, const struct front_target *target, struct udf_mkfs_params *params);

#endif
