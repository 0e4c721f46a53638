/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a command line of the burning half asks for, and the drive that it is about. */
#ifndef ISOWRITE_BURN_REQUEST_H
#define ISOWRITE_BURN_REQUEST_H

#include "burn/burn.h"
#include "cli/cli.h"
#include "mmc/cdb.h"
#include "request.h"

/* What is said of one image. */
struct burn_image_options {
	bool iso_size;
	bool has_size;
	uint64_t size_bytes;		/* tsize= */
	uint32_t n_pad_blocks;
};

struct burn_request {
	const char *device;		/* as given; see burn_device_find() */
	bool scan, list_devices, inquiry, check_drive, capabilities, toc, atip, msinfo, minfo;
	const char *msi_file;
	bool eject, load, fix, finalize, verify;
	bool is_test, is_multi, no_fix, concat;
	bool no_close;			/* the track stays open */
	bool is_xa, is_mode_1;		/* -xa, -data; neither: as the disc is already */
	bool may_underrun;		/* driveropts=noburnfree */
	bool overburn;			/* the drive says when the disc is full */
	bool force, wait_for_input, silent;
	const char *force_word;		/* how the user says FORCE; NULL: "-force" */
	bool append, json;
	bool appends_always;		/* a session even where nothing has changed, as FORCE asks for it too */
	const char *how_to_go_on;	/* what to do after an interrupt; NULL: the same again */
	bool check_only;		/* say whether the images would fit, and write nothing */
	bool keep_tray;			/* never open and close the tray for the kernel's sake */
	unsigned verbose;		/* -v */
	unsigned shown_commands;	/* -V: 1 those that the drive refused; more, or with -v, all */
	enum pkt_recording recording;
	bool reset;
	bool formats;			/* -format; what must be formatted is without it, too */
	bool blanks;
	enum mmc_blanking blanking;
	bool has_speed, is_slowest;
	uint32_t speed;			/* in x of the medium, with has_speed; else the drive's highest */
	uint32_t min_timeout_ms;
	uint32_t grace_seconds;
	size_t fifo_bytes;
	char **operands;
	struct burn_image_options *images;	/* of each operand */
	int n_operands;
	struct request *iso;		/* what is mastered and burned at once, in place of images; NULL: nothing */
	struct burn_image_options iso_options;
	char **words;			/* that ISO was read from; allocated */
};

/** Read the command line; what makes no sense, or isn't done, ends the program with status 2. */
void burn_request_read(struct burn_request *req, int argc, char **argv);
void burn_request_done(struct burn_request *req);

/** Is there something to write? */
bool burn_request_writes(const struct burn_request *req);

/** SIZE of the setting NAME, such as "600m" or "300s", in bytes; what is no size ends the program. */
uint64_t burn_size_number(const char *name, const char *arg);

/** The device that dev= means: a path, sim:FILE, or the numbers of a bus.  Ends the program if there is none. */
const char *burn_device_find(const char *dev);

/** -scanbus: list the drives of the kernel, with their addresses.  Returns how many there are. */
size_t burn_scan(void);

/** -devices: the same with their device files. */
size_t burn_list_devices(void);

struct burn_dir;

/* What is to be known afterwards. */
struct burn_outcome {
	bool was_touched;		/* the disc may not be as it was */
	bool was_made;			/* it is complete, whatever came after that, such as the tray */
	bool hangs;			/* threads that wait for a file still use REQ->iso: see udf_iso_stream_free() */
};

/* The drive at work. */
struct burn_work {
	const struct burn_request *req;
	const char *device;
	struct cli_about about;
	struct cli_guard *guard;
	struct cli_progress progress;
	struct mmc_hooks hooks;
	struct mmc_drive *drive;
	struct cli_json json;
	char error[1024];		/* the message about what failed; empty: nothing did */
	struct burn_dir *dir;		/* see burn_dir.c */
	struct burn_outcome outcome;
	bool was_formatted;		/* in this run, so that the disc holds nothing */
	void (*between)(struct burn_work *work);	/* called now and then while a track is written; or NULL */
};

