/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Media that are written in order: their tracks and sessions, and writing them. */
#ifndef UDF_SIM_SEQUENCE_H
#define UDF_SIM_SEQUENCE_H

#include "sim/command.h"
#include "sim/disc.h"
#include "sim/family.h"
#include "sim/view.h"

/* ---- sequence.c: tracks and sessions ---- */

/* How a kind of disc lays out what is written in order. */
struct sim_seq_rules {
	uint32_t n_blocks;		/* what can be written at all */
	uint32_t first_gap_blocks, later_gap_blocks;	/* from a lead-out to the next session's first track */
	uint32_t track_gap_blocks, run_out_blocks;
	uint32_t link_blocks;		/* between packets */
	uint32_t align_blocks, min_track_blocks;
	uint32_t packet_blocks;		/* for READ TRACK INFORMATION */
	uint32_t max_tracks, max_sessions, max_session_tracks;	/* 0: SIM_MAX_TRACKS, any number */
	uint8_t blank_mode, blank_data_mode;	/* of the invisible track */
	uint8_t reserved_bits;		/* of byte 6, of a reserved track in which nothing is */
	bool is_write_once;
	bool uses_page05;		/* for Test Write, and BUFE */
	bool loses_place;		/* what was cut off has no next writable address */
	bool never_damaged;		/* the drive finds the end again after a cut */
	bool repairs_itself;		/* the next WRITE goes on after what was cut off */
	bool has_last_lba;		/* of closed tracks */
	bool reads_open_tracks;		/* as far as they are synced */
	bool only_at_once;		/* no track can be written piece by piece */
	sim_sense gap_sense;		/* of reading between tracks */
};

struct sim_recorded *sim_open_track(struct sim_disc *disc);	/* that is written; NULL: none */
/** Track NUMBER, or FFh for the one that is written.  NULL: it isn't open. */
struct sim_recorded *sim_open_track_at(struct sim_disc *disc, unsigned number);
bool sim_has_reserved_tracks(const struct sim_disc *disc);	/* that aren't full */
/** Is there an invisible track after the last one? */
bool sim_has_invisible_track(const struct sim_disc *disc);
bool sim_session_is_open(const struct sim_disc *disc);
uint32_t sim_n_closed_sessions(const struct sim_disc *disc);
/** May the last session be closed, which waits for all of its tracks?  0: yes. */
sim_sense sim_seq_may_close(struct sim_disc *disc);
/** Of the last session that is closed; 0: none is. */
uint32_t sim_lead_out(const struct sim_disc *disc, const struct sim_seq_rules *rules);
uint32_t sim_next_start(const struct sim_disc *disc, const struct sim_seq_rules *rules);
/** May another track begin?  0: yes. */
sim_sense sim_seq_may_begin(const struct sim_disc *disc, const struct sim_seq_rules *rules);
/** Make the next track.  The disc is SIM_SEQUENTIAL then. */
struct sim_recorded *sim_seq_begin(struct sim_disc *disc, uint32_t mode, const struct sim_seq_rules *rules);
uint32_t sim_seq_limit(const struct sim_disc *disc, const struct sim_seq_rules *rules);
sim_sense sim_seq_check_read(const struct sim *sim, struct sim_command *cmd, const struct sim_span *span,
			     const struct sim_seq_rules *rules);
/** Tracks and sessions of VIEW.  IS_FINAL: the last session was closed for good. */
void sim_seq_describe(const struct sim_disc *disc, const struct sim_seq_rules *rules, bool is_final,
		      struct sim_view *view);
/** Forget everything that was written in order. */
void sim_seq_reset(struct sim_disc *disc);

/* ---- stream.c: writing in order ---- */

sim_sense sim_seq_write(struct sim *sim, struct sim_command *cmd, const struct sim_span *span,
			const struct sim_seq_rules *rules, uint32_t mode);
bool sim_is_test(const struct sim *sim);
/** Writing stops when the buffer runs empty: page 05 doesn't allow the drive to go on after a link. */
bool sim_may_underrun(const struct sim *sim);
/** The stream is on the disc, and the open track ends with a whole packet or ECC block. */
void sim_seq_flush(struct sim *sim, const struct sim_seq_rules *rules);
/** TRACK NULL: the one that is written. */
void sim_seq_close_track(struct sim *sim, struct sim_recorded *track, const struct sim_seq_rules *rules);
void sim_seq_close_session(struct sim *sim, const struct sim_seq_rules *rules);
sim_sense sim_seq_reserve(struct sim *sim, struct sim_command *cmd, uint32_t n_blocks, uint32_t mode,
			  const struct sim_seq_rules *rules);
sim_sense sim_seq_repair(struct sim *sim, struct sim_command *cmd, unsigned number, const struct sim_seq_rules *rules);
void sim_seq_cut(struct sim *sim, const struct sim_seq_rules *rules);
/** kB/s at which the disc is written now. */
uint32_t sim_write_kbytes(const struct sim *sim);
/** The laser is calibrated, which takes room on the disc.  0: there was some. */
sim_sense sim_calibrate(struct sim *sim);

/* ---- ordered.c: operations of the families that are written in order, by the rules of each ---- */

#define SIM_INCREMENTAL 0x2104u		/* mode of a track of a DVD or BD that is written piece by piece */
/* What the parameter of OP_CLOSE says. */
#define SIM_CLOSE_TRACK 0x10u		/* the session stays open */
#define SIM_CLOSE_FINAL 0x20u		/* no further session can follow */

struct sim_seq_rules sim_rules_of(const struct sim *sim);
/** Describe a DVD or BD.  The caller sets its profile, and its features except Random Readable. */
void sim_ordered_describe(const struct sim *sim, struct sim_view *view);
uint32_t sim_ordered_read_limit(const struct sim *sim);
sim_sense sim_ordered_check_read(const struct sim *sim, struct sim_command *cmd, const struct sim_span *span);
sim_sense sim_ordered_may_write(const struct sim *sim);
sim_sense sim_ordered_write(struct sim *sim, struct sim_command *cmd, const struct sim_span *span);
sim_sense sim_ordered_sync(struct sim *sim, struct sim_command *cmd);
sim_sense sim_ordered_repair(struct sim *sim, struct sim_command *cmd, unsigned track);
sim_sense sim_ordered_begin_close(struct sim *sim, uint32_t parameter, uint64_t ms, bool immed);
/** Close track NUMBER, if it is open. */
sim_sense sim_ordered_close_track(struct sim *sim, unsigned number, uint64_t ms, bool immed);
void sim_ordered_finish_close(struct sim *sim);
void sim_ordered_cut(struct sim *sim, enum sim_op op);

/* ---- cue.c: session at once ---- */

/** SEND CUE SHEET, for the next session of a disc that can take one. */
sim_sense sim_cue_read(struct sim *sim, struct sim_command *cmd, const struct sim_seq_rules *rules);
sim_sense sim_cue_write(struct sim *sim, struct sim_command *cmd, const struct sim_span *span,
			const struct sim_seq_rules *rules, uint32_t mode);
/** If all blocks of the cue sheet were written, close the session. */
bool sim_cue_finish(struct sim *sim, const struct sim_seq_rules *rules);
sim_sense cmd_cue_sheet(struct sim *sim, struct sim_command *cmd);

#endif
