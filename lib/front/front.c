/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "front/front.h"

#include "check/check.h"
#include "cli/cli.h"
#include "medium/medium.h"
#include "vol/vol.h"

/* What an opening needs, and what its messages name. */
struct opening {
	const char *tool, *path;
	const struct udf_env *env;
	const struct front_options *options;
	struct front *front;
};

static void say_read_only(struct front *front, const char *why)
{
	snprintf(front->why_read_only, sizeof(front->why_read_only), "%s", why);
}

static enum udf_err fail(const struct opening *o, const char *what, enum udf_err err, int host_errno)
{
	udf_log(o->env, UDF_LOG_ERROR, "%s: %s%s%s", o->path, what ? what : "", what ? ": " : "",
		host_errno ? strerror(host_errno) : udf_strerror(err));
	return err;
}

/* Report a failure to open.  If the volume is damaged, name the check. */
static enum udf_err fail_open(const struct opening *o, const char *what, enum udf_err err)
{
	char quoted[CLI_QUOTED_BYTES];

	if (err != UDF_E_CORRUPT)
		return fail(o, what, err, 0);
	udf_log(o->env, UDF_LOG_ERROR, "%s: %s: %s; 'udffsck -n %s' reports more", o->path, what,
		udf_strerror(err), cli_quoted(o->path, quoted));
	return err;
}

static enum udf_err open_medium(const struct opening *o)
{
	struct medium_options how = { .read_only = o->options->read_only,
				      .exclusive = !o->options->read_only && !o->options->override &&
						   !o->options->is_claimed,
				      .holds_writes = o->options->shares && !o->options->read_only };
	struct medium_refusal refusal = { 0 };
	enum udf_err err;

	err = medium_open(o->path, &how, &o->front->bio, &o->front->medium, &refusal);
	if (!how.read_only && (err == UDF_E_NO_PERMISSION || err == UDF_E_READ_ONLY ||
			       refusal.host_errno == ETXTBSY)) {
		snprintf(o->front->why_read_only, sizeof(o->front->why_read_only),
			 "cannot be opened for writing: %s", strerror(refusal.host_errno));
		how = (struct medium_options){ .read_only = true };
		err = medium_open(o->path, &how, &o->front->bio, &o->front->medium, &refusal);
	}
	o->front->is_exclusive = !err && how.exclusive && o->front->medium.is_device;
	if (!err)
		return UDF_OK;
	return fail(o, refusal.why ? refusal.why : "cannot open", err, refusal.host_errno);
}

/* There is no UDF volume, or none that can be read: report what is there instead. */
static enum udf_err say_no_volume(const struct opening *o, const struct udf_vol_options *how, enum udf_err err)
{
	char text[CLI_QUOTED_BYTES + 256];

	if (o->front->about->logged_error)
		return err;
	front_no_volume_text(o->tool, o->path, o->front->bio, how, err, text, sizeof(text));
	udf_log(o->env, UDF_LOG_ERROR, "%s: %s", o->path, text);
	return err;
}

/*
 * Another system left the volume open: its bitmap may call blocks free that are in use.  If the space pass finds other
 * damage, the volume is not made safe, and the user is asked to check it.
 */
static enum udf_err make_safe(const struct opening *o, bool *ret_safe)
{
	uint64_t n_marked = 0;
	enum udf_err err = chk_make_space_safe(o->front->vol, NULL, ret_safe, &n_marked);

	if (err == UDF_E_NOMEM)
		return fail(o, "cannot check its space", err, 0);
	if (err)
		*ret_safe = false;
	if (*ret_safe && n_marked)
		udf_log(o->env, UDF_LOG_NOTICE, "%s: another system left it open; %llu blocks in use "
			"were marked free; they are now marked as in use", o->path, (unsigned long long)n_marked);
	return UDF_OK;
}

static enum udf_err open_fs(const struct opening *o)
{
	struct front *front = o->front;
	struct udf_fs_options how = o->options->fs;
	const struct udf_vol *vol = front->vol;
	bool was_open = vol->lvid_lsn && vol->lvid.type == UDF_LVID_OPEN;
	char quoted[CLI_QUOTED_BYTES];
	const char *why;
	enum udf_err err;

	how.read_only = front->why_read_only[0] != '\0';
	how.find_used = chk_find_used;
	how.commits_when_idle = o->options->commits_when_idle && !front->medium.is_optical;
	if (!how.read_only && was_open && !udf_vol_is_ours(vol) && !udf_vol_why_read_only(vol)) {
		err = make_safe(o, &how.space_checked);
		if (err)
			return err;
		if (!how.space_checked) {
			how.read_only = true;
			snprintf(front->why_read_only, sizeof(front->why_read_only),
				 "another system left it open, and it is damaged; check it: "
				 "udffsck -n %s", cli_quoted(o->path, quoted));
		}
	}
	err = udf_fs_open(front->vol, &how, &front->fs);
	if (err)
		return fail_open(o, "cannot read the root directory", err);
	why = udf_fs_why_read_only(front->fs);
	if (why && !how.read_only)
		say_read_only(front, why);
	return UDF_OK;
}

