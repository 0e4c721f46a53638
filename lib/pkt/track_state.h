/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The track writer, as its files see it. */
#ifndef UDF_PKT_TRACK_STATE_H
#define UDF_PKT_TRACK_STATE_H

#include "mmc/append.h"
#include "pkt/track.h"

#define PKT_CD_PACKET_BLOCKS 32u

struct pkt_track {
	struct mmc_drive *drive;
	struct pkt_track_plan plan;
	enum mmc_recording recording;
	uint32_t unit_blocks;		/* what the medium is filled up to */
	uint32_t max_blocks;		/* of a command */
	uint32_t first_lba;
	uint64_t next_lba, end_lba;	/* of what was given to the drive; of the room */
	uint64_t n_given, n_sent, n_padding;	/* blocks: by the caller, to the drive, zeros among them */
	bool is_started, is_ended, has_failed, is_protected;
	uint64_t start_ms, shown_blocks, asked_blocks;
	uint32_t speed_kbs;
	struct mmc_buffer buffer;
	uint32_t n_waiting;		/* blocks in memory */
	uint8_t *waiting;		/* max_blocks */
};

static inline bool pkt_track_is_cd(const struct pkt_track *t)
{
	return mmc_drive_disc(t->drive)->profile->family == MMC_FAMILY_CD;
}

static inline bool pkt_track_is_at_once(const struct pkt_track *t)
{
	return t->recording == MMC_RECORD_AT_ONCE;
}

/** Whether anything can be appended to the disc in DRIVE. */
enum udf_err pkt_track_medium_check(struct mmc_drive *drive);

/** Choose how it is written, and how much room there is; T has drive, plan and next_lba. */
enum udf_err pkt_track_plan_check(struct pkt_track *t);

#endif
