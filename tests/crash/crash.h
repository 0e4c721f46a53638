/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Power cuts: a workload is recorded write by write; then the medium is rebuilt as a cut at each
 * point would leave it, mounted read-write, compared with what was promised, used, and checked.
 */
#ifndef TESTS_CRASH_CRASH_H
#define TESTS_CRASH_CRASH_H

#include "../common/model.h"

#define CRASH_MAX_STEPS 600

/* What a step promises when it has returned. */
enum promise { PROMISE_NOTHING, PROMISE_FILE, PROMISE_ALL };

struct step {
	struct model *after;		/* the model when the step had returned */
	enum promise promise;
	int object;			/* PROMISE_FILE */
	int touched;			/* object whose data the step changes, or -1 */
	char what[160];			/* to print when a state is bad */
	struct model_path *paths;	/* of after */
	size_t n_paths;
};

struct crash_run {
	struct bio *base;		/* the volume before the workload; borrowed by the states */
	struct bio *fault;		/* over a copy of it */
	struct mounted m;
	struct model *model;
	struct step *steps;		/* [0] is the state before the first */
	int n_steps;
	uint32_t block_bytes;
	char what[160];			/* of the step under way */
};

/** A volume of N_BLOCKS; SETUP (may be NULL) fills it and everything is synced and unmounted. */
struct crash_run *crash_start(uint32_t block_bytes, uint32_t n_blocks,
			      void (*setup)(struct model *model, struct mounted *m));

/** The same, with free space in a set of kind SPACE. */
struct crash_run *crash_start_on(enum udf_space_kind space, uint32_t block_bytes, uint32_t n_blocks,
				 void (*setup)(struct model *model, struct mounted *m));

/* One step each; they assert success. */
void step_create(struct crash_run *run, const char *path);
void step_mkdir(struct crash_run *run, const char *path);
void step_write(struct crash_run *run, const char *path, uint64_t at, size_t n_bytes);
void step_truncate(struct crash_run *run, const char *path, uint64_t n_bytes);
void step_unlink(struct crash_run *run, const char *path);
void step_rmdir(struct crash_run *run, const char *path);
void step_link(struct crash_run *run, const char *from, const char *to);
void step_rename(struct crash_run *run, const char *from, const char *to);
void step_fsync(struct crash_run *run, const char *path);
void step_sync(struct crash_run *run);
void step_remount(struct crash_run *run);
void step_random(struct crash_run *run, uint64_t *seed);

/** Data of an object as the steps write it: words that carry the object's number. */
void fill_pattern(uint8_t *data, size_t n_bytes, int object, uint64_t *state);

/**
 * Unmount, and try every cut with SUBSETS seeded subsets, each also torn.  Returns false at the first
 * state that breaks the contract (it is printed).  *N_STATES counts up.
 */
bool crash_try_all(struct crash_run *run, unsigned subsets, uint64_t *n_states);
void crash_free(struct crash_run *run);

#endif
