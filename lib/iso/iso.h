/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ISO 9660 images, made and read by libisofs:
 *
 *	udf_iso_plan_init(), fields	what image is wanted
 *	udf_iso_image_new()		an empty tree, or that of the previous session
 *	udf_iso_add()			files and directories of the host into the tree
 *	udf_iso_stream_new()		the image as a stream of blocks, which can be read once, in order
 *	udf_iso_check()			a finished image against the checksums that it holds
 *
 * libisofs has one state a process, so there may be only one struct udf_iso_image at a time, and its functions are
 * called by one thread.  File data are read by a thread of libisofs while the stream is read.  Memory grows with the
 * number of files, not with their sizes.
 */
#ifndef UDF_ISO_ISO_H
#define UDF_ISO_ISO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <udfkit/env.h>
#include <udfkit/error.h>

#include "iso/disc_list.h"

struct bio;

#define UDF_ISO_BLOCK_BYTES 2048u
#define UDF_ISO_WHY_BYTES 512u
#define UDF_ISO_SYSTEM_AREA_BYTES 32768u
#define UDF_ISO_FRONT_BLOCKS 32u
#define UDF_ISO_FRONT_BYTES (UDF_ISO_FRONT_BLOCKS * UDF_ISO_BLOCK_BYTES)
#define UDF_ISO_PAD_BLOCKS 150u		/* what mkisofs(8) adds: drives and kernels read beyond the end of a track */

/* Texts of the volume descriptors; NULL: what libisofs has for it, or the previous session. */
struct udf_iso_ids {
	const char *volume, *volume_set, *publisher, *preparer, *application, *system;
	const char *copyright, *abstract, *bibliography;
};

enum udf_iso_emulation { UDF_ISO_FLOPPY, UDF_ISO_HARD_DISK, UDF_ISO_NO_EMULATION };

/* One El Torito boot image. */
struct udf_iso_boot {
	const char *path;		/* in the image, "isolinux/isolinux.bin" */
	enum udf_iso_emulation emulation;
	bool is_efi;
	bool not_bootable;
	bool info_table;		/* patch the boot information table into it */
	bool in_gpt;			/* list it in the GPT, as a basic data partition */
	uint16_t load_segment;		/* 0: the default */
	uint32_t load_sectors;		/* of 512 bytes; 0: the whole image */
};

/* What becomes of modes and owners. */
struct udf_iso_owners {
	bool rational;			/* as mkisofs -r: all may read, nobody may write, owner and group are 0 */
	int64_t uid, gid;		/* of everything; -1: as on the host */
	int32_t dir_mode, file_mode;	/* permissions; -1: as on the host */
	int32_t new_dir_mode;		/* of directories that only a target names; -1: dir_mode, or 0755 */
};

/* Texts borrowed until the image is freed. */
struct udf_iso_plan {
	struct udf_iso_ids ids;
	unsigned level;			/* 1 to 3: names of 8.3 or 31 characters; files of 4 GiB and more with 3 */
	bool rock_ridge;
	bool joliet, joliet_long;	/* names of 64, or 103 characters */
	bool iso_1999;			/* a tree of ISO 9660:1999, with names of 207 characters */
	/* Names of the ISO 9660 tree that the standard does not allow */
	bool lower_case, any_ascii, no_dot, no_version, names_37;
	bool hard_links;		/* names of one file share its data and its inode number */
	bool acls, xattrs;		/* recorded as AAIP fields, which xorriso(1) reads */
	bool checksums;			/* the MD5 of each file and of the image; needs rock_ridge for those of files */
	bool sorted;			/* by the weights of udf_iso_add() */
	bool follow_links;
	bool opens_first;		/* open each file when it is added: what can't be opened is known before */
	bool fine_times;		/* keep microseconds for lib/bridge; ISO 9660 has none */
	struct udf_iso_owners owners;
	const char *input_charset, *output_charset;	/* NULL: UTF-8 */
	uint32_t pad_blocks;		/* zeros at the end */

