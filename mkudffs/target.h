/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The device or image file that mkudffs writes to. */
#ifndef MKUDFFS_TARGET_H
#define MKUDFFS_TARGET_H

#include <sys/types.h>

#include "request.h"

struct target {
	const char *path;
	bool exists, is_block;
	bool is_created;		/* by us: removed again if mkudffs fails */
	char *created_path;		/* what to remove then: PATH, or the file that it is a symlink to */
	dev_t dev;			/* of an existing file */
	ino_t ino;
	bool is_zero;			/* known to read as zeros throughout */
	uint64_t size_bytes;
	uint32_t sector_bytes;		/* logical, of a block device; else 0 */
	bool is_partition;
	bool is_fixed_disk;		/* a whole disk that can't be taken out */
	bool is_optical;
	struct cli_guard *guard;
	struct bio *bio;
};

/** Is the device or file larger than N_BLOCKS blocks? */
bool target_goes_on(const struct target *target, uint64_t n_blocks, uint32_t block_bytes);

/** Find out what PATH is; opens nothing for writing.  What can't be used ends the program. */
void target_inspect(struct target *target, const char *path);

/** A file that isn't there or holds nothing: it has no size to go by. */
bool target_is_empty(const struct target *target);

/**
 * Make sure that PATH may be overwritten, or end the program.  Takes the guard, looks for what PATH holds, and asks on
 * a terminal.  SIZE_BYTES is the size of the volume: an image that would become more than a hundred
 * times as large is asked for too.
 */
void target_claim(struct target *target, const struct request *req, uint64_t size_bytes);

/** Make the file where needed, give it SIZE_BYTES at least, open it; or end the program. */
void target_open(struct target *target, const struct request *req, uint64_t size_bytes);

/** The disk signature of an MBR that is there already; 0 if there is none. */
uint32_t target_mbr_signature(struct target *target);

/**
 * With --force, erase the signatures of other file systems.  The volume may not cover them, and programs would find
 * both.  They stay when the boot area is preserved, and before a later session.
 */
enum udf_err target_wipe(struct target *target, const struct request *req);

/**
 * Close.  If the volume FAILED, a file that was made for it is removed, and a file that held nothing is emptied again.
 */
void target_close(struct target *target, bool failed);

/** All parameters of the volume that REQ asks for on TARGET; what makes no sense ends the program. */
void make_params(const struct request *req, const struct target *target, struct udf_mkfs_params *params);

#endif
