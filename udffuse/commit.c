/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commits have a thread of their own, so a slow medium delays only the programs that wait for it.
 *
 * The library releases the lock while it waits for the medium (udf_fs_share()), and the loop continues.  Changes that
 * are made meanwhile wait for the next commit, and all fsyncs that arrive meanwhile share that commit.
 */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "mounted.h"

struct fsync_request {
	struct fsync_request *next;
	fuse_req_t req;
	fuse_ino_t node;
	bool data_only;
};

struct committer {
	pthread_t thread;
	pthread_cond_t wake;
	struct fsync_request *fsyncs, **last_fsync;
	bool tick, stop;
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

/* ---- the thread; it holds the lock except while it waits ---- */

static void tick(struct mounted *m)
{
	uint32_t next_seconds = 0;
	enum udf_err err;

	m->needs_tick = false;
	err = udf_fs_tick(m->fs, &next_seconds);
	/* if that has made it read-only, the library has reported it */
	if (err && !udf_fs_why_read_only(m->fs))
		say(UDF_LOG_ERROR, "%s: cannot write the changes: %s", m->device,
		    udf_strerror(err));
	timer_set(m, next_seconds);
}

/*
 * A writeback has changed the number of blocks that stat(2) shows, and the kernel does not know that.  Its attributes
 * are made invalid before the program that waits for the fsync continues, so that the kernel asks again.
 */
static void answer_fsync(struct mounted *m, fuse_req_t req, fuse_ino_t node, bool data_only)
{
	enum udf_err err = udf_fsync(m->fs, ino_of(m, node), data_only);

	(void)fuse_lowlevel_notify_inval_inode(m->session, node, -1, 0);	/* -1: only the attributes */
	reply_err(req, err);
}

/* Only the ones that are waiting now.  An fsync that arrives meanwhile must wait for changes made before it. */
static void serve_fsyncs(struct mounted *m)
{
	struct committer *c = m->committer;
	struct fsync_request *f = c->fsyncs, *next;

	c->fsyncs = NULL;
	c->last_fsync = &c->fsyncs;
	for (; f; f = next) {
		next = f->next;
		answer_fsync(m, f->req, f->node, f->data_only);
		free(f);
	}
	timer_arm(m);
}

static void *committer_main(void *arg)
{
	struct mounted *m = arg;
	struct committer *c = m->committer;

	pthread_mutex_lock(&m->lock);
	for (;;) {
		while (!c->fsyncs && !c->tick && !c->stop)
			pthread_cond_wait(&c->wake, &m->lock);
		if (!c->fsyncs && !c->tick)
			break;
		serve_fsyncs(m);
		if (c->tick) {
			c->tick = false;
			tick(m);
		}
	}
	pthread_mutex_unlock(&m->lock);
	return NULL;
}

/* ---- for the loop, which holds the lock ---- */

/* Signals are handled by the loop. */
static bool start(struct mounted *m)
{
	struct committer *c = calloc(1, sizeof(*c));
	sigset_t all, before;
	int failed;

	if (!c)
		return false;
	c->last_fsync = &c->fsyncs;
	pthread_cond_init(&c->wake, NULL);
	m->committer = c;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	failed = pthread_create(&c->thread, NULL, committer_main, m);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed) {
		m->committer = NULL;
		pthread_cond_destroy(&c->wake);
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
	if (m->committer->tick)
		return;
	m->committer->tick = true;
	pthread_cond_signal(&m->committer->wake);
}

void commit_fsync(struct mounted *m, fuse_req_t req, fuse_ino_t node, bool data_only)
{
	struct fsync_request *f = NULL;

	if (!udf_fs_why_read_only(m->fs) && (m->committer || start(m)))
		f = malloc(sizeof(*f));
	if (!f) {
		answer_fsync(m, req, node, data_only);
		return;
	}
	*f = (struct fsync_request){ .req = req, .node = node, .data_only = data_only };
	*m->committer->last_fsync = f;
	m->committer->last_fsync = &f->next;
	pthread_cond_signal(&m->committer->wake);
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
	free(c);
}
