/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Check of a volume: every structure that can be reached, space both ways, links, ids, counts.  Uses
 * ecma and vol with a sink; never goes through fs.  Only chk_make_space_safe() writes.
 */
#ifndef UDF_CHECK_CHECK_H
#define UDF_CHECK_CHECK_H

#include <stdbool.h>
#include <stdint.h>
#include <udfkit/env.h>
#include <udfkit/error.h>
#include <udfkit/problem.h>

struct udf_vol;

struct chk_options {
	/* DONE of TOTAL ICBs ("files"; as many as are known so far) or pages of blocks ("space").  May be NULL. */
	void (*progress)(void *ctx, const char *pass, uint64_t done, uint64_t total);
	void *progress_ctx;
	/* Called from time to time; true ends the check with UDF_E_CANCELLED.  May be NULL. */
	bool (*cancelled)(void *ctx);
	void *cancelled_ctx;
	/*
	 * NULL, or a variable that is set while the sink is called: to the path of the object that the
	 * finding is about, or to NULL if there is no such object or its path is not known.
	 */
	const char **ret_path;
};

struct chk_result {
	uint64_t n_findings[4];		/* by enum udf_severity */
	uint32_t n_files, n_directories;
	uint64_t next_unique_id;	/* the highest id seen, plus 1 */
	uint64_t n_free_blocks;		/* of partition reference 0, as reachable blocks leave them; 0: read-only */
	bool was_open;
};

/**
 * Check the whole volume VOL, which was opened with the same sink.  Findings go to SINK, which may be NULL.
 * OPTIONS may be NULL.  result.n_findings are those of this call, without what opening reported.
 * Returns UDF_OK when the check ran to its end, whatever it found.
 */
enum udf_err chk_volume(struct udf_vol *vol, const struct chk_options *options, struct udf_sink *sink,
			struct chk_result *ret_result);

/**
 * The space pass alone, for a volume that another writer left open: walk what is reachable and mark
 * in the space bitmap on disc every block that is used but marked free.  Writes and flushes only
 * bitmap blocks.  In memory, VOL's Next UniqueID is raised above those that are given.  *RET_SAFE false:
 * something worse was met (a block with two owners, an unreadable directory or ICB, a file with more
 * names than links, a broken bitmap, a used block that a space table calls free): the volume is not to be
 * written.
 */
enum udf_err chk_make_space_safe(struct udf_vol *vol, struct udf_sink *sink, bool *ret_safe,
				 uint64_t *ret_n_marked);

/**
 * Call USED with every run of blocks of partition reference PART_REF that something refers to, in ascending
 * order; it ends the walk with an error.  Writes nothing.  *RET_SAFE false: something was met that makes it
 * unsafe to write the volume, as for chk_make_space_safe(); then USED was not called.
 *
 * @ret_next_id  One more than the highest unique id of the volume; 0 if it is not to be used.
 */
enum udf_err chk_find_used(struct udf_vol *vol, uint16_t part_ref,
			   enum udf_err (*used)(void *ctx, uint32_t lbn, uint32_t n_blocks), void *ctx,
			   uint64_t *ret_next_id, bool *ret_safe);

#endif
