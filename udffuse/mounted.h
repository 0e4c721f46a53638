/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One mounted volume.  The loop's thread serves every request, one library call each; commits have a
 * thread of their own (commit.c), and helpers exist where the kernel would otherwise wait for itself
 * (helper.c, and unmounting in loop.c).
 *
 * A file calls only files that come before it in this header; ops.c and main.c come last.
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

#define TIMEOUT_SECONDS 1e8		/* of names and attributes, three years: nobody else changes the volume */
#define MAX_IO_BYTES (1u << 20)
#define SPLICE_MIN_BYTES (1u << 14)	/* less is copied as fast as a pipe is filled */
#define LARGE_WRITE_BYTES (1u << 17)	/* see receive.c */

/* How the volume's owners and modes are shown. */
struct presentation {
	bool has_uid, has_gid;		/* -o uid=, gid=: in place of what is recorded */
	uid_t uid;			/* that, or of whoever mounts: for what has none recorded */
	gid_t gid;
	bool forgets_uid, forgets_gid;	/* new files are recorded without one */
	bool has_mode, has_dmode;	/* -o mode=, dmode=: of files, of directories */
	mode_t mode, dmode;
	mode_t umask;			/* bits never shown */
};

struct mounted;
struct cli_guard;
struct committer;
struct front;
struct front_options;
struct unwritten;

struct receiver {			/* see receive.c */
	int pipe[2];
	bool has_pipe;
	uint32_t pipe_bytes;
	bool may_splice;		/* the kernel gives requests to a pipe */
	bool has_large_writes;		/* the last request was one */
};

struct job {				/* of a helper; a member of what it is about */
	struct job *next;
	void (*run)(struct mounted *m, struct job *job);	/* without the lock; frees it */
};

struct helper {				/* see helper.c */
	struct mounted *m;
	pthread_t thread;
	pthread_cond_t wake;
	struct job *first, **last;
	bool runs, stop;
};

struct mounted {
	const char *device, *mountpoint;
	struct front *front;
	const struct udf_env *env;
	const struct front_options *how;	/* for opening it again, writable */
	struct udf_fs *fs;		/* the front's; NULL once it has been closed */
	enum udf_err close_err;		/* what closing it returned */
	struct cli_guard *failed_guard;	/* the front's, where closing failed */
	struct fuse_session *session;
	struct presentation show;
	udf_ino root;
	uint8_t *data;			/* MAX_IO_BYTES: a reply in the making */
	pthread_mutex_t lock;		/* held while fs or data is in use */
	struct committer *committer;
	struct ejector *ejector;	/* NULL where there is no drive to watch: see eject.c */
	struct helper seeker;
	struct unwritten *unwritten;	/* NULL where memory was short: see unwritten.c */
	struct receiver receiver;
	bool has_no_open, has_no_opendir;	/* the kernel takes ENOSYS for "never ask again" */
	bool can_splice;		/* the kernel takes answers from a pipe */
	bool needs_tick;		/* something changed since udf_fs_tick() had nothing to wait for */
	bool has_timer;			/* it will be called */
	bool is_claimed;		/* the kernel has claimed the device */
	bool is_serving;		/* requests come from loop_run(), which holds the lock */
	struct {			/* by the request, where time_t is too narrow: see wide_time.c */
		bool has_times;
		struct udf_time atime, mtime, ctime;
	} asked;
	struct {			/* see dirty_limit.c */
		int sys_fd;		/* what /sys/class/bdi has of the mount; -1: it is limited, or can't be */
		size_t n_unseen_bytes;	/* written since the free space was looked at */
	} dirty;
};

/* ---- say.c ---- */

