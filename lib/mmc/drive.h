/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An optical drive with what is in it.
 *
 * Blocks have 2048 bytes and are numbered as the drive numbers them (LBA).  Calls send commands through the drive's
 * transport and return when they are done: retries, waiting for a busy drive and unit attentions are dealt with inside.
 * Time is the transport's, so a simulated drive takes no time.  Only one thread may use a drive at a time.
 */
#ifndef UDF_MMC_DRIVE_H
#define UDF_MMC_DRIVE_H

#include <udfkit/env.h>
#include <udfkit/error.h>

#include "mmc/disc.h"
#include "mmc/failure.h"
#include "mmc/status.h"
#include "mmc/transport.h"

struct mmc_drive;

/* How far something is that takes long */
struct mmc_progress {
	const char *what;		/* a phrase: "formatting", "the drive is becoming ready" */
	uint64_t elapsed_ms;
	bool has_fraction;		/* many drives never say, and some lie: no estimate can be built on it */
	uint16_t fraction;		/* of 65536 */
};

/* Functions of the drive's user that the drive calls.  Any of them may be NULL. */
struct mmc_hooks {
	void *ctx;
	/*
	 * Called about once a second while the drive keeps us waiting.  False: stop waiting.  The call then fails with
	 * UDF_E_CANCELLED; a drive that formats or blanks goes on with it.
	 */
	bool (*progress)(void *ctx, const struct mmc_progress *progress);
	/* Called after each command, see mmc_command_describe(). */
	void (*command)(void *ctx, const struct mmc_command *command, const struct mmc_reply *reply);
	/*
	 * Whether the disc in the drive is still the one that it was: asked when the drive may have been given another
	 * disc of the same kind and size, and the blocks that were read first are the same.  May call mmc_drive_read().
	 */
	bool (*is_same_disc)(void *ctx);
	uint32_t min_timeout_ms;	/* no command is given up before; 0: each has its own time */
};

/**
 * Identify the drive and what is in it, after waiting until a medium that was just inserted is ready.
 *
 * An empty drive is no error; nor is a medium that can't be written, see mmc_drive_disc().
 * @transport    The drive's after success, else still the caller's.
 * @env, @hooks  Borrowed until the drive is closed; either may be NULL.
 * @ret_failure  Set on failure only; may be NULL.
 * Returns UDF_E_UNSUPPORTED if the device is not an optical drive.
 */
enum udf_err mmc_drive_open(struct mmc_transport *transport, const struct udf_env *env, const struct mmc_hooks *hooks,
			    struct mmc_drive **ret_drive, struct mmc_failure *ret_failure);

/** Unlock the tray if this drive locked it, and close the transport.  Nothing is written.  NULL is allowed. */
void mmc_drive_close(struct mmc_drive *drive);

/** Who made the drive. */
const struct mmc_inquiry *mmc_drive_inquiry(const struct mmc_drive *drive);

/** What the drive says of itself; all zeros if it does not know the command. */
const struct mmc_configuration *mmc_drive_configuration(const struct mmc_drive *drive);

/** What is moulded into the CD in the drive; NULL if there is none, or the drive did not say. */
const struct mmc_atip *mmc_drive_atip(const struct mmc_drive *drive);

/** What was in the drive when it was opened or refreshed.  The pointer stays good until the drive is closed. */
const struct mmc_disc *mmc_drive_disc(const struct mmc_drive *drive);

/** Why the last call that failed did so.  The pointer stays good until the drive is closed. */
const struct mmc_failure *mmc_drive_failure(const struct mmc_drive *drive);

/** The drive's own time in milliseconds, see mmc_now_ms(). */
uint64_t mmc_drive_now_ms(const struct mmc_drive *drive);

