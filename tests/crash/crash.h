/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Power cuts: a workload is recorded write by write; then the medium is rebuilt as a cut at each
 * point would leave it, mounted read-write, compared with what was promised, used, and checked.
 */
#ifndef TESTS_CRASH_CRASH_H
#define TESTS_CRASH_CRASH_H

#include "../common/model.h"

#define CRASH_MAX_STEPS 640
#define CRASH_MAX_PATHS 1024	/* names in one state */
#define CRASH_MAX_HELD 16

/* What a step promises when it has returned. */
enum promise { PROMISE_NOTHING, PROMISE_FILE, PROMISE_ALL };

struct crash_path {
	int name;			/* see crash_run.names */
	int object;
};

struct step {
	struct model *after;		/* the model when the step had returned */
	enum promise promise;
	int object;			/* PROMISE_FILE */
	size_t promised_at;		/* events of the log before the promise was made */
	int touched;			/* object whose data the step changes, or -1 */
	bool moves_dir;			/* paths below a directory change by the step */
	char what[160];			/* to print when a state is bad */
	struct crash_path *paths;	/* of after */
	size_t n_paths;
};

/* Every path that any step knows, once. */
struct crash_names {
	char (*path)[512];
	int n, cap;
	int *table;			/* open addressing: name + 1 */
	unsigned table_size;
};

struct crash_run {
	unsigned number;		/* of all runs of this process, from 1 */
	struct bio *base;		/* the volume before the workload; borrowed by the states */
	struct bio *fault;		/* over a copy of it */
	struct bio *top;		/* what is mounted: the same, or the packet cache or held writes over it */
	bool is_cached;			/* see struct crash_volume */
	unsigned bad_every;		/* see struct crash_volume */
	bool shares;			/* work goes on while a sync waits */
	unsigned n_waits;		/* syncs that gave back the lock */
	bool is_waiting;		/* one does */
	uint64_t meanwhile_seed;
	struct mounted m;
	struct model *model;
	struct step *steps;		/* [0] is the state before the first */
	int n_steps;
	struct crash_names names;
	struct udf_fs_options options;
	udf_ino held[CRASH_MAX_HELD];	/* references that step_hold() took */
	int held_object[CRASH_MAX_HELD];
	int n_held;
	bool may_fill_up;		/* steps may fail for want of space */
	bool may_be_frozen;		/* or because a directory is read-only (R10) */
	unsigned n_full;		/* how many did */
	char what[160];			/* of the step under way */
};

/* The volume that a run begins with. */
struct crash_volume {
	uint32_t block_bytes, n_blocks;
	uint16_t revision;		/* 0: 2.01 */
	bool has_table;			/* free space in a table, not in a bitmap */
	enum udf_media_type media;	/* hd, if it is not given */
	unsigned bad_every;		/* so many packets from one that can't be written to the next; 0: none is bad */
	void (*fill)(struct model *model, struct mounted *m);	/* may be NULL */
	void (*alter)(struct bio *base);	/* after FILL, unmounted; may be NULL */
	bool left_open;			/* synced but not unmounted: the run finds it open */
	bool shares;			/* random steps are made while a sync waits for the medium */
	uint32_t packet_blocks;		/* 0: a disk; else the medium is written in packets, and wears out */
	bool is_cached;			/* a packet cache is over it, as on a drive */
	struct udf_fs_options options;
};

struct crash_run *crash_start_on(const struct crash_volume *volume);
/** UDF 2.01, FILL's contents synced and unmounted. */
struct crash_run *crash_start(uint32_t block_bytes, uint32_t n_blocks,
			      void (*fill)(struct model *model, struct mounted *m));

/**
 * A run on what a cut left of another: STATE is copied.  NULL where its directories can't be told as a
 * tree (a cut while one was moved).
 */
struct crash_run *crash_start_after(struct bio *state);

