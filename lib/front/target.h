/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A device or image file on which a tool makes a new volume:
 *
 *	front_target_inspect()	what is it?  Nothing is opened for writing, so that a tool can show its plan first.
 *	front_target_claim()	may it be overwritten?
 *	front_target_create()	if nothing is there: a new image file
 *	front_target_open()	give it its size, and open it for writing
 *	front_target_close()
 *
 * Each function that fails has said why, in one line on standard error.
 */
#ifndef UDF_FRONT_TARGET_H
#define UDF_FRONT_TARGET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <udfkit/error.h>

struct bio;
struct cli_guard;

struct front_target_options {
	unsigned n_forced;		/* --force: one overwrites what is there, two what is in use */
	bool new_file;			/* --new-file: nothing may be there */
	bool adds;			/* what is there stays, so nothing is asked */
	const char *force_option;	/* how the user says n_forced; NULL: "--force" */
};

struct front_target {
	const char *tool, *path;	/* borrowed */
	bool exists, is_block;
	bool is_created;		/* by front_target_create(): removed again if the tool fails */
	char *created_path;		/* what to remove then: PATH, or the file that it is a symlink to; owned */
	dev_t dev;			/* of an existing file */
	ino_t ino;
	bool is_zero;			/* known to read as zeros throughout */
	uint64_t size_bytes;
	uint32_t sector_bytes;		/* logical, of a block device; else 0 */
	bool is_partition;
	bool is_fixed_disk;		/* a whole disk that can't be taken out */
	bool is_optical;
	const char *disc_name;		/* see struct medium_info */
	uint32_t write_unit_blocks;
	bool can_overwrite;		/* as a disc in a drive; false where that was not asked */
	bool needs_whole_units;
	struct cli_guard *guard;
	struct bio *bio;		/* once it is open */
};

/**
 * Find out what PATH is.  If nothing is there, RET->exists is false, and that is no error.
 * TOOL, for the messages, and PATH are borrowed until front_target_close().
 */
enum udf_err front_target_inspect(const char *tool, const char *path, struct front_target *ret);

/** A file that isn't there or holds nothing: it has no size to go by. */
bool front_target_is_empty(const struct front_target *target);

/** Is the device or file larger than N_BLOCKS blocks? */
bool front_target_goes_on(const struct front_target *target, uint64_t n_blocks, uint32_t block_bytes);

/**
 * Make sure that it may be overwritten.  Takes the guard, looks for what it holds, and asks on a terminal.  SIZE_BYTES
 * is the size of the volume: an image that would become more than a hundred times as large is asked for too.
 * Returns UDF_E_CANCELLED where the user said no.
 */
enum udf_err front_target_claim(struct front_target *target, const struct front_target_options *options,
				uint64_t size_bytes);

/**
 * Make the image file, empty, where nothing exists.  A symbolic link to a file that isn't there means that file, as
 * with mke2fs(8) or truncate(1), unless a new file is asked for.
 */
enum udf_err front_target_create(struct front_target *target, const struct front_target_options *options);

/** Give a file SIZE_BYTES at least, and open it.  On failure it is closed as by front_target_close(). */
enum udf_err front_target_open(struct front_target *target, const struct front_target_options *options,
			       uint64_t size_bytes);

/**
 * Close.  If the tool FAILED, a file that was made for it is removed, and a file that held nothing is emptied again.
 */
void front_target_close(struct front_target *target, bool failed);

#endif
