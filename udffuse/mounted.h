/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One mounted volume.  The loop's thread serves every request, one library call each; commits have a
 * thread of their own (commit.c), and two helpers exist where the kernel would otherwise wait for
 * itself (flusher.c, and unmounting in loop.c).
 */
#ifndef UDFFUSE_MOUNTED_H
#define UDFFUSE_MOUNTED_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <udfkit/fs.h>

#define FUSE_USE_VERSION 312
#include <fuse_lowlevel.h>

#define TIMEOUT_SECONDS 86400.0		/* of names and attributes: nobody else changes the volume */
#define MAX_IO_BYTES (1u << 20)
#define SPLICE_MIN_BYTES (1u << 14)	/* less is copied as fast as a pipe is filled */
#define LARGE_WRITE_BYTES (1u << 17)	/* see receive.c */

/* How the volume's owners and modes are shown. */
struct presentation {
	bool has_uid, has_gid;		/* -o uid=, gid=: in place of what is recorded */
	uid_t uid;			/* that, or of whoever mounts: for what has none recorded */
	gid_t gid;
	mode_t umask;			/* bits never shown */
};

struct committer;
struct flusher;

struct receiver {			/* see receive.c */
	int pipe[2];
	bool has_pipe;
	uint32_t pipe_bytes;
	bool may_splice;		/* the kernel gives requests to a pipe */
	bool has_large_writes;		/* the last request was one */
};

struct mounted {
	const char *device, *mountpoint;
	struct udf_fs *fs;
	struct fuse_session *session;
	struct presentation show;
	udf_ino root;
	uint8_t *data;			/* MAX_IO_BYTES: a reply in the making */
	pthread_mutex_t lock;		/* held while fs or data is in use */
	struct committer *committer;
	struct flusher *flusher;
	struct receiver receiver;
	bool has_no_open, has_no_opendir;	/* the kernel takes ENOSYS for "never ask again" */
	bool can_splice;		/* the kernel takes answers from a pipe */
	bool needs_tick;		/* something changed since udf_fs_tick() had nothing to wait for */
	bool has_timer;			/* it will be called */
};

extern const struct fuse_lowlevel_ops mounted_ops;

/* ---- nodes.c ---- */

/* Node 1 is the root, 0 none; other inode numbers move up by two to make room for these. */
static inline udf_ino ino_of(const struct mounted *m, fuse_ino_t node)
{
	return node == FUSE_ROOT_ID ? m->root : node - 2;
}

static inline fuse_ino_t node_of(const struct mounted *m, udf_ino ino)
{
	return ino == m->root ? FUSE_ROOT_ID : ino + 2;
}

static inline struct mounted *mounted_of(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

void attr_to_stat(const struct mounted *m, const struct udf_attr *attr, struct stat *ret_stat);
void attr_to_entry(const struct mounted *m, const struct udf_attr *attr,
		   struct fuse_entry_param *ret_entry);

/** Answer with ERR's errno. */
void reply_err(fuse_req_t req, enum udf_err err);

/* Requests by file: nodes.c (names and attributes), data.c, dir.c; see fuse_lowlevel.h. */
void op_readdir(fuse_req_t req, fuse_ino_t node, size_t n_bytes, off_t at, struct fuse_file_info *fi);
void op_readdirplus(fuse_req_t req, fuse_ino_t node, size_t n_bytes, off_t at,
		    struct fuse_file_info *fi);
void op_read(fuse_req_t req, fuse_ino_t node, size_t n_bytes, off_t at, struct fuse_file_info *fi);
void op_write(fuse_req_t req, fuse_ino_t node, struct fuse_bufvec *data, off_t at, struct fuse_file_info *fi);
void op_fsync(fuse_req_t req, fuse_ino_t node, int data_only, struct fuse_file_info *fi);
void op_fallocate(fuse_req_t req, fuse_ino_t node, int mode, off_t at, off_t n_bytes,
		  struct fuse_file_info *fi);
void op_lseek(fuse_req_t req, fuse_ino_t node, off_t at, int whence, struct fuse_file_info *fi);

/* ---- commit.c; the lock is held by the caller, but of commit_stop() ---- */

/** Do udf_fs_tick(), and set the timer for the next. */
void commit_tick(struct mounted *m);

/** Answer an fsync when the commit is through. */
void commit_fsync(struct mounted *m, fuse_req_t req, fuse_ino_t node, bool data_only);

/** Do what has been asked for, and end the thread, if there was ever need of one. */
void commit_stop(struct mounted *m);

/* ---- flusher.c ---- */

/**
 * Answer an lseek for data or a hole.  The kernel asks without having written back its dirty pages,
 * so a hole on the volume may be a hole no more: its pages are asked for first.  Where that is
 * needed, a thread of its own does it and answers, since the write requests come to the loop.
 * The lock is held by the caller.
 */
void seek_reply(struct mounted *m, fuse_req_t req, fuse_ino_t node, uint64_t at, bool data);

/** End the thread, if there was ever need of one. */
void flusher_stop(struct mounted *m);

/* ---- receive.c ---- */

/** The kernel gives requests to a pipe.  Returns how many bytes it may write in one, so that they fit there. */
size_t receive_init(struct mounted *m);

/** As fuse_session_receive_buf(); REQUEST may be in a pipe. */
int receive(struct mounted *m, struct fuse_buf *request);

/** REQUEST has been served. */
void receive_done(struct mounted *m, const struct fuse_buf *request);

void receive_stop(struct mounted *m);

/* ---- loop.c ---- */

/** Catch SIGTERM, SIGINT and SIGHUP, from now until loop_run() sees to them; call before mounting. */
void loop_catch_signals(void);

/**
 * Serve until the volume is unmounted by somebody, or by us on a signal.  Returns false if the
 * connection failed otherwise.  *RET_UNMOUNTED: nothing is mounted any more.
 */
bool loop_run(struct mounted *m, bool *ret_unmounted);

/** Have commit_tick() called in SECONDS; 0: never.  The lock is held. */
void loop_set_timer(struct mounted *m, uint32_t seconds);
/** Have it called soon, where something has changed and no timer is set.  The lock is held. */
void loop_arm_timer(struct mounted *m);

/* ---- main.c ---- */

/** One line for whoever started it: stderr, or syslog when there is no terminal any more. */
void tell(enum udf_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
