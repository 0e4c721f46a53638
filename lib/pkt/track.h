/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The track writer: blocks that are written one after the other to a CD-R(W), DVD-R(W), DVD+R or BD-R.
 *
 *     pkt_track_new()         looks at the disc and refuses what can't work; nothing is sent that changes it
 *     pkt_track_write() ...   the first call tells the drive how to write, then the disc changes
 *     pkt_track_sync()        everything written so far is on the medium; the next address may have moved
 *     pkt_track_end()         adds the padding that is needed, and closes the track, the session or the disc
 *     pkt_track_free()        a track that was not ended stays open on the disc
 *
 * A source that fails before its first block leaves the disc unchanged.  After a write has failed, nothing more is
 * written or closed: pkt_track_stop() reports the block, the reason, and the state of the disc.
 *
 * Blocks have 2048 bytes.  One writer uses a drive at a time.
 */
#ifndef UDF_PKT_TRACK_H
#define UDF_PKT_TRACK_H

#include <stdbool.h>
#include <stdint.h>
#include <udfkit/error.h>

#include "mmc/cdb.h"
#include "mmc/drive.h"

struct pkt_track;

#define PKT_CD_MIN_TRACK_BLOCKS 300u	/* a shorter track is filled up with zeros */

enum pkt_recording {
	PKT_RECORD_BY_MEDIUM,		/* CD: track at once.  DVD, BD: piece by piece; else the disc at once */
	PKT_RECORD_TRACK,		/* the same, but never at once */
	PKT_RECORD_AT_ONCE,		/* CD: session at once.  DVD-R, DVD-RW: disc at once, which also closes it */
	PKT_RECORD_PACKETS,		/* CD: packets of variable length, each as long as lies between two syncs */
	PKT_RECORD_FIXED_PACKETS,	/* CD: packets of 32 blocks */
};

enum pkt_ending {
	PKT_END_OPEN,			/* nothing is closed; writing can go on in packets and on DVD and BD */
	PKT_END_TRACK,			/* the track is closed, the session is not */
	PKT_END_SESSION,		/* other drives can read it; more sessions can follow */
	PKT_END_DISC,			/* nothing can be added to the disc any more */
};

/* How far a track is. */
struct pkt_track_progress {
	uint64_t n_blocks;		/* that the drive has accepted */
	uint64_t n_total;		/* 0: not known */
	uint32_t buffer_bytes, buffer_free_bytes;	/* of the drive; 0 and 0 if it does not say */
	uint32_t speed_kbs;		/* as set; 0 is the highest of drive and medium */
	uint64_t elapsed_ms;		/* of the drive's own time, since the first block */
	const char *what;		/* a phrase: "writing", "closing the session" */
};

struct pkt_track_plan {
	enum pkt_recording recording;
	enum pkt_ending ending;		/* what pkt_track_end() will do; set in the drive before it writes */
	bool is_test;			/* with the laser off: CD, and DVD-R(W); nothing changes on the disc */
	bool has_size;
	/* With has_size, the size; missing blocks become zeros at the end.  Otherwise a lower bound of the size. */
	uint32_t n_blocks;
	uint32_t speed_kbs;		/* of 1000 bytes; 0 is the highest.  If underruns do harm, the lowest is used */
	bool is_xa;			/* CD: mode 2, form 1 */
	bool may_underrun;		/* turn off the protection, and keep the requested speed nevertheless */
	bool no_calibration;		/* leave it to the drive */
	bool may_overburn;		/* continue after the size that the drive reports, until it refuses a block */
	/* Called about every 256 blocks and before what takes long.  False: stop, UDF_E_CANCELLED.  May be NULL. */
	bool (*progress)(void *ctx, const struct pkt_track_progress *progress);
	void *ctx;
};

/**
 * Check PLAN against the disc that is in DRIVE.  The drive is only asked.
 *
 * @drive  Borrowed until pkt_track_free().
 * Returns UDF_E_UNSUPPORTED for what medium or drive can't do, UDF_E_READ_ONLY for a disc that is closed or protected,
 * UDF_E_NOSPC if n_blocks don't fit, or no further track or session fits on the disc; mmc_drive_failure() says why.
 */