/** Make a refusal by the caller the drive's last failure.  FORMAT makes the text, as printf does.  Returns ERR. */
enum udf_err mmc_drive_refuse(struct mmc_drive *drive, enum udf_err err, const char *advice, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/**
 * Find out again what is in the drive, and take it for the disc that is meant from now on.
 * Losses that were not taken (mmc_drive_take_lost()) are forgotten.
 */
enum udf_err mmc_drive_refresh(struct mmc_drive *drive);

/* ---- blocks ---- */

/**
 * Read N_BLOCKS from LBA.
 *
 * A block that can't be read after several tries makes the whole call fail; mmc_drive_failure() names it where the
 * drive does.
 * Returns UDF_E_RANGE beyond the end; UDF_E_MEDIUM for a block that can't be read; UDF_E_NOT_FOUND without a medium;
 * UDF_E_IO if the drive is gone or another disc is in it.
 */
enum udf_err mmc_drive_read(struct mmc_drive *drive, uint64_t lba, uint32_t n_blocks, void *ret_data);

/**
 * The same, but what can't be read is tried N_TRIES times (1 or more).  A drive tries often before it gives up, which
 * takes seconds.
 */
enum udf_err mmc_drive_read_tries(struct mmc_drive *drive, uint64_t lba, uint32_t n_blocks, void *ret_data,
				  uint32_t n_tries);

/**
 * Did the read that failed just now find a block that was never recorded, by what the drive says?  False for 3/11/05,
 * as which many drives report such a block: a damaged one looks the same.
 */
bool mmc_drive_found_nothing(const struct mmc_drive *drive);

/**
 * Write N_BLOCKS at LBA, in place (struct mmc_disc says whether that can be done) or, on a DVD-RW that was formatted
 * quickly, in order.
 *
 * Success means that the drive has taken the data, not that they are on the medium: see mmc_drive_sync().  Where the
 * disc needs whole write units, LBA and N_BLOCKS are multiples of one.  No command goes over the border of a unit.
 * Returns UDF_E_INVAL for what is not aligned, or a medium that must be formatted first; UDF_E_RANGE beyond the end;
 * UDF_E_READ_ONLY if the disc can't be written, the failure says why; UDF_E_MEDIUM if the block named by the failure
 * can't be written (the commands of the same call before it were taken); UDF_E_NOSPC where the medium ends.
 */
enum udf_err mmc_drive_write(struct mmc_drive *drive, uint64_t lba, uint32_t n_blocks, const void *data);

/**
 * Wait until all that was written is on the medium.
 *
 * Drives report some write errors only after they accepted the data, with whatever command comes next.  All that were
 * reported since the last call that succeeded make this one fail with UDF_E_MEDIUM; mmc_drive_take_lost() says what is
 * affected.  After UDF_OK nothing is outstanding.
 */
enum udf_err mmc_drive_sync(struct mmc_drive *drive);

/* Something that was accepted and then lost */
struct mmc_lost {
	bool is_all;			/* all that was written since the last mmc_drive_sync() that succeeded */
	uint32_t lba;			/* else: the first block of the write unit in question */
};

/** Take one loss off the list; false if there is none.  Losses of single units come before is_all. */
bool mmc_drive_take_lost(struct mmc_drive *drive, struct mmc_lost *ret_lost);

/* ---- the tray and the like ---- */

/**
 * Forbid or allow the medium's removal.  While it is forbidden, the button is an eject request that mmc_drive_poll()
 * reports, if the drive knows such requests.
 */
enum udf_err mmc_drive_lock(struct mmc_drive *drive, bool is_locked);

/**
 * Open the tray.  All that was written must be synced before.  The disc is MMC_STATE_NO_MEDIUM afterwards.
 * A lock that an earlier program left is removed.
 */
enum udf_err mmc_drive_eject(struct mmc_drive *drive);

/** Close the tray and find out what is in it, as mmc_drive_refresh() does. */
enum udf_err mmc_drive_load(struct mmc_drive *drive);

/**
 * Open and close the tray, so that the host's kernel looks at the medium anew, and find out what is in it.
 *
 * A drive that can't close its tray by itself leaves it open: UDF_E_NOT_FOUND, and a person has to close it.
 */
enum udf_err mmc_drive_reload(struct mmc_drive *drive);

/** What happened to the medium since the last call.  Returns UDF_E_UNSUPPORTED if it has no events. */
enum udf_err mmc_drive_poll(struct mmc_drive *drive, struct mmc_media_status *ret_status);

/**
 * Let the disc prove that it is the same before anything is read or written again: after a suspend, or when the host
 * saw the medium change.  Events and unit attentions of the drive do this by themselves.
 */
void mmc_drive_doubt(struct mmc_drive *drive);

/** Is there a doubt, from that or from an event that mmc_drive_poll() saw?  Nothing is sent. */
bool mmc_drive_is_doubtful(const struct mmc_drive *drive);

/**
 * Ask the drive whether something has happened (TEST UNIT READY, which takes the unit attentions), and if so, let the
 * disc prove itself now.  Fails as mmc_drive_read() would.
 */
enum udf_err mmc_drive_prove(struct mmc_drive *drive);

/*
 * Blocks that went another way than through this drive, as the kernel reads and writes them: they help to know the disc
 * again, and what was written is lost if the drive is reset before mmc_drive_sync().
 */
void mmc_drive_note_read(struct mmc_drive *drive, uint64_t lba, uint32_t n_blocks, const void *data);
void mmc_drive_note_write(struct mmc_drive *drive, uint64_t lba, uint32_t n_blocks, const void *data);

/** Set the speed of writing in kB/s of 1000 bytes; 0 is the highest.  It is set again after the drive was reset. */
enum udf_err mmc_drive_set_speed(struct mmc_drive *drive, uint32_t write_kbs);

/**
 * Slow the drive down if it would write faster than this medium can bear: some drives keep their own highest speed, and
 * spoil the disc.  Nothing is sent where the drive does not list the medium's speeds, or not its own.
 */
enum udf_err mmc_drive_limit_speed(struct mmc_drive *drive);

/* ---- figures ---- */

struct mmc_counts {
	uint64_t n_commands, n_retries, n_waits;
	uint64_t n_written_blocks, n_write_commands, n_syncs;
	uint64_t waited_ms;
};
const struct mmc_counts *mmc_drive_counts(const struct mmc_drive *drive);

#endif
