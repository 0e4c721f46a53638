/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tree of files on a set of discs, each of which can be read alone:
 *
 *	udf_span_new()
 *	udf_span_add() ...	what is in the tree
 *	udf_span_plan()		which disc gets what, measured with the sizes of real images
 *	udf_span_sum()		the checksums of all files
 *	udf_span_list()		the list of the set, for each disc
 *	udf_span_wants()	is something of the tree on a disc?
 *	udf_span_look(), udf_span_changes()	is the tree still as it was?
 *
 * The same tree and the same sizes give the same plan.  Which files go together is decided in pack.h; what the list
 * looks like, in disc_list.h.
 */
#ifndef UDF_ISO_SPAN_H
#define UDF_ISO_SPAN_H

#include <sys/stat.h>

#include "iso/disc_list.h"

#define UDF_SPAN_BLOCK_BYTES 2048u
#define UDF_SPAN_ALL 0u			/* in place of a disc: one that holds everything */
#define UDF_SPAN_NOTHING UINT32_MAX	/* one that holds only the list */

struct udf_span;

/** @sums  The list of the set has a checksum of each file: see udf_span_sum(). */
enum udf_err udf_span_new(bool sums, struct udf_span **ret_span);
void udf_span_free(struct udf_span *span);	/* NULL is allowed */

/**
 * The host has at HOST_PATH what goes to PATH in the tree; of several for one PATH the last one counts.
 *
 * @path  Without a slash at its beginning or end; copied.
 * @st    Names of a file that has several (st_nlink) stay together, if SHARES.  A directory counts where it is empty.
 */
enum udf_err udf_span_add(struct udf_span *span, const char *path, const char *host_path, const struct stat *st,
			  bool shares);

struct udf_span_wish {
	const uint64_t *size_blocks;	/* of the discs; the last one repeats */
	unsigned n_sizes;
	/* Goes to the first disc: a file, or everything below a directory.  In the form of udf_span_add(). */
	const char *const *pinned;
	size_t n_pinned;
	/*
	 * How large is the image of DISC (or UDF_SPAN_ALL, UDF_SPAN_NOTHING) as udf_span_wants() has it, with a list as
	 * long as udf_span_list() makes it?  The image of the first disc may have more, such as what it boots from.
	 */
	enum udf_err (*measure)(void *ctx, uint32_t disc, uint64_t *ret_n_blocks);
	/*
	 * The file HOST_PATH fits on no disc, or IS_PINNED and doesn't fit on the first one.  ROOM_BYTES are there
	 * apart from what every disc needs.  May be NULL.
	 */
	void (*too_large)(void *ctx, const char *host_path, uint64_t n_bytes, uint64_t room_bytes, bool is_pinned);
	void *ctx;
};

/**
 * Give everything its disc.  Nothing can be added any more.
 *
 * Every disc has been measured as it will be: no image is larger than its disc as long as the files stay as they are.
 * Returns UDF_E_RANGE where files are too large, after too_large() for each; UDF_E_INVAL where a disc has no room for
 * the list; UDF_E_NOSPC where UDF_DISC_LIST_MAX_DISCS don't suffice; UDF_E_NO_DATA where there is nothing; and the
 * errors of measure(), which may return UDF_E_FILE_TOO_BIG for UDF_SPAN_ALL.
 */
enum udf_err udf_span_plan(struct udf_span *span, const struct udf_span_wish *wish);

unsigned udf_span_n_discs(const struct udf_span *span);

struct udf_span_disc {
	uint64_t n_blocks;		/* of its image */
	uint64_t size_blocks;		/* how large it may be */
	uint64_t n_files, n_bytes;	/* regular files: their names, and the data of each once */
};

/** What is planned for DISC, from 1 on. */
const struct udf_span_disc *udf_span_disc(const struct udf_span *span, unsigned disc);

/** Is PATH on DISC?  A directory is where something below it is, and the root directory "" everywhere. */
bool udf_span_wants(const struct udf_span *span, uint32_t disc, const char *path, bool is_directory);

/** Note what the host has at PATH of the tree now, when its disc is made: see udf_span_changes(). */
void udf_span_look(struct udf_span *span, const char *path, const struct stat *st);

/**
 * Compare what DISC should get with what udf_span_look() has seen, and forget that.
 *
 * @changed  HOST_PATH is not there any more, or IS_THERE and has another size, kind or time of change than when it was
 *	     added.
 * Returns how many there are.
 */
uint64_t udf_span_changes(struct udf_span *span, unsigned disc,
			  void (*changed)(void *ctx, const char *host_path, bool is_there), void *ctx);

/**
 * Read all files for their checksums.
 *
 * @failed    HOST_PATH can't be read (HOST_ERRNO), or (0) has not the size any more that it was added with.
 * @progress  May be NULL.  False: stop, UDF_E_CANCELLED.
 * Returns UDF_E_IO after failed(), UDF_E_NOMEM.
 */
enum udf_err udf_span_sum(struct udf_span *span,
			  void (*failed)(void *ctx, const char *host_path, int host_errno),
			  bool (*progress)(void *ctx, uint64_t done_bytes, uint64_t total_bytes), void *ctx);

/**
 * The list for DISC (0: the plan) as a text, which the caller frees.  Before the plan and the checksums are complete it
 * is only as long as it will be.
 *
 * @ret_id  The id of the set; may be NULL.
 */
enum udf_err udf_span_list(const struct udf_span *span, unsigned disc, char **ret_text, size_t *ret_n_bytes,
			   char ret_id[UDF_DISC_LIST_ID_BYTES]);

/**
 * Compare the plan with an older one.
 *
 * @differs  PATH: WHAT, a phrase such as "is new".  Called for everything that differs.
 * Returns true if they are the same.
 */
bool udf_span_compare(const struct udf_span *span, const struct udf_disc_list *older,
		      void (*differs)(void *ctx, const char *path, const char *what), void *ctx);

#endif