enum udf_err pkt_track_new(struct mmc_drive *drive, const struct pkt_track_plan *plan, struct pkt_track **ret_track);

/**
 * Check how PLAN wants to write against the disc as it will be when it is blanked, so that nothing is destroyed for
 * what can't work then: a DVD-RW that is blanked minimally is written at once only.  The drive is not asked.
 *
 * Returns UDF_E_UNSUPPORTED, and mmc_drive_failure() says why.  After blanking in part the state can't be predicted, so
 * UDF_OK is returned.
 */
enum udf_err pkt_track_blanked_check(struct mmc_drive *drive, enum mmc_blanking blanking,
				     const struct pkt_track_plan *plan);

/** Can the disc only be written at once, with one track that closes it?  A minimally blanked DVD-RW is like that. */
bool pkt_track_is_at_once_only(const struct mmc_disc *disc);

/** How many blocks of data fit in N_BLOCKS of a CD in packets of 32, which have links between them. */
uint32_t pkt_fixed_packets_room(uint32_t n_blocks);

/** Free the writer.  A track that was not ended stays open on the disc.  NULL is allowed. */
void pkt_track_free(struct pkt_track *track);

/** Where the next block that is given to pkt_track_write() will be.  Reliable after pkt_track_new() and a sync. */
uint32_t pkt_track_next_lba(const struct pkt_track *track);

/** How many blocks fit from that address on. */
uint64_t pkt_track_free_blocks(const struct pkt_track *track);

/**
 * Append N_BLOCKS.  They are handed to the drive in commands of up to 64 KiB; less than one of these waits in memory.
 *
 * Returns UDF_E_MEDIUM if a block can't be written; UDF_E_NOSPC if they don't fit (nothing of them is written);
 * UDF_E_CANCELLED; UDF_E_IO if the drive is gone or was reset.  After an error only pkt_track_stop() makes sense.
 */
enum udf_err pkt_track_write(struct pkt_track *track, const void *data, uint32_t n_blocks);

/**
 * Wait until everything written so far is on the medium.  This ends the packet: link blocks follow on CD, and DVD and
 * BD are filled up with zeros to 16 or 32 blocks, so the drive is asked for the next address again.
 *
 * Returns UDF_E_UNSUPPORTED where the end of the data would be the end of the track (track at once, session at once).
 */
enum udf_err pkt_track_sync(struct pkt_track *track);

/* What became of a track. */
struct pkt_track_report {
	uint32_t first_lba;
	uint64_t n_blocks;		/* that were given to pkt_track_write() */
	uint64_t n_padding;		/* blocks of zeros after them */
	bool is_touched;		/* something was written, or the drive was asked to */
	bool has_bad_lba;		/* after a failure: the block that it is about */
	uint32_t bad_lba;
	enum mmc_state state;		/* of the disc, as it was found afterwards */
	bool track_is_open, track_is_damaged, has_next_writable;
	uint32_t next_writable_lba;
	uint64_t n_waits;		/* how often the drive's buffer was full */
	bool was_protected;		/* against underruns */
};

/**
 * Write what waits in memory, fill up to what the medium needs, wait for the medium, and close as the plan says.
 *
 * A track of a CD gets at least 300 blocks.  If no block was written, the disc is unchanged, and UDF_E_NO_DATA is
 * returned.
 * @ret_report  Set in any case; may be NULL.
 */
enum udf_err pkt_track_end(struct pkt_track *track, struct pkt_track_report *ret_report);

/**
 * Stop: nothing more is written or closed.  The state of the disc is found out.
 *
 * @ret_text    The state and what to do, for the user: "the disc is appendable; its track 2 is open and ..."
 */
#define PKT_TRACK_TEXT_BYTES 400u
void pkt_track_stop(struct pkt_track *track, struct pkt_track_report *ret_report, char ret_text[PKT_TRACK_TEXT_BYTES]);

#endif