	struct udf_iso_boot *boots;	/* N_BOOTS; the first is the default one */
	size_t n_boots;
	const char *boot_catalog;	/* where it is shown in the image; NULL: "boot.catalog" */
	const uint8_t *system_area;	/* UDF_ISO_SYSTEM_AREA_BYTES for the beginning of the image, or NULL */
	bool isohybrid;			/* SYSTEM_AREA is an MBR of isolinux, to be adapted to this image */

	/* Where the image will stand on the medium, and the session before it */
	uint32_t start_block;
	uint8_t *front;			/* of UDF_ISO_FRONT_BYTES: gets another beginning, for block 0; or NULL */
	struct bio *previous;		/* of UDF_ISO_BLOCK_BYTES; borrowed until the image is freed; NULL: none */
	uint32_t previous_block;	/* where the previous session begins */

	bool is_reproducible;		/* env's clock is fixed: no time in the image is later; all are in UTC */
};

/** A plan with the defaults: level 3, hard links, 150 blocks of padding, modes and owners as on the host. */
void udf_iso_plan_init(struct udf_iso_plan *plan);

/** Whether the fields go together.  RET_WHY says what is wrong, as a phrase; else UDF_OK. */
enum udf_err udf_iso_plan_check(const struct udf_iso_plan *plan, char ret_why[UDF_ISO_WHY_BYTES]);

/* What the walk over the host asks and reports.  All members may be NULL. */
struct udf_iso_listener {
	/* PATH, as the user would write it, with its last NAME: true leaves it out, with all that is below it. */
	bool (*is_excluded)(void *ctx, const char *path, const char *name);
	/*
	 * The host's PATH would be added as TARGET, a path of the image without a slash at its beginning: false leaves
	 * it out, with all that is below it.  Asked of directories too, also of those that a target names.
	 */
	bool (*wants)(void *ctx, const char *path, const char *target, const struct stat *st);
	/* Hidden from the ISO 9660 tree, or from the Joliet tree? */
	void (*hides)(void *ctx, const char *path, const char *name, bool *ret_iso, bool *ret_joliet);
	/* Files of a higher weight come first in the image; 0 is usual. */
	int (*weight)(void *ctx, const char *path);
	/* PATH could not be read, or not completely.  WHY is a phrase, or NULL where HOST_ERRNO says it. */
	void (*failed)(void *ctx, const char *path, enum udf_err err, int host_errno, const char *why);
	/* The UDF volume of the image has PATH as NAME: see struct tree_populate_options. */
	void (*renamed)(void *ctx, const char *path, const char *name);
	/* One more object is in the tree. */
	void (*added)(void *ctx, uint64_t n_objects);
	void *ctx;
};

struct udf_iso_counts {
	uint64_t n_files, n_dirs, n_symlinks, n_special;
	uint64_t n_kept;		/* files that the previous session already holds */
	uint64_t n_left_out;		/* symbolic links and special files, where there is no Rock Ridge */
	uint64_t n_failed;		/* what could not be read; it is missing, or zeros stand in its place */
};

struct udf_iso_image;

/**
 * Begin an image: an empty root directory, or the tree of PLAN->previous.
 * PLAN, LISTENER and ENV are borrowed until udf_iso_image_free().  What libisofs has to say goes to ENV's log.
 */
enum udf_err udf_iso_image_new(const struct udf_iso_plan *plan, const struct udf_iso_listener *listener,
			       const struct udf_env *env, struct udf_iso_image **ret_image,
			       char ret_why[UDF_ISO_WHY_BYTES]);
void udf_iso_image_free(struct udf_iso_image *image);

/**
 * Add what the host has at PATH.
 *
 * @target  Where it goes in the image; directories on the way are made.  "dir/" puts a file into dir under its own
 *	    name.  NULL: a file goes into the root directory, and of a directory everything in it does.
 * A file of the same name is replaced, and directories are merged.  Things that can't be read are reported as failed,
 * counted and left out; only UDF_E_NOMEM, and UDF_E_EXISTS for a directory in the place of a file or the reverse,
 * end it.  UDF_E_NOT_FOUND: there is no PATH.
 */
enum udf_err udf_iso_add(struct udf_iso_image *image, const char *target, const char *path,
			 char ret_why[UDF_ISO_WHY_BYTES]);

