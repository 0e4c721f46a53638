/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commits, in a thread of their own: a slow medium holds up who waits for it and who changes something,
 * but nobody who reads.
 *
 * The library gives the lock back while it waits for the medium (udf_fs_share()).  Until the commit is
 * through, the loop serves what only reads and hands the other requests over, to be served behind it.
 * All fsyncs that have come meanwhile then share the next commit.
 */
#include "config.h"

#include <errno.h>
#include <linux/fuse.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "mounted.h"

#define MAX_POSTPONED_BYTES (4u << 20)	/* of requests; the loop waits when they are more */

struct fsync_request {
	struct fsync_request *next;
	fuse_req_t req;
	fuse_ino_t node;
	bool data_only;
};

struct postponed {
	struct postponed *next;
	struct fuse_buf buf;
};

struct committer {
	pthread_t thread;
	pthread_cond_t wake, idle;
	struct fsync_request *fsyncs, **last_fsync;
	struct postponed *postponed, **last_postponed;
	size_t n_postponed_bytes;
	bool tick, stop;
	bool busy;			/* and not holding the lock: it waits for the medium */
};

static void release_lock(void *ctx)
{
	struct mounted *m = ctx;

	pthread_mutex_unlock(&m->lock);
}

static void acquire_lock(void *ctx)
{
	struct mounted *m = ctx;

	pthread_mutex_lock(&m->lock);
}

/* ---- the thread; all of it holds the lock but where it waits ---- */

static void tick(struct mounted *m)
{
	uint32_t next_seconds = 0;
	enum udf_err err;

	m->needs_tick = false;
	err = udf_fs_tick(m->fs, &next_seconds);
	/* where that has made it read-only the library has said so */
	if (err && !udf_fs_why_read_only(m->fs))
		tell(UDF_LOG_ERROR, "%s: cannot write what has changed: %s", m->device,
		     udf_strerror(err));
	loop_set_timer(m, next_seconds);
}

static void serve_postponed(struct mounted *m)
{
	struct committer *c = m->committer;
	struct postponed *p;

	while ((p = c->postponed)) {
		c->postponed = p->next;
		fuse_session_process_buf(m->session, &p->buf);
		free(p->buf.mem);
		free(p);
	}
	c->last_postponed = &c->postponed;
	c->n_postponed_bytes = 0;
	loop_arm_timer(m);
}

/* Those that are there now: what comes meanwhile waits for changes that came before it. */
static void serve_fsyncs(struct mounted *m)
{
	struct committer *c = m->committer;
	struct fsync_request *f = c->fsyncs, *next;

	c->fsyncs = NULL;
	c->last_fsync = &c->fsyncs;
	for (; f; f = next) {
		next = f->next;
		reply_err(f->req, udf_fsync(m->fs, ino_of(m, f->node), f->data_only));
		free(f);
	}
	loop_arm_timer(m);
}

static void *committer_main(void *arg)
{
	struct mounted *m = arg;
	struct committer *c = m->committer;

	pthread_mutex_lock(&m->lock);
	for (;;) {
		while (!c->fsyncs && !c->postponed && !c->tick && !c->stop)
			pthread_cond_wait(&c->wake, &m->lock);
		if (!c->fsyncs && !c->postponed && !c->tick)
			break;
		c->busy = true;
		serve_postponed(m);
		serve_fsyncs(m);
		if (c->tick) {
			c->tick = false;
			tick(m);
		}
		c->busy = false;
		pthread_cond_signal(&c->idle);
	}
	pthread_mutex_unlock(&m->lock);
	return NULL;
}

/* ---- for the loop, which holds the lock ---- */

/* Signals are the loop's. */
static bool start(struct mounted *m)
{
	struct committer *c = calloc(1, sizeof(*c));
	sigset_t all, before;
	int failed;

	if (!c)
		return false;
	c->last_fsync = &c->fsyncs;
	c->last_postponed = &c->postponed;
	pthread_cond_init(&c->wake, NULL);
	pthread_cond_init(&c->idle, NULL);
	m->committer = c;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&c->thread, NULL, committer_main, m);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed) {
		m->committer = NULL;
		pthread_cond_destroy(&c->wake);
		pthread_cond_destroy(&c->idle);
		free(c);
		return false;
	}
	udf_fs_share(m->fs, release_lock, acquire_lock, m);
	return true;
}

