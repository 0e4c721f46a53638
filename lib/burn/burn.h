/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Burning writes the data of a source, through a buffer in memory, to a disc that is written in order, and can read
 * them back.
 *
 * A thread of its own reads the source.  Nothing is sent to the drive before the source has delivered its first bytes,
 * so a source that fails at once, or is empty, leaves the disc unchanged.
 */
#ifndef UDF_BURN_BURN_H
#define UDF_BURN_BURN_H

#include <stddef.h>

#include "pkt/track.h"

struct burn_source {
	void *ctx;
	/** Read up to N_BYTES, at least one; RET_N_BYTES is 0 at the end.  Called from another thread. */
	enum udf_err (*read)(void *ctx, void *ret_data, size_t n_bytes, size_t *ret_n_bytes);
	/**
	 * Burning ends, perhaps before the source does.  The data that read() returns are not used any more, and read()
	 * should return soon.  This is called from burn_run()'s thread, even while read() runs.  NULL: read() always
	 * returns soon.
	 */
	void (*stop)(void *ctx);
};

struct burn_progress {
	struct pkt_track_progress track;
	unsigned fifo_percent;		/* how full the buffer in memory is */
	bool is_verifying;		/* track.n_blocks have been read back, then */
};

#define BURN_MIN_FIFO_BYTES 131072u

struct burn_plan {
	struct pkt_track_plan track;	/* n_blocks without padding; its progress is not used */
	size_t fifo_bytes;		/* at least BURN_MIN_FIFO_BYTES */
	uint32_t n_pad_blocks;		/* of zeros, after the data */
	bool may_be_empty;		/* a source without data is allowed: the track has only padding */
	bool verify;			/* read everything back */
	/* The data refer to their places on the disc, so they are written from block first_lba on, or not at all. */
	bool has_first_lba;
	uint32_t first_lba;
	/*
	 * Look at the beginning of the source before anything is written: N_BYTES, as many as the buffer holds.
	 * Returns the reason why it must not be burned, or NULL.  The function may be NULL.
	 */
	const char *(*refuses)(const uint8_t *data, size_t n_bytes);
	/*
	 * Called about every 512 KiB, and while the source keeps the drive waiting, five times a second.  False: stop,
	 * UDF_E_CANCELLED.  May be NULL.
	 */
	bool (*progress)(void *ctx, const struct burn_progress *progress);
	void *ctx;
};

#define BURN_TEXT_BYTES (PKT_TRACK_TEXT_BYTES + 100)

struct burn_report {
	struct pkt_track_report track;
	uint64_t n_bytes;		/* of the source */
	bool source_failed;		/* the error is the source's */
	/* read() did not return within a second after stop(): the caller must never free what the source uses */
	bool source_hangs;
	bool was_verified;
	uint64_t n_different;		/* pieces of up to 32 blocks that differ from the source, or can't be read */
	uint32_t first_different_lba;
	char text[BURN_TEXT_BYTES];	/* after a failure: what happened, and what state the disc is in */
};

/**
 * Burn SOURCE as one track of the disc in DRIVE, and end it as the plan says.
 *
 * @ret_report  Always set.
 * Returns UDF_E_NO_DATA for an empty source; UDF_E_UNSUPPORTED for one that the plan refuses; UDF_E_INVAL if writing
 * would not begin at first_lba; the source's own error; UDF_E_CORRUPT if the disc differs from what was sent; else
 * those of pkt_track_new(), pkt_track_write() and pkt_track_end().
 */
enum udf_err burn_run(struct mmc_drive *drive, const struct burn_plan *plan, const struct burn_source *source,
		      struct burn_report *ret_report);

#endif