/* One step each; they assert success (but for crash_run.may_...). */
void step_create(struct crash_run *run, const char *path);
void step_create_many(struct crash_run *run, const char *prefix, unsigned n);
void step_mkdir(struct crash_run *run, const char *path);
void step_symlink(struct crash_run *run, const char *target, const char *path);
void step_special(struct crash_run *run, const char *path, uint32_t kind, uint32_t rdev_minor);
void step_write(struct crash_run *run, const char *path, uint64_t at, size_t n_bytes);
void step_truncate(struct crash_run *run, const char *path, uint64_t n_bytes);
void step_fallocate(struct crash_run *run, const char *path, unsigned flags, uint64_t at, uint64_t n_bytes);
void step_set_mtime(struct crash_run *run, const char *path);
void step_unlink(struct crash_run *run, const char *path);
void step_rmdir(struct crash_run *run, const char *path);
void step_link(struct crash_run *run, const char *from, const char *to);
void step_rename(struct crash_run *run, const char *from, const char *to);
void step_exchange(struct crash_run *run, const char *a, const char *b);
void step_fsync(struct crash_run *run, const char *path);
void step_fdatasync(struct crash_run *run, const char *path);
void step_sync(struct crash_run *run);
void step_remount(struct crash_run *run);
/** The clock goes on by SECONDS, and then udf_fs_tick().  ALL: what was dirty is promised. */
void step_tick(struct crash_run *run, int64_t seconds, bool all);
/** Keep a reference to PATH, as an open file does; release them in any order by number. */
int step_hold(struct crash_run *run, const char *path);
void step_write_held(struct crash_run *run, int held, uint64_t at, size_t n_bytes);
void step_fsync_held(struct crash_run *run, int held);
void step_release(struct crash_run *run, int held);
void step_random(struct crash_run *run, uint64_t *seed);

/** Data of an object as the steps write it: words that carry the object's mark. */
void fill_pattern(uint8_t *data, size_t n_bytes, int mark, uint64_t *state);

/** Fails the test with a line where ERR is one. */
void crash_need(enum udf_err err, const char *what, const char *path);

/** Which of run->names is PATH?  ADD: make it one; else -1. */
int crash_name(struct crash_names *names, const char *path, bool add);

/* ---- cuts.c ---- */

/**
 * Unmount, compare with the model, and try every cut with SUBSETS seeded subsets, each also torn.
 * Returns false at the first state that breaks the contract (it is printed).  *N_STATES counts up.
 */
bool crash_try_all(struct crash_run *run, unsigned subsets, uint64_t *n_states);

/**
 * The strong contract under the packet cache, which keeps a journal: each cut leaves the packet unreadable that was
 * being written (with even seeds), and any of those before it that were not flushed are lost.  *N_TORN counts the
 * former.
 */
bool crash_try_cut_packets(struct crash_run *run, uint64_t *n_states, uint64_t *n_torn);

/**
 * The weaker contract: each cut with the last write torn inside a block.  Nothing crashes or hangs,
 * and where a promise is broken the check names a block.
 */
bool crash_try_torn_inside(struct crash_run *run, uint64_t *n_states);

/**
 * The contract of media that are written in packets: each cut makes the packet unreadable that was being written.
 * Nothing crashes or hangs, and where a promise is broken the check names a block, or reading the file fails.  Where
 * only the integrity descriptor or the space bitmap is lost, no promise is broken and the volume can be written.
 */
bool crash_try_torn_packets(struct crash_run *run, uint64_t *n_states, uint64_t *n_mended);

/** The medium after EVENTS_TAKEN of the log, all of them written: for crash_start_after(). */
struct bio *crash_state(struct crash_run *run, size_t n_events_taken, uint64_t seed);
size_t crash_n_events(struct crash_run *run);

void crash_free(struct crash_run *run);	/* crash.c */

/* ---- judge.c ---- */

/**
 * Mount STATE, as a cut after CUT events left it, compare it with the promises as of step LAST, use it,
 * check it.  Prints why not.
 */
bool crash_state_is_good(struct crash_run *run, struct bio *state, size_t cut, int last, uint64_t seed);

/** The same for a state that can't be read whole, and is checked only after it was used. */
bool crash_state_is_mended(struct crash_run *run, struct bio *state, size_t cut, int last, uint64_t seed);

/** The weaker contract, for a state torn inside a block, or in which a packet can't be read. */
bool crash_state_is_bearable(struct crash_run *run, struct bio *state, size_t cut, int last);

/** Does a check find nothing but what the contract allows (and nothing at all in a closed volume)? */
bool crash_check_is_content(struct bio *bio);

#endif