/** Write one line to stderr, or to syslog after say_to_syslog(). */
void say(enum udf_log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** From now on pass each line to TAKE_LINE; NULL: as before. */
void say_to(void (*take_line)(void *ctx, const char *line), void *ctx);

/** There is no terminal any more. */
void say_to_syslog(void);

/* ---- timer.c ---- */

/** Catch SIGTERM, SIGINT and SIGHUP from now on; call before mounting. */
void timer_catch_signals(void);

/** Has one come? */
bool timer_caught_signal(void);

/** Has the timer rung since the last call? */
bool timer_has_rung(void);

/** Have it ring in SECONDS; 0: never.  The lock is held. */
void timer_set(struct mounted *m, uint32_t seconds);
/** Have it ring soon, where something has changed and no timer is set.  The lock is held. */
void timer_arm(struct mounted *m);

void timer_stop(void);

/* ---- helper.c ---- */

/** Have JOB run after those added before it.  Returns false if there is no thread for it.  The lock is held. */
bool helper_add(struct helper *helper, struct mounted *m, struct job *job);

/** Run what has been added, and end the thread, if there was ever need of one. */
void helper_stop(struct helper *helper);

/* ---- receive.c ---- */

/** The kernel gives requests to a pipe.  Returns how many bytes it may write in one, so that they fit there. */
size_t receive_init(struct mounted *m);

/** As fuse_session_receive_buf(); REQUEST may be in a pipe. */
int receive(struct mounted *m, struct fuse_buf *request);

/** REQUEST has been served. */
void receive_done(struct mounted *m, const struct fuse_buf *request);

void receive_stop(struct mounted *m);

/* ---- reply.c ---- */

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

/** Answer with ERR, or ATTR. */
void reply_attr(fuse_req_t req, enum udf_err err, const struct udf_attr *attr);

/** The same; the reference that ATTR came with goes to the kernel, or back if the kernel does not take it. */
void reply_entry(fuse_req_t req, enum udf_err err, const struct udf_attr *attr);

/* ---- lost.c: names whose object can't be read ---- */

/** Has NODE a name, but no object that can be read? */
bool lost_is(fuse_ino_t node);

/** Answer a lookup of a name whose object can't be read.  Returns false if there is no such name. */
bool lost_reply_entry(fuse_req_t req, fuse_ino_t parent, const char *name);

/* Requests for such a node. */
void lost_lookup(fuse_req_t req, fuse_ino_t parent, const char *name);
void lost_getattr(fuse_req_t req, fuse_ino_t node, bool is_open);
void lost_unlink(fuse_req_t req, fuse_ino_t parent, const char *name);
void lost_readdir(fuse_req_t req, fuse_ino_t node, size_t n_bytes, uint64_t at, bool plus);

/* ---- names.c; the lock is not held ---- */

/** Take this name, which ends with a NUL, in directory DIR out of the kernel's cache. */
void names_drop_one(struct mounted *m, udf_ino dir, const char *name, size_t n_bytes);

/** All names of the file INO: first those in DIR, where it is not 0, then in every directory that the kernel knows. */
void names_drop(struct mounted *m, udf_ino ino, udf_ino dir);

/* ---- wide_time.c ---- */

/** Does libfuse cut off times after 2038 here?  Where not, none of the others is needed. */
bool wide_time_is_needed(void);

/** REQUEST is in memory: keep its times, if it sets some. */
void wide_time_receive(struct mounted *m, const struct fuse_buf *request);

/** Put the times of the request, if they were kept, into ATTR. */
void wide_time_asked(const struct mounted *m, struct udf_attr *attr);

/** As fuse_reply_attr() and fuse_reply_entry(), with the times of ATTR. */
int wide_time_reply_attr(fuse_req_t req, const struct stat *st, const struct udf_attr *attr);
int wide_time_reply_entry(fuse_req_t req, const struct fuse_entry_param *entry, const struct udf_attr *attr);

/** The same in what fuse_add_direntry_plus() has made. */
void wide_time_set_in_entry(char *direntplus, const struct udf_attr *attr);

/* ---- dirty_limit.c ---- */

/** Mounted: where the volume is small, have the kernel limit what it holds back, as far as it lets us. */
void dirty_limit_init(struct mounted *m);

/** N_BYTES were written: limit it now if the volume is nearly full. */
void dirty_limit_wrote(struct mounted *m, size_t n_bytes);

/** Give back what it holds. */
void dirty_limit_stop(struct mounted *m);

/* ---- unwritten.c; the caller holds the lock, except in _start() and _stop() ---- */

void unwritten_start(struct mounted *m);
void unwritten_stop(struct mounted *m);

/** Answer a write of cached pages of INO, which failed with ERR.  The next attempt to write will be refused. */
void unwritten_failed(struct mounted *m, fuse_req_t req, udf_ino ino, enum udf_err err);

/** REQ set attributes of the file INO, and the volume has others.  Returns true if REQ will be answered by a helper. */
bool unwritten_differs(struct mounted *m, fuse_req_t req, udf_ino ino);

/** May not more be written to INO now?  Asked when the kernel wants its attributes for an open file. */
bool unwritten_refuses(struct mounted *m, udf_ino ino, enum udf_err *ret_err);

/**
 * The kernel asks for the attributes of INO, or gets them by the way (REQ NULL).  Returns true if REQ will be
 * answered by a helper.
 */
bool unwritten_shows(struct mounted *m, fuse_req_t req, udf_ino ino);

/** The same with the entry of a regular file, ATTR, whose name in DIR is NAME. */
bool unwritten_names(struct mounted *m, fuse_req_t req, udf_ino dir, const char *name, size_t n_bytes,
		     const struct udf_attr *attr);

/** The kernel has given this name to a file that it knows. */
void unwritten_renamed(struct mounted *m, udf_ino dir, const char *name, size_t n_bytes);

/** Shall fsync() report an error that the kernel has forgotten? */
bool unwritten_reports(struct mounted *m, udf_ino ino, enum udf_err *ret_err);

/** The file has been cut off or made longer by truncate(), or is a new one: what failed before it does not count. */
void unwritten_cut(struct mounted *m, udf_ino ino);
void unwritten_made(struct mounted *m, udf_ino ino);

/** The kernel has given back references on INO. */
void unwritten_forget(struct mounted *m, udf_ino ino);

/* ---- eject.c ---- */

/** Watch the button of the drive, where there is one.  What can't be watched is mounted all the same. */
void eject_watch(struct mounted *m);
void eject_stop(struct mounted *m);	/* without the lock */

/* ---- commit.c; the caller holds the lock, except in commit_stop() ---- */

/** Do udf_fs_tick(), and set the timer for the next. */
void commit_tick(struct mounted *m);

/** Answer an fsync when the commit is through. */
void commit_fsync(struct mounted *m, fuse_req_t req, fuse_ino_t node, bool data_only);

/** Do what has been asked for, and end the thread, if there was ever need of one. */
void commit_stop(struct mounted *m);

/* ---- seek.c ---- */

/**
 * Answer an lseek for data or a hole.  The kernel asks without having written back its dirty pages,
 * so a hole on the volume may be a hole no more: its pages are asked for first.  Where that is
 * needed, a helper does it and answers, since the write requests come to the loop.
 * The lock is held by the caller.
 */
void seek_reply(struct mounted *m, fuse_req_t req, fuse_ino_t node, uint64_t at, bool data);

/* ---- data.c, dir.c, nodes.c (names and attributes): requests; see fuse_lowlevel.h ---- */

void op_read(fuse_req_t req, fuse_ino_t node, size_t n_bytes, off_t at, struct fuse_file_info *fi);
void op_write(fuse_req_t req, fuse_ino_t node, struct fuse_bufvec *data, off_t at, struct fuse_file_info *fi);
void op_fsync(fuse_req_t req, fuse_ino_t node, int data_only, struct fuse_file_info *fi);
void op_fallocate(fuse_req_t req, fuse_ino_t node, int mode, off_t at, off_t n_bytes,
		  struct fuse_file_info *fi);
void op_lseek(fuse_req_t req, fuse_ino_t node, off_t at, int whence, struct fuse_file_info *fi);

void op_readdir(fuse_req_t req, fuse_ino_t node, size_t n_bytes, off_t at, struct fuse_file_info *fi);
void op_readdirplus(fuse_req_t req, fuse_ino_t node, size_t n_bytes, off_t at,
		    struct fuse_file_info *fi);

void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name);
void op_forget(fuse_req_t req, fuse_ino_t node, uint64_t n_refs);
void op_forget_multi(fuse_req_t req, size_t n_nodes, struct fuse_forget_data *nodes);
void op_getattr(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi);
void op_setattr(fuse_req_t req, fuse_ino_t node, struct stat *st, int to_set, struct fuse_file_info *fi);
void op_readlink(fuse_req_t req, fuse_ino_t node);
void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t rdev);
void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode);
void op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name);
void op_link(fuse_req_t req, fuse_ino_t node, fuse_ino_t parent, const char *name);
void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name);
void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name);
void op_rename(fuse_req_t req, fuse_ino_t old_parent, const char *old_name, fuse_ino_t new_parent,
	       const char *new_name, unsigned flags);