/**
 * Add a file of the N_BYTES bytes at DATA, which everybody may read, to the root directory.  It is not asked about.
 * DATA is borrowed until udf_iso_image_free().  UDF_E_EXISTS: something there has that NAME.
 */
enum udf_err udf_iso_add_text(struct udf_iso_image *image, const char *name, const char *data, size_t n_bytes,
			      char ret_why[UDF_ISO_WHY_BYTES]);

/** Report PATH as failed to the listener, and count it. */
void udf_iso_fail(struct udf_iso_image *image, const char *path, enum udf_err err, int host_errno, const char *why);

/** Report that PATH has another NAME to the listener. */
void udf_iso_report_renamed(const struct udf_iso_image *image, const char *path, const char *name);

const struct udf_iso_counts *udf_iso_counts(const struct udf_iso_image *image);

/**
 * Is the tree, to which everything was added, that of PLAN->previous, with the same modes, owners, times, ids and
 * forms?  False without a previous session.  Asked before udf_iso_stream_new().
 */
bool udf_iso_is_unchanged(const struct udf_iso_image *image);

struct udf_iso_stream;

/**
 * The image as a stream.  Nothing can be added any more.
 *
 * @size_only  Only its size will be asked for; few data are read, or none.
 */
enum udf_err udf_iso_stream_new(struct udf_iso_image *image, bool size_only, struct udf_iso_stream **ret_stream,
				char ret_why[UDF_ISO_WHY_BYTES]);

/** Its exact size in blocks, from plan.start_block to its end. */
uint64_t udf_iso_stream_blocks(const struct udf_iso_stream *stream);

/**
 * Read the next N_BLOCKS blocks; fewer only at the end, 0 after it.  Files that could not be read have been reported
 * as failed by then, or are by the last call, and zeros stand in their place.
 */
enum udf_err udf_iso_stream_read(struct udf_iso_stream *stream, uint32_t n_blocks, void *ret_data,
				 uint32_t *ret_n_blocks);

/**
 * Ends the stream, wherever it is.  NULL is allowed.
 *
 * Returns false if a file has kept libisofs waiting for a second.  The image and all that it refers to must stay then,
 * for good, because a thread still uses them.
 */
bool udf_iso_stream_free(struct udf_iso_stream *stream);

/* ---- another file system over the same data: lib/bridge ---- */

/*
 * An image that does not begin at block 0 can have a second beginning there (plan.front): system area and volume
 * descriptors, which lead to the directories that come later.  Between the two is room for another file system.  The
 * plan's start_block, front and pad_blocks are read by udf_iso_stream_new(), and may be set until then.
 */

/* Where a session is added in place. */
struct udf_iso_place {
	uint32_t previous_block;	/* that of the tree which it takes over: 0, unless WAS_LOST */
	uint32_t start_block;		/* its own: the first packet after the image */
	bool was_lost;			/* there, descriptors can't be read; all of FRONT must be written */
};

/* For a search that may read all of a medium. */
struct udf_iso_search {
	/** Called for each place that is looked at.  False: stop, UDF_E_CANCELLED. */
	bool (*goes_on)(void *ctx, uint64_t done_blocks, uint64_t total_blocks);
	void *ctx;
};

/**
 * Read the beginning of the image in PREVIOUS into FRONT, of UDF_ISO_FRONT_BYTES, to add a session to it in place.
 * Where it can't be read, the newest session is looked for, and FRONT leads to that one.
 *
 * @search  May be NULL.
 * Returns UDF_E_CORRUPT where there is no image, UDF_E_UNSUPPORTED where it is one of UDF too, whose tree would stay
 * as it is, UDF_E_CANCELLED.  RET_WHY is a phrase then.
 */
enum udf_err udf_iso_front_read(struct bio *previous, const struct udf_iso_search *search, uint8_t *front,
				struct udf_iso_place *ret_place, char ret_why[UDF_ISO_WHY_BYTES]);

/** The first block of FRONT after the terminator of the volume descriptors, or 0 where there is none. */
uint32_t udf_iso_front_end(const uint8_t *front);

/** The volume has N_BLOCKS, more than libisofs knows of: set its size in all descriptors of FRONT. */
void udf_iso_front_resize(uint8_t *front, uint32_t n_blocks);

