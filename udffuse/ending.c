/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of a mount: everything is committed, and the device is closed. */
#include "config.h"

#include "cli/cli.h"
#include "front/front.h"
#include "mounted.h"

void ending_begins(struct mounted *m)
{
	if (m->fs)
		cli_guard_ending(m->front->guard);
}

enum udf_err ending_close(struct mounted *m)
{
	struct cli_guard *guard;

	if (!m->fs)
		return m->close_err;
	ending_begins(m);
	eject_stop(m);
	commit_stop(m);
	helper_stop(&m->seeker);
	unwritten_stop(m);
	m->fs = NULL;
	m->close_err = front_close_guarded(m->front, &guard);
	if (!m->close_err) {
		cli_guard_done(guard);
	} else {
		cli_guard_failed(guard);
		m->failed_guard = guard;
	}
	return m->close_err;
}

void ending_show_failure(struct mounted *m)
{
	cli_guard_done_failed(m->failed_guard);
	m->failed_guard = NULL;
}

void op_destroy(void *userdata)
{
	struct mounted *m = userdata;

	/* libfuse calls this too, if the kernel has not.  The session has ended then, so nobody waits for us. */
	if (!m->is_serving)
		return;
	pthread_mutex_unlock(&m->lock);
	(void)ending_close(m);
	pthread_mutex_lock(&m->lock);
}
