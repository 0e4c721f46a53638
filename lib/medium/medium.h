/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Open a path as the stack of block layers that suits the file, device or drive that it names. */
#ifndef UDF_MEDIUM_MEDIUM_H
#define UDF_MEDIUM_MEDIUM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <udfkit/bio.h>

#define MEDIUM_WHY_BYTES 10240u		/* a message that names the longest path twice */

struct pkt_held;
struct medium_info;

struct medium_options {
	bool read_only;
	bool exclusive;		/* open a device with O_EXCL: it must not be mounted, or claimed by another process */
	uint32_t block_bytes;	/* 0: 512 for a file, the logical sector size for a device */
	bool by_commands;	/* write an optical drive with commands, even if its block device could be written */
	bool drive_completes;	/* let the drive complete a packet that nobody else can: see pkt_cache_options */
	bool holds_writes;	/* bio_hold() must work: a commit runs while other operations continue */
	uint64_t create_bytes;	/* 0: open an existing file; else make a new, sparse image file of this size */
	/*
	 * Another stack on the same path: the two share its drive, which can't be opened twice, until either is closed.
	 * Only one of them may be written to.  NULL: there is none.
	 */
	const struct medium_info *beside;
};

struct medium_info {
	bool is_device;		/* a block device, not an image file */
	bool is_optical;	/* an optical drive, as a block device */
	bool is_new;		/* this call made the file, so all of it reads as zero */
	uint32_t sector_bytes;	/* the device's logical sector size; 512 for a file */
	/* What the drive reports about its disc, if it was asked; NULL, 0 and false otherwise */
	const char *disc_name;	/* "DVD-RAM"; static */
	uint32_t write_unit_blocks;
	bool can_overwrite;	/* the disc can be written like a disk in its present state */
	bool needs_whole_units;	/* smaller writes are completed to units here, and the drive replaces no bad blocks */
	uint32_t write_kbs;	/* about how fast the disc can be written, in kB/s of 1000 bytes */
	/*
	 * How many seconds the kernel gives each of its own writes, if that is less than a drive may need and we can't
	 * raise it; otherwise 0.
	 */
	uint32_t short_timeout_s;
	char timeout_file[64];	/* the file with which root can raise it */
	/* For the calls of tray.h, valid as long as the stack, or NULL: the drive, and layers */
	struct pkt_held *drive;
	struct bio *cache;
	struct bio *block_path;
	dev_t rdev;		/* of a device */
};

/* Why a path can't be opened, for the message. */
struct medium_refusal {
	int host_errno;		/* of the host call that failed, or 0 */
	const char *why;	/* a phrase that says more than the error does, or NULL; may point to text */
	char text[MEDIUM_WHY_BYTES];
};

/* What a path leads to, for a caller that makes a volume there. */
struct medium_shape {
	struct medium_info info;	/* sector_bytes is 0 where a device does not say it */
	uint64_t size_bytes;
	dev_t dev;			/* of the file itself, or of the device node */
	ino_t ino;
	bool is_zero;			/* a file without data: all of it reads as zero */
	bool is_partition;
	bool is_fixed_disk;		/* a whole disk that can't be taken out */
};

/**
 * Find out what PATH is, without opening it for writing.
 * Fails as medium_open(); RET_REFUSAL has the host_errno ENOENT where nothing is there.
 */
enum udf_err medium_inspect(const char *path, struct medium_shape *ret, struct medium_refusal *ret_refusal);

#define MEDIUM_PATH_BYTES 4096u

/** Does PATH name a simulated drive ("sim:FILE")? */
bool medium_is_simulated(const char *path);

/** The file or device of the host that stands for PATH: FILE of "sim:FILE", else PATH itself. */
const char *medium_host_path(const char *path);

/**
 * The one that holds the blocks, into BUFFER of MEDIUM_PATH_BYTES: it differs where a simulated drive has got another
 * disc than its own.  Returns BUFFER.
 */
const char *medium_contents_path(const char *path, char *buffer);

/**
 * Open an image file, a block device ("/dev/sdb1", "/dev/loop0"), the disc in an optical drive ("/dev/sr0", or its
 * generic device "/dev/sg1"), or the one in a simulated drive ("sim:FILE").
 *
 * @options	NULL: read and write, the device's own blocks.
 * @ret_bio	Close with bio_close().
 * @ret_info	May be NULL.
 * @ret_refusal	May be NULL.  Set in any case.
 * Returns UDF_E_UNSUPPORTED for a disc that can't be written in place, and for a path that is neither a file nor a
 * block device; UDF_E_EXISTS if the file that is to be made exists already (a new file that can't be completed is
 * removed again); UDF_E_INVAL for an impossible block size; UDF_E_BUSY; UDF_E_IS_DIR; and errors of the host.
 */
enum udf_err medium_open(const char *path, const struct medium_options *options,
			 struct bio **ret_bio, struct medium_info *ret_info,
			 struct medium_refusal *ret_refusal);

/**
 * Hold the device of BIO exclusively (O_EXCL), or stop doing so: a kernel that mounts it claims it itself, and
 * finds it busy while we hold it.  Its file descriptor keeps its number.  BIO must not be in use during this call.
 *
 * @path  As it was opened.
 * Returns UDF_E_BUSY if another process has claimed it, or if PATH names another device now; BIO is unchanged then.
 */
enum udf_err medium_claim(struct bio *bio, const char *path, bool exclusive);

#endif
