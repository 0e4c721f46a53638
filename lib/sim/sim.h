/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A simulated optical drive with a disc in it.
 *
 * FILE holds the user data of the disc, raw from offset 0 and sparse, so that any other tool can read
 * them.  FILE.state, a text, holds what the drive and the disc know besides: the kind of disc, what is
 * formatted, written, worn and defective, the drive's mode pages, unit attentions and quirks.  The drive
 * answers commands as a real one does in the same state; it takes them through a struct mmc_transport.
 *
 * Time is virtual.  It passes with each command, with mmc_wait() and with sim_advance(), and nothing ever sleeps.
 *
 * The process may be killed at any time.  What a SYNCHRONIZE CACHE that ended with GOOD has covered is in the
 * files then; the drive comes back as after a power cut.
 */
#ifndef UDF_SIM_SIM_H
#define UDF_SIM_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <udfkit/error.h>

#include "mmc/transport.h"

struct sim;

/* Why something was refused, as the end of "FILE: ...". */
#define SIM_WHY_BYTES 256u

/* ---- the media, drives and quirks that can be simulated ---- */

/* A kind of disc that can be made: "dvd-ram". */
struct sim_medium {
	const char *name;
	const char *text;		/* "DVD-RAM, 4.7 GB" */
};
/** The kinds one after the other, from INDEX 0; NULL after the last. */
const struct sim_medium *sim_medium_at(size_t index);

/* A family of drives, which is a set of quirks, or a single quirk.  The lists end with a row whose name is NULL. */
struct sim_trait {
	const char *name;
	const char *text;
};
const struct sim_trait *sim_drive_families(void);
const struct sim_trait *sim_quirks(void);

/* ---- discs ---- */

struct sim_create_options {
	const char *media;		/* a name of sim_medium_at() */
	const char *drive;		/* a name of sim_drive_families(); NULL: a drive without quirks */
	const char *quirks;		/* "wp-late,unw=zero", on top of DRIVE's; NULL */
	bool unformatted;		/* as bought, where discs of this kind are sold formatted */
	bool write_protected;		/* the tab of the cartridge */
	uint64_t seed;			/* of every choice that is made by chance; 0 is as good as any */
	uint32_t endurance;		/* rewrites that a packet survives; 0: without limit */
};

/**
 * Make the disc FILE at PATH and the drive around it.  The tray is closed, and the drive has just been switched on.
 * Returns UDF_E_EXISTS where PATH or PATH.state exists, UDF_E_INVAL for options that don't fit.  RET_WHY says why
 * (SIM_WHY_BYTES; empty for failures of the host).
 */
enum udf_err sim_create(const char *path, const struct sim_create_options *options, char *ret_why);

enum sim_access {
	SIM_USE,			/* exclusively */
	SIM_LOOK,			/* for sim_status() alone, beside somebody who uses it; nothing is written */
};

/**
 * Open what sim_create() made.  Returns UDF_E_BUSY where another process has it open for use, UDF_E_NOT_FOUND
 * where PATH or its state is missing, UDF_E_CORRUPT for a state that can't be read (RET_WHY names the line).
 */
enum udf_err sim_open(const char *path, enum sim_access access, char *ret_why, struct sim **ret_sim);

/**
 * Write out the drive's cache and the state, and free SIM.  The drive stays switched on: who opens it next
 * finds its mode pages and everything else as they were.  NULL is allowed.  SIM is freed also on failure.
 */
enum udf_err sim_close(struct sim *sim);

/** The way to the drive.  With OWN, mmc_transport_close() also closes SIM.  Several transports may exist. */
enum udf_err sim_transport_new(struct sim *sim, bool own, struct mmc_transport **ret_transport);

/* ---- hooks: what happens to a drive from outside ---- */

/** Let MS milliseconds of virtual time pass. */
void sim_advance(struct sim *sim, uint64_t ms);

/**
 * Press the eject button.  The tray opens, unless removal is prevented: then the press becomes an eject request
 * event and UDF_E_BUSY is returned.  A disc that is on the tray can be taken away: see sim_insert().
 */
enum udf_err sim_eject(struct sim *sim, bool force, char *ret_why);

/**
 * Lay a disc on the tray and close it.  PATH: another disc that sim_create() made, or NULL: the drive's own.
 * Returns UDF_E_BUSY while a disc is in the drive, or if the other disc is used elsewhere.
 */
enum udf_err sim_insert(struct sim *sim, const char *path, char *ret_why);

/** Move the tab of the cartridge.  Possible while the disc is out. */
enum udf_err sim_set_tab(struct sim *sim, bool write_protected, char *ret_why);

enum sim_defect_kind {
	SIM_DEFECT_WRITE,		/* writing the packet fails */
	SIM_DEFECT_READ,		/* reading it fails */
	SIM_DEFECT_WEAK,		/* reading succeeds with retries */
	SIM_N_DEFECT_KINDS
};
#define SIM_DEFECT_FOR_GOOD 0xffffffffu

/**
 * Make the packet (ECC block) that holds LBA defective.
 *
 * @n_times  so often, or SIM_DEFECT_FOR_GOOD; 0 heals it
 */
