/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finding data and holes under the kernel's writeback cache.
 *
 * The kernel passes SEEK_DATA and SEEK_HOLE on without writing back its dirty pages first, and then believes the
 * answer.  A program that copies a file with these calls would take new data for a hole.  So, if the answer depends on
 * a hole, the kernel is first asked to drop its pages there, which makes it write the dirty ones.  The loop serves
 * these writes while this thread waits.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>

#include "mounted.h"

#define MAX_ROUNDS 8	/* if somebody writes into the hole all the time, any answer is right */

struct seek {
	struct job job;
	fuse_req_t req;
	fuse_ino_t node;
	uint64_t at;
	bool data;
};

struct range {
	uint64_t at, end;	/* end 0: up to the end of the file as the kernel knows it */
};

/* The volume's answer, and the hole that it depends on.  Returns false if it depends on none. */
static bool seek_once(struct mounted *m, const struct seek *s, enum udf_err *ret_err,
		      uint64_t *ret_at, struct range *ret_hole)
{
	udf_ino ino = ino_of(m, s->node);
	struct udf_attr attr;
	uint64_t end;

	*ret_err = udf_seek(m->fs, ino, s->at, s->data, ret_at);
	if (*ret_err == UDF_E_NO_DATA) {
		*ret_hole = (struct range){ .at = s->at };
		return true;
	}
	if (*ret_err)
		return false;
	if (s->data) {
		*ret_hole = (struct range){ .at = s->at, .end = *ret_at };
		return *ret_at > s->at;
	}
	*ret_hole = (struct range){ .at = *ret_at };
	if (udf_getattr(m->fs, ino, &attr) == UDF_OK && *ret_at < attr.size_bytes &&
	    udf_seek(m->fs, ino, *ret_at, true, &end) == UDF_OK)
		ret_hole->end = end;
	return true;
}

static void answer(const struct seek *s, enum udf_err err, uint64_t at)
{
	if (err == UDF_E_NO_DATA)
		fuse_reply_err(s->req, ENXIO);
	else if (err)
		reply_err(s->req, err);
	else
		fuse_reply_lseek(s->req, (off_t)at);
}

static void seek_with_pages_written(struct mounted *m, const struct seek *s)
{
	struct range hole, flushed = { 0, 0 };
	uint64_t at = 0;
	enum udf_err err;

	for (int round = 0;; round++) {
		bool depends;

		pthread_mutex_lock(&m->lock);
		depends = seek_once(m, s, &err, &at, &hole);
		if (!depends || round == MAX_ROUNDS ||
		    (round > 0 && hole.at == flushed.at && hole.end == flushed.end)) {
			answer(s, err, at);
			pthread_mutex_unlock(&m->lock);
			return;
		}
		pthread_mutex_unlock(&m->lock);
		fuse_lowlevel_notify_inval_inode(m->session, s->node, (off_t)hole.at,
						 hole.end ? (off_t)(hole.end - hole.at) : 0);
		flushed = hole;
	}
}

static void run_seek(struct mounted *m, struct job *job)
{
	seek_with_pages_written(m, (struct seek *)(void *)job);
	free(job);
}

void seek_reply(struct mounted *m, fuse_req_t req, fuse_ino_t node, uint64_t at, bool data)
{
	struct seek now = { .req = req, .node = node, .at = at, .data = data }, *s;
	struct range hole;
	uint64_t found = 0;
	enum udf_err err;

	if (!seek_once(m, &now, &err, &found, &hole) || udf_fs_why_read_only(m->fs)) {
		answer(&now, err, found);
		return;
	}
	s = malloc(sizeof(*s));
	if (s) {
		*s = now;
		s->job.run = run_seek;
	}
	if (!s || !helper_add(&m->seeker, m, &s->job)) {
		free(s);
		fuse_reply_err(req, ENOMEM);
	}
}
