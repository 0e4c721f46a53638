/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The driver's side of remounting: see control.h. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "control.h"
#include "front/front.h"
#include "mounted.h"
#include "options.h"

/* Messages go to the program that asked, because the driver's own stderr is /dev/null. */
static void keep_line(void *ctx, const char *line)
{
	struct control *c = ctx;
	size_t n = strlen(c->text);

	snprintf(c->text + n, sizeof(c->text) - n, "%s%s", n ? "\n" : "", line);
}

/*
 * The commit thread uses the filesystem that is about to be replaced.  It ends now, and is started again when it is
 * needed.
 */
static void stop_commits(struct mounted *m)
{
	pthread_mutex_unlock(&m->lock);
	eject_stop(m);	/* it commits, too */
	commit_stop(m);
	pthread_mutex_lock(&m->lock);
}

static enum udf_err change(struct mounted *m, const struct control *c)
{
	char quoted[UDF_QUOTED_BYTES];
	struct front_options how;
	enum udf_err err;

	if (c->what == CONTROL_READ_ONLY) {
		stop_commits(m);
		err = front_make_read_only(m->front, TOOL, m->device);
		eject_watch(m);
		if (err)
			say(UDF_LOG_ERROR, "%s: the volume could not be closed: %s", m->device, udf_strerror(err));
		else if (front_is_marked_open(m->front))
			say(UDF_LOG_WARNING, "%s: everything is written, but the volume stays marked as open, as "
			    "it was when it was mounted; 'udffsck -n %s' reports what else is wrong with it",
			    m->device, udf_quoted(m->device, quoted));
		return err;
	}
	if (c->what != CONTROL_WRITABLE)
		return UDF_E_INVAL;
	stop_commits(m);
	how = *m->how;
	how.is_claimed = m->is_claimed;
	err = front_make_writable(m->front, TOOL, m->device, m->env, &how);
	m->fs = m->front->fs;
	m->root = udf_fs_root(m->fs);
	/* what was only read may have had no drive to watch, and the stack that was watched is gone */
	eject_watch(m);
	return err;
}

void op_ioctl(fuse_req_t req, fuse_ino_t node, unsigned command, void *arg, struct fuse_file_info *fi, unsigned flags,
	      const void *in, size_t in_bytes, size_t out_bytes)
{
	static struct control c;	/* too large for the stack; only one request is handled at a time */
	const struct fuse_ctx *ctx = fuse_req_ctx(req);
	struct mounted *m = mounted_of(req);

	(void)arg;
	(void)fi;
	(void)flags;
	if (command != (unsigned)CONTROL_IOCTL || node != FUSE_ROOT_ID) {
		fuse_reply_err(req, ENOTTY);
		return;
	}
	if (ctx->uid != 0 && ctx->uid != getuid()) {
		fuse_reply_err(req, EPERM);
		return;
	}
	if (in_bytes != sizeof(c) || out_bytes != sizeof(c)) {
		fuse_reply_err(req, EINVAL);
		return;
	}
	memcpy(&c, in, sizeof(c));
	c.text[0] = '\0';
	say_to(keep_line, &c);
	c.failed = change(m, &c) != UDF_OK;
	say_to(NULL, NULL);
	fuse_reply_ioctl(req, 0, &c, sizeof(c));
}