enum udf_err sim_set_defect(struct sim *sim, uint32_t lba, enum sim_defect_kind kind, uint32_t n_times);

/* What a power cut makes of the packet that is being written. */
enum sim_torn { SIM_TORN_UNREADABLE, SIM_TORN_OLD, SIM_TORN_NEW, SIM_N_TORN };

struct sim_cut {
	uint64_t n_packets;		/* it comes while this many-th packet from now is being written; 0: at once */
	uint64_t seed;			/* decides which cached packets are lost; the packet in flight is another */
	enum sim_torn torn;
};

/**
 * The power fails, at once or while a later packet is being written.  From then on the transports report
 * MMC_DRIVE_GONE, until sim_power_on().  NULL takes an announced cut back.
 */
void sim_cut_power(struct sim *sim, const struct sim_cut *cut);
bool sim_is_powered(const struct sim *sim);

/** A reset of the bus: modes and locks get their defaults, a unit attention 29/00 waits, the disc is untouched. */
void sim_reset_bus(struct sim *sim);

/** As after a power cut, without one first if the power is still on.  sim_open() does it where it is needed. */
void sim_power_on(struct sim *sim);

/* What a drive answers in place of its own answer. */
enum sim_answer_kind {
	SIM_ANSWER_SENSE,		/* CHECK CONDITION with SENSE, which may be empty; nothing is done */
	SIM_ANSWER_BUSY,		/* the status BUSY; nothing is done */
	SIM_ANSWER_TIMEOUT,		/* no answer; nothing is done */
	SIM_ANSWER_LOST,		/* no answer; the command is executed */
	SIM_N_ANSWERS
};
struct sim_answer {
	uint8_t opcode;
	enum sim_answer_kind kind;
	uint32_t n_times;		/* 0: forget all answers to OPCODE */
	uint8_t sense[MMC_MAX_SENSE_BYTES];
	uint8_t n_sense_bytes;
};
/** The next commands with this opcode get ANSWER, after those that were set before.  UDF_E_NOSPC for too many. */
enum udf_err sim_set_answer(struct sim *sim, const struct sim_answer *answer);

/** Commands are logged to PATH.log from now on, or no more. */
enum udf_err sim_set_log(struct sim *sim, bool on);

/* ---- a drive that somebody else uses ---- */

/**
 * Ask the process that uses the drive at PATH to call one of the hooks above: "eject", "eject force", "insert
 * [PATH]", "tab on|off", "defect LBA write|read|weak [TIMES]", "cut [PACKETS [SEED [unreadable|old|new]]]",
 * "cut off", "power", "log on|off", "advance MS", "answer OPCODE sense KEY/ASC/ASCQ|BYTES|none [TIMES]",
 * "answer OPCODE busy|timeout|lost [TIMES]".  It does so at the next command that reaches the drive.  What fails
 * there is not reported back.
 */
enum udf_err sim_request(const char *path, const char *line);

/** Do what others have asked for since the last command.  For a process that keeps a drive while nobody uses it. */
void sim_take_requests(struct sim *sim);

/** The same at once, in a drive that this process uses.  UDF_E_INVAL for a line that makes no sense. */
enum udf_err sim_do(struct sim *sim, const char *line, char *ret_why);

/* ---- what is to be seen ---- */

struct sim_status {
	const char *media, *media_text;	/* of the disc in the drive; NULL: none */
	const char *state;		/* a word: "ready", "unformatted", "formatting" ... */
	const char *disc_path;		/* borrowed from SIM */
	const char *quirks;		/* "a,b=c", borrowed */
	uint16_t profile;
	bool powered, tray_open, locked, write_protected, in_use;
	uint64_t clock_ms;
	uint32_t n_blocks;		/* that can be read or written now */
	uint32_t packet_blocks;
	uint32_t n_packets;		/* of n_blocks */
	uint32_t n_written_packets;	/* ever written by a host since the disc was formatted */
	uint64_t n_packet_writes;	/* in the life of the disc */
	uint32_t most_rewrites, most_rewritten_lba;	/* the packet that is worn most, by its first block */
	uint32_t n_unreadable_packets, n_defects;
	uint32_t n_spare_blocks, n_free_spare_blocks;	/* of drives that manage defects; 0 else */
	uint32_t n_pending_attentions;
	uint32_t n_cached_packets;
	uint32_t n_sessions, n_tracks;	/* as the drive counts them: with the ones that are empty yet */
	uint32_t n_calibrations;	/* of the laser, where the disc has room for so many only */
};
void sim_get_status(const struct sim *sim, struct sim_status *ret_status);

/* A track as the drive describes it. */
struct sim_track_status {
	uint32_t number, session;
	uint32_t first_lba, n_blocks;	/* recorded so far; of a closed track all of it */
	bool is_empty, is_damaged, is_reserved, is_packet, is_fixed_packet;
	bool has_next_writable;
	uint32_t next_writable_lba, n_free_blocks;
};
/** Track INDEX, from 0.  False: there is none. */
bool sim_get_track(const struct sim *sim, uint32_t index, struct sim_track_status *ret_track);

/** How often packet PACKET was written; 0 beyond the end. */
uint32_t sim_packet_writes(const struct sim *sim, uint32_t packet);

#endif