/**
 * FRONT was changed: its checksum, for an image from START_BLOCK on, is put into block AT of it, and covers all that
 * comes before.  It is found there by what looks for it after the terminator.
 */
enum udf_err udf_iso_front_seal(uint8_t *front, uint32_t start_block, uint32_t at);

/* All objects of an image.  They have numbers from 0, the root directory, on; those of a directory are consecutive. */
struct udf_iso_tree;

struct udf_iso_item {
	const char *name;		/* borrowed; of the root directory: "" */
	struct stat st;			/* one st_ino for all names of a file, which has st_nlink above 1 then */
	const char *link;		/* where a symbolic link leads; borrowed */
	uint32_t first, n;		/* what a directory holds, in the order of strcmp() */
	bool is_there;			/* in the directories of the image, which were read */
	uint64_t data_block;		/* of a file that is there and not empty: where its data begin */
};

/** The objects of IMAGE, to which nothing can be added any more. */
enum udf_err udf_iso_tree_new(struct udf_iso_image *image, struct udf_iso_tree **ret_tree,
			      char ret_why[UDF_ISO_WHY_BYTES]);
void udf_iso_tree_free(struct udf_iso_tree *tree);
uint32_t udf_iso_tree_count(const struct udf_iso_tree *tree);
void udf_iso_tree_get(const struct udf_iso_tree *tree, uint32_t i, struct udf_iso_item *ret_item);

/** The same without LINK, and of ST only whether it is a directory. */
void udf_iso_tree_peek(const struct udf_iso_tree *tree, uint32_t i, struct udf_iso_item *ret_item);

/**
 * Read the directories of the image, which precede the files, to learn where those are; each is in one piece.
 * udf_iso_stream_read() gives the same blocks afterwards.  Needs Rock Ridge with the names of TREE, the image's.
 * Nothing was read from STREAM yet.
 */
enum udf_err udf_iso_stream_locate(struct udf_iso_stream *stream, struct udf_iso_tree *tree,
				   char ret_why[UDF_ISO_WHY_BYTES]);

/* ---- checking ---- */

struct udf_iso_check_options {
	uint32_t session_block;		/* where the session begins */
	/*
	 * The file PATH is not as its checksum says (UDF_OK), or can't be read, or is missing though the list of the
	 * set has it (UDF_E_NOT_FOUND).
	 */
	void (*damaged)(void *ctx, const char *path, enum udf_err err);
	void (*progress)(void *ctx, uint64_t done_bytes, uint64_t total_bytes);
	void *ctx;
};

struct udf_iso_check_result {
	bool tree_is_damaged;		/* the directories are not as their checksum says */
	bool has_session, session_matches;	/* the checksum over the whole session */
	uint64_t n_files, n_checked, n_damaged;	/* regular files; those with a checksum; those that differ */
	uint64_t n_bytes;			/* read and compared */
	/*
	 * The list of the set of discs that the image is one of; here 0: there is none.  The caller releases it with
	 * udf_disc_list_done() where udf_iso_check() returns UDF_OK.
	 */
	struct udf_disc_list list;
	bool list_is_damaged;			/* so that it could not be used */
};

/**
 * Read every file of the image in BIO that has a checksum, in the order of the medium, and compare.  A disc of a set
 * has the checksums of its files also in the list of the set.
 * Returns UDF_E_NOT_FOUND where the image holds no checksums, UDF_E_CORRUPT where it is not an ISO 9660 image.
 * Damage is no error: see the result.
 */
enum udf_err udf_iso_check(struct bio *bio, const struct udf_iso_check_options *options, const struct udf_env *env,
			   struct udf_iso_check_result *ret, char ret_why[UDF_ISO_WHY_BYTES]);

/**
 * Read only the list of the set of discs that the image in BIO is one of.
 *
 * @ret_list  Released with udf_disc_list_done() where UDF_OK is returned.
 * Returns UDF_E_NOT_FOUND where it is no disc of a set, or its list is damaged; and what udf_iso_check() returns.
 */
enum udf_err udf_iso_list_read(struct bio *bio, const struct udf_env *env, struct udf_disc_list *ret_list);

#endif
