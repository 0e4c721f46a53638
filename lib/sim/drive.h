/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A drive with what is in it, and the simulation as a whole. */
#ifndef UDF_SIM_DRIVE_H
#define UDF_SIM_DRIVE_H

#include "sim/command.h"
#include "sim/disc.h"
#include "sim/quirk.h"

enum sim_op { OP_NONE, OP_LOAD, OP_FORMAT, OP_BLANK, OP_CLOSE, OP_SYNC, OP_OPC, SIM_N_OPS };

/* A long operation, which clients poll for. */
struct sim_operation {
	uint32_t kind;			/* enum sim_op */
	uint64_t start_us, end_us;
	uint32_t poll_us;		/* how far a poll moves the clock */
	uint32_t parameter;		/* for the family that finishes it */
	uint32_t blocks;
	uint32_t no_progress;		/* the drive doesn't say how far it is */
	uint32_t showed_end, hides_start;
};

#define SIM_MAX_ATTENTIONS 8u
#define SIM_MAX_DEFERRED 64u
#define SIM_PAGES_BYTES 256u
#define SIM_MAX_ANSWERS 32u

struct sim_drive {
	struct sim_quirks quirks;
	uint64_t clock_us;
	uint64_t random;		/* state of the generator */
	uint32_t powered, clean;
	uint32_t tray_open, stopped, locked, persistent;
	uint32_t disc_is_out;		/* taken away */
	char other_disc[4096];		/* in the drive instead of its own; "": none */
	sim_sense attentions[SIM_MAX_ATTENTIONS];
	uint32_t n_attentions;
	sim_sense deferred[SIM_MAX_DEFERRED];
	uint32_t deferred_lba[SIM_MAX_DEFERRED];
	uint32_t n_deferred;
	uint32_t media_event, change_event;	/* codes that wait for GET EVENT STATUS NOTIFICATION; 0: none */
	uint32_t write_kbytes, read_kbytes;	/* per second, as set; 0: the most */
	uint32_t warned_spares;
	uint32_t cut_announced, cut_torn;
	uint64_t cut_after, cut_seed;
	uint32_t log_on;
	struct sim_answer answers[SIM_MAX_ANSWERS];
	uint32_t n_answers;
	struct sim_operation op;
	uint8_t pages[SIM_PAGES_BYTES];	/* current mode pages, one after the other */
};

/* A FILE with its state: a drive, and the disc that belongs to it. */
struct sim_image {
	char *path;
	int fd;				/* of FILE; locked */
	int state_fd;			/* open for appending */
	uint64_t appended_bytes, whole_bytes;	/* since FILE.state was written whole; then */
	struct sim_drive drive;
	struct sim_disc disc;
};

/* Writing with the laser off (Test Write of page 05).  The disc stays as it is. */
struct sim_test {
	bool is_on;
	uint32_t next_lba;
	uint32_t reserved_end_lba;	/* by RESERVE TRACK; 0: none */
};

struct sim_cached {
	uint32_t unit;
	uint32_t blocks;		/* bit n: block n of the unit is there */
	uint8_t *data;
};
#define SIM_MAX_CACHED 64u

/* Of session at once: what the host said that it would write.  It is lost with the power. */
struct sim_cue {
	int64_t next_lba;		/* of WRITE, which begins in the pre-gap */
	uint32_t start_lba, end_lba;	/* of the track; end_lba 0: there is no cue sheet */
};

struct sim {
	struct sim_image *home;		/* the drive, and its own disc */
	struct sim_image *other;	/* of another disc in it; NULL */
	struct sim_drive *drive;	/* home's */
	struct sim_disc *disc;		/* in the drive; NULL: none */
	struct sim_image *disc_image;	/* where it is from */
	bool only_looks;
	bool must_save;			/* before the command ends */
	bool hangs;			/* the command never ends */
	struct sim_cached cache[SIM_MAX_CACHED];
	uint32_t n_cached;
	int log_fd;
	char *request_path;
	struct sim_cue cue;
	struct sim_test test;
	uint64_t stream_end_us;		/* when what was written in order will be on the disc */
	bool is_streaming;		/* something was written in order since the last sync */
	bool is_calibrated;		/* for the disc that is in the drive */
	uint32_t busy_us;		/* time of the command at work */
	uint64_t polled_us;		/* time that passed only because it asked for a long operation: not its own */
};

static inline bool sim_has(const struct sim *sim, enum sim_quirk quirk)
{
	return sim->drive->quirks.on[quirk];
}

/* ---- power.c ---- */

/** Append what has changed to the state files. */
enum udf_err sim_save(struct sim *sim);

/* ---- tray.c ---- */

void sim_tray_open(struct sim *sim);
void sim_load(struct sim *sim);
void sim_find_disc(struct sim *sim);
sim_sense cmd_start_stop(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_prevent(struct sim *sim, struct sim_command *cmd);
sim_sense cmd_mechanism(struct sim *sim, struct sim_command *cmd);

/* ---- hooks.c ---- */

/** Do what others have asked for. */

#endif