enum udf_err burn_work_open(struct burn_work *work);
/** Reset the drive, which is not open.  False, after a message, if that can't be done. */
bool burn_reset(struct burn_work *work);
void burn_work_close(struct burn_work *work);
void burn_work_say(struct burn_work *work, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** The same for what ends the job; --json has it as its error. */
void burn_work_refuse(struct burn_work *work, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** The drive's last failure, after WHAT, ends it. */
void burn_work_failed(struct burn_work *work, const char *what, enum udf_err err);
/** Do N_BLOCKS fit on the disc that is going to be blanked, as far as that is known?  With -overburn, they do. */
bool burn_work_fits_blanked(struct burn_work *work, uint64_t n_blocks);
void burn_catch_interrupts(void);
bool burn_is_interrupted(void);
/**
 * Until interrupts are caught again they end the program, because no handler runs while a file system that hangs keeps
 * a call waiting, and where nothing is being written none is needed.  What is said then: WHERE is as it was, and
 * HOW_TO_GO_ON, unless that is NULL.
 */
void burn_die_of_interrupts(const char *where, const char *how_to_go_on);
/** How many kB/s 1x of the medium are. */
uint32_t burn_single_speed(const struct mmc_disc *disc);

/** How many blocks are there on the disc that is going to be blanked?  UINT32_MAX: that is not known. */
uint32_t burn_work_capacity(const struct burn_work *work);

/** Do all that REQ asks for.  Returns the exit status.  @ret_outcome  May be NULL. */
int burn_do(const struct burn_request *req, struct burn_outcome *ret_outcome);

/* ---- burn_show.c: questions ---- */

bool burn_show_toc(struct burn_work *work);
bool burn_show_atip(struct burn_work *work);
bool burn_show_media(struct burn_work *work);
bool burn_show_addresses(struct burn_work *work);

/* ---- burn_show_drive.c: questions about the drive ---- */

void burn_show_inquiry(struct burn_work *work);
/** As -scanbus lists a drive that the kernel doesn't have. */
void burn_show_scanned(struct burn_work *work);
void burn_show_driver(struct burn_work *work);
bool burn_show_capabilities(struct burn_work *work);

/* ---- burn_json.c: with --json; else they do nothing ---- */

void burn_json_begin(struct burn_work *work);
void burn_json_track(struct burn_work *work, const char *name, const struct burn_report *report, bool ok);
/** COUNTS: of what was mastered; NULL: it was images. */
void burn_json_end(struct burn_work *work, const struct udf_iso_counts *counts);

/* ---- burn_format.c ---- */

/** Is there something to write, and nothing can be written before the disc is formatted? */
bool burn_must_format(const struct burn_work *work);

/** Format the disc; in a test that is only said.  False, after a message, if it can't be done. */
bool burn_format(struct burn_work *work);

/* ---- burn_track.c and burn_in_place.c ---- */

/* What becomes a track. */
struct burn_item {
	const char *name;		/* for messages */
	bool has_size, may_be_empty;
	uint64_t n_bytes;		/* with has_size */
	uint32_t n_pad_blocks;
	bool has_first_lba;		/* see struct burn_plan */
	uint32_t first_lba;
	const uint8_t *head;		/* with first_lba on what is written in place; see struct in_place */
	struct burn_source source;
	/* "NAME: reason" for a source that could not be read; NULL, or it returns NULL: somebody has said it. */
	const char *(*why)(void *source_ctx);
};

/**
 * Can a track be written as it is asked for, after the disc is blanked if it will be?  The drive is only asked.  False,
 * after a message, if not.
 */
bool burn_track_check(struct burn_work *work, bool is_last, bool has_size);

/** How many blocks can be written, in one track or on the disc that is going to be blanked?  False, after a message. */
bool burn_track_room(struct burn_work *work, uint64_t *ret_n_blocks);

/** Is the disc written in place, as it is and without blanking it? */
bool burn_is_in_place(const struct burn_work *work);

/** Write ITEM onto such a disc, and say what became of it.  The drive is closed meanwhile. */
enum udf_err burn_in_place_write(struct burn_work *work, const struct burn_item *item,
				 struct burn_report *ret_report);

struct in_place;
struct front_stream_report;

/** Do JOB, which is about such a disc.  The drive is closed meanwhile.  What fails has been said. */
enum udf_err burn_in_place_do(struct burn_work *work, const struct in_place *job,
			      struct front_stream_report *ret_report);

/** Burn ITEM as one track, and say what became of it. */
enum udf_err burn_track_write(struct burn_work *work, const struct burn_item *item, bool is_last,
			      struct burn_report *ret_report);

/** Can all operands be read, as far as that is known before?  Nothing is sent to the drive. */
bool burn_tracks_check(struct burn_work *work);

/** Burn all operands, one track each.  Returns the exit status. */
int burn_tracks(struct burn_work *work);

/* ---- burn_dir.c: directories, mastered and burned at once ---- */

/**
 * Find the files and lay the image out.  The drive is only asked.  True if there is nothing to master; false, after a
 * message, if it can't be done.
 */
bool burn_dir_prepare(struct burn_work *work);

/** Burn what was prepared.  Returns the exit status: 3 where some files are incomplete. */
int burn_dir_burn(struct burn_work *work);

/** What is in the image; NULL: there is none. */
const struct udf_iso_counts *burn_dir_counts(const struct burn_work *work);

void burn_dir_done(struct burn_work *work);

#endif
