/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the workloads of the crash tests begin with. */
#ifndef TESTS_CRASH_FIXTURE_H
#define TESTS_CRASH_FIXTURE_H

#include "crash.h"

void put_file(struct model *model, struct mounted *m, const char *path, size_t n_bytes);
void put_dir(struct model *model, struct mounted *m, const char *path);

/** /a (900 bytes), also named /b; /c (40 bytes); /T with x (900 bytes); /A; /d with k. */
void setup_names(struct model *model, struct mounted *m);

/** The same, and the root has blocks of its own. */
void setup_names_in_blocks(struct model *model, struct mounted *m);

/** The same, and /d has a free slot in the middle of its block, of another length than "/d/n". */
void setup_slots(struct model *model, struct mounted *m);

/** The same as setup_names(), and free space is in many pieces. */
void setup_pieces(struct model *model, struct mounted *m);

/** Try every cut of RUN, assert that every state is good, print the number of states, and free RUN. */
void finish(struct crash_run *run);
extern uint64_t n_states;	/* tried so far */

typedef void setup_fn(struct model *model, struct mounted *m);
extern setup_fn *const setups[2];

/** The statement runs on a root directory that is embedded, and on one in blocks. */
#define FOR_BOTH(run) \
	for (unsigned which_ = 0; which_ < 2; which_++) \
		for (struct crash_run *run = crash_start(512, 4096, setups[which_]); run; \
		     finish(run), run = NULL)

/** Each state mounts twice: keep the heap between them. */
void keep_the_heap(void);

/**
 * By how much the seeds of a loop grow: 1, so that all are tried, or 29 in a build with sanitizers, where each takes
 * several times as long.  UDFKIT_CRASH=all tries all of them there, too.
 */
unsigned crash_stride(void);

#endif
