/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is to be made on the host, in the order in which the volume has it.  Files are made by several
 * threads at once, as many as there are processors; each job is settled (told, a directory given its
 * times) by the caller's thread, and only after all jobs before it.
 *
 * Making a file uses nothing but the job and the host: the volume is read by the caller's thread alone,
 * in its order on disc.
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
#define TREE_DATA_BYTES (64u << 10)
#define TREE_N_PIECES 8

struct tree_path {		/* a text that grows; NUL-terminated once set */
	char *text;
	size_t n_bytes, cap;
};

/* What an object on the host gets besides its contents. */
struct tree_wanted {
	uid_t uid;			/* (uid_t)-1: as it is */
	gid_t gid;
	mode_t mode;
	bool as_made;			/* a new file has that owner and mode without being told */
	struct timespec times[2];	/* of access and change, as for utimensat() */
};

struct tree_piece {		/* of a file: N_BYTES at AT, which lie in FROM_FD (borrowed) at FROM_AT */
	int from_fd;
	uint64_t from_at, at, n_bytes;
};

enum tree_job_kind {
	TREE_JOB_NONE,		/* nothing to do */
	TREE_JOB_FILE,		/* make the regular file NAME in DIR_FD */
	TREE_JOB_LINK,		/* the same, as another name of a file that is being made */
	TREE_JOB_SHOW,		/* directory DIR_FD, made as TEMPORARY, gets its name */
	TREE_JOB_LEAVE,		/* all of directory DIR_FD is made */
	TREE_JOB_CLOSE,		/* DIR_FD has no more jobs, but the directory is not complete */
};

struct tree_job {
	enum tree_job_kind kind;
	struct tree_path path, host_path;	/* of the object, for messages */
	uint64_t ino;
	int dir_fd;			/* closed by who settles TREE_JOB_LEAVE and TREE_JOB_CLOSE */
	const char *name;		/* the end of host_path */
	struct tree_places *places;
	bool in_hidden;			/* DIR_FD has a temporary name itself: what is in it need not have one */
	uint64_t link;			/* of TREE_JOB_LINK, and of a file with several names: its number */
	struct tree_wanted wanted;
	uint64_t size_bytes;
	uint8_t *data;			/* N_DATA_BYTES from the start of the file, the queue's, or */
	size_t n_data_bytes;
	struct tree_piece pieces[TREE_N_PIECES];	/* where its data lie, or neither */
	size_t n_pieces;
	/* How it went: */
	int fd;				/* of the file while it is not ended; -1 */
	char temporary[TREE_TEMPORARY_CAP];	/* its name until then; "": it has none, or its own */
	char *other_name;		/* that it has got instead of NAME, or NULL; freed by who settles */
	uint64_t done_bytes;		/* from the start of the file, with holes */
	uint64_t end_bytes;		/* of what was written last */
	enum udf_err err;		/* the host's refusal, or what reading found out before */
	int host_errno;
	/* The queue's: */
	enum { TREE_JOB_NEW, TREE_JOB_WAITS, TREE_JOB_RUNS, TREE_JOB_RAN } state;
	uint64_t data_end;
	size_t n_fds;
};

struct tree_queue;

/** SETTLE is called once for each job, in their order, out of tree_queue_take() and tree_queue_drain(). */
enum udf_err tree_queue_new(void (*settle)(void *ctx, struct tree_job *job), void *ctx,
			    struct tree_queue **ret_queue);
/** Nothing may wait in it: tree_queue_drain() comes first. */
void tree_queue_free(struct tree_queue *queue);

/**
 * A free job, with the paths of an earlier one; all else is zero, descriptors are -1.  Jobs are settled
 * to make room.  Each is put by one of the functions below before another is taken.
 */
struct tree_job *tree_queue_take(struct tree_queue *queue);
/** Room for N_BYTES of data, at most TREE_DATA_BYTES, until JOB is settled.  Others are settled to make it. */
void tree_queue_give_data(struct tree_queue *queue, struct tree_job *job, size_t n_bytes);
/** Whoever is free makes the file; the caller, where nobody is. */
void tree_queue_put(struct tree_queue *queue, struct tree_job *job);
/** What there is to do has been done by the caller. */
void tree_queue_put_done(struct tree_queue *queue, struct tree_job *job);

/** Wait for all, settle all. */
void tree_queue_drain(struct tree_queue *queue);

/* ---- making a file (extract_file.c) ---- */

/** Make the file, empty, which is not seen under its name before tree_job_end(); false: the host refused. */
bool tree_job_make(struct tree_job *job);
/** N_BYTES of DATA at done_bytes; false: the host refused. */
bool tree_job_write(struct tree_job *job, const uint8_t *data, size_t n_bytes);
/** PIECE from the host's file; false: the host refused, or, without an error, it can't be read beyond done_bytes. */
bool tree_job_copy(struct tree_job *job, const struct tree_piece *piece, uint8_t *buffer);
/**
 * Size, owner, mode, times, its name; closed.  Without a name it is gone where the host could not take all of it, or
 * the run is cancelled.
 */
void tree_job_end(struct tree_job *job);
/** All of these, with what the job has; BUFFER has TREE_BUFFER_BYTES.  A piece that can't be read leaves it open. */
void tree_job_run(struct tree_job *job, uint8_t *buffer);

/** Owner, mode and times of the open object FD; returns an errno value. */
int tree_want(int fd, const struct tree_wanted *wanted);

#endif
