/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The objects that are to be made on the host, as a queue of jobs in the order of the volume.
 *
 * Several threads make files at once, as many as there are processors.  The caller's thread settles each job after
 * all jobs before it: it reports the result, and gives a directory its times.
 *
 * A thread that makes a file uses only the job and the host.  Only the caller's thread reads the volume, in the
 * order on the disc.
 */
#ifndef UDF_TREE_EXTRACT_QUEUE_H
#define UDF_TREE_EXTRACT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>
#include <udfkit/error.h>

#include "tree/extract_place.h"

#define TREE_BUFFER_BYTES (1u << 20)
#define TREE_DATA_BYTES (64u << 10)	/* how much data one job can hold */
#define TREE_N_PIECES 8			/* how many pieces one job can hold */

struct tree_path {		/* a text that grows; NUL-terminated once set */
	char *text;
	size_t n_bytes, cap;
};

/* The attributes that an object gets on the host. */
struct tree_wanted {
	uid_t uid;			/* (uid_t)-1: unchanged */
	gid_t gid;
	mode_t mode;
	bool as_made;			/* a new file already has that owner and mode */
	struct timespec times[2];	/* of access and change, as for utimensat() */
};

struct tree_piece {		/* of a file: N_BYTES at AT, stored in FROM_FD (borrowed) at FROM_AT */
	int from_fd;
	uint64_t from_at, at, n_bytes;
};

enum tree_job_kind {
	TREE_JOB_NONE,		/* nothing to do */
	TREE_JOB_FILE,		/* make the regular file NAME in DIR_FD */
	TREE_JOB_LINK,		/* the same, as another name of a file that is being made */
	TREE_JOB_SHOW,		/* directory DIR_FD is complete, and gets its name instead of HIDDEN.as */
	TREE_JOB_LEAVE,		/* directory DIR_FD is complete */
	TREE_JOB_CLOSE,		/* DIR_FD has no more jobs, but the directory is not complete */
};

/* A new directory, with everything in it, while it is made under a temporary name. */
struct tree_hidden {
	char as[TREE_TEMPORARY_CAP];	/* the temporary name; "": nothing is hidden */
	size_t path_bytes;		/* of its own path, with which the host_path of all objects in it begins */
	uint64_t first_link;		/* see tree_extract.links: those of the objects in it begin here */
};

struct tree_job {
	enum tree_job_kind kind;
	struct tree_path path, host_path;	/* of the object, for messages */
	uint64_t ino;
	int dir_fd;			/* closed when TREE_JOB_SHOW, _LEAVE or _CLOSE is settled */
	const char *name;		/* the end of host_path */
	struct tree_places *places;
	struct tree_hidden hidden;	/* what DIR_FD is, or is in; files there are made under their own names */
	uint64_t link;			/* TREE_JOB_LINK, and a file with several names: index of links[] */
	struct tree_wanted wanted;
	uint64_t size_bytes;
	uint8_t *data;			/* the first N_DATA_BYTES of the file; owned by the queue */
	size_t n_data_bytes;
	struct tree_piece pieces[TREE_N_PIECES];	/* or where its data is stored; or neither */
	size_t n_pieces;
	/* The result: */
	int fd;				/* of the file until tree_job_end(); else -1 */
	char temporary[TREE_TEMPORARY_CAP];	/* its name until then; "": it has none, or its own */
	char *other_name;		/* the name that it got instead of NAME, or NULL; freed by settling */
	uint64_t done_bytes;		/* from the start of the file, with holes */
	uint64_t end_bytes;		/* the end of the last data that was written */
	enum udf_err err;		/* the host's error, or an earlier one of reading the volume */
	int host_errno;
	/* Private to the queue: */
	enum { TREE_JOB_NEW, TREE_JOB_WAITS, TREE_JOB_RUNS, TREE_JOB_RAN } state;
	uint64_t data_end;
	size_t n_fds;
};

struct tree_queue;

/**
 * SETTLE is called once for each job, in order, by tree_queue_take(), tree_queue_give_data() and
 * tree_queue_drain().
 */
enum udf_err tree_queue_new(void (*settle)(void *ctx, struct tree_job *job), void *ctx,
			    struct tree_queue **ret_queue);
/** No jobs may wait in the queue: call tree_queue_drain() first. */
void tree_queue_free(struct tree_queue *queue);

/**
 * Take a free job.  Its paths still hold those of an earlier job; everything else is zero, and descriptors are -1.
 * Other jobs are settled to make room.  Put the job by one of the functions below before taking another one.
 */
struct tree_job *tree_queue_take(struct tree_queue *queue);
/** Give JOB room for N_BYTES of data, at most TREE_DATA_BYTES.  Other jobs are settled to make room. */
void tree_queue_give_data(struct tree_queue *queue, struct tree_job *job, size_t n_bytes);
/** Let a free thread make the file.  Where no thread is free, the caller makes it. */
void tree_queue_put(struct tree_queue *queue, struct tree_job *job);
/** Put a job that the caller has already done. */
void tree_queue_put_done(struct tree_queue *queue, struct tree_job *job);

/** Wait for all jobs, and settle them. */
void tree_queue_drain(struct tree_queue *queue);

/* ---- making a file (extract_file.c) ---- */

/**
 * Make the file, empty.  Outside of a hidden directory it has no name, or a temporary one, until tree_job_end().
 * Returns false on the host's error.
 */
bool tree_job_make(struct tree_job *job);
/** Write N_BYTES of DATA at done_bytes.  Returns false on the host's error. */
bool tree_job_write(struct tree_job *job, const uint8_t *data, size_t n_bytes);
/**
 * Copy PIECE from its descriptor.  Returns false on the host's error; without one, it can't be read past
 * done_bytes.
 */
bool tree_job_copy(struct tree_job *job, const struct tree_piece *piece, uint8_t *buffer);
/**
 * Give the file its size, owner, mode, times and name, and close it.  Where the host could not write all of it, or
 * the run is cancelled, it is removed instead.
 */
void tree_job_end(struct tree_job *job);
/** Do all of this for JOB.  BUFFER has TREE_BUFFER_BYTES.  Where a piece can't be read, the file stays open. */
void tree_job_run(struct tree_job *job, uint8_t *buffer);

/** Set owner, mode and times of the open object FD.  Returns 0 or an errno value. */
int tree_want(int fd, const struct tree_wanted *wanted);

#endif
