/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writing in order: what is set in a drive before, and the writes themselves.
 *
 * These are single steps; the order of them is the business of lib/pkt.  What is written goes to the next writable
 * address or nowhere: a drive that was reset or has got another disc meanwhile is not asked again, since it has
 * forgotten how the track is written.
 */
#ifndef UDF_MMC_APPEND_H
#define UDF_MMC_APPEND_H

#include "mmc/drive.h"
#include "mmc/mode_page.h"

enum mmc_recording {
	MMC_RECORD_TRACK,		/* CD: track at once */
	MMC_RECORD_AT_ONCE,		/* CD: session at once; DVD-R and DVD-RW: the disc */
	MMC_RECORD_PACKETS,		/* CD: packets of variable length; all others: piece by piece */
	MMC_RECORD_FIXED_PACKETS,	/* CD: packets of 32 blocks */
};

struct mmc_recording_options {
	bool is_test;			/* with the laser off */
	bool is_multi;			/* another session can follow */
	bool is_xa;			/* CD: mode 2, form 1, of 2048 bytes too; not at once */
	bool may_underrun;		/* the drive shall not go on after its buffer ran empty */
};

/** The parameters for mode page 05h.  PROFILE is a CD, or a DVD that is written in order. */
struct mmc_write_parameters mmc_recording_parameters(const struct mmc_profile *profile, enum mmc_recording recording,
						     const struct mmc_recording_options *options);

/** Whether the page has any say about how this kind of medium is written in order. */
bool mmc_has_write_mode(const struct mmc_profile *profile);

/**
 * Tell the drive how the medium will be written.  Media for which there is no such page: nothing is sent.
 *
 * @ret_is_protected  Whether the drive goes on after its buffer ran empty.  If not, only a low speed is safe.
 */
enum udf_err mmc_recording_set(struct mmc_drive *drive, enum mmc_recording recording,
			       const struct mmc_recording_options *options, bool *ret_is_protected);

/**
 * Calibrate the laser, once a session: a disc has room for about a hundred calibrations.  Media for which drives do
 * this unasked: nothing is sent.
 */
enum udf_err mmc_session_calibrate(struct mmc_drive *drive);

/** The cue sheet of a session with one data track of N_BLOCKS at START_LBA (MMC-6 6.32). */
#define MMC_CUE_SHEET_BYTES 32u
void mmc_cue_sheet_encode(uint32_t start_lba, uint32_t n_blocks, uint8_t ret_bytes[MMC_CUE_SHEET_BYTES]);
enum udf_err mmc_cue_sheet_send(struct mmc_drive *drive, uint32_t start_lba, uint32_t n_blocks);
#define MMC_PREGAP_BLOCKS 150u		/* which are written before the track, at once */

/** How many blocks one write can carry. */
uint32_t mmc_append_max_blocks(const struct mmc_drive *drive);

/**
 * Write N_BLOCKS at LBA, which is negative in the pregap of the first track.
 *
 * Waits while the buffer of the drive is full.  Success means that the drive has taken the data.
 * Returns UDF_E_MEDIUM for an error of this or of an earlier write, whose block is in the failure where the drive
 * names it; UDF_E_NOSPC where the medium or the track ends; UDF_E_INVAL if the drive expects another address;
 * UDF_E_IO if the drive was reset or is gone.  Nothing was closed.
 */
enum udf_err mmc_append_write(struct mmc_drive *drive, int64_t lba, uint32_t n_blocks, const void *data);

/** End what is being written: the packet, and on CD and at once the track or session.  Waits for the medium. */
enum udf_err mmc_append_sync(struct mmc_drive *drive);

/** The track that is being written, or the one in which writing can begin.  Asked anew. */
enum udf_err mmc_append_track_read(struct mmc_drive *drive, struct mmc_track *ret_track);

struct mmc_buffer {
	uint32_t n_bytes, n_free_bytes;	/* 0 and 0 if the drive does not say */
};
/** How full the buffer of the drive is.  Some drives always say that it is empty. */
void mmc_buffer_read(struct mmc_drive *drive, struct mmc_buffer *ret_buffer);

/** Let more sessions follow the one that is closed next.  A drive forgets this when it loses its power. */
enum udf_err mmc_more_sessions_allow(struct mmc_drive *drive);

/**
 * Close the disc for good: no session can follow.  A session that is open is closed with it.
 *
 * CD, DVD-R and DVD-RW are closed by closing a session after which none may follow.
 * Returns UDF_E_INVAL if all sessions are closed on such a medium, or a track is still open.
 */
enum udf_err mmc_finalize(struct mmc_drive *drive);

/** Where the last complete session begins, and where the next one will. */
struct mmc_session_addresses {
	uint32_t last_lba, next_lba;
};
/**
 * The two numbers that mastering a further session needs (-msinfo).
 *
 * Returns UDF_E_INVAL if the disc has no complete session or can't be appended to; the failure says which.
 */
enum udf_err mmc_session_addresses_read(struct mmc_drive *drive, struct mmc_session_addresses *ret_addresses);

#endif
