/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The drive, as the files of lib/mmc see it. */
#ifndef UDF_MMC_PRIVATE_H
#define UDF_MMC_PRIVATE_H

#include "mmc/cdb.h"
#include "mmc/drive.h"

#define MMC_MAX_LOST 64u
#define MMC_MAX_PRINTS 64u

struct mmc_print {
	uint32_t lba, hash;
	bool is_unsynced;
};

struct mmc_drive {
	struct mmc_transport *transport;
	const struct udf_env *env;
	struct mmc_hooks hooks;

	struct mmc_facts facts;
	struct mmc_disc disc;
	struct mmc_failure failure;
	struct mmc_counts counts;

	bool is_dead;			/* it does not answer any more: nothing is sent again */
	uint32_t n_timeouts;		/* in a row */
	bool is_doubtful;		/* the disc must prove that it is the same */
	bool was_reset;			/* since the disc proved it */
	bool is_other_disc;		/* it is not */
	bool is_proving;

	bool was_at_work;		/* seen by the last mmc_work_wait() */
	bool is_locked;			/* by us */
	bool has_speed;
	uint32_t write_kbs;
	bool is_write_mode_set;		/* mode page 05h, where the medium needs it */
	uint32_t calibrated_session;	/* the laser was calibrated for it; 0: for none */
	bool has_unsynced;		/* data that the drive took and mmc_drive_sync() did not confirm */
	bool is_all_lost;
	uint32_t n_lost;
	uint32_t lost_lbas[MMC_MAX_LOST];
	uint32_t n_prints;
	struct mmc_print prints[MMC_MAX_PRINTS];
};

/* ---- exec.c: commands, with all that may come between ---- */

/* How patient a command is. */
struct mmc_policy {
	uint32_t n_retries;		/* of what may succeed if it is sent again */
	uint32_t n_unreadable_retries;	/* of what the drive could not read, after many tries of its own */
	uint32_t ready_ms;		/* for a drive that is becoming ready */
	uint32_t unknown_ms;		/* for one that does not say why it is not ready; 0: 5 s */
	uint32_t work_ms;		/* for a drive that is at work */
	bool is_for_disc;		/* the disc must be the one that it was: a unit attention ends it */
};

extern const struct mmc_policy mmc_query_policy;

/** Send COMMAND once.  Notes deferred errors and unit attentions, and counts.  RET_SENSE may be absent. */
void mmc_send(struct mmc_drive *drive, const struct mmc_command *command, struct mmc_reply *ret_reply,
	      struct mmc_sense *ret_sense);

/** Send COMMAND until it succeeds or can't.  The failure is in the drive.  RET_N_BYTES (may be NULL): data received. */
enum udf_err mmc_exec(struct mmc_drive *drive, const struct mmc_command *command, const struct mmc_policy *policy,
		      uint32_t *ret_n_bytes);

/** Let WAIT_MS pass and tell the user.  Returns UDF_E_CANCELLED if he does not want to wait. */
enum udf_err mmc_pause(struct mmc_drive *drive, const char *what, const struct mmc_sense *sense, uint64_t since_ms,
		       uint32_t wait_ms);

/** A refusal without a command, as the drive's failure.  Returns ERR. */
enum udf_err mmc_refuse(struct mmc_drive *drive, enum udf_err err, const char *advice, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/** Remember that the unit at LBA, or all unsynced data, is lost. */
void mmc_lost_note(struct mmc_drive *drive, bool has_lba, uint64_t lba);

/* ---- ready.c ---- */

/** Wait until the drive is ready.  An empty drive is ready: see RET_HAS_MEDIUM. */
enum udf_err mmc_ready_wait(struct mmc_drive *drive, bool *ret_has_medium);

/**
 * Wait for the end of what a command with Immed began.  WHAT is for the user ("formatting").  Drives that say that
 * they are ready while they are still at work are asked for the disc information too.
 */
enum udf_err mmc_work_wait(struct mmc_drive *drive, const char *what);

/* ---- gather.c ---- */

/** Ask the drive everything that is worth knowing.  What it does not answer is missing in the facts. */
enum udf_err mmc_facts_gather(struct mmc_drive *drive, struct mmc_facts *ret_facts);

/** The track with this number (FFh: the invisible one). */
enum udf_err mmc_track_read(struct mmc_drive *drive, uint16_t number, struct mmc_track *ret_track);

/** How far formatting in the background is; nothing else of the disc is asked. */
enum udf_err mmc_background_read(struct mmc_drive *drive, enum mmc_background *ret_background);

/* ---- print.c: what stands in some blocks of the disc, to know it again ---- */

void mmc_prints_read(struct mmc_drive *drive, uint64_t lba, uint32_t n_blocks, const uint8_t *data);
/** DATA is NULL if nobody knows what the blocks hold now. */
void mmc_prints_write(struct mmc_drive *drive, uint64_t lba, uint32_t n_blocks, const uint8_t *data);
/** All that was written is on the medium. */
void mmc_prints_sync(struct mmc_drive *drive);
/** Whether the disc has what it had.  True also if nothing can be compared. */
bool mmc_prints_match(struct mmc_drive *drive);

/* ---- identity.c ---- */

/** Find out whether the disc is still the same, if there is a doubt, and set up again what the drive has lost. */
enum udf_err mmc_identity_prove(struct mmc_drive *drive);

/** mmc_exec() for the disc that is meant and for no other; before a write, the write parameters are set. */
enum udf_err mmc_exec_for_disc(struct mmc_drive *drive, const struct mmc_command *command,
			       const struct mmc_policy *policy);

#endif