/* Open the medium, the volume and the filesystem, after the guard has allowed it. */
static enum udf_err open_all(struct opening *o)
{
	struct front *front = o->front;
	enum udf_err err = open_medium(o);

	if (err)
		return err;
	front->about = malloc(sizeof(*front->about));
	if (!front->about)
		return fail(o, NULL, UDF_E_NOMEM, 0);
	cli_about_init(front->about, o->env, o->path);
	err = udf_vol_open(front->bio, &o->options->vol, &front->about->env, NULL, &front->vol);
	if (err)
		return say_no_volume(o, &o->options->vol, err);
	return o->options->volume_only ? UDF_OK : open_fs(o);
}

void front_say_in_use(const char *tool, const char *path, const struct cli_guard *guard)
{
	const char *in_use = cli_guard_in_use(guard);

	if (in_use)
		cli_say("%s: %s: %s: it may have changed while it was read", tool, path, in_use);
}

enum udf_err front_open(const char *tool, const char *path, const struct udf_env *env,
			const struct front_options *options, struct front *ret)
{
	struct front front = { .guard = NULL };
	struct opening o = { tool, path, env, options, &front };
	enum udf_err err;

	if (options->read_only)
		say_read_only(&front, "asked for");
	err = cli_guard(tool, path, options->read_only ? CLI_READ : CLI_WRITE, options->override_option,
			options->override, &front.guard);
	if (!err)
		err = open_all(&o);
	if (!err) {
		*ret = front;
		return UDF_OK;
	}
	front_say_in_use(tool, path, front.guard);
	(void)front_close(&front);
	return err;
}

/* PATH may lead to another file by now. */
static bool is_the_same(const struct front *front, const char *path)
{
	uint64_t offset_bytes;
	struct stat now, then;
	int fd;

	if (bio_fd_range(front->bio, 0, 0, &fd, &offset_bytes) || fstat(fd, &then) < 0 || stat(path, &now) < 0)
		return false;
	if (S_ISBLK(then.st_mode))
		return S_ISBLK(now.st_mode) && then.st_rdev == now.st_rdev;
	return then.st_dev == now.st_dev && then.st_ino == now.st_ino;
}

enum udf_err front_make_writable(struct front *front, const char *tool, const char *path, const struct udf_env *env,
				 const struct front_options *options)
{
	struct front fresh = { .guard = NULL };
	struct opening o = { tool, path, env, options, &fresh };
	enum udf_err err;

	if (!front->why_read_only[0])
		return UDF_OK;
	if (!is_the_same(front, path))
		return fail(&o, "it has been moved away, or replaced by another", UDF_E_BUSY, 0);
	err = cli_guard_change(front->guard, tool, path, CLI_WRITE);
	if (err)
		return err;
	err = open_all(&o);
	if (!err && fresh.why_read_only[0]) {
		err = UDF_E_READ_ONLY;
		udf_log(env, UDF_LOG_ERROR, "%s: stays read-only: %s", path, fresh.why_read_only);
	}
	if (err) {
		(void)front_close(&fresh);
		(void)cli_guard_change(front->guard, tool, path, CLI_READ);
		return err;
	}
	fresh.guard = front->guard;
	front->guard = NULL;
	udf_fs_move_references(front->fs, fresh.fs);
	(void)front_close(front);
	*front = fresh;
	return UDF_OK;
}

enum udf_err front_make_read_only(struct front *front, const char *tool, const char *path)
{
	enum udf_err err;

	if (front->why_read_only[0])
		return UDF_OK;
	err = udf_fs_make_read_only(front->fs);
	if (err)
		return err;
	say_read_only(front, "remounted read-only");
	return cli_guard_change(front->guard, tool, path, CLI_READ);
}

bool front_is_marked_open(const struct front *front)
{
	return front->vol->lvid_lsn && front->vol->lvid.type == UDF_LVID_OPEN;
}

enum udf_err front_claim(struct front *front, const char *path, bool exclusive)
{
	enum udf_err err;

	if (!front->is_exclusive || exclusive == !front->is_given_up)
		return UDF_OK;
	err = medium_claim(front->bio, path, exclusive);
	if (!err)
		front->is_given_up = !exclusive;
	return err;
}

enum udf_err front_close_guarded(struct front *front, struct cli_guard **ret_guard)
{
	enum udf_err err;

	cli_guard_ending(front->guard);
	err = udf_fs_close(front->fs);
	udf_vol_close(front->vol);
	bio_close(front->bio);
	free(front->about);
	*ret_guard = front->guard;
	*front = (struct front){ .guard = NULL };
	return err;
}

enum udf_err front_close(struct front *front)
{
	struct cli_guard *guard;
	enum udf_err err = front_close_guarded(front, &guard);

	cli_guard_done(guard);
	return err;
}
