/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of each packet device that is served through NBD: one file each, RUN_DIR/pktsetup/SLOT.  The supervisor
 * of a packet device holds a lock on RUN_DIR/pktsetup/SLOT.lock for as long as it lives.
 */
#ifndef UDF_PKTSETUP_RECORD_H
#define UDF_PKTSETUP_RECORD_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#define RECORD_SLOTS 32u
#define RECORD_NOTE_BYTES 768u

enum record_state {
	RECORD_CLEAN,		/* all is on the disc */
	RECORD_PENDING,		/* something is still in memory */
	RECORD_FAILING,		/* that can't be written; it is tried again */
	RECORD_LOST,		/* something is lost; see the note */
	RECORD_DONE,		/* released in order: as if there were no record */
};

struct record {
	unsigned slot;
	enum record_state state;
	bool is_released;		/* nothing is served any more: only a loss is still to be told */
	char path[PATH_MAX];		/* "/dev/pktcdvd0" */
	char node[64];			/* "/dev/nbd0" */
	char device[PATH_MAX];		/* "/dev/sr0", "sim:/home/me/d.disc" */
	dev_t node_number, device_number;
	char disc[64];			/* "CD-RW" */
	char note[RECORD_NOTE_BYTES];	/* a sentence about what went wrong, or empty */
	char session[RECORD_NOTE_BYTES];	/* what was written; only when it is released */
};

/** "clean", "pending", ... */
const char *record_state_name(enum record_state state);

/** The directory of all state, made if it is missing; NULL with errno if that can't be done. */
const char *record_dir(void);

/** RECORD_DIR/NAME in RET; false if it is too long or there is no such directory. */
bool record_path(const char *name, char ret[PATH_MAX]);

/** Read the record of SLOT; false if there is none, or it is DONE. */
bool record_load(unsigned slot, struct record *ret);

/** The same, also if it is DONE: how it ended. */
bool record_load_last(unsigned slot, struct record *ret);

/** Write the record to its slot.  False with errno. */
bool record_save(const struct record *record);

/** Forget it. */
void record_remove(unsigned slot);

/**
 * Only one process binds at a time.  Returns a file descriptor that ends this when it is closed, or -1 with errno.
 */
int record_lock_all(void);

/**
 * Only one process releases SLOT at a time.  Returns the same.
 * @wait  False: -1 with EAGAIN or EACCES where another one does.
 */
int record_lock_release(unsigned slot, bool wait);

/** While releasing is locked by LOCK_FD: leave word for those who wait for it, TEXT or nothing. */
void record_leave_word(int lock_fd, const char *text);

/** The word that the last one who released has left, in RET; empty: none. */
void record_take_word(int lock_fd, char ret[RECORD_NOTE_BYTES]);

/** In the server, before it is executed: it serves SLOT for as long as it lives. */
void record_hold_server(unsigned slot);

/** Wait until no server of SLOT lives, at most that long; false if one still does. */
bool record_wait_server(unsigned slot, unsigned ms);

/** Hold SLOT for as long as this process lives.  False if another process has it. */
bool record_hold(unsigned slot);

/** The process that holds SLOT; 0: none does. */
pid_t record_holder(unsigned slot);

/** Wait until nobody holds SLOT, at most that long; false if somebody still does. */
bool record_wait(unsigned slot, unsigned ms);

#endif