void op_open(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi);
void op_opendir(fuse_req_t req, fuse_ino_t node, struct fuse_file_info *fi);
void op_statfs(fuse_req_t req, fuse_ino_t node);

/* ---- ending.c ---- */

/**
 * Commit, close the volume and give its device back, if that has not been done yet.  The lock is not held.
 * Returns what failed, also when it was done before.
 */
enum udf_err ending_close(struct mounted *m);

/** Where that failed, let umount.fuse.udffuse see it: this takes a second. */
void ending_show_failure(struct mounted *m);

/** Nobody reaches the mount any more: who wants the device next waits for us from here on. */
void ending_begins(struct mounted *m);

/** FUSE_DESTROY.  The kernel sends it for a block device, and umount(2) waits for the answer: see session.c. */
void op_destroy(void *userdata);

/* ---- control.c ---- */

/** See control.h. */
void op_ioctl(fuse_req_t req, fuse_ino_t node, unsigned command, void *arg, struct fuse_file_info *fi, unsigned flags,
	      const void *in, size_t in_bytes, size_t out_bytes);

/* ---- loop.c ---- */

/**
 * Serve until the volume is unmounted by somebody, or by us on a signal.  Returns false if the
 * connection failed otherwise.  *RET_UNMOUNTED: nothing is mounted any more.
 */
bool loop_run(struct mounted *m, bool *ret_unmounted);

/* ---- ops.c ---- */

extern const struct fuse_lowlevel_ops mounted_ops;

#endif