void commit_tick(struct mounted *m)
{
	if (!m->committer && !start(m)) {
		tick(m);
		return;
	}
	m->committer->tick = true;
	pthread_cond_signal(&m->committer->wake);
}

void commit_fsync(struct mounted *m, fuse_req_t req, fuse_ino_t node, bool data_only)
{
	struct fsync_request *f = NULL;

	if (!udf_fs_why_read_only(m->fs) && (m->committer || start(m)))
		f = malloc(sizeof(*f));
	if (!f) {
		while (m->committer && m->committer->busy)
			pthread_cond_wait(&m->committer->idle, &m->lock);
		reply_err(req, udf_fsync(m->fs, ino_of(m, node), data_only));
		return;
	}
	*f = (struct fsync_request){ .req = req, .node = node, .data_only = data_only };
	*m->committer->last_fsync = f;
	m->committer->last_fsync = &f->next;
	pthread_cond_signal(&m->committer->wake);
}

static bool only_reads(const struct fuse_buf *request)
{
	struct fuse_in_header header;

	if (request->size < sizeof(header))
		return true;	/* libfuse will say what is wrong with it */
	memcpy(&header, request->mem, sizeof(header));
	switch (header.opcode) {
	case FUSE_LOOKUP:
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_GETATTR:
	case FUSE_READLINK:
	case FUSE_OPEN:
	case FUSE_READ:
	case FUSE_RELEASE:
	case FUSE_FLUSH:
	case FUSE_OPENDIR:
	case FUSE_READDIR:
	case FUSE_READDIRPLUS:
	case FUSE_RELEASEDIR:
	case FUSE_FSYNC:	/* it only comes to the list */
	case FUSE_FSYNCDIR:
	case FUSE_STATFS:
	case FUSE_LSEEK:
	case FUSE_GETXATTR:
	case FUSE_LISTXATTR:
	case FUSE_ACCESS:
	case FUSE_INTERRUPT:
		return true;
	}
	return false;
}

/* REQUEST as its own; it may lose its memory by that, which libfuse then allocates anew. */
static struct postponed *take_over(struct fuse_buf *request)
{
	struct postponed *p = malloc(sizeof(*p));

	if (!p)
		return NULL;
	*p = (struct postponed){ .buf = *request };
	if (request->size > MAX_IO_BYTES / 16) {
		request->mem = NULL;
		return p;
	}
	p->buf.mem = malloc(request->size);
	if (!p->buf.mem) {
		free(p);
		return NULL;
	}
	memcpy(p->buf.mem, request->mem, request->size);
	return p;
}

bool commit_postpones(struct mounted *m, struct fuse_buf *request)
{
	struct committer *c = m->committer;
	struct postponed *p;

	if (!c || !c->busy || (!(request->flags & FUSE_BUF_IS_FD) && only_reads(request)))
		return false;
	p = request->flags & FUSE_BUF_IS_FD || c->n_postponed_bytes > MAX_POSTPONED_BYTES ?
		    NULL : take_over(request);
	if (!p) {
		while (c->busy || c->postponed)
			pthread_cond_wait(&c->idle, &m->lock);
		return false;
	}
	c->n_postponed_bytes += p->buf.size;
	*c->last_postponed = p;
	c->last_postponed = &p->next;
	return true;
}

void commit_stop(struct mounted *m)
{
	struct committer *c = m->committer;

	if (!c)
		return;
	pthread_mutex_lock(&m->lock);
	c->stop = true;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&m->lock);
	pthread_join(c->thread, NULL);
	udf_fs_share(m->fs, NULL, NULL, NULL);
	m->committer = NULL;
	pthread_cond_destroy(&c->wake);
	pthread_cond_destroy(&c->idle);
	free(c);
}
